import type { AppendableByteStore, ByteStore } from '../capture/byte-store.ts';
import { detectContainer, DETECT_LENGTH } from '../capture/container.ts';
import type { CaptureReader } from '../capture/frame.ts';
import { gunzip } from '../capture/gunzip.ts';
import { HexDumpReader } from '../capture/hex-dump.ts';
import type { Fault } from '../capture/outcome.ts';
import { DESCRIBE_LENGTH, describeUnknown, isText } from '../capture/unknown-file.ts';
import type { ByteCount } from '../capture/units.ts';
import type { AnalysedFile } from './analysis.ts';
import type { LiveRecording } from './live-recording.ts';

/** Bytes of one piece of a store that is no plain capture. */
const PIECE_BYTES: ByteCount = 128 << 10;
/** The first piece of a store is small, so that the first rows come at once. */
const FIRST_BYTES: ByteCount = 32 << 10;

/**
 * What is opened: a store that holds all its bytes, or a stream that is spooled as it comes. A live stream ends
 * nobody knows when: nothing else waits for it.
 */
export type Source =
  | { name: string; store: ByteStore }
  | { name: string; stream: AsyncIterable<Uint8Array>; isLive?: boolean }
  /** A live stream that can be read again from its beginning. */
  | { name: string; feed: LiveRecording };

/** True for a source that ends nobody knows when. */
export function isLive(source: Source): boolean {
  return 'feed' in source || ('stream' in source && source.isLive === true);
}

/** How the reading shares its thread and hears of a stop; given by the front end, for clocks are its own. */
export interface ReadingHost {
  /** Makes a spool for bytes that lie nowhere else. */
  createSpool(): Promise<AppendableByteStore>;
  /** Called between steps of work; a promise where others must have their turn. */
  breathe(): Promise<void> | undefined;
  /** True once the reading shall end; what was read stays. */
  stopped(): boolean;
  /** Waits while the reading is held; a piece of so many bytes, which count as read, is to be read next. */
  held?(waiting: ByteCount): Promise<void> | undefined;
  /** True while nobody reads rows, so that a live stream may drop its oldest; true where it is not given. */
  mayDrop?(): boolean;
  /** Something was read. */
  progress(): void;
}

/** A source whose first bytes have shown what it is. */
export interface SourcePieces {
  /** Undefined for a file that is no capture; `file.unreadable` then says what it seems to be. */
  container: CaptureReader['container'] | undefined;
  /** Its first bytes. */
  head: Uint8Array;
  /** All its bytes, decompressed. */
  pieces: AsyncIterable<Uint8Array>;
  /** Where its pieces must be put, since they lie nowhere else. */
  spool: AppendableByteStore | undefined;
  /** Where the decoded bytes of a log must be put. */
  decoded: AppendableByteStore | undefined;
}

/** Makes what stands for a source in the analysis. Streams and compressed files get a spool for their bytes. */
export async function fileOf(
  source: Source,
  createSpool: () => Promise<AppendableByteStore>,
): Promise<AnalysedFile> {
  const bytes = 'store' in source ? source.store.size : 0;
  const store = 'store' in source ? source.store : 'feed' in source ? source.feed.store : await createSpool();
  return {
    name: source.name,
    bytes,
    bytesRead: 0,
    compression: 'none',
    store,
    reader: undefined,
  };
}

/**
 * Finds out what a source is, from its first bytes; waits for those of a stream. `largest` is the length of the pieces
 * of a plain capture in a store. `file` is what `fileOf` gave; its `store`, `compression` and `fault` are kept right.
 */
export async function piecesOf(
  source: Source,
  file: AnalysedFile,
  createSpool: () => Promise<AppendableByteStore>,
  largest: ByteCount,
): Promise<SourcePieces> {
  if ('stream' in source)
    return piecesOfStream(source.stream, file, file.store as AppendableByteStore, createSpool);
  // What a feed gives lies in its own spool, as it came.
  if ('feed' in source) return piecesOfStream(source.feed.pieces(), file, undefined, createSpool);
  const { store } = source;
  const head = await store.read(0, DESCRIBE_LENGTH);
  const container = detectContainer(head.subarray(0, DETECT_LENGTH));
  if (container === 'gzip') {
    const spool = await createSpool();
    file.store = spool;
    return piecesOfStream(inPieces(store), file, spool, createSpool);
  }
  if (container !== 'unknown') {
    const pieces = readAhead(store, largest);
    return { container, head, pieces, spool: undefined, decoded: undefined };
  }
  return describe(file, head, inPieces(store), undefined, createSpool);
}

/** Puts what a log's reader has decoded where its frames are looked for. */
export async function appendDecoded(file: AnalysedFile, decoded: AppendableByteStore): Promise<void> {
  if (file.reader instanceof HexDumpReader) await decoded.append(file.reader.takeDecoded());
}

/** Says of a text in which no frame was found that it is no capture. */
export function refuseEmptyLog(file: AnalysedFile, head: Uint8Array): void {
  if (file.reader?.frames !== 0) return;
  file.reader = undefined;
  file.unreadable = describeUnknown(head);
}

async function piecesOfStream(
  stream: AsyncIterable<Uint8Array>,
  file: AnalysedFile,
  spool: AppendableByteStore | undefined,
  createSpool: () => Promise<AppendableByteStore>,
): Promise<SourcePieces> {
  let kept = spool;
  let { head, rest } = await takeHead(counting(stream, file));
  let container = detectContainer(head.subarray(0, DETECT_LENGTH));
  if (container === 'gzip') {
    file.compression = 'gzip';
    if (kept === undefined) file.store = kept = await createSpool();
    ({ head, rest } = await takeHead(
      gunzip(rest, (fault: Fault) => {
        file.fault = fault;
      }),
    ));
    container = detectContainer(head.subarray(0, DETECT_LENGTH));
  }
  if (container === 'unknown' || container === 'gzip') return describe(file, head, rest, kept, createSpool);
  return { container, head, pieces: rest, spool: kept, decoded: undefined };
}

/** A text is read as a log; its frames lie decoded in a spool of their own, or in that of the stream. */
async function describe(
  file: AnalysedFile,
  head: Uint8Array,
  pieces: AsyncIterable<Uint8Array>,
  spool: AppendableByteStore | undefined,
  createSpool: () => Promise<AppendableByteStore>,
): Promise<SourcePieces> {
  const isLog = isText(head) && detectContainer(head.subarray(0, DETECT_LENGTH)) === 'unknown';
  if (!isLog) {
    file.unreadable = describeUnknown(head);
    return { container: undefined, head, pieces, spool: undefined, decoded: undefined };
  }
  const decoded = spool ?? (await createSpool());
  file.store = decoded;
  return { container: 'hex dump', head, pieces, spool: undefined, decoded };
}

/** The bytes of a store; the next piece is on its way while one is read. */
async function* readAhead(store: ByteStore, largest: ByteCount): AsyncGenerator<Uint8Array> {
  let next = store.read(0, Math.min(FIRST_BYTES, largest));
  // What fails while nothing waits for it is told when it is waited for.
  next.catch(() => {});
  try {
    for (let offset = 0; offset < store.size;) {
      const bytes = await next;
      if (bytes.length === 0) break;
      offset += bytes.length;
      next = store.read(offset, largest);
      next.catch(() => {});
      yield bytes;
    }
  } finally {
    await next;
  }
}

/** The bytes of a store in small pieces. */
async function* inPieces(store: ByteStore): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < store.size; offset += PIECE_BYTES)
    yield await store.read(offset, PIECE_BYTES);
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
