import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_ROWS,
  Float64Column,
  Uint16Column,
  Uint32Column,
  Uint8Column,
} from '../../src/analysis/column.ts';
import { NarrowColumn } from '../../src/analysis/narrow-column.ts';
import { SparseFloat64Column } from '../../src/analysis/sparse-column.ts';

describe('columns', () => {
  it('keep what was set, across the ends of chunks', () => {
    const columns = [new Uint8Column(), new Uint16Column(), new Uint32Column(), new Float64Column()];
    const rows = CHUNK_ROWS * 2 + 3;
    for (let row = 0; row < rows; row++) for (const column of columns) column.set(row, row % 251);
    for (const row of [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS * 2 - 1, CHUNK_ROWS * 2, rows - 1])
      for (const column of columns) expect(column.get(row)).toBe(row % 251);
  });

  it('hold the largest numbers of their kind', () => {
    const small = new Uint8Column();
    const middle = new Uint16Column();
    const large = new Uint32Column();
    const time = new Float64Column();
    small.set(0, 0xff);
    middle.set(0, 0xffff);
    large.set(0, 0xffffffff);
    time.set(0, Number.MAX_SAFE_INTEGER);
    expect([small.get(0), middle.get(0), large.get(0), time.get(0)]).toEqual([
      0xff,
      0xffff,
      0xffffffff,
      Number.MAX_SAFE_INTEGER,
    ]);
    time.set(0, -0.5);
    expect(time.get(0)).toBe(-0.5);
  });

  it('change one row and no other', () => {
    const column = new Uint32Column();
    for (let row = 0; row < 10; row++) column.set(row, row);
    column.set(4, 99);
    expect(Array.from({ length: 10 }, (_, row) => column.get(row))).toEqual([0, 1, 2, 3, 99, 5, 6, 7, 8, 9]);
  });

  it('take many rows at once as one at a time', () => {
    const part = fc.record({
      count: fc.integer({ min: 0, max: 50_000 }),
      value: fc.integer({ min: 0, max: 0xffff }),
      fill: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const atOnce = new Uint16Column();
        const single = new Uint16Column();
        let row = 0;
        for (const { count, value, fill } of parts) {
          const values = Uint16Array.from({ length: count + 3 }, (_, index) => (value + index) & 0xffff);
          if (fill) atOnce.fillRows(row, value, count);
          else atOnce.setRows(row, values, count);
          for (let index = 0; index < count; index++) single.set(row + index, fill ? value : values[index]!);
          row += count;
        }
        for (let at = 0; at < row; at++)
          if (atOnce.get(at) !== single.get(at)) expect.fail(`row ${at} of ${row}`);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a sparse column', () => {
  it('gives what was set in rising order, and NaN for all else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.constantFrom(1.5, 2.5, 3.5)), { maxLength: 200 }),
        (steps) => {
          const column = new SparseFloat64Column();
          const known = new Map<number, number>();
          let row = 0;
          for (const [step, value] of steps) {
            row += step;
            column.set(row, value);
            known.set(row, value);
          }
          for (let at = 0; at < row + 10; at++) expect(column.get(at)).toBe(known.get(at) ?? NaN);
        },
      ),
    );
  });
});

describe('a narrow column', () => {
  it('keeps numbers of 32 bits, whenever the first large one comes and however it grows', () => {
    const large = fc.oneof(fc.nat(0xffff), fc.constantFrom(0x10000, 0x12345678, 0xffffffff));
    fc.assert(
      fc.property(fc.array(large, { maxLength: 50 }), fc.nat(CHUNK_ROWS * 2), (numbers, first) => {
        const column = new NarrowColumn();
        column.fillRows(0, 7, first);
        numbers.forEach((number, index) => column.set(first + index, number));
        column.setRows(first + numbers.length, Uint32Array.from(numbers), numbers.length);
        numbers.forEach((number, index) => {
          expect(column.get(first + index)).toBe(number);
          expect(column.get(first + numbers.length + index)).toBe(number);
        });
        if (first > 0) expect([column.get(0), column.get(first - 1)]).toEqual([7, 7]);
      }),
      { numRuns: 50 },
    );
  });
});
