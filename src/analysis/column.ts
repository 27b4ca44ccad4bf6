/**
 * Columns: one value a row in chunks of typed arrays, so that a table grows without moving what it holds.
 * One class for each element type, so that every access stays monomorphic. The oldest chunks can be dropped: rows keep
 * their numbers, and a few of the dropped ones can stay with their values.
 */

import { KeptRows } from './kept-rows.ts';

export const CHUNK_BITS = 16;
/** Rows of one chunk. */
export const CHUNK_ROWS = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK_ROWS - 1;
/** Rows that a chunk begins with; the very first one, which small captures never outgrow, with fewer. */
const FIRST_ROWS = 1 << 14;
const VERY_FIRST_ROWS = 1 << 10;

/** Rows to make room for in a chunk that must hold `rows`: the last chunk of a table is seldom full. */
export function sizeFor(chunk: number, rows: number): number {
  if (chunk === 0 && rows <= VERY_FIRST_ROWS) return VERY_FIRST_ROWS;
  return rows <= FIRST_ROWS ? FIRST_ROWS : CHUNK_ROWS;
}

export class Uint8Column {
  readonly #chunks: Uint8Array[] = [];
  /** Chunks dropped: their arrays are empty, so that reading them finds nothing without asking first. */
  #dropped = 0;
  #kept = KeptRows.none;
  #keptValues = new Uint8Array(0);
  /** Bytes held. */
  bytes = 0;

  /** `none` is what a dropped row reads as. */
  constructor(private readonly none = 0) {}

  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK] ?? this.#ofDropped(row);
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) {
      if (chunk < this.#dropped) {
        const at = this.#kept.indexOf(row);
        if (at >= 0) this.#keptValues[at] = value;
        return;
      }
      this.#grow(chunk, within + 1);
    }
    this.#chunks[chunk]![within] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint8Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
  /** Frees the chunks wholly before a row; the values of the `kept` rows among them stay. */
  dropBefore(row: number, kept = KeptRows.none): void {
    const values = new Uint8Array(kept.rows.length);
    for (let at = 0; at < values.length; at++) values[at] = this.get(kept.rows[at]!);
    for (; this.#dropped < Math.min(row >>> CHUNK_BITS, this.#chunks.length); this.#dropped++) {
      this.bytes -= this.#chunks[this.#dropped]!.byteLength;
      this.#chunks[this.#dropped] = new Uint8Array(0);
    }
    this.bytes += values.byteLength - this.#keptValues.byteLength;
    this.#kept = kept;
    this.#keptValues = values;
  }
  #ofDropped(row: number): number {
    const at = this.#kept.indexOf(row);
    return at < 0 ? this.none : this.#keptValues[at]!;
  }
  #grow(chunk: number, rows: number): void {
    const grown = new Uint8Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
    this.bytes += grown.byteLength - (before?.byteLength ?? 0);
  }
}

export class Uint16Column {
  readonly #chunks: Uint16Array[] = [];
  /** Chunks dropped: their arrays are empty, so that reading them finds nothing without asking first. */
  #dropped = 0;
  #kept = KeptRows.none;
  #keptValues = new Uint16Array(0);
  /** Bytes held. */
  bytes = 0;

  /** `none` is what a dropped row reads as. */
  constructor(private readonly none = 0) {}

  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK] ?? this.#ofDropped(row);
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) {
      if (chunk < this.#dropped) {
        const at = this.#kept.indexOf(row);
        if (at >= 0) this.#keptValues[at] = value;
        return;
      }
      this.#grow(chunk, within + 1);
    }
    this.#chunks[chunk]![within] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint16Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
  /** Frees the chunks wholly before a row; the values of the `kept` rows among them stay. */
  dropBefore(row: number, kept = KeptRows.none): void {
    const values = new Uint16Array(kept.rows.length);
    for (let at = 0; at < values.length; at++) values[at] = this.get(kept.rows[at]!);
    for (; this.#dropped < Math.min(row >>> CHUNK_BITS, this.#chunks.length); this.#dropped++) {
      this.bytes -= this.#chunks[this.#dropped]!.byteLength;
      this.#chunks[this.#dropped] = new Uint16Array(0);
    }
    this.bytes += values.byteLength - this.#keptValues.byteLength;
    this.#kept = kept;
    this.#keptValues = values;
  }
  #ofDropped(row: number): number {
    const at = this.#kept.indexOf(row);
    return at < 0 ? this.none : this.#keptValues[at]!;
  }
  #grow(chunk: number, rows: number): void {
    const grown = new Uint16Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
    this.bytes += grown.byteLength - (before?.byteLength ?? 0);
  }
}

export class Uint32Column {
  readonly #chunks: Uint32Array[] = [];
  /** Chunks dropped: their arrays are empty, so that reading them finds nothing without asking first. */
  #dropped = 0;
  #kept = KeptRows.none;
  #keptValues = new Uint32Array(0);
  /** Bytes held. */
  bytes = 0;

  /** `none` is what a dropped row reads as. */
  constructor(private readonly none = 0) {}

  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK] ?? this.#ofDropped(row);
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) {
      if (chunk < this.#dropped) {
        const at = this.#kept.indexOf(row);
        if (at >= 0) this.#keptValues[at] = value;
        return;
      }
      this.#grow(chunk, within + 1);
    }
    this.#chunks[chunk]![within] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint32Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
  /** Frees the chunks wholly before a row; the values of the `kept` rows among them stay. */
  dropBefore(row: number, kept = KeptRows.none): void {
    const values = new Uint32Array(kept.rows.length);
    for (let at = 0; at < values.length; at++) values[at] = this.get(kept.rows[at]!);
    for (; this.#dropped < Math.min(row >>> CHUNK_BITS, this.#chunks.length); this.#dropped++) {
      this.bytes -= this.#chunks[this.#dropped]!.byteLength;
      this.#chunks[this.#dropped] = new Uint32Array(0);
    }
    this.bytes += values.byteLength - this.#keptValues.byteLength;
    this.#kept = kept;
    this.#keptValues = values;
  }
  #ofDropped(row: number): number {
    const at = this.#kept.indexOf(row);
    return at < 0 ? this.none : this.#keptValues[at]!;
  }
  #grow(chunk: number, rows: number): void {
    const grown = new Uint32Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
    this.bytes += grown.byteLength - (before?.byteLength ?? 0);
  }
}

export class Float64Column {
  readonly #chunks: Float64Array[] = [];
  /** Chunks dropped: their arrays are empty, so that reading them finds nothing without asking first. */
  #dropped = 0;
  #kept = KeptRows.none;
  #keptValues = new Float64Array(0);
  /** Bytes held. */
  bytes = 0;

  /** `none` is what a dropped row reads as. */
  constructor(private readonly none = 0) {}

  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK] ?? this.#ofDropped(row);
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) {
      if (chunk < this.#dropped) {
        const at = this.#kept.indexOf(row);
        if (at >= 0) this.#keptValues[at] = value;
        return;
      }
      this.#grow(chunk, within + 1);
    }
    this.#chunks[chunk]![within] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Float64Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#chunks.length || within + length > this.#chunks[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
  /** Frees the chunks wholly before a row; the values of the `kept` rows among them stay. */
  dropBefore(row: number, kept = KeptRows.none): void {
    const values = new Float64Array(kept.rows.length);
    for (let at = 0; at < values.length; at++) values[at] = this.get(kept.rows[at]!);
    for (; this.#dropped < Math.min(row >>> CHUNK_BITS, this.#chunks.length); this.#dropped++) {
      this.bytes -= this.#chunks[this.#dropped]!.byteLength;
      this.#chunks[this.#dropped] = new Float64Array(0);
    }
    this.bytes += values.byteLength - this.#keptValues.byteLength;
    this.#kept = kept;
    this.#keptValues = values;
  }
  #ofDropped(row: number): number {
    const at = this.#kept.indexOf(row);
    return at < 0 ? this.none : this.#keptValues[at]!;
  }
  #grow(chunk: number, rows: number): void {
    const grown = new Float64Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
    this.bytes += grown.byteLength - (before?.byteLength ?? 0);
  }
}
