import { ValueType, type ValueTypeCode } from '../value.ts';

/** The values that a range or an enumeration allows. */
export interface ValueRange {
  /** What is limited: a number, or the length of a String or Opaque in bytes (LwM2M Core appendix D.1). */
  readonly of: 'number' | 'length';
  /** Lowest and highest value of each interval, both allowed, one pair after the other. */
  readonly intervals: readonly number[];
  /** Names of single values, where the enumeration gives them. */
  readonly names: ReadonlyMap<number, string>;
}

/** Longest text that is looked at, in UTF-16 units; longer ones are prose. */
const MAX_TEXT = 2048;
const NO_NAMES: ReadonlyMap<number, string> = new Map();
const NUMBER = '[+-]?\\d+(?:\\.\\d+)?';
/** `0..255`, `1...15`, `[1:4]`, `0 to 9`; with a hyphen between numbers without a sign only. */
const INTERVAL = new RegExp(`^(${NUMBER})\\s*(?:\\.{2,3}|:|to)\\s*(${NUMBER})$`, 'i');
const HYPHENS = /^\d+(?:\.\d+)?(?:\s*[-–]\s*\d+(?:\.\d+)?)+$/;
const SINGLE = new RegExp(`^${NUMBER}$`);
const UNIT_OF_LENGTH = /\s*-?(?:bytes?|octets?|characters?|chars?)$/i;
const BITS = /^(\d+)[\s-]*bits?$/i;
const NAMED = /^-?\d+\s*:\s*[A-Za-z]/;

/**
 * Reads the text of `RangeEnumeration`, whose shapes vary from definition to definition. Gives undefined where it
 * limits nothing that can be checked (prose, bits, a number of instances), and a sentence for an interval that ends
 * before it begins. For a String or an Opaque the numbers are a length in bytes.
 */
export function parseRange(text: string, type: ValueTypeCode): ValueRange | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_TEXT) return undefined;
  switch (type) {
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.float:
    case ValueType.time:
      return NAMED.test(trimmed) ? namedValues(trimmed) : intervalsOf(trimmed, 'number');
    case ValueType.string:
    case ValueType.opaque: {
      const bits = Number(BITS.exec(trimmed)?.[1]);
      if (bits > 0 && bits % 8 === 0)
        return { of: 'length', intervals: [bits / 8, bits / 8], names: NO_NAMES };
      return intervalsOf(trimmed.replace(UNIT_OF_LENGTH, ''), 'length');
    }
    default:
      return undefined;
  }
}

/** `0: CONFIGURED_ON 1: FULL_ON`, on one line or on several. */
function namedValues(text: string): ValueRange | undefined {
  const names = new Map<number, string>();
  const intervals: number[] = [];
  for (const item of text.split(/(?:^|[\s,;])(?=-?\d+\s*:)/)) {
    if (item.trim() === '') continue;
    const at = item.indexOf(':');
    const value = Number(item.slice(0, at));
    const name = item
      .slice(at + 1)
      .replace(/[\s,;]+$/, '')
      .trim();
    if (at < 0 || Number.isNaN(value) || name === '') return undefined;
    names.set(value, name);
    intervals.push(value, value);
  }
  return { of: 'number', intervals, names };
}

function intervalsOf(text: string, of: ValueRange['of']): ValueRange | string | undefined {
  const items = text.replace(/^\[(.*)\]$/, '$1').split(/\s*(?:[,;]|\bor\b)\s*/i);
  // One number alone is no limit of a number: some mean bits, some the only value, some an example.
  if (of === 'number' && items.length === 1 && SINGLE.test(items[0]!)) return undefined;
  const intervals: number[] = [];
  for (const item of items) {
    const interval = INTERVAL.exec(item);
    if (interval !== null) {
      const [low, high] = [Number(interval[1]), Number(interval[2])];
      // Between negative numbers some write the lower amount first (`-30..-120`).
      if (low > high && low >= 0) return `the range ${item} ends before it begins`;
      intervals.push(Math.min(low, high), Math.max(low, high));
    } else if (SINGLE.test(item)) intervals.push(Number(item), Number(item));
    else if (HYPHENS.test(item)) {
      const numbers = item.split(/\s*[-–]\s*/).map(Number);
      // Two numbers are an interval, more are a list (`16-32-48 bytes`).
      if (numbers.length > 2) for (const number of numbers) intervals.push(number, number);
      else if (numbers[0]! > numbers[1]!) return `the range ${item} ends before it begins`;
      else intervals.push(...numbers);
    } else return undefined;
  }
  return { of, intervals, names: NO_NAMES };
}

/**
 * Whether a number (a value, or a length in bytes) is one that the range allows. A bound that has no exact 32-bit
 * form is compared in that form too, as devices send it. Allocates nothing.
 */
export function isInRange({ intervals }: ValueRange, number: number): boolean {
  for (let at = 0; at < intervals.length; at += 2) {
    const low = intervals[at]!;
    const high = intervals[at + 1]!;
    if (number >= low && number <= high) return true;
    const rounded = Math.fround(number);
    if (rounded === Math.fround(low) || rounded === Math.fround(high)) return true;
  }
  return false;
}
