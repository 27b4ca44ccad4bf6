import { scaleSqrt } from 'd3-scale';
import { describe, expect, it } from 'vitest';
import { barHeights, errorMarks, silentRuns } from '../../../src/app/timeline/overview-bars.ts';

describe('barHeights', () => {
  it('keeps a single message visible beside many, and nothing at nothing', () => {
    const heights = barHeights(Uint32Array.of(0, 1, 10_000), scaleSqrt, 32);
    expect([...heights]).toEqual([0, 2, 32]);
  });
  it('takes an empty capture', () => {
    expect([...barHeights(new Uint32Array(3), scaleSqrt, 32)]).toEqual([0, 0, 0]);
  });
});

describe('errorMarks', () => {
  const x = (bin: number): number => bin * 4;
  it('keeps marks apart and stays with the most errors', () => {
    expect(errorMarks(Uint32Array.of(1, 3, 0, 1, 1), x, 9)).toEqual([1, 4]);
    expect(errorMarks(new Uint32Array(5), x, 9)).toEqual([]);
  });
});

describe('silentRuns', () => {
  it('gives stretches long enough to see', () => {
    const counts = new Uint32Array(100).fill(1);
    counts.fill(0, 10, 30);
    counts.fill(0, 40, 42);
    counts.fill(0, 95, 100);
    expect(silentRuns(counts)).toEqual([
      { first: 10, past: 30 },
      { first: 95, past: 100 },
    ]);
  });
});
