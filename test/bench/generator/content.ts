import { Bytes } from './bytes.ts';
import type { Random } from './random.ts';
import type { Format } from './totals.ts';

/** A body in one of the four formats, with the number of values in it. */
export interface Content {
  format: Format;
  values: number;
  bytes: Uint8Array;
}

const out = new Bytes();
const encoder = new TextEncoder();

/** Kinds of TLV and the flags of its first byte (LwM2M Core 1.1 §7.4.3). */
const TLV_OBJECT_INSTANCE = 0;
const TLV_RESOURCE_INSTANCE = 0x40;
const TLV_MULTIPLE_RESOURCE = 0x80;
const TLV_RESOURCE = 0xc0;
const TLV_WIDE_ID = 0x20;
const TLV_LENGTH_8 = 0x08;
const TLV_MOST_SHORT_LENGTH = 7;

function tlvHeader(kind: number, id: number, length: number): void {
  const short = length <= TLV_MOST_SHORT_LENGTH;
  out.u8(kind | (id > 255 ? TLV_WIDE_ID : 0) | (short ? length : TLV_LENGTH_8));
  if (id > 255) out.u16(id);
  else out.u8(id);
  if (!short) out.u8(length);
}

function tlvFloat(id: number, value: number): void {
  tlvHeader(TLV_RESOURCE, id, 4);
  out.float32(value);
}

function tlvText(id: number, value: string): void {
  const bytes = encoder.encode(value);
  tlvHeader(TLV_RESOURCE, id, bytes.length);
  out.bytes(bytes);
}

function tlvByte(kind: number, id: number, value: number): void {
  tlvHeader(kind, id, 1);
  out.u8(value);
}

/** A multiple resource whose values fit 16 bits. */
function tlvMultiple(id: number, values: readonly number[]): void {
  tlvHeader(TLV_MULTIPLE_RESOURCE, id, values.length * 4);
  values.forEach((value, instance) => {
    tlvHeader(TLV_RESOURCE_INSTANCE, instance, 2);
    out.u16(value);
  });
}

/** Major types of CBOR (RFC 8949 §3.1), in place. */
const CBOR_TEXT = 0x60;
const CBOR_ARRAY = 0x80;
const CBOR_MAP = 0xa0;
const CBOR_FALSE = 0xf4;
const CBOR_TRUE = 0xf5;
const CBOR_FLOAT32 = 0xfa;
/** Labels of SenML as CBOR has them: −2 is `bn` (RFC 8428 §6). */
const SENML_BASE_NAME = 0x21;
const SENML_NAME = 0;
const SENML_VALUE = 2;
const SENML_TEXT_VALUE = 3;
const SENML_BOOLEAN_VALUE = 4;

function cborText(text: string): void {
  const bytes = encoder.encode(text);
  if (bytes.length < 24) out.u8(CBOR_TEXT | bytes.length);
  else {
    out.u8(CBOR_TEXT | 24);
    out.u8(bytes.length);
  }
  out.bytes(bytes);
}

function cborNumber(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    out.u8(CBOR_FLOAT32);
    out.float32(value);
  } else if (value < 24) out.u8(value);
  else if (value < 0x100) {
    out.u8(24);
    out.u8(value);
  } else {
    out.u8(25);
    out.u16(value);
  }
}

/** One resource in a SenML pack: its name below the base name, and its value. */
type SenmlValue = readonly [name: string, value: number | string | boolean];

function senmlCbor(base: string, values: readonly SenmlValue[]): Content {
  out.clear();
  out.u8(CBOR_ARRAY | values.length);
  values.forEach(([name, value], index) => {
    out.u8(CBOR_MAP | (index === 0 ? 3 : 2));
    if (index === 0) {
      out.u8(SENML_BASE_NAME);
      cborText(base);
    }
    out.u8(SENML_NAME);
    cborText(name);
    if (typeof value === 'string') {
      out.u8(SENML_TEXT_VALUE);
      cborText(value);
    } else if (typeof value === 'boolean') {
      out.u8(SENML_BOOLEAN_VALUE);
      out.u8(value ? CBOR_TRUE : CBOR_FALSE);
    } else {
      out.u8(SENML_VALUE);
      cborNumber(value);
    }
  });
  return { format: 'senmlCbor', values: values.length, bytes: out.copy() };
}

function senmlJson(base: string, values: readonly SenmlValue[]): Content {
  const records = values.map(([name, value], index) => ({
    ...(index === 0 ? { bn: base } : {}),
    n: name,
    ...(typeof value === 'string'
      ? { vs: value }
      : typeof value === 'boolean'
        ? { vb: value }
        : { v: value }),
  }));
  return { format: 'senmlJson', values: values.length, bytes: encoder.encode(JSON.stringify(records)) };
}

/** An object instance, around what was written from `start` on; longer than 255 bytes it may not be. */
function tlvInstance(id: number, start: number): void {
  const inner = out.array.slice(start, out.length);
  out.length = start;
  tlvHeader(TLV_OBJECT_INSTANCE, id, inner.length);
  out.bytes(inner);
}

function tlv(values: number): Content {
  return { format: 'tlv', values, bytes: out.copy() };
}

function text(value: string): Content {
  return { format: 'text', values: 1, bytes: encoder.encode(value) };
}

/** What a sensor shows now: hundredths of its unit, with the extremes seen. */
export class Sensor {
  private current: number;
  private least: number;
  private most: number;

  /** Begins at `start` hundredths. */
  constructor(start: number) {
    this.current = start;
    this.least = start;
    this.most = start;
  }

  /** Moves a little. */
  step(random: Random): void {
    this.current += random.between(-50, 50);
    this.least = Math.min(this.least, this.current);
    this.most = Math.max(this.most, this.current);
  }

  /** The value, the least and the most seen, in units. */
  reading(): { value: number; least: number; most: number } {
    return { value: this.current / 100, least: this.least / 100, most: this.most / 100 };
  }
}

/** What is observed for each format. */
export const OBSERVED_PATH: Record<Format, string> = {
  tlv: '/3303/0',
  senmlCbor: '/3304/0',
  senmlJson: '/3315/0',
  text: '/3323/0/5700',
};

/** A sensor as a notification in the given format carries it. */
export function sensorContent(format: Format, sensor: Sensor): Content {
  const { value, least, most } = sensor.reading();
  switch (format) {
    case 'tlv':
      out.clear();
      tlvFloat(5700, value);
      tlvFloat(5601, least);
      tlvFloat(5602, most);
      tlvFloat(5603, -40);
      tlvFloat(5604, 125);
      tlvText(5701, 'Cel');
      return tlv(6);
    case 'senmlCbor':
      return senmlCbor('/3304/0/', [
        ['5700', value],
        ['5601', least],
        ['5602', most],
        ['5701', '%RH'],
      ]);
    case 'senmlJson':
      return senmlJson('/3315/0/', [
        ['5700', value],
        ['5601', least],
        ['5602', most],
        ['5701', 'hPa'],
      ]);
    case 'text':
      return text(value.toFixed(2));
  }
}

/** A firmware update state or result (/5/0/3, /5/0/5) as one resource in the given format. */
export function firmwareContent(format: Format, resource: number, value: number): Content {
  switch (format) {
    case 'tlv':
      out.clear();
      tlvByte(TLV_RESOURCE, resource, value);
      return tlv(1);
    case 'senmlCbor':
      return senmlCbor(`/5/0/${resource}`, [['', value]]);
    case 'senmlJson':
      return senmlJson(`/5/0/${resource}`, [['', value]]);
    case 'text':
      return text(String(value));
  }
}

/** A Read: what is asked for, and in which format. */
export interface ReadKind {
  path: string;
  content(random: Random): Content;
}

/** What the server reads now and then. */
export const READS: readonly ReadKind[] = [
  { path: '/3/0/9', content: (random) => text(String(random.between(20, 100))) },
  {
    path: '/3/0',
    content: (random) => {
      out.clear();
      tlvText(0, 'Open Mobile Sensors');
      tlvText(1, 'OMS-3303-L');
      tlvText(3, '2.4.1');
      tlvMultiple(6, [1, 5]);
      tlvMultiple(7, [random.between(3500, 3900), 5000]);
      tlvByte(TLV_RESOURCE, 9, random.between(20, 100));
      tlvMultiple(11, [0]);
      tlvText(16, 'U');
      tlvByte(TLV_RESOURCE, 20, 0);
      return tlv(11);
    },
  },
  {
    path: '/1/0',
    content: () =>
      senmlCbor('/1/0/', [
        ['0', 1],
        ['1', 300],
        ['2', 1],
        ['3', 60],
        ['6', true],
        ['7', 'U'],
      ]),
  },
  {
    path: '/4/0',
    content: (random) =>
      senmlJson('/4/0/', [
        ['0', 7],
        ['1/0', 7],
        ['2', -random.between(60, 110)],
        ['4/0', '10.20.30.40'],
      ]),
  },
  {
    path: '/3303/0/5700',
    content: (random) => {
      out.clear();
      tlvFloat(5700, random.between(1500, 3000) / 100);
      return tlv(1);
    },
  },
];

/** What the server writes now and then; one resource each. */
export const WRITES: readonly ReadKind[] = [
  { path: '/3/0/14', content: (random) => text(random.chance(0.5) ? '+01:00' : '+02:00') },
  {
    path: '/3/0/13',
    content: (random) => {
      out.clear();
      tlvHeader(TLV_RESOURCE, 13, 4);
      out.u32(1_763_856_000 + random.below(3600));
      return tlv(1);
    },
  },
  {
    path: '/3308/0/5900',
    content: (random) => senmlCbor('/3308/0/5900', [['', random.between(30, 49) / 2]]),
  },
  { path: '/3/0/15', content: () => senmlJson('/3/0/15', [['', 'Europe/Paris']]) },
];

/** Objects whose instances `largeContent` lists. */
export const LARGE_PATH = '/3303';

/** All instances of an object with many: 1,000 to 2,000 bytes of TLV. */
export function largeContent(random: Random): Content {
  out.clear();
  const instances = random.between(24, 44);
  for (let instance = 0; instance < instances; instance++) {
    const start = out.length;
    tlvFloat(5700, random.between(1500, 3000) / 100);
    tlvFloat(5601, random.between(1000, 1500) / 100);
    tlvFloat(5602, random.between(3000, 3500) / 100);
    tlvFloat(5603, -40);
    tlvFloat(5604, 125);
    tlvText(5701, 'Cel');
    tlvInstance(instance, start);
  }
  return tlv(instances * 6);
}

/** What a device answers to Discover of an object with many instances (LwM2M Core 1.1 §6.3.2), link format without values. */
export function discoverLinks(random: Random): Uint8Array {
  const links = ['</3303>'];
  for (let instance = random.between(12, 24); instance >= 0; instance--)
    for (const resource of [5700, 5601, 5602, 5603, 5604, 5701])
      links.push(`</3303/${instance}/${resource}>`);
  return encoder.encode(links.join(','));
}
