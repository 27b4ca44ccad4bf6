import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';

/** A value that a stack tells of: as it is, or by the type that the record gives it. */
export type ToldValue = JsonValue | ((type: string) => JsonValue);

/** What a stack says of one message; only what is named is compared. */
export interface Told {
  /** The operation: one of these names, or none at all where the list is empty. */
  operations?: readonly string[];
  /** Object path of the operation. */
  path?: string;
  /** Paths that a composite request lists. */
  paths?: readonly string[];
  uriPath?: string;
  /** Parts of the query, in any order. */
  query?: readonly string[];
  code?: string;
  type?: string;
  /** Content-Format of the body, -1 where it has none. */
  format?: number;
  accept?: number;
  observe?: number;
  device?: string;
  /** All values of the message by path. */
  values?: Readonly<Record<string, ToldValue>>;
  /** Values that are among those of the message. */
  includes?: Readonly<Record<string, ToldValue>>;
  /** All values of the message as path, value and time in seconds since 1970. */
  series?: readonly (readonly [string, JsonValue, number])[];
  /** Bytes of the body, of all blocks together. */
  length?: number;
  /** The body, or its beginning, as hex. */
  body?: string;
  /** Targets of the links in the body. */
  links?: readonly string[];
  /** Path in the answer to a Register or Create. */
  location?: string;
}

export type Aspect = keyof Told | 'message' | 'count';

/** One message of a claim: where it is, and what is said of it. */
export interface Part {
  role: 'request' | 'answer' | 'message';
  /** The records that are this message, copies and other legs included; called in the order of the claims. */
  find: (capture: Capture) => readonly JsonObject[];
  told: Told | ((capture: Capture) => Told);
}

/** One operation, or one message, as a stack tells of it. */
export interface Claim {
  /** What it is, in the words of the truth file. */
  said: string;
  parts: readonly Part[];
  /** Endpoint client name of the device, where the stack tells it. */
  device?: string;
  /** Why no message can be compared, where that is so. */
  skipped?: string;
}

/** A place where the record says something else than the stack. */
export interface Difference {
  said: string;
  role: Part['role'];
  aspect: Aspect;
  told: unknown;
  found: unknown;
}

/** Times of values are doubles in the records, exact to a microsecond. */
const MICROSECONDS = 1e6;

/** Names that records give to content formats (LwM2M Core §7.5, IANA). */
const FORMAT_NAMES: Readonly<Record<number, string>> = {
  0: 'plain text',
  40: 'CoRE link',
  42: 'opaque',
  60: 'CBOR',
  110: 'SenML JSON',
  112: 'SenML CBOR',
  1542: 'TLV',
  1543: 'LwM2M JSON',
  11542: 'TLV',
  11543: 'LwM2M JSON',
};

/** Bytes of which a stack tells the length and sum only. */
export const sumText = (length: number, sha256: string): string => `${length} bytes with SHA-256 ${sha256}`;

function summed(value: JsonValue): string {
  const bytes = Buffer.from(String(value), 'hex');
  return sumText(bytes.length, createHash('sha256').update(bytes).digest('hex'));
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The differences between a record and what is told of it. */
async function compare(
  capture: Capture,
  record: JsonObject,
  told: Told,
): Promise<[Aspect, unknown, unknown][]> {
  const differences: [Aspect, unknown, unknown][] = [];
  const whole = capture.lastOf(record);
  const coap = (record.coap ?? {}) as JsonObject;
  const lwm2m = (record.lwm2m ?? {}) as JsonObject;
  const content = (whole.lwm2m ?? {}) as JsonObject;
  const check = (aspect: Aspect, expected: unknown, found: unknown): void => {
    if (expected !== undefined && !same(expected, found)) differences.push([aspect, expected, found]);
  };
  const operation = lwm2m.operation;
  const { operations } = told;
  if (
    operations !== undefined &&
    !(operations.length === 0 ? operation === undefined : operations.includes(operation as string))
  )
    differences.push(['operations', operations, operation]);
  check('path', told.path, lwm2m.path);
  if (coap.duplicate_of === undefined) check('paths', told.paths, content.paths);
  check('uriPath', told.uriPath, coap.uri_path ?? '/');
  check('code', told.code, coap.code);
  check('type', told.type, coap.type);
  check('accept', told.accept, coap.accept);
  check('observe', told.observe, coap.observe);
  check('device', told.device, lwm2m.device);
  // A repeat holds what its first copy holds.
  const isRepeat = coap.duplicate_of !== undefined;
  if (told.query !== undefined) {
    const query = typeof coap.uri_query === 'string' ? coap.uri_query.split('&') : [];
    check('query', told.query.toSorted(), query.sort());
  }
  if (told.format !== undefined) {
    const format = ((whole.coap ?? {}) as JsonObject).content_format ?? coap.content_format ?? -1;
    check('format', told.format, format);
    if (content.values !== undefined) check('format', FORMAT_NAMES[told.format], content.format);
  }
  if (told.location !== undefined) check('location', told.location, capture.locationOf(record));
  if (told.values !== undefined && !isRepeat) compareValues('values', told.values, content.values, check);
  if (told.includes !== undefined && !isRepeat) {
    const named = ((content.values ?? []) as JsonObject[]).filter(
      ({ path }) => (path as string) in told.includes!,
    );
    compareValues('includes', told.includes, named, check);
  }
  if (told.series !== undefined && !isRepeat) {
    const values = (content.values ?? []) as JsonObject[];
    const found = values.map((one) => [one.path, one.value, Number(one.value_time)] as const);
    const text = ([path, value, time]: readonly [unknown, unknown, number]): string =>
      JSON.stringify([path, value, Math.round(time * MICROSECONDS)]);
    check('series', told.series.map(text).sort(), found.map(text).sort());
  }
  const { length, body, links } = told;
  if (length !== undefined || body !== undefined || links !== undefined) {
    const bytes = await capture.bodyOf(whole);
    check('length', length, bytes.length);
    if (body !== undefined) check('body', body, bytes.toString('hex').slice(0, body.length));
    if (links !== undefined) check('links', links, targetsOf(bytes.toString('utf8')));
  }
  return differences;
}

function compareValues(
  aspect: Aspect,
  told: NonNullable<Told['values']>,
  values: JsonValue | undefined,
  check: (aspect: Aspect, expected: unknown, found: unknown) => void,
): void {
  const found = (values ?? []) as JsonObject[];
  const types = new Map(found.map(({ path, type }) => [path as string, type as string]));
  const expected = Object.entries(told).map(([path, value]) => [
    path,
    typeof value === 'function' ? value(types.get(path) ?? '') : value,
  ]);
  const byPath = (one: unknown[], other: unknown[]): number => (String(one[0]) < String(other[0]) ? -1 : 1);
  // Of a series, the latest value is the current one.
  const inTime = found.toSorted((a, b) => Number(a.value_time ?? 0) - Number(b.value_time ?? 0));
  const latest = Object.fromEntries(inTime.map(({ path, value }) => [path as string, value!]));
  const isSum = new Set(
    expected.filter(([, value]) => / bytes with SHA-256 /.test(String(value))).map(([path]) => path),
  );
  const current = Object.entries(latest).map(([path, value]) => [
    path,
    isSum.has(path) ? summed(value) : value,
  ]);
  check(aspect, expected.sort(byPath), current.sort(byPath));
}

/** Targets of links in the form of RFC 6690 §2; a `<` within quotes begins none. */
export function targetsOf(links: string): string[] {
  return [...links.replace(/"[^"]*"/g, '').matchAll(/<([^>]*)>/g)].map(([, target]) => target!);
}

/** Number of the OSCORE option (RFC 8613 §2): what such a message says is sealed within. */
const OSCORE = 9;
const isOscore = ({ coap }: JsonObject): boolean =>
  (((coap ?? {}) as JsonObject).opt as JsonObject[] | undefined)?.some(({ number }) => number === OSCORE) ??
  false;

/** The differences between a capture and a claim; `isAbsent` where no message of it can be read. */
export async function judge(
  capture: Capture,
  claim: Claim,
): Promise<{ differences: Difference[]; isAbsent: boolean }> {
  const differences: Difference[] = [];
  let isAbsent = true;
  for (const { role, find, told } of claim.parts) {
    const records = find(capture).filter((record) => !isOscore(record));
    const add = (aspect: Aspect, expected: unknown, found: unknown): void => {
      differences.push({ said: claim.said, role, aspect, told: expected, found });
    };
    if (records.length === 0) add('message', 'a message', 'none');
    else isAbsent = false;
    const expected = typeof told === 'function' ? told(capture) : told;
    for (const record of records)
      for (const [aspect, one, other] of await compare(capture, record, expected)) add(aspect, one, other);
  }
  return { differences, isAbsent };
}
