import type { FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';
import { Float64Column, Uint16Column, Uint32Column, Uint8Column } from './column.ts';

/** Rows of one chunk of links, as a power of two. */
const CHUNK_BITS = 12;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** A further sighting of a message: the frame that showed it again, at another capture point. */
export interface Sighting {
  file: number;
  frame: FrameNumber;
  interfaceIndex: number;
  time: Nanoseconds;
}

/**
 * Further sightings of messages, in columns: about 24 bytes each. Rows that were seen once take nothing, but for
 * chunks of links in which another row has a sighting.
 */
export class SightingTable {
  count = 0;
  /** First sighting held. */
  #first = 0;
  readonly #row = new Uint32Column();
  readonly #file = new Uint8Column();
  readonly #frame = new Uint32Column();
  readonly #interface = new Uint16Column();
  readonly #time = new Float64Column();
  /** Index + 1 of the sighting of the same row before this one. */
  readonly #before = new Uint32Column();
  /** By row: index + 1 of its last sighting. */
  readonly #last: (Uint32Array | undefined)[] = [];
  /** By file: how many it has. */
  readonly #ofFile: number[] = [];

  /** Adds a sighting of a message, whose row may be still to come. */
  add(row: MessageRow, sighting: Sighting): void {
    const index = this.count++;
    this.#row.set(index, row);
    this.#file.set(index, sighting.file);
    this.#frame.set(index, sighting.frame);
    this.#interface.set(index, sighting.interfaceIndex);
    this.#time.set(index, sighting.time);
    const chunk = (this.#last[row >>> CHUNK_BITS] ??= new Uint32Array(CHUNK_MASK + 1));
    this.#before.set(index, chunk[row & CHUNK_MASK]!);
    chunk[row & CHUNK_MASK] = index + 1;
    this.#ofFile[sighting.file] = this.inFile(sighting.file) + 1;
  }

  /** At how many capture points a message was seen: 1 where no other one showed it. */
  countOf(row: MessageRow): number {
    if (this.count === 0) return 1;
    let count = 1;
    for (let index = this.#lastOf(row); index > this.#first; index = this.#before.get(index - 1)) count++;
    return count;
  }

  /** True for a message that another capture point showed too. */
  has(row: MessageRow): boolean {
    return this.count > 0 && this.#lastOf(row) > 0;
  }

  /** The further sightings of a message in the order seen. */
  of(row: MessageRow): Sighting[] {
    const found: Sighting[] = [];
    if (this.count === 0) return found;
    for (let index = this.#lastOf(row); index > this.#first; index = this.#before.get(index - 1))
      found.push(this.at(index - 1));
    return found.reverse();
  }

  /** A sighting by its index. */
  at(index: number): Sighting {
    return {
      file: this.#file.get(index),
      frame: this.#frame.get(index),
      interfaceIndex: this.#interface.get(index),
      time: this.#time.get(index),
    };
  }

  /** Row of the message that a sighting is of. */
  rowAt(index: number): MessageRow {
    return this.#row.get(index);
  }

  /** How many sightings a file has of messages that were seen elsewhere before. */
  inFile(file: number): number {
    return this.#ofFile[file] ?? 0;
  }

  /** Row of the message that a frame showed again; −1 where it showed none. Frames of a file come in order. */
  rowOfFrame(file: number, frame: FrameNumber, ordinal: number): MessageRow {
    let skipped = 0;
    for (let index = this.#first; index < this.count; index++)
      if (this.#frame.get(index) === frame && this.#file.get(index) === file && skipped++ === ordinal)
        return this.#row.get(index);
    return -1;
  }

  /** Bytes held. */
  get bytes(): number {
    const columns = [this.#row, this.#file, this.#frame, this.#interface, this.#time, this.#before];
    return columns.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Drops the sightings of messages before a row; they stand about in the order of the rows. */
  dropBefore(row: MessageRow): void {
    while (this.#first < this.count && this.#row.get(this.#first) < row) this.#first++;
    for (const column of [this.#row, this.#file, this.#frame, this.#interface, this.#time, this.#before])
      column.dropBefore(this.#first);
    for (let chunk = 0; chunk < row >>> CHUNK_BITS && chunk < this.#last.length; chunk++)
      this.#last[chunk] = undefined;
  }

  #lastOf(row: MessageRow): number {
    return this.#last[row >>> CHUNK_BITS]?.[row & CHUNK_MASK] ?? 0;
  }
}
