import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  edgeSpan,
  hitSpan,
  nearestSpan,
  neighbourSpan,
  sameSpan,
} from '../../../src/app/timeline/span-hit.ts';
import { columns } from './spans.ts';

describe('hitSpan', () => {
  const spans = columns([
    [0, 1000],
    [300, 300],
    [310, 310],
    [900, 2000],
  ]);
  it('prefers the nearest mark within reach to the bar behind it', () => {
    expect(hitSpan(spans, 303, 10)).toBe(1);
    expect(hitSpan(spans, 308, 10)).toBe(2);
    expect(hitSpan(spans, 290, 5)).toBe(0);
  });
  it('takes the bar drawn last where two overlap', () => {
    expect(hitSpan(spans, 950, 10)).toBe(3);
  });
  it('finds nothing in a gap', () => {
    expect(hitSpan(spans, 2500, 10)).toBe(-1);
    expect(hitSpan(columns([]), 0, 10)).toBe(-1);
  });
  it('reaches beside a bar too short to point at', () => {
    expect(hitSpan(columns([[100, 104]]), 108, 10)).toBe(0);
  });
});

describe('moving', () => {
  it('visits every span once, in time, both ways, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 30 }), (times) => {
        const spans = columns(times.map((time) => [time, time + 5]));
        const all = { from: -1, to: 100 };
        const forth: number[] = [];
        for (let at = edgeSpan(spans, all, 1); at >= 0; at = neighbourSpan(spans, at, 1)) forth.push(at);
        const back: number[] = [];
        for (let at = edgeSpan(spans, all, -1); at >= 0; at = neighbourSpan(spans, at, -1)) back.push(at);
        expect(new Set(forth).size).toBe(times.length);
        expect(forth.map((at) => times[at])).toEqual([...times].sort((one, other) => one - other));
        expect(back).toEqual([...forth].reverse());
      }),
    );
  });
  it('begins with what is in the window', () => {
    const spans = columns([
      [0, 10],
      [20, 30],
      [40, 50],
    ]);
    expect(edgeSpan(spans, { from: 15, to: 45 }, 1)).toBe(1);
    expect(edgeSpan(spans, { from: 15, to: 45 }, -1)).toBe(2);
    expect(edgeSpan(spans, { from: 60, to: 70 }, 1)).toBe(-1);
  });
  it('finds its span again in new columns, else the nearest', () => {
    const spans = columns([
      [0, 10, 0, 7],
      [20, 30, 0, 8],
    ]);
    expect(sameSpan(spans, 8, 20)).toBe(1);
    expect(sameSpan(spans, 99, 18)).toBe(1);
    expect(nearestSpan(spans, 12)).toBe(0);
    expect(sameSpan(columns([]), 1, 1)).toBe(-1);
  });
});
