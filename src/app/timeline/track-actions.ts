import type { TrackRow } from '../../analysis/timeline-protocol.ts';
import type { Session } from '../session.svelte.ts';
import type { TrackCommands } from '../view-commands.ts';
import { spanQuery } from './span-hit.ts';
import type { TrackFeed } from './track-feed.ts';
import type { TrackFocus } from './track-focus.svelte.ts';

/** What keys, palette and drawer do with the track and the span that have the place. */
export class TrackActions {
  /** What the page's commands see of it. */
  readonly commands: TrackCommands = {
    step: (step) => this.step(step),
    pin: () => this.#arrange((name) => this.session.arrangement.togglePin(name)),
    hide: () => this.#arrange((name) => this.session.arrangement.hide(name)),
    foldAll: () => this.foldAll(!this.#folded),
    span: () => {
      const place = this.focus.place();
      const row = place && this.feed.row(place.track);
      return place && row?.spans && spanQuery(row, row.spans, place.span);
    },
  };
  #folded = false;

  constructor(
    private readonly session: Session,
    private readonly feed: TrackFeed,
    private readonly focus: TrackFocus,
    /** Opens the message of a span. */
    private readonly open: (row: TrackRow, span: number) => void,
  ) {}

  /** Goes to the next event of the track, or the one before, and opens its message. */
  async step(step: 1 | -1): Promise<void> {
    await this.focus.moveSpan(step);
    const place = this.focus.place();
    const row = place && this.feed.row(place.track);
    if (row) this.open(row, place.span);
  }

  /** Folds or opens all devices. */
  foldAll(folded: boolean): void {
    this.#folded = folded;
    void this.session.attempt(this.session.client.foldAll(folded));
    this.focus.clear();
    this.feed.refresh();
  }

  /** Shows only the messages of the span. */
  async showOnly(): Promise<void> {
    const span = this.commands.span();
    const scope = span && (await this.session.attempt(this.session.client.scopeOfSpan(span)));
    if (scope) await this.session.scope.show(scope);
  }

  /** Another capture, in which everything is open. */
  forget(): void {
    this.#folded = false;
  }

  #arrange(act: (name: string) => void): void {
    const { track } = this.focus;
    const name = track === undefined ? undefined : this.feed.row(track)?.deviceName;
    if (name !== undefined) act(name);
  }
}
