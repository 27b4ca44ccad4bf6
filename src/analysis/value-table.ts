import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { CHUNK_ROWS, Float64Column, Uint16Column, Uint32Column, Uint8Column } from './column.ts';
import { NarrowColumn } from './narrow-column.ts';
import { SparseFloat64Column } from './sparse-column.ts';

const NONE = 0xffff;

/** Value paths (object, instance, resource, resource instance) by number; each path once. */
export class ValuePaths {
  #slots = new Int32Array(1024).fill(-1);
  /** Four ids a path; -1 for a level it does not have, for 65535 is reserved and yet seen (LwM2M Core §7.4). */
  #ids = new Int32Array(4 * 256);
  count = 0;

  /** Number of a path; levels it does not have are -1. */
  number(objectId: number, instanceId: number, resourceId: number, resourceInstanceId: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixIds(objectId, instanceId, resourceId, resourceInstanceId) & mask;
    for (let path = this.#slots[slot]!; path >= 0; path = this.#slots[slot]!) {
      const at = path * 4;
      if (
        this.#ids[at] === objectId &&
        this.#ids[at + 1] === instanceId &&
        this.#ids[at + 2] === resourceId &&
        this.#ids[at + 3] === resourceInstanceId
      )
        return path;
      slot = (slot + 1) & mask;
    }
    const path = this.count++;
    if (path * 4 === this.#ids.length) {
      const ids = new Int32Array(this.#ids.length * 2);
      ids.set(this.#ids);
      this.#ids = ids;
    }
    const at = path * 4;
    this.#ids[at] = objectId;
    this.#ids[at + 1] = instanceId;
    this.#ids[at + 2] = resourceId;
    this.#ids[at + 3] = resourceInstanceId;
    this.#slots[slot] = path;
    if (this.count * 2 > this.#slots.length) this.#rehash();
    return path;
  }

  /** One level of a path: 0 object to 3 resource instance; -1 where the path does not have it. */
  id(path: number, level: 0 | 1 | 2 | 3): number {
    return this.#ids[path * 4 + level]!;
  }

  /** A path as text, such as `/3/0/9`. */
  text(path: number): string {
    let text = '';
    for (const level of [0, 1, 2, 3] as const) {
      const id = this.id(path, level);
      if (id >= 0) text += `/${id}`;
    }
    return text;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (let path = 0; path < this.count; path++) {
      const at = path * 4;
      let slot = mixIds(this.#ids[at]!, this.#ids[at + 1]!, this.#ids[at + 2]!, this.#ids[at + 3]!) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = path;
    }
  }
}

function mixIds(object: number, instance: number, resource: number, resourceInstance: number): number {
  let hash = Math.imul((object << 16) | (instance & NONE), 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash ^ ((resource << 16) | (resourceInstance & NONE)), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One row a value that crossed the wire, in capture order: 20 bytes, and 12 for each run of equal times of their own. Text and bytes stay in the message. */
export class ValueTable {
  count = 0;
  /** First value row held; older ones were dropped. */
  first = 0;
  readonly message = new Uint32Column(NO_ROW);
  readonly path = new NarrowColumn();
  readonly number = new Float64Column(NaN);
  /** Range of the value's bytes in the content (payload, or body of a transfer). */
  readonly start = new Uint16Column();
  readonly length = new Uint16Column();
  readonly type = new Uint8Column();
  readonly doubts = new Uint8Column();
  /** The value's own time in seconds, of the few that have one; NaN for the others. */
  readonly time = new SparseFloat64Column();
  readonly paths = new ValuePaths();

  add(
    message: MessageRow,
    path: number,
    number: number,
    start: number,
    length: number,
    type: number,
    doubts: number,
    time: number,
  ): void {
    const row = this.count++;
    this.message.set(row, message);
    this.path.set(row, path);
    this.number.set(row, number);
    this.start.set(row, Math.min(start, NONE));
    this.length.set(row, Math.min(length, NONE));
    this.type.set(row, type);
    this.doubts.set(row, doubts);
    if (!Number.isNaN(time)) this.time.set(row, time);
  }

  /** End of a value's bytes in a content of `contentLength` bytes; a value as long as a column holds ends with it. */
  end(row: number, contentLength: number): number {
    const length = this.length.get(row);
    return length === NONE ? contentLength : this.start.get(row) + length;
  }

  /** First value row of a message, or -1; values stand in message order. */
  firstOf(message: MessageRow): number {
    const row = this.#from(message);
    return row < this.count && this.message.get(row) === message ? row : -1;
  }

  /** Drops what stands in messages before a row; gives how many values that are. The chunk it begins in stays. */
  dropBefore(message: MessageRow): number {
    const first = this.#from(message);
    const dropped = first - this.first;
    if (dropped === 0) return 0;
    this.first = first;
    const columns = [this.message, this.path, this.number, this.start, this.length, this.type, this.doubts];
    for (const column of columns) column.dropBefore(first - (first % CHUNK_ROWS));
    this.time.dropBefore(first);
    return dropped;
  }

  /** Bytes that the values take. */
  get bytes(): number {
    const columns = [this.message, this.path, this.number, this.start, this.length, this.type, this.doubts];
    return columns.reduce((sum, { bytes }) => sum + bytes, this.time.bytes);
  }

  /** The first value row held of a message, or of one after it. */
  #from(message: MessageRow): number {
    let low = this.first;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.message.get(middle) < message) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
