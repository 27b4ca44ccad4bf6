import type { ByteCount } from './units.ts';
import { BitInput } from './bit-input.ts';
import { END_OF_BLOCK, HUNGRY, readBlockCodes } from './block-codes.ts';
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  HuffmanCode,
  LENGTH_BASE,
  LENGTH_EXTRA,
  LONGEST_MATCH,
  TABLE_MASK,
  fixedDistances,
  fixedLiterals,
} from './huffman-code.ts';

/** Farthest distance of a match (RFC 1951 §2, "32K bytes"). */
const WINDOW: ByteCount = 32_768;
/** Decompressed bytes in one buffer, beside the window that precedes them. */
const BUFFER_SIZE: ByteCount = 262_144;
/** Most bytes of input that one symbol takes: four refills of two bytes. */
const SYMBOL_INPUT: ByteCount = 8;

/** How far `run` came. */
export const InflateState = {
  /** All input is used; more is needed. */
  hungry: 0,
  /** A buffer is full: take the piece and run again. */
  full: 1,
  /** The final block has ended; `rest` begins with the first byte after it. */
  ended: 2,
  /** The data is damaged; `damage` says how. */
  damaged: 3,
} as const;
export type InflateStateCode = (typeof InflateState)[keyof typeof InflateState];

/** How decoding of a block's codes came on. */
const Progress = { goOn: 0, blockEnded: 1, hungry: 2, damaged: 3 } as const;
type ProgressCode = (typeof Progress)[keyof typeof Progress];

const Step = { blockHeader: 0, stored: 1, codes: 2, ended: 3 } as const;

/**
 * Decompresses one deflate stream (RFC 1951) that comes in pieces. Platform decoders lose, on damage, output that
 * they have already decoded; this one gives every byte before the damage, and says where a stream ends.
 * Use: `feed`, then `run` and `take` until it is hungry, ended or damaged.
 */
export class Inflater {
  /** What is wrong where `run` says `damaged`. */
  damage = '';
  readonly #input = new BitInput();
  #step: number = Step.blockHeader;
  #final = false;
  #storedLeft: ByteCount = 0;
  #literals = fixedLiterals;
  #distances = fixedDistances;
  readonly #ownLiterals = new HuffmanCode();
  readonly #ownDistances = new HuffmanCode();
  #output = new Uint8Array(WINDOW + BUFFER_SIZE);
  #out = WINDOW;
  #taken = WINDOW;
  /** Bytes that a match can reach back to, at most `WINDOW`. */
  #reach: ByteCount = 0;

  /** Input that is not used: bytes after the stream's end, or where damage was met. */
  get rest(): Uint8Array {
    return this.#input.rest;
  }

  /** Begins a new stream. */
  reset(): void {
    this.#input.reset();
    this.#step = Step.blockHeader;
    this.#final = false;
    this.#reach = 0;
    this.damage = '';
  }

  /** Gives more input; allowed where `run` said `hungry`, or at the beginning. The bytes must not change until they are used. */
  feed(bytes: Uint8Array): void {
    this.#input.feed(bytes);
  }

  /** Decompresses until the input is used, the buffer is full, the stream ends or damage is met. */
  run(): InflateStateCode {
    for (;;) {
      switch (this.#step) {
        case Step.blockHeader: {
          if (this.#final) {
            this.#step = Step.ended;
            break;
          }
          const state = this.#readBlockHeader();
          if (state !== undefined) return state;
          break;
        }
        case Step.stored: {
          const state = this.#copyStored();
          if (state !== undefined) return state;
          break;
        }
        case Step.codes: {
          const state = this.#decodeCodes();
          if (state !== undefined) return state;
          break;
        }
        default:
          return InflateState.ended;
      }
    }
  }

  /** Gives the bytes decompressed since the last call; they never change afterwards. */
  take(): Uint8Array {
    const piece = this.#output.subarray(this.#taken, this.#out);
    this.#taken = this.#out;
    if (this.#out > this.#output.length - LONGEST_MATCH) {
      const next = new Uint8Array(WINDOW + BUFFER_SIZE);
      next.set(this.#output.subarray(this.#out - WINDOW, this.#out));
      this.#output = next;
      this.#out = WINDOW;
      this.#taken = WINDOW;
    }
    return piece;
  }

  #damaged(what: string): typeof InflateState.damaged {
    this.damage = what;
    return InflateState.damaged;
  }

  /** Reads a block's header (RFC 1951 §3.2.3); leaves all as it was where the header is not complete. */
  #readBlockHeader(): InflateStateCode | undefined {
    this.#input.mark();
    const state = this.#tryBlockHeader();
    if (state === InflateState.hungry) this.#input.back();
    return state;
  }

  #tryBlockHeader(): InflateStateCode | undefined {
    const input = this.#input;
    if (!input.need(3)) return InflateState.hungry;
    const final = input.take(1) === 1;
    const kind = input.take(2);
    if (kind === 0) {
      input.drop(input.bits & 7);
      if (!input.need(16)) return InflateState.hungry;
      const length = input.take(16);
      if (!input.need(16)) return InflateState.hungry;
      if (input.take(16) !== (~length & 0xffff)) return this.#damaged('a stored block has a wrong length');
      this.#storedLeft = length;
      this.#step = Step.stored;
    } else if (kind === 1) {
      this.#literals = fixedLiterals;
      this.#distances = fixedDistances;
      this.#step = Step.codes;
    } else if (kind === 2) {
      const lacking = readBlockCodes(input, this.#ownLiterals, this.#ownDistances);
      if (lacking === HUNGRY) return InflateState.hungry;
      if (lacking !== undefined) return this.#damaged(lacking);
      this.#literals = this.#ownLiterals;
      this.#distances = this.#ownDistances;
      this.#step = Step.codes;
    } else return this.#damaged('a block is of no known kind');
    this.#final = final;
    return undefined;
  }

  #copyStored(): InflateStateCode | undefined {
    const input = this.#input;
    while (this.#storedLeft > 0) {
      if (this.#out > this.#output.length - LONGEST_MATCH) return InflateState.full;
      if (input.bits > 0) {
        this.#output[this.#out++] = input.take(8);
        this.#storedLeft--;
        this.#reach++;
        continue;
      }
      const count = Math.min(
        this.#storedLeft,
        input.bytes.length - input.position,
        this.#output.length - LONGEST_MATCH + 1 - this.#out,
      );
      if (count === 0) return InflateState.hungry;
      this.#output.set(input.bytes.subarray(input.position, input.position + count), this.#out);
      input.position += count;
      this.#out += count;
      this.#storedLeft -= count;
      this.#reach += count;
    }
    this.#step = Step.blockHeader;
    return undefined;
  }

  #decodeCodes(): InflateStateCode | undefined {
    for (;;) {
      if (this.#out > this.#output.length - LONGEST_MATCH) return InflateState.full;
      const plenty = this.#input.position <= this.#input.bytes.length - SYMBOL_INPUT;
      const progress = plenty ? this.#decodeFast() : this.#decodeOne();
      if (progress === Progress.goOn) continue;
      if (progress === Progress.hungry) return InflateState.hungry;
      if (progress === Progress.damaged) return InflateState.damaged;
      this.#step = Step.blockHeader;
      return undefined;
    }
  }

  /** Decodes symbols while input and room are plentiful; two bytes at once refill the bits before each part of a symbol. */
  #decodeFast(): ProgressCode {
    const bitInput = this.#input;
    const input = bitInput.bytes;
    const output = this.#output;
    const literals = this.#literals;
    const distances = this.#distances;
    const literalTable = literals.table;
    const distanceTable = distances.table;
    const lastPosition = input.length - SYMBOL_INPUT;
    const lastOut = output.length - LONGEST_MATCH;
    const begin = this.#out;
    const reach = this.#reach;
    let position = bitInput.position;
    let hold = bitInput.hold;
    let bits = bitInput.bits;
    let out = begin;
    let state: ProgressCode = Progress.goOn;
    while (position <= lastPosition && out <= lastOut) {
      if (bits < 16) {
        hold |= (input[position]! | (input[position + 1]! << 8)) << bits;
        position += 2;
        bits += 16;
      }
      let entry = literalTable[hold & TABLE_MASK]!;
      if (entry === 0) {
        entry = literals.long(hold);
        if (entry === 0) {
          state = this.#broken('a code has no meaning');
          break;
        }
      }
      hold >>>= entry & 15;
      bits -= entry & 15;
      const symbol = entry >> 4;
      if (symbol < END_OF_BLOCK) {
        output[out++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) {
        state = Progress.blockEnded;
        break;
      }
      if (symbol > 285) {
        state = this.#broken('a length has no meaning');
        break;
      }
      if (bits < 16) {
        hold |= (input[position]! | (input[position + 1]! << 8)) << bits;
        position += 2;
        bits += 16;
      }
      const lengthExtra = LENGTH_EXTRA[symbol - 257]!;
      const length = LENGTH_BASE[symbol - 257]! + (hold & ((1 << lengthExtra) - 1));
      hold >>>= lengthExtra;
      bits -= lengthExtra;
      if (bits < 16) {
        hold |= (input[position]! | (input[position + 1]! << 8)) << bits;
        position += 2;
        bits += 16;
      }
      entry = distanceTable[hold & TABLE_MASK]!;
      if (entry === 0) entry = distances.long(hold);
      if (entry === 0 || entry >> 4 > 29) {
        state = this.#broken('a distance has no meaning');
        break;
      }
      hold >>>= entry & 15;
      bits -= entry & 15;
      const distanceExtra = DISTANCE_EXTRA[entry >> 4]!;
      if (bits < 16) {
        hold |= (input[position]! | (input[position + 1]! << 8)) << bits;
        position += 2;
        bits += 16;
      }
      const distance = DISTANCE_BASE[entry >> 4]! + (hold & ((1 << distanceExtra) - 1));
      hold >>>= distanceExtra;
      bits -= distanceExtra;
      if (distance > reach + out - begin) {
        state = this.#broken('a match reaches back before the beginning');
        break;
      }
      let from = out - distance;
      const end = out + length;
      while (out < end) output[out++] = output[from++]!;
    }
    bitInput.position = position;
    bitInput.hold = hold;
    bitInput.bits = bits;
    this.#out = out;
    this.#reach = Math.min(reach + out - begin, WINDOW);
    return state;
  }

  /** Decodes one symbol near the end of the input; where it is not complete (`hungry`), nothing changes. */
  #decodeOne(): ProgressCode {
    this.#input.mark();
    const progress = this.#trySymbol();
    if (progress === Progress.hungry) this.#input.back();
    return progress;
  }

  #trySymbol(): ProgressCode {
    const input = this.#input;
    let entry = input.nextEntry(this.#literals);
    if (entry === undefined) return Progress.hungry;
    if (entry === 0) return this.#broken('a code has no meaning');
    input.drop(entry & 15);
    const symbol = entry >> 4;
    if (symbol < END_OF_BLOCK) {
      this.#output[this.#out++] = symbol;
      this.#reach = Math.min(this.#reach + 1, WINDOW);
      return Progress.goOn;
    }
    if (symbol === END_OF_BLOCK) return Progress.blockEnded;
    if (symbol > 285) return this.#broken('a length has no meaning');
    const lengthExtra = LENGTH_EXTRA[symbol - 257]!;
    if (!input.need(lengthExtra)) return Progress.hungry;
    const length = LENGTH_BASE[symbol - 257]! + input.take(lengthExtra);
    entry = input.nextEntry(this.#distances);
    if (entry === undefined) return Progress.hungry;
    if (entry === 0 || entry >> 4 > 29) return this.#broken('a distance has no meaning');
    input.drop(entry & 15);
    const distanceExtra = DISTANCE_EXTRA[entry >> 4]!;
    if (!input.need(distanceExtra)) return Progress.hungry;
    const distance = DISTANCE_BASE[entry >> 4]! + input.take(distanceExtra);
    if (distance > this.#reach) return this.#broken('a match reaches back before the beginning');
    const end = this.#out + length;
    for (let from = this.#out - distance; this.#out < end;) this.#output[this.#out++] = this.#output[from++]!;
    this.#reach = Math.min(this.#reach + length, WINDOW);
    return Progress.goOn;
  }

  #broken(what: string): typeof Progress.damaged {
    this.damage = what;
    return Progress.damaged;
  }
}
