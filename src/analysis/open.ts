import type { AppendableByteStore } from '../capture/byte-store.ts';
import type { ByteCount } from '../capture/units.ts';
import type { AnalysedFile, Analysis } from './analysis.ts';
import type { LiveRecording } from './live-recording.ts';
import type { MemoryBound } from './memory-bound.ts';
import { mergeFiles } from './merged-files.ts';
import {
  appendDecoded,
  fileOf,
  isLive,
  piecesOf,
  type ReadingHost,
  refuseEmptyLog,
  type Source,
  type SourcePieces,
} from './source-pieces.ts';

/** Bytes read from a store at once. */
const READ_BYTES: ByteCount = 4 << 20;
/** Bytes analysed between two looks at whether it is time to yield; a few milliseconds of work. */
const STEP_BYTES: ByteCount = 128 << 10;
/** The first steps are smaller: code that runs for the first time is slow, and questions come at once. */
const FIRST_STEP_BYTES: ByteCount = 8 << 10;

export type { ReadingHost, Source };

/**
 * Reads all sources into the analysis: one as it lies, several merged by time, and live ones by themselves after the
 * others. Resolves at the end of the last one, or when the host stops it; a broken file ends with what came before
 * the break. Rejects only where a medium fails.
 */
export async function readSources(
  analysis: Analysis,
  sources: readonly Source[],
  host: ReadingHost,
): Promise<void> {
  const createSpool = (): Promise<AppendableByteStore> => host.createSpool();
  const files: AnalysedFile[] = [];
  for (const source of sources) {
    const file = await fileOf(source, createSpool);
    files.push(file);
    if (sources.length > 1) analysis.addFile(file);
  }
  const isAlone = (source: Source): boolean => sources.length === 1 || isLive(source);
  const merged = sources.flatMap((source, index) =>
    isAlone(source) ? [] : [{ source, file: files[index]! }],
  );
  await mergeFiles(analysis, merged, host);
  for (const [index, source] of sources.entries()) {
    if (host.stopped()) break;
    const file = files[index]!;
    if (!isAlone(source)) continue;
    if (sources.length > 1) file.alone = 'live';
    const bound = isLive(source) ? analysis.bound : undefined;
    const pieces = await piecesOf(source, file, createSpool, READ_BYTES);
    await readAlone(analysis, file, pieces, host, bound, 'feed' in source ? source.feed : undefined);
  }
  analysis.end();
  host.progress();
}

/** Reads one file from its beginning to its end. */
async function readAlone(
  analysis: Analysis,
  file: AnalysedFile,
  source: SourcePieces,
  host: ReadingHost,
  bound: MemoryBound | undefined,
  feed: LiveRecording | undefined,
): Promise<void> {
  const { container, spool, decoded } = source;
  if (container === undefined) {
    analysis.addFile(file);
    return;
  }
  const mayBeHeld = file.bytes === 0 || container === 'hex dump';
  analysis.beginFile(file, container);
  for await (const piece of source.pieces) {
    if (host.stopped()) break;
    if (spool !== undefined && file.unkept === undefined) await keep(analysis, file, spool, piece);
    const why = feed?.failure;
    if (why !== undefined && file.unkept === undefined && file.bytesRead > file.store.size)
      file.unkept = { since: analysis.frames.lastTime, why };
    if (mayBeHeld) {
      const held = host.held?.(piece.length);
      if (held !== undefined) await held;
    }
    await pushInSteps(analysis, file, piece, host, decoded, bound);
    if (file.reader?.fault !== undefined) break;
  }
  if (host.stopped()) {
    analysis.flush();
    return;
  }
  analysis.endFile();
  if (decoded === undefined) return;
  await appendDecoded(file, decoded);
  refuseEmptyLog(file, source.head);
}

/** Spools a piece. Where the spool takes no more, the stream goes on: its messages have no bytes from there on. */
async function keep(
  analysis: Analysis,
  file: AnalysedFile,
  spool: AppendableByteStore,
  piece: Uint8Array,
): Promise<void> {
  try {
    await spool.append(piece);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    file.unkept = { since: analysis.frames.lastTime, why };
  }
}

async function pushInSteps(
  analysis: Analysis,
  file: AnalysedFile,
  bytes: Uint8Array,
  host: ReadingHost,
  decoded: AppendableByteStore | undefined,
  bound: MemoryBound | undefined,
): Promise<void> {
  const counts = file.compression === 'none' && file.bytes > 0;
  for (let offset = 0; offset < bytes.length && !host.stopped() && file.reader?.fault === undefined;) {
    const length = Math.min(STEP_BYTES, Math.max(FIRST_STEP_BYTES, file.bytesRead / 4));
    const step = bytes.subarray(offset, offset + length);
    offset += length;
    analysis.push(step);
    if (decoded !== undefined) await appendDecoded(file, decoded);
    // What the step has read is understood within it, or the work would pile up in the border.
    analysis.flush();
    if (counts) file.bytesRead += step.length;
    host.progress();
    const pause = host.breathe();
    if (pause !== undefined) await pause;
    // Nobody has had its turn since.
    if (bound !== undefined && (host.mayDrop?.() ?? true)) bound.makeRoom();
  }
}
