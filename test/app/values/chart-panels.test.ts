import { expect, it } from 'vitest';
import { SeriesKind } from '../../../src/analysis/value-protocol.ts';
import { AXIS_HEIGHT, panelsOf } from '../../../src/app/values/chart-panels.ts';
import { seriesOf } from './series.ts';

const temperature = seriesOf([[0, 20]]);
const limited = seriesOf([[0, 20]], {
  attributes: [{ from: 0, pmin: 1, pmax: 30, gt: NaN, lt: NaN, text: 'pmin 1 · pmax 30', row: 0 }],
});
const state = seriesOf([[0, '0 Idle']], { pathText: '/5/0/3', unit: '' }, SeriesKind.state);
const text = seriesOf([[0, '2.3.1']], { pathText: '/3/0/3', unit: '' }, SeriesKind.text);

it('puts numbers of one unit into one panel, states and texts under them', () => {
  const battery = seriesOf([[0, 87]], { unit: '%' });
  const { panels } = panelsOf([state, temperature, text, battery, temperature], -1, 500);
  expect(panels.map(({ kind, series }) => [kind, series])).toEqual([
    ['numbers', [1, 4]],
    ['numbers', [3]],
    ['state', [0]],
    ['text', [2]],
  ]);
});

it('tells numbers without a unit apart by their resource', () => {
  const one = seriesOf([[0, 1]], { unit: '', pathText: '/3/0/10' });
  const other = seriesOf([[0, 1]], { unit: '', pathText: '/3/1/10' });
  const another = seriesOf([[0, 1]], { unit: '', pathText: '/3/0/13' });
  expect(panelsOf([one, another, other], 0, 500).panels.map(({ series }) => series)).toEqual([[0, 2], [1]]);
});

it('has the intervals of the active series below its numbers, where limits were set', () => {
  const kinds = (active: number): string[] =>
    panelsOf([limited, state], active, 500).panels.map(({ kind }) => kind);
  expect(kinds(0)).toEqual(['numbers', 'interval', 'state']);
  expect(kinds(1)).toEqual(['numbers', 'state']);
});

it('stacks panels without gaps, and grows beyond the room where it is too small', () => {
  for (const height of [100, 500]) {
    const { panels, height: whole } = panelsOf([limited, state, text], 0, height);
    let top = AXIS_HEIGHT;
    for (const panel of panels) {
      expect(panel.top).toBe(top);
      expect(panel.height).toBeGreaterThan(40);
      top += panel.height;
    }
    expect(whole).toBe(Math.max(height, top));
  }
});
