import { describe, expect, it } from 'vitest';
import { SampleMark } from '../../../src/analysis/value-protocol.ts';
import { heightOf, momentText, numberText, valueScale } from '../../../src/app/values/value-scale.ts';
import { seriesOf } from './series.ts';

describe('numbers as text', () => {
  it.each([
    [21.92, '21.92'],
    [-97.5, '−97.5'],
    [0, '0'],
    // The nearest 32-bit float to 20.83.
    [Math.fround(20.83), '20.83'],
    [9007199254740991, '9007199254740991'],
    [1.5e21, '1.5e21'],
    [2.5e-9, '2.5e-9'],
    [NaN, ''],
    [-Infinity, '−∞'],
  ])('%f is %s', (number, text) => expect(numberText(number)).toBe(text));

  it('has moments in UTC, and numbers where they are no date', () => {
    expect(momentText(1_700_000_000)).toBe('2023-11-14 22:13:20');
    expect(momentText(1e30)).toBe('1e30');
  });
});

describe('the scale of a panel', () => {
  it('holds all numbers with round ends', () => {
    const scale = valueScale(
      [
        seriesOf([
          [0, 20.57],
          [1, 21.92],
        ]),
        seriesOf([[0, 22.96]]),
      ],
      160,
    );
    expect(scale.from).toBeLessThanOrEqual(20.57);
    expect(scale.to).toBeGreaterThanOrEqual(22.96);
    expect(scale.ticks.length).toBeGreaterThan(2);
    expect(scale.ticks.map(({ text }) => text)).toContain('21');
  });

  it('is not stretched by a doubted number, unless there are no others', () => {
    const spike = seriesOf([
      [0, 20],
      [1, 327.67, SampleMark.doubt],
      [2, 22],
    ]);
    expect(valueScale([spike], 160).to).toBeLessThan(30);
    expect(valueScale([seriesOf([[0, 327.67, SampleMark.doubt]])], 160).to).toBeGreaterThan(327);
  });

  it.each([[5], [0], [-3]])('has room around the single number %d', (number) => {
    const scale = valueScale([seriesOf([[0, number]])], 100);
    expect(scale.from).toBeLessThan(number);
    expect(scale.to).toBeGreaterThan(number);
    expect(heightOf(number, scale, 10, 100)).toBeGreaterThan(10);
    expect(heightOf(number, scale, 10, 100)).toBeLessThan(110);
  });

  it('exists without numbers', () => expect(valueScale([], 100)).toMatchObject({ from: 0, to: 1 }));
});
