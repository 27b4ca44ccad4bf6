/**
 * Columns: one value a row in chunks of typed arrays, so that a table grows without moving what it holds.
 * One class for each element type, so that every access stays monomorphic.
 */

const CHUNK_BITS = 16;
/** Rows of one chunk. */
export const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;

export class Uint8Column {
  readonly #chunks: Uint8Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    if (chunk === this.#chunks.length) this.#chunks.push(new Uint8Array(CHUNK_ROWS));
    this.#chunks[chunk]![row & CHUNK_MASK] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint8Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint8Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint8Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
}

export class Uint16Column {
  readonly #chunks: Uint16Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    if (chunk === this.#chunks.length) this.#chunks.push(new Uint16Array(CHUNK_ROWS));
    this.#chunks[chunk]![row & CHUNK_MASK] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint16Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint16Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint16Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
}

export class Uint32Column {
  readonly #chunks: Uint32Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    if (chunk === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_ROWS));
    this.#chunks[chunk]![row & CHUNK_MASK] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Uint32Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
}

export class Float64Column {
  readonly #chunks: Float64Array[] = [];
  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]![row & CHUNK_MASK]!;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    if (chunk === this.#chunks.length) this.#chunks.push(new Float64Array(CHUNK_ROWS));
    this.#chunks[chunk]![row & CHUNK_MASK] = value;
  }
  /** Puts the first `count` values in the rows from `row` on. */
  setRows(row: number, values: Float64Array, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Float64Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.set(values.subarray(done, done + length), within);
      done += length;
    }
  }
  /** Puts one value in `count` rows from `row` on. */
  fillRows(row: number, value: number, count: number): void {
    for (let done = 0; done < count;) {
      const at = row + done;
      const chunk = at >>> CHUNK_BITS;
      if (chunk === this.#chunks.length) this.#chunks.push(new Float64Array(CHUNK_ROWS));
      const within = at & CHUNK_MASK;
      const length = Math.min(count - done, CHUNK_ROWS - within);
      this.#chunks[chunk]!.fill(value, within, within + length);
      done += length;
    }
  }
}
