import type { Nanoseconds } from '../../capture/units.ts';

/** The part of the capture's time that is in sight; both ends are offsets from the capture's epoch. */
export interface TimeWindow {
  from: Nanoseconds;
  to: Nanoseconds;
}

/** The narrowest window: 1 µs, so that frames of one burst can be told apart. */
export const SHORTEST_WINDOW: Nanoseconds = 1_000;
/** Room left and right of the capture, as a share of its length, so that marks at its ends are whole. */
export const EXTENT_MARGIN = 0.02;
/** Length shown around a capture that holds a single moment. */
const MOMENT_EXTENT: Nanoseconds = 1_000_000_000;
/** A window whose end is within this share of its length from the tail counts as being at the tail. */
const TAIL_TOLERANCE = 0.01;

/** Time that can be shown: first to last message with a margin; never empty. */
export function extentOf(firstTime: Nanoseconds, lastTime: Nanoseconds): TimeWindow {
  const length = lastTime - firstTime;
  if (!(length > 0)) {
    const middle = Number.isFinite(firstTime) ? firstTime : 0;
    return { from: middle - MOMENT_EXTENT / 2, to: middle + MOMENT_EXTENT / 2 };
  }
  const margin = Math.max(length * EXTENT_MARGIN, SHORTEST_WINDOW);
  return { from: firstTime - margin, to: lastTime + margin };
}

/** The nearest window that lies inside `extent` and is neither shorter than 1 µs nor longer than it. */
export function clampWindow(window: TimeWindow, extent: TimeWindow): TimeWindow {
  const most = Math.max(extent.to - extent.from, SHORTEST_WINDOW);
  const asked = window.to - window.from;
  const length = Math.min(Math.max(Number.isFinite(asked) ? asked : most, SHORTEST_WINDOW), most);
  let from = Number.isFinite(window.from) ? window.from : extent.from;
  // A length that had to change keeps the window's middle.
  if (length !== asked && Number.isFinite(asked)) from += (asked - length) / 2;
  from = Math.max(Math.min(from, extent.from + most - length), extent.from);
  return { from, to: from + length };
}

/** Zooms by `factor` (above 1 comes closer) so that the moment `anchor` stays where it is on the screen. */
export function zoomAround(
  window: TimeWindow,
  factor: number,
  anchor: Nanoseconds,
  extent: TimeWindow,
): TimeWindow {
  const length = window.to - window.from;
  const most = Math.max(extent.to - extent.from, SHORTEST_WINDOW);
  const next = Math.min(Math.max(length / factor, SHORTEST_WINDOW), most);
  const share = (anchor - window.from) / length;
  const from = anchor - share * next;
  return clampWindow({ from, to: from + next }, extent);
}

/** Moves the window by `share` of its own length, later for a positive share. */
export function panByShare(window: TimeWindow, share: number, extent: TimeWindow): TimeWindow {
  const shift = (window.to - window.from) * share;
  return clampWindow({ from: window.from + shift, to: window.to + shift }, extent);
}

/** The window that shows one span with room at both sides; a moment is shown in `momentLength`. */
export function windowAroundSpan(
  from: Nanoseconds,
  to: Nanoseconds,
  momentLength: Nanoseconds,
  extent: TimeWindow,
): TimeWindow {
  const length = to - from;
  const room = length > 0 ? length * 0.1 : momentLength / 2;
  return clampWindow({ from: from - room, to: to + room }, extent);
}

/** The window of the same length whose end is the end of the extent. */
export function windowAtTail(window: TimeWindow, extent: TimeWindow): TimeWindow {
  const length = window.to - window.from;
  return clampWindow({ from: extent.to - length, to: extent.to }, extent);
}

/** The nearest window that holds `time` well inside it; the same object where it already does. */
export function windowHolding(window: TimeWindow, time: Nanoseconds, extent: TimeWindow): TimeWindow {
  const length = window.to - window.from;
  if (time >= window.from && time <= window.to) return window;
  const from = time < window.from ? time - length * 0.2 : time - length * 0.8;
  return clampWindow({ from, to: from + length }, extent);
}

/** Whether the window shows the newest messages. */
export function isAtTail(window: TimeWindow, extent: TimeWindow): boolean {
  return window.to >= extent.to - (window.to - window.from) * TAIL_TOLERANCE;
}

/** Whether two windows are the same but for the rounding of arithmetic. */
export function sameWindow(one: TimeWindow, other: TimeWindow): boolean {
  const slack = (one.to - one.from) * 1e-9;
  return Math.abs(one.from - other.from) <= slack && Math.abs(one.to - other.to) <= slack;
}

/**
 * The window that a gesture leads to: `base` is the window at its beginning, drawn `width` pixels wide, `k` and
 * `x` are scale and shift of the gesture since then (a point `p` of the base goes to `p × k + x`). Counting from the gesture's own
 * beginning keeps full precision at every depth, where a scale over the whole capture would not.
 */
export function transformedWindow(base: TimeWindow, k: number, x: number, width: number): TimeWindow {
  const perPixel = (base.to - base.from) / width;
  const from = base.from - (x / k) * perPixel;
  return { from, to: from + (base.to - base.from) / k };
}

/** Scale and shift that lead from `base` to `window`: the inverse of `transformedWindow`. */
export function transformTo(base: TimeWindow, window: TimeWindow, width: number): { k: number; x: number } {
  const length = window.to - window.from;
  return { k: (base.to - base.from) / length, x: ((base.from - window.from) / length) * width };
}
