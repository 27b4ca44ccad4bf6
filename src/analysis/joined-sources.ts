import type { ByteCount } from '../capture/units.ts';
import type { Piece } from '../network/datagram.ts';

/** Joined sources that are kept; further ones are not resolved any more (their bytes are `gone`). */
const MAXIMUM_SOURCES = 1 << 18;

/** Byte reference of a source that was not kept. */
const GONE = -1 - MAXIMUM_SOURCES;

/** Bytes that are kept themselves, because the file holds them masked or compressed. */
const MAXIMUM_KEPT: ByteCount = 64 << 20;

/** Where the bytes of a message lie that are not one range of a frame: in the order in which they were joined. */
export class JoinedSources {
  readonly #sources: Piece[][] = [];
  #kept: ByteCount = 0;

  /** Keeps the pieces of one datagram. Gives the byte reference: −1 − index. */
  add(pieces: Piece[]): number {
    if (this.#sources.length === MAXIMUM_SOURCES) return GONE;
    for (const piece of pieces) this.#kept += piece.bytes?.length ?? 0;
    if (this.#kept > MAXIMUM_KEPT && pieces.some((piece) => piece.bytes !== undefined)) return GONE;
    this.#sources.push(pieces);
    return -this.#sources.length;
  }

  /** The pieces behind a negative byte reference. */
  pieces(reference: number): readonly Piece[] {
    return this.#sources[-reference - 1] ?? [];
  }
}
