import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysOfDate, secondsOfDateTime, utcText } from '../../src/lwm2m/civil-time.ts';
import { ValueType, type ValueTypeCode } from '../../src/lwm2m/value.ts';
import { describeValue, readValue, type Value } from '../../src/lwm2m/value-text.ts';
import { hex } from './collected-content.ts';

describe('describeValue', () => {
  it.each<[string, ValueTypeCode, Value, string, string]>([
    ['/5/3', ValueType.integer, 2, '', '2 Downloaded'],
    ['/5/5', ValueType.integer, 1, '', '1 Firmware updated successfully'],
    ['/5/5', ValueType.integer, 12, '', '12'],
    ['/33629/5', ValueType.integer, 12, '', '12 Conflicting state'],
    ['/9/7', ValueType.integer, 3, '', '3 Delivered'],
    ['/9/12', ValueType.boolean, true, '', 'true Enabled'],
    ['/3/20', ValueType.integer, 4, '', '4 Low battery'],
    ['/3/11', ValueType.integer, 0, '', '0 No error'],
    ['/4/0', ValueType.integer, 7, '', '7 NB-IoT'],
    ['/0/2', ValueType.integer, 3, '', '3 NoSec'],
    ['/3/9', ValueType.integer, 87, '%', '87 %'],
    ['/3303/5700', ValueType.float, 21.5, 'Cel', '21.5 Cel'],
    ['/3303/5700', ValueType.float, 0.10000000149011612, 'Cel', '0.1 Cel'],
    ['/3303/5700', ValueType.float, 0.1, '', '0.1'],
    ['/3303/5700', ValueType.float, 16777216, '', '16777216'],
    ['/3/13', ValueType.time, 1367491215, '', '2013-05-02 10:40:15 UTC'],
    ['/3/13', ValueType.time, 1e15, '', '1000000000000000'],
    ['/3/0', ValueType.string, 'Open Mobile Alliance', '', 'Open Mobile Alliance'],
    ['/1/6', ValueType.boolean, false, '', 'false'],
    ['/5/0', ValueType.opaque, '00ff', '', '00ff'],
    ['/5/0', ValueType.opaque, 'ab'.repeat(100), '', `${'ab'.repeat(32)}… (100 bytes)`],
    ['/3/22', ValueType.objlnk, '3:0', '', '3:0'],
    ['/3442/125', ValueType.unsigned, '18446744073709551615', '', '18446744073709551615'],
  ])('%s', (path, type, value, unit, text) => {
    const [, objectId, resourceId] = path.split('/').map(Number);
    expect(describeValue(objectId!, resourceId!, type, value, unit)).toBe(text);
  });
});

describe('readValue', () => {
  it('gives hex for formats without values and for unknown ones', () => {
    expect(readValue(ValueType.integer, 40, hex('5b7b'), 0, 2)).toBe('5b7b');
    expect(readValue(ValueType.integer, 65000, hex('5b7b'), 0, 2)).toBe('5b7b');
  });

  it('gives every 64-bit integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (wanted) => {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, wanted));
        const type = wanted < 2n ** 63n ? ValueType.integer : ValueType.unsigned;
        expect(String(readValue(type, 11542, bytes, 0, 8))).toBe(wanted.toString());
      }),
    );
  });

  it('gives every double that was written as text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (wanted) => {
        const text = new TextEncoder().encode(String(wanted));
        expect(readValue(ValueType.float, 0, text, 0, text.length)).toBe(Object.is(wanted, -0) ? 0 : wanted);
      }),
    );
  });
});

describe('civil time', () => {
  it('agrees with the run-time on every second of the years 1 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
        const iso = new Date(seconds * 1000).toISOString();
        expect(utcText(seconds)).toBe(iso.slice(0, 19).replace('T', ' '));
        expect(secondsOfDateTime(iso)).toBe(seconds);
      }),
    );
  });

  it('writes and reads fractions and offsets', () => {
    expect(utcText(0.25)).toBe('1970-01-01 00:00:00.250');
    expect(utcText(-0.5)).toBe('1969-12-31 23:59:59.500');
    expect(utcText(1e300)).toBeUndefined();
    expect(utcText(NaN)).toBeUndefined();
    // RFC 3339 §5.8, examples.
    expect(secondsOfDateTime('1985-04-12T23:20:50.52Z')).toBeCloseTo(482196050.52, 6);
    expect(secondsOfDateTime('1996-12-19T16:39:57-08:00')).toBe(851042397);
    expect(secondsOfDateTime('1990-12-31T23:59:60Z')).toBe(662688000);
    expect(daysOfDate(2000, 3, 1) - daysOfDate(2000, 2, 28)).toBe(2);
  });

  it.each([
    '',
    '2026-13-01T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01',
    '1363896240',
  ])('does not take %j for a date and time', (text) => {
    expect(secondsOfDateTime(text)).toBeNaN();
  });
});
