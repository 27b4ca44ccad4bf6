import type { TrackQuery, TrackRow, TrackWindow } from '../../analysis/timeline-protocol.ts';
import type { TimeWindow } from './time-window.ts';

/** What is in sight: window of time, its width in device pixels, and the lines. */
export interface TrackView {
  window: TimeWindow;
  pixels: number;
  firstTrack: number;
  trackCount: number;
  revision: number;
}

/** Lines asked beyond those in sight at either end, so that a scrolled line is there at once. */
const SPARE_TRACKS = 12;
/** Time asked beyond the window at either end, as a share of its length. */
const SPARE_TIME = 0.5;
/** Resolution may differ by this share before spans are asked again. */
const RESOLUTION_TOLERANCE = 0.02;

/** What is asked for a view: the view with spare time and lines around it. */
export function queryOf(view: TrackView): TrackQuery {
  const length = view.window.to - view.window.from;
  const firstTrack = Math.max(0, view.firstTrack - SPARE_TRACKS);
  return {
    from: view.window.from - length * SPARE_TIME,
    to: view.window.to + length * SPARE_TIME,
    pixels: Math.ceil(view.pixels * (1 + 2 * SPARE_TIME)),
    firstTrack,
    trackCount: view.firstTrack + view.trackCount + SPARE_TRACKS - firstTrack,
  };
}

/** Whether an answer to `asked` shows all of a view at its resolution. */
export function covers(asked: TrackQuery, view: TrackView): boolean {
  if (asked.from > view.window.from || asked.to < view.window.to) return false;
  if (asked.firstTrack > view.firstTrack) return false;
  if (asked.firstTrack + asked.trackCount < view.firstTrack + view.trackCount) return false;
  const had = (asked.to - asked.from) / asked.pixels;
  const wanted = (view.window.to - view.window.from) / view.pixels;
  return Math.abs(had / wanted - 1) <= RESOLUTION_TOLERANCE;
}

/**
 * Keeps the lines of the timeline up to what is in sight. One request is under way at a time; whatever is wanted meanwhile
 * replaces what was wanted before, and the old lines stay until their successors are there.
 */
export class TrackFeed {
  /** Lines of the last answer. */
  rows: TrackRow[] = [];
  /** Number of all lines. */
  total = 0;
  /** Devices that are hidden. */
  hidden = 0;

  readonly #ask: (query: TrackQuery) => Promise<TrackWindow | undefined>;
  readonly #changed: () => void;
  readonly #restMs: number;
  #asked: TrackQuery | undefined;
  #revision = -1;
  #wanted: TrackView | undefined;
  #busy = false;
  #generation = 0;
  #endRest: (() => void) | undefined;

  /**
   * `ask` gives the lines, or undefined where the analysis has ended; `changed` is called after each answer. Between an answer and
   * a request that only a new revision needs lie `restMs` milliseconds, so that loading is not slowed by looking.
   */
  constructor(
    ask: (query: TrackQuery) => Promise<TrackWindow | undefined>,
    changed: () => void,
    restMs = 200,
  ) {
    this.#ask = ask;
    this.#changed = changed;
    this.#restMs = restMs;
  }

  /** Says what is in sight; asks where what is there does not show it. */
  want(view: TrackView): void {
    this.#wanted = view;
    if (!this.#busy) void this.#run();
    else if (!this.#onlyOlder(view)) this.#endRest?.();
  }

  /** Asks again although nothing seems to have changed, after a command that changes lines. */
  refresh(): void {
    this.#asked = undefined;
    if (!this.#busy) void this.#run();
    else this.#endRest?.();
  }

  /** Drops everything, for another capture. */
  clear(): void {
    this.#generation++;
    this.#asked = undefined;
    this.#wanted = undefined;
    this.rows = [];
    this.total = 0;
    this.hidden = 0;
  }

  /** The line with this index, where it is there. */
  row(index: number): TrackRow | undefined {
    const first = this.rows[0]?.index;
    if (first === undefined) return undefined;
    const row = this.rows[index - first];
    return row?.index === index ? row : undefined;
  }

  /** Whether what is there shows all of a view, in an older state of the tables. */
  #onlyOlder(view: TrackView): boolean {
    return this.#asked !== undefined && covers(this.#asked, view);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#wanted) {
      if (this.#onlyOlder(this.#wanted)) {
        if (this.#revision === this.#wanted.revision) break;
        await this.#rest();
        // Another capture may have come meanwhile.
        if (!this.#wanted) break;
      }
      if (!(await this.#fetch(this.#wanted))) break;
    }
    this.#busy = false;
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#endRest = undefined;
        resolve();
      };
      const timer = setTimeout(end, this.#restMs);
      this.#endRest = end;
    });
  }

  async #fetch(view: TrackView): Promise<boolean> {
    const query = queryOf(view);
    const generation = this.#generation;
    this.#asked = query;
    const answer = await this.#ask(query);
    if (generation !== this.#generation) return true;
    if (!answer) {
      this.#asked = undefined;
      return false;
    }
    // An answer may be older or newer than what was asked for; asking again at once would change nothing.
    this.#revision = view.revision;
    this.rows = answer.rows;
    this.total = answer.totalTracks;
    this.hidden = answer.hidden;
    this.#changed();
    return true;
  }
}
