import type { Nanoseconds } from '../../capture/units.ts';
import type { SpanQuery } from '../../analysis/span-protocol.ts';
import type { SpanColumns, TrackRow } from '../../analysis/timeline-protocol.ts';
import type { TimeWindow } from './time-window.ts';

/**
 * The span of a track that a pointer means, or -1. A mark within `reach` comes first, the nearest of them; then the bar under the
 * pointer, the one drawn last of them. A span shorter than twice `reach` counts as a mark.
 */
export function hitSpan(spans: SpanColumns, time: Nanoseconds, reach: Nanoseconds): number {
  let mark = -1;
  let markDistance = Infinity;
  let bar = -1;
  for (let index = 0; index < spans.from.length; index++) {
    const from = spans.from[index]!;
    const to = spans.to[index]!;
    if (to - from < 2 * reach) {
      const distance = Math.abs(time - (from + to) / 2);
      if (distance <= reach + (to - from) / 2 && distance <= markDistance) {
        mark = index;
        markDistance = distance;
      }
    } else if (time >= from && time <= to) bar = index;
  }
  return mark >= 0 ? mark : bar;
}

/** What the analysis is asked about a span with. */
export function spanQuery(track: TrackRow, spans: SpanColumns, index: number): SpanQuery {
  return {
    device: track.device,
    kind: track.kind,
    row: spans.row[index]!,
    from: spans.from[index]!,
    to: spans.to[index]!,
  };
}

/** The next span in time (`step` 1) or the one before (`step` -1) after `index`, or -1 at the end. */
export function neighbourSpan(spans: SpanColumns, index: number, step: 1 | -1): number {
  const start = spans.from[index];
  if (start === undefined) return -1;
  let best = -1;
  for (let other = 0; other < spans.from.length; other++) {
    if (other === index) continue;
    const order = (spans.from[other]! - start || other - index) * step;
    if (order <= 0) continue;
    if (best < 0 || (spans.from[other]! - spans.from[best]! || other - best) * step < 0) best = other;
  }
  return best;
}

/** The first span (`step` 1) or the last (`step` -1) of which something is in the window, or -1. */
export function edgeSpan(spans: SpanColumns, window: TimeWindow, step: 1 | -1): number {
  let best = -1;
  for (let index = 0; index < spans.from.length; index++) {
    if (spans.to[index]! < window.from || spans.from[index]! > window.to) continue;
    if (best < 0 || (spans.from[index]! - spans.from[best]! || index - best) * step < 0) best = index;
  }
  return best;
}

/** The span nearest to a moment, for the way from one row to the next; -1 in an empty track. */
export function nearestSpan(spans: SpanColumns, time: Nanoseconds): number {
  let best = -1;
  let bestDistance = Infinity;
  for (let index = 0; index < spans.from.length; index++) {
    const from = spans.from[index]!;
    const to = spans.to[index]!;
    const distance = time < from ? from - time : time > to ? time - to : 0;
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  }
  return best;
}

/** The span that was meant before new spans came: the same message at the same time, else the nearest one. */
export function sameSpan(spans: SpanColumns, row: number, from: Nanoseconds): number {
  for (let index = 0; index < spans.from.length; index++) {
    if (spans.row[index] === row && spans.from[index] === from) return index;
  }
  return nearestSpan(spans, from);
}
