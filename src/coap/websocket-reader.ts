import { Inflater, InflateState } from '../capture/inflate.ts';
import type { ByteCount } from '../capture/units.ts';
import { framePayload, Opcode, WebSocketFrame } from './websocket.ts';

/** Longest message that is put together, frames of it and what it says decompressed. */
export const LONGEST_WS_MESSAGE: ByteCount = 1 << 20;
/** Directions whose messages are decompressed; each needs about 300 KB. */
const MAX_INFLATERS = 64;
/** What a sender leaves out at the end of a compressed message. RFC 7692 §7.2.1 */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

/** How many readers decompress at the moment; shared by all of an analysis. */
export interface InflaterCount {
  inflaters: number;
}

/** What `WebSocketReader.next` found. */
export const WsFound = {
  /** More bytes are needed. */
  none: 0,
  /** A frame that ends no message, or a control frame. */
  frame: 1,
  /** A message: see `message`. */
  message: 2,
  /** No frame: the stream cannot be followed from here. */
  broken: 3,
} as const;

/**
 * Reads the WebSocket messages of one direction (RFC 6455 §5): frames put together, masks taken off, messages
 * decompressed (RFC 7692). Text messages hold no CoAP (RFC 8323 §4.2) and are passed over.
 */
export class WebSocketReader {
  /** Bytes that the frame last read takes in the stream. */
  frameBytes: ByteCount = 0;
  /** The frame last read says something of the connection, and is no part of a message. */
  isControl = false;
  /** The message last read; undefined where it is not kept: text, too long, or not to be decompressed. */
  message: Uint8Array | undefined;
  /** Where in the frame last read the message stands, as it is; -1 where the stream has it in another form. */
  plainFrom = -1;
  readonly #frame = new WebSocketFrame();
  #parts: Uint8Array[] = [];
  #partBytes: ByteCount = 0;
  #opcode = 0;
  #isCompressed = false;
  #inflater: Inflater | undefined;
  /** The window is not known any more: what is compressed stays so. */
  #isLost = false;

  /** `deflate` says that messages may be compressed, `fresh` that each begins with an empty window. */
  constructor(
    private readonly deflate: boolean,
    private readonly fresh: boolean,
    private readonly count: InflaterCount,
  ) {}

  /** Reads the frame at `bytes[start..end)`; a `WsFound` code. */
  next(bytes: Uint8Array, start: number, end: number): number {
    const frame = this.#frame;
    if (!frame.read(bytes, start, end)) return WsFound.none;
    if (!frame.isValid(bytes[start]!) || frame.length > LONGEST_WS_MESSAGE) return WsFound.broken;
    if (start + frame.headerLength + frame.length > end) return WsFound.none;
    this.frameBytes = frame.headerLength + frame.length;
    this.isControl = frame.opcode >= Opcode.close;
    if (this.isControl) return WsFound.frame;
    if (frame.opcode !== Opcode.continuation) {
      this.#opcode = frame.opcode;
      this.#isCompressed = frame.isCompressed;
      this.#parts = [];
      this.#partBytes = 0;
    }
    if (this.#partBytes + frame.length <= LONGEST_WS_MESSAGE)
      this.#parts.push(framePayload(bytes, start, frame));
    this.#partBytes += frame.length;
    if (!frame.isLast) return WsFound.frame;
    const isPlain = this.#parts.length === 1 && !frame.isMasked && !this.#isCompressed;
    this.plainFrom = isPlain ? frame.headerLength : -1;
    this.message = this.#whole();
    this.#parts = [];
    return WsFound.message;
  }

  /** Whether a whole frame of one that masks, or does not, begins at `start`: to go on behind lost bytes. */
  canBegin(bytes: Uint8Array, start: number, end: number, isMasked: boolean): boolean {
    const frame = this.#frame;
    return (
      frame.read(bytes, start, end) &&
      frame.isValid(bytes[start]!) &&
      frame.isMasked === isMasked &&
      frame.opcode !== Opcode.continuation &&
      start + frame.headerLength + frame.length <= end
    );
  }

  /** Bytes of the stream are lost: an unfinished message is given up. */
  lose(): void {
    this.#parts = [];
    this.#isLost = true;
  }

  /** Gives the memory of the decompression back. */
  release(): void {
    if (this.#inflater !== undefined) this.count.inflaters--;
    this.#inflater = undefined;
    this.#isLost = true;
  }

  #whole(): Uint8Array | undefined {
    if (this.#partBytes > LONGEST_WS_MESSAGE) {
      this.#isLost = true;
      return undefined;
    }
    const joined = join(this.#parts);
    const bytes = this.#isCompressed ? this.#inflate(joined) : joined;
    return this.#opcode === Opcode.binary ? bytes : undefined;
  }

  #inflate(bytes: Uint8Array): Uint8Array | undefined {
    if (!this.deflate || (this.#isLost && !this.fresh)) return undefined;
    if (this.#inflater === undefined) {
      if (this.count.inflaters >= MAX_INFLATERS) return undefined;
      this.count.inflaters++;
      this.#inflater = new Inflater();
    }
    const inflater = this.#inflater;
    if (this.fresh) inflater.reset();
    inflater.feed(join([bytes, TAIL]));
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const state = inflater.run();
      const piece = inflater.take();
      length += piece.length;
      if (length > LONGEST_WS_MESSAGE || state === InflateState.damaged) {
        this.release();
        return undefined;
      }
      pieces.push(piece.slice());
      if (state === InflateState.full) continue;
      // A final block ends the deflate stream; the next message begins another (RFC 7692 §7.2.3.3).
      if (state === InflateState.ended) inflater.reset();
      return join(pieces);
    }
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
