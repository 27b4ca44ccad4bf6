import { Outcome } from '../capture/outcome.ts';
import { isRequest, isResponse, KNOWN_CODE, MessageType } from './code.ts';
import { OptionCursor, type MessageView } from './message.ts';
import { isCritical, isRegisteredOption, OptionNumber, optionDefinition } from './option.ts';

/** UDP port of CoAP (RFC 7252 §6.1); what is sent there is read as CoAP whatever it holds. */
export const COAP_PORT = 5683;

/** Score at which a flow is taken for CoAP. */
const ACCEPT_SCORE = 2;
/** Scores stay within these, so that one message cannot decide for ever against a flow. */
const LOWEST_SCORE = -8;
const HIGHEST_STEP = 4;
/** Options looked at for evidence; a message with more says nothing new. */
const EVIDENCE_OPTIONS = 24;

const FLOW_COAP = 127;

/**
 * Finds CoAP on any UDP port. A port of CoAP decides at once; elsewhere each datagram of a flow adds evidence
 * for or against, and a flow once accepted stays CoAP. The verdict looks only at datagrams in capture order,
 * never at how the input was cut.
 */
export class CoapRecogniser {
  /** Score of each flow; `FLOW_COAP` once it is accepted. */
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
    let points = this.#evidence(view);
    const trusted =
      (source < this.#servers.length && this.#servers[source] === 1) ||
      (destination < this.#servers.length && this.#servers[destination] === 1);
    if (trusted && view.bytes[view.start]! >> 6 === 1) points += ACCEPT_SCORE;
    const next = Math.max(LOWEST_SCORE, score + Math.min(points, HIGHEST_STEP));
    if (points > 0 && next >= ACCEPT_SCORE) {
      this.#take(view, flow, destination);
      return true;
    }
    this.#scores[flow] = next;
    return false;
  }

  #take(view: MessageView, flow: number, destination: number): void {
    this.#scores[flow] = FLOW_COAP;
    if (!isRequest(view.code)) return;
    if (destination >= this.#servers.length) this.#servers = growUint8(this.#servers, destination);
    this.#servers[destination] = 1;
  }

  /** Points for (positive) or against (negative) the datagram being CoAP. */
  #evidence(view: MessageView): number {
    const { bytes, start, end, code, type } = view;
    if (bytes[start]! >> 6 !== 1) return -4;
    if (view.outcome === Outcome.malformed || view.outcome === Outcome.unsupported) return -3;
    if (view.outcome === Outcome.truncated && view.optionCount === 0) return -1;
    if (KNOWN_CODE[code] !== 1 || view.tokenLength > 8) return -4;
    const length = end - start;
    // TURN ChannelData (RFC 8656 §12.4) begins alike and has its length where CoAP has a message ID.
    if (type === MessageType.con && length > 4 && padded(view.messageId) === padded(length - 4)) return -4;
    if (code === 0) return type === MessageType.non ? -4 : 2;
    if (type === MessageType.rst) return -4;
    const request = isRequest(code);
    if (request && type === MessageType.ack) return -4;
    if (!request && !isResponse(code)) return -4;
    let points = 0;
    const cursor = this.#cursor;
    cursor.start(view);
    for (let count = 0; count < EVIDENCE_OPTIONS && cursor.next(); count++) {
      points += this.#optionPoints(view, cursor, request);
    }
    if (view.optionCount === 0) {
      // Nothing but header and token: short and exact is what acknowledged answers look like.
      if (view.payloadStart === view.payloadEnd) points += request ? 1 : 2;
    }
    return points;
  }

  #optionPoints(view: MessageView, cursor: OptionCursor, request: boolean): number {
    const { number, valueLength } = cursor;
    if (!isRegisteredOption(number)) return number === 0 || isCritical(number) ? -4 : -1;
    const definition = optionDefinition(number)!;
    if (valueLength < definition.minimum || valueLength > definition.maximum) return -3;
    if (request && (number === OptionNumber.locationPath || number === OptionNumber.locationQuery)) return -3;
    if (!request && (number === OptionNumber.uriPath || number === OptionNumber.uriQuery)) return -3;
    if (number === OptionNumber.uriPath || number === OptionNumber.uriQuery)
      return valueLength === 0 ? 0 : isPrintable(view.bytes, cursor.valueStart, valueLength) ? 2 : -2;
    if (number === OptionNumber.oscore) return isOscoreValue(view, cursor) ? 2 : -2;
    return 1;
  }
}

/** Text as paths and queries are: nothing of ASCII below space. */
function isPrintable(bytes: Uint8Array, start: number, length: number): boolean {
  for (let index = start; index < start + length; index++)
    if (bytes[index]! < 0x20 || bytes[index] === 0x7f) return false;
  return true;
}

/** Flags that RFC 8613 §6.1 allows, and a ciphertext behind them. */
function isOscoreValue(view: MessageView, cursor: OptionCursor): boolean {
  if (view.payloadStart === view.payloadEnd) return false;
  const flags = cursor.valueLength === 0 ? 0 : view.bytes[cursor.valueStart]!;
  return (flags & 0xe0) === 0 && (flags & 7) <= 5 && (flags & 7) < Math.max(1, cursor.valueLength);
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
