import type { AppendableByteStore } from '../capture/byte-store.ts';
import { FrameQueue } from '../capture/frame-queue.ts';
import type { ByteCount } from '../capture/units.ts';
import type { AnalysedFile, Analysis } from './analysis.ts';
import {
  appendDecoded,
  piecesOf,
  type ReadingHost,
  refuseEmptyLog,
  type Source,
  type SourcePieces,
} from './source-pieces.ts';

/** Files that are merged; further ones are not read. The file of a row has one byte. */
const MAX_FILES = 256;
/** Bytes of one file whose frames may wait, and as many again that are read ahead. */
const WAITING_BYTES: ByteCount = 128 << 10;
/** Bytes of frames taken between two looks at whether it is time to yield, and at the beginning. */
const STEP_BYTES: ByteCount = 128 << 10;
const FIRST_STEP_BYTES: ByteCount = 8 << 10;

/**
 * Reads files together: of all frames that are next in their files the earliest is taken, at one time that of the
 * file given first. Within a file the order stays, also where its times run backwards. A file whose first frame has
 * no time is read by itself after the others. Waiting frames are bounded by the piece of its file that each came in.
 */
export async function mergeFiles(
  analysis: Analysis,
  sources: readonly { source: Source; file: AnalysedFile }[],
  host: ReadingHost,
): Promise<void> {
  const files: MergedFile[] = [];
  for (const { source, file } of sources) {
    if (host.stopped()) return;
    const index = analysis.files.indexOf(file);
    if (index >= MAX_FILES) {
      file.unreadable = `is not read: at most ${MAX_FILES} files are read together`;
      continue;
    }
    const pieces = await piecesOf(source, file, () => host.createSpool(), WAITING_BYTES);
    if (pieces.container === undefined) continue;
    const merged = new MergedFile(analysis, file, index, pieces);
    await merged.fill();
    if (merged.queue.isUntimed) file.alone = 'no times';
    files.push(merged);
  }
  const merging = new Merging(analysis, host);
  await merging.run(files.filter(({ file }) => file.alone === undefined));
  for (const file of files) if (file.file.alone !== undefined) await merging.run([file]);
}

/** One file of several: its reader, and the frames that wait. */
class MergedFile {
  readonly queue: FrameQueue;
  isEnded = false;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #reader: NonNullable<AnalysedFile['reader']>;
  /** The piece of which a part was pushed. */
  #piece: Uint8Array = new Uint8Array(0);
  #pushed = 0;

  constructor(
    private readonly analysis: Analysis,
    readonly file: AnalysedFile,
    readonly index: number,
    private readonly source: SourcePieces,
  ) {
    this.queue = new FrameQueue((type, bytes) => {
      analysis.frames.readFrom(index, this.#reader.interfaces);
      analysis.frames.secrets(type, bytes);
    });
    this.#reader = analysis.openFile(file, source.container!, this.queue);
    this.#iterator = source.pieces[Symbol.asyncIterator]();
  }

  /** Says to the analysis that the frames to come are of this file. */
  enter(): void {
    this.analysis.frames.readFrom(this.index, this.#reader.interfaces);
  }

  /** Reads on until a frame waits or the file has ended. */
  async fill(): Promise<void> {
    const { queue, source, file } = this;
    while (queue.isEmpty && !this.isEnded) {
      if (this.#pushed >= this.#piece.length && !(await this.#next())) {
        this.#reader.end();
        await this.#keepDecoded();
        if (source.decoded !== undefined) refuseEmptyLog(file, source.head);
        this.isEnded = true;
        this.analysis.frames.network.points.end(this.index);
        return;
      }
      const part = this.#piece.subarray(this.#pushed, this.#pushed + WAITING_BYTES);
      this.#pushed += part.length;
      if (file.compression === 'none' && file.bytes > 0) file.bytesRead += part.length;
      queue.piece = part;
      this.#reader.push(part);
      queue.piece = undefined;
      await this.#keepDecoded();
      if (this.#reader.fault !== undefined) {
        await this.close();
        this.isEnded = true;
        this.analysis.frames.network.points.end(this.index);
      }
    }
  }

  /** Reads no further. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #next(): Promise<boolean> {
    const next = await this.#iterator.next();
    if (next.done === true) return false;
    const { spool } = this.source;
    if (spool !== undefined) await spool.append(next.value);
    // What comes from a stream may be used again for what it brings next.
    this.#piece = spool === undefined ? next.value : next.value.slice();
    this.#pushed = 0;
    return true;
  }

  async #keepDecoded(): Promise<void> {
    const decoded: AppendableByteStore | undefined = this.source.decoded;
    if (decoded !== undefined) await appendDecoded(this.file, decoded);
  }
}

class Merging {
  #taken: ByteCount = 0;
  #stepEnd: ByteCount = FIRST_STEP_BYTES;

  constructor(
    private readonly analysis: Analysis,
    private readonly host: ReadingHost,
  ) {}

  /** Takes the frames of the files in the order of their times, until all have ended or the host stops it. */
  async run(files: readonly MergedFile[]): Promise<void> {
    let open = [...files];
    const { host } = this;
    while (open.length > 0 && !host.stopped()) {
      let hasEnded = false;
      for (const file of open) {
        if (!file.queue.isEmpty) continue;
        await file.fill();
        hasEnded ||= file.queue.isEmpty;
      }
      if (hasEnded) open = open.filter(({ queue }) => !queue.isEmpty);
      if (open.length === 0) break;
      this.#takeRun(open);
      if (this.#taken < this.#stepEnd) continue;
      const pause = this.#step();
      if (pause !== undefined) await pause;
    }
    this.analysis.flush();
    if (host.stopped()) for (const file of open) await file.close();
  }

  /** Takes frames of the file that is first, as long as it is, and as a step allows. */
  #takeRun(files: readonly MergedFile[]): void {
    let first = files[0]!;
    let second: MergedFile | undefined;
    for (let index = 1; index < files.length; index++) {
      const file = files[index]!;
      if (file.queue.goesBefore(first.queue, false)) {
        second = first;
        first = file;
      } else if (second === undefined || file.queue.goesBefore(second.queue, false)) second = file;
    }
    const { queue } = first;
    const isFirst = second !== undefined && first.index < second.index;
    const { frames } = this.analysis;
    first.enter();
    do this.#taken += queue.take(frames);
    while (
      !queue.isEmpty &&
      this.#taken < this.#stepEnd &&
      (second === undefined || queue.goesBefore(second.queue, isFirst))
    );
  }

  #step(): Promise<void> | undefined {
    this.#stepEnd = this.#taken + Math.min(STEP_BYTES, Math.max(FIRST_STEP_BYTES, this.#taken / 4));
    this.analysis.flush();
    this.host.progress();
    return this.host.breathe();
  }
}
