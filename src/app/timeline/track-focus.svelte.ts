import type { SpanColumns, TrackQuery, TrackRow, TrackWindow } from '../../analysis/timeline-protocol.ts';
import type { Nanoseconds } from '../../capture/units.ts';
import { edgeSpan, nearestSpan, neighbourSpan, sameSpan } from './span-hit.ts';
import type { SpanPlace } from './track-painter.ts';
import type { TimeWindow } from './time-window.ts';

/** What the keyboard's place is moved in. */
export interface FocusGround {
  rowAt(track: number): TrackRow | undefined;
  total(): number;
  visible(): TimeWindow;
  extent(): TimeWindow;
  /** Asks for lines outside what is in sight. */
  ask(query: TrackQuery): Promise<TrackWindow | undefined>;
  /** Brings a line, or a moment, into sight. */
  revealTrack(track: number): void;
  revealTime(time: Nanoseconds): void;
}

/** Pixels asked for when the next span lies beyond what is loaded: fine enough that its neighbour stays apart. */
const SEEK_PIXELS = 4_096;

/** The keyboard's place in the timeline: a line, and one of its spans by message and beginning, which outlive new answers. */
export class TrackFocus {
  track = $state<number | undefined>();
  #span = $state.raw<{ row: number; from: Nanoseconds } | undefined>();
  readonly #ground: FocusGround;
  #seeks = 0;

  constructor(ground: FocusGround) {
    this.#ground = ground;
  }

  /** Takes the place away. */
  clear(): void {
    this.#seeks++;
    this.track = undefined;
    this.#span = undefined;
  }

  /** Leaves the span; the line stays. Gives whether there was one. */
  leaveSpan(): boolean {
    const had = this.#span !== undefined;
    this.#span = undefined;
    return had;
  }

  /** The span of the place in the columns that are there now. */
  place(): SpanPlace | undefined {
    if (this.track === undefined || !this.#span) return undefined;
    const spans = this.#ground.rowAt(this.track)?.spans;
    if (!spans) return undefined;
    const span = sameSpan(spans, this.#span.row, this.#span.from);
    return span < 0 ? undefined : { track: this.track, span };
  }

  /** Goes to a line; with `span` to that span of it. */
  goTo(track: number, span?: number): void {
    this.#seeks++;
    this.track = Math.min(Math.max(0, track), Math.max(0, this.#ground.total() - 1));
    this.#ground.revealTrack(this.track);
    const spans = this.#ground.rowAt(this.track)?.spans;
    this.#span = undefined;
    if (spans && span !== undefined) this.#take(spans, span);
  }

  /** Goes so many lines down, and there to the span nearest in time. */
  moveTrack(lines: number): void {
    const time = this.#span?.from;
    this.goTo((this.track ?? -1) + lines);
    const row = this.#ground.rowAt(this.track!);
    const spans = row?.spans;
    // A device's head is for opening and closing; what it shows closed is in its lines.
    if (time === undefined || !spans || row.kind === 'device') return;
    const near = nearestSpan(spans, time);
    const visible = this.#ground.visible();
    if (near >= 0 && spans.to[near]! >= visible.from && spans.from[near]! <= visible.to)
      this.#take(spans, near);
  }

  /** Goes to the next span of the line (1) or the one before (-1), however far away it is. */
  async moveSpan(step: 1 | -1): Promise<void> {
    if (this.track === undefined) return this.moveTrack(1);
    const spans = this.#ground.rowAt(this.track)?.spans;
    const here = this.place();
    if (spans && !here) {
      const edge = edgeSpan(spans, this.#ground.visible(), step);
      if (edge >= 0) return this.#take(spans, edge);
    }
    const next = spans && here ? neighbourSpan(spans, here.span, step) : -1;
    if (spans && next >= 0) return this.#take(spans, next);
    await this.#seek(step);
  }

  /** Goes to the first span in sight (1) or the last (-1). */
  moveToEdge(step: 1 | -1): void {
    const spans = this.track === undefined ? undefined : this.#ground.rowAt(this.track)?.spans;
    const edge = spans ? edgeSpan(spans, this.#ground.visible(), step) : -1;
    if (spans && edge >= 0) this.#take(spans, edge);
  }

  #take(spans: SpanColumns, span: number): void {
    this.#span = { row: spans.row[span]!, from: spans.from[span]! };
    const visible = this.#ground.visible();
    const from = spans.from[span]!;
    const to = spans.to[span]!;
    // A long bar that crosses the window is in sight already.
    if (to < visible.from || from > visible.to) this.#ground.revealTime(to < visible.from ? to : from);
  }

  /** Asks the analysis for the rest of the line, in one request, and goes to its nearest span. */
  async #seek(step: 1 | -1): Promise<void> {
    const track = this.track!;
    const seek = ++this.#seeks;
    const visible = this.#ground.visible();
    const extent = this.#ground.extent();
    const start = this.#span?.from ?? (step === 1 ? visible.to : visible.from);
    const from = step === 1 ? start : extent.from;
    const to = step === 1 ? extent.to : start;
    if (!(to > from)) return;
    const answer = await this.#ground.ask({
      from,
      to,
      pixels: SEEK_PIXELS,
      firstTrack: track,
      trackCount: 1,
    });
    if (seek !== this.#seeks) return;
    const spans = answer?.rows.find((row) => row.index === track)?.spans;
    if (!spans) return;
    let best = -1;
    for (let index = 0; index < spans.from.length; index++) {
      const time = spans.from[index]!;
      if ((time - start) * step <= 0) continue;
      if (best < 0 || (time - spans.from[best]!) * step < 0) best = index;
    }
    if (best >= 0) this.#take(spans, best);
  }
}
