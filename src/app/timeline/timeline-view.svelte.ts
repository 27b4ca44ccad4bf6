import type { Nanoseconds } from '../../capture/units.ts';
import type { Session } from '../session.svelte.ts';
import type { TrackCommands } from '../view-commands.ts';
import { spanWithMarks } from './mark-places.ts';
import { ticksOf, type Clock } from './time-ticks.ts';
import {
  clampWindow,
  extentOf,
  isAtTail,
  panByShare,
  sameWindow,
  windowAroundSpan,
  windowAtTail,
  windowHolding,
  zoomAround,
  type TimeWindow,
} from './time-window.ts';

/** One press of a key zooms by this factor, or pans by this share of the window. */
const ZOOM_STEP = 1.5;
const PAN_STEP = 0.2;
/** Window that following begins with where the whole capture was in sight: one minute. */
const FOLLOW_LENGTH: Nanoseconds = 60e9;
/** Share of the window in which a moment is shown that is zoomed to. */
const MOMENT_SHARE = 1 / 8;

/** The window of time that the timeline shows, and every way to move it. */
export class TimelineView {
  /** Width of the tracks in CSS pixels. */
  width = $state(0);
  /** Where the pointer is, in pixels from the tracks' left edge; zooming keeps the time under it. */
  pointerX: number | undefined;

  /** Device that is to come into sight as soon as there are lines; -1 for none. */
  wantedDevice = $state(-1);

  readonly #session: Session;
  readonly extent: TimeWindow;
  readonly visible: TimeWindow;
  readonly clock: Clock;
  readonly ticks: ReturnType<typeof ticksOf>;
  /** Nanoseconds on a CSS pixel. */
  readonly perPixel: number;

  constructor(session: Session) {
    this.#session = session;
    const span = $derived(spanWithMarks(session.status.heldFrom, session.status.lastTime, session.marks));
    this.extent = $derived(extentOf(span.from, span.to));
    this.visible = $derived(session.window ? clampWindow(session.window, this.extent) : this.extent);
    this.clock = $derived({
      absolute: session.absoluteTime,
      epochSeconds: session.status.epochSeconds,
      epochNanoseconds: session.status.epochNanoseconds,
      origin: session.status.firstTime,
    });
    this.ticks = $derived(ticksOf(this.visible, this.width, this.clock));
    this.perPixel = $derived((this.visible.to - this.visible.from) / Math.max(this.width, 1));
  }

  /** Live, whether views stay at the newest messages; shared with the message list. */
  get following(): boolean {
    return this.#session.following;
  }
  set following(following: boolean) {
    this.#session.following = following;
  }

  /** Shows a window; one that holds the whole capture goes on holding it while the capture grows. */
  show(window: TimeWindow): void {
    const next = clampWindow(window, this.extent);
    if (sameWindow(next, this.extent)) this.#session.setWindow();
    else this.#session.setWindow(next.from, next.to);
    this.following = isAtTail(next, this.extent);
  }

  /** Zooms around the pointer, else around the cursor where it is in sight, else around the middle. */
  zoomBy(factor: number): void {
    const { from, to } = this.visible;
    const cursor = this.#session.cursorTime;
    let anchor = (from + to) / 2;
    if (this.pointerX !== undefined) anchor = from + this.pointerX * this.perPixel;
    else if (cursor !== undefined && cursor >= from && cursor <= to) anchor = cursor;
    this.show(zoomAround(this.visible, factor, anchor, this.extent));
  }

  /** Comes closer around one moment. */
  zoomInAt(time: Nanoseconds): void {
    this.show(zoomAround(this.visible, 2, time, this.extent));
  }

  /** Shows one span, with room at both sides. */
  zoomTo(from: Nanoseconds, to: Nanoseconds): void {
    const moment = (this.visible.to - this.visible.from) * MOMENT_SHARE;
    this.show(windowAroundSpan(from, to, moment, this.extent));
  }

  /** Moves the window, no further than needed, so that a moment is in sight. */
  reveal(time: Nanoseconds): void {
    const next = windowHolding(this.visible, time, this.extent);
    if (next !== this.visible) this.show(next);
  }

  /** Turns following on or off; where the whole capture was in sight, it begins with the last minute. */
  follow(): void {
    this.following = !this.following;
    if (!this.following) return;
    const { from, to } = this.extent;
    const whole = this.#session.window === undefined;
    this.show(
      windowAtTail(
        whole && to - from > FOLLOW_LENGTH ? { from: to - FOLLOW_LENGTH, to } : this.visible,
        this.extent,
      ),
    );
  }

  /** Live, keeps a window that follows at the newest messages. */
  keepUp(): void {
    const { status, window } = this.#session;
    if (status.state !== 'live' || status.paused || !this.following || !window) return;
    const next = windowAtTail(this.visible, this.extent);
    if (!sameWindow(next, window)) this.#session.setWindow(next.from, next.to);
  }

  /** What the page's keys and palette do with the timeline. */
  readonly commands = {
    zoomIn: (): void => this.zoomBy(ZOOM_STEP),
    zoomOut: (): void => this.zoomBy(1 / ZOOM_STEP),
    panLeft: (): void => this.show(panByShare(this.visible, -PAN_STEP, this.extent)),
    panRight: (): void => this.show(panByShare(this.visible, PAN_STEP, this.extent)),
    fit: (): void => this.show(this.extent),
    revealDevice: (device: number): void => {
      this.wantedDevice = device;
    },
    tracks: undefined as TrackCommands | undefined,
  };
}
