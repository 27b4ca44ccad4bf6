import { Outcome } from '../capture/outcome.ts';
import type { ByteCount } from '../capture/units.ts';
import { Code, isRequest, isResponse, isSignal, KNOWN_CODE } from './code.ts';
import { frameLength, headLength, NEEDS_MORE, NO_FRAME } from './framing-tcp.ts';
import { MessageView, OptionCursor } from './message.ts';
import {
  AGAINST,
  ANSWER,
  COMMON,
  COMMON_ANSWER,
  ENDS_WITH_OPTION,
  ENDS_WITH_TOKEN,
  EVIDENCE_OPTIONS,
  HAS_MARKER,
  METHOD,
  optionBits,
} from './recogniser.ts';
import { optionDefinitionIn } from './signal-option.ts';

/** Bits at which the beginning of a run of messages is taken for a boundary of messages; see `recogniser.ts`. */
export const SURE = 24;
/** The same on the port of CoAP, where little else is sent. */
export const LIKELY = 10;
/** Messages of a run that are looked at. */
const RUN = 8;
/** A message longer than this says nothing for a boundary. */
const LONGEST: ByteCount = 64 << 10;
/** A signal: five of 256 codes, with the options that it may have. */
const SIGNAL = 6;
/** A message ends where a segment ends, or where what follows is a message again. */
const FITS = 6;

/** The run cannot begin here. */
export const NO_RUN = -1;

/**
 * Weighs whether a stream of CoAP over TCP has the beginning of a message at a place: a run of plausible messages,
 * each beginning where the one before ends (RFC 8323 §3.2).
 */
export class StreamRecogniser {
  readonly #view = new MessageView();
  readonly #cursor = new OptionCursor();

  /** True where a Capabilities and Settings Message begins, the first of every connection (RFC 8323 §5.3). */
  beginsWithCsm(bytes: Uint8Array, start: number, end: number): boolean {
    const length = frameLength(bytes, start, end);
    if (length < 0 || start + length > end) return false;
    const view = this.#view;
    view.readReliable(bytes, start, start + length, false);
    return (
      view.code === Code.csm && view.outcome === Outcome.ok && view.tokenLength <= 8 && this.#bits(view) > 0
    );
  }

  /** Bits for a boundary at `start` of `bytes[..end)`; `NO_RUN` where no message begins. More may be known with more bytes. */
  weigh(bytes: Uint8Array, start: number, end: number): number {
    let total = 0;
    let at = start;
    for (let count = 0; count < RUN; count++) {
      if (at === end) return total;
      const head = headLength(bytes, at, end);
      if (at + head <= end && !isPossible(bytes[at + head - 1]!, bytes[at]!)) return NO_RUN;
      const length = frameLength(bytes, at, end);
      if (length === NO_FRAME || length > LONGEST) return NO_RUN;
      if (length === NEEDS_MORE || at + length > end) return total;
      const view = this.#view;
      view.readReliable(bytes, at, at + length, false);
      const bits = this.#bits(view);
      if (bits < 0) return NO_RUN;
      at += length;
      // That an Empty message of two zero bytes ends where it ends proves nothing.
      if (bits > 0) total += bits + FITS;
    }
    return total;
  }

  #bits(view: MessageView): number {
    if (view.outcome !== Outcome.ok) return AGAINST;
    const { code } = view;
    if (code === Code.empty) return view.tokenLength === 0 && view.end - view.start === 2 ? 0 : AGAINST;
    const request = isRequest(code);
    if (!request && !isResponse(code) && !isSignal(code)) return AGAINST;
    let bits = request ? METHOD : COMMON[code] === 1 ? COMMON_ANSWER : isSignal(code) ? SIGNAL : ANSWER;
    const cursor = this.#cursor;
    cursor.start(view);
    let before = -1;
    for (let count = 0; count < EVIDENCE_OPTIONS && cursor.next(); count++) {
      const option = isSignal(code) ? signalBits(view, cursor) : optionBits(view, cursor, request, before);
      if (option === AGAINST) return AGAINST;
      bits += option;
      before = cursor.number;
    }
    if (view.payloadStart < view.end) bits += HAS_MARKER;
    else bits += view.optionCount === 0 ? ENDS_WITH_TOKEN : ENDS_WITH_OPTION;
    return bits;
  }
}

/** A code that is named and a token of a length that is in use. */
function isPossible(code: number, first: number): boolean {
  return KNOWN_CODE[code] === 1 && (first & 15) <= 8;
}

function signalBits(view: MessageView, cursor: OptionCursor): number {
  const definition = optionDefinitionIn(view.code, cursor.number);
  if (definition === undefined) return cursor.number % 2 === 1 ? 0 : -2;
  return cursor.valueLength < definition.minimum || cursor.valueLength > definition.maximum ? AGAINST : 4;
}
