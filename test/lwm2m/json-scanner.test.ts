import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  JsonScanner,
  JsonToken,
  jsonText,
  MAX_JSON_DEPTH,
  type JsonTokenCode,
} from '../../src/lwm2m/content/json-scanner.ts';
import { utf8 } from './collected-content.ts';

const NAMES = Object.fromEntries(Object.entries(JsonToken).map(([name, code]) => [code, name]));

/** Names and ranges of all tokens, up to the end or a fault. */
function tokensOf(bytes: Uint8Array): { tokens: string[]; scanner: JsonScanner } {
  const scanner = new JsonScanner();
  scanner.begin(bytes, 0, bytes.length);
  const tokens: string[] = [];
  for (;;) {
    const token = scanner.next();
    const end = token === JsonToken.key ? scanner.stringEnd : scanner.position;
    tokens.push(token <= JsonToken.end ? NAMES[token]! : `${NAMES[token]} ${scanner.start}-${end}`);
    if (token <= JsonToken.end) return { tokens, scanner };
  }
}

/** The value that the tokens spell, built by the test. */
function build(bytes: Uint8Array): unknown {
  const scanner = new JsonScanner();
  scanner.begin(bytes, 0, bytes.length);
  const text = (): string => jsonText(bytes, scanner.start, scanner.stringEnd);
  const value = (token: JsonTokenCode): unknown => {
    switch (token) {
      case JsonToken.objectStart: {
        const entries: [string, unknown][] = [];
        while (scanner.next() === JsonToken.key) entries.push([text(), value(scanner.next())]);
        return Object.fromEntries(entries);
      }
      case JsonToken.arrayStart: {
        const items: unknown[] = [];
        for (let inner = scanner.next(); inner !== JsonToken.arrayEnd; inner = scanner.next())
          items.push(value(inner));
        return items;
      }
      case JsonToken.string:
        return text();
      case JsonToken.number:
        return Number(Buffer.from(bytes.subarray(scanner.start, scanner.position)).toString());
      case JsonToken.null:
        return null;
      default:
        return token === JsonToken.true;
    }
  };
  const result = value(scanner.next());
  expect(scanner.next()).toBe(JsonToken.end);
  return result;
}

describe('JsonScanner', () => {
  it('gives tokens with their ranges', () => {
    expect(tokensOf(utf8(' [{"n" : "a\\/b", "v":-1.5e3}, true,null ] ')).tokens).toEqual([
      'arrayStart 1-2',
      'objectStart 2-3',
      'key 3-6',
      'string 9-15',
      'key 17-20',
      'number 21-27',
      'objectEnd 27-28',
      'true 30-34',
      'null 35-39',
      'arrayEnd 40-41',
      'end',
    ]);
  });

  it('reads what an independent writer wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.nat(2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(build(utf8(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  // RFC 8259 §2 to §7.
  it.each<[string, number, string]>([
    ['', 0, 'a value is missing'],
    ['[1,]', 3, 'no value'],
    ['[1 2]', 3, 'a comma is missing'],
    ['[1', 2, 'the text ends inside an array'],
    ['{"a":1', 6, 'the text ends inside an object'],
    ['{"a"', 4, 'a colon is missing'],
    ['{"a" 1}', 5, 'a colon is missing'],
    ['{a:1}', 1, 'a name is missing'],
    ['{"a":1,}', 7, 'a name is missing'],
    ['[1}', 2, 'a comma is missing'],
    ['01', 2, 'a number with a leading zero'],
    ['-', 1, 'no number'],
    ['1.', 2, 'a number without its last digits'],
    ['1e+', 3, 'a number without its last digits'],
    ['.5', 0, 'no value'],
    ['+1', 0, 'no value'],
    ['0.-500000', 2, 'a number without its last digits'],
    ['nul', 0, 'a word that is no value'],
    ['NaN', 0, 'no value'],
    ['"a', 2, 'a string is cut'],
    ['"\\x"', 1, 'no escape'],
    ['"\\u12g4"', 1, 'no escape'],
    ['"\\u12', 1, 'no escape'],
    ['"\n"', 1, 'a control character in a string'],
    ['1 2', 2, 'bytes behind the value'],
    ["'a'", 0, 'no value'],
  ])('refuses %j at %i', (text, offset, fault) => {
    const { tokens, scanner } = tokensOf(utf8(text));
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(tokens.at(-1)).toBe('fault');
    expect([scanner.position, scanner.faultText]).toEqual([offset, fault]);
  });

  it('checks UTF-8 as an independent decoder does', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const lead = fc.constantFrom(0x41, 0x80, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff);
    const rest = fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
    fc.assert(
      fc.property(fc.array(fc.oneof(lead, rest), { maxLength: 6 }), (inner) => {
        const bytes = Uint8Array.from([0x22, ...inner, 0x22]);
        let isText = true;
        try {
          strict.decode(bytes);
        } catch {
          isText = false;
        }
        expect(tokensOf(bytes).scanner.faultText === '').toBe(isText);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with an independent parser on what is JSON', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e1',
      ' ',
      'true',
      '"\\n"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(tokensOf(utf8(text)).tokens.at(-1)).toBe(isJson ? 'end' : 'fault');
      }),
      { numRuns: 3000 },
    );
  });

  it('follows a named number of levels and no more', () => {
    const nested = (levels: number): Uint8Array => utf8('['.repeat(levels) + ']'.repeat(levels));
    expect(tokensOf(nested(MAX_JSON_DEPTH)).tokens.at(-1)).toBe('end');
    expect(tokensOf(nested(MAX_JSON_DEPTH + 1)).scanner.faultText).toBe(
      `nested deeper than ${MAX_JSON_DEPTH} levels`,
    );
    expect(tokensOf(utf8('[{"a":'.repeat(100_000))).tokens.at(-1)).toBe('fault');
  });

  it('decodes escapes as an independent parser does', () => {
    for (const text of ['"\\ud83d\\ude00 \\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4ü"', '"\\ud800"', '""']) {
      const bytes = utf8(text);
      expect(jsonText(bytes, 0, bytes.length)).toBe(JSON.parse(text));
    }
  });
});
