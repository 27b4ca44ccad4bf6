import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { type CompiledFilter, passesFilter } from './filter/compile.ts';
import type { MessageTable } from './message-table.ts';

/** Rows tested between two looks at the clock. */
const ROWS_A_STEP = 20_000;
/** The same for rows whose bytes are read again. */
const ROWS_A_READ_STEP = 1000;

/** The rows that pass the filter in force, in capture order; all rows without a filter. */
export class ShownRows {
  #filter: CompiledFilter | undefined;
  #rows = new Uint32Array(0);
  #count = 0;
  /** Rows of the table that were tested. */
  #tested = 0;
  /** Rows before it were forgotten. */
  #first: MessageRow = 0;
  #generation = 0;
  #isTesting = false;

  constructor(private readonly messages: MessageTable) {}

  /** Rows that are held and pass. */
  get count(): number {
    if (this.#filter === undefined) return this.messages.count - this.messages.firstRow;
    this.#forget();
    return this.#count;
  }

  get filtered(): boolean {
    return this.#filter !== undefined;
  }

  /** Counts the filters put in force. */
  get generation(): number {
    return this.#generation;
  }

  /** Rows tested of those that are to be tested, while a filter goes through them; undefined when it has. */
  get progress(): { tested: number; total: number } | undefined {
    return this.#isTesting ? { tested: this.#tested, total: this.messages.count } : undefined;
  }

  /** Rows from here on may yet come to pass. */
  get decided(): MessageRow {
    return this.#filter?.prepare === undefined ? Infinity : this.#tested;
  }

  /**
   * Whether a row passes the filter in force; for views that show other things than the list. Of a filter that reads
   * bytes it tells the rows that were tested; others do not pass yet.
   */
  passes(row: MessageRow): boolean {
    if (this.#filter === undefined) return true;
    if (this.#filter.prepare === undefined) return this.#filter.test(row);
    this.#forget();
    const index = this.#lowerBound((index) => this.row(index) >= row);
    return index < this.#count && this.#rows[index] === row;
  }

  /** The row at an index of the list. */
  row(index: number): MessageRow {
    return this.#filter === undefined ? this.messages.firstRow + index : this.#rows[index]!;
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

  /**
   * Puts a filter in force and tests all rows, giving others their turn; rows that passed are shown meanwhile. False
   * where another filter came first.
   */
  async setFilter(
    filter: CompiledFilter | undefined,
    breathe: () => Promise<void> | undefined,
  ): Promise<boolean> {
    const generation = ++this.#generation;
    this.#filter = filter;
    this.#count = 0;
    this.#first = this.messages.firstRow;
    this.#tested = this.#first;
    this.#isTesting = true;
    do {
      if (filter?.prepare === undefined) this.extend(ROWS_A_STEP);
      else if (!(await this.#readOn(filter, ROWS_A_READ_STEP, generation))) return false;
      const pause = breathe();
      if (pause !== undefined) await pause;
      if (generation !== this.#generation) return false;
    } while (this.#tested < this.messages.count);
    this.#isTesting = false;
    return true;
  }

  /** Tests rows that were added since, at most `limit`. Where that needs bytes, they come later, by `catchUp`. */
  extend(limit = Infinity): void {
    if (this.#filter === undefined) {
      this.#tested = this.messages.count;
      return;
    }
    if (this.#filter.prepare !== undefined) return;
    this.#forget();
    const end = Math.min(this.messages.count, this.#tested + limit);
    const { test } = this.#filter;
    for (let row = this.#tested; row < end; row++) if (test(row)) this.#add(row);
    this.#tested = end;
  }

  /** True where rows wait for `catchUp`. */
  get isBehind(): boolean {
    return this.#filter?.prepare !== undefined && !this.#isTesting && this.#tested < this.messages.count;
  }

  /** Tests the rows that `extend` left, reading their bytes. */
  async catchUp(breathe: () => Promise<void> | undefined): Promise<void> {
    const filter = this.#filter;
    const generation = this.#generation;
    if (filter?.prepare === undefined || !this.isBehind) return;
    this.#isTesting = true;
    while (this.#tested < this.messages.count) {
      if (!(await this.#readOn(filter, ROWS_A_READ_STEP, generation))) return;
      const pause = breathe();
      if (pause !== undefined) await pause;
      if (generation !== this.#generation) return;
    }
    this.#isTesting = false;
  }

  /** Tests some rows whose bytes must be read. False where another filter came first. */
  async #readOn(filter: CompiledFilter, limit: number, generation: number): Promise<boolean> {
    this.#forget();
    const end = Math.min(this.messages.count, this.#tested + limit);
    for (let row = this.#tested; row < end; row++) {
      let passes = passesFilter(filter, row);
      if (typeof passes !== 'boolean') {
        passes = await passes;
        if (generation !== this.#generation) return false;
      }
      // Meanwhile it may have been dropped.
      if (passes && row >= this.messages.firstRow) this.#add(row);
      this.#tested = Math.max(this.#tested, row + 1);
    }
    return true;
  }

  /** Leaves out the rows that are no longer held. */
  #forget(): void {
    const first = this.messages.firstRow;
    if (first === this.#first) return;
    this.#first = first;
    this.#tested = Math.max(this.#tested, first);
    let gone = 0;
    while (gone < this.#count && this.#rows[gone]! < first) gone++;
    this.#rows.copyWithin(0, gone, this.#count);
    this.#count -= gone;
  }

  #add(row: MessageRow): void {
    if (this.#count === this.#rows.length) {
      const rows = new Uint32Array(Math.max(1024, this.#rows.length * 2));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows[this.#count++] = row;
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
