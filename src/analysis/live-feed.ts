import type { AppendableByteStore, ByteStore } from '../capture/byte-store.ts';
import type { ByteCount, ByteOffset } from '../capture/units.ts';

/** Bytes read from the spool at once by who has fallen behind. */
const READ_BYTES: ByteCount = 1 << 20;
/** Bytes that wait in memory for the reader once the spool takes no more; then the stream waits. */
const MAXIMUM_WAITING: ByteCount = 16 << 20;

/**
 * The bytes of a live stream: put into a spool as they come, whoever reads them and however fast, so that they can be
 * read from the beginning again while more of them come. Where the spool takes no more (its disk or quota is full), the
 * stream goes on without being kept: to one reader, and nobody can begin anew.
 */
export class LiveFeed {
  readonly #spool: AppendableByteStore;
  /** The piece that was spooled last and where it begins: who has all before it need not read it again. */
  #last: { offset: ByteOffset; bytes: Uint8Array } | undefined;
  readonly #unkept: Uint8Array[] = [];
  #unkeptBytes: ByteCount = 0;
  #failure: string | undefined;
  #ended = false;
  #error: unknown;
  /** Counts the readings; an older one ends when another begins. */
  #readings = 0;
  #wakeReader: () => void = () => {};
  #wakePump: () => void = () => {};

  /** Begins to take the bytes of the stream at once. */
  constructor(stream: AsyncIterable<Uint8Array>, spool: AppendableByteStore) {
    this.#spool = spool;
    void this.#pump(stream);
  }

  /** Where the bytes lie, at the same offsets as in the stream. */
  get store(): ByteStore {
    return this.#spool;
  }

  /** Why bytes are no longer kept, one sentence; undefined while they are. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** All bytes from the beginning on, waiting for those to come; ends with the stream. Ends the reading before it. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const reading = ++this.#readings;
    this.#wakeReader();
    let offset: ByteOffset = 0;
    while (reading === this.#readings) {
      if (offset < this.#spool.size) {
        const last = this.#last;
        const bytes = last?.offset === offset ? last.bytes : await this.#spool.read(offset, READ_BYTES);
        offset += bytes.length;
        yield bytes;
        continue;
      }
      const unkept = this.#unkept.shift();
      if (unkept !== undefined) {
        this.#unkeptBytes -= unkept.length;
        this.#wakePump();
        yield unkept;
        continue;
      }
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    if (reading === this.#readings && this.#error !== undefined) throw this.#error;
  }

  async #pump(stream: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of stream) {
        if (piece.length === 0) continue;
        if (!(await this.#keep(piece))) {
          this.#unkept.push(piece);
          this.#unkeptBytes += piece.length;
          while (this.#unkeptBytes > MAXIMUM_WAITING && !this.#ended)
            await new Promise<void>((resolve) => {
              this.#wakePump = resolve;
            });
        }
        this.#wakeReader();
      }
    } catch (error) {
      this.#error = error;
    }
    this.#ended = true;
    this.#wakeReader();
  }

  /** False where the spool does not take the piece, nor any after it. */
  async #keep(piece: Uint8Array): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    const offset = this.#spool.size;
    try {
      await this.#spool.append(piece);
      this.#last = { offset, bytes: piece };
      return true;
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}
