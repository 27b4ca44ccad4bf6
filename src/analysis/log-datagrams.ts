import type { Frame } from '../capture/frame.ts';
import { LOG_DATAGRAM, LogEvidence } from '../capture/hex-dump.ts';
import { LogDirection } from '../capture/log-line.ts';
import { Outcome } from '../capture/outcome.ts';
import { isRequest, KNOWN_CODE, MessageType } from '../coap/code.ts';
import { MessageView, OptionCursor } from '../coap/message.ts';
import { OptionNumber } from '../coap/option.ts';
import { CoapRecogniser } from '../coap/recogniser.ts';
import { parseAddress } from '../network/address-text.ts';
import type { Datagram } from '../network/datagram.ts';
import { UnnamedEnd } from '../network/flow.ts';
import { DtlsRecords, readDtls } from '../security/dtls-record.ts';

/** Link types of whole packets. */
const ETHERNET = 1;
const RAW_IP = 101;
const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Tokens and message IDs remembered, to know the way of an answer. */
const REMEMBERED = 4096;

/** What a log's hexadecimal bytes are, told by the readers that will read them. */
export class LogFrames {
  readonly #view = new MessageView();
  readonly #records = new DtlsRecords();

  /**
   * Link type of `bytes[start..end)`: of an IP packet or an Ethernet frame whose lengths agree, of a CoAP message or
   * DTLS records; −1 for anything else. Within a sentence a message must look like CoAP as much as on a port that is
   * not CoAP's; a damaged message is taken only where the log says that it was sent.
   */
  linkTypeOf(bytes: Uint8Array, start: number, end: number, evidence: number): number {
    if (isIp(bytes, start, end, false)) return RAW_IP;
    if (isEthernet(bytes, start, end)) return ETHERNET;
    if (bytes[start]! >> 6 === 1) return this.#isMessage(bytes, start, end, evidence) ? LOG_DATAGRAM : -1;
    return readDtls(bytes, start, end, end, evidence === LogEvidence.sent, this.#records) ? LOG_DATAGRAM : -1;
  }

  #isMessage(bytes: Uint8Array, start: number, end: number, evidence: number): boolean {
    const view = this.#view;
    view.read(bytes, start, end, end - start);
    if (evidence === LogEvidence.sentence) return new CoapRecogniser().accept(view, 0, 0, 1, false);
    return KNOWN_CODE[view.code] === 1 && (view.outcome === Outcome.ok || evidence === LogEvidence.sent);
  }
}

/**
 * Says between which ends the messages of logs went. An end that the log names by its address has it; others have no
 * address and no port, and are called what they are to the log: who wrote it, and the peer. Where the log does not say
 * which way a message went, the message tells it: what only LwM2M Clients send comes from one end, all other requests
 * from the other, and an answer goes against its request.
 */
export class LogDatagrams {
  readonly #view = new MessageView();
  readonly #cursor = new OptionCursor();
  /** True where `one` sent the request with a token, or the message with an ID. */
  readonly #tokens = new Map<string, boolean>();
  readonly #ids = new Map<number, boolean>();
  readonly #ends = new Uint8Array(16 + 8);

  /** Sets the ends of a datagram whose frame has the link type `LOG_DATAGRAM`. */
  settle(frame: Frame, datagram: Datagram): void {
    const { ends } = frame;
    if (ends === undefined) return;
    datagram.addressBytes = this.#ends;
    datagram.ipVersion = 4;
    if (ends.direction === LogDirection.unknown) {
      const fromOne = this.#isFromOne(datagram, ends.log);
      this.#unnamed(0, ends.log, fromOne ? UnnamedEnd.one : UnnamedEnd.other);
      this.#unnamed(8, ends.log, fromOne ? UnnamedEnd.other : UnnamedEnd.one);
      datagram.isSourceUnnamed = true;
      datagram.isDestinationUnnamed = true;
      datagram.sourceAddress = 0;
      datagram.destinationAddress = 8;
      datagram.sourcePort = 0;
      datagram.destinationPort = 0;
      return;
    }
    const isOut = ends.direction === LogDirection.out;
    const peer = ends.peer === '' ? undefined : parseAddress(ends.peer);
    this.#unnamed(0, ends.log, UnnamedEnd.log);
    if (peer === undefined) this.#unnamed(8, ends.log, UnnamedEnd.peer);
    else {
      this.#ends.set(peer.bytes, 8);
      datagram.ipVersion = peer.version;
    }
    const peerPort = peer === undefined ? 0 : ends.peerPort;
    datagram.isSourceUnnamed = isOut || peer === undefined;
    datagram.isDestinationUnnamed = !isOut || peer === undefined;
    datagram.sourceAddress = isOut ? 0 : 8;
    datagram.destinationAddress = isOut ? 8 : 0;
    datagram.sourcePort = isOut ? 0 : peerPort;
    datagram.destinationPort = isOut ? peerPort : 0;
  }

  #unnamed(at: number, log: number, end: number): void {
    const ends = this.#ends;
    for (let index = 0; index < 4; index++) {
      ends[at + index] = log >>> (24 - 8 * index);
      ends[at + 4 + index] = end >>> (24 - 8 * index);
    }
  }

  #isFromOne(datagram: Datagram, log: number): boolean {
    const view = this.#view;
    view.read(datagram.bytes, datagram.start, datagram.end, datagram.payloadLength);
    const id = log * 0x10000 + view.messageId;
    const token = `${log}.${view.tokenLength}.${view.tokenHigh}.${view.tokenLow}`;
    if (isRequest(view.code)) {
      const fromOne = this.#isSentByClient(view);
      remember(this.#tokens, token, fromOne);
      remember(this.#ids, id, fromOne);
      return fromOne;
    }
    const acknowledged = view.type >= MessageType.ack ? this.#ids.get(id) : undefined;
    const asked = acknowledged ?? (view.code === 0 ? undefined : this.#tokens.get(token));
    const fromOne = asked === undefined ? true : !asked;
    if (view.type < MessageType.ack) remember(this.#ids, id, fromOne);
    return fromOne;
  }

  /** LwM2M Transport §6.4: registration, bootstrap and Send are requests of the client. */
  #isSentByClient(view: MessageView): boolean {
    const cursor = this.#cursor;
    cursor.start(view);
    while (cursor.next()) {
      if (cursor.number !== OptionNumber.uriPath) continue;
      let segment = '';
      for (let index = 0; index < Math.min(cursor.valueLength, 8); index++)
        segment += String.fromCharCode(view.bytes[cursor.valueStart + index]!);
      // Bootstrap-Finish has neither a query nor a payload and goes to the client.
      if (segment === 'bs') return view.queryCount > 0 || view.payloadStart < view.payloadEnd;
      return segment === 'rd' || segment === 'dp' || segment === 'bspack';
    }
    return false;
  }
}

function remember<Key>(map: Map<Key, boolean>, key: Key, value: boolean): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Whether an IP packet fills the bytes; with `padded`, more bytes may follow it. */
function isIp(bytes: Uint8Array, start: number, end: number, padded: boolean): boolean {
  const length = end - start;
  const version = bytes[start]! >> 4;
  if (version === 4) {
    const header = (bytes[start]! & 15) * 4;
    if (header < IPV4_HEADER || length < header) return false;
    const stated = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (stated < header || (padded ? stated > length : stated !== length)) return false;
    return padded || checksum(bytes, start, start + header) === 0;
  }
  if (version !== 6 || length < IPV6_HEADER) return false;
  const stated = IPV6_HEADER + ((bytes[start + 4]! << 8) | bytes[start + 5]!);
  return padded ? stated <= length : stated === length;
}

/** The Internet checksum over bytes that hold it: 0 where it is right. RFC 1071. */
function checksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}

function isEthernet(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start + ETHERNET_HEADER;
  if (at + VLAN_TAG + IPV4_HEADER > end) return false;
  let type = (bytes[at - 2]! << 8) | bytes[at - 1]!;
  if (type === ETHERTYPE_VLAN) {
    at += VLAN_TAG;
    type = (bytes[at - 2]! << 8) | bytes[at - 1]!;
  }
  const version = bytes[at]! >> 4;
  const agrees = (type === ETHERTYPE_IPV4 && version === 4) || (type === ETHERTYPE_IPV6 && version === 6);
  return agrees && isIp(bytes, at, end, true);
}
