import { LONGEST_CODE, TABLE_MASK, type HuffmanCode } from './huffman-code.ts';

/** Bits taken from bytes that come in pieces, lowest bit first (RFC 1951 §3.1.1). */
export class BitInput {
  bytes: Uint8Array = new Uint8Array(0);
  /** Next byte of `bytes` that is not in `hold`. */
  position = 0;
  /** Bits taken from `bytes` and not used yet, lowest first; the bits above them are 0. */
  hold = 0;
  /** How many bits lie in `hold`, at most 31. */
  bits = 0;
  #markedPosition = 0;
  #markedHold = 0;
  #markedBits = 0;

  /** The bytes that are not used, the ones with all their bits in `hold` included. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.position - (this.bits >> 3));
  }

  /** Forgets everything. */
  reset(): void {
    this.bytes = new Uint8Array(0);
    this.position = 0;
    this.hold = 0;
    this.bits = 0;
  }

  /** Puts more bytes after those that are left; only the few that are left are copied, with the new ones. */
  feed(bytes: Uint8Array): void {
    // Whole bytes in `hold` go back, so that they are never counted to bytes that are gone.
    this.position -= this.bits >> 3;
    this.bits &= 7;
    this.hold &= (1 << this.bits) - 1;
    const left = this.bytes.length - this.position;
    if (left === 0) this.bytes = bytes;
    else {
      const joined = new Uint8Array(left + bytes.length);
      joined.set(this.bytes.subarray(this.position));
      joined.set(bytes, left);
      this.bytes = joined;
    }
    this.position = 0;
  }

  /** Makes at least `count` (at most 24) bits lie in `hold`; false where there are no more. */
  need(count: number): boolean {
    while (this.bits < count) {
      if (this.position >= this.bytes.length) return false;
      this.hold |= this.bytes[this.position++]! << this.bits;
      this.bits += 8;
    }
    return true;
  }

  /** Uses up `count` bits of `hold`. */
  drop(count: number): void {
    this.hold >>>= count;
    this.bits -= count;
  }

  /** Uses up `count` bits of `hold` and gives their value. */
  take(count: number): number {
    const value = this.hold & ((1 << count) - 1);
    this.drop(count);
    return value;
  }

  /** Remembers this place for `back`. */
  mark(): void {
    this.#markedPosition = this.position;
    this.#markedHold = this.hold;
    this.#markedBits = this.bits;
  }

  /** Goes back to the marked place, because what begins there is not complete. */
  back(): void {
    this.position = this.#markedPosition;
    this.hold = this.#markedHold;
    this.bits = this.#markedBits;
  }

  /**
   * Finds the next code, which stays in `hold`: symbol × 16 + length; 0 where no code fits, undefined where its
   * bits have not come.
   */
  nextEntry(code: HuffmanCode): number | undefined {
    this.need(LONGEST_CODE);
    let entry = code.table[this.hold & TABLE_MASK]!;
    if (entry === 0) entry = code.long(this.hold);
    if (entry === 0) return this.bits >= LONGEST_CODE ? 0 : undefined;
    // Bits that have not come read as zero; a code that needs them is none yet.
    return (entry & 15) <= this.bits ? entry : undefined;
  }
}
