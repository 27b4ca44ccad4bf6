import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_ROWS,
  Float64Column,
  Uint16Column,
  Uint32Column,
  Uint8Column,
} from '../../src/analysis/column.ts';
import { KeptRows } from '../../src/analysis/kept-rows.ts';
import { NarrowColumn } from '../../src/analysis/narrow-column.ts';
import { SightingTable } from '../../src/analysis/sighting-table.ts';
import { SparseFloat64Column } from '../../src/analysis/sparse-column.ts';
import { TimerHeap } from '../../src/analysis/timer-heap.ts';
import { ValueTable } from '../../src/analysis/value-table.ts';
import { TokenTable } from '../../src/coap/token-table.ts';
import { TimerKind } from '../../src/device/timer-port.ts';

const ROWS = CHUNK_ROWS * 3 + 100;
const valueOf = (row: number): number => (row * 7) % 251;

describe('a column of which the oldest chunks are dropped', () => {
  const columns = {
    'of 8 bits': () => new Uint8Column(9),
    'of 16 bits': () => new Uint16Column(9),
    'of 32 bits': () => new Uint32Column(9),
    'of floats': () => new Float64Column(9),
    'of narrow numbers': () => new NarrowColumn(9),
  };
  it.each(Object.entries(columns))('%s keeps all other rows, and the chosen ones', (_, make) => {
    const column = make();
    for (let row = 0; row < ROWS; row++) column.set(row, valueOf(row));
    const before = column.bytes;
    column.dropBefore(CHUNK_ROWS + 5, new KeptRows(Uint32Array.of(3, 70, CHUNK_ROWS - 1)));
    expect(column.bytes).toBeLessThan(before * 0.8);
    expect([3, 70, CHUNK_ROWS - 1].map((row) => column.get(row))).toEqual(
      [3, 70, CHUNK_ROWS - 1].map(valueOf),
    );
    expect([0, 4, CHUNK_ROWS - 2].map((row) => column.get(row))).toEqual([9, 9, 9]);
    for (let row = CHUNK_ROWS; row < ROWS; row++)
      if (column.get(row) !== valueOf(row)) expect.fail(`row ${row}`);
    // What is kept can be changed, what is gone cannot.
    column.set(70, 200);
    column.set(71, 200);
    expect([column.get(70), column.get(71)]).toEqual([200, 9]);
    column.dropBefore(CHUNK_ROWS * 2, new KeptRows(Uint32Array.of(70, CHUNK_ROWS + 8)));
    expect([3, 70, CHUNK_ROWS + 8, CHUNK_ROWS * 2].map((row) => column.get(row))).toEqual([
      9,
      200,
      valueOf(CHUNK_ROWS + 8),
      valueOf(CHUNK_ROWS * 2),
    ]);
    column.set(ROWS, 1);
    expect(column.get(ROWS)).toBe(1);
  });

  it('keeps a large number in a narrow column', () => {
    const column = new NarrowColumn();
    for (let row = 0; row < CHUNK_ROWS + 1; row++) column.set(row, row === 8 ? 0x12345678 : 1);
    column.dropBefore(CHUNK_ROWS, new KeptRows(Uint32Array.of(8)));
    expect([column.get(7), column.get(8), column.get(CHUNK_ROWS)]).toEqual([0, 0x12345678, 1]);
  });
});

describe('a sparse column', () => {
  it('gives the same from a row on, whatever was dropped before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.constantFrom(1.5, 2.5)), { maxLength: 60 }),
        fc.nat(200),
        (steps, first) => {
          const [whole, part] = [new SparseFloat64Column(), new SparseFloat64Column()];
          let row = 0;
          for (const [step, value] of steps) {
            row += step;
            whole.set(row, value);
            part.set(row, value);
          }
          part.dropBefore(first);
          for (let at = first; at < row + 5; at++) expect(part.get(at)).toBe(whole.get(at));
        },
      ),
    );
  });
});

describe('the tables beside the messages', () => {
  it('drop the values of dropped messages', () => {
    const values = new ValueTable();
    for (let message = 0; message < 1000; message++)
      for (let value = 0; value < 3; value++) values.add(message, value, message, 0, 1, 1, 0, NaN);
    expect(values.dropBefore(400)).toBe(1200);
    expect([values.first, values.count, values.firstOf(399), values.firstOf(400)]).toEqual([
      1200, 3000, -1, 1200,
    ]);
    expect(values.dropBefore(400)).toBe(0);
  });

  it('drop the sightings of dropped messages', () => {
    const sightings = new SightingTable();
    for (let row = 0; row < 9000; row++)
      sightings.add(row, { file: 0, frame: row + 1, interfaceIndex: 1, time: row });
    sightings.dropBefore(8192);
    expect([sightings.countOf(100), sightings.countOf(8192)]).toEqual([1, 2]);
    expect([sightings.rowOfFrame(0, 101, 0), sightings.rowOfFrame(0, 8900, 0)]).toEqual([-1, 8899]);
  });

  it('find tokens by their new numbers', () => {
    const tokens = new TokenTable();
    for (let number = 0; number < 2000; number++) tokens.add(number % 3, 1, number % 500, 8);
    const numbers = new Int32Array(2000).fill(-1);
    for (let number = 1000; number < 2000; number++) numbers[number] = number - 1000;
    tokens.renumber(numbers);
    expect(tokens.find(1999 % 3, 1, 499, 8)).toBe(999);
    expect(tokens.find(7, 1, 499, 8)).toBe(-1);
    expect(tokens.add(7, 1, 499, 8)).toBe(1000);
    expect(tokens.find(7, 1, 499, 8)).toBe(1000);
  });

  it('wake what has another number', () => {
    const timers = new TimerHeap();
    for (let subject = 0; subject < 50; subject++)
      timers.schedule((subject * 37) % 50, TimerKind.registrationExpiry, subject);
    timers.schedule(60, TimerKind.bootstrapFinish, 3);
    timers.renumber([TimerKind.registrationExpiry], (subject) => subject - 10);
    const woken: [number, number][] = [];
    timers.run(100, (_, subject, time) => woken.push([time, subject]));
    expect(woken).toHaveLength(41);
    expect(woken.at(-1)).toEqual([60, 3]);
    expect(woken.slice(0, -1).every(([time, subject]) => ((subject + 10) * 37) % 50 === time)).toBe(true);
    expect(woken.map(([time]) => time)).toEqual(woken.map(([time]) => time).sort((a, b) => a - b));
  });
});
