import { Outcome, type OutcomeCode } from '../capture/outcome.ts';
import { MAXIMUM_OPTIONS, MessageFault } from './message-fault.ts';
import { MessageType } from './code.ts';
import { headLength, readLength } from './framing-tcp.ts';
import { readUint } from './option-cursor.ts';
import { hashOption, isNoCacheKey, OptionNumber } from './option.ts';

export { blockMore, blockNumber, blockSize } from './block-option.ts';
export { OptionCursor, readUint } from './option-cursor.ts';
export { MAXIMUM_OPTIONS, MessageFault, messageFault } from './message-fault.ts';

/** No Content-Format or Accept option. */
export const NO_FORMAT = 0xffff;
/** No Observe, Block or Size option. */
export const NO_OPTION = 0xffffffff;

/** The first code of class 7, signals of reliable transports. RFC 8323 §5.1 */
const SIGNALS = 0xe0;

/**
 * One CoAP message, over UDP (RFC 7252 §3) or a reliable transport (RFC 8323 §3.2), read in place: offsets into `bytes`, checked once, nothing allocated.
 * Reused for every message. The fast path, the field tree and the records all read through it.
 */
export class MessageView {
  bytes: Uint8Array = new Uint8Array(0);
  /** The message is `bytes[start..end)`; `wireLength` is more where the capture cut it. */
  start = 0;
  end = 0;
  wireLength = 0;
  outcome: OutcomeCode = Outcome.ok;
  /** `MessageFault` code, and where in the message (offset from `start`). */
  fault = 0;
  faultOffset = 0;
  type = 0;
  code = 0;
  messageId = 0;
  tokenStart = 0;
  tokenLength = 0;
  /** First eight bytes of the token as two 32-bit words, right-aligned; a hash where it is longer. */
  tokenHigh = 0;
  tokenLow = 0;
  optionsStart = 0;
  optionCount = 0;
  /** Payload is `bytes[payloadStart..payloadEnd)`; equal where there is none. */
  payloadStart = 0;
  payloadEnd = 0;
  contentFormat = NO_FORMAT;
  accept = NO_FORMAT;
  observe = NO_OPTION;
  block1 = NO_OPTION;
  block2 = NO_OPTION;
  qBlock1 = NO_OPTION;
  qBlock2 = NO_OPTION;
  size1 = NO_OPTION;
  size2 = NO_OPTION;
  noResponse = NO_OPTION;
  /** Hash of the first ETag, 0 for none (RFC 7252 §5.10.6). */
  etag = 0;
  /** Hash over the options of the cache key (RFC 7252 §5.4.2) that no other field holds, 0 for none. */
  keyHash = 0;
  hasOscore = false;
  /** The payload marker was read. */
  #hasMarker = false;
  /** First value of a run of equal options: offset of the value, its length, how many there are. */
  pathStart = 0;
  pathLength = 0;
  pathCount = 0;
  queryStart = 0;
  queryLength = 0;
  queryCount = 0;
  locationStart = 0;
  locationLength = 0;
  locationCount = 0;

  /**
   * Reads the message in `bytes[start..end)`, of which `wireLength` bytes were on the wire. Gives the outcome:
   * `ok`, `truncated` (cut by the capture), `malformed` (a message format error), `unsupported` (another
   * version, a reserved class). All fields before the fault hold.
   */
  read(bytes: Uint8Array, start: number, end: number, wireLength: number): OutcomeCode {
    this.#begin(bytes, start, end, wireLength);
    const length = end - start;
    if (length < 4) {
      if (length > 0) {
        this.type = (bytes[start]! >> 4) & 3;
        if (length > 1) this.code = bytes[start + 1]!;
      }
      return this.#overrun(MessageFault.tooShort, length, start + 4);
    }
    const first = bytes[start]!;
    this.type = (first >> 4) & 3;
    this.code = bytes[start + 1]!;
    this.messageId = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (first >> 6 !== 1) {
      this.fault = MessageFault.version;
      return (this.outcome = Outcome.unsupported);
    }
    let position = start + 4;
    let tokenLength = first & 15;
    if (tokenLength > 12) {
      // RFC 8974 §2.1: 13 and 14 announce one and two further bytes of length.
      if (tokenLength === 15) return this.#fail(MessageFault.tokenLengthReserved, 0);
      const extra = tokenLength - 12;
      if (position + extra > end) return this.#overrun(MessageFault.tokenOverrun, 4, position + extra);
      tokenLength =
        extra === 1 ? bytes[position]! + 13 : ((bytes[position]! << 8) | bytes[position + 1]!) + 269;
      position += extra;
    }
    this.tokenStart = position;
    if (position + tokenLength > end)
      return this.#overrun(MessageFault.tokenOverrun, position - start, position + tokenLength);
    this.tokenLength = tokenLength;
    if (tokenLength > 0) this.#readToken(position, tokenLength);
    position += tokenLength;
    this.optionsStart = position;
    if (this.code === 0) {
      if (wireLength > 4) return this.#fail(MessageFault.emptyWithContent, 4);
      this.payloadStart = this.payloadEnd = end;
      return Outcome.ok;
    }
    if (!this.#readOptions(position)) return this.outcome;
    const codeClass = this.code >> 5;
    if (codeClass === 1 || codeClass === 6 || codeClass === 7 || codeClass === 3) {
      this.fault = MessageFault.reservedClass;
      this.faultOffset = 1;
      return (this.outcome = Outcome.unsupported);
    }
    if (wireLength > length) return this.#cut(length);
    return Outcome.ok;
  }

  /**
   * Reads a message of a reliable transport (RFC 8323 §3.2): the first byte is that of Len and TKL. `isWhole` is true
   * over WebSocket, where Len is 0 and the message ends at `end` (§4.2); over TCP it ends where Len says, and is
   * `truncated` where that is behind `end`. There is no message ID, and `type` is `MessageType.none`.
   */
  readReliable(bytes: Uint8Array, start: number, end: number, isWhole: boolean): OutcomeCode {
    this.#begin(bytes, start, end, end - start);
    this.type = MessageType.none;
    const head = headLength(bytes, start, end);
    if (head === 0 || start + head > end) {
      // Of a stream nobody knows where a head that is not whole ends.
      if (!isWhole) this.wireLength = Math.max(2, head);
      return this.#overrun(MessageFault.lengthOverrun, end - start, start + Math.max(2, head));
    }
    this.code = bytes[start + head - 1]!;
    const first = bytes[start]!;
    if (isWhole && first >> 4 !== 0) return this.#fail(MessageFault.lengthNotZero, 0);
    let position = start + head;
    let tokenLength = first & 15;
    if (tokenLength === 15) return this.#fail(MessageFault.tokenLengthReserved, 0);
    const contentLength = isWhole ? 0 : readLength(bytes, start);
    if (!isWhole) this.wireLength = head + tokenLength + contentLength;
    if (tokenLength > 12) {
      const extra = tokenLength - 12;
      if (!isWhole) this.wireLength = head + extra + contentLength;
      if (position + extra > end) return this.#overrun(MessageFault.tokenOverrun, head, position + extra);
      tokenLength =
        extra === 1 ? bytes[position]! + 13 : ((bytes[position]! << 8) | bytes[position + 1]!) + 269;
      position += extra;
      if (!isWhole) this.wireLength += tokenLength;
    }
    this.tokenStart = position;
    if (position + tokenLength > end)
      return this.#overrun(MessageFault.tokenOverrun, position - start, position + tokenLength);
    this.tokenLength = tokenLength;
    if (tokenLength > 0) this.#readToken(position, tokenLength);
    position += tokenLength;
    this.optionsStart = position;
    if (!this.#readOptions(position)) return this.outcome;
    const codeClass = this.code >> 5;
    if (codeClass === 1 || codeClass === 6 || codeClass === 3) {
      this.fault = MessageFault.reservedClass;
      this.faultOffset = head - 1;
      return (this.outcome = Outcome.unsupported);
    }
    if (this.wireLength > end - start) return this.#cut(end - start);
    return Outcome.ok;
  }

  /** Says that the missing rest of a message was lost in its stream. */
  markLost(): void {
    if (this.outcome !== Outcome.ok && this.outcome !== Outcome.truncated) return;
    this.outcome = Outcome.truncated;
    this.fault = MessageFault.lostSegment;
    this.faultOffset = this.end - this.start;
  }

  /** Payload length on the wire in bytes; 0 where the capture cut the message before its payload. */
  get payloadLength(): number {
    if (!this.#hasMarker) return 0;
    return this.payloadEnd - this.payloadStart + Math.max(0, this.wireLength - (this.end - this.start));
  }

  #begin(bytes: Uint8Array, start: number, end: number, wireLength: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.wireLength = wireLength;
    this.outcome = Outcome.ok;
    this.fault = 0;
    this.faultOffset = 0;
    this.type = this.code = this.messageId = 0;
    this.tokenStart = this.optionsStart = this.payloadStart = this.payloadEnd = end;
    this.tokenLength = this.tokenHigh = this.tokenLow = 0;
    this.optionCount = 0;
    this.contentFormat = this.accept = NO_FORMAT;
    this.observe = this.block1 = this.block2 = this.qBlock1 = this.qBlock2 = NO_OPTION;
    this.size1 = this.size2 = this.noResponse = NO_OPTION;
    this.etag = this.keyHash = 0;
    this.hasOscore = this.#hasMarker = false;
    this.pathCount = this.queryCount = this.locationCount = 0;
  }

  #readToken(position: number, length: number): void {
    const { bytes } = this;
    let high = 0;
    let low = 0;
    if (length <= 8) {
      for (let index = 0; index < length; index++) {
        high = (high << 8) | (low >>> 24);
        low = (low << 8) | bytes[position + index]!;
      }
    } else {
      // Longer tokens are told apart by 64 bits of hash; the bytes themselves are read from the message.
      for (let index = 0; index < length; index++) {
        const byte = bytes[position + index]!;
        high = Math.imul(high ^ byte, 0x01000193) ^ length;
        low = Math.imul(low ^ byte, 0x85ebca6b) + index;
      }
    }
    this.tokenHigh = high >>> 0;
    this.tokenLow = low >>> 0;
  }

  #readOptions(from: number): boolean {
    const { bytes, start, end } = this;
    let position = from;
    let number = 0;
    let count = 0;
    while (position < end) {
      const head = bytes[position]!;
      if (head === 0xff) {
        this.optionCount = count;
        this.payloadStart = position + 1;
        this.payloadEnd = end;
        this.#hasMarker = true;
        if (position + 1 < end) return true;
        this.#overrun(MessageFault.markerWithoutPayload, position - start, position + 2);
        return false;
      }
      const optionStart = position;
      position++;
      let delta = head >> 4;
      let length = head & 15;
      if (delta > 12) {
        if (delta === 15) {
          this.optionCount = count;
          this.#fail(MessageFault.optionNibble, optionStart - start);
          return false;
        }
        if (delta === 13) {
          delta = position < end ? bytes[position]! + 13 : 0;
          position++;
        } else {
          delta = position + 1 < end ? ((bytes[position]! << 8) | bytes[position + 1]!) + 269 : 0;
          position += 2;
        }
      }
      if (length > 12) {
        if (length === 15) {
          this.optionCount = count;
          this.#fail(MessageFault.optionNibble, optionStart - start);
          return false;
        }
        if (length === 13) {
          length = position < end ? bytes[position]! + 13 : 0;
          position++;
        } else {
          length = position + 1 < end ? ((bytes[position]! << 8) | bytes[position + 1]!) + 269 : 0;
          position += 2;
        }
      }
      // A further byte that is not there has moved the position past the end.
      if (position + length > end) {
        this.optionCount = count;
        this.#overrun(MessageFault.optionOverrun, optionStart - start, position + length);
        return false;
      }
      number += delta;
      count++;
      if (count > MAXIMUM_OPTIONS) {
        this.optionCount = count;
        this.#fail(MessageFault.tooManyOptions, optionStart - start);
        return false;
      }
      this.#keep(number, position, length);
      position += length;
    }
    this.optionCount = count;
    this.payloadStart = this.payloadEnd = end;
    return true;
  }

  /** Keeps what is asked often. The first of equal options counts: later ones are not known (RFC 7252 §5.4.5). */
  #keep(number: number, position: number, length: number): void {
    // Options of signals have numbers of their own (RFC 8323 §5.2).
    if (this.code >= SIGNALS) return;
    switch (number) {
      case OptionNumber.uriPath:
        if (this.pathCount++ === 0) {
          this.pathStart = position;
          this.pathLength = length;
        }
        break;
      case OptionNumber.uriQuery:
        if (this.queryCount++ === 0) {
          this.queryStart = position;
          this.queryLength = length;
        }
        break;
      case OptionNumber.locationPath:
        if (this.locationCount++ === 0) {
          this.locationStart = position;
          this.locationLength = length;
        }
        break;
      case OptionNumber.contentFormat:
        if (length <= 2 && this.contentFormat === NO_FORMAT)
          this.contentFormat = readUint(this.bytes, position, length);
        break;
      case OptionNumber.accept:
        if (length <= 2 && this.accept === NO_FORMAT) this.accept = readUint(this.bytes, position, length);
        break;
      case OptionNumber.observe:
        if (length <= 3 && this.observe === NO_OPTION) this.observe = readUint(this.bytes, position, length);
        break;
      case OptionNumber.block1:
        if (length <= 3 && this.block1 === NO_OPTION) this.block1 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.block2:
        if (length <= 3 && this.block2 === NO_OPTION) this.block2 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.qBlock1:
        if (length <= 3 && this.qBlock1 === NO_OPTION) this.qBlock1 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.qBlock2:
        if (length <= 3 && this.qBlock2 === NO_OPTION) this.qBlock2 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.size1:
        if (length <= 4 && this.size1 === NO_OPTION) this.size1 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.size2:
        if (length <= 4 && this.size2 === NO_OPTION) this.size2 = readUint(this.bytes, position, length);
        break;
      case OptionNumber.noResponse:
        if (length <= 1 && this.noResponse === NO_OPTION)
          this.noResponse = readUint(this.bytes, position, length);
        break;
      case OptionNumber.oscore:
        this.hasOscore = true;
        this.keyHash = hashOption(this.keyHash, number, this.bytes, position, length);
        break;
      case OptionNumber.etag:
        if (this.etag === 0) this.etag = hashOption(0, number, this.bytes, position, length);
        break;
      // Conditions and the age of an answer do not tell one body from another (RFC 7959 §2.10).
      case OptionNumber.ifMatch:
      case OptionNumber.ifNoneMatch:
      case OptionNumber.maxAge:
      case OptionNumber.hopLimit:
        break;
      default:
        if (!isNoCacheKey(number))
          this.keyHash = hashOption(this.keyHash, number, this.bytes, position, length);
    }
  }

  #fail(fault: number, offset: number): OutcomeCode {
    this.fault = fault;
    this.faultOffset = offset;
    return (this.outcome = Outcome.malformed);
  }

  /** Something goes on to position `reach`, beyond the bytes that are there. */
  #overrun(fault: number, offset: number, reach: number): OutcomeCode {
    // What was on the wire and is missing here is the capture's doing, not the sender's.
    return reach > this.start + this.wireLength ? this.#fail(fault, offset) : this.#cut(offset);
  }

  #cut(offset: number): OutcomeCode {
    this.fault = MessageFault.cutByCapture;
    this.faultOffset = offset;
    return (this.outcome = Outcome.truncated);
  }
}
