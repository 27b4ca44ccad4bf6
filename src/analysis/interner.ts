import { hashBytes } from '../coap/message-batch.ts';

/** Different texts that are numbered; what comes later has no number and is read from its bytes. */
export const MAXIMUM_TEXTS = 1 << 20;
/** Bytes of all texts together. */
const MAXIMUM_BYTES = 64 << 20;
/** Bytes that a path or a query of many segments has at most, in a datagram. */
const LONGEST_TEXT = 1 << 16;

/**
 * Numbers texts by their UTF-8 bytes: equal bytes, equal number. Keeps the bytes in one array and makes a string
 * only when somebody looks. Number 0 is the absent text.
 */
export class Interner {
  #slots = new Int32Array(1024);
  #hashes = new Uint32Array(512);
  #starts = new Uint32Array(513);
  #bytes = new Uint8Array(16 << 10);
  #count = 1;
  #used = 0;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();

  /** Bytes of the texts and of what finds them. */
  get bytes(): number {
    return this.#bytes.length + 4 * (this.#slots.length + this.#hashes.length + this.#starts.length);
  }

  /** True where a text that is new has no number any more. */
  get isFull(): boolean {
    return this.#count >= MAXIMUM_TEXTS || this.#used > MAXIMUM_BYTES - LONGEST_TEXT;
  }

  /** Number of texts, the absent one included. */
  get count(): number {
    return this.#count;
  }

  /** The number of the text in `bytes[start..end)`; 0 where the table is full. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let id = this.#slots[slot]!; id !== 0; id = this.#slots[slot]!) {
      if (this.#hashes[id] === hash && this.#equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    const length = end - start;
    if (this.#count >= MAXIMUM_TEXTS || this.#used + length > MAXIMUM_BYTES) return 0;
    const id = this.#count++;
    if (id + 1 >= this.#hashes.length) this.#growTexts();
    if (this.#used + length > this.#bytes.length) this.#growBytes(this.#used + length);
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#hashes[id] = hash;
    this.#starts[id] = this.#used;
    this.#used += length;
    this.#starts[id + 1] = this.#used;
    this.#slots[slot] = id;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  /** The number of a string. */
  internText(text: string): number {
    const bytes = this.#encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  /** The text of a number; empty for 0. */
  text(id: number): string {
    if (id === 0) return '';
    return this.#decoder.decode(this.#bytes.subarray(this.#starts[id]!, this.#starts[id + 1]!));
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[id]!;
    if (this.#starts[id + 1]! - from !== end - start) return false;
    for (let index = start, own = from; index < end; index++, own++)
      if (this.#bytes[own] !== bytes[index]) return false;
    return true;
  }

  #growTexts(): void {
    const hashes = new Uint32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const starts = new Uint32Array(hashes.length + 1);
    starts.set(this.#starts);
    this.#starts = starts;
  }

  #growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 1; id < this.#count; id++) {
      let slot = this.#hashes[id]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id;
    }
  }
}
