import { describe, expect, it } from 'vitest';
import { MAX_OPAQUE, opaqueReadings } from '../../src/lwm2m/opaque-reading.ts';
import { hex, utf8 } from './collected-content.ts';

const of = (bytes: Uint8Array): string[] => opaqueReadings(bytes).map(({ as, value }) => `${as}: ${value}`);

describe('opaqueReadings', () => {
  it.each([
    ['a payload of a meter (Leshan issue 1616)', '8319281a00831a664d27701a000151808100', ['CBOR: [10266, 0, [1716332400, 86400, [0]]]']],
    ['the same with a tag', 'c183010203', ['CBOR: 1([1, 2, 3])']],
    ['a map', 'a16161820102', ['CBOR: {"a": [1, 2]}']],
    ['text', Buffer.from('test-jb').toString('hex'), ['text: test-jb']],
    ['text with umlauts and line ends', Buffer.from('Größe\t1\r\n').toString('hex'), ['text: Größe\t1\r\n']],
    ['text of one letter', '41', ['text: A']],
    ['text that is also a short string of CBOR', '63616263', ['text: cabc']],
    ['text that is also a long string of CBOR', '6b48656c6c6f20576f726c64', ['text: kHello World', 'CBOR: "Hello World"']],
    ['a byte string in CBOR', '480001020304050607', ["CBOR: h'0001020304050607'"]],
    ['nothing', '', []],
    ['an empty array', '80', []],
    ['an array of two bytes', '820001', []],
    ['a number', '1a00010203', []],
    ['a float', 'fb3ff199999999999a', []],
    ['true', 'f5', []],
    ['spaces', '202020', []],
    ['text with a control character', '610062', []],
    ['text with a mark that turns its direction', Buffer.from('a\u202eb').toString('hex'), []],
    ['bytes that are no UTF-8', 'ff00fe', []],
    ['CBOR with a byte behind it', '8319281a000100', []],
    ['CBOR that is cut', '8319281a00', []],
  ])('of %s', (_what, bytes, readings) => {
    expect(of(hex(bytes))).toEqual(readings);
  }); // prettier-ignore

  it('tries no package', () => {
    expect(of(utf8('a'.repeat(MAX_OPAQUE)))[0]).toMatch(/^text: a{2000}…$/);
    expect(of(utf8('a'.repeat(MAX_OPAQUE + 1)))).toEqual([]);
  });
});
