import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInRange, parseRange, type ValueRange } from '../../src/lwm2m/registry/value-range.ts';
import { ValueType, type ValueTypeCode } from '../../src/lwm2m/value.ts';

const { integer, float, string, opaque, boolean } = ValueType;

// The shapes that occur in the definitions of the OMA registry.
describe('parseRange', () => {
  it.each([
    ['0..255', integer, 'number', [0, 255]],
    ['1...15', integer, 'number', [1, 15]],
    ['-128..127', integer, 'number', [-128, 127]],
    ['-110..-48', integer, 'number', [-110, -48]],
    ['-30..-120', integer, 'number', [-120, -30]],
    ['0-4', integer, 'number', [0, 4]],
    ['[1:4]', integer, 'number', [1, 4]],
    ['0.00..100.00', float, 'number', [0, 100]],
    ['5, 10, 15, 20', integer, 'number', [5, 5, 10, 10, 15, 15, 20, 20]],
    ['0..247, 255', integer, 'number', [0, 247, 255, 255]],
    ['0; 3.8..20.5', float, 'number', [0, 0, 3.8, 20.5]],
    ['0..255 bytes', string, 'length', [0, 255]],
    ['1..32 Bytes', string, 'length', [1, 32]],
    ['6', opaque, 'length', [6, 6]],
    ['16-32-48 bytes', opaque, 'length', [16, 16, 32, 32, 48, 48]],
    ['0 or 26 Bytes', string, 'length', [0, 0, 26, 26]],
    ['8 bit', opaque, 'length', [1, 1]],
  ] as [string, ValueTypeCode, string, number[]][])('%s', (text, type, of, intervals) => {
    expect(parseRange(text, type)).toMatchObject({ of, intervals });
  });

  it.each([
    ['', integer],
    ['8-Bits', integer],
    ['16-bit', integer],
    ['2 Instances', integer],
    ['ON;OFF', float],
    ['<7 to >12.5', integer],
    ['The possible values are those listed in the LwM2M Core Specification', string],
    ['0..1', boolean],
    ['8', integer],
  ] as [string, ValueTypeCode][])('limits nothing by %s', (text, type) => {
    expect(parseRange(text, type)).toBeUndefined();
  });

  it('takes the names of an enumeration', () => {
    const range = parseRange('0: RELEASE 1: CLICK 3: DOUBLE-CLICK\n255: STUCK', integer) as ValueRange;
    expect([...range.names]).toEqual([
      [0, 'RELEASE'],
      [1, 'CLICK'],
      [3, 'DOUBLE-CLICK'],
      [255, 'STUCK'],
    ]);
    expect([0, 2, 255].map((value) => isInRange(range, value))).toEqual([true, false, true]);
  });

  it.each([['9..3'], ['9-3'], ['0..1, 7..5']])('says that %s ends before it begins', (text) => {
    expect(parseRange(text, integer)).toMatch(/ends before it begins/);
  });

  it('compares bounds in 32 bits too', () => {
    const range = parseRange('0.1..3.3', float) as ValueRange;
    expect(isInRange(range, Math.fround(3.3))).toBe(true);
    expect(isInRange(range, Math.fround(0.1))).toBe(true);
    expect(isInRange(range, 3.4)).toBe(false);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(integer, float, string, opaque), (text, type) => {
        parseRange(text, type);
      }),
    );
  });
});
