import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValuePaths, ValueTable } from '../../src/analysis/value-table.ts';

const id = fc.oneof(fc.integer({ min: -1, max: 65_535 }), fc.constantFrom(-1, 0, 65_534, 65_535));

describe('paths of values', () => {
  it('are numbered once each, and told again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(id, id, id, id), { maxLength: 2000 }), (all) => {
        const paths = new ValuePaths();
        const numbers = new Map<string, number>();
        for (const ids of all) {
          const number = paths.number(...ids);
          const known = numbers.get(ids.join());
          if (known === undefined) numbers.set(ids.join(), number);
          else expect(number).toBe(known);
          expect([0, 1, 2, 3].map((level) => paths.id(number, level as 0 | 1 | 2 | 3))).toEqual(ids);
        }
        expect(new Set(numbers.values()).size).toBe(numbers.size);
        expect(paths.count).toBe(numbers.size);
      }),
      { numRuns: 30 },
    );
  });

  it('are text as far as they go', () => {
    const paths = new ValuePaths();
    expect(paths.text(paths.number(3, -1, -1, -1))).toBe('/3');
    expect(paths.text(paths.number(3, 0, -1, -1))).toBe('/3/0');
    expect(paths.text(paths.number(3, 0, 9, -1))).toBe('/3/0/9');
    expect(paths.text(paths.number(3, 0, 7, 1))).toBe('/3/0/7/1');
  });

  it('tell the reserved id 65535 from no id', () => {
    const paths = new ValuePaths();
    const reserved = paths.number(2, 12, 2, 65_535);
    expect(paths.number(2, 12, 2, -1)).not.toBe(reserved);
    expect(paths.text(reserved)).toBe('/2/12/2/65535');
  });
});

describe('table of values', () => {
  it('finds the first value of a message', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }), (counts) => {
        const table = new ValueTable();
        const first: number[] = [];
        for (const [message, count] of counts.entries()) {
          first.push(count === 0 ? -1 : table.count);
          for (let value = 0; value < count; value++) table.add(message, 0, value, 0, 1, 0, 0, NaN);
        }
        counts.forEach((_, message) => expect(table.firstOf(message)).toBe(first[message]));
        expect(table.firstOf(counts.length)).toBe(-1);
      }),
    );
  });

  it('keeps what was added', () => {
    const table = new ValueTable();
    const path = table.paths.number(3, 0, 9, -1);
    table.add(7, path, 87.5, 3, 4, 2, 5, NaN);
    const row = table.firstOf(7);
    expect(table.paths.text(table.path.get(row))).toBe('/3/0/9');
    expect(table.number.get(row)).toBe(87.5);
    expect([table.start.get(row), table.end(row, 100)]).toEqual([3, 7]);
    expect([table.type.get(row), table.doubts.get(row)]).toEqual([2, 5]);
  });

  it.each([65_534, 65_535, 65_536, 1_000_000])('knows the end of a value of %i bytes', (length) => {
    const table = new ValueTable();
    table.add(0, 0, NaN, 0, length, 0, 0, NaN);
    expect(table.end(0, length)).toBe(length);
  });
});
