import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clampWindow,
  extentOf,
  isAtTail,
  panByShare,
  sameWindow,
  SHORTEST_WINDOW,
  transformedWindow,
  transformTo,
  windowAroundSpan,
  windowAtTail,
  windowHolding,
  zoomAround,
} from '../../../src/app/timeline/time-window.ts';

const SECOND = 1e9;
const extent = { from: 0, to: 100 * SECOND };

const anyExtent = fc
  .tuple(fc.double({ min: -9e15, max: 9e15, noNaN: true }), fc.double({ min: 1e4, max: 9e15, noNaN: true }))
  .map(([from, length]) => ({ from, to: from + length }));
const anyWindow = fc
  .tuple(fc.double({ min: -1e16, max: 1e16, noNaN: true }), fc.double({ min: 0, max: 2e16, noNaN: true }))
  .map(([from, length]) => ({ from, to: from + length }));

describe('extentOf', () => {
  it('leaves room at both ends', () => {
    expect(extentOf(0, 100 * SECOND)).toEqual({ from: -2 * SECOND, to: 102 * SECOND });
  });
  it('is never empty: a single moment stands in the middle of a second', () => {
    expect(extentOf(5 * SECOND, 5 * SECOND)).toEqual({ from: 4.5 * SECOND, to: 5.5 * SECOND });
    expect(extentOf(0, 0)).toEqual({ from: -0.5 * SECOND, to: 0.5 * SECOND });
  });
});

describe('clampWindow', () => {
  it('lets a window inside the extent alone', () => {
    expect(clampWindow({ from: 10, to: 20 * SECOND }, extent)).toEqual({ from: 10, to: 20 * SECOND });
  });
  it('shifts a window that sticks out and keeps its length', () => {
    expect(clampWindow({ from: -10 * SECOND, to: 10 * SECOND }, extent)).toEqual({
      from: 0,
      to: 20 * SECOND,
    });
    expect(clampWindow({ from: 95 * SECOND, to: 105 * SECOND }, extent)).toEqual({
      from: 90 * SECOND,
      to: 100 * SECOND,
    });
  });
  it('goes no shorter than a microsecond, around the same middle', () => {
    const window = clampWindow({ from: 50 * SECOND, to: 50 * SECOND }, extent);
    expect(window).toEqual({
      from: 50 * SECOND - SHORTEST_WINDOW / 2,
      to: 50 * SECOND + SHORTEST_WINDOW / 2,
    });
  });
  it('takes a window that is no window for the whole', () => {
    expect(clampWindow({ from: Number.NaN, to: 3 }, extent)).toEqual(extent);
  });
  it('always gives a window inside the extent', () => {
    fc.assert(
      fc.property(anyWindow, anyExtent, (window, whole) => {
        const { from, to } = clampWindow(window, whole);
        const slack = Math.abs(whole.to - whole.from) * 1e-9 + 8;
        expect(from).toBeGreaterThanOrEqual(whole.from - slack);
        expect(to).toBeLessThanOrEqual(whole.to + slack);
        expect(to).toBeGreaterThan(from);
      }),
    );
  });
});

describe('zoomAround', () => {
  it('keeps the anchor where it is on the screen', () => {
    const window = zoomAround({ from: 20 * SECOND, to: 40 * SECOND }, 2, 25 * SECOND, extent);
    expect(window).toEqual({ from: 22.5 * SECOND, to: 32.5 * SECOND });
  });
  it('zooms out to the whole and no further', () => {
    expect(zoomAround({ from: 20 * SECOND, to: 40 * SECOND }, 1e-9, 25 * SECOND, extent)).toEqual(extent);
  });
  it('stops at a microsecond, still around the anchor', () => {
    let window = { ...extent };
    const anchor = 37 * SECOND;
    for (let step = 0; step < 80; step++) window = zoomAround(window, 2, anchor, extent);
    expect(window.to - window.from).toBeCloseTo(SHORTEST_WINDOW, 3);
    expect(window.from).toBeLessThanOrEqual(anchor);
    expect(window.to).toBeGreaterThanOrEqual(anchor);
  });
});

describe('other moves', () => {
  it('pans by a share of its length and stops at the ends', () => {
    const window = { from: 20 * SECOND, to: 40 * SECOND };
    expect(panByShare(window, 0.5, extent)).toEqual({ from: 30 * SECOND, to: 50 * SECOND });
    expect(panByShare(window, -9, extent)).toEqual({ from: 0, to: 20 * SECOND });
  });
  it('stays at the tail with its length, and knows when it is there', () => {
    const window = { from: 20 * SECOND, to: 40 * SECOND };
    const tail = windowAtTail(window, extent);
    expect(tail).toEqual({ from: 80 * SECOND, to: 100 * SECOND });
    expect(isAtTail(tail, extent)).toBe(true);
    expect(isAtTail(window, extent)).toBe(false);
  });
  it('brings a moment in sight only where it is not', () => {
    const window = { from: 20 * SECOND, to: 40 * SECOND };
    expect(windowHolding(window, 30 * SECOND, extent)).toBe(window);
    const later = windowHolding(window, 70 * SECOND, extent);
    expect(later.to - later.from).toBe(20 * SECOND);
    expect(later.from).toBeLessThan(70 * SECOND);
    expect(later.to).toBeGreaterThan(70 * SECOND);
  });
  it('shows a span with room around it, and a moment in the length given for it', () => {
    expect(windowAroundSpan(10 * SECOND, 20 * SECOND, 1, extent)).toEqual({
      from: 9 * SECOND,
      to: 21 * SECOND,
    });
    expect(windowAroundSpan(50 * SECOND, 50 * SECOND, 4 * SECOND, extent)).toEqual({
      from: 48 * SECOND,
      to: 52 * SECOND,
    });
  });
});

describe('gestures', () => {
  it('turns scale and shift into a window and back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 9e15, noNaN: true }),
        fc.double({ min: 1e6, max: 1e14, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -5000, max: 5000, noNaN: true }),
        (from, length, k, x) => {
          const base = { from, to: from + length };
          const window = transformedWindow(base, k, x, 1000);
          const back = transformTo(base, window, 1000);
          expect(Math.abs(back.k / k - 1)).toBeLessThan(0.01);
          // A Float64 of this size counts in whole nanoseconds.
          const pixel = length / 1000 / k;
          expect(Math.abs(back.x - x)).toBeLessThan(1e-3 * Math.max(1, Math.abs(x)) + 4 / pixel);
        },
      ),
    );
  });
  it('does not move without a gesture', () => {
    expect(sameWindow(transformedWindow(extent, 1, 0, 1000), extent)).toBe(true);
  });
});
