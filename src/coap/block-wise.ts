import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { Code } from './code.ts';
import { KeptBodies } from './kept-bodies.ts';
import { BlockKind, type MessageBatch } from './message-batch.ts';
import { blockMore, blockNumber, blockSize, NO_FORMAT, NO_OPTION } from './message.ts';
import { renumbered } from './renumbered.ts';
import {
  addRange,
  cameOutOfOrder,
  isCovered,
  isSilent,
  isWhole,
  type Transfer,
  type TransferKey,
} from './transfer.ts';

export type { Transfer, TransferEnd } from './transfer.ts';

/** Blocks whose rows are kept for one transfer. */
const MAXIMUM_BLOCKS = 1 << 20;
/** content-format of a report of missing blocks. RFC 9177 §5 */
const MISSING_BLOCKS = 272;

/** Which option carries the blocks; odd ones carry bodies of requests. */
const Way = { block2: 0, block1: 1, qBlock2: 2, qBlock1: 3 } as const;

/** Puts block-wise bodies together by byte offset (RFC 7959, RFC 9177), and follows each to its end. */
export class TransferTracker {
  readonly transfers: Transfer[] = [];
  /** Newest transfer by key, by token (of FETCH) and by target; see `TransferKey`. */
  readonly #byKey = new Map<number, number>();
  readonly #byToken = new Map<number, number>();
  readonly #byTarget = new Map<number, number>();
  readonly #bodies = new KeptBodies();
  /** Transfers that were forgotten. */
  forgotten = 0;
  /** Blocks whose rows are kept. */
  blocks = 0;
  /** True on the message with which the transfer that was returned became complete, with its whole body. */
  completed = false;

  /** Takes a request (repeats left out) of `key`. Gives the index of its Block1 transfer, or -1. */
  request(batch: MessageBatch, index: number, row: MessageRow, key: TransferKey, time: Nanoseconds): number {
    this.completed = false;
    const value = batch.block1[index]!;
    if (value === NO_OPTION) return -1;
    const way = (batch.blockKind[index]! & BlockKind.quick1) !== 0 ? Way.qBlock1 : Way.block1;
    return this.#take(way, batch, index, row, key, time, value, batch.size1[index]!, 0);
  }

  /** Takes an answer to a request of Block1 transfer `transfer`: it may end it. */
  answer(transfer: number, batch: MessageBatch, index: number, row: MessageRow, time: Nanoseconds): void {
    this.completed = false;
    const known = this.transfers[transfer];
    if (known === undefined || known.direction !== 'block1' || known.ended !== 'open') return;
    const code = batch.code[index]!;
    known.last = row;
    known.to = time;
    known.code = code;
    if (code === Code.continue) return;
    if (code >> 5 === 2) {
      // An answer to a block that is not the last one is a server's that takes each block for itself (§2.3). With
      // Q-Block1 it says that the body is there: the capture missed its last block.
      if (!known.lastSeen && !known.isQuick) return;
      this.#end(known, 'complete', row);
      this.completed = isWhole(known);
      if (!this.completed) this.release(known);
    } else if (
      code === Code.requestEntityIncomplete &&
      known.isQuick &&
      batch.contentFormat[index] === MISSING_BLOCKS
    )
      known.reports++;
    else {
      this.#end(known, 'refused', row);
      this.release(known);
    }
  }

  /** Takes a reset of a request of Block1 transfer `transfer`: its receiver knows nothing of it. */
  reset(transfer: number, row: MessageRow, time: Nanoseconds): void {
    const known = this.transfers[transfer];
    if (known === undefined || known.direction !== 'block1' || known.ended !== 'open') return;
    known.last = row;
    known.to = time;
    this.#end(known, 'refused', row);
    this.release(known);
  }

  /**
   * Takes an answer with a Block2 option to a request of `key`; `observation` is that of a notification, or -1.
   * Gives the index of its transfer, or -1 for a body of one block.
   */
  response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    key: TransferKey,
    time: Nanoseconds,
    observation = -1,
  ): number {
    this.completed = false;
    const value = batch.block2[index]!;
    if (value === NO_OPTION || batch.code[index]! >> 5 !== 2) return -1;
    const way = (batch.blockKind[index]! & BlockKind.quick2) !== 0 ? Way.qBlock2 : Way.block2;
    const count = this.transfers.length;
    const found = this.#take(
      way,
      batch,
      index,
      row,
      key,
      time,
      value,
      batch.size2[index]!,
      batch.etag[index]!,
    );
    if (found < 0) return found;
    const transfer = this.transfers[found]!;
    if (found === count) transfer.observation = observation;
    const isOpen = transfer.ended === 'open';
    const becameWhole = transfer.wholeRow === row;
    // The last block ends it, though the capture may have missed others; with Q-Block2 those may still come.
    if (becameWhole || (isOpen && transfer.lastSeen && !transfer.isQuick)) {
      transfer.code = batch.code[index]!;
      this.#end(transfer, 'complete', row);
      this.completed = becameWhole;
      if (!becameWhole) this.release(transfer);
    }
    return found;
  }

  /**
   * Takes an error that answers the request for a further block of a Block2 transfer: it ends there. Gives the index
   * of the transfer, or -1. `block2` is the request's option.
   */
  refuse(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    key: TransferKey,
    block2: number,
    time: Nanoseconds,
  ): number {
    this.completed = false;
    if (block2 === NO_OPTION) return -1;
    for (const way of [Way.block2, Way.qBlock2]) {
      // All requests of Q-Block2 may ask from the first block on (RFC 9177 §4.4).
      if (way === Way.block2 && blockNumber(block2) === 0) continue;
      const known = this.#find(key, way, blockNumber(block2) * blockSize(block2));
      const transfer = this.transfers[known];
      if (transfer?.ended !== 'open') continue;
      transfer.code = batch.code[index]!;
      transfer.last = row;
      transfer.to = time;
      this.#end(transfer, 'refused', row);
      this.release(transfer);
      return known;
    }
    return -1;
  }

  /** Forgets the body that was kept of a transfer: nobody will read it any more. */
  release(transfer: Transfer): void {
    this.#bodies.release(transfer);
  }

  /**
   * Forgets transfers. Gives the new index of each, -1 for those that are gone; undefined where none is. Indexes that
   * are kept elsewhere must be brought in line.
   */
  forget(isForgotten: (transfer: Transfer) => boolean): Int32Array | undefined {
    const numbers = renumbered(this.transfers, isForgotten);
    if (numbers === undefined) return undefined;
    this.transfers.splice(0).forEach((transfer, index) => {
      if (numbers[index]! >= 0) {
        this.transfers.push(transfer);
        return;
      }
      this.forgotten++;
      this.blocks -= transfer.rows.length;
      this.release(transfer);
    });
    for (const map of [this.#byKey, this.#byToken, this.#byTarget])
      for (const [key, index] of map) {
        const number = numbers[index]!;
        if (number < 0) map.delete(key);
        else map.set(key, number);
      }
    return numbers;
  }

  #end(transfer: Transfer, ended: 'complete' | 'refused', row: MessageRow): void {
    transfer.ended = ended;
    transfer.endRow = row;
  }

  /** Puts a block into the transfer it belongs to, a new one where it begins one; -1 for a body of one block. */
  #take(
    way: number,
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    key: TransferKey,
    time: Nanoseconds,
    value: number,
    announced: number,
    etag: number,
  ): number {
    const isFirst = blockNumber(value) === 0;
    const offset = blockNumber(value) * blockSize(value);
    const found = this.#find(key, way, offset);
    let transfer = this.transfers[found];
    let restarts = 0;
    if (transfer !== undefined) {
      const silent = isSilent(transfer, time);
      if (transfer.ended === 'open') {
        if (this.#isAnother(transfer, way, value, silent, etag)) {
          transfer.ended = silent ? 'abandoned' : 'restarted';
          this.release(transfer);
          restarts = silent ? 0 : transfer.restarts + 1;
          transfer = undefined;
        }
      } else if (
        (isFirst && way !== Way.qBlock1 && !isFirstBlockStillMissing(transfer)) ||
        silent ||
        (etag !== 0 && transfer.etag !== 0 && etag !== transfer.etag)
      )
        transfer = undefined;
      else if (transfer.ended !== 'complete' || (way & 1) === 1 || isWhole(transfer)) {
        if (isCovered(transfer.ranges, offset, offset + 1)) transfer.repeated++;
        return found;
      }
    }
    if (isFirst && !blockMore(value) && transfer === undefined) {
      this.#byKey.delete(key.number(way));
      return -1;
    }
    let at = found;
    if (transfer === undefined) {
      at = this.transfers.length;
      transfer = this.#begin(way, batch, index, row, key, time, value);
      transfer.restarts = restarts;
    }
    if (announced !== NO_OPTION) transfer.announced = announced;
    if (etag !== 0) transfer.etag = etag;
    this.#block(transfer, batch, index, row, time, value);
    return at;
  }

  /** True where a block is not of the open transfer `transfer` but begins another one of the same key. */
  #isAnother(transfer: Transfer, way: number, value: number, silent: boolean, etag: number): boolean {
    const isFirst = blockNumber(value) === 0;
    // Blocks of another representation must not be put together (RFC 7959 §2.4).
    if (etag !== 0 && transfer.etag !== 0 && etag !== transfer.etag) return true;
    if (isFirst && !blockMore(value)) return true;
    if (silent) return blockNumber(value) * blockSize(value) !== transfer.ranges[transfer.ranges.length - 1];
    if (!isFirst || transfer.isQuick) return false;
    // The first block again: the sender begins anew, and what was there is void (RFC 7959 §2.5). A client may have
    // asked for later blocks before the first one (§2.4).
    return way === Way.block1 || isCovered(transfer.ranges, 0, 1);
  }

  #find(key: TransferKey, way: number, offset: number): number {
    const byKey = this.#byKey.get(key.number(way));
    if (byKey !== undefined && key.isOf(this.transfers[byKey]!, way)) return byKey;
    if (offset === 0 || (way & 1) === 1) return -1;
    if (key.method === Code.fetch && !key.hasPayload) {
      const byToken = this.#byToken.get(key.tokenNumber(way));
      if (byToken !== undefined && key.hasTarget(this.transfers[byToken]!)) return byToken;
    }
    // The request for a further block may lack what the first one had: the option Accept, the payload of a FETCH.
    const known = this.#byTarget.get(key.targetNumber(way));
    const transfer = known === undefined ? undefined : this.transfers[known]!;
    if (known === undefined || transfer?.ended !== 'open' || !key.hasTarget(transfer)) return -1;
    const fits =
      (key.accept === transfer.accept || key.accept === NO_FORMAT) &&
      (key.extra === transfer.extra || (key.method === Code.fetch && !key.hasPayload));
    return fits && transfer.ranges[transfer.ranges.length - 1] === offset ? known : -1;
  }

  #begin(
    way: number,
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    key: TransferKey,
    time: Nanoseconds,
    value: number,
  ): Transfer {
    const at = this.transfers.length;
    const start = blockNumber(value) * blockSize(value);
    const transfer: Transfer = {
      number: at + this.forgotten,
      direction: (way & 1) === 1 ? 'block1' : 'block2',
      isQuick: way >= Way.qBlock2,
      conversation: key.conversation,
      requesterIsA: key.requesterIsA,
      method: key.method,
      pathId: key.pathId,
      queryId: key.queryId,
      accept: (way & 1) === 1 ? NO_FORMAT : key.accept,
      extra: key.extra,
      rows: [],
      offsets: [],
      isSorted: true,
      ranges: [],
      first: row,
      last: row,
      from: time,
      to: time,
      received: start,
      start,
      length: -1,
      blocks: 0,
      repeated: 0,
      restarts: 0,
      leftOut: 0,
      reports: 0,
      size: blockSize(value),
      announced: -1,
      contentFormat: batch.contentFormat[index]!,
      etag: 0,
      lastSeen: false,
      ended: 'open',
      code: undefined,
      endRow: undefined,
      wholeRow: undefined,
      observation: -1,
      body: undefined,
    };
    this.transfers.push(transfer);
    this.#byKey.set(key.number(way), at);
    if ((way & 1) === 0) {
      this.#byTarget.set(key.targetNumber(way), at);
      if (key.method === Code.fetch) this.#byToken.set(key.tokenNumber(way), at);
    }
    return transfer;
  }

  #block(
    transfer: Transfer,
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    time: Nanoseconds,
    value: number,
  ): void {
    transfer.last = row;
    transfer.to = time;
    transfer.size = blockSize(value);
    if (transfer.contentFormat === NO_FORMAT) transfer.contentFormat = batch.contentFormat[index]!;
    const offset = blockNumber(value) * blockSize(value);
    const more = blockMore(value);
    const length = batch.payloadLength[index]!;
    const end = offset + length;
    if (length > 0 && isCovered(transfer.ranges, offset, end)) {
      transfer.repeated++;
      return;
    }
    // A block without bytes can only say that the body ended before.
    if (length === 0 && more) return;
    if (transfer.blocks >= MAXIMUM_BLOCKS || (length > 0 && !addRange(transfer.ranges, offset, end))) {
      transfer.leftOut++;
      this.release(transfer);
      return;
    }
    this.#bodies.keep(transfer, batch, index, offset);
    if (transfer.offsets.length > 0 && offset < transfer.offsets[transfer.offsets.length - 1]!)
      transfer.isSorted = false;
    transfer.rows.push(row);
    this.blocks++;
    transfer.offsets.push(offset);
    transfer.blocks++;
    transfer.start = transfer.ranges[0] ?? offset;
    transfer.received = transfer.ranges[1] ?? offset;
    if (!more) {
      transfer.lastSeen = true;
      transfer.length = end;
    }
    if (isWhole(transfer)) transfer.wholeRow = row;
  }
}

/**
 * True where block 0 is one that a client left for later (RFC 7959 §2.4), and begins no other body: of an answer that
 * was asked for in an order of the client's own, up to its last block.
 */
function isFirstBlockStillMissing(transfer: Transfer): boolean {
  return (
    transfer.direction === 'block2' &&
    transfer.ended === 'complete' &&
    !isCovered(transfer.ranges, 0, 1) &&
    cameOutOfOrder(transfer)
  );
}
