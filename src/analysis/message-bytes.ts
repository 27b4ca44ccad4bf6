import type { ByteStore } from '../capture/byte-store.ts';
import { type ByteCount, type ByteOffset, type MessageRow, NO_ROW } from '../capture/units.ts';
import { MessageType } from '../coap/code.ts';
import { MessageFault, MessageView } from '../coap/message.ts';
import { sortBlocks, type Transfer } from '../coap/transfer.ts';
import { Transport } from '../network/flow.ts';
import { Outcome } from '../capture/outcome.ts';
import type { Analysis } from './analysis.ts';
import type { FrameRange } from './joined-sources.ts';

/** Bytes of one cached block, and how many blocks are kept. */
const BLOCK_BYTES: ByteCount = 256 << 10;
const BLOCKS_KEPT = 8;
/** More than there are numbers of files, which have 8 bits. */
const FILES = 256;
/** Bytes that a capture can have cut off a message: what is missing is kept only where the payload had begun. */
const LARGEST_CUT: ByteCount = 0x10000;
/** A body larger than this is not put together in memory. */
const MAXIMUM_BODY_BYTES: ByteCount = 256 << 20;

/** Where the bytes of a piece came from. */
export interface Origin {
  file: number;
  offset: ByteOffset;
  length: ByteCount;
  /** What stands there in words of its own, where the file has it masked or compressed. */
  bytes?: Uint8Array;
}

/**
 * The only way back to bytes: resolves byte references of messages, payloads and bodies. Blocks of the stores
 * are kept for a while, so that neighbours in the capture cost one read.
 */
export class MessageBytes {
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #view = new MessageView();

  constructor(private readonly analysis: Analysis) {}

  /** Where a message's bytes lie, piece by piece. */
  origins(row: MessageRow): Origin[] {
    const { messages } = this.analysis.tracking;
    if (row < messages.firstRow && !messages.isHeld(row)) return [];
    const source = messages.source.get(row);
    const file = messages.file.get(row);
    if (source >= 0) return [{ file, offset: source, length: messages.length.get(row) }];
    return this.analysis.frames.joined.pieces(source).map((piece) => {
      const origin: Origin = { file: piece.file ?? file, offset: piece.fileOffset, length: piece.length };
      if (piece.bytes !== undefined) origin.bytes = piece.bytes;
      return origin;
    });
  }

  /** The CoAP message of a row as captured, or undefined where its bytes are gone, or it is no longer held. */
  async message(row: MessageRow): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.analysis.tracking.messages.isHeld(row)) return undefined;
    const length = this.analysis.tracking.messages.length.get(row);
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (const origin of this.origins(row)) {
      const piece = origin.bytes ?? (await this.range(origin.file, origin.offset, origin.length));
      if (piece.length < origin.length) return undefined;
      bytes.set(piece.subarray(0, length - filled), filled);
      filled += Math.min(piece.length, length - filled);
    }
    return filled === length ? bytes : undefined;
  }

  /** Reads a message into a view of its own; undefined where its bytes are gone. */
  async view(row: MessageRow): Promise<MessageView | undefined> {
    const bytes = await this.message(row);
    if (bytes === undefined) return undefined;
    // Several are asked for at once, and each must find its view as it was read.
    const view = new MessageView();
    this.readInto(view, row, bytes, 0, bytes.length);
    return view;
  }

  /** Reads the message of a row, which is `bytes[start..end)`, into a view, as it was read when it was captured. */
  readInto(view: MessageView, row: MessageRow, bytes: Uint8Array, start: number, end: number): void {
    const { messages } = this.analysis.tracking;
    const length = end - start;
    if (messages.type.get(row) === MessageType.none) {
      const transport = this.analysis.frames.conversations.transportOf(messages.conversation.get(row));
      view.readReliable(bytes, start, end, transport === Transport.ws);
      if (messages.fault.get(row) === MessageFault.lostSegment) view.markLost();
      return;
    }
    const isCut = messages.outcome.get(row) === Outcome.truncated;
    view.read(bytes, start, end, isCut ? length + LARGEST_CUT : length);
    if (isCut && messages.payloadLength.get(row) > 0) {
      const captured = view.payloadEnd - view.payloadStart;
      view.read(bytes, start, end, length + messages.payloadLength.get(row) - captured);
    }
  }

  /** The frame in which a message stands, or that completed it; undefined where it is not known. */
  frameRange(row: MessageRow): FrameRange | undefined {
    const { messages } = this.analysis.tracking;
    const source = messages.source.get(row);
    if (source < 0) {
      const frame = this.analysis.frames.joined.frame(source);
      return frame === undefined || frame.length === 0 ? undefined : frame;
    }
    const header = messages.headerLength.get(row);
    if (header === 0) return undefined;
    const length = header + messages.length.get(row) + messages.trailerLength.get(row);
    return { offset: source - header, length };
  }

  /** The captured payload of a message. */
  async payload(row: MessageRow): Promise<Uint8Array | undefined> {
    const bytes = await this.message(row);
    if (bytes === undefined) return undefined;
    // Nobody else has its turn between the two.
    const view = this.#view;
    this.readInto(view, row, bytes, 0, bytes.length);
    return bytes.subarray(view.payloadStart, view.payloadEnd);
  }

  /** The body whose values a message holds: of its transfer where one ended here, else its own payload. */
  async body(row: MessageRow): Promise<Uint8Array | undefined> {
    const { messages, transfers } = this.analysis.tracking;
    // A repeat holds what its first copy holds.
    const repeated = messages.firstOf(row);
    const first = repeated === NO_ROW ? row : repeated;
    const transfer = messages.transfer.get(first);
    if (transfer > 0) {
      const known = transfers.transfers[transfer - 1]!;
      if (known.wholeRow === first) return this.transferBody(known);
    }
    return this.payload(row);
  }

  /** All bytes that a transfer brought without a gap; undefined where some are gone or it is too large. */
  async transferBody(transfer: Transfer): Promise<Uint8Array | undefined> {
    const length = transfer.received - transfer.start;
    if (length > MAXIMUM_BODY_BYTES) return undefined;
    const body = new Uint8Array(length);
    let filled = 0;
    for await (const piece of this.transferPieces(transfer)) {
      body.set(piece, filled);
      filled += piece.length;
    }
    return filled === length ? body : undefined;
  }

  /**
   * The bytes of a transfer's first range, block by block in the order of the body; fewer where the capture cut a
   * block. Of bytes that came twice the first block in that order counts.
   */
  async *transferPieces(transfer: Transfer): AsyncGenerator<Uint8Array> {
    const { messages } = this.analysis.tracking;
    sortBlocks(transfer);
    const { rows, offsets } = transfer;
    let reached = transfer.start;
    for (let index = 0; index < rows.length; index++) {
      const offset = offsets[index]!;
      const end = offset + messages.payloadLength.get(rows[index]!);
      if (offset > reached) return;
      if (end <= reached) continue;
      const payload = await this.payload(rows[index]!);
      if (payload === undefined || offset + payload.length !== end) return;
      yield payload.subarray(reached - offset);
      reached = end;
    }
  }

  /** Bytes of a file's store; fewer at its end. The array is shared: do not change it. */
  async range(file: number, offset: ByteOffset, length: ByteCount): Promise<Uint8Array> {
    const block = Math.floor(offset / BLOCK_BYTES);
    const within = offset - block * BLOCK_BYTES;
    const store = this.analysis.files[file]!.store;
    if (within + length > BLOCK_BYTES) return store.read(offset, length);
    const bytes = await this.#block(store, file, block);
    return bytes.subarray(within, within + length);
  }

  /** The same bytes where they are at hand already; undefined where they must be waited for. */
  rangeAtHand(file: number, offset: ByteOffset, length: ByteCount): Uint8Array | undefined {
    const block = Math.floor(offset / BLOCK_BYTES);
    const within = offset - block * BLOCK_BYTES;
    const bytes = this.#blocks.get(block * FILES + file);
    return bytes === undefined || within + length > bytes.length
      ? undefined
      : bytes.subarray(within, within + length);
  }

  async #block(store: ByteStore, file: number, block: number): Promise<Uint8Array> {
    const start = block * BLOCK_BYTES;
    const available = Math.min(BLOCK_BYTES, store.size - start);
    const key = block * FILES + file;
    const kept = this.#blocks.get(key);
    // The last block of a spool grows.
    if (kept !== undefined && kept.length >= available) return kept;
    const bytes = await store.read(start, BLOCK_BYTES);
    this.#blocks.delete(key);
    this.#blocks.set(key, bytes);
    if (this.#blocks.size > BLOCKS_KEPT) {
      const [oldest] = this.#blocks.keys();
      if (oldest !== undefined) this.#blocks.delete(oldest);
    }
    return bytes;
  }
}
