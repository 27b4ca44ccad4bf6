import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { EXCHANGE_LIFETIME } from './exchange.ts';
import { NO_FORMAT } from './message.ts';

/** Ranges of a body kept apart; a block that would make one more is counted as left out. */
export const MAXIMUM_RANGES = 256;

const LIFETIME: Nanoseconds = EXCHANGE_LIFETIME * 1e9;

export type TransferEnd = 'complete' | 'abandoned' | 'restarted' | 'refused' | 'open';

/** One block-wise transfer of a body (RFC 7959, RFC 9177), by byte offset; rows lead to the bytes. */
export interface Transfer {
  /** How many began before it, those that were forgotten included: stays, whatever its index becomes. */
  number: number;
  direction: 'block1' | 'block2';
  /** True where the blocks come by Q-Block1 or Q-Block2, in any order (RFC 9177). */
  isQuick: boolean;
  conversation: number;
  /** True where endpoint A of the flow sends the body's requests. */
  requesterIsA: boolean;
  method: number;
  pathId: number;
  queryId: number;
  accept: number;
  /** Hash over what else tells requests apart (RFC 7252 §5.4.2), 0 for nothing. */
  extra: number;
  /** Rows that carry the body's blocks, as captured; `sortBlocks` brings them into the order of the body. */
  rows: MessageRow[];
  /** Byte offset of each row's block in the body. */
  offsets: number[];
  isSorted: boolean;
  /** Ranges of the body that came: start and end in turn, ascending, apart from each other. */
  ranges: number[];
  first: MessageRow;
  last: MessageRow;
  from: Nanoseconds;
  to: Nanoseconds;
  /** End of the first range: bytes received without a gap from `start`. */
  received: number;
  /** Offset of the first byte that came; more than 0 where the capture came late or the client asked so. */
  start: number;
  /** Length of the whole body in bytes, once its last block was seen; else -1. */
  length: number;
  blocks: number;
  repeated: number;
  restarts: number;
  /** Blocks that bounds of memory left out. */
  leftOut: number;
  /** Reports of missing blocks (RFC 9177 §5). */
  reports: number;
  size: number;
  /** Size1 or Size2 announced, or -1. */
  announced: number;
  contentFormat: number;
  /** Hash of the ETag, 0 for none. */
  etag: number;
  /** True once the last block was seen. */
  lastSeen: boolean;
  ended: TransferEnd;
  code?: number;
  /** Row on which the transfer ended: the answer to the last block, or the last block of an answer. */
  endRow?: MessageRow;
  /** Row whose block made the body whole; its values stand there. */
  wholeRow?: MessageRow;
  /** Index of the observation whose notification begins the body (RFC 7959 §2.6), or -1. */
  observation: number;
  /** The body, where it is small enough and a reader may want it. */
  body?: Uint8Array<ArrayBuffer>;
}

/** True where every byte of the body came, from the first to the last. */
export function isWhole(transfer: Transfer): boolean {
  const { ranges } = transfer;
  return ranges.length === 2 && ranges[0] === 0 && ranges[1] === transfer.length;
}

/** Bytes of the body that came, each counted once. */
export function receivedBytes(transfer: Transfer): number {
  const { ranges } = transfer;
  let sum = 0;
  for (let index = 0; index < ranges.length; index += 2) sum += ranges[index + 1]! - ranges[index]!;
  return sum;
}

/**
 * How a transfer stands at capture clock `clock`: one that nothing was heard of for EXCHANGE_LIFETIME is abandoned,
 * for the other side has forgotten it (RFC 7959 §2.5).
 */
export function transferEnd(transfer: Transfer, clock: Nanoseconds): TransferEnd {
  return transfer.ended === 'open' && isSilent(transfer, clock) ? 'abandoned' : transfer.ended;
}

/** True where nothing was heard of the transfer for EXCHANGE_LIFETIME before `time`. */
export function isSilent(transfer: Transfer, time: Nanoseconds): boolean {
  return time - transfer.to > LIFETIME;
}

/** True where a block came after one that lies behind it in the body: the client asks in an order of its own. */
export function cameOutOfOrder({ rows, offsets }: Transfer): boolean {
  for (let index = 1; index < rows.length; index++) {
    const risesInBody = offsets[index]! > offsets[index - 1]!;
    if (risesInBody !== rows[index]! > rows[index - 1]!) return true;
  }
  return false;
}

/** Brings a transfer's rows into the order of their offsets, equal ones in the order captured. */
export function sortBlocks(transfer: Transfer): void {
  if (transfer.isSorted) return;
  const { rows, offsets } = transfer;
  const order = rows.map((_, index) => index).sort((a, b) => offsets[a]! - offsets[b]! || a - b);
  transfer.rows = order.map((index) => rows[index]!);
  transfer.offsets = order.map((index) => offsets[index]!);
  transfer.isSorted = true;
}

/** True where `ranges` hold all bytes from `start` to before `end`. */
export function isCovered(ranges: readonly number[], start: number, end: number): boolean {
  const at = rangeBehind(ranges, start);
  return at > 0 && ranges[at - 1]! >= end;
}

/**
 * Adds the bytes from `start` to before `end`, joining what meets. False, and nothing changed, where that would make
 * more than `MAXIMUM_RANGES`.
 */
export function addRange(ranges: number[], start: number, end: number): boolean {
  // The usual block goes on where the last one ended.
  if (ranges.length > 0 && ranges[ranges.length - 1] === start) {
    ranges[ranges.length - 1] = end;
    return true;
  }
  let from = rangeBehind(ranges, start);
  let low = start;
  if (from > 0 && ranges[from - 1]! >= start) {
    from -= 2;
    low = ranges[from]!;
  }
  let to = from;
  let high = end;
  while (to < ranges.length && ranges[to]! <= end) {
    high = Math.max(high, ranges[to + 1]!);
    to += 2;
  }
  if (to === from && ranges.length >= MAXIMUM_RANGES * 2) return false;
  ranges.splice(from, to - from, low, high);
  return true;
}

/** Index in `ranges` of the first range that starts beyond `offset`. */
function rangeBehind(ranges: readonly number[], offset: number): number {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle * 2]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

/**
 * What blocks of one body have in common: who asks whom with which method for what, the options of the cache key
 * but Block and Size (RFC 7959 §2.4, RFC 9175 §3.3). Of a request; reused for every message.
 */
export class TransferKey {
  conversation = 0;
  requesterIsA = false;
  method = 0;
  pathId = 0;
  queryId = 0;
  accept = NO_FORMAT;
  /** Hash over the other options of the cache key and, of a FETCH without Block1, its payload; 0 for nothing. */
  extra = 0;
  hasPayload = false;
  tokenHigh = 0;
  tokenLow = 0;
  tokenLength = 0;

  /** A number for a map; what is found by it must still be compared with `isOf`. */
  number(way: number): number {
    const low = mix(mix(this.#target(way), this.#accept(way)), this.extra);
    return low + (mix(low, this.pathId ^ (this.queryId << 11)) & 0x1fffff) * 0x100000000;
  }

  /** The same, of the token instead of what is asked for. */
  tokenNumber(way: number): number {
    const side = this.conversation * 8 + way * 2 + (this.requesterIsA ? 1 : 0);
    const low = mix(mix(mix(0x9e3779b9, side), this.tokenHigh), this.tokenLow);
    return low + (mix(low, this.tokenLength) & 0x1fffff) * 0x100000000;
  }

  /** The same, of conversation, method and path alone. */
  targetNumber(way: number): number {
    const low = this.#target(way);
    return low + (mix(low, this.pathId ^ (this.queryId << 11)) & 0x1fffff) * 0x100000000;
  }

  /** True where a transfer was begun by requests of this key. */
  isOf(transfer: Transfer, way: number): boolean {
    return this.hasTarget(transfer) && transfer.accept === this.#accept(way) && transfer.extra === this.extra;
  }

  /** True where a transfer has the conversation, the method and the path of this key. */
  hasTarget(transfer: Transfer): boolean {
    return (
      transfer.conversation === this.conversation &&
      transfer.requesterIsA === this.requesterIsA &&
      transfer.method === this.method &&
      transfer.pathId === this.pathId &&
      transfer.queryId === this.queryId
    );
  }

  /** Accept speaks of the answer: it tells apart bodies of answers only. */
  #accept(way: number): number {
    return way & 1 ? NO_FORMAT : this.accept;
  }

  #target(way: number): number {
    const side = this.conversation * 2 + (this.requesterIsA ? 1 : 0);
    return mix(mix(mix(mix(0x85ebca6b, side), this.method * 4 + way), this.pathId), this.queryId);
  }
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
