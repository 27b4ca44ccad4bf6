import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { isRequest, MessageType } from '../coap/code.ts';
import type { ExchangeLinks } from '../coap/exchange.ts';
import type { MessageBatch } from '../coap/message-batch.ts';
import { NO_FORMAT, NO_OPTION } from '../coap/message.ts';
import { BlockOptions } from './block-options.ts';
import { CHUNK_ROWS, Float64Column, Uint16Column, Uint32Column, Uint8Column } from './column.ts';
import { Interner } from './interner.ts';
import { KeptRows } from './kept-rows.ts';
import { NarrowColumn } from './narrow-column.ts';
import { SparseFloat64Column } from './sparse-column.ts';

/** Times further than this from the epoch are kept apart, exactly; a Float64 holds nearer ones exactly. */
const EXACT_NANOSECONDS = Number.MAX_SAFE_INTEGER;

/** Conversation and length of the token of a row that is no longer held: no message has them. */
const NO_CONVERSATION = 0xffffffff;
const NO_TOKEN = 0xffff;

/** Rows of one chunk of key hashes, as a power of two. */
const KEY_CHUNK_BITS = 12;
const KEY_CHUNK_MASK = (1 << KEY_CHUNK_BITS) - 1;

/** Bits of the `flags` column. */
export const MessageFlag = {
  fromA: 1,
  multicast: 2,
  /** An empty ACK came for it. */
  acknowledged: 4,
  duplicate: 8,
  /** A notification after the first answer of an observation. */
  notification: 16,
  /** The body of its transfer ends here, complete. */
  transferComplete: 32,
  /** The content has values in the value table. */
  hasValues: 64,
  /** The content was damaged. */
  contentFault: 128,
  /** The content format has no reader. */
  contentNotRead: 256,
  /** An answer that came from another address than its request went to. */
  fromOtherAddress: 512,
  /** A Create that gives no value to a mandatory resource of a new instance. */
  incomplete: 1024,
} as const;

/** A wide time: whole seconds since 1970 and the rest. */
export interface WideTime {
  seconds: number;
  nanoseconds: number;
}

/**
 * One row a message, in capture order, in columns. What is asked often is a column; all else is read again from
 * the bytes. About 90 bytes a row.
 */
export class MessageTable implements ExchangeLinks {
  count = 0;
  /** First row held: older ones were dropped, but for those in `kept`. */
  firstRow: MessageRow = 0;
  /** Dropped rows that stay, since something that is held speaks of them. */
  kept = KeptRows.none;
  readonly time = new Float64Column(NaN);
  readonly source = new Float64Column();
  readonly frame = new Uint32Column();
  readonly file = new Uint8Column();
  readonly interfaceIndex = new Uint16Column();
  readonly ordinal = new Uint16Column();
  readonly length = new NarrowColumn();
  readonly payloadLength = new NarrowColumn();
  readonly headerLength = new Uint8Column();
  readonly trailerLength = new Uint8Column();
  readonly conversation = new NarrowColumn(NO_CONVERSATION);
  readonly flags = new Uint16Column();
  readonly outcome = new Uint8Column();
  readonly fault = new Uint8Column();
  readonly faultOffset = new Uint16Column();
  readonly type = new Uint8Column(MessageType.none);
  readonly code = new Uint8Column();
  readonly messageId = new Uint16Column();
  readonly tokenLength = new Uint16Column(NO_TOKEN);
  readonly tokenHigh = new Uint32Column();
  readonly tokenLow = new Uint32Column();
  readonly contentFormat = new Uint16Column(NO_FORMAT);
  readonly accept = new Uint16Column(NO_FORMAT);
  readonly observe = new Uint32Column(NO_OPTION);
  readonly #blocks = new BlockOptions();
  /** Interned text of the message's own Uri-Path and Uri-Query; 0 where it has none. */
  readonly path = new NarrowColumn();
  readonly query = new NarrowColumn();
  /** The other half (of a request its answer, of everything else what it answers); of a repeat its first copy. */
  readonly #other = new Uint32Column(NO_ROW);
  /** Index + 1 in the transfer and observation tables; 0 for none. */
  readonly transfer = new NarrowColumn();
  readonly observation = new NarrowColumn();
  readonly operation = new Uint8Column();
  /** `ExchangeKind` × 4 + `ExchangeEnd`. */
  readonly exchange = new Uint8Column();
  readonly transmissions = new Uint8Column();
  /** Row before in the same conversation. */
  readonly previous = new Uint32Column(NO_ROW);
  /** Content format that the shape of a body tells where its own does not; NaN where nothing was guessed. */
  readonly guessedFormat = new SparseFloat64Column();

  /** The same, and the hash below, of dropped rows that stay. */
  #keptFormat: ReadonlyMap<MessageRow, number> = new Map();
  #keptHash = new Map<MessageRow, number>();
  /** Of requests with other options of the cache key: a hash over them; chunks without any are not there. */
  readonly #keyHash: (Uint32Array | undefined)[] = [];
  readonly texts = new Interner();
  readonly wideTimes = new Map<MessageRow, WideTime>();
  /** Last row of each conversation. */
  #lastOfConversation = new Uint32Array(1024).fill(NO_ROW);
  /** Messages of each conversation. */
  #countOfConversation = new Uint32Array(1024);
  duplicates = 0;

  /** Adds all rows of a batch. Gives the row of its first message. */
  append(batch: MessageBatch): MessageRow {
    const first = this.count;
    const { count } = batch;
    this.time.setRows(first, batch.time, count);
    this.source.setRows(first, batch.source, count);
    this.frame.setRows(first, batch.frame, count);
    this.file.setRows(first, batch.file, count);
    this.interfaceIndex.setRows(first, batch.interfaceIndex, count);
    this.ordinal.setRows(first, batch.ordinal, count);
    this.headerLength.setRows(first, batch.headerLength, count);
    this.trailerLength.setRows(first, batch.trailerLength, count);
    this.length.setRows(first, batch.length, count);
    this.payloadLength.setRows(first, batch.payloadLength, count);
    this.conversation.setRows(first, batch.conversation, count);
    this.outcome.setRows(first, batch.outcome, count);
    this.fault.setRows(first, batch.fault, count);
    this.faultOffset.setRows(first, batch.faultOffset, count);
    this.type.setRows(first, batch.type, count);
    this.code.setRows(first, batch.code, count);
    this.messageId.setRows(first, batch.messageId, count);
    this.tokenLength.setRows(first, batch.tokenLength, count);
    this.tokenHigh.setRows(first, batch.tokenHigh, count);
    this.tokenLow.setRows(first, batch.tokenLow, count);
    this.contentFormat.setRows(first, batch.contentFormat, count);
    this.accept.setRows(first, batch.accept, count);
    this.observe.setRows(first, batch.observe, count);
    this.#blocks.column.fillRows(first, 0, count);
    this.#other.fillRows(first, NO_ROW, count);
    this.transfer.fillRows(first, 0, count);
    this.observation.fillRows(first, 0, count);
    this.operation.fillRows(first, 0, count);
    this.exchange.fillRows(first, 0, count);
    this.transmissions.fillRows(first, 1, count);
    for (let index = 0; index < count; index++) {
      const row = first + index;
      const conversation = batch.conversation[index]!;
      this.flags.set(
        row,
        (batch.fromA[index] === 1 ? MessageFlag.fromA : 0) |
          (batch.multicast[index] === 1 ? MessageFlag.multicast : 0),
      );
      this.path.set(row, this.#intern(batch, batch.pathOffset[index]!, batch.pathLength[index]!));
      this.query.set(row, this.#intern(batch, batch.queryOffset[index]!, batch.queryLength[index]!));
      if (batch.block1[index] !== NO_OPTION || batch.block2[index] !== NO_OPTION)
        this.#blocks.keep(row, batch.block1[index]!, batch.block2[index]!);
      if (batch.keyHash[index] !== 0 && isRequest(batch.code[index]!))
        this.setKeyHash(row, batch.keyHash[index]!);
      if (conversation >= this.#lastOfConversation.length) this.#growConversations(conversation);
      this.previous.set(row, this.#lastOfConversation[conversation]!);
      this.#lastOfConversation[conversation] = row;
      this.#countOfConversation[conversation]!++;
    }
    this.count = first + count;
    return first;
  }

  /** Content format that a row's content was read as for its shape; NaN where it is read as declared. */
  guessedFormatOf(row: MessageRow): number {
    return row < this.firstRow ? (this.#keptFormat.get(row) ?? NaN) : this.guessedFormat.get(row);
  }

  /** True for a row that can be read: it was not dropped, or it stays. */
  isHeld(row: MessageRow): boolean {
    return row < this.count && (row >= this.firstRow || this.kept.indexOf(row) >= 0);
  }

  /**
   * Drops the chunks wholly before a row, but for the `kept` rows in them; gives how many rows that are. What is asked
   * of a dropped row then says nothing: no time, no conversation, no partner.
   */
  dropBefore(before: MessageRow, kept: KeptRows): number {
    const first = before - (before % CHUNK_ROWS);
    if (first <= this.firstRow) return 0;
    const hashes = kept.rows.reduce(
      (map, row) => (this.keyHash(row) === 0 ? map : map.set(row, this.keyHash(row))),
      new Map<MessageRow, number>(),
    );
    this.#keptFormat = kept.rows.reduce((map, row) => {
      const format = this.guessedFormatOf(row);
      return Number.isNaN(format) ? map : map.set(row, format);
    }, new Map<MessageRow, number>());
    for (const column of this.#columns()) column.dropBefore(first, kept);
    this.guessedFormat.dropBefore(first);
    for (let chunk = this.firstRow >>> KEY_CHUNK_BITS; chunk < first >>> KEY_CHUNK_BITS; chunk++)
      this.#keyHash[chunk] = undefined;
    this.#keptHash = hashes;
    for (const map of [this.#blocks.both, this.wideTimes])
      for (const row of map.keys()) {
        if (row >= first) break;
        if (kept.indexOf(row) < 0) map.delete(row);
      }
    const dropped = first - this.firstRow;
    this.firstRow = first;
    this.kept = kept;
    return dropped;
  }

  /** Bytes that the rows take, the texts of paths and queries apart. */
  get bytes(): number {
    let bytes = this.guessedFormat.bytes;
    for (const column of this.#columns()) bytes += column.bytes;
    return bytes;
  }

  /** What leads from a row to another one, as it is kept: of a repeat to its first copy. */
  linkOf(row: MessageRow): MessageRow {
    return this.#other.get(row);
  }

  /** Keeps a time that a Float64 of nanoseconds cannot hold exactly. */
  keepWideTime(row: MessageRow, seconds: number, nanoseconds: number): void {
    this.wideTimes.set(row, { seconds, nanoseconds });
  }

  /** Last message of a conversation, from which `previous` leads back; `NO_ROW` where it has none. */
  lastOf(conversation: number): MessageRow {
    return this.#lastOfConversation[conversation] ?? NO_ROW;
  }

  /** Number of messages of a conversation. */
  countOf(conversation: number): number {
    return this.#countOfConversation[conversation] ?? 0;
  }

  has(row: MessageRow, flag: number): boolean {
    return (this.flags.get(row) & flag) !== 0;
  }

  addFlag(row: MessageRow, flag: number): void {
    this.flags.set(row, this.flags.get(row) | flag);
  }

  setPartner(row: MessageRow, other: MessageRow): void {
    this.#other.set(row, other);
  }

  /** The other half of a message, of a repeat the one of its first copy; `NO_ROW` where it was not seen. */
  partnerOf(row: MessageRow): MessageRow {
    const other = this.#other.get(row);
    return this.has(row, MessageFlag.duplicate) ? this.#other.get(other) : other;
  }

  /** First copy of a repeat; `NO_ROW` for a message that repeats none. */
  firstOf(row: MessageRow): MessageRow {
    return this.has(row, MessageFlag.duplicate) ? this.#other.get(row) : NO_ROW;
  }

  /** Value of the Block1 option (RFC 7959 §2.2), or `NO_OPTION`. */
  block1(row: MessageRow): number {
    return this.#blocks.block1(row);
  }

  /** Value of the Block2 option, or `NO_OPTION`. */
  block2(row: MessageRow): number {
    return this.#blocks.block2(row);
  }

  /** Hash over the options of a request's cache key that no column holds (RFC 7252 §5.4.2), 0 for none. */
  keyHash(row: MessageRow): number {
    return this.#keyHash[row >>> KEY_CHUNK_BITS]?.[row & KEY_CHUNK_MASK] ?? this.#keptHash.get(row) ?? 0;
  }

  setKeyHash(row: MessageRow, hash: number): void {
    const chunk = (this.#keyHash[row >>> KEY_CHUNK_BITS] ??= new Uint32Array(KEY_CHUNK_MASK + 1));
    chunk[row & KEY_CHUNK_MASK] = hash;
  }

  setDuplicate(row: MessageRow, first: MessageRow): void {
    this.#other.set(row, first);
    this.addFlag(row, MessageFlag.duplicate);
    this.duplicates++;
  }

  setExchange(row: MessageRow, kind: number, end: number): void {
    this.exchange.set(row, kind * 4 + end);
  }

  kindOf(row: MessageRow): number {
    return this.exchange.get(row) >> 2;
  }

  endOf(row: MessageRow): number {
    return this.exchange.get(row) & 3;
  }

  setAcknowledged(row: MessageRow): void {
    this.addFlag(row, MessageFlag.acknowledged);
  }

  addTransmission(row: MessageRow): void {
    const sent = this.transmissions.get(row);
    if (sent < 255) this.transmissions.set(row, sent + 1);
  }

  codeOf(row: MessageRow): number {
    return this.code.get(row);
  }

  timeOf(row: MessageRow): Nanoseconds {
    return this.time.get(row);
  }

  messageIdOf(row: MessageRow): number {
    return this.messageId.get(row);
  }

  typeOf(row: MessageRow): number {
    return this.type.get(row);
  }

  setFromOtherAddress(row: MessageRow): void {
    this.addFlag(row, MessageFlag.fromOtherAddress);
  }

  tokenEquals(row: MessageRow, high: number, low: number, length: number): boolean {
    return (
      this.tokenLow.get(row) === low &&
      this.tokenHigh.get(row) === high &&
      this.tokenLength.get(row) === length
    );
  }

  /** The request a message speaks of: itself, or what it answers; `NO_ROW` where that was not seen. */
  requestOf(row: MessageRow): MessageRow {
    const code = this.code.get(row);
    return code > 0 && code < 32 ? row : this.partnerOf(row);
  }

  /** True where a Float64 of nanoseconds holds the time exactly. */
  static isExact(time: Nanoseconds): boolean {
    return Math.abs(time) <= EXACT_NANOSECONDS;
  }

  #intern(batch: MessageBatch, offset: number, length: number): number {
    return length === 0 ? 0 : this.texts.intern(batch.bytes, offset, offset + length);
  }

  #columns(): readonly (Uint8Column | Uint16Column | Uint32Column | Float64Column | NarrowColumn)[] {
    return [
      this.time,
      this.source,
      this.frame,
      this.file,
      this.interfaceIndex,
      this.ordinal,
      this.length,
      this.payloadLength,
      this.headerLength,
      this.trailerLength,
      this.conversation,
      this.flags,
      this.outcome,
      this.fault,
      this.faultOffset,
      this.type,
      this.code,
      this.messageId,
      this.tokenLength,
      this.tokenHigh,
      this.tokenLow,
      this.contentFormat,
      this.accept,
      this.observe,
      this.#blocks.column,
      this.path,
      this.query,
      this.#other,
      this.transfer,
      this.observation,
      this.operation,
      this.exchange,
      this.transmissions,
      this.previous,
    ];
  }

  #growConversations(conversation: number): void {
    const length = Math.max(this.#lastOfConversation.length * 2, conversation + 1);
    const last = new Uint32Array(length).fill(NO_ROW);
    last.set(this.#lastOfConversation);
    this.#lastOfConversation = last;
    const counts = new Uint32Array(length);
    counts.set(this.#countOfConversation);
    this.#countOfConversation = counts;
  }
}
