import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';

/** Rows of a piece of evidence that are kept besides the first and the last one. */
const MAX_DECIDING_ROWS = 32;

/** End of a span that nothing has ended yet. */
export const OPEN_END: Nanoseconds = Number.POSITIVE_INFINITY;

/**
 * The messages that prove something: the first, the last, and at most 32 that decided it. `count` says how many
 * there were in all.
 */
export class Evidence {
  first: MessageRow = NO_ROW;
  last: MessageRow = NO_ROW;
  count = 0;
  readonly #deciding: MessageRow[] = [];

  /** Takes a message that belongs to the subject; a row given twice in sequence counts once, `NO_ROW` not at all. */
  add(row: MessageRow): void {
    if (row === NO_ROW || row === this.last) return;
    if (this.first === NO_ROW) this.first = row;
    this.last = row;
    this.count++;
  }

  /** Takes a message that decided something. Beyond the limit the newest takes the place of the one before. */
  decide(row: MessageRow): void {
    if (row === NO_ROW) return;
    this.add(row);
    const deciding = this.#deciding;
    if (deciding.at(-1) === row) return;
    if (deciding.length === MAX_DECIDING_ROWS) deciding.pop();
    deciding.push(row);
  }

  /** The rows kept, at most 34, in capture order and each once. */
  rows(): MessageRow[] {
    const rows = new Set(this.#deciding);
    if (this.first !== NO_ROW) rows.add(this.first).add(this.last);
    return [...rows].sort((a, b) => a - b);
  }
}

/** A stretch of time in one state, for the timeline. */
export interface Span<State extends string = string> {
  from: Nanoseconds;
  /** `OPEN_END` while the state lasts. */
  to: Nanoseconds;
  state: State;
  /** Message that proves the beginning; `NO_ROW` where a clock began it. */
  row: MessageRow;
  /** False where no message says so and only the rules of the protocol do. */
  proven: boolean;
}

/** Ends the last span of a list at a time, if it is still open; a span never ends before it began. */
export function closeLastSpan(spans: readonly Span[], time: Nanoseconds): void {
  const last = spans.at(-1);
  if (last !== undefined && last.to === OPEN_END) last.to = Math.max(last.from, time);
}
