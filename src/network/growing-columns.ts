import type { ByteCount } from '../capture/units.ts';

/** Values in a new column. */
const FIRST_CAPACITY = 64;
/** Slots in a new hash table; a power of two. */
const FIRST_SLOTS = 128;

function nextCapacity(capacity: number): number {
  return capacity + (capacity >> 1);
}

/** A column of signed 32-bit numbers that grows by half. Read it through `values`, anew after each `push`. */
export class GrowingInt32 {
  values = new Int32Array(FIRST_CAPACITY);
  length = 0;
  get byteLength(): ByteCount {
    return this.values.byteLength;
  }
  /** Adds a value and gives its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const values = new Int32Array(nextCapacity(this.length));
      values.set(this.values);
      this.values = values;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** A column of 16-bit numbers, as `GrowingInt32`. */
export class GrowingUint16 {
  values = new Uint16Array(FIRST_CAPACITY);
  length = 0;
  get byteLength(): ByteCount {
    return this.values.byteLength;
  }
  /** Adds a value and gives its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const values = new Uint16Array(nextCapacity(this.length));
      values.set(this.values);
      this.values = values;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** A column of 8-bit numbers, as `GrowingInt32`. */
export class GrowingUint8 {
  values = new Uint8Array(FIRST_CAPACITY);
  length = 0;
  get byteLength(): ByteCount {
    return this.values.byteLength;
  }
  /** Adds a value and gives its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const values = new Uint8Array(nextCapacity(this.length));
      values.set(this.values);
      this.values = values;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** Mixes a value into a 32-bit hash, so that values that differ in any bit spread over all slots. */
export function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x85ebca77);
  return mixed ^ (mixed >>> 13);
}

/**
 * Hash table with open addressing and linear probing that holds ids only; the caller compares what the ids
 * stand for. Walk with `first` and `next` until `at` gives -1: there `fill` puts the new id.
 */
export class SlotTable {
  /** Ids; -1 where a slot is free. */
  #ids = new Int32Array(FIRST_SLOTS).fill(-1);
  #mask = FIRST_SLOTS - 1;
  #used = 0;

  get byteLength(): ByteCount {
    return this.#ids.byteLength;
  }
  /** Slot where the search for a hash starts. */
  first(hash: number): number {
    return hash & this.#mask;
  }
  /** Slot after this one. */
  next(slot: number): number {
    return (slot + 1) & this.#mask;
  }
  /** Id in a slot, or -1 where it is free. */
  at(slot: number): number {
    return this.#ids[slot]!;
  }
  /** Puts an id into a free slot. True where the table is now more than three quarters full: then `grow` it. */
  fill(slot: number, id: number): boolean {
    this.#ids[slot] = id;
    this.#used++;
    return this.#used * 4 > this.#ids.length * 3;
  }
  /** Doubles the table and empties it; the caller inserts all ids again. */
  grow(): void {
    this.#ids = new Int32Array(this.#ids.length * 2).fill(-1);
    this.#mask = this.#ids.length - 1;
    this.#used = 0;
  }
  /** Puts an id that is not in the table yet. */
  insert(hash: number, id: number): void {
    let slot = hash & this.#mask;
    while (this.#ids[slot]! >= 0) slot = (slot + 1) & this.#mask;
    this.#ids[slot] = id;
    this.#used++;
  }
}
