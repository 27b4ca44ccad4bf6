import type { ChartSeries } from '../../analysis/value-protocol.ts';
import type { Nanoseconds } from '../../capture/units.ts';

/** A threshold that was in force for a time; in the value's unit. */
export interface ThresholdLine {
  name: 'gt' | 'lt';
  value: number;
  from: Nanoseconds;
  to: Nanoseconds;
}

/** The thresholds gt and lt of a series in a window of time, one line for as long as each held (LwM2M Core §7.3.3). */
export function thresholdLines(
  { attributes }: ChartSeries,
  window: { from: Nanoseconds; to: Nanoseconds },
): ThresholdLine[] {
  const lines: ThresholdLine[] = [];
  attributes.forEach((change, index) => {
    const from = Math.max(change.from, window.from);
    const to = Math.min(attributes[index + 1]?.from ?? window.to, window.to);
    if (to <= from) return;
    for (const name of ['gt', 'lt'] as const) {
      const value = change[name];
      if (Number.isNaN(value)) continue;
      const before = lines.findLast((line) => line.name === name);
      if (before?.value === value && before.to === from) before.to = to;
      else lines.push({ name, value, from, to });
    }
  });
  return lines;
}
