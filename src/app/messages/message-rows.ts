import type { RowWindow } from '../../analysis/protocol.ts';
import type { Session } from '../session.svelte.ts';
import { readLine, type MessageLine } from './message-line.ts';

/** Rows of one window: few enough that an answer is quick, while the capture is read too. */
const WINDOW_ROWS = 64;
/** Windows kept; the ones asked for longest ago go first. */
const MOST_WINDOWS = 16;

interface Held {
  window: RowWindow;
  lines: (MessageLine | undefined)[];
}

/**
 * The rows of the filtered list that are shown or near: fetched in windows, kept by window number, fetched
 * anew when the tables have a later revision. An old window stays on the screen until its successor is there.
 */
export class MessageRows {
  /** Called with each window that arrives or goes. */
  onChange: () => void = () => {};

  readonly #session: Session;
  #held = new Map<number, Held>();
  /** Windows of the list before the filter changed, shown until the first new one is there. */
  #before: Map<number, Held> | undefined;
  #fetching = new Set<number>();
  #wanted: { first: number; count: number; margin: number } | undefined;
  /** Answers to questions of an earlier list are dropped. */
  #list = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The line at an index of the filtered list, or undefined while it is not here. */
  line(index: number): MessageLine | undefined {
    const number = Math.floor(index / WINDOW_ROWS);
    const within = index - number * WINDOW_ROWS;
    const held = (this.#before ?? this.#held).get(number);
    if (!held || within >= held.window.count) return undefined;
    return (held.lines[within] ??= readLine(held.window, within));
  }

  /** Whether all lines of a range are here. */
  has(first: number, count: number): boolean {
    const windows = this.#before ?? this.#held;
    const end = first + count;
    for (let number = Math.floor(first / WINDOW_ROWS); number * WINDOW_ROWS < end; number++) {
      const held = windows.get(number);
      if (!held || held.window.first + held.window.count < Math.min(end, (number + 1) * WINDOW_ROWS))
        return false;
    }
    return true;
  }

  /**
   * Fetches what of a range is absent or older than the tables, and then as much on either side as `margin`
   * says. A later request takes the place of an earlier one.
   */
  request(first: number, count: number, margin: number): void {
    this.#wanted = { first, count, margin };
    this.#fetch();
  }

  /** The list has become another one (filter, capture): nothing held is valid. */
  renew(keepOnScreen: boolean): void {
    this.#list++;
    if (!keepOnScreen) this.#before = undefined;
    else if (this.#held.size > 0) this.#before = this.#held;
    this.#held = new Map();
    this.#fetching = new Set();
    this.onChange();
  }

  #fetch(): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    const total = this.#session.status.shown;
    if (total === 0) {
      if (this.#before) {
        this.#before = undefined;
        this.onChange();
      }
      return;
    }
    const { first, count, margin } = wanted;
    this.#fetchRange(first, Math.min(first + count, total));
    // What is seen comes before what may be seen next.
    if (this.#fetching.size > 0) return;
    this.#fetchRange(Math.max(0, first - margin), Math.min(first + count + margin, total));
  }

  #fetchRange(first: number, end: number): void {
    const revision = this.#session.status.revision;
    for (let number = Math.floor(first / WINDOW_ROWS); number * WINDOW_ROWS < end; number++) {
      const held = this.#held.get(number);
      if (held && held.window.revision >= revision) {
        // Asked for again: moves to the young end.
        this.#held.delete(number);
        this.#held.set(number, held);
        continue;
      }
      if (this.#fetching.has(number)) continue;
      this.#fetching.add(number);
      void this.#fetchWindow(number, this.#list);
    }
  }

  async #fetchWindow(number: number, list: number): Promise<void> {
    const session = this.#session;
    const window = await session.attempt(session.client.rows(number * WINDOW_ROWS, WINDOW_ROWS));
    if (list !== this.#list) return;
    this.#fetching.delete(number);
    if (!window) return;
    const earlier = this.#held.get(number);
    if (!earlier || window.revision >= earlier.window.revision) {
      this.#held.delete(number);
      this.#held.set(number, { window, lines: [] });
      for (const oldest of this.#held.keys()) {
        if (this.#held.size <= MOST_WINDOWS) break;
        this.#held.delete(oldest);
      }
      this.#before = undefined;
      this.onChange();
    }
  }
}
