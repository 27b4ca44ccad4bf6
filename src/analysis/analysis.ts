import type { ByteStore } from '../capture/byte-store.ts';
import type { CaptureReader, FrameSink } from '../capture/frame.ts';
import { HexDumpReader } from '../capture/hex-dump.ts';
import type { Fault } from '../capture/outcome.ts';
import type { Nanoseconds } from '../capture/units.ts';
import { openReader } from '../capture/container.ts';
import { CorrectedFrames } from '../capture/frame-queue.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { FrameMessages } from './frame-messages.ts';
import { LogFrames } from './log-datagrams.ts';
import { MemoryBound } from './memory-bound.ts';
import { MessageTracking } from './message-tracking.ts';
import { type AnalysisSettings, correctionOf, DEFAULT_SETTINGS } from './settings.ts';

/** One opened file: where its bytes lie and what its container says. */
export interface AnalysedFile {
  name: string;
  /** Bytes of the file as it lies there; 0 for an endless source. */
  bytes: number;
  bytesRead: number;
  compression: 'none' | 'gzip';
  /** Holds the bytes that frames refer to: of a log with hex dumps, what was decoded from it. */
  store: ByteStore;
  /** Undefined while the container is not known, and for files that are no capture. */
  reader: CaptureReader | undefined;
  /** What the decompression found wrong; the reader has its own fault. */
  fault?: Fault;
  /** What a file that is no capture seems to be, one sentence. */
  unreadable?: string;
  /** Of a stream whose spool takes no more: time of the first message whose bytes are not kept, and why. */
  unkept?: { since: Nanoseconds; why: string };
  /** Why a file was read by itself where several others are merged by time. */
  alone?: 'live' | 'no times';
}

/** The fault of a file: of its container, or of its compression where that came first. */
export function faultOf(file: AnalysedFile): Fault | undefined {
  return file.fault ?? file.reader?.fault;
}

/**
 * The analysis of one set of captures: joins the stages, owns the tables. Synchronous: bytes in, tables grown.
 * It knows neither files nor live; `open.ts` brings the bytes.
 */
export class Analysis {
  readonly files: AnalysedFile[] = [];
  readonly tracking: MessageTracking;
  readonly frames: FrameMessages;
  /** What is dropped of a live stream. */
  readonly bound: MemoryBound;
  readonly #logFrames = new LogFrames();
  #current: AnalysedFile | undefined;

  constructor(
    readonly registry: ObjectRegistry,
    readonly settings: AnalysisSettings = DEFAULT_SETTINGS,
  ) {
    // The border's two sides know each other only by the batches between them.
    const frames: FrameMessages = new FrameMessages(
      {
        take: (batch) => this.tracking.take(batch),
        wideTime: (index, seconds, nanoseconds) => this.tracking.wideTime(index, seconds, nanoseconds),
        sighted: (row, sighting) => this.tracking.sighted(row, sighting),
        tick: (time) => this.tracking.tick(time),
        secured: (sign) => this.tracking.secured(sign),
        icmpError: (error, quoted) => this.tracking.icmpError(error, quoted),
        closed: (conversation, time) => this.tracking.closed(conversation, time),
      },
      settings,
    );
    this.frames = frames;
    this.tracking = new MessageTracking(frames.flows, frames.conversations, registry);
    this.bound = new MemoryBound(this.tracking, frames.joined, settings.memoryLimit);
  }

  /** Begins a file whose container is known, adding it where it was not added; `push` then takes its bytes. */
  beginFile(file: AnalysedFile, container: CaptureReader['container']): void {
    this.addFile(file);
    const reader = this.openFile(file, container, this.frames);
    this.#current = file;
    this.frames.readFrom(this.files.indexOf(file), reader.interfaces);
  }

  /** Adds a file, in the order in which they have their numbers. */
  addFile(file: AnalysedFile): void {
    if (!this.files.includes(file)) this.files.push(file);
    this.frames.isSeveral = this.files.length > 1;
  }

  /** Gives an added file its reader, which hands frames with their times corrected to `sink`. */
  openFile(file: AnalysedFile, container: CaptureReader['container'], sink: FrameSink): CaptureReader {
    const correction = correctionOf(this.settings, this.files.indexOf(file));
    const isRight = correction.seconds === 0 && correction.nanoseconds === 0;
    const frames = isRight ? sink : new CorrectedFrames(sink, correction);
    file.reader =
      container === 'hex dump'
        ? new HexDumpReader(
            frames,
            (bytes, start, end, evidence) => this.#logFrames.linkTypeOf(bytes, start, end, evidence),
            this.files.filter(({ reader }) => reader?.container === 'hex dump').length,
          )
        : openReader(container, frames);
    return file.reader;
  }

  /** Takes the next bytes of the file begun last, a piece of any size. */
  push(bytes: Uint8Array): void {
    this.#current?.reader?.push(bytes);
  }

  /** Hands over what is waiting in the border, so that the tables show all frames read so far. */
  flush(): void {
    this.frames.flush();
  }

  /** The file begun last has no more bytes. */
  endFile(): void {
    if (this.#current === undefined) return;
    this.#current.reader?.end();
    this.frames.network.points.end(this.files.indexOf(this.#current));
    this.frames.flush();
  }

  /** No more files come. Timers stay open. */
  end(): void {
    this.frames.end();
  }
}
