import { Buffer } from 'node:buffer';
import { decode } from 'cborg';
import type { JsonValue } from '../../src/analysis/records/json.ts';
import type { ToldValue } from './claim.ts';

/** Values by path, as a content has them; read here by other code than the project's. */
export type Values = Record<string, ToldValue>;

/** One entry of a pack, in the names of SenML JSON (RFC 8428 §4.3) or of LwM2M JSON (LwM2M 1.0 §6.4.4). */
interface Entry {
  bn?: string;
  n?: string;
  v?: number | bigint;
  vs?: string;
  vb?: boolean;
  vd?: string | Uint8Array;
  vlo?: string;
  sv?: string;
  bv?: boolean;
  ov?: string;
}

/** Integers beyond 2^53 are texts in records. */
function numberValue(value: number | bigint): JsonValue {
  return typeof value === 'bigint' && BigInt(Number(value)) !== value ? String(value) : Number(value);
}

function entryValue(entry: Entry): ToldValue | undefined {
  const { v, vs, vb, vd, vlo, sv, bv, ov } = entry;
  if (v !== undefined) return numberValue(v);
  if (vd !== undefined)
    return Buffer.from(typeof vd === 'string' ? Buffer.from(vd, 'base64url') : vd).toString('hex');
  const text = vs ?? vlo ?? sv ?? ov;
  // LwM2M JSON has opaque values as texts in base64.
  if (sv !== undefined) return (type) => (type === 'Opaque' ? Buffer.from(sv, 'base64').toString('hex') : sv);
  return text ?? vb ?? bv;
}

function packValues(entries: readonly Entry[], base = ''): Values {
  const values: Values = {};
  let before = base;
  for (const entry of entries) {
    before = entry.bn ?? before;
    const value = entryValue(entry);
    const path = `${before}${entry.n ?? ''}`.replace(/\/$/, '');
    if (value !== undefined) values[path] = value;
  }
  return values;
}

/** Paths of a pack, in its order. */
export function packPaths(format: number, body: Uint8Array): string[] {
  let base = '';
  return packOf(format, body).map((entry) => {
    base = entry.bn ?? base;
    return `${base}${entry.n ?? ''}`;
  });
}

const LABELS: Readonly<Record<string, keyof Entry>> = {
  '-2': 'bn',
  0: 'n',
  2: 'v',
  3: 'vs',
  4: 'vb',
  8: 'vd',
};

function packOf(format: number, body: Uint8Array): Entry[] {
  if (format === 110) return JSON.parse(Buffer.from(body).toString('utf8')) as Entry[];
  const pack = decode(body, {
    useMaps: true,
    tags: Object.assign([], { 1: (value: unknown) => value }),
  }) as Map<number | string, unknown>[];
  return pack.map((one) =>
    Object.fromEntries([...one].map(([label, value]) => [LABELS[String(label)] ?? String(label), value])),
  ) as Entry[];
}

/** A value of TLV (LwM2M Core §7.4.3) in the type of its resource. */
function tlvValue(bytes: Buffer, type: string): JsonValue {
  if (type === 'String' || type === 'Corelnk') return bytes.toString('utf8');
  if (type === 'Boolean') return bytes[0] === 1;
  if (type === 'Float') return bytes.length === 4 ? bytes.readFloatBE() : bytes.readDoubleBE();
  if (type === 'Objlnk') return `${bytes.readUInt16BE(0)}:${bytes.readUInt16BE(2)}`;
  if (/Integer|Time/.test(type) && bytes.length > 0)
    return bytes.length === 8 ? numberValue(bytes.readBigInt64BE()) : bytes.readIntBE(0, bytes.length);
  return bytes.toString('hex');
}

function tlvValues(bytes: Buffer, path: string, values: Values): Values {
  for (let at = 0; at < bytes.length;) {
    const head = bytes[at]!;
    const idLength = head & 0x20 ? 2 : 1;
    const lengthLength = (head >> 3) & 3;
    const id = bytes.readUIntBE(at + 1, idLength);
    const length = lengthLength === 0 ? head & 7 : bytes.readUIntBE(at + 1 + idLength, lengthLength);
    const start = at + 1 + idLength + lengthLength;
    const content = bytes.subarray(start, start + length);
    at = start + length;
    const kind = head >> 6;
    // An identifier within the path is the path's own last one.
    const levels = path.split('/').length - 1;
    const isOwn = kind === 3 && levels === 3;
    const own =
      isOwn || (kind === 0 && levels === 2) || (kind === 2 && levels === 3) ? path : `${path}/${id}`;
    if (kind === 0 || kind === 2) tlvValues(content, own, values);
    else values[own] = (type) => tlvValue(content, type);
  }
  return values;
}

/** A value of plain text (LwM2M Core §7.4.1) in the type of its resource. */
export function textValue(text: string): ToldValue {
  return (type) => {
    if (type === 'Boolean') return text === '1';
    // What is no base64 is shown as the text it is.
    if (type === 'Opaque' && /^[A-Za-z0-9+/]*=*$/.test(text))
      return Buffer.from(text, 'base64').toString('hex');
    if (/Integer|Float|Time/.test(type)) return Number(text);
    return text;
  };
}

/** The values of a body in one of the formats of LwM2M below a path; undefined where it is in none of them. */
export function valuesOf(format: number, body: Uint8Array, path: string): Values | undefined {
  if (format === 110 || format === 112) return packValues(packOf(format, body));
  if (format === 11543 || format === 1543) {
    const { bn, e } = JSON.parse(Buffer.from(body).toString('utf8')) as { bn?: string; e: Entry[] };
    return packValues(e, bn ?? path);
  }
  if (format === 11542 || format === 1542) return tlvValues(Buffer.from(body), path, {});
  if (format === 0) return { [path]: textValue(Buffer.from(body).toString('utf8')) };
  if (format === 42) return { [path]: Buffer.from(body).toString('hex') };
  if (format === 60) {
    const value = decode(body) as unknown;
    return {
      [path]: value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as JsonValue),
    };
  }
  return undefined;
}
