import type { ByteCount } from './units.ts';

/** Longest code (RFC 1951 §3.2.7). */
export const LONGEST_CODE = 15;
/** Codes up to this length are found in a table; longer, rare ones bit by bit. */
const TABLE_BITS = 10;
export const TABLE_MASK = (1 << TABLE_BITS) - 1;

/** Longest match (RFC 1951 §3.2.5). */
export const LONGEST_MATCH: ByteCount = 258;

/** Base and extra bits of the length codes 257–285 and of the distance codes 0–29 (RFC 1951 §3.2.5). */
export const LENGTH_EXTRA = Uint8Array.from({ length: 29 }, (_, code) =>
  code < 8 || code === 28 ? 0 : (code >> 2) - 1,
);
export const LENGTH_BASE = new Uint16Array(29);
export const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, code) => (code < 4 ? 0 : (code >> 1) - 1));
export const DISTANCE_BASE = new Uint16Array(30);
for (let code = 0, base = 3; code < 28; code++) {
  LENGTH_BASE[code] = base;
  base += 1 << LENGTH_EXTRA[code]!;
}
LENGTH_BASE[28] = LONGEST_MATCH;
for (let code = 0, base = 1; code < 30; code++) {
  DISTANCE_BASE[code] = base;
  base += 1 << DISTANCE_EXTRA[code]!;
}

/** A canonical Huffman code (RFC 1951 §3.2.2). */
export class HuffmanCode {
  /** By the next `TABLE_BITS` bits: symbol × 16 + length; 0 where the code is longer or there is none. */
  readonly table = new Uint16Array(1 << TABLE_BITS);
  /** Symbols in order of their codes, and how many codes each length has. */
  readonly symbols = new Uint16Array(320);
  readonly counts = new Uint16Array(LONGEST_CODE + 1);

  /** Sets the code from the lengths of its symbols; false where more codes are given than there is room for, or fewer. */
  set(lengths: Uint8Array, start: number, count: number): boolean {
    const { table, symbols, counts } = this;
    counts.fill(0);
    for (let symbol = 0; symbol < count; symbol++) counts[lengths[start + symbol]!]!++;
    const used = count - counts[0]!;
    counts[0] = 0;
    const offsets = new Uint16Array(LONGEST_CODE + 2);
    const codes = new Uint16Array(LONGEST_CODE + 2);
    let room = 1;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      room = room * 2 - counts[length]!;
      if (room < 0) return false;
      offsets[length + 1] = offsets[length]! + counts[length]!;
      codes[length + 1] = (codes[length]! + counts[length]!) << 1;
    }
    table.fill(0);
    for (let symbol = 0; symbol < count; symbol++) {
      const length = lengths[start + symbol]!;
      if (length === 0) continue;
      symbols[offsets[length]!++] = symbol;
      const code = codes[length]!++;
      if (length > TABLE_BITS) continue;
      let reversed = 0;
      for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
      for (let at = reversed; at <= TABLE_MASK; at += 1 << length) table[at] = (symbol << 4) | length;
    }
    // One code of one bit may stand alone, and a block without matches may have no distance code (RFC 1951 §3.2.7).
    return room === 0 || used <= 1;
  }

  /** Finds a code of more than `TABLE_BITS` bits in `hold`: symbol × 16 + length, 0 where no code fits. */
  long(hold: number): number {
    const { symbols, counts } = this;
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= (hold >>> (length - 1)) & 1;
      const count = counts[length]!;
      if (code - count < first) return (symbols[index + code - first]! << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}

/** The codes of blocks with fixed codes (RFC 1951 §3.2.6). */
export const fixedLiterals = new HuffmanCode();
export const fixedDistances = new HuffmanCode();
fixedLiterals.set(
  Uint8Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
  0,
  288,
);
fixedDistances.set(new Uint8Array(30).fill(5), 0, 30);
