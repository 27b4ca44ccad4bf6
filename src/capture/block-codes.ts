import type { BitInput } from './bit-input.ts';
import { HuffmanCode } from './huffman-code.ts';

/** Says that the codes of a block are not complete yet. */
export const HUNGRY = 0;

/** End of a block (RFC 1951 §3.2.5). */
export const END_OF_BLOCK = 256;
/** Code lengths come in this order (RFC 1951 §3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Most code lengths in one block: literals and lengths, distances (RFC 1951 §3.2.7). */
const MOST_CODES = 320;

/**
 * Reads the codes of a block with dynamic codes into the two given codes (RFC 1951 §3.2.7). Gives undefined where
 * that went well, `HUNGRY` where input is lacking, else what is damaged.
 */
export function readBlockCodes(
  input: BitInput,
  literalCode: HuffmanCode,
  distanceCode: HuffmanCode,
): string | typeof HUNGRY | undefined {
  if (!input.need(14)) return HUNGRY;
  const literals = (input.hold & 31) + 257;
  const distances = ((input.hold >> 5) & 31) + 1;
  const lengthCodes = ((input.hold >> 10) & 15) + 4;
  input.drop(14);
  if (literals > 286 || distances > 30) return 'a block has too many codes';
  const lengths = new Uint8Array(MOST_CODES);
  for (let index = 0; index < lengthCodes; index++) {
    if (!input.need(3)) return HUNGRY;
    lengths[CODE_LENGTH_ORDER[index]!] = input.hold & 7;
    input.drop(3);
  }
  const code = new HuffmanCode();
  if (!code.set(lengths, 0, 19)) return 'the code of code lengths is not complete';
  const count = literals + distances;
  for (let index = 0; index < count;) {
    const entry = input.nextEntry(code);
    if (entry === undefined) return HUNGRY;
    if (entry === 0) return 'a code length has no meaning';
    const symbol = entry >> 4;
    const length = entry & 15;
    if (symbol < 16) {
      input.drop(length);
      lengths[index++] = symbol;
      continue;
    }
    const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    if (!input.need(length + extra)) return HUNGRY;
    input.drop(length);
    const repeat = (input.hold & ((1 << extra) - 1)) + (symbol === 18 ? 11 : 3);
    input.drop(extra);
    if (symbol === 16 && index === 0) return 'a code length repeats nothing';
    if (index + repeat > count) return 'code lengths repeat beyond their end';
    lengths.fill(symbol === 16 ? lengths[index - 1]! : 0, index, index + repeat);
    index += repeat;
  }
  if (lengths[END_OF_BLOCK] === 0) return 'a block has no code for its end';
  if (!literalCode.set(lengths, 0, literals)) return 'the literal code is not complete';
  if (!distanceCode.set(lengths, literals, distances)) return 'the distance code is not complete';
  return undefined;
}
