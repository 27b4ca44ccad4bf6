import type { Frame } from '../capture/frame.ts';
import type { ByteCount } from '../capture/units.ts';
import { NotRead } from './not-read.ts';

/** Gives the two bytes at `at` as a number, most significant first. The caller has checked that they are there. */
export function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** What stands behind a link header or in a tunnel. */
export const Inner = {
  /** Nothing that is read; `Layer.notRead` says why. */
  none: 0,
  /** A MAC header of IEEE 802.15.4. */
  wpan: 1,
  ipv4: 4,
  ipv6: 6,
} as const;

/**
 * Where the reading of one frame stands: the next header starts at `at`. Two ends are told apart, as what the
 * capture cut is not the sender's fault: bytes are there up to `end`, and were on the wire up to `wireEnd`.
 * Reused for every frame. A reader that cannot go on calls `fail` or `isShort` and returns; `notRead` says why.
 */
export class Layer {
  bytes: Uint8Array = new Uint8Array(0);
  /** Index of the next header's first byte. */
  at = 0;
  /** Index after the last byte that is there and belongs to this layer. */
  end = 0;
  /** Index after the last byte of this layer on the wire; more than `end` where the capture cut it. */
  wireEnd = 0;
  /** Tells apart the devices that frames of one interface passed, where the frames say so; else 0. */
  device = 0;
  /** A `NotRead` code; `NotRead.none` while all is well. */
  notRead: number = NotRead.none;
  notReadDetail = 0;

  /** Starts at the first byte of a frame. */
  begin(frame: Frame): void {
    this.bytes = frame.bytes;
    this.at = frame.start;
    this.end = frame.end;
    const captured: ByteCount = frame.end - frame.start;
    this.wireEnd = frame.start + (frame.originalLength > captured ? frame.originalLength : captured);
    this.device = 0;
    this.notRead = NotRead.none;
    this.notReadDetail = 0;
  }

  /** Notes why reading stops here, with the number that completes the reason. Gives false. */
  fail(code: number, detail = 0): false {
    this.notRead = code;
    this.notReadDetail = detail;
    return false;
  }

  /**
   * True where fewer than `length` bytes are left. Then `notRead` is `NotRead.headersCut` if the capture cut
   * them, else `malformed`.
   */
  isShort(length: ByteCount, malformed: number): boolean {
    if (this.at + length <= this.end) return false;
    this.fail(this.at + length <= this.wireEnd ? NotRead.headersCut : malformed);
    return true;
  }

  /** Sets the wire end of the bytes from `at` on, as a length field says; what lies behind is padding. */
  limitTo(wireEnd: number): void {
    this.wireEnd = wireEnd;
    if (this.end > wireEnd) this.end = wireEnd;
  }
}
