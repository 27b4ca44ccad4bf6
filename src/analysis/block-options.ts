import type { MessageRow } from '../capture/units.ts';
import { NO_OPTION } from '../coap/message.ts';
import { Uint32Column } from './column.ts';

/** A Block option has 24 bits; two more say which of the two it is. */
const BLOCK_BITS = 24;
const BLOCK_MASK = (1 << BLOCK_BITS) - 1;
const BLOCK1 = 1;
const BLOCK2 = 2;
const BOTH = 3;

/** The Block1 and Block2 options of messages, one number a row. */
export class BlockOptions {
  /** Block1 or Block2 with its kind in the upper bits; messages with both stand aside. */
  readonly column = new Uint32Column();
  readonly both = new Map<MessageRow, { block1: number; block2: number }>();

  /** Keeps the options of a row that has at least one of them; the other one is `NO_OPTION`. */
  keep(row: MessageRow, block1: number, block2: number): void {
    if (block2 === NO_OPTION) this.column.set(row, (BLOCK1 << BLOCK_BITS) | block1);
    else if (block1 === NO_OPTION) this.column.set(row, (BLOCK2 << BLOCK_BITS) | block2);
    else {
      this.column.set(row, BOTH << BLOCK_BITS);
      this.both.set(row, { block1, block2 });
    }
  }

  /** Value of the Block1 option (RFC 7959 §2.2), or `NO_OPTION`. */
  block1(row: MessageRow): number {
    const packed = this.column.get(row);
    if (packed >>> BLOCK_BITS === BLOCK1) return packed & BLOCK_MASK;
    return packed >>> BLOCK_BITS === BOTH ? (this.both.get(row)?.block1 ?? NO_OPTION) : NO_OPTION;
  }

  /** Value of the Block2 option, or `NO_OPTION`. */
  block2(row: MessageRow): number {
    const packed = this.column.get(row);
    if (packed >>> BLOCK_BITS === BLOCK2) return packed & BLOCK_MASK;
    return packed >>> BLOCK_BITS === BOTH ? (this.both.get(row)?.block2 ?? NO_OPTION) : NO_OPTION;
  }
}
