import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpanLook } from '../../../src/analysis/timeline-protocol.ts';
import {
  clearOf,
  cutMiddle,
  LABEL_PADDING,
  labelChoices,
  placeLabel,
} from '../../../src/app/timeline/bar-label.ts';

describe('labelChoices', () => {
  it('drops the last parts first and ends with the number of a firmware state', () => {
    expect(labelChoices('Downloading · 87 % · Block1 512 B', SpanLook.downloading)).toEqual([
      'Downloading · 87 % · Block1 512 B',
      'Downloading · 87 %',
      'Downloading',
      '1',
    ]);
  });
  it('ends with the result of an update', () => {
    expect(labelChoices('Idle · result 8 · failed', SpanLook.failed)).toEqual([
      'Idle · result 8 · failed',
      'Idle · result 8',
      'Idle',
      '8',
    ]);
  });
  it('marks what no message proves', () => {
    expect(labelChoices('Registered', SpanLook.unproven)).toEqual(['Registered ?', '?']);
    expect(labelChoices('', SpanLook.unproven)).toEqual(['?']);
  });
  it('has nothing to say for an empty label', () => {
    expect(labelChoices('', SpanLook.read)).toEqual([]);
  });
});

describe('placeLabel', () => {
  it('takes the longest that fits', () => {
    expect(placeLabel([100, 50, 8], 0, 120)).toEqual({ choice: 0, x: LABEL_PADDING });
    expect(placeLabel([100, 50, 8], 0, 70)).toEqual({ choice: 1, x: LABEL_PADDING });
    expect(placeLabel([100, 50, 8], 0, 10)).toBeUndefined();
  });
  it('steps aside from the cursor, to the side where a longer text fits', () => {
    expect(placeLabel([100, 50], 0, 300, 20)).toEqual({ choice: 0, x: 20 + LABEL_PADDING });
    expect(placeLabel([100, 50], 0, 300, 200)).toEqual({ choice: 0, x: LABEL_PADDING });
    expect(placeLabel([100, 50], 0, 140, 70)).toEqual({ choice: 1, x: LABEL_PADDING });
    expect(placeLabel([100], 0, 140, 70)).toBeUndefined();
  });
  it('never leaves its bar and never touches the cursor', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
        (widths, left, length, cursor) => {
          const right = left + length;
          const placed = placeLabel(widths, left, right, cursor);
          if (!placed) return;
          const end = placed.x + widths[placed.choice]!;
          expect(placed.x).toBeGreaterThanOrEqual(left + LABEL_PADDING);
          expect(end).toBeLessThanOrEqual(right - LABEL_PADDING);
          if (cursor !== undefined) expect(cursor <= placed.x || cursor >= end).toBe(true);
        },
      ),
    );
  });
});

describe('cutMiddle', () => {
  const fits =
    (most: number) =>
    (text: string): boolean =>
      Array.from(text).length <= most;

  it('keeps both ends', () => {
    expect(cutMiddle('urn:imei:356938035643809', fits(13))).toBe('urn:im…643809');
    expect(cutMiddle('meter', fits(13))).toBe('meter');
  });
  it('does not cut through a sign of two units', () => {
    expect(cutMiddle('🙂🙂🙂🙂🙂🙂', fits(3))).toBe('🙂…🙂');
  });
  it('gives the longest that fits, and the mark alone where nothing does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, most) => {
        const cut = cutMiddle(text, fits(most));
        expect(fits(most)(cut)).toBe(true);
        if (!fits(most)(text)) expect(Array.from(cut).length).toBe(most);
      }),
    );
  });
});

describe('clearOf', () => {
  it('hides what the cursor label covers', () => {
    expect(clearOf([0, 50, 100], 10, 55, 20)).toEqual([true, false, true]);
    expect(clearOf([0, 50], 10, undefined, 20)).toEqual([true, true]);
  });
});
