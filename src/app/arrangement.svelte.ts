import type { TimelineLayout, TimelineSort } from '../analysis/span-protocol.ts';
import type { AnalysisClient } from './analysis-client.ts';
import { keepTimelineOrder, keptTimelineOrder } from './kept-settings.ts';

/**
 * How the devices of the timeline are arranged. The order is kept on this computer; what is pinned and hidden belongs to
 * the capture, and survives when that is analysed anew.
 */
export class Arrangement {
  layout = $state.raw<TimelineLayout>({ ...keptTimelineOrder(), pinned: [], hidden: [] });
  readonly #client: AnalysisClient;
  readonly #attempt: <T>(call: Promise<T>) => Promise<T | undefined>;

  constructor(client: AnalysisClient, attempt: <T>(call: Promise<T>) => Promise<T | undefined>) {
    this.#client = client;
    this.#attempt = attempt;
  }

  /** Tells the analysis, before it opens what the person has chosen. */
  tell(): void {
    void this.#attempt(this.#client.arrange($state.snapshot(this.layout) as TimelineLayout));
  }

  /** Another capture: nothing of it is pinned or hidden. */
  forget(): void {
    this.layout = { ...this.layout, pinned: [], hidden: [] };
  }

  sortBy(sort: TimelineSort, descending: boolean): void {
    keepTimelineOrder(sort, descending);
    this.#put({ ...this.layout, sort, descending });
  }

  /** Pins a device at the top, or lets it go; what is pinned last stands last. */
  togglePin(name: string): void {
    const { pinned } = this.layout;
    const isPinned = pinned.includes(name);
    this.#put({
      ...this.layout,
      pinned: isPinned ? pinned.filter((other) => other !== name) : [...pinned, name],
    });
  }

  hide(name: string): void {
    const { hidden } = this.layout;
    if (!hidden.includes(name)) this.#put({ ...this.layout, hidden: [...hidden, name] });
  }

  show(name: string): void {
    const { hidden } = this.layout;
    if (hidden.includes(name))
      this.#put({ ...this.layout, hidden: hidden.filter((other) => other !== name) });
  }

  showAll(): void {
    this.#put({ ...this.layout, hidden: [] });
  }

  #put(layout: TimelineLayout): void {
    this.layout = layout;
    this.tell();
  }
}
