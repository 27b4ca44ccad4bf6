import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { NO_BLOCK, NO_FORMAT, type OperationEvent } from '../lwm2m/operation-event.ts';

/** Content formats in which an opaque value is its bytes: text/plain, application/octet-stream. */
const PLAIN_TEXT = 0;
const OCTET_STREAM = 42;

/** A request to an object instance that was not answered yet; one of each kind, used again and again. */
export class PendingWrite {
  row: MessageRow = NO_ROW;
  time: Nanoseconds = 0;
  serverEndpoint = 0;
  /** URI written; undefined where it is not known (yet), empty for a reset. */
  uri: string | undefined;
  isReset = false;
  isFirstBlock = true;
  hasMore = false;
  /** True where the message is all of the package, byte for byte. */
  isWhole = false;
  offset: ByteCount = 0;
  end: ByteCount = 0;
  /** Size1, or -1. */
  size: ByteCount = -1;
  transfer = -1;
  /** Argument of an Execute, as text. */
  argument = '';

  /** Takes a request, whatever it holds. */
  take(event: OperationEvent): void {
    this.row = event.row;
    this.time = event.time;
    this.serverEndpoint = event.serverEndpoint;
    this.uri = undefined;
  }

  /** Takes a write of a package or of a block of it. */
  takePackage(event: OperationEvent): void {
    this.take(event);
    const { block1, contentFormat } = event;
    this.isFirstBlock = block1 === NO_BLOCK || block1 >>> 4 === 0;
    this.hasMore = block1 !== NO_BLOCK && (block1 & 8) !== 0;
    this.offset = blockOffset(block1);
    this.end = bodyEndOffset(event, block1);
    this.size = event.size;
    this.transfer = event.transfer;
    const isBytes =
      contentFormat === NO_FORMAT || contentFormat === PLAIN_TEXT || contentFormat === OCTET_STREAM;
    const length = event.bodyEnd - event.bodyStart;
    const isNul = length === 0 || (length === 1 && event.body[event.bodyStart] === 0);
    this.isReset = isBytes && isNul && this.isFirstBlock && !this.hasMore;
    this.isWhole = isBytes && event.transfer < 0 && this.isFirstBlock && !this.hasMore;
  }
}

/** Offset of a block in its body: NUM × 2^(SZX + 4), for BERT × 1024 (RFC 7959 §2.2, RFC 8323 §6). */
export function blockOffset(block: number): ByteCount {
  return block === NO_BLOCK ? 0 : (block >>> 4) * blockSize(block);
}

function blockSize(block: number): ByteCount {
  return 16 << Math.min(block & 7, 6);
}

/**
 * Where a message's payload ends in the body. The event that ends a transfer may hold the whole body instead: then
 * it is longer than a block (or, for BERT, than what came before).
 */
export function bodyEndOffset(event: OperationEvent, block: number): ByteCount {
  const length = event.bodyEnd - event.bodyStart;
  const offset = blockOffset(block);
  const isBert = (block & 7) === 7;
  const isWhole =
    offset > 0 && (isBert ? event.transferComplete && length > offset : length > blockSize(block));
  return isWhole ? length : offset + length;
}
