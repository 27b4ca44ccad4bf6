import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { Code } from './code.ts';
import { blockMore, blockNumber, blockSize, NO_OPTION } from './message.ts';
import type { MessageBatch } from './message-batch.ts';

/** Bytes of a body kept for the content readers; larger bodies are read again from their rows. */
const KEPT_BODY_BYTES = 64 << 10;
/** Blocks whose rows are kept for one transfer. */
const MAXIMUM_BLOCKS = 1 << 20;
/** content-format of opaque bodies, which no reader needs as a whole (LwM2M Core §7.5.2). */
const OCTET_STREAM = 42;

export type TransferEnd = 'complete' | 'abandoned' | 'restarted' | 'refused' | 'open';

/** One block-wise transfer of a body (RFC 7959), in order; rows lead to the bytes. */
export interface Transfer {
  direction: 'block1' | 'block2';
  conversation: number;
  /** True where endpoint A of the flow sends the body's requests. */
  requesterIsA: boolean;
  method: number;
  pathId: number;
  /** Rows that carry the body's blocks, in order of their offset. */
  rows: number[];
  first: MessageRow;
  last: MessageRow;
  from: Nanoseconds;
  to: Nanoseconds;
  /** Bytes received without a gap from offset 0, or from `start`. */
  received: number;
  /** Offset of the first block seen; more than 0 where the capture came late. */
  start: number;
  blocks: number;
  repeated: number;
  restarts: number;
  size: number;
  /** Size1 or Size2 announced, or -1. */
  announced: number;
  contentFormat: number;
  /** True once the last block was seen. */
  lastSeen: boolean;
  ended: TransferEnd;
  code?: number;
  /** Row on which the transfer ended: the answer to the last block, or the last block of an answer. */
  endRow?: MessageRow;
  /** The body, where it is small enough and a reader may want it. */
  body?: Uint8Array<ArrayBuffer>;
}

/** Puts block-wise bodies together (RFC 7959 §2): plain transfers, blocks in order, by offset. */
export class TransferTracker {
  readonly transfers: Transfer[] = [];
  readonly #open = new Map<number, number>();
  /** True on the message with which the transfer that was returned became complete. */
  completed = false;

  /** Takes a request (repeats left out). Gives the index of its Block1 transfer, or -1. */
  request(batch: MessageBatch, index: number, row: MessageRow, pathId: number, time: Nanoseconds): number {
    this.completed = false;
    const value = batch.block1[index]!;
    if (value === NO_OPTION) return -1;
    const more = blockMore(value);
    const number = blockNumber(value);
    const key = keyOf(batch.conversation[index]!, batch.fromA[index] === 1, batch.code[index]!, pathId, 1);
    let known = this.#open.get(key);
    if (number === 0 || known === undefined) {
      const restarts = number === 0 ? this.#restart(known) : 0;
      if (number === 0 && !more) {
        this.#open.delete(key);
        return -1;
      }
      known = this.#begin('block1', batch, index, row, pathId, time, batch.fromA[index] === 1, value);
      this.transfers[known]!.restarts = restarts;
      this.#open.set(key, known);
    }
    const transfer = this.transfers[known]!;
    if (transfer.ended !== 'open') {
      if (number * blockSize(value) < transfer.received) transfer.repeated++;
      return known;
    }
    if (batch.size1[index] !== NO_OPTION) transfer.announced = batch.size1[index]!;
    this.#block(transfer, batch, index, row, time, value);
    return known;
  }

  /** Takes an answer to a request of Block1 transfer `transfer`: it may end it. */
  answer(transfer: number, batch: MessageBatch, index: number, row: MessageRow, time: Nanoseconds): void {
    this.completed = false;
    const known = this.transfers[transfer];
    if (known === undefined || known.ended !== 'open') return;
    const code = batch.code[index]!;
    known.last = row;
    known.to = time;
    known.code = code;
    if (code === Code.continue) return;
    if (code >> 5 === 2) {
      if (!known.lastSeen) return;
      known.ended = 'complete';
      known.endRow = row;
      this.completed = known.start === 0;
    } else {
      known.ended = 'refused';
      known.endRow = row;
      delete known.body;
    }
  }

  /**
   * Takes an answer with a Block2 option. `method`, `pathId` and `requesterIsA` are those of its request.
   * Gives the index of its transfer, or -1 for a body of one block.
   */
  response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    method: number,
    pathId: number,
    time: Nanoseconds,
  ): number {
    this.completed = false;
    const value = batch.block2[index]!;
    if (value === NO_OPTION || batch.code[index]! >> 5 !== 2) return -1;
    const more = blockMore(value);
    const number = blockNumber(value);
    const requesterIsA = batch.fromA[index] === 0;
    const key = keyOf(batch.conversation[index]!, requesterIsA, method, pathId, 2);
    let known = this.#open.get(key);
    if (number === 0 || known === undefined) {
      const restarts = number === 0 ? this.#restart(known) : 0;
      if (number === 0 && !more) {
        this.#open.delete(key);
        return -1;
      }
      known = this.#begin('block2', batch, index, row, pathId, time, requesterIsA, value);
      this.transfers[known]!.method = method;
      this.transfers[known]!.restarts = restarts;
      this.#open.set(key, known);
    }
    const transfer = this.transfers[known]!;
    if (transfer.ended !== 'open') {
      if (number * blockSize(value) < transfer.received) transfer.repeated++;
      return known;
    }
    if (batch.size2[index] !== NO_OPTION) transfer.announced = batch.size2[index]!;
    this.#block(transfer, batch, index, row, time, value);
    if (transfer.lastSeen) {
      transfer.ended = 'complete';
      transfer.endRow = row;
      transfer.code = batch.code[index]!;
      this.completed = transfer.start === 0;
    }
    return known;
  }

  /**
   * Takes an error that answers the request for a further block of a Block2 transfer: it ends there. Gives the index
   * of the transfer, or -1. `block2` is the request's option.
   */
  refuse(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    method: number,
    pathId: number,
    block2: number,
    time: Nanoseconds,
  ): number {
    this.completed = false;
    if (block2 === NO_OPTION || blockNumber(block2) === 0) return -1;
    const requesterIsA = batch.fromA[index] === 0;
    const known = this.#open.get(keyOf(batch.conversation[index]!, requesterIsA, method, pathId, 2));
    const transfer = known === undefined ? undefined : this.transfers[known];
    if (known === undefined || transfer?.ended !== 'open') return -1;
    transfer.ended = 'refused';
    transfer.code = batch.code[index]!;
    transfer.last = transfer.endRow = row;
    transfer.to = time;
    delete transfer.body;
    return known;
  }

  /** The first block again: the sender begins anew, and what was there is void (RFC 7959 §2.5). Gives the restarts. */
  #restart(index: number | undefined): number {
    const known = index === undefined ? undefined : this.transfers[index]!;
    if (known?.ended !== 'open') return 0;
    known.ended = 'restarted';
    delete known.body;
    return known.restarts + 1;
  }

  #begin(
    direction: 'block1' | 'block2',
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    pathId: number,
    time: Nanoseconds,
    requesterIsA: boolean,
    value: number,
  ): number {
    const start = blockNumber(value) * blockSize(value);
    this.transfers.push({
      direction,
      conversation: batch.conversation[index]!,
      requesterIsA,
      method: batch.code[index]!,
      pathId,
      rows: [],
      first: row,
      last: row,
      from: time,
      to: time,
      received: start,
      start,
      blocks: 0,
      repeated: 0,
      restarts: 0,
      size: blockSize(value),
      announced: -1,
      contentFormat: batch.contentFormat[index]!,
      lastSeen: false,
      ended: 'open',
    });
    return this.transfers.length - 1;
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
    if (transfer.contentFormat === 0xffff) transfer.contentFormat = batch.contentFormat[index]!;
    const offset = blockNumber(value) * blockSize(value);
    if (offset < transfer.received) {
      transfer.repeated++;
      return;
    }
    if (offset > transfer.received || transfer.blocks >= MAXIMUM_BLOCKS) return;
    const length = batch.payloadLength[index]!;
    this.#keepBody(transfer, batch, index, offset);
    transfer.rows.push(row);
    transfer.blocks++;
    transfer.received += length;
    if (!blockMore(value)) transfer.lastSeen = true;
  }

  #keepBody(transfer: Transfer, batch: MessageBatch, index: number, offset: number): void {
    if (transfer.start !== 0 || transfer.contentFormat === OCTET_STREAM) return;
    const from = batch.payloadOffset[index]!;
    const end = batch.bytesOffset[index]! + batch.length[index]!;
    const needed = offset + (end - from);
    const isCut = end - from < batch.payloadLength[index]!;
    const { body } = transfer;
    if (isCut || needed > KEPT_BODY_BYTES || (offset > 0 && body === undefined)) {
      delete transfer.body;
      return;
    }
    let whole = body?.buffer;
    if (whole === undefined || whole.byteLength < needed) {
      whole = new ArrayBuffer(Math.min(KEPT_BODY_BYTES, Math.max(needed, offset * 2)));
      if (body !== undefined) new Uint8Array(whole).set(body);
    }
    transfer.body = new Uint8Array(whole, 0, needed);
    transfer.body.set(batch.bytes.subarray(from, end), offset);
  }
}

function keyOf(
  conversation: number,
  requesterIsA: boolean,
  method: number,
  pathId: number,
  block: 1 | 2,
): number {
  // Conversations and paths stay below 2^22 and 2^21: caps of the tables that number them.
  return ((conversation * 0x200000 + pathId) * 8 + (method & 7)) * 4 + (requesterIsA ? 2 : 0) + (block - 1);
}
