import type { FilterAnswer } from '../analysis/protocol.ts';
import type { SpanScope } from '../analysis/span-protocol.ts';
import type { ShownSequence } from './sequence/shown-sequence.ts';

/** What of the session decides what is shown. */
interface Shown {
  readonly filterText: string;
  readonly generation: number;
  sequence: ShownSequence;
  setFilter(text: string): Promise<FilterAnswer | undefined>;
}

/** What an entry of the browser's history holds: a filter, and what it shows alone. */
interface ScopeEntry {
  /** The page and the capture that it belongs to; of others it means nothing. */
  page: number;
  generation: number;
  filter: string;
  /** Name of what is shown alone; undefined where the person typed the filter, or none is in force. */
  title: string | undefined;
  /** Device of the ladder. */
  ladder: number | undefined;
}

/** One span, device or exchange whose messages alone are shown, by a filter; the browser's Back undoes it. */
export class ShownScope {
  readonly #session: Shown;
  #shown = $state.raw<{ title: string; filter: string; before: string } | undefined>();

  constructor(session: Shown) {
    this.#session = session;
  }

  /** What is shown alone; undefined where another filter is in force. */
  get title(): string | undefined {
    return this.#shown?.filter === this.#session.filterText ? this.#shown.title : undefined;
  }

  /** Shows only the messages of something, in all views. */
  async show(scope: SpanScope): Promise<void> {
    const session = this.#session;
    const before = this.#entry();
    const answer = await session.setFilter(scope.filter);
    if (answer?.ok !== true) return;
    if (before.filter !== scope.filter) {
      history.replaceState(before, '');
      this.#shown = { title: scope.title, filter: scope.filter, before: before.filter };
      // A ladder of another device would be empty.
      const { device } = session.sequence;
      if (device !== undefined && device >= 0 && scope.device >= 0 && device !== scope.device)
        session.sequence = { ...session.sequence, device: scope.device };
      history.pushState(this.#entry(), '');
    }
  }

  /** Puts in force again what was in force before. */
  async leave(): Promise<void> {
    const shown = this.#shown;
    if (shown === undefined) return;
    const entry = history.state as Partial<ScopeEntry> | null;
    if (entry?.filter === shown.filter && this.#isOwn(entry)) history.back();
    else {
      this.#shown = undefined;
      await this.#session.setFilter(shown.before);
    }
  }

  /** The browser went to another entry of its history. */
  async restore(state: unknown): Promise<void> {
    const entry = (state ?? {}) as Partial<ScopeEntry>;
    if (!this.#isOwn(entry) || entry.filter === undefined) return;
    const before = this.#session.filterText;
    await this.#session.setFilter(entry.filter);
    this.#shown =
      entry.title === undefined ? undefined : { title: entry.title, filter: entry.filter, before };
    this.#session.sequence = { ...this.#session.sequence, device: entry.ladder };
  }

  /** Another capture. */
  forget(): void {
    this.#shown = undefined;
  }

  #entry(): ScopeEntry {
    const { filterText, generation, sequence } = this.#session;
    return {
      page: performance.timeOrigin,
      generation,
      filter: filterText,
      title: this.title,
      ladder: sequence.device,
    };
  }

  #isOwn(entry: Partial<ScopeEntry>): boolean {
    return entry.page === performance.timeOrigin && entry.generation === this.#session.generation;
  }
}
