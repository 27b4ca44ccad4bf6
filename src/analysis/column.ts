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
}
