import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { contentFormat } from '../../src/lwm2m/content-format.ts';
import { readObjectLinks } from '../../src/lwm2m/content/object-links.ts';
import { readExecuteArguments } from '../../src/lwm2m/execute-arguments.ts';
import { OPERATION_NAMES } from '../../src/lwm2m/operation.ts';
import { NO_FORMAT } from '../../src/lwm2m/operation-event.ts';
import { parsePath } from '../../src/lwm2m/path.ts';
import { queryFlags } from '../../src/lwm2m/query.ts';
import { classifyRequest, RequestFacts } from '../../src/lwm2m/request-classification.ts';
import { Doubt, ValueType } from '../../src/lwm2m/value.ts';
import type { Value } from '../../src/lwm2m/value-text.ts';
import { collect, hex, utf8, valuesByPath } from './collected-content.ts';
import {
  TRUTH,
  type TruthMessage,
  type TruthNode,
  type TruthOperation,
  type TruthValue,
} from './stack-truth.ts';

/** A value in the form of records: Opaque as hex, Time as seconds. */
function recordValue(value: TruthValue): Value {
  if (typeof value !== 'object') return value;
  return 'hex' in value ? value.hex : value.epoch;
}

/** All values below a node by path. */
function flatten(path: string, node: TruthNode, into: Record<string, Value> = {}): Record<string, Value> {
  if (node.value !== undefined) into[path] = recordValue(node.value);
  for (const [id, value] of Object.entries(node.values ?? {})) into[`${path}/${id}`] = recordValue(value);
  for (const [id, inner] of Object.entries({ ...node.resources, ...node.instances })) {
    flatten(`${path}/${id}`, inner, into);
  }
  return into;
}

function isMessage(message: TruthOperation['request_coap']): message is TruthMessage {
  return typeof message === 'object';
}

/** Leshan writes an unsigned integer beyond 2^63 in TLV as the short negative number it is in Java: fb for 2^64 − 5. */
const MEANT = '18446744073709551611';
const ON_THE_WIRE = 0xfb;

/** The contents with values that the stack tells of: answers to reads, and writes. */
const contents = TRUTH.flatMap((operation) => {
  const { file, op, path, value, written, coap, request_coap: request } = operation;
  if (path === undefined) return [];
  const found: { name: string; path: string; message: TruthMessage; node: TruthNode }[] = [];
  const name = `${file} ${op} ${path}`;
  if (value !== undefined && coap?.code === '2.05') found.push({ name, path, message: coap, node: value });
  if (written !== undefined && isMessage(request) && coap?.code === '2.04')
    found.push({ name, path, message: request, node: written });
  return found.filter(({ message }) => {
    const readable = contentFormat(message.content_format ?? -1)?.read !== undefined;
    // What came in blocks has the bytes of one block only.
    return readable && (message.payload_hex ?? '').length === 2 * message.payload_len;
  });
});

describe('what Leshan says of its own messages', () => {
  it('covers every format that is read, in many contents', () => {
    const formats = new Set(contents.map(({ message }) => message.content_format));
    expect([...formats].sort()).toEqual([0, 110, 112, 11542, 11543, 1542, 1543, 42, 60].sort());
    expect(contents.length).toBeGreaterThan(70);
  });

  it('has the values that are read', () => {
    for (const { name, path, message, node } of contents) {
      const content = collect(message.content_format!, path, hex(message.payload_hex ?? ''));
      const where = `${name} in format ${message.content_format}`;
      expect(content.result.outcome, where).toBe(Outcome.ok);
      const said = flatten(path, node);
      for (const [key, value] of Object.entries(said)) {
        if (value === MEANT && message.content_format === 11542) said[key] = ON_THE_WIRE;
      }
      expect(valuesByPath(content), where).toEqual(said);
      // Leshan writes object links in the field for texts.
      const wrong = content.values.filter(({ doubts, type }) => {
        const known = Doubt.unknownResource | (type === ValueType.objlnk ? Doubt.wrongField : 0);
        return (doubts & ~known) !== 0;
      });
      expect(wrong, where).toEqual([]);
    }
  });

  it('refused the contents that are found wrong', () => {
    const bad = TRUTH.filter(({ op, file }) => /garbage TLV|bad type/.test(op) && file.includes('errors'));
    expect(bad.length).toBe(2);
    for (const { op, path, code, request_coap: request } of bad) {
      expect(code, op).toMatch(/^4\./);
      const { content_format, payload_hex } = request as TruthMessage;
      const { result, values } = collect(content_format!, path!, hex(payload_hex!));
      expect(result.outcome === Outcome.malformed || values[0]!.doubts === Doubt.typeDiffers, op).toBe(true);
    }
  });

  it('sends the links that are read', () => {
    const discovers = TRUTH.filter(
      ({ links, coap }) => links !== undefined && coap?.payload_hex !== undefined,
    );
    let compared = 0;
    for (const { links, coap, file, path } of discovers) {
      if (coap!.payload_hex!.length !== 2 * coap!.payload_len) continue;
      const bytes = hex(coap!.payload_hex!);
      const found = readObjectLinks(bytes, 0, bytes.length);
      const targets = [...links!.matchAll(/<([^>]*)>/g)].map(([, target]) => target);
      expect(found.outcome, `${file} ${path}`).toBe(Outcome.ok);
      expect(found.paths, `${file} ${path}`).toEqual(targets);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('understood the arguments of an Execute as they are read', () => {
    // The client stores what it was executed with in /3442/0/4, by digit; the driver reads it back.
    const executed = TRUTH.find(({ op, args }) => op === 'execute' && args === "0='hello',1,2='3'");
    const after = TRUTH[TRUTH.indexOf(executed!) + 1]!;
    const bytes = utf8(executed!.args!);
    const found = readExecuteArguments(bytes, 0, bytes.length);
    expect(Object.fromEntries(found.arguments.map(({ digit, value }) => [digit, value ?? '']))).toEqual(
      after.value!.values,
    );
  });

  it('meant the operations that are named', () => {
    const methods: Record<string, number> = {
      GET: 1,
      POST: 2,
      PUT: 3,
      DELETE: 4,
      FETCH: 5,
      iPATCH: 7,
      IPATCH: 7,
    };
    const facts = new RequestFacts();
    let compared = 0;
    for (const { op, mode, file, request_coap: request } of TRUTH) {
      const wanted = wantedOperation(op, mode);
      if (!isMessage(request) || wanted === undefined || request.code === undefined) continue;
      // Leshan 1.5 adds the option after its driver looked.
      if (wanted === 'Observe' && request.observe === undefined) continue;
      facts.method = methods[request.code]!;
      facts.path = parsePath(`/${request.uri_path}`);
      facts.queryFlags = queryFlags((request.uri_query ?? '').replace(/^\[|\]$/g, '').replaceAll(', ', '&'));
      facts.contentFormat = request.content_format ?? NO_FORMAT;
      facts.accept = request.accept ?? NO_FORMAT;
      facts.observe = request.observe ?? -1;
      facts.payloadLength = request.payload_len;
      expect(OPERATION_NAMES[classifyRequest(facts)], `${file} ${op} ${request.uri_path}`).toBe(wanted);
      compared++;
    }
    expect(compared).toBeGreaterThan(150);
  });
});

/** What the driver meant with an operation, by its first words; undefined for raw CoAP requests. */
function wantedOperation(op: string, mode: string | undefined): string | undefined {
  if (op.startsWith('cancel-observe-composite')) return 'Cancel Observation-Composite';
  if (op.startsWith('cancel-observe')) return 'Cancel Observation';
  if (op.startsWith('observe-composite')) return 'Observe-Composite';
  if (op.startsWith('observe')) return 'Observe';
  if (op.startsWith('read-composite')) return 'Read-Composite';
  if (op.startsWith('read')) return 'Read';
  if (op.startsWith('write-composite')) return 'Write-Composite';
  if (op.startsWith('write-attributes')) return 'Write-Attributes';
  if (op.startsWith('write')) return mode === 'UPDATE(POST)' ? 'Write-Partial-Update' : 'Write-Replace';
  if (op.startsWith('discover')) return 'Discover';
  if (op.startsWith('execute')) return 'Execute';
  if (op.startsWith('create')) return 'Create';
  if (op.startsWith('delete')) return 'Delete';
  return undefined;
}
