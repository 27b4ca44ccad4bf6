import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilterNode, Literal, SetMember } from '../../../src/analysis/filter/ast.ts';
import { COMPARISON_OPERATORS, printFilter } from '../../../src/analysis/filter/ast.ts';
import { readTokens } from '../../../src/analysis/filter/lexer.ts';
import { MAXIMUM_DEPTH, MAXIMUM_FILTER_UNITS, parseFilter } from '../../../src/analysis/filter/parser.ts';
import { isBareWord } from '../../../src/analysis/filter/word.ts';

function printed(text: string): string {
  const parsed = parseFilter(text);
  return parsed.ok ? printFilter(parsed.filter) : `${parsed.offset}+${parsed.length}: ${parsed.message}`;
}

/** A filter without the places in the text. */
function bare(node: FilterNode): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value) => (/^(offset|length|operatorSpan)$/.test(key) ? undefined : value)),
  );
}

describe('the grammar', () => {
  it.each([
    ['', ''],
    [' \t\n ', ''],
    ['coap', 'coap'],
    ['coap.code==2.05', 'coap.code == 2.05'],
    ['coap.code eq 2.05', 'coap.code == 2.05'],
    ['a ne 1', 'a != 1'],
    ['a lt 1 and b le 2', 'a < 1 && b <= 2'],
    ['a gt 1 or b ge 2', 'a > 1 || b >= 2'],
    ['a<1', 'a < 1'],
    ['a<=1', 'a <= 1'],
    ['a>-1', 'a > -1'],
    ['a>=.5', 'a >= .5'],
    ['a contains "x y"', 'a contains "x y"'],
    ['a CONTAINS b', 'a contains b'],
    ['a in {1}', 'a in {1}'],
    ['a in{1,b , "c d",1..5,"x".."y"}', 'a in {1, b, "c d", 1..5, "x".."y"}'],
    ['a not in {1}', '!a in {1}'],
    ['not a', '!a'],
    ['!!a', '!!a'],
    ['NOT a == 1', '!a == 1'],
    ['!(a || b)', '!(a || b)'],
    ['(a)', 'a'],
    ['((a == 1))', 'a == 1'],
    // `and` before `or`, as Wireshark has it since 4.0.
    ['a or b and c', 'a || b && c'],
    ['(a or b) and c', '(a || b) && c'],
    ['a and b and c', 'a && b && c'],
    ['a and (b and c)', 'a && (b && c)'],
    ['a&&b||c', 'a && b || c'],
    ['ip.addr == 10.0.0.0/8', 'ip.addr == 10.0.0.0/8'],
    ['ipv6.addr == fe80::1%eth0', 'ipv6.addr == fe80::1%eth0'],
    ['t >= 2026-01-31T12:30:00.5Z', 't >= 2026-01-31T12:30:00.5Z'],
    ['t in {1763856000.1..1763856001}', 't in {1763856000.1..1763856001}'],
    ['coap.token == a1:b2', 'coap.token == a1:b2'],
    ['coap.uri_path == /3/0', 'coap.uri_path == /3/0'],
    ['device == urn:imei:12#2', 'device == urn:imei:12#2'],
    ['device == Gerät', 'device == Gerät'],
    [String.raw`a == "q\"b\\s\n\r\t\x41\u00e4"`, String.raw`a == "q\"b\\s\n\r\tAä"`],
    ['a == ""', 'a == ""'],
    ['a == "and"', 'a == "and"'],
  ])('reads %s', (text, expected) => {
    expect(printed(text)).toBe(expected);
  });

  it.each([
    ['coap.code ==', 12, 0, 'A value is expected after =='],
    ['coap.code = 2.05', 10, 1, 'write =='],
    ['coap.code 2.05', 10, 4, '&& or ||'],
    ['== 1', 0, 2, 'A field is expected'],
    ['2.05 == coap.code', 0, 4, 'begins with a field'],
    ['"x" == a', 0, 3, 'begins with a field'],
    ['a ==== 1', 2, 3, '==='],
    ['a === 1', 2, 3, '=='],
    ['a !== 1', 2, 3, '!='],
    ['a == and', 5, 3, 'double quotes'],
    ['a and', 5, 0, 'ends where a field is expected'],
    ['and a', 0, 3, 'A field is expected before'],
    ['(a', 0, 1, 'not closed'],
    ['a)', 1, 1, 'no opening parenthesis'],
    ['(a b', 3, 1, ') is expected'],
    ['()', 1, 1, 'A field is expected'],
    ['a in 1', 5, 1, 'braces'],
    ['a in {', 5, 1, 'not closed'],
    ['a in {1', 5, 1, 'not closed'],
    ['a in {}', 6, 1, 'A value is expected in the set'],
    ['a in {1,}', 8, 1, 'behind the comma'],
    ['a in {1 2}', 8, 1, 'comma'],
    ['a in {1..}', 9, 1, 'end of the range'],
    ['a == {1}', 2, 2, 'with in'],
    ['a not b', 2, 3, 'followed by in'],
    ['a == 1..5', 6, 2, 'set'],
    ['a == "x', 5, 2, 'does not end'],
    [String.raw`a == "x\qy"`, 7, 2, 'Unknown escape'],
    [String.raw`a == "x\x4"`, 7, 2, 'Unknown escape'],
    ['a == “x”', 5, 1, 'straight double quotes'],
    ["a == 'x'", 5, 1, 'double quotes'],
    ['a ~ "x"', 2, 1, 'contains'],
    ['a matches "x"', 2, 7, 'contains'],
    ['ip.src[0:2] == 1', 6, 1, 'Slices'],
    ['a & b', 2, 1, '&&'],
    ['a | b', 2, 1, '||'],
    ['q == ep=dev1', 7, 1, 'double quotes'],
    ['a == x y', 7, 1, 'double quotes'],
    ['a == 😀 \\', 8, 1, 'backslash'],
    ['a..b', 1, 2, 'range'],
  ])('says what is wrong in %s', (text, offset, length, part) => {
    const parsed = parseFilter(text);
    expect(parsed).toMatchObject({ ok: false, offset, length });
    expect(!parsed.ok && parsed.message).toContain(part);
  });

  it('gives every token its place in the text', () => {
    const text = 'coap.code in {2.05, "4 4"..5}&&!x';
    for (const token of readTokens(text).slice(0, -1)) {
      const piece = text.slice(token.offset, token.offset + token.length);
      if (token.kind === 'word') expect(piece).toBe(token.text);
      if (token.kind === 'mark') expect(piece).toBe(token.mark);
      if (token.kind === 'string') expect(piece).toBe(`"${token.text}"`);
    }
  });

  it('bounds depth and length', () => {
    const deep = (levels: number): string => `${'('.repeat(levels)}a${')'.repeat(levels)}`;
    expect(parseFilter(deep(MAXIMUM_DEPTH)).ok).toBe(true);
    expect(parseFilter(deep(MAXIMUM_DEPTH + 1))).toMatchObject({ ok: false, offset: MAXIMUM_DEPTH });
    expect(parseFilter(`${'!'.repeat(MAXIMUM_DEPTH + 1)}a`)).toMatchObject({ ok: false });
    expect(parseFilter('('.repeat(MAXIMUM_FILTER_UNITS)).ok).toBe(false);
    expect(parseFilter('a'.repeat(MAXIMUM_FILTER_UNITS + 1))).toMatchObject({
      ok: false,
      offset: MAXIMUM_FILTER_UNITS,
    });
  });

  it('takes as many terms and members as fit', () => {
    const terms = parseFilter(Array.from({ length: 8000 }, () => 'a==1').join('||'));
    expect(terms.ok && terms.filter.kind === 'or' && terms.filter.terms.length).toBe(8000);
    const members = parseFilter(`a in {${Array.from({ length: 9000 }, (_, index) => index).join(',')}}`);
    expect(members.ok && members.filter.kind === 'in' && members.filter.members.length).toBe(9000);
  });
});

const span = { offset: 0, length: 0 };
const word = fc
  .stringMatching(/^[A-Za-z0-9_/:.+#-]{1,12}$/)
  .filter(isBareWord)
  .map((text): Literal => ({ text, quoted: false, ...span }));
const string = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text): Literal => ({ text, quoted: true, ...span }));
const literal = fc.oneof(word, string);
const field = fc
  .stringMatching(/^[a-z_][a-z0-9_-]{0,6}(\.[a-z0-9_-]{1,6}){0,3}$/)
  .filter(isBareWord)
  .map((name) => ({ name, ...span }));
const member: fc.Arbitrary<SetMember> = fc.oneof(
  literal.map((value) => ({ kind: 'value' as const, value })),
  fc.tuple(literal, literal).map(([from, to]) => ({ kind: 'range' as const, from, to })),
);
const leaf: fc.Arbitrary<FilterNode> = fc.oneof(
  field.map((name) => ({ kind: 'present' as const, field: name })),
  fc.tuple(field, fc.constantFrom(...COMPARISON_OPERATORS), literal).map(([name, operator, value]) => ({
    kind: 'compare' as const,
    field: name,
    operator,
    operatorSpan: span,
    value,
  })),
  fc
    .tuple(field, fc.array(member, { minLength: 1, maxLength: 4 }))
    .map(([name, members]) => ({ kind: 'in' as const, field: name, operatorSpan: span, members })),
);
const { node } = fc.letrec<{ node: FilterNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    leaf,
    tie('node').map((term) => ({ kind: 'not' as const, term })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('node'), { minLength: 2, maxLength: 4 }),
      )
      .map(([kind, terms]) => ({ kind, terms })),
  ),
}));

describe('generated filters', () => {
  it('are read back from what is printed', () => {
    fc.assert(
      fc.property(node, (filter) => {
        const text = printFilter(filter);
        const parsed = parseFilter(text);
        expect(parsed.ok ? bare(parsed.filter) : parsed).toEqual(bare(filter));
      }),
      { numRuns: 500 },
    );
  });

  const pieces = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...'( ) { } , .. == != < <= > >= ! && || and or not in contains "a" " \\ a.b 2.05 1 = & |'.split(
            ' ',
          ),
        ),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join(' '));

  it('never throw, and an error lies within the text', () => {
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseFilter(text);
        if (parsed.ok) return;
        expect(parsed.message).not.toBe('');
        expect(parsed.offset).toBeGreaterThanOrEqual(0);
        expect(parsed.length).toBeGreaterThanOrEqual(0);
        expect(parsed.offset + parsed.length).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });
});
