import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { MAX_VALUES } from '../../src/lwm2m/content/content-result.ts';
import { Doubt, ValueType } from '../../src/lwm2m/value.ts';
import { readTlv } from '../../src/lwm2m/content/tlv.ts';
import { collect, contextOf, hex, valuesByPath } from './collected-content.ts';

const TLV = 11542;

// LwM2M Core §7.5.5, examples; the single device instance in the form of the 1.0 text, whose bytes are right.
const DEVICE = hex(`
  C8 00 14 4F 70 65 6E 20 4D 6F 62 69 6C 65 20 41 6C 6C 69 61 6E 63 65
  C8 01 16 4C 69 67 68 74 77 65 69 67 68 74 20 4D 32 4D 20 43 6C 69 65 6E 74
  C8 02 09 33 34 35 30 30 30 31 32 33
  C3 03 31 2E 30
  86 06 41 00 01 41 01 05
  88 07 08 42 00 0E D8 42 01 13 88
  87 08 41 00 7D 42 01 03 84
  C1 09 64
  C1 0A 0F
  83 0B 41 00 00
  C4 0D 51 82 42 8F
  C6 0E 2B 30 32 3A 30 30
  C1 10 55`);
const ACCESS_CONTROL = hex(`
  08 00 0E C1 00 01 C1 01 00 83 02 41 7F 07 C1 03 7F
  08 02 12 C1 00 03 C1 01 00 87 02 41 7F 07 61 01 36 01 C1 03 7F`);
const LINKS = hex(`
  88 00 0C 44 00 00 42 00 00 44 01 00 42 00 01
  C8 01 0D 38 36 31 33 38 30 30 37 35 35 35 30 30
  C4 02 12 34 56 78`);

describe('readTlv, well-formed', () => {
  it('reads the device instance of the specification', () => {
    const content = collect(TLV, '/3/0', DEVICE);
    expect(content.result.outcome).toBe(Outcome.ok);
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
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
  });

  it('reads the two access control instances of the specification, with 16-bit ids', () => {
    expect(ACCESS_CONTROL.length).toBe(38);
    const content = collect(TLV, '/2', ACCESS_CONTROL);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(valuesByPath(content)).toEqual({
      '/2/0/0': 1,
      '/2/0/1': 0,
      '/2/0/2/127': 7,
      '/2/0/3': 127,
      '/2/2/0': 3,
      '/2/2/1': 0,
      '/2/2/2/127': 7,
      '/2/2/2/310': 1,
      '/2/2/3': 127,
    });
  });

  it('reads the values of an object it does not know as bytes', () => {
    // The specification's object 65, which no registry defines.
    expect(LINKS.length).toBe(37);
    const content = collect(TLV, '/65/0', LINKS);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values.map(({ path, type, doubts }) => [path, type, doubts])).toEqual([
      ['/65/0/0/0', ValueType.unknown, Doubt.unknownResource],
      ['/65/0/0/1', ValueType.unknown, Doubt.unknownResource],
      ['/65/0/1', ValueType.unknown, Doubt.unknownResource],
      ['/65/0/2', ValueType.unknown, Doubt.unknownResource],
    ]);
    expect(valuesByPath(content)).toEqual({
      '/65/0/0/0': '00420000',
      '/65/0/0/1': '00420001',
      '/65/0/1': '38363133383030373535353030',
      '/65/0/2': '12345678',
    });
  });

  it('gives an object link as number and text', () => {
    const [value] = collect(TLV, '/3/0/22', hex('86 16 44 00 00 03 00 01')).values;
    expect(value).toMatchObject({ path: '/3/0/22/0', type: ValueType.objlnk, number: 0x30001, value: '3:1' });
  });

  it.each<[string, string, string, string, unknown]>([
    ['resource', '/3/0/9', 'c10919', '/3/0/9', 25],
    ['multiple resource', '/3/0/7', '840742000c51', '/3/0/7/0', 3153],
    ['resource instance', '/3/0/7/0', '42000c51', '/3/0/7/0', 3153],
    ['bare resource instance for a multiple resource', '/3/0/7', '42000c51', '/3/0/7/0', 3153],
    ['multiple resource for a resource instance', '/3/0/7/0', '840742000c51', '/3/0/7/0', 3153],
    ['instance around a resource', '/3/0/9', '0300c10919', '/3/0/9', 25],
    ['instance around the resources of an instance', '/3/0', '0300c10919', '/3/0/9', 25],
    ['object', '/3', '0300c10919', '/3/0/9', 25],
    ['Create that leaves the id to the client', '/3', 'c10919', '/3/?/9', 25],
    ['resource for a resource instance', '/3/0/7/2', 'c2070c51', '/3/0/7/2', 3153],
  ])('gives the path of a value: %s', (_what, path, bytes, valuePath, value) => {
    const content = collect(TLV, path, hex(bytes));
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values).toMatchObject([{ path: valuePath, value, doubts: Doubt.none }]);
  });

  it('reads an empty content as no value', () => {
    expect(collect(TLV, '/3', hex(''))).toEqual({
      result: { outcome: Outcome.ok },
      values: [],
      names: [],
    });
    expect(collect(TLV, '/3/0/7', hex('8007')).values).toEqual([]);
  });

  it('does not doubt the nesting when the request was not seen', () => {
    const content = collect(TLV, '/', hex('42000c51'));
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values[0]!.doubts & Doubt.wrongNesting).toBe(0);
  });

  it('gives 64-bit integers exactly', () => {
    expect(collect(TLV, '/3442/0/125', hex('c87d088000000000000000')).values).toMatchObject([
      { value: '9223372036854775808', number: 2 ** 63 },
    ]);
    expect(collect(TLV, '/3442/0/120', hex('c878088000000000000001')).values).toMatchObject([
      { value: '-9223372036854775807' },
    ]);
    expect(collect(TLV, '/3442/0/120', hex('c87808ffffffffffffff38')).values).toMatchObject([
      { value: -200 },
    ]);
  });

  it('takes 1542, the number from before its registration, for the same format', () => {
    expect(collect(1542, '/3/0/9', hex('c10919')).values).toMatchObject([{ value: 25 }]);
  });

  it('opens and closes elements for the field tree, header included', () => {
    const seen: string[] = [];
    let depth = 0;
    const around = contextOf('/3/0');
    const bytes = hex('840742000c51');
    readTlv(bytes, 0, bytes.length, around, {
      open(label, start, end) {
        seen.push(`${'  '.repeat(depth++)}${label} ${start}-${end}`);
      },
      close() {
        depth--;
      },
      value(_object, _instance, resource, resourceInstance, _type, number) {
        seen.push(`${'  '.repeat(depth)}${resource}/${resourceInstance} = ${number}`);
      },
    });
    expect(seen).toEqual([
      'Multiple Resource 7 0-6',
      '  Type: Multiple Resource, 1-byte identifier 0-1',
      '  Identifier: 7 1-2',
      '  Resource Instance 0 2-6',
      '    Type: Resource Instance, 1-byte identifier 2-3',
      '    Identifier: 0 3-4',
      '    7/0 = 3153',
    ]);
    expect(depth).toBe(0);
  });
});

describe('readTlv, cut and malformed', () => {
  it('gives what stands before a cut at every byte', () => {
    const whole = collect(TLV, '/3/0', DEVICE).values;
    const cuts = new Set<number>([0]);
    for (let length = 0; length < DEVICE.length; length++) {
      const content = collect(TLV, '/3/0', DEVICE.subarray(0, length));
      // A multiple resource that is cut is not read at all, because its length passes the end.
      expect(content.values).toEqual(whole.slice(0, content.values.length));
      expect(content.values.every(({ end }) => end <= length)).toBe(true);
      if (content.result.outcome === Outcome.ok) cuts.add(length);
      else expect(content.result.fault).toMatchObject({ clause: 'LwM2M Core §7.5.5' });
    }
    expect([...cuts]).toEqual([0, 23, 48, 60, 65, 73, 84, 93, 96, 99, 104, 110, 118]);
  });

  it.each([
    // LwM2M Core §7.5.5 prints this instance one byte too short.
    ['instance whose length is too small', '/1', '08 00 0D C1 00 01 C4 01 00 01 51 80 C1 06 01 C1 07 55', 15],
    ['child that passes its parent', '/3', '03 00 C2 09 19', 2],
    ['header cut', '/3/0', 'C1 09 19 C8 01', 3],
    ['trailing byte', '/3/0/9', 'C1 09 19 00', 3],
  ])('says where: %s', (_what, path, bytes, offset) => {
    const { result } = collect(TLV, path, hex(bytes));
    expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { offset } });
  });

  it.each<[string, string, string, string[], number]>([
    ['resource instance inside an instance', '/3', '08 00 06 C1 09 19 41 00 01', ['/3/0/9', '/3/0/?/0'], 6],
    ['resource inside a multiple resource', '/3/0', '83 07 C1 00 05', ['/3/0/7/0'], 2],
    ['instance inside an instance', '/3', '08 00 08 C1 09 19 03 01 C1 09 19', ['/3/0/9'], 6],
    ['resource instance for an instance', '/3/0', '41 00 01', ['/3/0/?/0'], 0],
    ['multiple resource inside another', '/3/0', '85 07 83 07 41 00 05', [], 2],
  ])('reads on after a wrong nesting: %s', (_what, path, bytes, paths, offset) => {
    const { result, values } = collect(TLV, path, hex(bytes));
    expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { offset } });
    expect(values.map((value) => value.path)).toEqual(paths);
  });

  it.each<[string, string, string, number]>([
    ['other instance than asked for', '/3/0', '03 01 C1 09 19', Doubt.wrongNesting],
    ['other resource than asked for', '/3/0/9', 'C1 0A 19', Doubt.wrongNesting],
    ['Integer of three bytes', '/3/0/10', 'C3 0A 00 00 19', Doubt.typeDiffers],
    ['Integer without bytes', '/3/0/9', 'C0 09', Doubt.typeDiffers],
    ['Float of five bytes', '/3303/0/5700', 'E5 16 44 00 00 00 00 00', Doubt.typeDiffers],
    ['Boolean of 2', '/1/0/6', 'C1 06 02', Doubt.typeDiffers],
    ['Boolean of two bytes', '/1/0/6', 'C2 06 00 01', Doubt.typeDiffers],
    ['Objlnk of two bytes', '/3/0/22/0', '42 00 00 03', Doubt.typeDiffers],
    ['value of an executable resource', '/3/0/4', 'C1 04 00', Doubt.typeDiffers],
    ['unknown resource', '/3/0/99', 'C1 63 00', Doubt.unknownResource],
    ['reserved id', '/3/0', 'E1 FF FF 00', Doubt.unknownResource | Doubt.outOfRange],
  ])('doubts a value: %s', (_what, path, bytes, doubts) => {
    const { result, values } = collect(TLV, path, hex(bytes));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values.at(-1)!.doubts).toBe(doubts);
  });

  it('marks the second of two elements with the same id', () => {
    expect(
      collect(TLV, '/3/0', hex('C1 0A 01 C1 09 19 C1 0A 02')).values.map(({ doubts }) => doubts),
    ).toEqual([Doubt.none, Doubt.none, Doubt.duplicate]);
    expect(
      collect(TLV, '/3/0', hex('83 07 41 00 05 83 08 41 00 05')).values.map(({ doubts }) => doubts),
    ).toEqual([Doubt.none, Doubt.none]);
  });

  it('stops at a named number of values', () => {
    const many = new Uint8Array((MAX_VALUES + 10) * 2);
    for (let index = 0; index < many.length; index += 2) many[index] = 0xc0;
    const { result, values } = collect(TLV, '/3/0', many);
    expect(result).toMatchObject({ outcome: Outcome.unsupported, fault: { offset: MAX_VALUES * 2 } });
    expect(values.length).toBe(MAX_VALUES);
  });
});

/** Writes one element, in the shortest form. */
function element(kind: number, id: number, value: Uint8Array): Uint8Array {
  const wide = id > 0xff;
  const { length } = value;
  const lengthBytes = length < 8 ? [] : length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const type =
    (kind << 6) | (wide ? 0x20 : 0) | (lengthBytes.length === 0 ? length : lengthBytes.length << 3);
  return Uint8Array.from([type, ...(wide ? [id >> 8, id & 0xff] : [id]), ...lengthBytes, ...value]);
}

function joined(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const id = fc.integer({ min: 0, max: 65534 });
const resource = fc.record({ id, value: fc.uint8Array({ maxLength: 300 }) });
const multipleResource = fc.record({
  id,
  instances: fc.uniqueArray(resource, { selector: (one) => one.id, maxLength: 4 }),
});
const instance = fc.record({
  id,
  resources: fc.uniqueArray(fc.oneof(resource, multipleResource), {
    selector: (one) => one.id,
    maxLength: 5,
  }),
});

describe('readTlv, generated', () => {
  it('gives back what an encoder wrote', () => {
    fc.assert(
      fc.property(fc.uniqueArray(instance, { selector: (one) => one.id, maxLength: 3 }), (instances) => {
        const expected: [string, string][] = [];
        const content = joined(
          instances.map((one) =>
            element(
              0,
              one.id,
              joined(
                one.resources.map((inner) => {
                  const path = `/33000/${one.id}/${inner.id}`;
                  if ('value' in inner) {
                    expected.push([path, Buffer.from(inner.value).toString('hex')]);
                    return element(3, inner.id, inner.value);
                  }
                  const parts = inner.instances.map((single) => {
                    expected.push([`${path}/${single.id}`, Buffer.from(single.value).toString('hex')]);
                    return element(1, single.id, single.value);
                  });
                  return element(2, inner.id, joined(parts));
                }),
              ),
            ),
          ),
        );
        const { result, values } = collect(TLV, '/33000', content);
        expect(result.outcome).toBe(Outcome.ok);
        expect(values.map(({ path, value }) => [path, value])).toEqual(expected);
      }),
    );
  });

  it('never fails, whatever the bytes and the path', () => {
    const paths = fc.constantFrom('/', '/3', '/3/0', '/3/0/9', '/3/0/7/0', '/5/0/0');
    fc.assert(
      fc.property(paths, fc.uint8Array({ maxLength: 200 }), (path, bytes) => {
        const { result, values } = collect(TLV, path, bytes);
        for (const { start, end } of values) {
          expect(start).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(bytes.length);
        }
        if (result.fault !== undefined) expect(result.fault.offset).toBeLessThan(bytes.length);
      }),
    );
  });
});
