import { Decoder } from 'cbor-x/decode-no-eval';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { CborWalker, MAX_DEPTH } from '../../src/lwm2m/content/cbor-walker.ts';
import { Doubt, ValueType } from '../../src/lwm2m/value.ts';
import { collect, hex } from './collected-content.ts';

const CBOR = 60;
const oracle = new Decoder({ mapsAsObjects: false, useRecords: false });

/** Walks all of the bytes as one item. */
function walk(bytes: Uint8Array): CborWalker & { whole: boolean } {
  const walker = new CborWalker();
  walker.begin(bytes, 0, bytes.length);
  return Object.assign(walker, { whole: walker.skip() && walker.position === bytes.length });
}

/** A resource of the test object 3442 for each type. */
const PATHS = {
  string: '/3442/0/110',
  integer: '/3442/0/120',
  unsigned: '/3442/0/125',
  float: '/3442/0/130',
  boolean: '/3442/0/140',
  opaque: '/3442/0/150',
  time: '/3442/0/160',
  objlnk: '/3442/0/170',
  unknown: '/3442/0/9999',
} as const;

type TypeName = keyof typeof PATHS;

describe('readCborValue, well-formed', () => {
  // The bytes are those of RFC 8949, appendix A.
  it.each<[TypeName, string, unknown, number]>([
    ['integer', '00', 0, 0],
    ['integer', '17', 23, 23],
    ['integer', '1818', 24, 24],
    ['integer', '1903e8', 1000, 1000],
    ['integer', '1a000f4240', 1000000, 1000000],
    ['integer', '1b000000e8d4a51000', 1000000000000, 1000000000000],
    ['unsigned', '1bffffffffffffffff', '18446744073709551615', 2 ** 64],
    ['integer', '20', -1, -1],
    ['integer', '3903e7', -1000, -1000],
    ['integer', '3bffffffffffffffff', '-18446744073709551616', -(2 ** 64)],
    ['float', 'f93e00', 1.5, 1.5],
    ['float', 'f90001', 5.960464477539063e-8, 5.960464477539063e-8],
    ['float', 'f9c400', -4, -4],
    ['float', 'fa47c35000', 100000, 100000],
    ['float', 'fb3ff199999999999a', 1.1, 1.1],
    ['float', 'f97c00', 'Infinity', Infinity],
    ['float', 'f97e00', 'NaN', NaN],
    ['float', '1864', 100, 100],
    ['float', 'c48221196ab3', 273.15, 273.15],
    ['boolean', 'f4', false, 0],
    ['boolean', 'f5', true, 1],
    ['time', '1a514b67b0', 1363896240, 1363896240],
    ['time', 'c11a514b67b0', 1363896240, 1363896240],
    ['time', 'c1fb41d452d9e8080000', 1363896224.125, 1363896224.125],
    ['time', 'c074323031332d30332d32315432303a30343a30305a', 1363896240, 1363896240],
    ['opaque', '4401020304', '01020304', NaN],
    ['opaque', '5f42010243030405ff', '0102030405', NaN],
    ['string', '6449455446', 'IETF', NaN],
    ['string', '62c3bc', 'ü', NaN],
    ['string', '7f657374726561646d696e67ff', 'streaming', NaN],
    ['objlnk', '63333a30', '3:0', 0x30000],
  ])('%s %s', (type, bytes, value, number) => {
    const { result, values } = collect(CBOR, PATHS[type], hex(bytes));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([
      {
        path: PATHS[type],
        type: ValueType[type],
        value,
        number,
        doubts: Doubt.none,
        start: 0,
        end: bytes.length / 2,
      },
    ]);
  });

  it.each<[string, TypeName, unknown]>([
    ['1864', 'integer', 100],
    ['f93e00', 'float', 1.5],
    ['f5', 'boolean', true],
    ['6449455446', 'string', 'IETF'],
    ['4401020304', 'opaque', '01020304'],
    ['c11a514b67b0', 'time', 1363896240],
    ['c074323031332d30332d32315432303a30343a30305a', 'time', 1363896240],
    ['c48221196ab3', 'float', 273.15],
  ])('tells the type of an unknown resource from the item %s', (bytes, type, value) => {
    expect(collect(CBOR, PATHS.unknown, hex(bytes)).values).toMatchObject([
      { type: ValueType[type], value, doubts: Doubt.unknownResource },
    ]);
  });

  it.each<[TypeName, string, unknown]>([
    ['integer', '6132', '2'],
    ['integer', 'f93e00', 1.5],
    ['unsigned', '20', -1],
    ['boolean', '01', 1],
    ['boolean', 'f6', 'null'],
    ['string', '4161', '61'],
    ['opaque', '6161', 'a'],
    ['float', 'f5', true],
    ['time', 'c0613f', '?'],
    ['objlnk', '6133', '3'],
    ['integer', '820102', '820102'],
    ['integer', 'a10102', 'a10102'],
    ['integer', 'c243010000', 65536],
    ['integer', 'c48261320a', 'c48261320a'],
  ])('doubts %s %s', (type, bytes, value) => {
    const { result, values } = collect(CBOR, PATHS[type], hex(bytes));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ value, doubts: Doubt.typeDiffers }]);
  });
});

describe('readCborValue, cut and malformed', () => {
  const items = [
    '1bffffffffffffffff',
    'fb3ff199999999999a',
    'c48221196ab3',
    '5f42010243030405ff',
    '6449455446',
  ];
  it.each(items)('gives no value of %s cut at any byte', (item) => {
    const bytes = hex(item);
    for (let length = 0; length < bytes.length; length++) {
      const { result, values } = collect(CBOR, PATHS.unknown, bytes.subarray(0, length));
      expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { clause: 'RFC 8949 §3' } });
      expect(values).toEqual([]);
    }
  });

  it('gives the value before bytes that do not belong there', () => {
    const { result, values } = collect(CBOR, PATHS.integer, hex('1864 00'));
    expect(result).toMatchObject({
      outcome: Outcome.malformed,
      fault: { offset: 2, clause: 'LwM2M Core §7.5.3' },
    });
    expect(values).toMatchObject([{ value: 100 }]);
  });

  it('says that an instance has no single value', () => {
    expect(collect(CBOR, '/3/0', hex('00')).result.outcome).toBe(Outcome.malformed);
  });
});

describe('CborWalker', () => {
  // RFC 8949, appendix F: encodings that are not well-formed.
  it.each(
    `18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000
    41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203
    81 818181818181818181 8200 a1 a20102 a100 a2000000
    5f4100 7f6100 9f 9f0102 bf bf01020102 819f 9f8000 9f9f9f9f9fffffffff 9f819f819f9fffffff
    1c 1d 1e 3c 3d 3e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe
    f800 f801 f818 f81f 5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff
    5f5f4100ffff 7f7f6100ffff ff 81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff
    bf00ff bf000000ff 1f 3f df`
      .trim()
      .split(/\s+/),
  )('refuses %s', (bytes) => {
    const walker = walk(hex(bytes));
    expect(walker.whole).toBe(false);
    expect(walker.faultText).not.toBe('');
  });

  it('follows a named number of levels and no more', () => {
    const nested = (levels: number): Uint8Array => new Uint8Array(levels + 1).fill(0x81, 0, levels);
    expect(walk(nested(MAX_DEPTH)).whole).toBe(true);
    expect(walk(nested(MAX_DEPTH + 1)).faultText).toBe(`nested deeper than ${MAX_DEPTH} levels`);
    expect(walk(new Uint8Array(100_000).fill(0x9f)).whole).toBe(false);
  });

  it('passes maps, arrays and tags of either length form', () => {
    const items =
      '80 a0 83010203 a201020304 9f018202039f0405ffff bf61610161629f0203ffff c101 d8204100 9fff bfff f7 f8ff';
    for (const item of items.split(' ')) expect(walk(hex(item)).whole, item).toBe(true);
  });

  it('agrees with an independent decoder on what it writes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.string(), fc.uint8Array()),
        (value) => {
          const bytes = encode(value);
          const decoded: unknown = oracle.decode(bytes);
          const [found] = collect(CBOR, PATHS.unknown, bytes).values;
          if (decoded instanceof Uint8Array) expect(found!.value).toBe(Buffer.from(decoded).toString('hex'));
          else if (typeof decoded === 'number' && !Number.isFinite(decoded))
            expect(found!.value).toBe(String(decoded));
          else expect(found!.value).toEqual(decoded);
        },
      ),
    );
  });

  it('agrees with an independent decoder on where a damaged item is whole', () => {
    // The oracle reads bytes to their end, so an item that is whole for it must be so here, and the other way
    // round for items without text, which it checks less strictly than what the head says.
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const walker = walk(bytes);
        expect(walker.position).toBeLessThanOrEqual(bytes.length);
        if (walker.whole && !hasTagOrSimple(bytes)) expect(() => void oracle.decode(bytes)).not.toThrow();
      }),
    );
  });
});

/** Items with a tag or a simple value, which the oracle gives a meaning that well-formed bytes may break. */
function hasTagOrSimple(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte >= 0xc0 && byte !== 0xff);
}

/** Writes one value in a form that RFC 8949 allows, not always the shortest. */
function encode(value: number | boolean | string | Uint8Array): Uint8Array {
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    return Uint8Array.of(0x79, bytes.length >> 8, bytes.length & 0xff, ...bytes);
  }
  if (typeof value === 'object') return Uint8Array.of(0x59, value.length >> 8, value.length & 0xff, ...value);
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 31) {
    bytes[0] = value < 0 ? 0x3a : 0x1a;
    view.setUint32(1, value < 0 ? -1 - value : value);
    return bytes.subarray(0, 5);
  }
  bytes[0] = 0xfb;
  view.setFloat64(1, value);
  return bytes;
}
