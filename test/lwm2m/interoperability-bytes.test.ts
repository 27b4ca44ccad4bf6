import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import type { Value } from '../../src/lwm2m/value-text.ts';
import { Doubt } from '../../src/lwm2m/value.ts';
import { collect, hex, valuesByPath } from './collected-content.ts';

const TLV = 11542;
const SENML_CBOR = 112;

/** Bytes of the Device instance that LwM2M 1.1 and later print: in the model a letter is missing, not in its length. */
const MISSPELT = `
  C8 00 14 4F 70 65 6E 20 4D 6F 62 69 6C 65 20 41 6C 6C 69 61 6E 63 65
  C8 01 16 4C 69 67 68 74 77 65 69 67 74 20 4D 32 4D 20 43 6C 69 65 6E 74
  C8 02 09 33 34 35 30 30 30 31 32 33
  C3 03 31 2E 30  86 06 41 00 01 41 01 05  88 07 08 42 00 0E D8 42 01 13 88
  87 08 41 00 7D 42 01 03 84  C1 09 64  C1 0A 0F  83 0B 41 00 00
  C4 0D 51 82 42 8F  C6 0E 2B 30 32 3A 30 30  C1 10 55`;
const MANUFACTURER = 'Open Mobile Alliance';
/** The model takes the first byte of the element behind it. */
const MODEL = 'Lightweigt M2M Client\u{fffd}';
const SERVICE = '6D 79 53 65 72 76 69 63 65 20';
const HOST = '49 6E 74 65 72 6E 65 74 2E 31 35 2E 32 33';

interface Print {
  path: string;
  bytes: string;
  length: number;
  fault: { text: string; offset: number };
  values: Record<string, Value>;
}

/** What LwM2M Core §7.5.5 prints and what cannot be read as it stands there. */
const PRINTS: Record<string, Print> = {
  '/3/0: behind the model, 02 09 is an instance 9 whose two bytes are no element': {
    path: '/3/0',
    bytes: MISSPELT,
    length: 120,
    fault: { text: 'a TLV header is cut', offset: 50 },
    values: { '/3/0/0': MANUFACTURER, '/3/0/1': MODEL },
  },
  '/3: the instance says 121 bytes and has 120': {
    path: '/3',
    bytes: `08 00 79 ${MISSPELT}`,
    length: 123,
    fault: { text: 'a TLV value of 121 bytes passes its end', offset: 0 },
    values: {},
  },
  '/1: the instance is 15 bytes long and says 13': {
    path: '/1',
    bytes: '08 00 0D C1 00 01 C4 01 00 01 51 80 C1 06 01 C1 07 55',
    length: 18,
    // Of the last element only the type byte is left inside.
    fault: { text: 'a TLV header is cut', offset: 15 },
    values: { '/1/0/0': 1, '/1/0/1': 86400, '/1/0/6': true },
  },
  '/66: each instance is 38 bytes long and says 35': {
    path: '/66',
    bytes: `
      08 00 23 C8 00 0B ${SERVICE} 31 C8 01 0F ${HOST} 34 C4 02 00 43 00 00
      08 01 23 C8 00 0B ${SERVICE} 32 C8 01 0F ${HOST} 35 C4 02 FF FF FF FF`,
    length: 82,
    fault: { text: 'a TLV value of 4 bytes passes its end', offset: 35 },
    // Object 66 has no definition: its values are bytes.
    values: {
      '/66/0/0': '6d795365727669636520' + '31',
      '/66/0/1': '496e7465726e65742e31352e32333' + '4',
    },
  },
};

describe('bytes that the specification prints wrongly', () => {
  it.each(Object.entries(PRINTS))('%s', (_what, { path, bytes, length, fault, values }) => {
    expect(hex(bytes).length).toBe(length);
    const content = collect(TLV, path, hex(bytes));
    expect(content.result).toEqual({
      outcome: Outcome.malformed,
      fault: { ...fault, clause: 'LwM2M Core §7.5.5' },
    });
    expect(valuesByPath(content)).toEqual(values);
  });

  it('are right with the letter and with lengths that hold what is there', () => {
    const whole = MISSPELT.replace('67 74', '67 68 74');
    for (const [path, bytes] of [['/3/0', whole], ['/3', `08 00 79 ${whole}`]] as const) {
      const content = collect(TLV, path, hex(bytes));
      expect(content.result.outcome).toBe(Outcome.ok);
      expect(valuesByPath(content)).toMatchObject({ '/3/0/1': 'Lightweight M2M Client', '/3/0/16': 'U' });
    } // prettier-ignore
    const links = collect(TLV, '/66', hex(PRINTS['/66: each instance is 38 bytes long and says 35']!.bytes.replaceAll('23 C8', '26 C8'))); // prettier-ignore
    expect(links.result.outcome).toBe(Outcome.ok);
    expect(valuesByPath(links)).toMatchObject({ '/66/0/2': '00430000', '/66/1/2': 'ffffffff' });
    const server = collect(TLV, '/1', hex('08 00 0F C1 00 01 C4 01 00 01 51 80 C1 06 01 C1 07 55'));
    expect(server.result.outcome).toBe(Outcome.ok);
    expect(valuesByPath(server)).toMatchObject({ '/1/0/6': true, '/1/0/7': 'U' });
  });
});

describe('bytes that people quoted', () => {
  // Zephyr issue 37735: 129 written in one byte is −127, for an Integer of TLV has a sign (LwM2M Core appendix C).
  it.each([
    ['c1 07 81', -127],
    ['c2 07 00 81', 129],
  ])('%s is %i', (bytes, value) => {
    const { result, values } = collect(TLV, '/10245/0/7', hex(bytes));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ path: '/10245/0/7', value, number: value, doubts: Doubt.none }]);
  });

  it('are object links with the same instance id', () => {
    // Leshan issue 416.
    const { result, values } = collect(TLV, '/3/0/22', hex('88160c 44000064 0001 44000065 0002'));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([
      { path: '/3/0/22/0', value: '100:1', doubts: Doubt.none },
      { path: '/3/0/22/0', value: '101:2', doubts: Doubt.duplicate },
    ]);
  });

  it('are accounts of a bootstrap whose keys are byte strings', () => {
    // Leshan issue 984; address, identity and keys have other bytes here, as many as there.
    const account = (instance: number, port: string, key: string): string => `
      63 3${instance}2f30 03 78 23 ${ascii(`coaps://bootstrap.example.test:${port}`)}
      a2 00 63 3${instance}2f32 02 00  a2 00 63 3${instance}2f33 08 47 ${ascii('test-jb')}
      a2 00 63 3${instance}2f35 08 58 18 ${key.repeat(24)}  a2 00 63 3${instance}2f34 08 40`;
    const bytes = hex(`
      8d a3 21 63 2f302f 00 ${account(1, '5694', '11')} a2 00 63 312f31 04 f5
      a2 00 ${account(2, '5684', '22')} a2 00 63 322f31 04 f4  a2 00 64 322f3130 02 01`);
    expect(bytes.length).toBe(247);
    const content = collect(SENML_CBOR, '/0', bytes);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
    const identity = Buffer.from('test-jb').toString('hex');
    expect(valuesByPath(content)).toEqual({
      '/0/1/0': 'coaps://bootstrap.example.test:5694',
      '/0/1/2': 0,
      '/0/1/3': identity,
      '/0/1/5': '11'.repeat(24),
      '/0/1/4': '',
      '/0/1/1': true,
      '/0/2/0': 'coaps://bootstrap.example.test:5684',
      '/0/2/2': 0,
      '/0/2/3': identity,
      '/0/2/5': '22'.repeat(24),
      '/0/2/4': '',
      '/0/2/1': false,
      '/0/2/10': 1,
    });
  });

  it('are instances of an opaque resource, their time in the first record', () => {
    // Leshan issue 1616: base name with the resource, names of the instances, base time as a double.
    const content = collect(SENML_CBOR, '/10262/0/2', hex(TIMED_PAYLOADS));
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
    expect(content.values.map(({ path, time, value }) => [path, time, String(value).length / 2])).toEqual(
      [18, 64, 18, 20, 21, 33, 22, 22, 1].map((length, index) => [`/10262/0/2/${index}`, 1716353732, length]),
    );
    expect(valuesByPath(content)).toMatchObject({
      '/10262/0/2/0': '8319281a00831a664d27701a000151808100',
      '/10262/0/2/8': '80',
    });
  });
});

const TIMED_PAYLOADS = `
  89 a4 21 6a 2f31303236322f302f32 00 62 2f30 22 fb 41d9935eb1000000 08 52 8319281a00831a664d27701a000151808100
  a2 00 62 2f31 08 58 40 8319281a01831a664bdcf81907089830 00${'00'.repeat(47)}
  a2 00 62 2f32 08 52 8319281a02831a664d27701a000151808100
  a2 00 62 2f33 08 54 8319281b00831a664d27701a000151808182 0000
  a2 00 62 2f34 08 55 8319281c00831a664c0e3019384086 000000000000
  a2 00 62 2f35 08 58 21 8319281c01831a664c0e3019384086 ${'820000'.repeat(6)}
  a2 00 62 2f36 08 56 8319281e00831a664d27701a000151808182 18251861
  a2 00 62 2f37 08 56 8319281e01831a664e78f01a0001518081 1a7afd00f0
  a2 00 62 2f38 08 41 80`;

function ascii(text: string): string {
  return Buffer.from(text).toString('hex');
}
