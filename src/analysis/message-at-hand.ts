import { Frame } from '../capture/frame.ts';
import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { MessageView } from '../coap/message.ts';
import { Datagram, DatagramKind } from '../network/datagram.ts';
import { Transport } from '../network/flow.ts';
import { HeaderKind, HeaderTrace, type TracedHeader } from '../network/header-trace.ts';
import { NetworkReader } from '../network/network-reader.ts';
import { udpChecksum, UDP_HEADER } from '../network/udp.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytesAccess } from './filter/bytes-access.ts';
import { MessageBytes } from './message-bytes.ts';

const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: readonly TracedHeader[] = [];
/** Bytes of an IPv6 header (RFC 8200 §3), and where the source address stands in it; in an IPv4 header (RFC 791 §3.1). */
const IPV6_HEADER = 40;
const IPV6_SOURCE = 8;
const IPV4_SOURCE = 12;

/**
 * One message with its bytes and those of its frame, read again: what fields ask that live in no column. `take` a row,
 * wait where it says so, then ask about that row. Headers are walked over only where something asks for them.
 */
export class MessageAtHand implements MessageBytesAccess {
  #row: MessageRow = NO_ROW;
  #frame: Uint8Array = NO_BYTES;
  #message: Uint8Array = NO_BYTES;
  #head: Uint8Array = NO_BYTES;
  #hasBytes = false;
  #hasHeaders = false;
  #hasDatagram = false;
  readonly #view = new MessageView();
  readonly #shown = new Frame();
  readonly #datagram = new Datagram();
  readonly #trace = new HeaderTrace();
  #reader: NetworkReader | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly bytes = new MessageBytes(analysis),
  ) {}

  /** Makes a row the one that is asked about. Gives nothing to wait for where its bytes are at hand. */
  readonly take = (row: MessageRow): Promise<void> | undefined => {
    if (row === this.#row) return undefined;
    const { messages } = this.analysis.tracking;
    const source = messages.source.get(row);
    if (source < 0) return this.#takeJoined(row, source);
    const header = messages.headerLength.get(row);
    const length = header + messages.length.get(row) + messages.trailerLength.get(row);
    const file = messages.file.get(row);
    const bytes = this.bytes.rangeAtHand(file, source - header, length);
    if (bytes !== undefined) {
      this.#set(row, bytes, header, length);
      return undefined;
    }
    return this.bytes.range(file, source - header, length).then((read) => {
      this.#set(row, read, header, length);
    });
  };

  message(row: MessageRow): MessageView | undefined {
    return row === this.#row && this.#hasBytes ? this.#view : undefined;
  }

  headers(row: MessageRow): readonly TracedHeader[] {
    if (row !== this.#row || this.#frame.length === 0) return NO_HEADERS;
    if (!this.#hasHeaders) this.#walk(row);
    return this.#trace.headers;
  }

  /** Bytes of the frame that holds the message or completes it; none where it is not known. */
  frame(row: MessageRow): Uint8Array {
    return row === this.#row ? this.#frame : NO_BYTES;
  }

  /** Headers that stand before the message in a joined datagram; none where it was not joined. */
  head(row: MessageRow): Uint8Array {
    return row === this.#row ? this.#head : NO_BYTES;
  }

  frameLength(row: MessageRow): number {
    if (row !== this.#row || this.#frame.length === 0) return NaN;
    return this.#frame.length + this.#missing();
  }

  udpChecksum(row: MessageRow): number {
    const { conversations } = this.analysis.frames;
    const conversation = this.analysis.tracking.messages.conversation.get(row);
    if (conversations.transportOf(conversation) !== Transport.udp) return -1;
    const headers = this.headers(row);
    if (!this.#hasDatagram && !this.#joinDatagram(headers)) return -1;
    return udpChecksum(this.#datagram);
  }

  #set(row: MessageRow, bytes: Uint8Array, header: number, length: number): void {
    const { messages } = this.analysis.tracking;
    const end = header + messages.length.get(row);
    this.#begin(row, bytes.length >= end);
    this.#frame = header > 0 && this.#hasBytes ? bytes.subarray(0, length) : NO_BYTES;
    this.#message = NO_BYTES;
    this.#head = NO_BYTES;
    if (this.#hasBytes) this.bytes.readInto(this.#view, row, bytes, header, end);
  }

  async #takeJoined(row: MessageRow, source: number): Promise<void> {
    const { messages } = this.analysis.tracking;
    const message = await this.bytes.message(row);
    const range = this.bytes.frameRange(row);
    const frame =
      range === undefined
        ? NO_BYTES
        : await this.bytes.range(messages.file.get(row), range.offset, range.length);
    this.#begin(row, message !== undefined);
    this.#frame = frame;
    this.#message = message ?? NO_BYTES;
    this.#head = this.analysis.frames.joined.frame(source)?.head ?? NO_BYTES;
    if (message !== undefined) this.bytes.readInto(this.#view, row, message, 0, message.length);
  }

  #begin(row: MessageRow, hasBytes: boolean): void {
    this.#row = row;
    this.#hasBytes = hasBytes;
    this.#hasHeaders = this.#hasDatagram = false;
  }

  /** Bytes of the frame that the capture cut off. */
  #missing(): number {
    const { start, end, wireLength } = this.#view;
    return this.#hasBytes && this.#message.length === 0 ? Math.max(0, wireLength - (end - start)) : 0;
  }

  #walk(row: MessageRow): void {
    const { messages } = this.analysis.tracking;
    const file = this.analysis.files[messages.file.get(row)];
    const point = file?.reader?.interfaces[messages.interfaceIndex.get(row)];
    const trace = this.#trace;
    this.#hasHeaders = true;
    trace.clear();
    if (point === undefined) return;
    const frame = this.#shown;
    frame.bytes = this.#frame;
    frame.start = 0;
    frame.end = this.#frame.length;
    frame.originalLength = frame.end + this.#missing();
    frame.fileOffset = 0;
    frame.hasTime = false;
    frame.linkType = point.linkType;
    // Fragments that this reader keeps have no rest that will come: it is not used again for long.
    const reader = (this.#reader ??= new NetworkReader(this.analysis.frames.network.contexts));
    reader.trace = trace;
    reader.read(frame, this.#datagram);
    reader.end();
    this.#hasDatagram = this.#datagram.kind === DatagramKind.udp && this.#message.length === 0;
    this.#addJoined(trace);
  }

  /** The headers of a joined datagram belong to the frame that completes it. */
  #addJoined(trace: HeaderTrace): void {
    const head = this.#head;
    if (head.length < UDP_HEADER) return;
    if (head.length >= IPV6_HEADER + UDP_HEADER && head[0]! >> 4 === 6)
      trace.addRange(HeaderKind.ipv6, head, 0, IPV6_HEADER);
    trace.addRange(HeaderKind.udp, head, head.length - UDP_HEADER, head.length);
  }

  /** The joined datagram in one piece, for its checksum. False where it has no headers here. */
  #joinDatagram(headers: readonly TracedHeader[]): boolean {
    const udp = headers.findLast(({ kind }) => kind === HeaderKind.udp);
    const ip = headers.findLast(({ kind }) => kind === HeaderKind.ipv4 || kind === HeaderKind.ipv6);
    if (udp === undefined || ip === undefined || this.#message.length === 0) return false;
    const datagram = this.#datagram;
    const { bytes, start } = udp;
    const length = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    datagram.kind = DatagramKind.udp;
    datagram.ipVersion = ip.kind === HeaderKind.ipv4 ? 4 : 6;
    datagram.addressBytes = ip.bytes;
    datagram.sourceAddress = ip.start + (ip.kind === HeaderKind.ipv4 ? IPV4_SOURCE : IPV6_SOURCE);
    datagram.destinationAddress = datagram.sourceAddress + (ip.kind === HeaderKind.ipv4 ? 4 : 16);
    datagram.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!;
    datagram.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    datagram.checksum = (bytes[start + 6]! << 8) | bytes[start + 7]!;
    datagram.bytes = this.#message;
    datagram.start = 0;
    datagram.end = this.#message.length;
    datagram.payloadLength = length === 0 ? datagram.end : length - UDP_HEADER;
    this.#hasDatagram = true;
    return true;
  }
}
