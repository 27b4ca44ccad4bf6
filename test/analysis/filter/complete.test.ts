import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilterText } from '../../../src/analysis/filter/compile.ts';
import { MAXIMUM_COMPLETIONS, completeFilter } from '../../../src/analysis/filter/complete.ts';
import { messageFields } from '../../../src/analysis/filter/message-fields.ts';
import { parseFilter } from '../../../src/analysis/filter/parser.ts';
import { columnsOf } from './message-rows.ts';

const fields = messageFields(columnsOf([{ device: 'dev1' }, { device: 'my device' }]));

/** Completes at the `|` in the text. */
function at(marked: string): { texts: string[]; replaced: string; results: string[] } {
  const cursor = marked.indexOf('|');
  const text = marked.slice(0, cursor) + marked.slice(cursor + 1);
  const offered = completeFilter(text, cursor, fields);
  const [first] = offered;
  return {
    texts: offered.map((each) => each.text),
    replaced: first === undefined ? '' : text.slice(first.start, first.end),
    results: offered.map((each) => text.slice(0, each.start) + each.text + text.slice(each.end)),
  };
}

describe('completions', () => {
  it('offer every field and alias at the beginning', () => {
    const { texts } = at('|');
    const names = [...fields.fields.map(({ name }) => name), ...fields.aliases.map(({ alias }) => alias)];
    expect(names.length).toBeLessThanOrEqual(MAXIMUM_COMPLETIONS);
    expect([...texts].sort()).toEqual([...names].sort());
  });

  it('offer fields by their beginning, by a later part, by a piece, in this order', () => {
    expect(at('coap.co|').texts.slice(0, 2)).toEqual(['coap.code', 'coap.content_format']);
    expect(at('code|').texts[0]).toBe('coap.code');
    expect(at('PATH|').texts).toEqual(expect.arrayContaining(['lwm2m.path', 'coap.uri_path']));
    expect(at('zzz|').texts).toEqual([]);
  });

  it('replace the whole word at the cursor', () => {
    const { replaced, results } = at('coap.c|ode == 2.05');
    expect(replaced).toBe('coap.code');
    expect(results[0]).toBe('coap.code == 2.05');
  });

  it.each([
    ['!|', 'coap.code'],
    ['not |', 'coap.code'],
    ['(|', 'coap.code'],
    ['coap.type == CON && |', 'coap.code'],
    ['coap.type == CON or (not |', 'coap.code'],
    ['coap.type in {CON} and |', 'coap.code'],
  ])('offer fields in %s', (text, field) => expect(at(text).texts).toContain(field));

  it.each<[string, string[]]>([
    ['coap.mid |', ['==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||']],
    ['coap.mid <|', ['<', '<=']],
    ['coap.code =|', ['==', '!=', '<=', '>=']],
    ['coap.uri_path |', ['==', '!=', 'contains', 'in', '&&', '||']],
    ['coap.uri_path con|', ['contains']],
    ['(ip.src |', ['==', '!=', 'in', '&&', '||', ')']],
    ['coap.block1.more |', ['==', '!=', '&&', '||']],
    ['coap |', ['&&', '||']],
    ['no.such |', ['&&', '||']],
    ['coap.mid not |', ['in']],
    ['coap.mid in |', ['{']],
    ['coap.mid == 5 |', ['&&', '||']],
    ['coap.mid == 5 a|', ['&&']],
    ['coap.mid == 5 &|', ['&&']],
    ['(coap.mid == 5 |', ['&&', '||', ')']],
    ['(coap.mid == 5) |', ['&&', '||']],
    ['coap.mid in {1 |', [',', '..', '}']],
    ['lwm2m.path in {"/3" |', [',', '}']],
    ['coap.mid in {1} |', ['&&', '||']],
    ['coap.mid == |', []],
    ['coap.mid == 5 6 |', []],
  ])('offer operators in %s', (text, texts) => expect(at(text).texts).toEqual(texts));

  it.each<[string, string[]]>([
    ['coap.type == |', ['CON', 'NON', 'ACK', 'RST']],
    ['coap.type == c|', ['CON', 'NON', 'ACK']],
    ['coap.type in {CON, |', ['CON', 'NON', 'ACK', 'RST']],
    ['coap.type in {CON..|', ['CON', 'NON', 'ACK', 'RST']],
    ['coap.code == 2.0|', ['2.01', '2.02', '2.03', '2.04', '2.05']],
    ['coap.code == cont|', ['2.05', '2.31', '4.15']],
    ['coap.code == 69|', ['2.05']],
    ['coap.opt.ctype == "senml+c|', ['"SenML CBOR"']],
    ['coap.block1.more == t|', ['true']],
    ['lwm2m.operation == "Cancel Observation-|', ['"Cancel Observation-Composite"']],
    ['device == |', ['dev1', '"my device"']],
    ['lwm2m.ep == "my|', ['"my device"']],
    ['outcome != se|', ['sealed']],
  ])('offer values in %s', (text, texts) => expect(at(text).texts).toEqual(texts));

  it('replace a text in quotes as a whole', () => {
    expect(at('coap.opt.ctype == "senml+c|" && coap').results[0]).toBe(
      'coap.opt.ctype == "SenML CBOR" && coap',
    );
  });

  it('offer the operators behind a whole field name', () => {
    expect(at('coap.mid|').results).toContain('coap.mid == ');
    expect(at('coap.mi|d').results).not.toContain('coap.mid == ');
  });

  it('lead to filters that can be used', () => {
    for (const { name, kind } of fields.fields) {
      for (const operator of at(`${name} |`).texts) {
        if (!['==', '!=', '<', '<=', '>', '>=', 'contains'].includes(operator)) continue;
        for (const value of at(`${name} ${operator} |`).texts) {
          const filter = `${name} ${operator} ${value}`;
          expect(compileFilterText(filter, fields), filter).toMatchObject({ ok: true });
        }
      }
      if (kind === 'enumerated') expect(at(`${name} == |`).texts.length).toBeGreaterThan(1);
    }
  });

  it('never throw, and keep within the text', () => {
    const words = '( ) { } , .. == < ! && and not in coap.code ip.src "a" " CON 2.05 = & | \\'.split(' ');
    const text = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 10 })
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(text, fc.integer({ min: -2, max: 60 }), (filter, cursor) => {
        for (const { start, end } of completeFilter(filter, cursor, fields)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(filter.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('complete a field to one that parses', () => {
    for (const result of at('coap.b|').results) expect(parseFilter(result).ok, result).toBe(true);
  });
});
