import type { CaptureMark } from '../../analysis/recording-protocol.ts';
import type { Nanoseconds } from '../../capture/units.ts';
import type { TimeWindow } from './time-window.ts';

/** Marks further than this before the first or after the last message do not widen the timeline: 24 h. */
const FURTHEST_MARK: Nanoseconds = 86_400e9;

/** The time from the first to the last message, widened by marks that stand near it. */
export function spanWithMarks(
  first: Nanoseconds,
  last: Nanoseconds,
  marks: readonly CaptureMark[],
): TimeWindow {
  let from = first;
  let to = last;
  for (const { time } of marks) {
    if (time < from && time >= first - FURTHEST_MARK) from = time;
    if (time > to && time <= last + FURTHEST_MARK) to = time;
  }
  return { from, to };
}

/** A mark's label: its moment's place and the room for its text at one side of that, in pixels. */
export interface MarkLabel {
  mark: CaptureMark;
  x: number;
  width: number;
  side: 'right' | 'left';
}

/**
 * Labels of the marks in a window `width` pixels wide, from left to right: each has the room up to the next one that
 * has a label, at most `most`; the last one has its text at the left where there is more room. A mark closer than
 * `least` to the label before it has none; `hidden` counts them.
 */
export function markLabels(
  marks: readonly CaptureMark[],
  window: TimeWindow,
  width: number,
  least: number,
  most: number,
): { labels: MarkLabel[]; hidden: number } {
  const perPixel = (window.to - window.from) / Math.max(width, 1);
  const labels: MarkLabel[] = [];
  let hidden = 0;
  for (const mark of marks) {
    if (mark.time < window.from || mark.time > window.to) continue;
    const x = (mark.time - window.from) / perPixel;
    const before = labels.at(-1);
    if (before !== undefined && x - before.x < least) hidden++;
    else {
      if (before !== undefined) before.width = Math.min(before.width, x - before.x);
      labels.push({ mark, x, width: Math.min(most, width - x), side: 'right' });
    }
  }
  const last = labels.at(-1);
  const before = labels.at(-2);
  if (last === undefined || last.width >= most) return { labels, hidden };
  // The newest mark of a live capture stands at the right edge.
  const room = Math.min(most, before === undefined ? last.x : (last.x - before.x) / 2);
  if (room > last.width) {
    last.side = 'left';
    last.width = room;
    if (before !== undefined) before.width = Math.min(before.width, last.x - room - before.x);
  }
  return { labels, hidden };
}
