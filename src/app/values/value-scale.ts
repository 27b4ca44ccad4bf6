import { scaleLinear } from 'd3-scale';
import { type ChartSeries, SampleMark } from '../../analysis/value-protocol.ts';

/** A scale of numbers: its ends, and the ticks between them with their texts. */
export interface ValueScale {
  from: number;
  to: number;
  ticks: { value: number; text: string }[];
}

/** Room between two ticks, in CSS pixels. */
const TICK_ROOM = 42;
/** Largest and smallest number written out in full. */
const LARGEST_PLAIN = 1e7;
const SMALLEST_PLAIN = 1e-4;

/** A number for people: at most seven significant digits, with a real minus sign. */
export function numberText(number: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? '' : number > 0 ? '∞' : '−∞';
  const rounded = Number(number.toPrecision(7));
  const size = Math.abs(rounded);
  const plain =
    size === 0 || (size < LARGEST_PLAIN && size >= SMALLEST_PLAIN) || Number.isSafeInteger(number);
  const text = plain ? String(Number.isSafeInteger(number) ? number : rounded) : rounded.toExponential();
  return text.replace(/^-/, '−').replace('e+', 'e');
}

/** A moment in seconds since 1970, as UTC: `2026-11-23 09:06:31`; the number where it is no date. */
export function momentText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? numberText(seconds)
    : date.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * The scale of a panel: holds all numbers of its series but the doubted ones, which would press the others flat. Where
 * all are doubted or there is one number only, there is room around them.
 */
export function valueScale(series: readonly ChartSeries[], height: number): ValueScale {
  let [from, to] = extremes(series, false);
  if (from > to) [from, to] = extremes(series, true);
  if (from > to) [from, to] = [0, 1];
  if (from === to) {
    const room = from === 0 ? 1 : Math.abs(from) * 0.1;
    from -= room;
    to += room;
  }
  const count = Math.max(2, Math.floor(height / TICK_ROOM));
  const scale = scaleLinear([from, to], [0, 1]).nice(count);
  const [nicest, most] = scale.domain() as [number, number];
  const isTime = series.length > 0 && series.every((one) => one.isTime);
  const values = scale.ticks(count);
  return {
    from: nicest,
    to: most,
    ticks: values.map((value) => ({
      value,
      text: isTime ? momentText(value).slice(5, 16) : numberText(value),
    })),
  };
}

function extremes(series: readonly ChartSeries[], doubted: boolean): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const one of series) {
    for (let at = 0; at < one.value.length; at++) {
      const number = one.value[at]!;
      if (!Number.isFinite(number) || (!doubted && (one.marks[at]! & SampleMark.doubt) !== 0)) continue;
      least = Math.min(least, number);
      most = Math.max(most, number);
    }
  }
  return [least, most];
}

/** Height of a number in a panel from `top`, in CSS pixels; numbers beyond the scale lie beyond the panel. */
export function heightOf(value: number, scale: ValueScale, top: number, height: number): number {
  return top + height - ((value - scale.from) / (scale.to - scale.from)) * height;
}
