import { describe, expect, it } from 'vitest';
import { SampleMark } from '../../../src/analysis/value-protocol.ts';
import { clearHeight, drawSeries, spread } from '../../../src/app/values/series-path.ts';
import { seriesOf, type WrittenSample } from './series.ts';

const { doubt, gap, late, unasked, written } = SampleMark;
/** A plot of 100 s on 1000 pixels, and of 0 to 100 on 100 pixels. */
const SCALE = {
  x: (time: number): number => time / 1e8,
  y: (value: number): number => 100 - value,
  width: 1000,
  top: 0,
  height: 100,
};
const draw = (samples: readonly WrittenSample[], change = {}): ReturnType<typeof drawSeries> =>
  drawSeries(seriesOf(samples, change), SCALE);

describe('the line of a series', () => {
  it('goes through its samples', () =>
    expect(
      draw([
        [1, 10],
        [2, 20],
        [3, 15],
      ]).line,
    ).toBe('M10 90L20 80L30 85'));

  it('has a gap where registration or observation broke', () =>
    expect(
      draw([
        [1, 10],
        [2, 20],
        [8, 15, gap],
        [9, 16],
      ]).line,
    ).toBe('M10 90L20 80M80 85L90 84'));

  it('is dotted where a notification came too late, and says how late', () => {
    const drawing = draw(
      [
        [1, 10],
        [2, 20],
        [41.2, 15, late],
        [43, 16],
      ],
      {
        attributes: [{ from: 0, pmin: 1, pmax: 30, text: '', row: 0 }],
      },
    );
    expect(drawing.line).toBe('M10 90L20 80M412 85L430 84');
    expect(drawing.late).toBe('M20 80L412 85');
    expect(drawing.lateTexts.map(({ text }) => text)).toEqual(['39.2 s without a notification, pmax 30 s']);
  });

  it('passes over doubted samples, which stand at the edge where they are off the scale', () => {
    const drawing = draw([
      [1, 10],
      [2, 327, doubt],
      [3, 12],
      [4, -5, doubt],
      [5, 13, doubt],
      [6, NaN, doubt],
    ]);
    expect(drawing.line).toBe('M10 90L30 88');
    expect(drawing.doubts).toEqual([
      { at: 1, x: 20, y: 0, beyond: 'above' },
      { at: 3, x: 40, y: 100, beyond: 'below' },
      { at: 4, x: 50, y: 87, beyond: undefined },
      { at: 5, x: 60, y: 100, beyond: undefined },
    ]);
  });

  it('keeps a gap that a doubted sample stands in', () =>
    expect(
      draw([
        [1, 10],
        [5, 99, doubt | gap],
        [6, 12],
        [7, 13],
      ]).line,
    ).toBe('M60 88L70 87'));

  it('is cut shortly beyond the plot, at the height where it passes', () => {
    const drawing = draw([
      [-100, 0],
      [100, 100],
      [300, 0],
    ]);
    expect(drawing.line).toBe('M-20 51L1000 0L1020 1');
  });

  it('tells told, read and written by their marks', () => {
    const drawing = draw([
      [1, 10, unasked],
      [2, 20],
      [3, 30, written],
    ]);
    expect([drawing.dots, drawing.rings, drawing.squares].map((path) => path.split('M').length - 1)).toEqual([
      1, 1, 1,
    ]);
    expect(drawing.squares).toContain('h4.8v4.8');
  });

  it('has no marks where samples are too close, but for those that stand alone', () => {
    const many = Array.from({ length: 400 }, (_, at) => [at / 4, 10] as const);
    expect(draw(many).rings).toBe('');
    expect(draw([...many, [99.9, 10, gap]]).rings).not.toBe('');
  });
});

describe('labels', () => {
  it('step aside for each other inside the panel', () => {
    expect(spread([10, 12, 50], 13, 0, 100)).toEqual([10, 23, 50]);
    const low = spread([98, 99, 97], 13, 0, 100);
    expect([...low].sort((a, b) => a - b)).toEqual([74, 87, 100]);
    expect(spread([], 13, 0, 100)).toEqual([]);
  });

  it('stand under the line, else above it, else nowhere', () => {
    const points = [
      { x: 0, y: 40 },
      { x: 100, y: 60 },
    ];
    expect(clearHeight(points, 20, 80, 0, 100)).toBe(75);
    expect(clearHeight(points, 20, 80, 0, 60)).toBe(33);
    expect(clearHeight(points, 20, 80, 40, 60)).toBeUndefined();
  });
});
