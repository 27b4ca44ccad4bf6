import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cborDiagnostic, MAX_NOTATION } from '../../src/lwm2m/content/cbor-diagnostic.ts';
import { hex } from './collected-content.ts';

/** RFC 8949 appendix A, its encodings and their notation; of two ways to write the same, the shorter. */
const APPENDIX_A: [string, string][] = [
  ['00', '0'], ['01', '1'], ['0a', '10'], ['17', '23'], ['1818', '24'], ['1819', '25'], ['1864', '100'],
  ['1903e8', '1000'], ['1a000f4240', '1000000'], ['1b000000e8d4a51000', '1000000000000'],
  ['1bffffffffffffffff', '18446744073709551615'], ['c249010000000000000000', "2(h'010000000000000000')"],
  ['3bffffffffffffffff', '-18446744073709551616'], ['c349010000000000000000', "3(h'010000000000000000')"],
  ['20', '-1'], ['29', '-10'], ['3863', '-100'], ['3903e7', '-1000'],
  ['f90000', '0.0'], ['f98000', '-0.0'], ['f93c00', '1.0'], ['fb3ff199999999999a', '1.1'], ['f93e00', '1.5'],
  ['f97bff', '65504.0'], ['fa47c35000', '100000.0'], ['fa7f7fffff', '3.4028234663852886e+38'],
  ['fb7e37e43c8800759c', '1.0e+300'], ['f90001', '5.960464477539063e-8'], ['f90400', '0.00006103515625'],
  ['f9c400', '-4.0'], ['fbc010666666666666', '-4.1'], ['f97c00', 'Infinity'], ['f97e00', 'NaN'],
  ['f9fc00', '-Infinity'], ['fa7f800000', 'Infinity'], ['fa7fc00000', 'NaN'], ['faff800000', '-Infinity'],
  ['fb7ff0000000000000', 'Infinity'], ['fb7ff8000000000000', 'NaN'], ['fbfff0000000000000', '-Infinity'],
  ['f4', 'false'], ['f5', 'true'], ['f6', 'null'], ['f7', 'undefined'], ['f0', 'simple(16)'], ['f8ff', 'simple(255)'],
  ['c074323031332d30332d32315432303a30343a30305a', '0("2013-03-21T20:04:00Z")'], ['c11a514b67b0', '1(1363896240)'],
  ['c1fb41d452d9ec200000', '1(1363896240.5)'], ['d74401020304', "23(h'01020304')"],
  ['d818456449455446', "24(h'6449455446')"],
  ['d82076687474703a2f2f7777772e6578616d706c652e636f6d', '32("http://www.example.com")'],
  ['40', "h''"], ['4401020304', "h'01020304'"], ['60', '""'], ['6161', '"a"'], ['6449455446', '"IETF"'],
  ['62225c', '"\\"\\\\"'], ['62c3bc', '"ü"'], ['63e6b0b4', '"水"'], ['64f0908591', '"\u{10151}"'],
  ['80', '[]'], ['83010203', '[1, 2, 3]'], ['8301820203820405', '[1, [2, 3], [4, 5]]'],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819',
    '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]'],
  ['a0', '{}'], ['a201020304', '{1: 2, 3: 4}'], ['a26161016162820203', '{"a": 1, "b": [2, 3]}'],
  ['826161a161626163', '["a", {"b": "c"}]'],
  ['a56161614161626142616361436164614461656145', '{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}'],
  ['5f42010243030405ff', "(_ h'0102', h'030405')"], ['7f657374726561646d696e67ff', '(_ "strea", "ming")'],
  ['9fff', '[_ ]'], ['9f018202039f0405ffff', '[_ 1, [2, 3], [_ 4, 5]]'], ['9f01820203820405ff', '[_ 1, [2, 3], [4, 5]]'],
  ['83018202039f0405ff', '[1, [2, 3], [_ 4, 5]]'], ['83019f0203ff820405', '[1, [_ 2, 3], [4, 5]]'],
  ['bf61610161629f0203ffff', '{_ "a": 1, "b": [_ 2, 3]}'], ['826161bf61626163ff', '["a", {_ "b": "c"}]'],
  ['bf6346756ef563416d7421ff', '{_ "Fun": true, "Amt": -2}'],
]; // prettier-ignore

describe('cborDiagnostic', () => {
  it.each(APPENDIX_A)('%s is %s', (bytes, text) => {
    expect(cborDiagnostic(hex(bytes))).toBe(text);
  });

  it('says nothing of what is cut, at every byte', () => {
    for (const [bytes] of APPENDIX_A)
      for (let length = 0; length < bytes.length / 2; length++)
        expect(cborDiagnostic(hex(bytes).subarray(0, length)), `${bytes} to ${length}`).toBeUndefined();
  });

  it.each([
    ['bytes behind the item', '8101 00'],
    ['a reserved length', '1c'],
    ['a break without a beginning', 'ff'],
    ['a map that ends behind a key', 'bf01ff'],
    ['a text that is not UTF-8', '62c328'],
    ['a chunk of another kind', '5f6161ff'],
    ['a chunk of indefinite length', '7f7f6161ffff'],
    ['more entries than there are bytes', '9bffffffffffffffff00'],
    ['levels beyond the limit', `${'81'.repeat(17)}00`],
    ['items beyond the limit', `9903e8${'00'.repeat(1000)}`],
  ])('says nothing of %s', (_what, bytes) => {
    expect(cborDiagnostic(hex(bytes))).toBeUndefined();
  });

  it('leaves tags as they are, also those that a decoder makes something else of', () => {
    // Shared values (28, 29), a record definition (57343), a typed array (64), a set (258).
    expect(cborDiagnostic(hex('d81c81d81d00'))).toBe('28([29(0)])');
    expect(cborDiagnostic(hex('d9dfff83190100816161 01'))).toBe('57343([256, ["a"], 1])');
    expect(cborDiagnostic(hex('d8404101'))).toBe("64(h'01')");
    expect(cborDiagnostic(hex('d901028101'))).toBe('258([1])');
    expect(cborDiagnostic(hex('dbffffffffffffffff00'))).toBe('18446744073709551615(0)');
  });

  it('cuts what is long, and still looks at all of it', () => {
    const long = encode(Array.from({ length: 900 }, () => 'abc'));
    expect(cborDiagnostic(long)).toMatch(/^\["abc", .*…$/s);
    expect(cborDiagnostic(long)!.length).toBe(MAX_NOTATION + 1);
    expect(cborDiagnostic(long.subarray(0, long.length - 1))).toBeUndefined();
  });

  it('is JSON for what JSON has', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => JSON.stringify(value).length < 500);
    fc.assert(
      fc.property(json, (value) => {
        const notation = cborDiagnostic(encode(value));
        if (notation === undefined || notation.endsWith('…')) return;
        expect(JSON.parse(notation)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('never fails, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        cborDiagnostic(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
