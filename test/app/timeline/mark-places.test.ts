import { describe, expect, it } from 'vitest';
import { markLabels, spanWithMarks } from '../../../src/app/timeline/mark-places.ts';

const at = (...times: number[]): { id: string; time: number; text: string }[] =>
  times.map((time, index) => ({ id: `1.${index}`, time, text: `mark ${index}` }));

describe('the time that marks widen', () => {
  it('holds marks before the first and after the last message', () => {
    expect(spanWithMarks(100, 200, [])).toEqual({ from: 100, to: 200 });
    expect(spanWithMarks(100, 200, at(-50, 150, 260))).toEqual({ from: -50, to: 260 });
  });

  it('leaves out marks that are days away', () => {
    expect(spanWithMarks(0, 1e9, at(-86_401e9, 86_402e9))).toEqual({ from: 0, to: 1e9 });
    expect(spanWithMarks(0, 1e9, at(-86_400e9, 86_401e9))).toEqual({ from: -86_400e9, to: 86_401e9 });
  });
});

describe('labels of marks', () => {
  const window = { from: 0, to: 1000 };

  it('have the room up to the next one, and no more than they may', () => {
    const { labels, hidden } = markLabels(at(100, 150, 600), window, 1000, 24, 220);
    expect(labels.map(({ x, width }) => [x, width])).toEqual([
      [100, 50],
      [150, 220],
      [600, 220],
    ]);
    expect(hidden).toBe(0);
  });

  it('are left out where there is no room, and counted', () => {
    const { labels, hidden } = markLabels(at(100, 110, 123, 124, 500), window, 1000, 24, 220);
    expect(labels.map(({ x, width }) => [x, width])).toEqual([
      [100, 24],
      [124, 220],
      [500, 220],
    ]);
    expect(hidden).toBe(2);
  });

  it('stand at the left of the last mark where there is more room', () => {
    const placed = (...times: number[]): unknown[] =>
      markLabels(at(...times), window, 1000, 24, 220).labels.map(({ x, width, side }) => [x, width, side]);
    expect(placed(990)).toEqual([[990, 220, 'left']]);
    expect(placed(900)).toEqual([[900, 220, 'left']]);
    expect(placed(50)).toEqual([[50, 220, 'right']]);
    expect(placed(840, 990)).toEqual([
      [840, 75, 'right'],
      [990, 75, 'left'],
    ]);
    expect(placed(700, 990)).toEqual([
      [700, 145, 'right'],
      [990, 145, 'left'],
    ]);
    expect(placed(880, 905)).toEqual([
      [880, 25, 'right'],
      [905, 95, 'right'],
    ]);
  });

  it('of marks that are not in sight do not count', () => {
    expect(markLabels(at(-1, 1001), window, 1000, 24, 220)).toEqual({ labels: [], hidden: 0 });
  });
});
