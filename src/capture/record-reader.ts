import type { Fault } from './outcome.ts';
import type { ByteCount, ByteOffset } from './units.ts';

/** What `parse` returns after a fault: nothing more of the file is read. */
export const STOPPED = -1;

/** First size of the buffer for records that span pushes, in bytes. */
const FIRST_CARRY_SIZE: ByteCount = 4096;

/**
 * Cuts a stream of bytes into records. A record that lies whole within one pushed piece is parsed where it
 * lies; only one that spans pushes is put together in a buffer of its own, each byte copied once, so that
 * neither 64-byte nor 4 MiB pieces cost more than their length.
 */
export abstract class RecordReader {
  #fault: Fault | undefined;
  #stopped = false;
  /** Bytes pushed so far. */
  #taken: ByteOffset = 0;
  #carry = new Uint8Array(0);
  /** Bytes of the record begun in `#carry`. */
  #carried: ByteCount = 0;
  /** Bytes of a skipped record that are still to come. */
  #skip: ByteCount = 0;

  /** Set by `parse`: length of the record at the returned position as far as known, more than lies there. */
  protected wanted: ByteCount = 0;

  /** What is wrong with the file, with the offset from its first byte; undefined where nothing is. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /**
   * Parses all complete records of `bytes[start..end)`; `bytes[0]` lies at `origin` in the file. Returns where
   * the first incomplete record starts and sets `wanted`; a position beyond `end` says that the bytes up to
   * there are not needed; `STOPPED` says that `fail` was called.
   */
  protected abstract parse(bytes: Uint8Array, start: number, end: number, origin: ByteOffset): number;

  /** The fault of a file that ends at `offset` within a record that starts at `recordStart`, or undefined where it may. */
  protected abstract cut(recordStart: ByteOffset, offset: ByteOffset): Fault | undefined;

  /** Stops reading because of `fault`; returns `STOPPED`. */
  protected fail(fault: Fault): number {
    this.#fault = fault;
    return STOPPED;
  }

  /** Takes the next bytes of the file, a piece of any size, and gives all frames that are complete with it. */
  push(bytes: Uint8Array): void {
    if (this.#stopped) return;
    const origin = this.#taken;
    const length = bytes.length;
    this.#taken += length;
    let position = 0;
    while (this.#skip > 0 || this.#carried > 0) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, length - position);
        position += passed;
        this.#skip -= passed;
        if (this.#skip > 0) return;
        continue;
      }
      const carried = this.#append(bytes, position, Math.min(this.wanted - this.#carried, length - position));
      position += carried;
      if (this.#carried < this.wanted) return;
      const next = this.parse(this.#carry, 0, this.#carried, origin + position - this.#carried);
      if (next === STOPPED) return this.#stop();
      if (next === 0) continue;
      this.#skip = next - this.#carried;
      this.#carried = 0;
    }
    if (position === length) return;
    const next = this.parse(bytes, position, length, origin);
    if (next === STOPPED) return this.#stop();
    if (next >= length) this.#skip = next - length;
    else this.#append(bytes, next, length - next);
  }

  /** Says that no more bytes come; a record begun and not ended becomes a fault. */
  end(): void {
    if (this.#stopped) return;
    this.#fault = this.cut(this.#taken - this.#carried, this.#taken);
    this.#stop();
  }

  #stop(): void {
    this.#stopped = true;
    this.#carry = new Uint8Array(0);
    this.#carried = 0;
  }

  /** True where the bytes pushed so far end within a record. */
  protected get withinRecord(): boolean {
    return this.#carried > 0 || this.#skip > 0;
  }

  #append(bytes: Uint8Array, start: number, count: ByteCount): ByteCount {
    const needed = this.#carried + count;
    if (this.#carry.length < needed) {
      const grown = new Uint8Array(Math.max(needed, this.#carry.length * 2, FIRST_CARRY_SIZE));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes.subarray(start, start + count), this.#carried);
    this.#carried = needed;
    return count;
  }
}

/** Reads an unsigned 16-bit integer at `at`. */
export function readUint16(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian ? (bytes[at]! << 8) | bytes[at + 1]! : bytes[at]! | (bytes[at + 1]! << 8);
}

/** Reads an unsigned 32-bit integer at `at`. */
export function readUint32(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian
    ? ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    : (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
