import { describe, expect, it } from 'vitest';
import { TokenTable } from '../../src/coap/token-table.ts';
import { seeded } from './seeded.ts';

describe('numbers by token', () => {
  it('are as a map says, the newest of each key', () => {
    const random = seeded(8);
    const table = new TokenTable();
    const expected = new Map<string, number>();
    const words = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];
    const keyOf = (): [number, number, number, number] => [
      random(40),
      words[random(words.length)]!,
      random(2) === 0 ? words[random(words.length)]! : random(200),
      [0, 4, 8, 300][random(4)]!,
    ];
    for (let number = 0; number < 20_000; number++) {
      const key = keyOf();
      expect(table.add(...key)).toBe(number);
      expected.set(key.join(), number);
      const other = keyOf();
      expect(table.find(...other)).toBe(expected.get(other.join()) ?? -1);
    }
    for (const [key, number] of expected) {
      const [side, high, low, length] = key.split(',').map(Number);
      expect(table.find(side!, high!, low!, length!)).toBe(number);
    }
    expect(table.find(41, 0, 0, 0)).toBe(-1);
  });
});
