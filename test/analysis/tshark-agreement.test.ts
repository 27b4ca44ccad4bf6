import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECORDED } from '../captures.ts';
import { capturesIn } from '../network/recorded-frames.ts';
import { available, tsharkFields, version } from '../tshark.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { analyseFile, recordsOf } from './analyse.ts';
import { coapPortsOf } from '../agreement/coap-ports.ts';

const FIELDS = [
  'frame.number',
  'udp.srcport',
  'udp.dstport',
  'coap.type',
  'coap.code',
  'coap.mid',
  'coap.token',
  'coap.opt.uri_path',
  'coap.opt.uri_query',
  'coap.opt.ctype',
  'coap.opt.accept',
  'coap.opt.observe',
  'coap.opt.block_number',
  'coap.opt.block_mflag',
  'coap.opt.block_size',
  'coap.payload_length',
  'coap.block_length',
  'coap.opt.name',
] as const;
type Row = Record<(typeof FIELDS)[number], string>;

/** Media types as tshark prints them, with the numbers that have them (RFC 7252 §12.3, IANA, drafts of LwM2M 1.0). */
const MEDIA_TYPES = new Map<string, readonly number[]>([
  ['text/plain; charset=utf-8', [0]],
  ['application/link-format', [40]],
  ['application/octet-stream', [42]],
  ['application/xml', [41]],
  ['application/json', [50]],
  ['application/json-patch+json', [51]],
  ['application/merge-patch+json', [52]],
  ['application/cbor', [60]],
  ['application/senml+json', [110]],
  ['application/senml+cbor', [112]],
  ['application/vnd.oma.lwm2m+tlv', [11542, 1542]],
  ['application/vnd.oma.lwm2m+json', [11543, 1543]],
]);

const SEPARATOR = '\u0002';
const AGGREGATOR = '\u0001';

/** Frames as tshark reads them; CoAP only, as UDP datagrams of their own and in the clear. */
function oracle(path: string, ports: readonly number[]): Map<number, Row> {
  const rows = new Map<number, Row>();
  const decodeAs = ports.filter((port) => port !== 5683).flatMap((port) => ['-d', `udp.port==${port},coap`]);
  const options = [...decodeAs, '-Y', 'udp && coap && !icmp && !icmpv6 && !tcp'];
  for (const line of tsharkFields(path, FIELDS, [
    ...options,
    '-E',
    `separator=${SEPARATOR}`,
    '-E',
    `aggregator=${AGGREGATOR}`,
  ])) {
    const cells = line.join('\t').split(SEPARATOR);
    const row = Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] ?? ''])) as Row;
    rows.set(Number(row['frame.number']), row);
  }
  return rows;
}

/** Frames that tshark, left to itself, takes for DTLS. */
function dtlsFrames(path: string): Set<number> {
  return new Set(tsharkFields(path, ['frame.number'], ['-Y', 'dtls']).map(([frame]) => Number(frame)));
}

function list(cell: string): string[] {
  return cell === '' ? [] : cell.split(AGGREGATOR);
}

/** Whether a number is one that has the media type of a cell. */
function isMediaType(number: unknown, cell: string): boolean {
  if (cell === '') return number === undefined;
  // tshark prints an empty value, which is 0, as "(null)" in Accept.
  if (cell === '(null)') return number === 0;
  const unknown = /^Unknown Type (\d+)$/.exec(cell);
  const numbers = unknown === null ? MEDIA_TYPES.get(cell) : [Number(unknown[1])];
  return numbers?.includes(number as number) ?? false;
}

/** Text as tshark prints it: bytes beyond ASCII are not shown. */
function ascii(texts: readonly string[]): string[] {
  const beyond = new RegExp(`[^\\u0001-\\u007f]+`, 'g');
  return texts.map((text) => (text === '(null)' ? '' : text.replace(beyond, '?')));
}

/** What is wrong where we differ from tshark; empty where all agrees. */
function differences(row: Row, record: JsonObject): string[] {
  const found: string[] = [];
  const coap = record.coap as JsonObject;
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs))
      found.push(`${what}: ${JSON.stringify(ours)} ≠ ${JSON.stringify(theirs)}`);
  };
  const options = (coap.opt ?? []) as { number: number; value: unknown }[];
  const values = (number: number): string[] =>
    options.filter((option) => option.number === number).map((option) => String(option.value));
  compare('type', ['CON', 'NON', 'ACK', 'RST'].indexOf(coap.type as string), Number(row['coap.type']));
  const [classText, detail] = String(coap.code).split('.');
  compare('code', Number(classText) * 32 + Number(detail), Number(row['coap.code']));
  compare('mid', coap.mid, row['coap.mid'] === '' ? 0 : Number(row['coap.mid']));
  compare('token', coap.token, row['coap.token'].replaceAll(':', ''));
  compare('path', ascii(values(11)), ascii(list(row['coap.opt.uri_path'])));
  compare('query', ascii(values(15)), ascii(list(row['coap.opt.uri_query'])));
  const formats = list(row['coap.opt.ctype']);
  if (!isMediaType(coap.content_format, formats[0] ?? ''))
    found.push(`content format: ${String(coap.content_format)} ≠ ${formats[0]}`);
  const accepts = list(row['coap.opt.accept']);
  if (!isMediaType(coap.accept, accepts[0] ?? ''))
    found.push(`accept: ${String(coap.accept)} ≠ ${accepts[0]}`);
  compare(
    'observe',
    coap.observe,
    row['coap.opt.observe'] === '' ? undefined : Number(list(row['coap.opt.observe'])[0]),
  );
  const hasSize = options.some((option) => option.number === 28 || option.number === 60);
  const blocks = options.filter(
    (option) => option.number === 23 || option.number === 27 || option.number === 19 || option.number === 31,
  );
  if (!hasSize) {
    // tshark shows Size2 in the field of a block's size.
    const sizes = list(row['coap.opt.block_size']).map(Number);
    compare(
      'block size',
      blocks.map((option) => Number(option.value) & 7),
      sizes,
    );
  }
  compare(
    'block number',
    blocks.map((option) => Number(option.value) >>> 4),
    list(row['coap.opt.block_number']).map(Number),
  );
  compare(
    'block more',
    blocks.map((option) => (Number(option.value) >> 3) & 1),
    list(row['coap.opt.block_mflag']).map((flag) => (flag === '1' || flag === 'True' ? 1 : 0)),
  );
  // Where tshark put blocks together, its payload is the whole body, and its own stands in the block's length.
  const lengthCell = row['coap.block_length'] || row['coap.payload_length'];
  // What the snap length cut off is no payload for tshark; the UDP header says how long it was.
  if (record.outcome === 'truncated') return found;
  compare('payload length', coap.payload_length, lengthCell === '' ? 0 : Number(lengthCell));
  return found;
}

/** Where tshark is not followed, by capture and frame, each with its reason. Reviewed by hand. */
const EXCEPTIONS = new Map<string, string>([
  [
    'other/lc-rst-a.pcapng 10',
    'version 2: RFC 7252 §3 gives only version 1 a layout, so its token is not read; tshark reads on',
  ],
]);

describe.skipIf(!available || RECORDED === undefined)(`messages agree with ${version}`, () => {
  const captures = RECORDED === undefined ? [] : capturesIn(RECORDED);
  let compared = 0;
  let messages = 0;
  const excepted = new Set<string>();

  it.each(captures)('%s', async (capture) => {
    const path = join(RECORDED!, capture);
    const ports = coapPortsOf(RECORDED!, capture);
    const theirs = oracle(path, ports);
    const analysis = await analyseFile(path);
    const wrong: string[] = [];
    const seen = new Set<number>();
    const facts = new MessageFacts(analysis);
    const records = await recordsOf(analysis, 'messages');
    for (const record of records) {
      // Streams are compared in tcp-agreement.test.ts.
      if (record.transport !== 'udp') continue;
      const udp = record.udp as { srcport: number; dstport: number };
      if (!ports.includes(udp.srcport) && !ports.includes(udp.dstport)) continue;
      const frame = (record.frame as { number: number }).number;
      seen.add(frame);
      const row = theirs.get(frame);
      const found =
        row === undefined
          ? [`tshark finds no CoAP, we find ${String((record.coap as JsonObject).code)}`]
          : differences(row, record);
      messages++;
      const key = `${capture} ${frame}`;
      if (found.length === 0) continue;
      if (EXCEPTIONS.has(key)) excepted.add(key);
      else wrong.push(`frame ${frame}: ${found.join('; ')}`);
    }
    const missing = [...theirs.keys()].filter((frame) => !seen.has(frame));
    const sealed = missing.length === 0 ? new Set<number>() : dtlsFrames(path);
    for (const frame of missing) {
      // Told to read a port as CoAP, tshark reads DTLS on it as CoAP too.
      if (sealed.has(frame)) continue;
      // What another capture point had shown before is a sighting of that message, and says the same.
      const first = facts.rowOfId(`1.${frame}.0`);
      if (first >= 0) {
        const found = differences(theirs.get(frame)!, records[first]!);
        if (found.length > 0) wrong.push(`frame ${frame}, seen again: ${found.join('; ')}`);
        continue;
      }
      const key = `${capture} ${frame}`;
      if (EXCEPTIONS.has(key)) excepted.add(key);
      else wrong.push(`frame ${frame}: tshark finds CoAP, we do not`);
    }
    compared++;
    expect(wrong).toEqual([]);
  });

  it('compared every recording', () => {
    console.log(
      `compared ${messages} messages of ${compared} captures with tshark, ${excepted.size} reviewed exceptions`,
    );
    expect(compared).toBe(captures.length);
    expect(excepted.size).toBe(EXCEPTIONS.size);
    expect(messages).toBeGreaterThan(0);
  });
});
