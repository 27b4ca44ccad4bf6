import { expect, it } from 'vitest';
import { thresholdLines } from '../../../src/app/values/threshold-lines.ts';
import { seriesOf } from './series.ts';

const change = { pmin: NaN, pmax: NaN, gt: NaN, lt: NaN, text: '', row: 0 };

it('are lines as long as they were in force, one where only others changed', () => {
  const series = seriesOf([[0, 20]], {
    attributes: [
      { ...change, from: 2e9, gt: 25 },
      { ...change, from: 4e9, gt: 25, lt: 15 },
      { ...change, from: 6e9, lt: 15 },
      { ...change, from: 8e9 },
    ],
  });
  expect(thresholdLines(series, { from: 0, to: 7e9 })).toEqual([
    { name: 'gt', value: 25, from: 2e9, to: 6e9 },
    { name: 'lt', value: 15, from: 4e9, to: 7e9 },
  ]);
  expect(thresholdLines(series, { from: 9e9, to: 12e9 })).toEqual([]);
});
