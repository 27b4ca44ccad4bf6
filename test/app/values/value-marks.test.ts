import { describe, expect, it } from 'vitest';
import { SampleMark, SeriesKind } from '../../../src/analysis/value-protocol.ts';
import { intervalPlot } from '../../../src/app/values/interval-plot.ts';
import { nearestSample } from '../../../src/app/values/nearest-sample.ts';
import { placeBars, stateBars } from '../../../src/app/values/state-bars.ts';
import { figuresOf } from '../../../src/app/values/statistics-text.ts';
import { textMarks } from '../../../src/app/values/text-marks.ts';
import { seriesOf, type WrittenSample } from './series.ts';

const x = (time: number): number => time / 1e8;
const states = (samples: readonly WrittenSample[]): ReturnType<typeof seriesOf> =>
  seriesOf(samples, { pathText: '/5/0/3', unit: '' }, SeriesKind.state);

describe('bars of states', () => {
  it('last until another state is told; what follows the last message is not told', () => {
    const series = states([
      [1, '1 Downloading'],
      [2, '1 Downloading'],
      [5, '2 Downloaded'],
    ]);
    expect(
      stateBars(series, [], 9e9).map(({ from, to, text, told }) => [from / 1e9, to / 1e9, text, told]),
    ).toEqual([
      [1, 5, '1 Downloading', true],
      [5, 5, '2 Downloaded', true],
      [5, 9, '2 Downloaded', false],
    ]);
  });

  it('end where registration broke, and doubted samples make none', () => {
    const series = states([
      [1, '1 Downloading'],
      [2, '9 Odd', SampleMark.doubt],
      [8, '0 Idle', SampleMark.gap],
    ]);
    const broken = [{ device: 0, path: -1, from: 4e9, to: 7e9, text: 'not registered 3.0 s' }];
    const bars = stateBars(series, broken, 8e9);
    expect(bars.map(({ from, to, text }) => [from / 1e9, to / 1e9, text])).toEqual([
      [1, 4, '1 Downloading'],
      [8, 8, '0 Idle'],
    ]);
  });

  it('hold the name where it fits, else the number, else nothing', () => {
    const series = states([
      [0, '1 Downloading'],
      [20, '2 Downloaded'],
      [22, '3 Updating'],
      [22.2, '0 Idle'],
    ]);
    const labels = placeBars(stateBars(series, [], 40e9), x, 400, undefined).map(({ label }) => label);
    expect(labels).toEqual(['1 Downloading', '2', '', '', '0 Idle']);
  });
});

describe('marks of texts', () => {
  it('name each new text once, cut where the next begins', () => {
    const series = seriesOf(
      [
        [1, '2.3.1'],
        [20, '2.3.1'],
        [40, 'a long text that does not fit', SampleMark.changed],
        [60, 'b', SampleMark.changed],
      ],
      {},
      SeriesKind.text,
    );
    const marks = textMarks(series, x, 1000);
    expect(marks).toHaveLength(4);
    expect(marks[0]!.label).toBe('“2.3.1”');
    expect(marks[1]!.label).toBe('');
    expect(marks[2]!.label).toMatch(/^“a long.*…”$/);
    expect(marks.map(({ changed }) => changed)).toEqual([false, false, true, true]);
  });
});

describe('the time between notifications', () => {
  const limited = seriesOf(
    [
      [0, 1],
      [5, 1],
      [10, 1],
      [49.2, 1, SampleMark.late],
      [90, 1, SampleMark.gap],
    ],
    {
      attributes: [
        { from: 1e9, pmin: 1, pmax: 30, gt: NaN, lt: NaN, text: '', row: 0 },
        { from: 60e9, pmin: NaN, pmax: NaN, gt: NaN, lt: NaN, text: '', row: 0 },
      ],
    },
  );

  it('stands beside the limits in force; breaks are no intervals', () => {
    const plot = intervalPlot(limited, { from: 0, to: 100e9 });
    expect(plot.bands).toEqual([{ from: 1e9, to: 60e9, pmin: 1, pmax: 30 }]);
    expect(plot.points.map(({ at, late }) => [at, late])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(plot.ticks).toEqual([1, 30]);
    expect(plot.most).toBeGreaterThan(39.2);
  });

  it('goes beyond the scale where it is far longer than the limit', () => {
    const far = seriesOf(
      [
        [0, 1],
        [5000, 1, SampleMark.late],
      ],
      { attributes: limited.attributes.slice(0, 1) },
    );
    const plot = intervalPlot(far, { from: 0, to: 6000e9 });
    expect(plot.most).toBe(60);
    expect(plot.points[0]).toMatchObject({ beyond: true });
  });
});

describe('the sample that a pointer means', () => {
  const panels = [
    { id: 'a', kind: 'numbers' as const, series: [0, 1], top: 0, height: 100 },
    { id: 'b', kind: 'state' as const, series: [2], top: 100, height: 50 },
  ];
  const all = [
    seriesOf([
      [1, 10],
      [5, 10],
    ]),
    seriesOf([
      [1, 90],
      [5, 90],
    ]),
    states([
      [1, '0 Idle'],
      [5, '1 Downloading'],
    ]),
  ];
  const place = (series: number, at: number): { x: number; y: number } => ({
    x: x(all[series]!.time[at]!),
    y: 100 - all[series]!.value[at]!,
  });
  const find = (left: number, y: number): ReturnType<typeof nearestSample> =>
    nearestSample(all, panels, { x: left, y, time: left * 1e8 }, place);

  it('is the closest number, or the state that holds', () => {
    expect(find(12, 80)).toEqual({ series: 0, at: 0 });
    expect(find(12, 15)).toEqual({ series: 1, at: 0 });
    expect(find(48, 80)).toEqual({ series: 0, at: 1 });
    expect(find(500, 120)).toEqual({ series: 2, at: 1 });
    expect(find(5, 120)).toBeUndefined();
    expect(find(500, 50)).toBeUndefined();
    expect(find(10, 400)).toBeUndefined();
  });
});

describe('statistics', () => {
  const statistics = {
    samples: 23,
    leftOut: 1,
    least: 20.57,
    mean: 21.278261,
    most: 21.92,
    shortest: 2.7,
    median: 5.1,
    longest: 39.2,
  };
  it('tell numbers and intervals', () =>
    expect(figuresOf(seriesOf([], { statistics })).map(({ name, value }) => `${name} ${value}`)).toEqual([
      'samples 23',
      'min 20.57',
      'mean 21.278',
      'max 21.92',
      'interval 2.7 – 39.2 s',
      'median 5.1 s',
    ]));
  it('of text tell no numbers', () =>
    expect(
      figuresOf(seriesOf([], { statistics: { ...statistics, mean: NaN, median: NaN } }, SeriesKind.text)),
    ).toEqual([{ name: 'samples', value: '23' }]));
});
