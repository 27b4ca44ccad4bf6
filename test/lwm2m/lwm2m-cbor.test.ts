import { Encoder } from 'cbor-x/encode';
import { encode as cborg } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { MAX_VALUES } from '../../src/lwm2m/content/content-result.ts';
import { Doubt } from '../../src/lwm2m/value.ts';
import { collect, hex, valuesByPath } from './collected-content.ts';

const LWM2M_CBOR = 11544;
const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

const MANUFACTURER = '74 4f70656e204d6f62696c6520416c6c69616e6365';
// LwM2M Core §7.5.4.3, the example of a device, 118 bytes.
const DEVICE = hex(`
  a1 82 03 00 ad 00 ${MANUFACTURER} 01 76 4c69676874776569676874204d324d20436c69656e74
  02 69 333435303030313233 03 63 312e30 06 a2 00 01 01 05 07 a2 00 19 0ed8 01 19 1388 08 a2 00 18 7d 01 19 0384
  09 18 64 0a 0f 0b a1 00 00 0d 1a 5182428f 0e 66 2b30323a3030 10 61 55`);
// The same section's answer to a Read-Composite, 39 bytes.
const COMPOSITE = hex(`a2 82 03 00 a2 00 ${MANUFACTURER} 09 18 64 83 01 00 01 1a 00015180`);

describe('readLwm2mCbor', () => {
  it('reads the device of the specification', () => {
    expect(DEVICE.length).toBe(118);
    const content = collect(LWM2M_CBOR, '/3/0', DEVICE);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
    expect(valuesByPath(content)).toEqual({
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/1': 'Lightweight M2M Client',
      '/3/0/2': '345000123',
      '/3/0/3': '1.0',
      '/3/0/6/0': 1,
      '/3/0/6/1': 5,
      '/3/0/7/0': 3800,
      '/3/0/7/1': 5000,
      '/3/0/8/0': 125,
      '/3/0/8/1': 900,
      '/3/0/9': 100,
      '/3/0/10': 15,
      '/3/0/11/0': 0,
      '/3/0/13': 1367491215,
      '/3/0/14': '+02:00',
      '/3/0/16': 'U',
    });
  });

  it('reads the composite of the specification', () => {
    expect(COMPOSITE.length).toBe(39);
    const content = collect(LWM2M_CBOR, '/', COMPOSITE);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(valuesByPath(content)).toEqual({
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/9': 100,
      '/1/0/1': 86400,
    });
  });

  it.each([
    ['nested maps', '/3/0/9', 'a1 03 a1 00 a1 09 05', '/3/0/9'],
    ['one array of ids', '/3/0/9', 'a1 83 03 00 09 05', '/3/0/9'],
    ['an array of indefinite length', '/3/0/9', 'a1 9f 03 00 09 ff 05', '/3/0/9'],
    ['maps of indefinite length', '/3/0/9', 'bf 03 bf 00 bf 09 05 ff ff ff', '/3/0/9'],
    ['mixed depths', '/3/0/7', 'a1 82 03 00 a1 82 07 02 05', '/3/0/7/2'],
    ['four ids', '/3/0/7/2', 'a1 84 03 00 07 02 05', '/3/0/7/2'],
    ['ids below an instance', '/3/0', 'a1 09 05', '/3/0/9'],
    ['ids below an instance, of a resource with the number of the object', '/3/0', 'a1 03 61 41', '/3/0/3'],
    ['ids below an object', '/3', 'a1 00 a1 09 05', '/3/0/9'],
    ['Create that leaves the id to the client', '/3', 'a1 09 05', '/3/?/9'],
    ['Create that says so with 65535', '/3', 'a1 82 03 19 ffff a1 09 05', '/3/65535/9'],
    ['the prefix of a gateway', '/', 'a1 64 64657631 a1 83 03 00 09 05', '/3/0/9'],
    ['the prefix of a gateway in an array', '/', 'a1 84 64 64657631 03 00 09 05', '/3/0/9'],
  ])('gives the path of a value: %s', (_what, path, bytes, valuePath) => {
    const { result, values } = collect(LWM2M_CBOR, path, hex(bytes));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ path: valuePath, doubts: Doubt.none }]);
  });

  it('doubts a path beside the request, and one that occurs twice', () => {
    expect(collect(LWM2M_CBOR, '/3/0', hex('a1 83 03 01 09 05')).values[0]!.doubts).toBe(Doubt.wrongNesting);
    expect(
      collect(LWM2M_CBOR, '/3/0', hex('a2 83 03 00 09 05 83 03 00 09 05')).values.map(({ doubts }) => doubts),
    ).toEqual([0, Doubt.duplicate]);
  });

  it.each([
    ['an array', '80', 'LwM2M CBOR is a map'],
    ['a text as key below the top', 'a1 03 a1 61 41 05', 'a key that is no id'],
    ['a negative key', 'a1 20 05', 'a key that is no id'],
    ['an empty key', 'a1 80 05', 'a key without an id'],
    ['an id beyond 65535', 'a1 1a 00010000 05', '65536 is no id'],
    ['five ids', 'a1 85 03 00 07 00 00 05', 'more than four ids'],
    ['five maps', 'a1 03 a1 00 a1 07 a1 00 a1 00 05', 'more than four ids'],
    ['a value without a resource', 'a1 82 03 00 05', 'a value whose keys name no resource'],
    ['bytes behind', 'a1 83 03 00 09 05 00', 'bytes behind the map'],
    ['nothing', '', 'an item is missing'],
    ['2^32 pairs', 'ba ffffffff 83 03 00 09 05', 'an item is missing'],
  ])('says what is wrong: %s', (_what, bytes, text) => {
    expect(collect(LWM2M_CBOR, '/', hex(bytes)).result).toMatchObject({
      outcome: Outcome.malformed,
      fault: { text },
    });
  });

  it('is not led deeper than ids go', () => {
    const keys = new Uint8Array(60_000);
    for (let index = 0; index < keys.length; index += 3) keys.set([0xa1, 0x61, 0x41], index);
    expect(collect(LWM2M_CBOR, '/', keys).result.outcome).toBe(Outcome.malformed);
    for (let index = 0; index < keys.length; index += 3) keys.set([0xa1, 0x9f, 0xff], index);
    expect(collect(LWM2M_CBOR, '/', keys).result.outcome).toBe(Outcome.malformed);
  });

  it('stops at a named number of values', () => {
    const bytes = new Uint8Array(1 + 2 * (MAX_VALUES + 10));
    bytes[0] = 0xbf;
    for (let index = 1; index < bytes.length; index += 2) bytes[index] = 9;
    const { result, values } = collect(LWM2M_CBOR, '/3/0', bytes);
    expect(result.outcome).toBe(Outcome.unsupported);
    expect(values.length).toBe(MAX_VALUES);
  });

  it('gives what stands before a cut at every byte', () => {
    const whole = collect(LWM2M_CBOR, '/3/0', DEVICE).values;
    let depth = 0;
    for (let length = 0; length < DEVICE.length; length++) {
      const { result, values } = collect(LWM2M_CBOR, '/3/0', DEVICE.subarray(0, length), {
        open: () => depth++,
        close: () => depth--,
      });
      expect(result.outcome).toBe(Outcome.malformed);
      expect(values).toEqual(whole.slice(0, values.length));
      expect(depth).toBe(0);
    }
  });

  it('gives back what independent encoders wrote', () => {
    const id = fc.integer({ min: 0, max: 65534 });
    const value = fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' }), fc.boolean(), fc.uint8Array());
    const resource = fc.oneof(value, fc.dictionary(id.map(String), value, { minKeys: 1, maxKeys: 3 }));
    const instance = fc.dictionary(id.map(String), resource, { minKeys: 1, maxKeys: 4 });
    const toMap = (node: unknown): unknown =>
      typeof node === 'object' && !(node instanceof Uint8Array) && node !== null
        ? new Map(Object.entries(node).map(([key, inner]) => [Number(key), toMap(inner)]))
        : node;
    fc.assert(
      fc.property(
        id,
        fc.dictionary(id.map(String), instance, { minKeys: 1, maxKeys: 3 }),
        (object, instances) => {
          const expected: Record<string, unknown> = {};
          const visit = (path: string, node: unknown): void => {
            if (typeof node === 'object' && !(node instanceof Uint8Array) && node !== null)
              for (const [key, inner] of Object.entries(node)) visit(`${path}/${key}`, inner);
            else expected[path] = node instanceof Uint8Array ? Buffer.from(node).toString('hex') : node;
          };
          visit(`/${object}`, instances);
          const tree = new Map([[object, toMap(instances)]]);
          for (const bytes of [new Uint8Array(encoder.encode(tree)), cborg(tree)]) {
            const content = collect(LWM2M_CBOR, '/', bytes);
            expect(content.result.outcome).toBe(Outcome.ok);
            expect(valuesByPath(content)).toEqual(expected);
          }
        },
      ),
    );
  });

  it('never fails, whatever the bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const path = fc.constantFrom('/', '/3', '/3/0', '/3/0/9', '/3/0/7/0');
    fc.assert(
      fc.property(path, damage, (request, changes) => {
        const damaged = DEVICE.slice();
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        const { values } = collect(LWM2M_CBOR, request, damaged, { open: () => {}, close: () => {} });
        expect(values.every(({ start, end }) => start <= end && end <= damaged.length)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
