import type { Nanoseconds } from '../../capture/units.ts';
import { type ChartSeries, SeriesKind } from '../../analysis/value-protocol.ts';
import type { Panel } from './chart-panels.ts';

/** A sample on the screen: index of its series in the chart, and its own in the series. */
export interface SamplePlace {
  series: number;
  at: number;
}

/** How far a pointer may be from a sample of numbers to mean it, in CSS pixels along the axis. */
const REACH = 60;

/** Index of the last sample at or before a moment, -1 where there is none. */
export function sampleBefore(series: ChartSeries, time: Nanoseconds): number {
  let low = 0;
  let high = series.time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (series.time[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The sample that a pointer means: of a state the one that holds then, else the one closest to it. */
export function nearestSample(
  series: readonly ChartSeries[],
  panels: readonly Panel[],
  pointer: { x: number; y: number; time: Nanoseconds },
  place: (series: number, at: number) => { x: number; y: number },
): SamplePlace | undefined {
  const panel = panels.find(({ top, height }) => pointer.y >= top && pointer.y < top + height);
  let best: SamplePlace | undefined;
  let least = Infinity;
  for (const index of panel?.series ?? []) {
    const one = series[index]!;
    const before = sampleBefore(one, pointer.time);
    if (one.kind === SeriesKind.state) return before < 0 ? undefined : { series: index, at: before };
    // Samples of one pixel may be many: those next to the pointer are enough to find the closest.
    for (let at = Math.max(0, before - 3); at <= Math.min(one.time.length - 1, before + 4); at++) {
      const { x, y } = place(index, at);
      const across = Math.abs(x - pointer.x);
      if (across > REACH) continue;
      const distance = panel?.kind === 'numbers' ? Math.hypot(across, y - pointer.y) : across;
      if (distance < least) {
        least = distance;
        best = { series: index, at };
      }
    }
  }
  return best;
}
