import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { CompiledFilter } from './filter/compile.ts';
import type { MessageTable } from './message-table.ts';

/** Rows tested between two looks at the clock. */
const ROWS_A_STEP = 20_000;

/** The rows that pass the filter in force, in capture order; all rows without a filter. */
export class ShownRows {
  #filter: CompiledFilter | undefined;
  #rows = new Uint32Array(0);
  #count = 0;
  /** Rows of the table that were tested. */
  #tested = 0;
  #generation = 0;

  constructor(private readonly messages: MessageTable) {}

  get count(): number {
    return this.#filter === undefined ? this.messages.count : this.#count;
  }

  get filtered(): boolean {
    return this.#filter !== undefined;
  }

  /** Counts the filters put in force. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether a row passes the filter in force; for views that show other things than the list. */
  passes(row: MessageRow): boolean {
    return this.#filter === undefined || this.#filter.test(row);
  }

  /** The row at an index of the list. */
  row(index: number): MessageRow {
    return this.#filter === undefined ? index : this.#rows[index]!;
  }

  /** Index of a row, or of the next one that is shown; -1 where none follows. */
  indexOf(row: MessageRow): number {
    const index = this.#lowerBound((index) => this.row(index) >= row);
    return index < this.count ? index : -1;
  }

  /** Index of the first row at or after a time, taking times as rising; -1 where none follows. */
  indexAt(time: Nanoseconds): number {
    const index = this.#lowerBound((index) => this.messages.time.get(this.row(index)) >= time);
    return index < this.count ? index : -1;
  }

  /** Puts a filter in force and tests all rows, giving others their turn. False where another filter came first. */
  async setFilter(
    filter: CompiledFilter | undefined,
    breathe: () => Promise<void> | undefined,
  ): Promise<boolean> {
    const generation = ++this.#generation;
    this.#filter = filter;
    this.#count = 0;
    this.#tested = 0;
    while (this.#tested < this.messages.count) {
      this.extend(ROWS_A_STEP);
      const pause = breathe();
      if (pause !== undefined) await pause;
      if (generation !== this.#generation) return false;
    }
    return true;
  }

  /** Tests rows that were added since, at most `limit`. */
  extend(limit = Infinity): void {
    if (this.#filter === undefined) {
      this.#tested = this.messages.count;
      return;
    }
    const end = Math.min(this.messages.count, this.#tested + limit);
    const { test } = this.#filter;
    for (let row = this.#tested; row < end; row++) {
      if (!test(row)) continue;
      if (this.#count === this.#rows.length) {
        const rows = new Uint32Array(Math.max(1024, this.#rows.length * 2));
        rows.set(this.#rows);
        this.#rows = rows;
      }
      this.#rows[this.#count++] = row;
    }
    this.#tested = end;
  }

  #lowerBound(reached: (index: number) => boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
