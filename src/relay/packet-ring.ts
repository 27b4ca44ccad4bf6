import type { ByteCount } from '../capture/units.ts';

/** Whole blocks that are sent together. */
export interface RingItem {
  holds: 'packets' | 'tick';
  bytes: Uint8Array;
  /** Number of the first packet in it, or of the one that comes next. */
  first: number;
  count: number;
  /** Packets of each interface before it, since the stream began. */
  before: readonly number[];
  /** How many interfaces the stream had: its blocks are of no later ones. */
  interfaces: number;
}

/** A place in the ring, of somebody who reads it in order. */
export interface RingPlace {
  /** Number of the item that comes next. */
  item: number;
  /** Number of the packet that is expected next. */
  sequence: number;
  /** Packets of each interface up to there. */
  counts: readonly number[];
}

/** What a reader of the ring has missed because it came too late. */
export class RingLosses {
  packets = 0;
  /** Of each interface. */
  readonly byInterface: number[] = [];
}

/** Bytes that an item takes beside its blocks, roughly, and each of its counts; so that many small ones count too. */
const ITEM_COST: ByteCount = 200;
const COUNT_COST: ByteCount = 8;

/** The last blocks of a stream, up to a size; what is older is let go item by item. */
export class PacketRing {
  #items: (RingItem | undefined)[] = [];
  /** Items at the start of the array that are gone. */
  #gone = 0;
  /** Number of the first item of the array. */
  #base = 0;
  #bytes: ByteCount = 0;
  #next = 0;
  #counts: readonly number[] = [];

  constructor(readonly capacity: ByteCount) {}

  /** Bytes that are held. */
  get bytes(): ByteCount {
    return this.#bytes;
  }
  /** Number of the oldest packet that is held, or of the next where none is. */
  get firstSequence(): number {
    return this.#items[this.#gone]?.first ?? this.#next;
  }
  /** Number of the packet that comes next. */
  get nextSequence(): number {
    return this.#next;
  }

  /** Adds an item; `counts` are the packets of each interface up to its end. The newest item always stays. */
  add(item: RingItem, counts: readonly number[]): void {
    this.#items.push(item);
    this.#bytes += costOf(item);
    this.#next = item.first + item.count;
    this.#counts = counts;
    while (this.#bytes > this.capacity && this.#gone < this.#items.length - 1) {
      this.#bytes -= costOf(this.#items[this.#gone]!);
      this.#items[this.#gone++] = undefined;
    }
    if (this.#gone > this.#items.length / 2 && this.#gone > 1024) {
      this.#base += this.#gone;
      this.#items = this.#items.slice(this.#gone);
      this.#gone = 0;
    }
  }

  /** The place of the oldest item that is held. */
  oldest(): RingPlace {
    return this.#placeAt(this.#gone);
  }

  /**
   * The place where packet `sequence` comes next, or the oldest held after it; undefined where the stream has not come
   * so far.
   */
  placeOf(sequence: number): RingPlace | undefined {
    if (sequence > this.#next) return undefined;
    let low = this.#gone;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#items[middle]!.first < sequence) low = middle + 1;
      else high = middle;
    }
    return this.#placeAt(low);
  }

  /** Gives the item at a place and moves the place behind it; counts what was let go before. Undefined at the end. */
  take(place: RingPlace, losses: RingLosses): RingItem | undefined {
    const index = Math.max(place.item - this.#base, this.#gone);
    const item = this.#items[index];
    if (item === undefined) return undefined;
    if (item.first > place.sequence) {
      losses.packets += item.first - place.sequence;
      item.before.forEach((count, point) => {
        const missed = count - (place.counts[point] ?? 0);
        if (missed > 0) losses.byInterface[point] = (losses.byInterface[point] ?? 0) + missed;
      });
    }
    place.item = this.#base + index + 1;
    place.sequence = item.first + item.count;
    place.counts = this.#items[index + 1]?.before ?? this.#counts;
    return item;
  }

  #placeAt(index: number): RingPlace {
    const item = this.#items[index];
    return {
      item: this.#base + index,
      sequence: item?.first ?? this.#next,
      counts: item?.before ?? this.#counts,
    };
  }
}

function costOf({ bytes, before }: RingItem): ByteCount {
  return bytes.length + ITEM_COST + before.length * COUNT_COST;
}
