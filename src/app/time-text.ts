import type { Nanoseconds } from '../capture/units.ts';

/** What an offset counts from: the capture's epoch as the status gives it. */
export interface Epoch {
  epochSeconds: number;
  epochNanoseconds: number;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Splits a time into whole seconds since 1970 and the rest in nanoseconds, without losing digits. */
function split(epoch: Epoch, time: Nanoseconds): { seconds: number; rest: number } {
  const whole = Math.floor(time / 1e9);
  const rest = time - whole * 1e9 + epoch.epochNanoseconds;
  return rest >= 1e9
    ? { seconds: epoch.epochSeconds + whole + 1, rest: rest - 1e9 }
    : { seconds: epoch.epochSeconds + whole, rest };
}

/**
 * Time of day in universal time: `09:06:31.204`. `digits` counts decimals of the second, 0 to 9; they are cut,
 * not rounded, so that a second never shows before it has begun.
 */
export function clockText(epoch: Epoch, time: Nanoseconds, digits = 3): string {
  const { seconds, rest } = split(epoch, time);
  const ofDay = seconds - Math.floor(seconds / 86_400) * 86_400;
  const minutes = Math.floor(ofDay / 60);
  const text = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(ofDay % 60)}`;
  if (digits === 0) return text;
  return `${text}.${String(Math.floor(rest)).padStart(9, '0').slice(0, digits)}`;
}

/** Date and time in universal time with nine decimals: `2026-11-23T09:06:31.204118000Z`. */
export function exactText(epoch: Epoch, time: Nanoseconds): string {
  const { seconds, rest } = split(epoch, time);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '';
  return `${date.toISOString().slice(0, 19)}.${String(Math.floor(rest)).padStart(9, '0')}Z`;
}

/** Seconds with a fixed number of decimals: `12.408113`. */
export function secondsText(time: Nanoseconds, digits = 6): string {
  return (time / 1e9).toFixed(digits);
}

/** Time between two messages with sign: `+0.118`; from 1,000 s without decimals. */
export function deltaText(delta: Nanoseconds): string {
  const seconds = delta / 1e9;
  const sign = seconds < 0 ? '−' : '+';
  const size = Math.abs(seconds);
  return sign + (size < 1000 ? size.toFixed(3) : size.toFixed(0));
}

/** A length of time for a person: `315 µs`, `840 ms`, `15.7 s`, `12 min 08 s`, `3 h 05 min`, `2 d 04 h`. */
export function durationText(length: Nanoseconds): string {
  const seconds = length / 1e9;
  if (seconds < 0.0009995) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.00995) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${two(Math.floor((whole % 86_400) / 3600))} h`;
}
