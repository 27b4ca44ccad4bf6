import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Analysis, faultOf } from '../../src/analysis/analysis.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import type { MessageTable } from '../../src/analysis/message-table.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { openReader, type PacketContainer } from '../../src/capture/container.ts';
import type { Fault } from '../../src/capture/outcome.ts';
import { NO_ROW } from '../../src/capture/units.ts';
import { Code, isRequest, MessageType } from '../../src/coap/code.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import {
  allRecords,
  analyseBytes,
  analyseStream,
  beginFile,
  capturesBelow,
  readBytes,
  recordsOf,
  storeOf,
} from './analyse.ts';

/** Length of the pieces, in bytes. */
const PIECE = 64;
/** Places at which a capture is cut where not every byte is tried. */
const PLACES = 200;
/** Captures that are cut at every byte: pcap and pcapng, TLV and blocks, fragments of IP. */
const AT_EVERY_BYTE = new Set([
  'other/net-ipfrag4-a.pcapng',
  'other/der-bigendian-pcap-a.pcap',
  'leshan/leshan-composite-a.pcapng',
]);

/** Numbers from a seed, the same in every run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function seedOf(text: string): number {
  let seed = 7;
  for (const character of text) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) >>> 0;
  return seed;
}

/** Different places within a file, rising. */
function placesIn(path: string, length: number, count: number): number[] {
  const next = randomNumbers(seedOf(path));
  const places = new Set<number>();
  while (places.size < Math.min(count, length)) places.add(next(length));
  return [...places].sort((a, b) => a - b);
}

/**
 * Where the blocks or records of a capture end, read without the project's own reader: the offset after each and
 * how many frames lie before that offset.
 */
function recordEnds(bytes: Uint8Array): { offset: number; frames: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends: { offset: number; frames: number }[] = [];
  let frames = 0;
  if (view.getUint32(0, true) === 0x0a0d0d0a) {
    let little = true;
    for (let at = 0; at + 12 <= bytes.length;) {
      const type = view.getUint32(at, little);
      if (type === 0x0a0d0d0a) little = view.getUint32(at + 8, true) === 0x1a2b3c4d;
      at += view.getUint32(at + 4, little);
      if (type === 2 || type === 3 || type === 6) frames++;
      ends.push({ offset: at, frames });
    }
    return ends;
  }
  const magic = view.getUint32(0, true);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d || magic === 0xa1b2cd34;
  // Kuznetzov's variant has eight more bytes before each frame.
  const head = view.getUint32(0, little) === 0xa1b2cd34 ? 24 : 16;
  ends.push({ offset: 24, frames });
  for (let at = 24; at + head <= bytes.length;) {
    at += head + view.getUint32(at + 8, little);
    ends.push({ offset: at, frames: ++frames });
  }
  return ends;
}

/** Frames that a file cut at `place` holds whole, and whether the cut falls between two records. */
function expectedAt(
  ends: readonly { offset: number; frames: number }[],
  place: number,
): { frames: number; between: boolean } {
  let frames = 0;
  let between = false;
  for (const end of ends) {
    if (end.offset > place) break;
    frames = end.frames;
    between = end.offset === place;
  }
  return { frames, between };
}

/** Columns that no later frame decides. */
const COLUMNS = [
  'time',
  'source',
  'frame',
  'file',
  'interfaceIndex',
  'ordinal',
  'length',
  'payloadLength',
  'headerLength',
  'conversation',
  'outcome',
  'fault',
  'faultOffset',
  'type',
  'code',
  'messageId',
  'tokenLength',
  'tokenHigh',
  'tokenLow',
  'contentFormat',
  'accept',
  'observe',
  'transfer',
  'observation',
] as const;

/** What the table has for a row under a name: in a column, or packed. */
function cellOf(table: MessageTable, name: (typeof COLUMNS)[number], row: number): number {
  const cells = table[name] as { get(row: number): number } | ((row: number) => number);
  return typeof cells === 'function' ? cells.call(table, row) : cells.get(row);
}

/** The first difference between the rows of a cut run and the same rows of the whole run; empty where there is none. */
function rowDifference(part: Analysis, whole: Analysis, rows = part.tracking.messages.count): string {
  const { messages, values } = part.tracking;
  const all = whole.tracking.messages;
  for (const name of COLUMNS)
    for (let row = 0; row < rows; row++) {
      const [own, other] = [cellOf(messages, name, row), cellOf(all, name, row)];
      if (own !== other) return `${name} of row ${row}: ${own}, in the whole file ${other}`;
    }
  const [facts, allFacts] = [new MessageFacts(part), new MessageFacts(whole)];
  for (let row = 0; row < rows; row++) {
    if (facts.firstCopy(row) !== allFacts.firstCopy(row)) return `first copy of row ${row}`;
    const code = messages.code.get(row);
    const asks = isRequest(code) || code === 0 || code === Code.ping;
    if (!asks && messages.partnerOf(row) !== all.partnerOf(row)) return `partner of row ${row}`;
    // What only an answer settles stays open while the answer lies beyond the cut.
    const answer = asks ? all.partnerOf(row) : NO_ROW;
    const settled = answer === NO_ROW || answer < rows;
    if (settled && messages.operation.get(row) !== all.operation.get(row)) return `operation of row ${row}`;
    // Texts are numbered as they come, at each end of a batch with those that the analysis adds: only they count.
    for (const name of ['path', 'query'] as const)
      if (messages.texts.text(messages[name].get(row)) !== all.texts.text(all[name].get(row)))
        return `${name} of row ${row}`;
  }
  for (const name of ['message', 'path', 'number', 'start', 'length', 'type', 'doubts'] as const) {
    const [own, other] = [values[name], whole.tracking.values[name]];
    for (let row = 0; row < values.count && values.message.get(row) < rows; row++)
      if (!Object.is(own.get(row), other.get(row))) return `${name} of value ${row}`;
  }
  return '';
}

/** Rows that stood before the end of the input: what a stream still held there counts to the last frame. */
function rowsBeforeEnd(analysis: Analysis): number {
  const { messages } = analysis.tracking;
  const last = messages.count - 1;
  let count = messages.count;
  while (
    count > 0 &&
    messages.type.get(count - 1) === MessageType.none &&
    messages.frame.get(count - 1) === messages.frame.get(last)
  )
    count--;
  return count;
}

/** A message's record without the keys that only later frames decide. */
function withoutLateKeys(record: JsonObject, settled: boolean): JsonObject {
  const early = structuredClone(record);
  delete early.sightings;
  const coap = early.coap as JsonObject | undefined;
  if (coap !== undefined) {
    delete coap.response_in;
    if (coap.request_in === undefined) delete coap.response_time;
    delete coap.exchange;

    const links = coap.links as JsonObject | undefined;
    delete links?.response;
    if (links !== undefined && Object.keys(links).length === 0) delete coap.links;
  }
  delete early.icmp;
  const lwm2m = early.lwm2m as JsonObject | undefined;
  delete lwm2m?.device;
  if (!settled) delete early.lwm2m;
  return early;
}

/** Pushes bytes to a bare reader and ends it: the frames it gave and its fault. */
function readOnly(
  container: PacketContainer,
  bytes: Uint8Array,
  place: number,
): { frames: number; fault: Fault | undefined } {
  const reader = openReader(container, { frame: () => undefined });
  reader.push(bytes.subarray(0, place));
  reader.end();
  return { frames: reader.frames, fault: reader.fault };
}

/** Says where a capture cut at a place does not give what stands before; empty where it does. */
function cutTrouble(
  fault: Fault | undefined,
  frames: number,
  ends: readonly { offset: number; frames: number }[],
  place: number,
): string {
  const expected = expectedAt(ends, place);
  if (frames !== expected.frames) return `cut at ${place}: ${frames} frames instead of ${expected.frames}`;
  if (expected.between) return fault === undefined ? '' : `cut at ${place}, between records: ${fault.text}`;
  if (fault === undefined) return `cut at ${place}: no fault`;
  if (fault.offset === undefined || fault.offset > place)
    return `cut at ${place}: fault at ${fault.offset ?? 'no offset'}`;
  return '';
}

const recordings = capturesBelow(FIXTURES, RECORDED);
const plain = recordings.filter(({ path }) => !path.endsWith('.gz'));
const compressed = recordings.filter(({ path }) => path.endsWith('.gz'));

if (RECORDED === undefined)
  it.skip('further recordings (the folder of recordings is absent on this machine)', () => undefined);

describe('pieces of 64 bytes change nothing', () => {
  it.each(recordings)('$path', async (recording) => {
    const { path } = recording;
    const bytes = readBytes(recording);
    const whole = await analyseBytes(path, bytes);
    const expected = await allRecords(whole);
    expect(await allRecords(await analyseStream(path, bytes, PIECE))).toEqual(expected);
    const analysis = await beginFile(path, bytes, await storeOf(bytes));
    if (analysis === undefined) return;
    // The same buffer for every piece: nothing may hold on to a piece after it was taken.
    const piece = new Uint8Array(PIECE);
    for (let offset = 0; offset < bytes.length; offset += PIECE) {
      const taken = bytes.subarray(offset, offset + PIECE);
      piece.set(taken);
      analysis.push(piece.subarray(0, taken.length));
      piece.fill(0xa5);
    }
    analysis.endFile();
    analysis.end();
    expect(await allRecords(analysis)).toEqual(expected);
  });
});

describe('a cut file gives the same messages up to the cut', () => {
  it.each(plain)('$path', async (recording) => {
    const { path } = recording;
    const bytes = readBytes(recording);
    const whole = await analyseBytes(path, bytes);
    const ends = recordEnds(bytes);
    const everyByte = [...AT_EVERY_BYTE].some((name) => basename(name) === basename(path));
    const places = everyByte
      ? Array.from({ length: bytes.length }, (_, place) => place)
      : placesIn(path, bytes.length, PLACES);
    // One run is stopped at every place: after each, its tables must be the beginning of the whole run's.
    const growing = (await beginFile(path, bytes))!;
    const container = growing.files[0]!.reader!.container as PacketContainer;
    const { messages } = growing.tracking;
    let pushed = 0;
    let compared = -1;
    for (const place of places) {
      growing.push(bytes.subarray(pushed, place));
      growing.flush();
      pushed = place;
      const { frames, fault } = readOnly(container, bytes, place);
      expect(cutTrouble(fault, frames, ends, place)).toBe('');
      expect(growing.frames.frames).toBe(frames);
      if (messages.count === compared) continue;
      compared = messages.count;
      expect(rowDifference(growing, whole)).toBe('');
      const following = whole.tracking.messages;
      if (messages.count < following.count)
        expect(following.frame.get(messages.count)).toBeGreaterThan(frames);
    }
    // Files that really end there: at some places the tables, at one the records in full.
    const next = randomNumbers(seedOf(path));
    const complete = await recordsOf(whole, 'messages');
    const ending = [0, 1, 2].map(() => 12 + next(bytes.length - 12));
    if (everyByte) ending.push(...ends.flatMap(({ offset }) => [offset - 1, offset]));
    for (const [time, place] of ending.entries()) {
      const cut = await analyseBytes(path, bytes.slice(0, place));
      const file = cut.files[0]!;
      expect(cutTrouble(faultOf(file), file.reader!.frames, ends, place)).toBe('');
      const count = rowsBeforeEnd(cut);
      expect(rowDifference(cut, whole, count)).toBe('');
      if (time > 0) continue;
      const { messages: all } = whole.tracking;
      const records = (await recordsOf(cut, 'messages')).slice(0, count);
      const settled = (row: number): boolean => all.partnerOf(row) === NO_ROW || all.partnerOf(row) < count;
      expect(records.map((record, row) => withoutLateKeys(record, settled(row)))).toEqual(
        complete.slice(0, count).map((record, row) => withoutLateKeys(record, settled(row))),
      );
    }
  });

  it.each(compressed)('$path', async (recording) => {
    const { path } = recording;
    const bytes = readBytes(recording);
    const whole = await analyseBytes(path, bytes);
    let most = 0;
    for (const place of placesIn(path, bytes.length, PLACES)) {
      const cut = await analyseBytes(path, bytes.subarray(0, place));
      const file = cut.files[0]!;
      expect(rowDifference(cut, whole)).toBe('');
      // More compressed bytes never give fewer messages.
      expect(cut.tracking.messages.count).toBeGreaterThanOrEqual(most);
      most = cut.tracking.messages.count;
      expect(file.unreadable ?? faultOf(file)?.text).toBeDefined();
    }
  });
});
