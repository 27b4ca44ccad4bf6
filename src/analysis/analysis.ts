import type { ByteStore } from '../capture/byte-store.ts';
import type { CaptureReader } from '../capture/frame.ts';
import { HexDumpReader } from '../capture/hex-dump.ts';
import type { Fault } from '../capture/outcome.ts';
import { openReader } from '../capture/container.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { FrameMessages } from './frame-messages.ts';
import { LogFrames } from './log-datagrams.ts';
import { MessageTracking } from './message-tracking.ts';
import { type AnalysisSettings, DEFAULT_SETTINGS } from './settings.ts';

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
  /** Frames of the analysis before this file. */
  framesBefore: number;
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
  readonly #logFrames = new LogFrames();

  constructor(
    readonly registry: ObjectRegistry,
    settings: AnalysisSettings = DEFAULT_SETTINGS,
  ) {
    // The border's two sides know each other only by the batches between them.
    const frames: FrameMessages = new FrameMessages(
      {
        take: (batch) => this.tracking.take(batch),
        wideTime: (index, seconds, nanoseconds) => this.tracking.wideTime(index, seconds, nanoseconds),
        tick: (time) => this.tracking.tick(time),
        icmpError: (error, quoted) => this.tracking.icmpError(error, quoted),
        closed: (conversation, time) => this.tracking.closed(conversation, time),
      },
      settings,
    );
    this.frames = frames;
    this.tracking = new MessageTracking(frames.flows, frames.conversations, registry);
  }

  /** Adds a file whose container is known; `push` then takes its bytes. */
  beginFile(file: AnalysedFile, container: CaptureReader['container']): void {
    file.reader =
      container === 'hex dump'
        ? new HexDumpReader(
            this.frames,
            (bytes, start, end, evidence) => this.#logFrames.linkTypeOf(bytes, start, end, evidence),
            this.files.filter(({ reader }) => reader?.container === 'hex dump').length,
          )
        : openReader(container, this.frames);
    file.framesBefore = this.frames.frames;
    this.files.push(file);
    this.frames.file = this.files.length - 1;
  }

  /** Adds a file that is no capture, so that it is counted and said. */
  addUnreadable(file: AnalysedFile): void {
    this.files.push(file);
  }

  /** Takes the next bytes of the file begun last, a piece of any size. */
  push(bytes: Uint8Array): void {
    this.files.at(-1)?.reader?.push(bytes);
  }

  /** Hands over what is waiting in the border, so that the tables show all frames read so far. */
  flush(): void {
    this.frames.flush();
  }

  /** The file begun last has no more bytes. */
  endFile(): void {
    this.files.at(-1)?.reader?.end();
    this.frames.flush();
  }

  /** No more files come. Timers stay open. */
  end(): void {
    this.frames.end();
  }
}
