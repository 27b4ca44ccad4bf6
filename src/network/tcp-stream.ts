import type { ByteCount } from '../capture/units.ts';
import type { Piece } from './datagram.ts';

/** Bytes that wait for earlier ones, for each direction; with more, the earlier ones are taken for lost. */
export const MAX_PENDING: ByteCount = 256 << 10;
/** Segments that wait, for each direction. */
export const MAX_PENDING_SEGMENTS = 1024;
/** Bytes that all streams together hold; a stream that needs more gives up what it holds. */
export const MAX_STREAM_BYTES: ByteCount = 64 << 20;
/** Pieces that the unread bytes of a stream may come from. */
export const MAX_PIECES = 1 << 16;
/** Acknowledgements beyond a hole after which its bytes are taken for lost: the capture may swap neighbours. */
const PATIENCE = 3;
/** A step in sequence numbers that no window allows: another connection (RFC 7323 §2.3, 2^30). */
const FARTHEST = 1 << 30;
/** Smallest buffer, and the largest that an empty stream keeps. */
const FIRST_BYTES: ByteCount = 1024;
const EMPTY = new Uint8Array(0);

/** What all streams together hold. */
export class StreamBudget {
  used: ByteCount = 0;
  constructor(readonly limit: ByteCount = MAX_STREAM_BYTES) {}
}

/** Length of a gap that is not known. */
export const UNKNOWN_GAP = -1;

/** Bytes that came too early; `bytes` is undefined where the capture cut them off. */
interface Chunk {
  sequence: number;
  length: ByteCount;
  bytes: Uint8Array | undefined;
  fileOffset: number;
  frame: number;
  file: number;
}

/**
 * One direction of a TCP connection as a stream of bytes (RFC 9293 §3.4): takes segments in any order, repeated and
 * overlapping, and gives the bytes in order; of bytes sent twice the copy that stands lower or came first counts.
 * `bytes[start..end)` is what has come and was not read. Bytes the capture does not have are a gap, said by
 * `takeGap`.
 */
export class TcpStream {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** True once a number is known to count from. */
  known = false;
  /** True where the numbers count from a SYN: the stream's first byte is the connection's first. */
  fromBeginning = false;
  /** Number of the next byte, unsigned 32 bits. */
  next = 0;
  /** Number of the first byte where `fromBeginning`. */
  first = 0;
  /** Where the unread bytes came from; the first piece begins at `bytes[#piecesStart]`. */
  #pieces: Piece[] = [];
  #piecesStart = 0;
  #pending: Chunk[] = [];
  #pendingBytes: ByteCount = 0;
  #acknowledgedBeyond = 0;
  #abandoned = false;
  #finish = -1;

  constructor(private readonly budget: StreamBudget) {}

  /** The connection begins: `sequence` is that of the SYN. */
  begin(sequence: number): void {
    this.known = this.fromBeginning = true;
    this.next = this.first = (sequence + 1) >>> 0;
  }

  /** The sender sends nothing from `sequence` on (its FIN). */
  finish(sequence: number): void {
    if (!this.known) {
      this.known = true;
      this.next = sequence;
    }
    if (this.#finish < 0) this.#finish = sequence;
  }

  /** All bytes before the FIN have come. */
  get finished(): boolean {
    return this.#finish >= 0 && this.known && ((this.#finish - this.next) | 0) <= 0;
  }

  /** Bytes that wait for earlier ones. */
  get pending(): ByteCount {
    return this.#pendingBytes;
  }

  /** Too many small pieces or too many bytes are unread. */
  isOverfull(limit: ByteCount): boolean {
    return this.end - this.start > limit || this.#pieces.length > MAX_PIECES;
  }

  /**
   * Takes the payload `bytes[from..to)` of a segment; `missing` bytes behind it were on the wire and not captured.
   * `origin` says where the first byte lies.
   */
  add(
    sequence: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    missing: ByteCount,
    origin: { fileOffset: number; frame: number; file: number },
  ): void {
    if (!this.known) {
      this.known = true;
      this.next = sequence;
    }
    const step = (sequence - this.next) | 0;
    if (step > FARTHEST || step < -FARTHEST) {
      this.#abandon();
      this.next = sequence;
      this.#finish = -1;
      return this.add(sequence, bytes, from, to, missing, origin);
    }
    const { fileOffset, frame, file } = origin;
    if (to > from) {
      if (step <= 0 && !this.#hasHole) this.#append(bytes, from, to, -step, fileOffset, frame, file);
      else this.#wait(sequence, to - from, bytes.slice(from, to), fileOffset, frame, file);
    }
    if (missing > 0) this.#wait((sequence + to - from) >>> 0, missing, undefined, fileOffset, frame, file);
    this.#drain();
  }

  /** The receiver has all bytes before `acknowledgement`. */
  acknowledge(acknowledgement: number): void {
    if (this.#pending.length > 0 && ((acknowledgement - this.next) | 0) > 0) this.#acknowledgedBeyond++;
  }

  /**
   * Where the next bytes are lost, goes on behind them and gives how many they are, or `UNKNOWN_GAP`; 0 where
   * nothing is known to be lost. Read what came before first. `atEnd` says that no more segments come.
   */
  takeGap(atEnd: boolean): ByteCount {
    if (this.#abandoned) {
      this.#abandoned = false;
      return UNKNOWN_GAP;
    }
    const first = this.#pending[0];
    if (first === undefined) return 0;
    const distance = (first.sequence - this.next) | 0;
    if (distance > 0) {
      const isLost =
        atEnd ||
        this.#acknowledgedBeyond >= PATIENCE ||
        this.#pendingBytes > MAX_PENDING ||
        this.#pending.length > MAX_PENDING_SEGMENTS;
      if (!isLost) return 0;
      this.next = first.sequence;
      this.#acknowledgedBeyond = 0;
      this.#drain();
      return distance;
    }
    // A hole that the capture cut into a segment.
    const hole = distance + first.length;
    this.#shift();
    this.next = (this.next + hole) >>> 0;
    this.#drain();
    return hole;
  }

  /** Where `bytes[from..to)` of the unread bytes came from. */
  origins(from: number, to: number): Piece[] {
    const found: Piece[] = [];
    let at = this.#piecesStart;
    for (const piece of this.#pieces) {
      const low = Math.max(from, at);
      const high = Math.min(to, at + piece.length);
      if (high > low) found.push({ ...piece, fileOffset: piece.fileOffset + low - at, length: high - low });
      at += piece.length;
      if (at >= to) break;
    }
    return found;
  }

  /** Whether a segment began at `bytes[at]`. */
  startsSegment(at: number): boolean {
    let position = this.#piecesStart;
    for (const piece of this.#pieces) {
      if (position >= at) return position === at;
      position += piece.length;
    }
    return false;
  }

  /** The first `count` unread bytes are read. */
  consume(count: ByteCount): void {
    this.start += count;
    if (this.start === this.end) {
      this.#pieces = [];
      this.#piecesStart = this.start = this.end = 0;
      if (this.bytes.length > FIRST_BYTES) this.#setBuffer(EMPTY);
      return;
    }
    let done = 0;
    for (const piece of this.#pieces) {
      if (this.#piecesStart + piece.length > this.start) break;
      this.#piecesStart += piece.length;
      done++;
    }
    if (done > 0) this.#pieces.splice(0, done);
  }

  /** Gives all memory back. */
  release(): void {
    this.#setBuffer(EMPTY);
    this.#pieces = [];
    this.#piecesStart = this.start = this.end = 0;
    this.budget.used -= this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** A hole that the capture cut stands next: nothing may be appended before `takeGap`. */
  get #hasHole(): boolean {
    const first = this.#pending[0];
    return first !== undefined && first.bytes === undefined && ((first.sequence - this.next) | 0) <= 0;
  }

  #abandon(): void {
    this.release();
    this.#abandoned = true;
  }

  #append(
    bytes: Uint8Array,
    from: number,
    to: number,
    skip: ByteCount,
    fileOffset: number,
    frame: number,
    file: number,
  ): void {
    const length = to - from - skip;
    if (length <= 0) return;
    if (!this.#reserve(length)) {
      this.#abandon();
      this.next = (this.next + length) >>> 0;
      return;
    }
    this.bytes.set(bytes.subarray(from + skip, to), this.end);
    this.end += length;
    this.next = (this.next + length) >>> 0;
    this.#pieces.push({ fileOffset: fileOffset + skip, length, frame, file });
  }

  #wait(
    sequence: number,
    length: ByteCount,
    bytes: Uint8Array | undefined,
    fileOffset: number,
    frame: number,
    file: number,
  ): void {
    if (((sequence + length - this.next) | 0) <= 0) return;
    const pending = this.#pending;
    let at = pending.length;
    while (at > 0 && ((pending[at - 1]!.sequence - sequence) | 0) > 0) at--;
    const before = pending[at - 1];
    if (
      before?.sequence === sequence &&
      before.length >= length &&
      (before.bytes !== undefined || bytes === undefined)
    )
      return;
    if (bytes !== undefined) {
      if (this.budget.used + length > this.budget.limit) {
        this.#abandon();
        this.next = (sequence + length) >>> 0;
        return;
      }
      this.#pendingBytes += length;
      this.budget.used += length;
    }
    pending.splice(at, 0, { sequence, length, bytes, fileOffset, frame, file });
  }

  #shift(): void {
    const chunk = this.#pending.shift()!;
    if (chunk.bytes === undefined) return;
    this.#pendingBytes -= chunk.length;
    this.budget.used -= chunk.length;
  }

  /** Takes over what waited for the bytes that have come now. */
  #drain(): void {
    for (let chunk = this.#pending[0]; chunk !== undefined; chunk = this.#pending[0]) {
      const step = (chunk.sequence - this.next) | 0;
      if (step > 0) break;
      const { bytes, fileOffset, frame, file } = chunk;
      if (bytes === undefined && step + chunk.length > 0) return;
      this.#shift();
      this.#acknowledgedBeyond = 0;
      if (bytes !== undefined) this.#append(bytes, 0, bytes.length, -step, fileOffset, frame, file);
    }
  }

  #reserve(length: ByteCount): boolean {
    if (this.end + length <= this.bytes.length) return true;
    const unread = this.end - this.start;
    const needed = unread + length;
    let target = this.bytes;
    if (needed > this.bytes.length || this.start < unread) {
      const size = Math.max(FIRST_BYTES, needed * 2);
      if (this.budget.used - this.bytes.length + size > this.budget.limit) return false;
      target = new Uint8Array(size);
    }
    target.set(this.bytes.subarray(this.start, this.end));
    if (target !== this.bytes) this.#setBuffer(target);
    this.#piecesStart -= this.start;
    this.end = unread;
    this.start = 0;
    return true;
  }

  #setBuffer(buffer: Uint8Array): void {
    this.budget.used += buffer.length - this.bytes.length;
    this.bytes = buffer;
  }
}
