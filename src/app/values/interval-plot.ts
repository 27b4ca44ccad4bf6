import type { Nanoseconds } from '../../capture/units.ts';
import { type ChartSeries, SampleMark } from '../../analysis/value-protocol.ts';

/** A band of time between notifications that the attributes in force allowed; seconds. */
export interface LimitBand {
  from: Nanoseconds;
  to: Nanoseconds;
  pmin: number;
  /** Infinite where no pmax was set. */
  pmax: number;
}

/** What the panel of intervals shows: seconds since the sample before, over time. */
export interface IntervalPlot {
  bands: LimitBand[];
  /** Longest time of the scale, in seconds. */
  most: number;
  /** By index of the sample. */
  points: { at: number; time: Nanoseconds; seconds: number; late: boolean; beyond: boolean }[];
  /** Ends of the last band, for ticks. */
  ticks: number[];
}

/** Room above pmax, and above the longest interval, as a share. */
const ROOM = 1.35;
/** An interval so many times as long as the scale needs for the limits lies beyond it. */
const BEYOND = 2;

/** The intervals of a series in a window of time and the limits that were in force. */
export function intervalPlot(
  series: ChartSeries,
  window: { from: Nanoseconds; to: Nanoseconds },
): IntervalPlot {
  const bands: LimitBand[] = [];
  series.attributes.forEach(({ from, pmin, pmax }, index) => {
    const to = series.attributes[index + 1]?.from ?? window.to;
    if (to <= window.from || from >= window.to || !(pmin > 0 || pmax > 0)) return;
    bands.push({
      from: Math.max(from, window.from),
      to: Math.min(to, window.to),
      pmin: pmin > 0 ? pmin : 0,
      pmax: pmax > 0 ? pmax : Infinity,
    });
  });
  const points: IntervalPlot['points'] = [];
  let longest = 0;
  for (let at = 0; at < series.time.length; at++) {
    const seconds = series.since[at]!;
    const time = series.time[at]!;
    if (Number.isNaN(seconds) || time < window.from || time > window.to) continue;
    if ((series.marks[at]! & SampleMark.gap) !== 0) continue;
    points.push({ at, time, seconds, late: (series.marks[at]! & SampleMark.late) !== 0, beyond: false });
    longest = Math.max(longest, seconds);
  }
  const limit = Math.max(0, ...bands.map(({ pmin, pmax }) => (Number.isFinite(pmax) ? pmax : pmin)));
  const most =
    limit > 0 ? Math.min(Math.max(limit * ROOM, longest * 1.05), limit * BEYOND) : longest * ROOM || 1;
  for (const point of points) point.beyond = point.seconds > most;
  const last = bands.at(-1);
  const ticks = last ? [last.pmin, last.pmax].filter((tick) => tick > 0 && Number.isFinite(tick)) : [];
  return { bands, most, points, ticks: [...new Set(ticks)] };
}
