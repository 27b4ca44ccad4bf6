import type { FrameNumber, Nanoseconds } from '../capture/units.ts';
import { type MessageView, NO_OPTION } from './message.ts';
import { writeLocationPath, writeUriPath, writeUriQuery } from './uri-text.ts';

/** Messages a batch holds at most; the border between reading frames and understanding messages. */
export const BATCH_ROWS = 4096;
/** Bytes after which a batch is handed over though it has room for rows. */
const BATCH_BYTES = 4 << 20;
/** Room a message may need beside its own bytes for path, query and location as text. */
const TEXT_ROOM = 3;

/** Bits of a batch's `blockKind`: the block option is Q-Block1, Q-Block2 (RFC 9177). */
export const BlockKind = { quick1: 1, quick2: 2 } as const;

/** Where a message was seen; set by the caller for each message before `add`. */
export class MessagePlace {
  time: Nanoseconds = 0;
  frame: FrameNumber = 0;
  file = 0;
  interfaceIndex = 0;
  /** Which message of the frame, from 0. */
  ordinal = 0;
  /** Byte reference: offset in the file's byte store, or −1 − index of a joined source. */
  source = 0;
  /** Bytes of the frame before the message; 0 where it is not one range of a frame, or more than 255. */
  headerLength = 0;
  /** Bytes of the frame behind the message, such as a check sequence or padding; 0 where `headerLength` is. */
  trailerLength = 0;
  conversation = 0;
  /** True where endpoint A of the flow sent it. */
  fromA = false;
  multicast = false;
}

/**
 * Border 1: messages as columns, with the bytes that the trackers need. All arrays can be transferred.
 * Row `i` has its message at `bytes[bytesOffset[i]..+length[i])`, its path, query and location as text behind it.
 */
export class MessageBatch {
  count = 0;
  readonly time = new Float64Array(BATCH_ROWS);
  readonly source = new Float64Array(BATCH_ROWS);
  readonly frame = new Uint32Array(BATCH_ROWS);
  readonly file = new Uint8Array(BATCH_ROWS);
  readonly interfaceIndex = new Uint16Array(BATCH_ROWS);
  readonly ordinal = new Uint16Array(BATCH_ROWS);
  readonly headerLength = new Uint8Array(BATCH_ROWS);
  readonly trailerLength = new Uint8Array(BATCH_ROWS);
  readonly conversation = new Uint32Array(BATCH_ROWS);
  readonly fromA = new Uint8Array(BATCH_ROWS);
  readonly multicast = new Uint8Array(BATCH_ROWS);
  readonly outcome = new Uint8Array(BATCH_ROWS);
  readonly fault = new Uint8Array(BATCH_ROWS);
  readonly faultOffset = new Uint16Array(BATCH_ROWS);
  readonly type = new Uint8Array(BATCH_ROWS);
  readonly code = new Uint8Array(BATCH_ROWS);
  readonly messageId = new Uint16Array(BATCH_ROWS);
  readonly tokenLength = new Uint16Array(BATCH_ROWS);
  readonly tokenHigh = new Uint32Array(BATCH_ROWS);
  readonly tokenLow = new Uint32Array(BATCH_ROWS);
  readonly contentFormat = new Uint16Array(BATCH_ROWS);
  readonly accept = new Uint16Array(BATCH_ROWS);
  readonly observe = new Uint32Array(BATCH_ROWS);
  /** Block1 or Q-Block1, Block2 or Q-Block2; `blockKind` tells which. */
  readonly block1 = new Uint32Array(BATCH_ROWS);
  readonly block2 = new Uint32Array(BATCH_ROWS);
  readonly blockKind = new Uint8Array(BATCH_ROWS);
  readonly size1 = new Uint32Array(BATCH_ROWS);
  readonly size2 = new Uint32Array(BATCH_ROWS);
  /** No-Response (RFC 7967), 0 for none: bit c−1 is set where answers of class c are not wanted. */
  readonly noResponse = new Uint8Array(BATCH_ROWS);
  /** Hash of the first ETag, and over the options of the cache key that no other column holds; 0 for none. */
  readonly etag = new Uint32Array(BATCH_ROWS);
  readonly keyHash = new Uint32Array(BATCH_ROWS);
  /** Length of the captured message in bytes, and of its payload on the wire. */
  readonly length = new Uint32Array(BATCH_ROWS);
  readonly payloadLength = new Uint32Array(BATCH_ROWS);
  readonly bytesOffset = new Uint32Array(BATCH_ROWS);
  /** Start of the captured payload in `bytes`; it ends where the message ends. */
  readonly payloadOffset = new Uint32Array(BATCH_ROWS);
  readonly pathOffset = new Uint32Array(BATCH_ROWS);
  readonly pathLength = new Uint32Array(BATCH_ROWS);
  readonly queryOffset = new Uint32Array(BATCH_ROWS);
  readonly queryLength = new Uint32Array(BATCH_ROWS);
  readonly locationOffset = new Uint32Array(BATCH_ROWS);
  readonly locationLength = new Uint32Array(BATCH_ROWS);
  /** Hash of all bytes, to tell repeats from reuse of a message ID. */
  readonly contentHash = new Uint32Array(BATCH_ROWS);
  bytes = new Uint8Array(1 << 20);
  #used = 0;

  get full(): boolean {
    return this.count === BATCH_ROWS || this.#used >= BATCH_BYTES;
  }

  /** False where the token of a row was cut off or is damaged: then its length is 0 though it had one. */
  hasToken(row: number): boolean {
    return this.tokenLength[row]! > 0 || (this.bytes[this.bytesOffset[row]!]! & 15) === 0;
  }

  /** Empties the batch for the next rows. */
  clear(): void {
    this.count = 0;
    this.#used = 0;
  }

  /** Adds a message that `view` has read. The batch must not be full. */
  add(view: MessageView, place: MessagePlace): void {
    const row = this.count++;
    const length = view.end - view.start;
    const offset = this.#used;
    const needed = offset + length * (1 + TEXT_ROOM) + 64;
    if (needed > this.bytes.length) this.#grow(needed);
    const { bytes } = this;
    copyBytes(view.bytes, view.start, length, bytes, offset);
    let end = offset + length;
    this.time[row] = place.time;
    this.source[row] = place.source;
    this.frame[row] = place.frame;
    this.file[row] = place.file;
    this.interfaceIndex[row] = place.interfaceIndex;
    this.ordinal[row] = place.ordinal;
    this.headerLength[row] = place.headerLength;
    this.trailerLength[row] = place.trailerLength;
    this.conversation[row] = place.conversation;
    this.fromA[row] = place.fromA ? 1 : 0;
    this.multicast[row] = place.multicast ? 1 : 0;
    this.outcome[row] = view.outcome;
    this.fault[row] = view.fault;
    this.faultOffset[row] = view.faultOffset;
    this.type[row] = view.type;
    this.code[row] = view.code;
    this.messageId[row] = view.messageId;
    this.tokenLength[row] = view.tokenLength;
    this.tokenHigh[row] = view.tokenHigh;
    this.tokenLow[row] = view.tokenLow;
    this.contentFormat[row] = view.contentFormat;
    this.accept[row] = view.accept;
    this.observe[row] = view.observe;
    const quick1 = view.block1 === NO_OPTION && view.qBlock1 !== NO_OPTION;
    const quick2 = view.block2 === NO_OPTION && view.qBlock2 !== NO_OPTION;
    this.block1[row] = quick1 ? view.qBlock1 : view.block1;
    this.block2[row] = quick2 ? view.qBlock2 : view.block2;
    this.blockKind[row] = (quick1 ? BlockKind.quick1 : 0) | (quick2 ? BlockKind.quick2 : 0);
    this.size1[row] = view.size1;
    this.size2[row] = view.size2;
    this.noResponse[row] = view.noResponse === NO_OPTION ? 0 : view.noResponse;
    this.etag[row] = view.etag;
    this.keyHash[row] = view.keyHash;
    this.length[row] = length;
    this.payloadLength[row] = view.payloadLength;
    this.bytesOffset[row] = offset;
    this.payloadOffset[row] = offset + (view.payloadStart - view.start);
    this.pathOffset[row] = end;
    if (view.pathCount > 0) end = writeUriPath(view, bytes, end);
    this.pathLength[row] = end - this.pathOffset[row]!;
    this.queryOffset[row] = end;
    if (view.queryCount > 0) end = writeUriQuery(view, bytes, end);
    this.queryLength[row] = end - this.queryOffset[row]!;
    this.locationOffset[row] = end;
    if (view.locationCount > 0) end = writeLocationPath(view, bytes, end);
    this.locationLength[row] = end - this.locationOffset[row]!;
    this.contentHash[row] = hashBytes(bytes, offset, offset + length);
    this.#used = end;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.#used));
    this.bytes = bytes;
  }
}

/** Below this length a loop is quicker than making a subarray for `set`. */
const LOOP_COPY_BYTES = 48;

function copyBytes(from: Uint8Array, start: number, length: number, to: Uint8Array, offset: number): void {
  if (length <= LOOP_COPY_BYTES) {
    for (let index = 0; index < length; index++) to[offset + index] = from[start + index]!;
  } else to.set(from.subarray(start, start + length), offset);
}

/** A 32-bit hash of `bytes[start..end)`; four bytes a step. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start);
  let position = start;
  for (; position + 4 <= end; position += 4) {
    const word =
      bytes[position]! |
      (bytes[position + 1]! << 8) |
      (bytes[position + 2]! << 16) |
      (bytes[position + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; position < end; position++) hash = Math.imul(hash ^ bytes[position]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
