import type { Nanoseconds } from '../../capture/units.ts';
import { type ChartSeries, concerns, SampleMark, type SeriesBreak } from '../../analysis/value-protocol.ts';
import { labelChoices } from './state-label.ts';
import { placeLabel } from '../timeline/bar-label.ts';

/** A time in which a resource had one state, as far as messages tell. */
export interface StateBar {
  /** Index of the sample that told it first. */
  at: number;
  from: Nanoseconds;
  to: Nanoseconds;
  text: string;
  /** False for what follows the last sample: no message told of it any more. */
  told: boolean;
}

/** A bar on the screen, in CSS pixels from the plot's left edge, with what fits in it. */
export interface PlacedBar extends StateBar {
  left: number;
  width: number;
  label: string;
  labelLeft: number;
}

/** The bars of a series of states: each lasts until another state was told or nothing could be told any more. */
export function stateBars(series: ChartSeries, breaks: readonly SeriesBreak[], end: Nanoseconds): StateBar[] {
  const bars: StateBar[] = [];
  const own = breaks.filter((one) => concerns(one, series.key));
  const { time, marks, text } = series;
  for (let at = 0; at < time.length; at++) {
    const told = series.texts[text[at]!];
    if (told === undefined || (marks[at]! & SampleMark.doubt) !== 0) continue;
    const last = bars.at(-1);
    const gap = last !== undefined && (marks[at]! & SampleMark.gap) !== 0;
    if (last && gap) {
      const broke = own.find(({ from, to }) => to > last.to && from < time[at]!);
      last.to = Math.max(last.to, Math.min(time[at]!, broke?.from ?? time[at]!));
    } else if (last) last.to = time[at]!;
    if (last && !gap && last.text === told) continue;
    bars.push({ at, from: time[at]!, to: time[at]!, text: told, told: true });
  }
  const last = bars.at(-1);
  if (last && last.to < end) {
    const broke = own.find(({ from }) => from >= last.to);
    bars.push({ ...last, from: last.to, to: broke?.from ?? end, told: false });
  }
  return bars.filter((bar) => bar.to > bar.from || bar.told);
}

/** Width of a letter of the labels, in CSS pixels. */
const LETTER = 6.1;
const LEAST_WIDTH = 2;

/** Puts bars on the screen; a label is the state's name where it fits, else its number, else nothing. */
export function placeBars(
  bars: readonly StateBar[],
  x: (time: Nanoseconds) => number,
  width: number,
  cursor: number | undefined,
): PlacedBar[] {
  const placed: PlacedBar[] = [];
  let labelled = '';
  for (const bar of bars) {
    const left = Math.max(0, x(bar.from));
    const right = Math.min(width, Math.max(x(bar.to), x(bar.from) + LEAST_WIDTH));
    if (right <= 0 || left >= width) continue;
    const choices = bar.told || labelled !== bar.text ? labelChoices(bar.text) : [];
    const widths = choices.map((choice) => choice.length * LETTER);
    const label = placeLabel(widths, left, right, cursor);
    if (label) labelled = bar.text;
    placed.push({
      ...bar,
      left,
      width: Math.max(LEAST_WIDTH, right - left),
      label: label ? choices[label.choice]! : '',
      labelLeft: label?.x ?? left,
    });
  }
  return placed;
}
