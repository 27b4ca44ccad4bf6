import { Outcome } from '../capture/outcome.ts';
import { Code, isRequest, isResponse, KNOWN_CODE, MessageType } from './code.ts';
import { OptionCursor, readUint, type MessageView } from './message.ts';
import { isCritical, isRegisteredOption, OptionNumber, optionDefinition } from './option.ts';

/** UDP port of CoAP (RFC 7252 §6.1); what is sent there is read as CoAP whatever it holds. */
export const COAP_PORT = 5683;

/*
 * Evidence is counted in bits: a datagram of which one in 2^n random ones with the same first two bits would look
 * as much like CoAP as it does has n. The numbers below are such counts, rounded.
 */

/** Bits at which a flow is taken for CoAP: of flows of random bytes, fewer than one in a thousand has as many. */
const ACCEPTED = 10;
/** What a datagram that is not CoAP says. */
export const AGAINST = -10;
/** Scores stay within these, so that no datagram decides for ever. */
const LOWEST_SCORE = -20;
const HIGHEST_STEP = 16;
/** A server's end that is known for CoAP makes another flow to it likely. */
const TRUSTED = 6;
/** Options looked at for evidence; a message with more says nothing new. */
export const EVIDENCE_OPTIONS = 24;

/** A method, and a type that may carry it: 7 of 256 codes, two of four types. */
export const METHOD = 6;
/** A code that answers often carry, and any other code of an answer. */
export const COMMON_ANSWER = 5;
export const ANSWER = 3;
/** Most answers come in an acknowledgement: one of four types. */
const IN_ACKNOWLEDGEMENT = 2;
/** An Empty message: four bytes, no token, code 0. */
const EMPTY = 12;
/** The message ends with its token: its length fits one of sixteen. */
export const ENDS_WITH_TOKEN = 4;
export const ENDS_WITH_OPTION = 3;
/** A payload marker stands where an option could begin. */
export const HAS_MARKER = 6;
/** A registered option of a length that it may have. */
const OPTION = 2;
/** A number that only some bytes would be: Observe 0 or 1, a content format that is in use. */
const LIKELY_BYTE = 4;
/** A byte of text. */
const MOST_TEXT = 6;

const FLOW_COAP = 127;

/** 1 for codes that answers often carry. */
export const COMMON: Uint8Array = (() => {
  const common = new Uint8Array(256);
  for (const code of [Code.created, Code.deleted, Code.changed, Code.content, Code.continue])
    common[code] = 1;
  for (const code of [Code.badRequest, Code.notFound, Code.methodNotAllowed]) common[code] = 1;
  return common;
})();

/** Content formats in use with CoAP (IANA registry; 1541 to 1544 are older numbers of LwM2M's own). */
const FORMATS: ReadonlySet<number> = new Set([
  0, 40, 41, 42, 47, 50, 51, 52, 60, 61, 62, 63, 110, 111, 112, 113, 114, 115, 256, 271, 272, 281, 284, 285, 286, 287,
  310, 311, 320, 322, 1541, 1542, 1543, 1544, 10000, 10001, 11050, 11060, 11542, 11543, 11544,
]); // prettier-ignore

/**
 * Finds CoAP on any UDP port. A port of CoAP decides at once; elsewhere each datagram of a flow adds evidence
 * for or against, and a flow once accepted stays CoAP. The verdict looks only at datagrams in capture order,
 * never at how the input was cut.
 */
export class CoapRecogniser {
  /** Score of each flow in bits; `FLOW_COAP` once it is accepted. */
  #scores = new Int8Array(1024);
  /** 1 for endpoints that took part in accepted CoAP as the server's end: a new flow to them starts trusted. */
  #servers = new Uint8Array(1024);
  readonly #cursor = new OptionCursor();

  /**
   * Says whether the datagram that `view` has read is a CoAP message. `destination` and `source` are endpoint
   * ids of the flow table, `coapPort` whether one of the ports is CoAP's.
   */
  accept(view: MessageView, flow: number, source: number, destination: number, coapPort: boolean): boolean {
    if (flow >= this.#scores.length) this.#scores = growInt8(this.#scores, flow);
    const score = this.#scores[flow]!;
    if (score === FLOW_COAP) {
      // In an accepted flow a damaged message is a damaged message; only another version is something else.
      return coapPort || view.bytes[view.start]! >> 6 === 1;
    }
    if (coapPort) {
      if (view.outcome === Outcome.ok || view.outcome === Outcome.truncated)
        this.#take(view, flow, destination);
      return true;
    }
    if (view.end === view.start) return false;
    let bits = this.#evidence(view);
    if (bits > 0 && (this.#isServer(source) || this.#isServer(destination))) bits += TRUSTED;
    const next = Math.max(LOWEST_SCORE, score + Math.min(bits, HIGHEST_STEP));
    if (bits > 0 && next >= ACCEPTED) {
      this.#take(view, flow, destination);
      return true;
    }
    this.#scores[flow] = next;
    return false;
  }

  #isServer(endpoint: number): boolean {
    return endpoint < this.#servers.length && this.#servers[endpoint] === 1;
  }

  #take(view: MessageView, flow: number, destination: number): void {
    this.#scores[flow] = FLOW_COAP;
    if (!isRequest(view.code)) return;
    if (destination >= this.#servers.length) this.#servers = growUint8(this.#servers, destination);
    this.#servers[destination] = 1;
  }

  /** Bits for (positive) or against (negative) the datagram being CoAP. */
  #evidence(view: MessageView): number {
    const { bytes, start, end, code, type, optionCount } = view;
    if (bytes[start]! >> 6 !== 1) return AGAINST;
    if (view.outcome === Outcome.malformed || view.outcome === Outcome.unsupported) return AGAINST;
    const isCut = view.outcome === Outcome.truncated;
    if (isCut && optionCount === 0) return 0;
    if (KNOWN_CODE[code] !== 1 || view.tokenLength > 8) return AGAINST;
    if (isChannelData(view)) return AGAINST;
    if (code === Code.empty) return type === MessageType.non ? AGAINST : EMPTY;
    if (type === MessageType.rst) return AGAINST;
    const request = isRequest(code);
    if (request ? type === MessageType.ack : !isResponse(code)) return AGAINST;
    let bits = request ? METHOD : COMMON[code] === 1 ? COMMON_ANSWER : ANSWER;
    if (type === MessageType.ack) bits += IN_ACKNOWLEDGEMENT;
    const cursor = this.#cursor;
    cursor.start(view);
    let before = -1;
    for (let count = 0; count < EVIDENCE_OPTIONS && cursor.next(); count++) {
      const option = optionBits(view, cursor, request, before);
      if (option === AGAINST) return AGAINST;
      bits += option;
      before = cursor.number;
    }
    if (view.payloadStart < end) bits += HAS_MARKER;
    else if (!isCut) bits += optionCount === 0 ? ENDS_WITH_TOKEN : ENDS_WITH_OPTION;
    return bits;
  }
}

/**
 * TURN ChannelData (RFC 8656 §12.4) begins alike and has the length of its data, of which a multiple of four may
 * follow, where CoAP has a message ID. Without data it is also an Empty message with ID 0.
 */
function isChannelData(view: MessageView): boolean {
  return view.type === MessageType.con && padded(view.messageId) === padded(view.end - view.start - 4);
}

/** Bits of the option on which `cursor` stands; `AGAINST` where no CoAP message would have it. */
export function optionBits(
  view: MessageView,
  cursor: OptionCursor,
  request: boolean,
  before: number,
): number {
  const { number, valueStart, valueLength } = cursor;
  if (!isRegisteredOption(number)) return number === 0 ? AGAINST : isCritical(number) ? -4 : -2;
  const definition = optionDefinition(number)!;
  if (valueLength < definition.minimum || valueLength > definition.maximum) return -6;
  if (number === before && !definition.repeatable) return AGAINST;
  const { bytes } = view;
  switch (number) {
    case OptionNumber.uriHost:
    case OptionNumber.uriPath:
    case OptionNumber.uriQuery:
      return request ? textBits(bytes, valueStart, valueLength) : AGAINST;
    case OptionNumber.locationPath:
    case OptionNumber.locationQuery:
      return request ? AGAINST : textBits(bytes, valueStart, valueLength);
    case OptionNumber.uriPort:
      return request ? OPTION : AGAINST;
    case OptionNumber.accept:
      return request ? formatBits(bytes, valueStart, valueLength) : AGAINST;
    case OptionNumber.contentFormat:
      return formatBits(bytes, valueStart, valueLength);
    case OptionNumber.observe:
      if (!request) return numberBits(bytes, valueStart, valueLength);
      return readUint(bytes, valueStart, valueLength) <= 1 ? LIKELY_BYTE : AGAINST;
    case OptionNumber.oscore:
      return oscoreBits(view, cursor);
  }
  if (definition.format === 'string') return textBits(bytes, valueStart, valueLength);
  if (definition.format === 'uint' || definition.format === 'block')
    return numberBits(bytes, valueStart, valueLength);
  return valueLength === 0 ? 1 : OPTION;
}

/** Text as paths and queries are: nothing of ASCII below space. Beyond ASCII it says less. */
function textBits(bytes: Uint8Array, start: number, length: number): number {
  let isAscii = true;
  for (let index = start; index < start + length; index++) {
    if (bytes[index]! < 0x20 || bytes[index] === 0x7f) return AGAINST;
    if (bytes[index]! >= 0x80) isAscii = false;
  }
  if (length === 0) return 0;
  return isAscii ? OPTION + Math.min(length, MOST_TEXT) : OPTION;
}

/** Senders leave out leading zero bytes (RFC 7252 §3.2). */
function numberBits(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0) return 1;
  return bytes[start] === 0 ? -4 : OPTION;
}

function formatBits(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0) return OPTION;
  if (!FORMATS.has(readUint(bytes, start, length))) return -2;
  return OPTION + LIKELY_BYTE * length;
}

/** Flags that RFC 8613 §6.1 allows, a partial IV that fits, and a ciphertext behind the options. */
function oscoreBits(view: MessageView, cursor: OptionCursor): number {
  if (view.outcome === Outcome.ok && view.payloadStart === view.payloadEnd) return AGAINST;
  const flags = cursor.valueLength === 0 ? 0 : view.bytes[cursor.valueStart]!;
  const partialIv = flags & 7;
  if ((flags & 0xe0) !== 0 || partialIv > 5 || partialIv >= Math.max(1, cursor.valueLength)) return AGAINST;
  return OPTION + 2;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function growInt8(array: Int8Array, index: number): Int8Array<ArrayBuffer> {
  const grown = new Int8Array(Math.max(array.length * 2, index + 1));
  grown.set(array);
  return grown;
}

function growUint8(array: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.max(array.length * 2, index + 1));
  grown.set(array);
  return grown;
}
