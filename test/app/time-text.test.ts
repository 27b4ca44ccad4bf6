import { describe, expect, test } from 'vitest';
import { clockText, deltaText, durationText, exactText, secondsText } from '../../src/app/time-text.ts';
import { bytesText, countText, plural } from '../../src/app/number-text.ts';

/** 2025-11-23T09:06:31.204118000Z */
const EPOCH = { epochSeconds: 1_763_888_791, epochNanoseconds: 204_118_000 };

describe('times', () => {
  test('of day are universal and cut, not rounded', () => {
    expect(clockText(EPOCH, 0)).toBe('09:06:31.204');
    expect(clockText(EPOCH, 795_881_999)).toBe('09:06:31.999');
    expect(clockText(EPOCH, 795_882_000)).toBe('09:06:32.000');
    expect(clockText(EPOCH, -205_000_000)).toBe('09:06:30.999');
    expect(clockText(EPOCH, 0, 0)).toBe('09:06:31');
    expect(clockText(EPOCH, 0, 6)).toBe('09:06:31.204118');
    expect(clockText({ epochSeconds: -1, epochNanoseconds: 0 }, 0)).toBe('23:59:59.000');
  });

  test('are exact to the nanosecond where asked for', () => {
    expect(exactText(EPOCH, 7)).toBe('2025-11-23T09:06:31.204118007Z');
    expect(exactText({ epochSeconds: 9e15, epochNanoseconds: 0 }, 0)).toBe('');
  });

  test('between lines carry a sign', () => {
    expect(deltaText(118_000_000)).toBe('+0.118');
    expect(deltaText(-2_000_000)).toBe('−0.002');
    expect(deltaText(4_000e9)).toBe('+4000');
    expect(secondsText(12_408_113_000)).toBe('12.408113');
  });

  test('as lengths are said in the two units that matter', () => {
    expect(durationText(315e3)).toBe('315 µs');
    expect(durationText(2.34e6)).toBe('2.3 ms');
    expect(durationText(840e6)).toBe('840 ms');
    expect(durationText(15.7e9)).toBe('15.7 s');
    expect(durationText(728e9)).toBe('12 min 08 s');
    expect(durationText(3 * 3600e9 + 300e9)).toBe('3 h 05 min');
    expect(durationText(2 * 86_400e9 + 4 * 3600e9)).toBe('2 d 04 h');
  });
});

describe('numbers', () => {
  test('are grouped, and have their noun', () => {
    expect(countText(48212)).toBe('48,212');
    expect(plural(1, 'frame')).toBe('1 frame');
    expect(plural(2, 'frame')).toBe('2 frames');
    expect(plural(3, 'record is', 'records are')).toBe('3 records are');
  });

  test('of bytes have three digits', () => {
    expect(bytesText(0)).toBe('0 B');
    expect(bytesText(999)).toBe('999 B');
    expect(bytesText(1000)).toBe('1.00 kB');
    expect(bytesText(999_600)).toBe('1.00 MB');
    expect(bytesText(752_000_000)).toBe('752 MB');
    expect(bytesText(1_840_000_000)).toBe('1.84 GB');
  });
});
