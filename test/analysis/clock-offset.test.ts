import { expect, it } from 'vitest';
import { offsetText, parseOffset } from '../../src/analysis/settings.ts';

it.each([
  ['0', 0, 0, '0'],
  ['1.5', 1, 500_000_000, '1.5'],
  ['+10', 10, 0, '10'],
  ['-3600', -3600, 0, '-3600'],
  ['-0.000000001', -1, 999_999_999, '-0.000000001'],
  ['-1.25', -2, 750_000_000, '-1.25'],
  ['-0', 0, 0, '0'],
  ['100.10', 100, 100_000_000, '100.1'],
])('%s is read, and written as it is read', (text, seconds, nanoseconds, written) => {
  expect(parseOffset(text)).toEqual({ seconds, nanoseconds });
  expect(offsetText({ seconds, nanoseconds })).toBe(written);
});

it.each(['', 'soon', '1,5', '1.', '.5', '1e3', '1.0000000001', '--1', '99999999999999'])(
  '%j is no offset',
  (text) => {
    expect(parseOffset(text)).toMatch(/no number of seconds/);
  },
);

it('is bounded', () => {
  expect(parseOffset('1000000000000')).toMatch(/more than a clock/);
});
