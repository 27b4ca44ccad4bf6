import type { ByteCount, ByteOffset } from '../capture/units.ts';
import type { Piece } from '../network/datagram.ts';

/** Joined sources that are kept; further ones are not resolved any more (their bytes are `gone`). */
const MAXIMUM_SOURCES = 1 << 18;

/** Byte reference of a source that was not kept. */
const GONE = -1 - MAXIMUM_SOURCES;

/** Bytes that are kept themselves, because the file holds them masked or compressed. */
const MAXIMUM_KEPT: ByteCount = 64 << 20;

/** The frame that completed a joined message: where it lies in its file. */
export interface FrameRange {
  offset: ByteOffset;
  length: ByteCount;
}

/** What is known of a joined message beside its pieces. */
export interface JoinedFrame extends FrameRange {
  /** Headers that stand before the message in the joined datagram, in full; absent for a stream. */
  head?: Uint8Array;
}

/** Where the bytes of a message lie that are not one range of a frame: in the order in which they were joined. */
export class JoinedSources {
  readonly #sources: Piece[][] = [];
  readonly #frames: JoinedFrame[] = [];
  #kept: ByteCount = 0;

  /** Keeps the pieces of one message and the frame that completed it. Gives the byte reference: −1 − index. */
  add(pieces: Piece[], frame: JoinedFrame): number {
    if (this.#sources.length === MAXIMUM_SOURCES) return GONE;
    for (const piece of pieces) this.#kept += piece.bytes?.length ?? 0;
    if (this.#kept > MAXIMUM_KEPT && pieces.some((piece) => piece.bytes !== undefined)) return GONE;
    this.#sources.push(pieces);
    this.#frames.push(frame);
    return -this.#sources.length;
  }

  /** The frame that completed what stands behind a negative byte reference; undefined where it was not kept. */
  frame(reference: number): JoinedFrame | undefined {
    return this.#frames[-reference - 1];
  }

  /** The pieces behind a negative byte reference. */
  pieces(reference: number): readonly Piece[] {
    return this.#sources[-reference - 1] ?? [];
  }
}
