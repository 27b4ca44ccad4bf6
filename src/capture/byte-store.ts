import type { ByteCount, ByteOffset } from './units.ts';

/**
 * Where a capture's bytes lie. The one way to bytes below everything else: a file as it is, or a spool that
 * grows (gzip, standard input, live). Bytes never change once they are there; `read` may give fewer than
 * asked for at the end, and none for a range that is gone.
 */
export interface ByteStore {
  /** Bytes that can be read now. */
  readonly size: ByteCount;
  /**
   * Reads `length` bytes from `offset`; shorter where the store ends, empty where the range is gone.
   * Rejects only where the medium fails (a removed file).
   */
  read(offset: ByteOffset, length: ByteCount): Promise<Uint8Array>;
  /** Frees what the store holds (memory, a temporary file). */
  close(): Promise<void>;
}

/** A byte store that grows at its end. */
export interface AppendableByteStore extends ByteStore {
  /** Rejects where there is no room; what was appended before stays. */
  append(bytes: Uint8Array): Promise<void>;
}

/** A `Blob` or `File` read where it lies; in the page this copies nothing. */
export class BlobStore implements ByteStore {
  readonly size: ByteCount;
  constructor(private readonly blob: Blob) {
    this.size = blob.size;
  }
  async read(offset: ByteOffset, length: ByteCount): Promise<Uint8Array> {
    return new Uint8Array(await this.blob.slice(offset, offset + length).arrayBuffer());
  }
  async close(): Promise<void> {}
}

/** A spool in memory, for what is small or where no private storage exists. Keeps the chunks as they came. */
export class MemoryStore implements AppendableByteStore {
  /** `limit` is how many bytes it takes; what would be more is refused. */
  constructor(private readonly limit: ByteCount = Infinity) {}

  #chunks: Uint8Array[] = [];
  /** Start offset of each chunk. */
  #starts: ByteOffset[] = [];
  #size: ByteCount = 0;

  get size(): ByteCount {
    return this.#size;
  }
  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#size + bytes.length > this.limit) throw new Error(`memory keeps at most ${this.limit} bytes`);
    this.#chunks.push(bytes.slice());
    this.#starts.push(this.#size);
    this.#size += bytes.length;
  }
  async read(offset: ByteOffset, length: ByteCount): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.#size);
    if (offset >= end) return new Uint8Array(0);
    const result = new Uint8Array(end - offset);
    let index = this.#chunkAt(offset);
    let position = offset;
    while (position < end) {
      const chunk = this.#chunks[index]!;
      const within = position - this.#starts[index]!;
      const count = Math.min(chunk.length - within, end - position);
      result.set(chunk.subarray(within, within + count), position - offset);
      position += count;
      index++;
    }
    return result;
  }
  async close(): Promise<void> {
    this.#chunks = [];
    this.#starts = [];
    this.#size = 0;
  }
  #chunkAt(offset: ByteOffset): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
