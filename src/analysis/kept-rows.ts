/** Rows of a dropped part of a table that stay, since something that is held speaks of them. */
export class KeptRows {
  static readonly none = new KeptRows(new Uint32Array(0));

  /** `rows` in rising order, each once. */
  constructor(readonly rows: Uint32Array) {}

  /** Place of a row among them, or -1. */
  indexOf(row: number): number {
    const { rows } = this;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    return low < rows.length && rows[low] === row ? low : -1;
  }
}
