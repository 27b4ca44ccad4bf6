import type { Nanoseconds, Seconds } from '../../capture/units.ts';
import { clockText, durationText, exactText } from '../time-text.ts';
import type { TimeWindow } from './time-window.ts';

const MICROSECOND: Nanoseconds = 1e3;
const MILLISECOND: Nanoseconds = 1e6;
const SECOND: Nanoseconds = 1e9;
const MINUTE: Nanoseconds = 60 * SECOND;
const HOUR: Nanoseconds = 60 * MINUTE;
const DAY: Nanoseconds = 24 * HOUR;

/** How times are read: as the capture's UTC wall clock, or as seconds since its first message. */
export interface Clock {
  absolute: boolean;
  /** The capture's epoch, to which all times are offsets. */
  epochSeconds: Seconds;
  epochNanoseconds: Nanoseconds;
  /** Where relative time begins. */
  origin: Nanoseconds;
}

/** Distances between ticks that a person counts in, from 1 ns to 100 days. */
const STEPS: readonly Nanoseconds[] = [
  ...[1, 10, 100].flatMap((ten) => [ten, 2 * ten, 5 * ten]),
  ...[1, 10, 100].flatMap((ten) => [1, 2, 5].map((step) => step * ten * MICROSECOND)),
  ...[1, 10, 100].flatMap((ten) => [1, 2, 5].map((step) => step * ten * MILLISECOND)),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * MINUTE),
  ...[1, 2, 3, 6, 12].map((step) => step * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((step) => step * DAY),
];
/** Relative time counts in tens throughout, because its labels are seconds. */
const DECIMAL_STEPS: readonly Nanoseconds[] = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

/** Room that an axis label takes, by the number of its characters, in CSS pixels. */
const LABEL_CHARACTER = 6.6;
/** Least room between two axis labels, in CSS pixels. */
const LABEL_GAP = 34;

/** Digits after the point that tell ticks of this distance apart: 0, 3, 6 or 9. */
export function digitsOf(step: Nanoseconds): number {
  return step >= SECOND ? 0 : step >= MILLISECOND ? 3 : step >= MICROSECOND ? 6 : 9;
}

function remainder(value: number, by: number): number {
  return value - Math.floor(value / by) * by;
}

/** Ticks of a window: where they stand (ascending offsets from the epoch) and how far apart. */
export interface Ticks {
  step: Nanoseconds;
  times: Nanoseconds[];
}

/**
 * Ticks for a window drawn `width` CSS pixels wide: round in the time that the labels show, as close as their labels allow.
 * At most one tick for each 60 pixels, whatever the window.
 */
export function ticksOf(window: TimeWindow, width: number, clock: Clock): Ticks {
  const length = window.to - window.from;
  const perPixel = length / Math.max(width, 1);
  const longest = clock.absolute
    ? 8
    : String(Math.floor(Math.abs(window.to - clock.origin) / SECOND)).length + 3;
  const steps = clock.absolute ? STEPS : DECIMAL_STEPS;
  let step = steps[steps.length - 1]!;
  for (const candidate of steps) {
    const digits = digitsOf(candidate);
    const characters = longest + (digits > 0 ? digits + 1 : 0);
    if (candidate / perPixel >= characters * LABEL_CHARACTER + LABEL_GAP) {
      step = candidate;
      break;
    }
  }
  const phase = clock.absolute ? phaseOf(step, clock) : -clock.origin;
  const times: Nanoseconds[] = [];
  const most = Math.ceil(length / step) + 1;
  let time = Math.ceil((window.from + phase) / step) * step - phase;
  for (let count = 0; count < most && time <= window.to; count++, time += step) times.push(time);
  return { step, times };
}

/** How far the epoch lies after the last tick of this distance, counted in UTC. */
function phaseOf(step: Nanoseconds, clock: Clock): Nanoseconds {
  if (step < SECOND) return clock.epochNanoseconds % step;
  return remainder(clock.epochSeconds, step / SECOND) * SECOND + clock.epochNanoseconds;
}

/** Writes a moment with so many digits after the point: `09:06:31.204` in UTC, or `151.204 s`; digits beyond are cut. */
export function formatTime(time: Nanoseconds, clock: Clock, digits: number): string {
  return clock.absolute
    ? clockText(clock, Math.round(time), digits)
    : formatSeconds(time - clock.origin, digits);
}

function formatSeconds(time: Nanoseconds, digits: number): string {
  const rounded = Math.round(time);
  const whole = Math.floor(Math.abs(rounded) / SECOND);
  const rest = Math.abs(rounded) - whole * SECOND;
  const fraction = digits === 0 ? '' : `.${String(rest).padStart(9, '0').slice(0, digits)}`;
  return `${rounded < 0 ? '−' : ''}${whole}${fraction} s`;
}

/** The UTC date of a moment: `2024-05-17`; `''` where it is out of the range of dates. */
export function formatDate(time: Nanoseconds, clock: Clock): string {
  return exactText(clock, Math.round(time)).slice(0, 10);
}

/** Label of a tick: its time, or its date where ticks are days apart or a day begins. */
export function formatTick(time: Nanoseconds, step: Nanoseconds, clock: Clock): string {
  const text = formatTime(time, clock, digitsOf(step));
  const dated = clock.absolute && (step >= DAY || text === '00:00:00');
  return (dated && formatDate(time, clock)) || text;
}

/** Digits in which a moment is worth writing when `perPixel` nanoseconds fall on one pixel: 3 at least. */
export function digitsForPixel(perPixel: Nanoseconds): number {
  return Math.max(3, digitsOf(perPixel));
}

/** Writes a length of time, down to the nanosecond: `12 min 08 s`, `38 ms`, `1.5 µs`. */
export function formatDuration(length: Nanoseconds): string {
  const size = Math.abs(Math.round(length));
  if (size < MICROSECOND) return `${size} ns`;
  if (size < MILLISECOND) return `${significant(size / MICROSECOND)} µs`;
  if (size < SECOND) return `${significant(size / MILLISECOND)} ms`;
  return durationText(size);
}

function significant(value: number): string {
  return String(Number(value.toPrecision(3)));
}
