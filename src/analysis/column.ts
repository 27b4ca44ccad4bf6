/**
 * Columns: one value a row in chunks of typed arrays, so that a table grows without moving what it holds.
 * One class for each element type, so that every access stays monomorphic.
 */

const CHUNK_BITS = 16;
/** Rows of one chunk. */
export const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;
/** Rows that a chunk begins with; the very first one, which small captures never outgrow, with fewer. */
const FIRST_ROWS = 1 << 14;
const VERY_FIRST_ROWS = 1 << 10;

/** Rows to make room for in a chunk that must hold `rows`: the last chunk of a table is seldom full. */
function sizeFor(chunk: number, rows: number): number {
  if (chunk === 0 && rows <= VERY_FIRST_ROWS) return VERY_FIRST_ROWS;
  return rows <= FIRST_ROWS ? FIRST_ROWS : CHUNK_ROWS;
}

export class Uint8Column {
  readonly #chunks: Uint8Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) this.#grow(chunk, within + 1);
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
  #grow(chunk: number, rows: number): void {
    const grown = new Uint8Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
  }
}

export class Uint16Column {
  readonly #chunks: Uint16Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) this.#grow(chunk, within + 1);
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
  #grow(chunk: number, rows: number): void {
    const grown = new Uint16Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
  }
}

export class Uint32Column {
  readonly #chunks: Uint32Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) this.#grow(chunk, within + 1);
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
  #grow(chunk: number, rows: number): void {
    const grown = new Uint32Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
  }
}

/**
 * Numbers of 32 bits of which most fit in 16: the upper halves of a chunk are kept only where one of them is needed.
 * Two bytes a row then, four otherwise.
 */
export class NarrowColumn {
  readonly #low: Uint16Array[] = [];
  readonly #high: (Uint16Array | undefined)[] = [];
  get(row: number): number {
    const chunk = row >>> CHUNK_BITS;
    const low = this.#low[chunk]![row & CHUNK_MASK]!;
    const high = this.#high[chunk];
    return high === undefined ? low : low + high[row & CHUNK_MASK]! * 0x10000;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#low.length || within >= this.#low[chunk]!.length) this.#grow(chunk, within + 1);
    this.#low[chunk]![within] = value & 0xffff;
    let high = this.#high[chunk];
    if (high === undefined) {
      if (value <= 0xffff) return;
      this.#high[chunk] = high = new Uint16Array(this.#low[chunk]!.length);
    }
    high[within] = value >>> 16;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint32Array, count: number): void {
    for (let index = 0; index < count; index++) this.set(row + index, values[index]!);
  }
  /** Puts one value, of 16 bits at most, in `count` rows from `row` on, where nothing stands yet. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      if (chunk === this.#low.length || within + length > this.#low[chunk]!.length)
        this.#grow(chunk, within + length);
      this.#low[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
  #grow(chunk: number, rows: number): void {
    const grown = new Uint16Array(sizeFor(chunk, rows));
    const before = this.#low[chunk];
    if (before !== undefined) grown.set(before);
    this.#low[chunk] = grown;
    const high = this.#high[chunk];
    if (high === undefined) return;
    const raised = new Uint16Array(grown.length);
    raised.set(high);
    this.#high[chunk] = raised;
  }
}

export class Float64Column {
  readonly #chunks: Float64Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#chunks.length || within >= this.#chunks[chunk]!.length) this.#grow(chunk, within + 1);
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
  #grow(chunk: number, rows: number): void {
    const grown = new Float64Array(sizeFor(chunk, rows));
    const before = this.#chunks[chunk];
    if (before !== undefined) grown.set(before);
    this.#chunks[chunk] = grown;
  }
}

/** A number for few of the rows, which are set in rising order; NaN stands for none. Kept as runs of equal numbers. */
export class SparseFloat64Column {
  /** By run: its first row, and its number; the rows of a run go on to the next one. */
  readonly #from = new Uint32Column();
  readonly #number = new Float64Column();
  #runs = 0;
  /** The row behind the last one that was set. */
  #next = 0;

  get(row: number): number {
    if (row >= this.#next) return NaN;
    let low = 0;
    let high = this.#runs;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from.get(middle) <= row) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? NaN : this.#number.get(low - 1);
  }

  set(row: number, value: number): void {
    if (row > this.#next) this.#begin(this.#next, NaN);
    if (this.#runs === 0 || row > this.#next || this.#number.get(this.#runs - 1) !== value)
      this.#begin(row, value);
    this.#next = row + 1;
  }

  #begin(row: number, value: number): void {
    this.#from.set(this.#runs, row);
    this.#number.set(this.#runs, value);
    this.#runs++;
  }
}
