import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiringTable } from '../../src/coap/expiring-table.ts';

const LIFETIME = 100;

interface Entry {
  key: readonly [number, number, number];
  row: number;
  hash: number;
  time: number;
}

/** All entries of a key that the table gives, the newest first. */
function entriesOf(table: ExpiringTable, key: readonly [number, number, number]): Omit<Entry, 'key'>[] {
  const entries: Omit<Entry, 'key'>[] = [];
  for (let found = table.find(...key); found; found = table.older())
    entries.push({ row: table.row, hash: table.hash, time: table.time });
  return entries;
}

describe('entries that are forgotten', () => {
  it('are as a plain list says', () => {
    const small = fc.integer({ min: 0, max: 2 });
    const key = fc.tuple(small, small, fc.constantFrom(0, 0xffffffff));
    const step = fc.record({ key, wait: fc.constantFrom(0, 0, 0, 1, 7, 60), forget: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new ExpiringTable(LIFETIME);
        let kept: Entry[] = [];
        let time = 0;
        steps.forEach(({ key: [key1, key2, key3], wait, forget }, row) => {
          time += wait;
          if (forget) table.forget(time);
          else {
            table.add(key1, key2, key3, row, row * 7, time);
            kept.push({ key: [key1, key2, key3], row, hash: row * 7, time });
          }
          kept = kept.filter((entry) => entry.time >= time - LIFETIME);
          expect(table.size).toBe(kept.length);
          const wanted = kept.filter((entry) => entry.key.join() === [key1, key2, key3].join()).reverse();
          expect(entriesOf(table, [key1, key2, key3])).toEqual(
            wanted.slice(0, 16).map((entry) => ({ row: entry.row, hash: entry.hash, time: entry.time })),
          );
        });
      }),
    );
  });

  it('are found among many, before and after the table grew', () => {
    const table = new ExpiringTable(LIFETIME);
    const count = 20_000;
    for (let index = 0; index < count; index++) table.add(index % 7, index, index * 3, index, index, 0);
    for (let index = 0; index < count; index++)
      expect(entriesOf(table, [index % 7, index, index * 3])).toEqual([{ row: index, hash: index, time: 0 }]);
    expect(table.find(0, 1, 3)).toBe(false);
    table.add(0, 0, 0, count, 0, LIFETIME + 1);
    expect([table.size, table.find(1, 1, 3), table.find(0, 0, 0)]).toEqual([1, false, true]);
    // The ring goes round.
    for (let index = 0; index < 5 * count; index++) table.add(1, index, 2, index, 0, LIFETIME + index);
    expect(table.size).toBe(LIFETIME + 1);
    expect(entriesOf(table, [1, 5 * count - 1, 2])).toHaveLength(1);
  });

  it('are looked at up to a number, so that one key is never slow', () => {
    const table = new ExpiringTable(LIFETIME);
    for (let index = 0; index < 1000; index++) table.add(1, 2, 3, index, 0, 0);
    const rows = entriesOf(table, [1, 2, 3]).map(({ row }) => row);
    expect(rows).toEqual(Array.from({ length: 16 }, (_, index) => 999 - index));
  });
});
