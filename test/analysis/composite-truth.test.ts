import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/analysis/records/json.ts';
import { RECORDED } from '../captures.ts';
import type { TruthNode, TruthValue } from '../lwm2m/stack-truth.ts';
import { analyseFile, recordsOf } from './analyse.ts';

/** Nodes by their paths, as the stack hands them to its listeners. */
type Nodes = Record<string, TruthNode | null>;

interface Operation {
  op?: string;
  paths?: string;
  code?: string;
  value?: Nodes;
  written?: Nodes;
  coap?: { token?: string; mid?: number };
  request_coap?: { token: string; mid: number };
}

interface Truth {
  operations: Operation[];
  notifications?: Operation[];
  sends?: { received?: boolean; data?: { timestamp: string | null; nodes: Nodes }[] }[];
}

const NAMES = [
  'leshan-composite-a',
  'leshan-observe-composite-a',
  'leshan-send-a',
  'leshan-queue-send-a',
] as const;

const isHere = RECORDED !== undefined && existsSync(join(RECORDED, 'leshan', `${NAMES[0]}.pcapng`));

function plain(value: TruthValue): JsonValue {
  if (typeof value !== 'object') return value;
  return 'hex' in value ? value.hex : value.epoch;
}

function flatten(nodes: Nodes, into: Record<string, JsonValue> = {}): Record<string, JsonValue> {
  for (const [path, node] of Object.entries(nodes)) {
    // Nothing came for the path.
    if (node === null) continue;
    if (node.value !== undefined) into[path] = plain(node.value);
    for (const [id, value] of Object.entries(node.values ?? {})) into[`${path}/${id}`] = plain(value);
    for (const [id, inner] of Object.entries({ ...node.resources, ...node.instances }))
      flatten({ [`${path}/${id}`]: inner }, into);
  }
  return into;
}

function valuesOf(record: JsonObject): Record<string, JsonValue> {
  const values = ((record.lwm2m as JsonObject).values ?? []) as JsonObject[];
  return Object.fromEntries(values.map(({ path, value }) => [path as string, value!]));
}

/** The stack's times are compared as far as its text is read here. */
function milliseconds(time: JsonValue | undefined): number {
  return time === undefined ? NaN : Math.floor(Number(time) * 1000) / 1000;
}

function find(
  records: JsonObject[],
  message: { token?: string; mid?: number },
  isRequest: boolean,
): JsonObject[] {
  return records.filter(({ coap }) => {
    const { token, mid, code } = coap as JsonObject;
    return (
      token === message.token?.toLowerCase() &&
      mid === message.mid &&
      (code as string).startsWith('0') === isRequest
    );
  });
}

describe.skipIf(!isHere)(
  'composite operations and Sends say what Leshan says (skipped without recordings)',
  () => {
    it.each(NAMES)('%s', async (name) => {
      const folder = join(RECORDED!, 'leshan');
      const truth = JSON.parse(readFileSync(join(folder, `${name}.truth.json`), 'utf8')) as Truth;
      const analysis = await analyseFile(join(folder, `${name}.pcapng`));
      const records = (await recordsOf(analysis, 'messages')) as JsonObject[];
      let compared = 0;
      for (const operation of [...truth.operations, ...(truth.notifications ?? [])]) {
        const { op, paths, code, value, written, coap, request_coap: request } = operation;
        const isComposite = paths !== undefined || op?.includes('composite') === true;
        if (!isComposite || coap === undefined) continue;
        const where = `${op ?? 'notification'} ${paths ?? ''}`;
        for (const record of request === undefined ? [] : find(records, request, true)) {
          const { paths: listed } = record.lwm2m as JsonObject;
          if (paths !== undefined && written === undefined)
            expect(listed, where).toEqual(paths.slice(1, -1).split(', '));
          if (written !== undefined) expect(valuesOf(record), where).toEqual(flatten(written));
        }
        for (const record of find(records, coap, false)) {
          if (
            value === undefined ||
            (code !== undefined && !code.includes('205') && !code.startsWith('2.05'))
          )
            continue;
          expect(valuesOf(record), where).toEqual(flatten(value));
          compared++;
        }
      }
      const sent = records.filter(
        ({ lwm2m, coap }) =>
          (lwm2m as JsonObject | undefined)?.operation === 'Send' &&
          (coap as JsonObject).code === '0.02' &&
          (coap as JsonObject).duplicate_of === undefined,
      );
      const received = (truth.sends ?? []).filter(({ received: came }) => came === true);
      expect(sent.length).toBeGreaterThanOrEqual(received.length);
      for (const { data } of received) {
        const expected = data!
          .flatMap(({ timestamp, nodes }) =>
            Object.entries(flatten(nodes)).map(([path, one]) => [
              path,
              one,
              timestamp === null ? NaN : Date.parse(timestamp) / 1000,
            ]),
          )
          .map((entry) => JSON.stringify(entry))
          .sort();
        const told = sent.map((record) =>
          ((record.lwm2m as JsonObject).values as JsonObject[])
            .map((one) => JSON.stringify([one.path, one.value, milliseconds(one.value_time)]))
            .sort(),
        );
        expect(told).toContainEqual(expected);
        compared++;
      }
      expect(compared).toBeGreaterThan(0);
    });
  },
);
