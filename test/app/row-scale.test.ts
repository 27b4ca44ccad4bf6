import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowScale } from '../../src/app/row-scale.ts';

describe('RowScale', () => {
  test('leaves a list that fits into one element as it is', () => {
    const scale = new RowScale(22, 1000, 300);
    expect(scale.capped).toBe(false);
    expect(scale.spacer).toBe(22_000);
    expect(scale.positionOf(5_000)).toBe(5_000);
    expect(scale.scrollOf(5_000)).toBe(5_000);
    expect(scale.positionOf(50_000)).toBe(21_700);
  });

  test('reaches the first and the last of ten million rows', () => {
    const scale = new RowScale(22, 10_000_000, 300);
    expect(scale.capped).toBe(true);
    expect(scale.spacer).toBe(8_000_000);
    expect(scale.positionOf(0)).toBe(0);
    expect(scale.positionOf(8_000_000 - 300)).toBe(220_000_000 - 300);
    expect(scale.scrollOf(220_000_000 - 300)).toBe(8_000_000 - 300);
  });

  test('shows nothing outside an empty or short list', () => {
    expect(new RowScale(22, 0, 300).clamp(100)).toBe(0);
    expect(new RowScale(22, 5, 300).positionOf(40)).toBe(0);
  });

  test('comes back to the same row through the scroll position', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000_000 }),
        fc.integer({ min: 50, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, viewport, share) => {
          const scale = new RowScale(22, total, viewport);
          const position = scale.clamp(Math.round(share * scale.height));
          expect(Math.abs(scale.positionOf(scale.scrollOf(position)) - position)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
