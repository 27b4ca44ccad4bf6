import type { MessageRow, Nanoseconds } from '../capture/units.ts';

const FIRST_CAPACITY = 4096;
const NONE = -1;
/** Entries of one key that are looked at; a key that comes more often is no use for matching. */
const MOST_LOOKED_AT = 16;

/**
 * Rows by a key of three numbers, each forgotten a fixed time after it was added. The newest entry of a key is
 * found first. Typed arrays in a ring: entries leave in the order in which they came, nothing is allocated.
 */
export class ExpiringTable {
  #capacity = FIRST_CAPACITY;
  /** Sequence numbers of the oldest entry and of the next one to be added. */
  #oldest = 0;
  #next = 0;
  #heads = new Int32Array(FIRST_CAPACITY * 2).fill(NONE);
  #key1 = new Uint32Array(FIRST_CAPACITY);
  #key2 = new Uint32Array(FIRST_CAPACITY);
  #key3 = new Uint32Array(FIRST_CAPACITY);
  #rows = new Uint32Array(FIRST_CAPACITY);
  #hashes = new Uint32Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  /** Next older entry of the same bucket, by sequence number. */
  #chain = new Int32Array(FIRST_CAPACITY);

  /** What the last successful `find` or `older` stands on. */
  row: MessageRow = 0;
  hash = 0;
  time: Nanoseconds = 0;
  /** Key of the last `find`, and sequence number of the entry to look at next. */
  #wanted1 = 0;
  #wanted2 = 0;
  #wanted3 = 0;
  #following = NONE;
  #left = 0;

  constructor(private readonly lifetime: Nanoseconds) {}

  /** Number of entries that are kept. */
  get size(): number {
    return this.#next - this.#oldest;
  }

  /** Looks for the newest entry of a key; sets `row`, `hash` and `time` where there is one. */
  find(key1: number, key2: number, key3: number): boolean {
    this.#wanted1 = key1;
    this.#wanted2 = key2;
    this.#wanted3 = key3;
    this.#following = this.#heads[bucketOf(key1, key2, key3) & (this.#capacity * 2 - 1)]!;
    this.#left = MOST_LOOKED_AT;
    return this.older();
  }

  /** Goes on to the next older of the key's newest entries; `add` must not have come between. */
  older(): boolean {
    if (this.#left-- === 0) return false;
    const mask = this.#capacity - 1;
    let sequence = this.#following;
    while (sequence >= this.#oldest) {
      const slot = sequence & mask;
      if (
        this.#key1[slot] === this.#wanted1 &&
        this.#key2[slot] === this.#wanted2 &&
        this.#key3[slot] === this.#wanted3
      ) {
        this.row = this.#rows[slot]!;
        this.hash = this.#hashes[slot]!;
        this.time = this.#times[slot]!;
        this.#following = this.#chain[slot]!;
        return true;
      }
      sequence = this.#chain[slot]!;
    }
    this.#left = 0;
    return false;
  }

  /** Adds an entry at `time` (capture clock, never going back) and forgets those whose time is over. */
  add(key1: number, key2: number, key3: number, row: MessageRow, hash: number, time: Nanoseconds): void {
    this.forget(time);
    if (this.#next - this.#oldest === this.#capacity) this.#grow();
    const mask = this.#capacity - 1;
    const sequence = this.#next++;
    const slot = sequence & mask;
    const bucket = bucketOf(key1, key2, key3) & (mask * 2 + 1);
    this.#key1[slot] = key1;
    this.#key2[slot] = key2;
    this.#key3[slot] = key3;
    this.#rows[slot] = row;
    this.#hashes[slot] = hash;
    this.#times[slot] = time;
    // A chain may lead to entries that have left; `find` stops there, for the older ones have left too.
    this.#chain[slot] = this.#heads[bucket]!;
    this.#heads[bucket] = sequence;
  }

  /** Forgets the entries whose time is over at `time` (capture clock). */
  forget(time: Nanoseconds): void {
    const before = time - this.lifetime;
    const mask = this.#capacity - 1;
    while (this.#oldest < this.#next && this.#times[this.#oldest & mask]! < before) this.#oldest++;
  }

  #grow(): void {
    const oldMask = this.#capacity - 1;
    const capacity = this.#capacity * 2;
    const mask = capacity - 1;
    const move = <T extends Uint32Array | Float64Array | Int32Array>(from: T, to: T): T => {
      for (let sequence = this.#oldest; sequence < this.#next; sequence++)
        to[sequence & mask] = from[sequence & oldMask]!;
      return to;
    };
    this.#key1 = move(this.#key1, new Uint32Array(capacity));
    this.#key2 = move(this.#key2, new Uint32Array(capacity));
    this.#key3 = move(this.#key3, new Uint32Array(capacity));
    this.#rows = move(this.#rows, new Uint32Array(capacity));
    this.#hashes = move(this.#hashes, new Uint32Array(capacity));
    this.#times = move(this.#times, new Float64Array(capacity));
    this.#capacity = capacity;
    this.#chain = new Int32Array(capacity);
    this.#heads = new Int32Array(capacity * 2).fill(NONE);
    for (let sequence = this.#oldest; sequence < this.#next; sequence++) {
      const slot = sequence & mask;
      const bucket = bucketOf(this.#key1[slot]!, this.#key2[slot]!, this.#key3[slot]!) & (mask * 2 + 1);
      this.#chain[slot] = this.#heads[bucket]!;
      this.#heads[bucket] = sequence;
    }
  }
}

function bucketOf(key1: number, key2: number, key3: number): number {
  let hash = Math.imul(key1 ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + key2, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + key3, 0x27d4eb2f);
  return (hash ^ (hash >>> 16)) >>> 0;
}
