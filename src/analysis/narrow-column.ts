import { CHUNK_BITS, CHUNK_MASK, CHUNK_ROWS, sizeFor } from './column.ts';
import { KeptRows } from './kept-rows.ts';

/**
 * Numbers of 32 bits of which most fit in 16: the upper halves of a chunk are kept only where one of them is needed.
 * Two bytes a row then, four otherwise.
 */
export class NarrowColumn {
  readonly #low: Uint16Array[] = [];
  readonly #high: (Uint16Array | undefined)[] = [];
  /** Chunks dropped: their arrays are empty, so that reading them finds nothing without asking first. */
  #dropped = 0;
  #kept = KeptRows.none;
  #keptValues = new Uint32Array(0);
  /** Bytes held. */
  bytes = 0;

  /** `none` is what a dropped row reads as. */
  constructor(private readonly none = 0) {}

  get(row: number): number {
    const chunk = row >>> CHUNK_BITS;
    const low = this.#low[chunk]![row & CHUNK_MASK] ?? this.#ofDropped(row);
    const high = this.#high[chunk];
    return high === undefined ? low : low + high[row & CHUNK_MASK]! * 0x10000;
  }
  set(row: number, value: number): void {
    const chunk = row >>> CHUNK_BITS;
    const within = row & CHUNK_MASK;
    if (chunk === this.#low.length || within >= this.#low[chunk]!.length) {
      if (chunk < this.#dropped) {
        const at = this.#kept.indexOf(row);
        if (at >= 0) this.#keptValues[at] = value;
        return;
      }
      this.#grow(chunk, within + 1);
    }
    this.#low[chunk]![within] = value & 0xffff;
    let high = this.#high[chunk];
    if (high === undefined) {
      if (value <= 0xffff) return;
      this.#high[chunk] = high = new Uint16Array(this.#low[chunk]!.length);
      this.bytes += high.byteLength;
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
  /** Frees the chunks wholly before a row; the values of the `kept` rows among them stay. */
  dropBefore(row: number, kept = KeptRows.none): void {
    const values = new Uint32Array(kept.rows.length);
    for (let at = 0; at < values.length; at++) values[at] = this.get(kept.rows[at]!);
    for (; this.#dropped < Math.min(row >>> CHUNK_BITS, this.#low.length); this.#dropped++) {
      this.bytes -= this.#low[this.#dropped]!.byteLength + (this.#high[this.#dropped]?.byteLength ?? 0);
      this.#low[this.#dropped] = new Uint16Array(0);
      this.#high[this.#dropped] = undefined;
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
    const before = this.#low[chunk];
    if (before !== undefined) grown.set(before);
    this.#low[chunk] = grown;
    this.bytes += grown.byteLength - (before?.byteLength ?? 0);
    const high = this.#high[chunk];
    if (high === undefined) return;
    const raised = new Uint16Array(grown.length);
    raised.set(high);
    this.#high[chunk] = raised;
    this.bytes += raised.byteLength - high.byteLength;
  }
}
