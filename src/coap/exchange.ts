import type { MessageRow, Nanoseconds, Seconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Code, isRequest, isResponse, MessageType } from './code.ts';
import { ExpiringTable } from './expiring-table.ts';
import { NO_OPTION } from './message.ts';
import type { MessageBatch } from './message-batch.ts';

/** Time after which a message ID of a CON may be used anew. RFC 7252 §4.8.2 */
export const EXCHANGE_LIFETIME: Seconds = 247;
/** Time after which a message ID of a NON may be used anew. RFC 7252 §4.8.2 */
export const NON_LIFETIME: Seconds = 145;
/** Time after which a sender of a CON gives up. RFC 7252 §4.8.2 */
export const MAX_TRANSMIT_WAIT: Seconds = 93;

/** Time after which a token of a multicast request may be used anew: NON_LIFETIME + MAX_LATENCY + 250 s. RFC 7390 §2.5 */
export const MULTICAST_LIFETIME: Seconds = 495;

/** Slots for requests whose answers may come from another address; a newer one takes the place of an older one. */
const RECENT_REQUESTS = 1 << 16;
const NANOSECONDS = 1e9;
/** Observe value of a request that begins an observation. RFC 7641 §2 */
const REGISTER = 0;

/** Tokens of requests and of pings are told apart in one table (RFC 8323 §5.4). */
const REQUEST = 0;
const PING = 32;

/** How a request was answered (a record's `exchange.kind`). */
export const ExchangeKind = {
  none: 0,
  /** A CON request whose kind its answer has not shown yet. */
  open: 1,
  piggybacked: 2,
  separate: 3,
  non: 4,
  ping: 5,
  multicast: 6,
  /** A request over a reliable transport: no acknowledgement, no repeat (RFC 8323 §3.3). */
  reliable: 7,
} as const;

export const EXCHANGE_KIND_NAMES = [
  '',
  '',
  'piggybacked',
  'separate',
  'non',
  'ping',
  'multicast',
  'reliable',
] as const;

/**
 * How an exchange ended, as far as messages say; `timeout` is a matter of the capture's length. `unwanted` is open,
 * and its request said that it wants no answer of some class (No-Response, RFC 7967).
 */
export const ExchangeEnd = { open: 0, answered: 1, reset: 2, unwanted: 3 } as const;

/** Where the tracker puts what it finds out; rows may be any number of messages back. */
export interface ExchangeLinks {
  /** `row` belongs to `other`: an answer to its request, an acknowledgement to what it acknowledges. */
  setPartner(row: MessageRow, other: MessageRow): void;
  partnerOf(row: MessageRow): MessageRow;
  /** `row` repeats `first` byte for byte. */
  setDuplicate(row: MessageRow, first: MessageRow): void;
  setExchange(row: MessageRow, kind: number, end: number): void;
  kindOf(row: MessageRow): number;
  endOf(row: MessageRow): number;
  /** An empty ACK came for the message. */
  setAcknowledged(row: MessageRow): void;
  addTransmission(row: MessageRow): void;
  /** CoAP code byte of a row. */
  codeOf(row: MessageRow): number;
  tokenEquals(row: MessageRow, high: number, low: number, length: number): boolean;
  /** Capture-clock time, message ID and `MessageType` of a row. */
  timeOf(row: MessageRow): Nanoseconds;
  messageIdOf(row: MessageRow): number;
  typeOf(row: MessageRow): number;
  /** Row `row` answers a request that was sent to another address than it comes from. */
  setFromOtherAddress(row: MessageRow): void;
}

/** Ends of conversations, to find answers that come from elsewhere; ids of endpoints as the network stage has them. */
export interface ExchangeEnds {
  /** Endpoint that sent row `row`, and the one that it was sent to. */
  sender(row: MessageRow): number;
  receiver(row: MessageRow): number;
  /** True where two endpoints have the address or the port in common. */
  areAkin(one: number, other: number): boolean;
}

/** What the tracker says of the message it was just given. */
export const Found = {
  /** A request, an empty message or an answer that came for the first time. */
  fresh: 0,
  duplicate: 1,
} as const;

/**
 * Matches messages into exchanges (RFC 7252 §4, §5.3), per conversation and on both ends: message IDs are told
 * apart by who chose them, tokens by who asked. Give it every message in capture order.
 */
export class ExchangeTracker {
  /** Messages by who chose the ID: (conversation, direction, acknowledgement or not), ID. */
  readonly #byId = new ExpiringTable(EXCHANGE_LIFETIME * NANOSECONDS);
  /** Requests by token: (conversation, requester's direction, token length), token. */
  readonly #byToken = new ExpiringTable(EXCHANGE_LIFETIME * NANOSECONDS);
  /** Request of the answer last tracked, or the message an empty one belongs to; `NO_ROW` where not seen. */
  partner: MessageRow = NO_ROW;

  /** Multicast requests by token: (requester's endpoint, token length), token. */
  readonly #byGroup = new ExpiringTable(MULTICAST_LIFETIME * NANOSECONDS);
  /** The newest request of each slot that a token leads to, as row + 1. */
  readonly #recent = new Uint32Array(RECENT_REQUESTS);

  constructor(
    private readonly links: ExchangeLinks,
    private readonly ends: ExchangeEnds,
  ) {}

  /**
   * Takes row `index` of a batch, which stands at `row` in the table, at capture-clock time `clock`. Gives
   * `Found.duplicate` for a repeat; sets `partner`.
   */
  track(batch: MessageBatch, index: number, row: MessageRow, clock: Nanoseconds): number {
    const type = batch.type[index]!;
    const code = batch.code[index]!;
    const messageId = batch.messageId[index]!;
    const fromA = batch.fromA[index]!;
    const flowKey = batch.conversation[index]! * 2;
    const acknowledges = type >= MessageType.ack ? 1 : 0;
    const hash = batch.contentHash[index]!;
    this.partner = NO_ROW;
    if (type === MessageType.none) {
      this.#reliable(batch, index, row, clock, code, flowKey, fromA);
      return Found.fresh;
    }
    const idKey = messageId * 2 + acknowledges;
    let seen = this.#byId.find(flowKey + fromA, idKey, 0);
    // Where an ID was used anew too early, the repeat may be one of an older message.
    while (seen && this.#byId.hash !== hash) seen = this.#byId.older();
    const lifetime = type === MessageType.non ? NON_LIFETIME : EXCHANGE_LIFETIME;
    if (seen && clock - this.#byId.time <= lifetime * NANOSECONDS) {
      const first = this.#byId.row;
      this.links.setDuplicate(row, first);
      this.links.addTransmission(first);
      this.partner = this.links.partnerOf(first);
      return Found.duplicate;
    }
    this.#byId.add(flowKey + fromA, idKey, 0, row, hash, clock);
    // What must not be sent (RFC 7252 Table 1) is matched with nothing.
    if (code === 0) this.#empty(type, flowKey + (1 - fromA), messageId, row);
    else if (isRequest(code)) {
      if (acknowledges === 0) this.#request(batch, index, row, clock, flowKey + fromA);
    } else if (isResponse(code) && type !== MessageType.rst && batch.hasToken(index))
      this.#response(batch, index, row, clock, flowKey + (1 - fromA));
    return Found.fresh;
  }

  /** Messages of a connection are matched by token only: it has no message IDs (RFC 8323 §3.2, §3.3). */
  #reliable(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    clock: Nanoseconds,
    code: number,
    flowKey: number,
    fromA: number,
  ): void {
    if (isRequest(code)) this.#request(batch, index, row, clock, flowKey + fromA);
    else if (isResponse(code)) {
      if (batch.hasToken(index)) this.#response(batch, index, row, clock, flowKey + (1 - fromA));
    } else if (code === Code.ping) {
      this.links.setExchange(row, ExchangeKind.ping, ExchangeEnd.open);
      this.#addToken(batch, index, row, clock, flowKey + fromA, PING);
    } else if (code === Code.pong) {
      this.#byToken.forget(clock);
      const high = batch.tokenHigh[index]!;
      const low = batch.tokenLow[index]!;
      const key = (flowKey + (1 - fromA)) * 64 + PING + Math.min(batch.tokenLength[index]!, 31);
      if (!this.#byToken.find(key, high, low)) return;
      const ping = this.#byToken.row;
      this.partner = ping;
      this.links.setPartner(row, ping);
      if (this.links.endOf(ping) !== ExchangeEnd.open) return;
      this.links.setExchange(ping, ExchangeKind.ping, ExchangeEnd.answered);
      this.links.setPartner(ping, row);
    }
  }

  #addToken(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    clock: Nanoseconds,
    requesterKey: number,
    what: number,
  ): void {
    this.#byToken.add(
      requesterKey * 64 + what + Math.min(batch.tokenLength[index]!, 31),
      batch.tokenHigh[index]!,
      batch.tokenLow[index]!,
      row,
      batch.observe[index]!,
      clock,
    );
  }

  #empty(type: number, peerKey: number, messageId: number, row: MessageRow): void {
    if (type === MessageType.con) {
      this.links.setExchange(row, ExchangeKind.ping, ExchangeEnd.open);
      return;
    }
    if (type < MessageType.ack || !this.#byId.find(peerKey, messageId * 2, 0)) return;
    const other = this.#byId.row;
    this.partner = other;
    this.links.setPartner(row, other);
    if (type === MessageType.ack) {
      this.links.setAcknowledged(other);
      return;
    }
    const kind = this.links.kindOf(other);
    if (kind === ExchangeKind.ping) {
      // A ping is answered by a reset (RFC 7252 §4.3).
      this.links.setPartner(other, row);
      this.links.setExchange(other, kind, ExchangeEnd.answered);
    } else if (isRequest(this.links.codeOf(other)) && this.links.endOf(other) !== ExchangeEnd.answered) {
      this.links.setPartner(other, row);
      this.links.setExchange(other, kind, ExchangeEnd.reset);
    }
  }

  #request(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    clock: Nanoseconds,
    requesterKey: number,
  ): void {
    const multicast = batch.multicast[index] === 1;
    const kind = multicast
      ? ExchangeKind.multicast
      : batch.type[index] === MessageType.non
        ? ExchangeKind.non
        : batch.type[index] === MessageType.none
          ? ExchangeKind.reliable
          : ExchangeKind.open;
    const isWanted = batch.noResponse[index]! === 0;
    this.links.setExchange(row, kind, isWanted ? ExchangeEnd.open : ExchangeEnd.unwanted);
    if (!batch.hasToken(index)) return;
    if (multicast)
      this.#byGroup.add(
        this.ends.sender(row) * 32 + Math.min(batch.tokenLength[index]!, 31),
        batch.tokenHigh[index]!,
        batch.tokenLow[index]!,
        row,
        batch.observe[index]!,
        clock,
      );
    else this.#recent[slotOf(batch.tokenHigh[index]!, batch.tokenLow[index]!)] = row + 1;
    this.#addToken(batch, index, row, clock, requesterKey, REQUEST);
  }

  #response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    clock: Nanoseconds,
    requesterKey: number,
  ): void {
    const high = batch.tokenHigh[index]!;
    const low = batch.tokenLow[index]!;
    const length = batch.tokenLength[index]!;
    let request: MessageRow = NO_ROW;
    const type = batch.type[index]!;
    if (type === MessageType.ack) {
      // A piggybacked answer carries the ID of its request and its token (RFC 7252 §5.3.2).
      let found = this.#byId.find(requesterKey, batch.messageId[index]! * 2, 0);
      while (found && !this.#isRequestWith(this.#byId.row, high, low, length)) found = this.#byId.older();
      if (found) request = this.#byId.row;
    } else {
      this.#byToken.forget(clock);
      let found = this.#byToken.find(requesterKey * 64 + REQUEST + Math.min(length, 31), high, low);
      // A notification may come after its token was used anew, as to end the observation (RFC 7641 §3.6): it
      // belongs to the request that asked for it, never to one that did not.
      if (batch.observe[index] !== NO_OPTION)
        while (found && this.#byToken.hash !== REGISTER) found = this.#byToken.older();
      if (found) request = this.#byToken.row;
    }
    // Of most notifications the request is long forgotten, and a notification is never looked for elsewhere.
    if (request === NO_ROW && (batch.observe[index] === NO_OPTION || this.#byGroup.size > 0))
      request = this.#elsewhere(batch, index, row, clock);
    if (request === NO_ROW) return;
    this.partner = request;
    this.links.setPartner(row, request);
    const end = this.links.endOf(request);
    if (end !== ExchangeEnd.open && end !== ExchangeEnd.unwanted) return;
    const asked = this.links.kindOf(request);
    const kind =
      asked === ExchangeKind.open
        ? type === MessageType.ack
          ? ExchangeKind.piggybacked
          : ExchangeKind.separate
        : asked;
    this.links.setExchange(request, kind, ExchangeEnd.answered);
    this.links.setPartner(request, row);
  }

  /**
   * The request of an answer that comes from another address than the request went to: of a member of a group
   * (RFC 7252 §8.2), or of a server with several addresses. Only the requester's endpoint and the token tell.
   */
  #elsewhere(batch: MessageBatch, index: number, row: MessageRow, clock: Nanoseconds): MessageRow {
    const high = batch.tokenHigh[index]!;
    const low = batch.tokenLow[index]!;
    const length = batch.tokenLength[index]!;
    const type = batch.type[index]!;
    const receiver = this.ends.receiver(row);
    if (this.#byGroup.size > 0 && type !== MessageType.ack) {
      this.#byGroup.forget(clock);
      if (this.#byGroup.find(receiver * 32 + Math.min(length, 31), high, low)) return this.#byGroup.row;
    }
    // An empty token is everybody's, and a notification whose request was not seen may have any.
    if (length === 0 || batch.observe[index] !== NO_OPTION) return NO_ROW;
    const request = this.#recent[slotOf(high, low)]! - 1;
    if (request < 0) return NO_ROW;
    const { links, ends } = this;
    const end = links.endOf(request);
    const fits =
      links.tokenEquals(request, high, low, length) &&
      ends.sender(request) === receiver &&
      (end === ExchangeEnd.open || end === ExchangeEnd.unwanted) &&
      clock - links.timeOf(request) <= EXCHANGE_LIFETIME * NANOSECONDS &&
      (type !== MessageType.ack ||
        (links.typeOf(request) === MessageType.con &&
          links.messageIdOf(request) === batch.messageId[index])) &&
      ends.areAkin(ends.receiver(request), ends.sender(row));
    if (!fits) return NO_ROW;
    links.setFromOtherAddress(row);
    return request;
  }

  #isRequestWith(row: MessageRow, high: number, low: number, length: number): boolean {
    return isRequest(this.links.codeOf(row)) && this.links.tokenEquals(row, high, low, length);
  }
}

function slotOf(high: number, low: number): number {
  const hash = Math.imul(high ^ (low >>> 15) ^ Math.imul(low, 0x85ebca6b), 0x9e3779b1);
  return (hash ^ (hash >>> 16)) & (RECENT_REQUESTS - 1);
}
