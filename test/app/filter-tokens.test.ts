import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterTokens } from '../../src/app/filter/filter-tokens.ts';

describe('filterTokens', () => {
  test('tells fields, literals and the rest apart', () => {
    const kinds = filterTokens('lwm2m.path == "/5/0" and coap.code >= 4.00')
      .filter((token) => token.text.trim() !== '')
      .map((token) => [token.text, token.kind]);
    expect(kinds).toEqual([
      ['lwm2m.path', 'word'],
      ['==', 'mark'],
      ['"/5/0"', 'literal'],
      ['and', 'mark'],
      ['coap.code', 'word'],
      ['>=', 'mark'],
      ['4.00', 'literal'],
    ]);
  });

  test('marks exactly the range that is wrong, also across pieces', () => {
    const wrong = filterTokens('a == bc', { offset: 3, length: 3 })
      .filter((token) => token.fault)
      .map((token) => token.text);
    expect(wrong.join('')).toBe('= b');
  });

  test('loses no character of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), fc.nat(40), (text, offset, length) => {
        const tokens = filterTokens(text, { offset, length });
        expect(tokens.map((token) => token.text).join('')).toBe(text);
        const faulty = tokens.filter((token) => token.fault);
        expect(faulty.map((token) => token.text).join('')).toBe(text.slice(offset, offset + length));
      }),
    );
  });
});
