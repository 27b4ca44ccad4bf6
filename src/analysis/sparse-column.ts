import { Float64Column, Uint32Column } from './column.ts';

/** A number for few of the rows, which are set in rising order; NaN stands for none. Kept as runs of equal numbers. */
export class SparseFloat64Column {
  /** By run: its first row, and its number; the rows of a run go on to the next one. */
  readonly #from = new Uint32Column();
  readonly #number = new Float64Column(NaN);
  #runs = 0;
  /** First run held. */
  #first = 0;
  /** The row behind the last one that was set. */
  #next = 0;

  /** Bytes held. */
  get bytes(): number {
    return this.#from.bytes + this.#number.bytes;
  }

  get(row: number): number {
    if (row >= this.#next) return NaN;
    const run = this.#runOf(row);
    return run < 0 ? NaN : this.#number.get(run);
  }

  set(row: number, value: number): void {
    if (row > this.#next) this.#begin(this.#next, NaN);
    if (this.#runs === 0 || row > this.#next || this.#number.get(this.#runs - 1) !== value)
      this.#begin(row, value);
    this.#next = row + 1;
  }

  /** Frees the chunks of runs wholly before a row. */
  dropBefore(row: number): void {
    this.#first = Math.max(this.#first, this.#runOf(row));
    this.#from.dropBefore(this.#first);
    this.#number.dropBefore(this.#first);
  }

  /** The run that a row stands in, or -1 before the first one held. */
  #runOf(row: number): number {
    let low = this.#first;
    let high = this.#runs;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from.get(middle) <= row) low = middle + 1;
      else high = middle;
    }
    return low === this.#first ? -1 : low - 1;
  }

  #begin(row: number, value: number): void {
    this.#from.set(this.#runs, row);
    this.#number.set(this.#runs, value);
    this.#runs++;
  }
}
