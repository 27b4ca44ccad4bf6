import type { AppendableByteStore } from '../capture/byte-store.ts';
import type { ByteCount } from '../capture/units.ts';
import type { AnalysedFile, Analysis } from './analysis.ts';
import { mergeFiles } from './merged-files.ts';
import {
  appendDecoded,
  fileOf,
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
  const isAlone = (source: Source): boolean =>
    sources.length === 1 || ('stream' in source && source.isLive === true);
  const merged = sources.flatMap((source, index) =>
    isAlone(source) ? [] : [{ source, file: files[index]! }],
  );
  await mergeFiles(analysis, merged, host);
  for (const [index, source] of sources.entries()) {
    if (host.stopped()) break;
    const file = files[index]!;
    if (!isAlone(source)) continue;
    if (sources.length > 1) file.alone = 'live';
    await readAlone(analysis, file, await piecesOf(source, file, createSpool, READ_BYTES), host);
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
    if (spool !== undefined) await spool.append(piece);
    await pushInSteps(analysis, file, piece, host, decoded);
    if (mayBeHeld) {
      const held = host.held?.();
      if (held !== undefined) await held;
    }
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

async function pushInSteps(
  analysis: Analysis,
  file: AnalysedFile,
  bytes: Uint8Array,
  host: ReadingHost,
  decoded?: AppendableByteStore,
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
  }
}
