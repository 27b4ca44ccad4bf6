import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digitsOf,
  formatDate,
  formatDuration,
  formatTick,
  formatTime,
  ticksOf,
  type Clock,
} from '../../../src/app/timeline/time-ticks.ts';

const SECOND = 1e9;
/** 2026-05-19 09:04:00.318112 UTC. */
const clock: Clock = {
  absolute: true,
  epochSeconds: 1_779_181_440,
  epochNanoseconds: 318_112_000,
  origin: 0,
};
const relative: Clock = { ...clock, absolute: false };

/** UTC text of a moment by whole-number arithmetic, independent of the code under test. */
function oracle(time: number, to: Clock, digits: number): string {
  const total = BigInt(to.epochSeconds) * 1_000_000_000n + BigInt(to.epochNanoseconds) + BigInt(time);
  const nanoseconds = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (total - nanoseconds) / 1_000_000_000n;
  const day = new Date(Number(seconds) * 1000).toISOString().slice(11, 19);
  return digits === 0 ? day : `${day}.${String(nanoseconds).padStart(9, '0').slice(0, digits)}`;
}

describe('formatTime', () => {
  it('writes UTC without losing a nanosecond, after 100 days too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
        fc.constantFrom(0, 3, 6, 9),
        (time, digits) => {
          expect(formatTime(time, clock, digits)).toBe(oracle(time, clock, digits));
        },
      ),
    );
  });
  it('writes seconds since the first message', () => {
    const from10 = { ...relative, origin: 10 * SECOND };
    expect(formatTime(12.5 * SECOND, from10, 3)).toBe('2.500 s');
    expect(formatTime(10 * SECOND + 1, from10, 9)).toBe('0.000000001 s');
    expect(formatTime(9 * SECOND, from10, 0)).toBe('−1 s');
  });
  it('knows the date', () => {
    expect(formatDate(0, clock)).toBe('2026-05-19');
    expect(formatDate(24 * 3600 * SECOND, clock)).toBe('2026-05-20');
  });
});

describe('ticksOf', () => {
  it('puts ticks on round UTC times, although the epoch is not round', () => {
    const { step, times } = ticksOf({ from: 0, to: 300 * SECOND }, 970, clock);
    expect(step).toBe(30 * SECOND);
    expect(times.map((time) => formatTick(time, step, clock)).slice(0, 3)).toEqual([
      '09:04:30',
      '09:05:00',
      '09:05:30',
    ]);
  });
  it('goes down to nanoseconds with digits that tell ticks apart', () => {
    const { step, times } = ticksOf({ from: 5 * SECOND, to: 5 * SECOND + 1000 }, 970, clock);
    expect(digitsOf(step)).toBe(9);
    const labels = times.map((time) => formatTick(time, step, clock));
    expect(labels[0]).toBe('09:04:05.318112000');
    expect(new Set(labels).size).toBe(labels.length);
  });
  it('counts days by their date', () => {
    const day = 86_400 * SECOND;
    const { step, times } = ticksOf({ from: 0, to: 20 * day }, 970, clock);
    expect(step % day).toBe(0);
    expect(formatTick(times[0]!, step, clock)).toMatch(/^2026-05-\d\d$/);
  });
  it('shows the date where a day begins among hours', () => {
    const midnight = (14 * 3600 + 56 * 60) * SECOND - 318_112_000;
    expect(formatTick(midnight, 3600 * SECOND, clock)).toBe('2026-05-20');
  });
  it('starts relative ticks at the first message', () => {
    const { step, times } = ticksOf({ from: 7 * SECOND, to: 307 * SECOND }, 970, {
      ...relative,
      origin: 7 * SECOND,
    });
    expect(formatTick(times[0]!, step, { ...relative, origin: 7 * SECOND })).toBe('0 s');
  });
  it('gives few, ordered ticks inside any window, with labels that do not touch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8e15 }),
        fc.double({ min: 1000, max: 8e15, noNaN: true }),
        fc.integer({ min: 1, max: 4000 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 999_999_999 }),
        (from, length, width, absolute, epochNanoseconds) => {
          const window = { from, to: from + length };
          const at = { ...clock, absolute, epochNanoseconds };
          const { step, times } = ticksOf(window, width, at);
          expect(times.length).toBeLessThanOrEqual(width / 50 + 2);
          times.forEach((time, index) => {
            expect(time).toBeGreaterThanOrEqual(window.from - 2);
            expect(time).toBeLessThanOrEqual(window.to);
            if (index > 0) expect(Math.abs(time - times[index - 1]! - step)).toBeLessThanOrEqual(2);
          });
        },
      ),
    );
  });
  it('survives a width of nothing', () => {
    expect(ticksOf({ from: 0, to: 1e9 }, 0, clock).times.length).toBeLessThanOrEqual(2);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ns'],
    [250, '250 ns'],
    [1_500, '1.5 µs'],
    [38_200_000, '38.2 ms'],
    [14.9 * SECOND, '14.9 s'],
    [125 * SECOND, '2 min 05 s'],
  ])('writes %d as %s', (length, text) => {
    expect(formatDuration(length)).toBe(text);
  });
});
