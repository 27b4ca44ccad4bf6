import type { AppendableByteStore, ByteStore } from '../capture/byte-store.ts';
import { detectContainer, DETECT_LENGTH } from '../capture/container.ts';
import { gunzip } from '../capture/gunzip.ts';
import { HexDumpReader } from '../capture/hex-dump.ts';
import type { Fault } from '../capture/outcome.ts';
import { DESCRIBE_LENGTH, describeUnknown, isText } from '../capture/unknown-file.ts';
import type { ByteCount } from '../capture/units.ts';
import type { AnalysedFile, Analysis } from './analysis.ts';

/** Bytes read from a store at once. */
const READ_BYTES: ByteCount = 4 << 20;
/** Bytes analysed between two looks at whether it is time to yield; a few milliseconds of work. */
const STEP_BYTES: ByteCount = 128 << 10;
/** The first steps are smaller: code that runs for the first time is slow, and questions come at once. */
const FIRST_STEP_BYTES: ByteCount = 8 << 10;
/** The first step is small, so that the first rows come at once. */
const FIRST_BYTES: ByteCount = 32 << 10;

/** What is opened: a store that holds all its bytes, or a stream that is spooled as it comes. */
export type Source = { name: string; store: ByteStore } | { name: string; stream: AsyncIterable<Uint8Array> };

/** How the reading shares its thread and hears of a stop; given by the front end, for clocks are its own. */
export interface ReadingHost {
  /** Makes a spool for bytes that lie nowhere else. */
  createSpool(): Promise<AppendableByteStore>;
  /** Called between steps of work; a promise where others must have their turn. */
  breathe(): Promise<void> | undefined;
  /** True once the reading shall end; what was read stays. */
  stopped(): boolean;
  /** Waits while the reading is held. */
  held?(): Promise<void> | undefined;
  /** Something was read. */
  progress(): void;
}

/**
 * Reads all sources one after the other into the analysis. Resolves at the end of the last one, or when the host
 * stops it; a broken file ends with what came before the break. Rejects only where a medium fails.
 */
export async function readSources(
  analysis: Analysis,
  sources: readonly Source[],
  host: ReadingHost,
): Promise<void> {
  for (const source of sources) {
    if (host.stopped()) break;
    if ('store' in source) await readStore(analysis, source.name, source.store, host);
    else await readStream(analysis, source.name, source.stream, host, 0);
  }
  analysis.end();
  host.progress();
}

async function readStore(
  analysis: Analysis,
  name: string,
  store: ByteStore,
  host: ReadingHost,
): Promise<void> {
  const head = await store.read(0, DESCRIBE_LENGTH);
  const container = detectContainer(head.subarray(0, DETECT_LENGTH));
  if (container === 'gzip') {
    await readStream(analysis, name, piecesOf(store), host, store.size);
    return;
  }
  const file = newFile(name, store, store.size);
  if (container === 'unknown') {
    if (isText(head)) {
      const spool = await host.createSpool();
      file.store = spool;
      await readLog(analysis, file, head, piecesOf(store), spool, host);
      return;
    }
    file.unreadable = describeUnknown(head);
    analysis.addUnreadable(file);
    return;
  }
  analysis.beginFile(file, container);
  let next = store.read(0, FIRST_BYTES);
  for (let offset = 0; offset < store.size && !host.stopped();) {
    const bytes = await next;
    if (bytes.length === 0) break;
    offset += bytes.length;
    // The next bytes are on their way while these are analysed.
    next = store.read(offset, READ_BYTES);
    await pushInSteps(analysis, file, bytes, host);
    if (file.reader?.fault !== undefined) break;
  }
  await next;
  if (!host.stopped()) analysis.endFile();
  else analysis.flush();
}

/** Reads a stream: compressed or not, it is spooled decompressed, so that its bytes can be read again. */
async function readStream(
  analysis: Analysis,
  name: string,
  stream: AsyncIterable<Uint8Array>,
  host: ReadingHost,
  size: ByteCount,
): Promise<void> {
  const spool = await host.createSpool();
  const file = newFile(name, spool, size);
  const counted = counting(stream, file);
  const { head, rest } = await takeHead(counted);
  let pieces: AsyncIterable<Uint8Array> = rest;
  let container = detectContainer(head.subarray(0, DETECT_LENGTH));
  let beginning = head;
  if (container === 'gzip') {
    file.compression = 'gzip';
    const inner = await takeHead(
      gunzip(rest, (fault: Fault) => {
        file.fault = fault;
      }),
    );
    pieces = inner.rest;
    beginning = inner.head;
    container = detectContainer(beginning.subarray(0, DETECT_LENGTH));
  }
  if (container === 'unknown' && isText(beginning)) {
    await readLog(analysis, file, beginning, pieces, spool, host);
    return;
  }
  if (container === 'unknown' || container === 'gzip') {
    file.unreadable = describeUnknown(beginning);
    analysis.addUnreadable(file);
    return;
  }
  analysis.beginFile(file, container);
  for await (const piece of pieces) {
    if (host.stopped()) break;
    await spool.append(piece);
    await pushInSteps(analysis, file, piece, host);
    if (size === 0) {
      const held = host.held?.();
      if (held !== undefined) await held;
    }
    if (file.reader?.fault !== undefined) break;
  }
  if (!host.stopped()) analysis.endFile();
  else analysis.flush();
}

/**
 * Reads a text as a log with hex dumps. Its frames lie decoded in a spool, since their bytes do not stand in the text;
 * `file.bytes` and `file.bytesRead` are those of the text. A text without a frame is said to be no capture.
 */
async function readLog(
  analysis: Analysis,
  file: AnalysedFile,
  head: Uint8Array,
  pieces: AsyncIterable<Uint8Array>,
  spool: AppendableByteStore,
  host: ReadingHost,
): Promise<void> {
  analysis.beginFile(file, 'hex dump');
  for await (const piece of pieces) {
    if (host.stopped()) break;
    await pushInSteps(analysis, file, piece, host, spool);
    const held = host.held?.();
    if (held !== undefined) await held;
  }
  if (host.stopped()) {
    analysis.flush();
    return;
  }
  analysis.endFile();
  await appendDecoded(file, spool);
  if (file.reader?.frames !== 0) return;
  file.reader = undefined;
  file.framesBefore = 0;
  file.unreadable = describeUnknown(head);
}

/** Puts what a log's reader has decoded where its frames are looked for. */
async function appendDecoded(file: AnalysedFile, spool: AppendableByteStore): Promise<void> {
  if (file.reader instanceof HexDumpReader) await spool.append(file.reader.takeDecoded());
}

async function pushInSteps(
  analysis: Analysis,
  file: AnalysedFile,
  bytes: Uint8Array,
  host: ReadingHost,
  spool?: AppendableByteStore,
): Promise<void> {
  const counts = file.compression === 'none' && file.bytes > 0;
  for (let offset = 0; offset < bytes.length && !host.stopped() && file.reader?.fault === undefined;) {
    const length = Math.min(STEP_BYTES, Math.max(FIRST_STEP_BYTES, file.bytesRead / 4));
    const step = bytes.subarray(offset, offset + length);
    offset += length;
    analysis.push(step);
    if (spool !== undefined) await appendDecoded(file, spool);
    // What the step has read is understood within it, or the work would pile up in the border.
    analysis.flush();
    if (counts) file.bytesRead += step.length;
    host.progress();
    const pause = host.breathe();
    if (pause !== undefined) await pause;
  }
}

function newFile(name: string, store: ByteStore, bytes: ByteCount): AnalysedFile {
  return { name, bytes, bytesRead: 0, compression: 'none', store, reader: undefined, framesBefore: 0 };
}

/** The bytes of a store in pieces. */
async function* piecesOf(store: ByteStore): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < store.size; offset += STEP_BYTES) yield await store.read(offset, STEP_BYTES);
}

async function* counting(stream: AsyncIterable<Uint8Array>, file: AnalysedFile): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    file.bytesRead += piece.length;
    yield piece;
  }
}

/** Looks at the first bytes of a stream; `rest` gives the whole stream, these bytes included. */
async function takeHead(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; rest: AsyncGenerator<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  while (length < DESCRIBE_LENGTH) {
    const next = await iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
    length += next.value.length;
    // The container shows in the first bytes; only an unknown file needs more to be described.
    if (length >= DETECT_LENGTH && isKnown(taken)) break;
  }
  const head = concatenate(taken, length);
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { head, rest: whole() };
}

function isKnown(pieces: readonly Uint8Array[]): boolean {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return detectContainer(concatenate(pieces, length).subarray(0, DETECT_LENGTH)) !== 'unknown';
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
