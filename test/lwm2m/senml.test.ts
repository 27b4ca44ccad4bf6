import { Encoder } from 'cbor-x/encode';
import { encode as cborg } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { MAX_VALUES } from '../../src/lwm2m/content/content-result.ts';
import { Doubt, isRelativeTime, ValueType } from '../../src/lwm2m/value.ts';
import { collect, type CollectedContent, hex, utf8, valuesByPath } from './collected-content.ts';

const JSON_FORMAT = 110;
const CBOR_FORMAT = 112;
const ETCH_JSON = 320;
const ETCH_CBOR = 322;

/** Labels in CBOR (RFC 8428 table 4). */
const LABELS: Record<string, number> = {
  bver: -1,
  bn: -2,
  bt: -3,
  bu: -4,
  bv: -5,
  bs: -6,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8,
};

type Field = string | number | boolean | null | Uint8Array;
type SenmlRecord = Record<string, Field>;

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

/** The same records in both encodings. */
function json(records: SenmlRecord[]): Uint8Array {
  return utf8(
    JSON.stringify(records, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value,
    ),
  );
}
/** The encoder writes integers of more than 32 bits as floats, unless they are big. */
function wide(value: Field): Field | bigint {
  return Number.isInteger(value) && Math.abs(value as number) >= 2 ** 31 && Number.isSafeInteger(value)
    ? BigInt(value as number)
    : value;
}

/** As the maps of SenML's CBOR, their fields by label. */
function labelled(records: SenmlRecord[]): Map<string | number, Field | bigint>[] {
  return records.map(
    (record) => new Map(Object.entries(record).map(([name, value]) => [LABELS[name] ?? name, wide(value)])),
  );
}

function cbor(records: SenmlRecord[]): Uint8Array {
  return new Uint8Array(encoder.encode(labelled(records)));
}

function both(path: string, records: SenmlRecord[], listsPaths = false): [string, CollectedContent][] {
  return [
    ['JSON', collect(JSON_FORMAT, path, json(records), undefined, listsPaths)],
    ['CBOR', collect(CBOR_FORMAT, path, cbor(records), undefined, listsPaths)],
  ];
}

// LwM2M Core §7.5.7, the example of a device, 196 bytes.
const DEVICE_CBOR = hex(`
  90 a3 21 65 2f332f302f 00 61 30 03 74 4f70656e204d6f62696c6520416c6c69616e6365
  a2 00 61 31 03 76 4c69676874776569676874204d324d20436c69656e74
  a2 00 61 32 03 69 333435303030313233 a2 00 61 33 03 63 312e30
  a2 00 63 362f30 02 01 a2 00 63 362f31 02 05 a2 00 63 372f30 02 19 0ed8 a2 00 63 372f31 02 19 1388
  a2 00 63 382f30 02 18 7d a2 00 63 382f31 02 19 0384 a2 00 61 39 02 18 64 a2 00 62 3130 02 0f
  a2 00 64 31312f30 02 00 a2 00 62 3133 02 1a 5182428f a2 00 62 3134 03 66 2b30323a3030 a2 00 62 3136 03 61 55`);
const DEVICE = {
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
};

describe('SenML, well-formed', () => {
  it('reads the device of the specification in CBOR', () => {
    expect(DEVICE_CBOR.length).toBe(196);
    const content = collect(CBOR_FORMAT, '/3/0', DEVICE_CBOR);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(valuesByPath(content)).toEqual(DEVICE);
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
  });

  it('reads every type in its field, in both encodings alike', () => {
    const records: SenmlRecord[] = [
      { bn: '/3442/0/', n: '110', vs: 'grün "x"\n\u{1f600}' },
      { n: '120', v: -1234567890123 },
      { n: '125', v: 4294967296 },
      { n: '130', v: 0.1 },
      { n: '140', vb: true },
      { n: '150', vd: Uint8Array.of(0xfb, 0xef, 0xff, 0) },
      { n: '160', v: 1700676779 },
      { n: '170', vlo: '3:0' },
      { n: '1110/2', vs: '' },
    ];
    for (const [name, content] of both('/3442/0', records)) {
      expect(content.result.outcome, name).toBe(Outcome.ok);
      expect(
        content.values.map(({ path, type, value, doubts }) => [path, type, value, doubts]),
        name,
      ).toEqual([
        ['/3442/0/110', ValueType.string, 'grün "x"\n\u{1f600}', 0],
        ['/3442/0/120', ValueType.integer, -1234567890123, 0],
        ['/3442/0/125', ValueType.unsigned, 4294967296, 0],
        ['/3442/0/130', ValueType.float, 0.1, 0],
        ['/3442/0/140', ValueType.boolean, true, 0],
        ['/3442/0/150', ValueType.opaque, 'fbefff00', 0],
        ['/3442/0/160', ValueType.time, 1700676779, 0],
        ['/3442/0/170', ValueType.objlnk, '3:0', 0],
        ['/3442/0/1110/2', ValueType.string, '', 0],
      ]);
    }
  });

  it('tells the types of unknown resources from their fields', () => {
    const records: SenmlRecord[] = [
      { bn: '/65/0/', n: '0', vs: 'a' },
      { n: '1', v: 1 },
      { n: '2', v: 1.5 },
      { n: '3', vb: false },
      { n: '4', vd: Uint8Array.of(1) },
      { n: '5', vlo: '65535:65535' },
    ];
    const { string, integer, float, boolean, opaque, objlnk } = ValueType;
    for (const [name, { values }] of both('/65/0', records)) {
      expect(
        values.map(({ type }) => type),
        name,
      ).toEqual([string, integer, float, boolean, opaque, objlnk]);
      expect(values.every(({ doubts }) => doubts === Doubt.unknownResource)).toBe(true);
    }
  });

  it.each<[string, string]>([
    ['/3/0/', '9'],
    ['/3/0', '/9'],
    ['', '/3/0/9'],
    ['/3/0/9', ''],
    ['3/0/', '9'],
    ['/', '3/0/9'],
    ['/lwm2m/3/0/', '9'],
    ['/3', '/0/9'],
    ['/3/', '0/9'],
  ])('joins base name %j and name %j', (bn, n) => {
    const record: SenmlRecord = { ...(bn === '' ? {} : { bn }), ...(n === '' ? {} : { n }), v: 5 };
    for (const [name, { result, values }] of both('/3/0/9', [record])) {
      expect(result.outcome, name).toBe(Outcome.ok);
      expect(values, name).toMatchObject([{ path: '/3/0/9', value: 5, doubts: Doubt.none }]);
    }
  });

  it('reads escaped slashes in names', () => {
    const { values } = collect(
      JSON_FORMAT,
      '/3/0',
      utf8('[{"bn":"\\/3\\u002f0/","\\u006e":"\\u0039","v":5}]'),
    );
    expect(values).toMatchObject([{ path: '/3/0/9', value: 5 }]);
  });

  it('carries base fields on, takes them at any place, and adds times', () => {
    // RFC 8428 §4.1: base fields hold until they are replaced; §4.5.3: from 2^28 on, times are absolute.
    const records: SenmlRecord[] = [
      { n: '5700', v: 1, bn: '/3303/0/', bt: 1700000000 },
      { n: '5700', v: 2, t: -5 },
      { n: '5700', v: 3, t: 2.5 },
      { bn: '/3303/1/' },
      { n: '5700', v: 4 },
      { n: '5700', v: 5, bt: 0, t: -60 },
    ];
    for (const [name, { result, values }] of both('/3303', records)) {
      expect(result.outcome, name).toBe(Outcome.ok);
      expect(values.map(({ path, value, time }) => [path, value, time])).toEqual([
        ['/3303/0/5700', 1, 1700000000],
        ['/3303/0/5700', 2, 1699999995],
        ['/3303/0/5700', 3, 1700000002.5],
        ['/3303/1/5700', 4, 1700000000],
        ['/3303/1/5700', 5, -60],
      ]);
      expect(values.map(({ time }) => isRelativeTime(time))).toEqual([false, false, false, false, true]);
      expect(values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
    }
    expect(isRelativeTime(2 ** 28)).toBe(false);
    expect(isRelativeTime(2 ** 28 - 1)).toBe(true);
  });

  it('reads a base time that is a decimal fraction, and half, single and double floats', () => {
    const { values } = collect(
      CBOR_FORMAT,
      '/3303/0',
      hex(`83 a4 21 68 2f333330332f302f 00 64 35373030 22 c4 82 22 1b 0000018bcfe56864 02 f9 4d40
           a2 00 64 35373030 02 fa 41a80000 a2 00 64 35373031 02 fb 4035000000000000`),
    );
    expect(values.map(({ path, number, time }) => [path, number, time])).toEqual([
      ['/3303/0/5700', 21, 1700000000.1],
      ['/3303/0/5700', 21, 1700000000.1],
      ['/3303/0/5701', NaN, 1700000000.1],
    ]);
    expect(values.map(({ doubts }) => doubts)).toEqual([0, Doubt.duplicate, Doubt.typeDiffers]);
  });

  it('reads arrays, maps and texts of indefinite length', () => {
    const { result, values } = collect(
      CBOR_FORMAT,
      '/3/0',
      hex('9f bf 00 66 2f332f302f30 03 7f 6161 6162 ff ff ff'),
    );
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ path: '/3/0/0', value: 'ab' }]);
  });

  it('keeps 64-bit integers exact', () => {
    const text =
      '[{"n":"/3442/0/125","v":18446744073709551615},{"n":"/3442/0/120","v":-9223372036854775808}]';
    expect(collect(JSON_FORMAT, '/3442/0', utf8(text)).values).toMatchObject([
      { value: '18446744073709551615', number: 2 ** 64 },
      { value: '-9223372036854775808' },
    ]);
    const bytes = hex(
      '82 a2 00 6b 2f333434322f302f313235 02 1b ffffffffffffffff a2 00 6b 2f333434322f302f313230 02 3b 7fffffffffffffff',
    );
    expect(collect(CBOR_FORMAT, '/3442/0', bytes).values).toMatchObject([
      { value: '18446744073709551615' },
      { value: '-9223372036854775808' },
    ]);
  });

  it('gives the paths that a composite request lists', () => {
    const records: SenmlRecord[] = [
      { n: '/3/0/0' },
      { bn: '/3303/', n: '0/5700' },
      { bn: '/4' },
      { bn: '', n: '/' },
    ];
    for (const [name, { result, values, names }] of both('/', records, true)) {
      expect(result.outcome, name).toBe(Outcome.ok);
      expect(values).toEqual([]);
      expect(names, name).toEqual(['/3/0/0', '/3303/0/5700', '/4', '/']);
    }
    expect(collect(ETCH_CBOR, '/', cbor(records), undefined, true).names.length).toBe(4);
    expect(collect(ETCH_JSON, '/', json(records), undefined, true).names.length).toBe(4);
  });

  it('takes null in a patch for the removal of what it names', () => {
    // RFC 8790 §3.2.
    const records = [{ n: '/3442/0/1120/1', v: null }];
    for (const { result, values } of [
      collect(ETCH_JSON, '/', json(records)),
      collect(ETCH_CBOR, '/', cbor(records)),
    ]) {
      expect(result.outcome).toBe(Outcome.ok);
      expect(values).toMatchObject([
        { path: '/3442/0/1120/1', type: ValueType.none, value: 'null', doubts: 0 },
      ]);
    }
    for (const [, { values }] of both('/', records))
      expect(values).toMatchObject([{ value: 'null', doubts: Doubt.typeDiffers }]);
  });

  it('opens each record with its fields for the field tree', () => {
    for (const [format, bytes] of [
      [JSON_FORMAT, json([{ bn: '/3/0/', n: '9', v: 5 }])],
      [CBOR_FORMAT, cbor([{ bn: '/3/0/', n: '9', v: 5 }])],
    ] as const) {
      let depth = 0;
      const seen: string[] = [];
      collect(format, '/3/0', bytes, {
        open: (label) => seen.push(`${depth++} ${label.split(':')[0]}`),
        close: () => depth--,
      });
      expect(seen).toEqual(['0 Record', '1 Base Name', '1 Name', '1 Value']);
      expect(depth).toBe(0);
      for (let length = 0; length < bytes.length; length++) {
        collect(format, '/3/0', bytes.subarray(0, length), { open: () => depth++, close: () => depth-- });
        expect(depth).toBe(0);
      }
    }
  });
});

describe('SenML, doubtful and malformed', () => {
  it.each<[string, SenmlRecord, number]>([
    ['Integer with a fraction', { n: '/3/0/9', v: 1.5 }, Doubt.typeDiffers],
    ['Integer as text', { n: '/3/0/9', vs: '1' }, Doubt.typeDiffers],
    ['String as number', { n: '/3/0/0', v: 1 }, Doubt.typeDiffers],
    ['Boolean as number', { n: '/1/0/6', v: 1 }, Doubt.typeDiffers],
    ['Unsigned Integer below zero', { n: '/3442/0/125', v: -1 }, Doubt.typeDiffers],
    ['object link as number', { n: '/3442/0/170', v: 6553601 }, Doubt.typeDiffers],
    ['object link in the field for texts', { n: '/3442/0/170', vs: '3:0' }, Doubt.wrongField],
    ['object link that is none', { n: '/3442/0/170', vlo: '3' }, Doubt.typeDiffers],
    ['Opaque as text', { n: '/3442/0/150', vs: 'AAAA' }, Doubt.typeDiffers],
    ['other instance than asked for', { n: '/3/1/9', v: 1 }, Doubt.wrongNesting],
    ['unknown resource', { n: '/3/0/99', v: 1 }, Doubt.unknownResource],
    ['base value, which LwM2M does not use', { n: '/3/0/9', v: 1, bv: 4 }, Doubt.baseAdded],
  ])('doubts: %s', (what, record, doubts) => {
    const path = what.startsWith('other') || what.startsWith('unknown') ? '/3/0' : '/';
    for (const [name, { result, values }] of both(path, [record])) {
      expect(result.outcome, name).toBe(Outcome.ok);
      expect(values.at(-1)!.doubts, name).toBe(doubts);
    }
  });

  it('adds a base value', () => {
    for (const [, { values }] of both('/3/0', [
      { n: '/3/0/9', v: 1, bv: 4 },
      { n: '/3/0/10', v: 2 },
    ]))
      expect(values.map(({ number }) => number)).toEqual([5, 6]);
  });

  it('does not doubt linked instances below the root', () => {
    for (const [, { values }] of both('/3/0', [
      { bn: '/', n: '3/0/9', v: 1 },
      { n: '4/0/2', v: 2 },
    ]))
      expect(values.map(({ doubts }) => doubts)).toEqual([0, 0]);
  });

  it('marks a path that occurs twice, and not a series', () => {
    for (const [, { values }] of both('/3/0', [
      { n: '/3/0/9', v: 1 },
      { n: '/3/0/10', v: 1 },
      { n: '/3/0/9', v: 2 },
      { n: '/3/0/9', v: 2, t: -5 },
    ]))
      expect(values.map(({ doubts }) => doubts)).toEqual([0, 0, Doubt.duplicate, 0]);
  });

  it.each<[string, SenmlRecord, string]>([
    ['no value', { n: '/3/0/10' }, 'RFC 8428 §4.2'],
    ['two values', { n: '/3/0/10', v: 1, vs: 'a' }, 'RFC 8428 §4.2'],
    ['a name without a resource', { n: '/3/0', v: 1 }, 'RFC 8428 §4.5.1'],
    ['a name that is no path', { n: '/3/0/x', v: 1 }, 'RFC 8428 §4.5.1'],
    ['a name with five ids', { n: '/3/0/1/2/3', v: 1 }, 'RFC 8428 §4.5.1'],
    ['an empty segment', { n: '/3/0//10', v: 1 }, 'RFC 8428 §4.5.1'],
    ['a leading zero', { n: '/3/0/010', v: 1 }, 'RFC 8428 §4.5.1'],
    ['an id beyond 65535', { n: '/3/0/65536', v: 1 }, 'RFC 8428 §4.5.1'],
  ])('reads on after a record with %s', (_what, record, clause) => {
    for (const [name, { result, values }] of both('/3/0', [record, { n: '/3/0/9', v: 7 }])) {
      expect(result, name).toMatchObject({ outcome: Outcome.malformed, fault: { clause } });
      expect(values.at(-1), name).toMatchObject({ path: '/3/0/9', value: 7 });
    }
  });

  it('stops at a field that must be understood, and at a later version', () => {
    // RFC 8428 §4.4.
    const before = { n: '/3/0/9', v: 7 };
    for (const [, { result, values }] of both('/3/0', [before, { n: '/3/0/10', v: 1, x_: 1 }, before])) {
      expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { clause: 'RFC 8428 §4.4' } });
      expect(values.length).toBe(1);
    }
    for (const [, { result, values }] of both('/3/0', [before, { bver: 11, n: '/3/0/10', v: 1 }])) {
      expect(result.outcome).toBe(Outcome.unsupported);
      expect(values.length).toBe(1);
    }
    for (const [, { result }] of both('/3/0', [{ ...before, bver: 10, x: 'passed', y: null }]))
      expect(result.outcome).toBe(Outcome.ok);
  });

  it('understands labels written as texts, and says so', () => {
    // Leshan issue 1654: a .NET server's request.
    const { result, values } = collect(
      CBOR_FORMAT,
      '/3442/0/110',
      hex('81a2613363686868622d326b2f333434322f302f313130'),
    );
    expect(values).toMatchObject([{ path: '/3442/0/110', value: 'hhh' }]);
    expect(result).toMatchObject({
      outcome: Outcome.malformed,
      fault: { text: 'the label "3" is a text', offset: 2, clause: 'RFC 8428 §6' },
    });
  });

  it('says that a value has no place in a list of paths', () => {
    for (const [, { result, names }] of both('/', [{ n: '/3/0/9', v: 1 }], true)) {
      expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { clause: 'RFC 8790 §3.1' } });
      expect(names).toEqual(['/3/0/9']);
    }
  });

  it('gives what stands before a cut at every byte', () => {
    const records = [...Object.entries(DEVICE)].map(([n, value]): SenmlRecord =>
      typeof value === 'number' ? { n, v: value } : { n, vs: value },
    );
    for (const [format, bytes] of [
      [CBOR_FORMAT, DEVICE_CBOR],
      [JSON_FORMAT, json(records)],
    ] as const) {
      const whole = collect(format, '/3/0', bytes).values;
      expect(whole.length).toBe(16);
      for (let length = 0; length < bytes.length; length++) {
        const { result, values } = collect(format, '/3/0', bytes.subarray(0, length));
        expect(result.outcome).toBe(Outcome.malformed);
        expect(result.fault!.offset).toBeLessThanOrEqual(length);
        expect(values).toEqual(whole.slice(0, values.length));
        expect(values.every(({ end }) => end <= length)).toBe(true);
      }
    }
  });

  it.each([
    ['2^32 records', '9a ffffffff a1 00 60'],
    ['2^32 fields', '81 ba ffffffff 00 60'],
    ['2^53 records', '9b 0020000000000000 a1 00 60'],
    ['a name of 2^32 bytes', '81 a1 00 7a ffffffff 61'],
    ['a map', 'a1 00 60'],
    ['records that are no maps', '82 01 02'],
    ['nothing', ''],
  ])('does not trust %s', (_what, bytes) => {
    expect(collect(CBOR_FORMAT, '/3/0', hex(bytes)).result.outcome).toBe(Outcome.malformed);
  });

  it('is not led deeper than named limits', () => {
    const bomb = new Uint8Array(60_000).fill(0x81);
    bomb.set([0x81, 0xa1, 0x02]);
    expect(collect(CBOR_FORMAT, '/3/0', bomb).result.fault!.text).toMatch(/nested deeper/);
    expect(collect(JSON_FORMAT, '/3/0', utf8('[{"v":' + '['.repeat(60_000))).result.fault!.text).toMatch(
      /nested deeper/,
    );
  });

  it('stops at a named number of records', () => {
    const many = '['.concat('{"n":"/3/0/9","v":1},'.repeat(MAX_VALUES + 5), '{}]');
    const { result, values } = collect(JSON_FORMAT, '/3/0', utf8(many));
    expect(result.outcome).toBe(Outcome.unsupported);
    expect(values.length).toBe(MAX_VALUES);
    const bytes = new Uint8Array(2 * 100_000 + 1);
    for (let index = 0; index < bytes.length; index++) bytes[index] = index === 0 ? 0x9f : 0xa0;
    expect(collect(CBOR_FORMAT, '/3/0', bytes).result.fault!.text).toBe(`more than ${MAX_VALUES} records`);
  });
});

describe('SenML, generated', () => {
  const id = fc.integer({ min: 0, max: 65534 });
  const value = fc.oneof(
    fc.record({ v: fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true })) }),
    fc.record({ vs: fc.string({ unit: 'grapheme', maxLength: 40 }) }),
    fc.record({ vb: fc.boolean() }),
    fc.record({ vd: fc.uint8Array({ maxLength: 40 }) }),
  );
  const entry = fc.tuple(
    fc.tuple(id, id, id),
    value,
    fc.option(fc.integer({ min: -1000, max: 1000 })),
    fc.nat(8),
  );

  it('gives back what independent encoders wrote', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: ([path]) => path.join('/'), maxLength: 6 }),
        (entries) => {
          const expected: [string, unknown, number][] = [];
          const records = entries.map(([[, instance, resource], field, time, cut]): SenmlRecord => {
            const name = `/33000/${instance}/${resource}`;
            const [sent] = Object.values(field) as Field[];
            const shown =
              sent instanceof Uint8Array ? Buffer.from(sent).toString('hex') : Object.is(sent, -0) ? 0 : sent;
            expected.push([name, shown, time ?? NaN]);
            return {
              bn: name.slice(0, cut),
              n: name.slice(cut),
              ...field,
              ...(time === null ? {} : { t: time }),
            };
          });
          const other = collect(CBOR_FORMAT, '/33000', cborg(labelled(records)));
          for (const [name, { result, values }] of [...both('/33000', records), ['cborg', other] as const]) {
            expect(result.outcome, name).toBe(Outcome.ok);
            expect(
              // Integers that a double does not hold for sure are given as decimal texts.
              values.map(({ path, value: read, time }, index) => [
                path,
                Object.is(read, -0) ? 0 : typeof expected[index]?.[1] === 'number' ? Number(read) : read,
                time,
              ]),
              name,
            ).toEqual(expected);
          }
        },
      ),
    );
  });

  it('never fails, whatever the bytes', () => {
    const whole = json([
      { bn: '/3/0/', n: '9', v: 5, t: 1 },
      { n: '0', vs: 'a\u00e4"' },
    ]);
    const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const source = fc.constantFrom(
      ...([
        [JSON_FORMAT, whole],
        [CBOR_FORMAT, DEVICE_CBOR],
        [ETCH_JSON, whole],
        [ETCH_CBOR, DEVICE_CBOR],
      ] as const),
    );
    fc.assert(
      fc.property(source, damage, fc.boolean(), ([format, bytes], changes, lists) => {
        const damaged = bytes.slice();
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        const { result, values } = collect(
          format,
          '/3/0',
          damaged,
          { open: () => {}, close: () => {} },
          lists,
        );
        for (const { start, end } of values) expect(start <= end && end <= damaged.length).toBe(true);
        if (result.fault !== undefined) expect(result.fault.offset).toBeLessThanOrEqual(damaged.length);
      }),
      { numRuns: 2000 },
    );
  });
});
