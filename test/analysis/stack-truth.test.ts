import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/analysis/records/json.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile, recordsOf } from './analyse.ts';

type TruthValue = string | number | boolean | { hex: string } | { epoch: number } | { len: number };

/** A resource, an instance or an object as Leshan's own objects have it. */
interface TruthNode {
  type?: string;
  value?: TruthValue;
  values?: Record<string, TruthValue>;
  resources?: Record<string, TruthNode>;
  instances?: Record<string, TruthNode>;
}

/** What the stack says of one CoAP message. */
interface TruthMessage {
  type?: string;
  code?: string;
  mid?: number;
  token: string;
  content_format?: number;
  observe?: number;
  payload_len: number;
}

interface TruthOperation {
  endpoint?: string;
  op: string;
  path?: string;
  mode?: string;
  code?: string;
  value?: TruthNode;
  timestamped?: { timestamp: string; value: TruthNode }[];
  written?: TruthNode;
  coap?: TruthMessage;
  request_coap?: TruthMessage | string;
}

interface Truth {
  operations?: TruthOperation[];
  notifications?: TruthOperation[];
}

/** Recordings of Leshan in the clear over UDP, each with what the stack said; fixtures first. */
function recordings(): { name: string; folder: string; file: string; truth: Truth }[] {
  const found = new Map<string, { name: string; folder: string; file: string; truth: Truth }>();
  for (const folder of [
    join(FIXTURES, 'leshan'),
    ...(RECORDED === undefined ? [] : [join(RECORDED, 'leshan')]),
  ]) {
    for (const file of readdirSync(folder).sort()) {
      const name = /^(leshan.*)\.pcap(?:ng)?$/.exec(file)?.[1];
      if (name === undefined || found.has(name)) continue;
      const truthPath = join(folder, `${name}.truth.json`);
      const isSealed = existsSync(join(folder, `${name}.keys.json`)) || /tcp|tls|mixed/.test(name);
      if (isSealed || !existsSync(truthPath)) continue;
      // Numbers with more digits than a double holds become text, as in the records.
      const text = readFileSync(truthPath, 'utf8').replace(/:\s*(-?\d{16,})(?=[,}\s])/g, ':"$1"');
      found.set(name, { name, folder, file, truth: JSON.parse(text) as Truth });
    }
  }
  return [...found.values()];
}

/** Requests are named by their method in the stack's objects. */
const CODES: Record<string, string> = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  IPATCH: '0.07',
};

function withCode(request: TruthMessage): TruthMessage {
  const { code, ...rest } = request;
  return code === undefined ? rest : { ...rest, code: CODES[code] ?? code };
}

/** Names of our operations by the first word of the driver's, and the mode where it matters. */
function operationsFor({ op, mode }: TruthOperation): string[] | undefined {
  switch (op.split(' ')[0]) {
    case 'read':
      return ['Read'];
    case 'read-composite':
      return ['Read-Composite'];
    case 'write':
      return mode?.startsWith('UPDATE') === true ? ['Write-Partial-Update'] : ['Write-Replace'];
    case 'write-composite':
      return ['Write-Composite'];
    case 'write-attributes':
      return ['Write-Attributes'];
    case 'observe':
      return ['Observe'];
    case 'observe-composite':
      return ['Observe-Composite'];
    case 'cancel-observe':
      return ['Cancel Observation'];
    case 'cancel-observe-composite':
      return ['Cancel Observation-Composite'];
    case 'execute':
      return ['Execute'];
    case 'create':
      return ['Create'];
    case 'delete':
      return ['Delete'];
    case 'discover':
      return ['Discover'];
    default:
      return undefined;
  }
}

function plainValue(value: TruthValue): JsonValue {
  if (typeof value !== 'object') return value;
  if ('hex' in value) return value.hex;
  return 'epoch' in value ? value.epoch : { length: value.len };
}

/** All values below a node by path. */
function flatten(
  path: string,
  node: TruthNode,
  into: Record<string, JsonValue> = {},
): Record<string, JsonValue> {
  if (node.value !== undefined) into[path] = plainValue(node.value);
  for (const [id, value] of Object.entries(node.values ?? {})) into[`${path}/${id}`] = plainValue(value);
  for (const [id, inner] of Object.entries({ ...node.resources, ...node.instances }))
    flatten(`${path}/${id}`, inner, into);
  return into;
}

function valuesOf(record: JsonObject): Record<string, JsonValue> | undefined {
  const values = (record.lwm2m as JsonObject | undefined)?.values as JsonObject[] | undefined;
  if (values === undefined) return undefined;
  // Of a series, the latest value is the current one.
  const inTime = values.toSorted((a, b) => Number(a.value_time ?? 0) - Number(b.value_time ?? 0));
  return Object.fromEntries(inTime.map(({ path, value }) => [path as string, value!]));
}

/** Path, value and time of each value of a series. */
function seriesOf(path: string, series: NonNullable<TruthOperation['timestamped']>): JsonValue[][] {
  return series.flatMap(({ timestamp, value }) =>
    Object.entries(flatten(path, value)).map(([one, inner]) => [one, inner, Date.parse(timestamp) / 1000]),
  );
}

/**
 * The records that are this message: by token and, where the stack tells them, type, code and message ID; repeats
 * and other legs included. The answer to a body that went in blocks has the token and message ID of the first
 * block in the stack's objects, and others on the wire: none is found by them.
 */
function find(records: readonly JsonObject[], message: TruthMessage): JsonObject[] {
  return records.filter(({ coap }) => {
    const { type, code, mid, token } = (coap ?? {}) as JsonObject;
    return (
      token === message.token.toLowerCase() &&
      (message.code === undefined || code === message.code) &&
      (message.mid === undefined || mid === message.mid) &&
      (message.type === undefined || type === message.type)
    );
  });
}

/** The message in which a body that begins in `record` becomes whole: the last block's; itself where it is one block. */
function lastOf(records: readonly JsonObject[], record: JsonObject): JsonObject {
  const { block1, block2 } = record.coap as JsonObject;
  for (const [name, block] of Object.entries({ block1, block2 })) {
    if ((block as JsonObject | undefined)?.more !== true) continue;
    const isFromSame = ({ udp }: JsonObject): boolean => JSON.stringify(udp) === JSON.stringify(record.udp);
    const rest = records.slice(records.indexOf(record) + 1).filter(isFromSame);
    const last = rest.find(({ coap }) => {
      const other = (coap as JsonObject)[name] as JsonObject | undefined;
      return other !== undefined && other.more === false;
    });
    return last ?? record;
  }
  return record;
}

const isMessage = (message: TruthOperation['request_coap']): message is TruthMessage =>
  typeof message === 'object' && 'token' in message;

/** Leshan writes an unsigned integer beyond 2^63 in TLV as the short negative number it is in Java: fb for 2^64 − 5. */
const MEANT = '18446744073709551611';
const ON_THE_WIRE = 0xfb;

const captures = recordings();
const seen = { answers: 0, notifications: 0, values: 0, series: 0, written: 0 };

/** Compares a record's values, where it has some, with a node of the stack. Gives whether there was something to compare. */
function compareValues(
  record: JsonObject,
  path: string | undefined,
  node: TruthNode | undefined,
  where: string,
): boolean {
  const values = valuesOf(record);
  if (values === undefined || node === undefined || path === undefined) return false;
  const said = flatten(path, node);
  const isTlv = (record.lwm2m as JsonObject).format === 'TLV';
  for (const [key, value] of Object.entries(said)) {
    if (isTlv && value === MEANT) said[key] = ON_THE_WIRE;
    // Long bytes are cut in the truth; only their length and beginning stand there.
    if (typeof value === 'object') delete said[key];
  }
  expect(values, where).toMatchObject(said);
  expect(Object.keys(values).sort(), where).toEqual(Object.keys(flatten(path, node)).sort());
  return true;
}

describe('records say what Leshan says', () => {
  it.each(captures)('$name', async ({ folder, file, truth }) => {
    const records = await recordsOf(await analyseFile(join(folder, file)), 'messages');
    for (const operation of [...(truth.operations ?? []), ...(truth.notifications ?? [])]) {
      const { coap, request_coap: request, path, value, written } = operation;
      const isNotification = operation.op === undefined;
      const where = `${file}: ${operation.op ?? 'notification'} ${path ?? ''} mid ${coap?.mid}`;
      const names = isNotification ? ['Notify'] : operationsFor(operation);
      const requests = isMessage(request) ? find(records, withCode(request)) : [];
      if (isMessage(request)) expect(requests.length, `${where}, request`).toBeGreaterThan(0);
      for (const record of requests) {
        if (names !== undefined) expect(names, where).toContain((record.lwm2m as JsonObject).operation);
        // What was refused was often damaged on purpose after the stack had made it.
        const accepted = operation.code?.startsWith('2.') === true;
        if (accepted && compareValues(lastOf(records, record), path, written, where)) seen.written++;
      }
      if (!isMessage(coap)) continue;
      const inBlocks = requests.some(({ coap: own }) => (own as JsonObject).block1 !== undefined);
      if (inBlocks) continue;
      const answers = find(records, coap);
      expect(answers.length, where).toBeGreaterThan(0);
      for (const record of answers) {
        const lwm2m = (record.lwm2m ?? {}) as JsonObject;
        if (names !== undefined) {
          expect(names, where).toContain(lwm2m.operation);
          if (operation.endpoint !== undefined) expect(lwm2m.device, where).toBe(operation.endpoint);
          if (path !== undefined && path !== '/' && lwm2m.path !== undefined)
            expect(lwm2m.path, where).toBe(path);
        }
        if (coap.observe !== undefined) expect((record.coap as JsonObject).observe, where).toBe(coap.observe);
        if (compareValues(lastOf(records, record), path, value, where)) seen.values++;
        if (operation.timestamped !== undefined && path !== undefined) {
          const values = (lwm2m.values ?? []) as JsonObject[];
          expect(values.map((one) => [one.path, one.value, Number(one.value_time)]).sort(), where).toEqual(
            seriesOf(path, operation.timestamped).sort(),
          );
          seen.series++;
        }
        if (isNotification) seen.notifications++;
        else seen.answers++;
      }
    }
  });

  it('tells of many messages and values', () => {
    const least = RECORDED === undefined ? 50 : 150;
    expect(seen.answers).toBeGreaterThan(least);
    expect(seen.values).toBeGreaterThan(least);
    expect(seen.written).toBeGreaterThan(least / 5);
    expect(seen.notifications).toBeGreaterThan(least / 5);
    if (RECORDED !== undefined) expect(seen.series).toBeGreaterThan(5);
  });
});
