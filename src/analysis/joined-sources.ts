import type { ByteCount, ByteOffset } from '../capture/units.ts';
import type { Piece } from '../network/datagram.ts';

/** Joined sources that are kept; further ones are not resolved any more (their bytes are `gone`). */
const MAXIMUM_SOURCES = 1 << 18;

/** Byte reference of a source that was not kept. */
const GONE = -Infinity;

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
  /** Sources dropped: the arrays begin after them. Those that stay all the same stand apart, by index. */
  #dropped = 0;
  readonly #staying = new Map<number, { pieces: Piece[]; frame: JoinedFrame }>();

  /** Keeps the pieces of one message and the frame that completed it. Gives the byte reference: −1 − index. */
  add(pieces: Piece[], frame: JoinedFrame): number {
    if (this.#sources.length === MAXIMUM_SOURCES) return GONE;
    for (const piece of pieces) this.#kept += piece.bytes?.length ?? 0;
    if (this.#kept > MAXIMUM_KEPT && pieces.some((piece) => piece.bytes !== undefined)) {
      for (const piece of pieces) this.#kept -= piece.bytes?.length ?? 0;
      return GONE;
    }
    this.#sources.push(pieces);
    this.#frames.push(frame);
    return -this.#dropped - this.#sources.length;
  }

  /** Drops what was added before a byte reference, but for those that `stays` names. */
  dropBefore(reference: number, stays: (reference: number) => boolean): void {
    const count = Math.min(-reference - 1 - this.#dropped, this.#sources.length);
    if (count <= 0) return;
    const free = (pieces: readonly Piece[]): void => {
      for (const piece of pieces) this.#kept -= piece.bytes?.length ?? 0;
    };
    for (const [index, { pieces }] of this.#staying)
      if (!stays(-1 - index)) {
        free(pieces);
        this.#staying.delete(index);
      }
    for (let at = 0; at < count; at++) {
      const index = this.#dropped + at;
      const pieces = this.#sources[at]!;
      if (stays(-1 - index)) this.#staying.set(index, { pieces, frame: this.#frames[at]! });
      else free(pieces);
    }
    this.#sources.splice(0, count);
    this.#frames.splice(0, count);
    this.#dropped += count;
  }

  /** The frame that completed what stands behind a negative byte reference; undefined where it was not kept. */
  frame(reference: number): JoinedFrame | undefined {
    const index = -reference - 1;
    return this.#frames[index - this.#dropped] ?? this.#staying.get(index)?.frame;
  }

  /** The pieces behind a negative byte reference. */
  pieces(reference: number): readonly Piece[] {
    const index = -reference - 1;
    return this.#sources[index - this.#dropped] ?? this.#staying.get(index)?.pieces ?? [];
  }
}
