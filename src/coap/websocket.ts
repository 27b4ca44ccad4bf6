import type { ByteCount } from '../capture/units.ts';

/** Longest head of an HTTP message that is waited for. */
const LONGEST_HEAD: ByteCount = 16 << 10;
/** Methods of HTTP, and how its answers begin. RFC 9110 §9.3, RFC 5789, RFC 9112 §4. */
const BEGINNINGS = [
  'GET ',
  'HEAD ',
  'POST ',
  'PUT ',
  'DELETE ',
  'CONNECT ',
  'OPTIONS ',
  'TRACE ',
  'PATCH ',
  'HTTP/1.',
  'PRI * HTTP/2',
].map((text) => [...text].map((character) => character.charCodeAt(0)));

/** What stands at the beginning of a stream; see `httpHead`. */
export const HttpHead = {
  /** No HTTP. */
  none: 0,
  /** It may become HTTP or its head is not whole yet. */
  open: 1,
  /** HTTP that asks for or agrees to nothing of ours. */
  other: 2,
  /** The upgrade to a WebSocket with the subprotocol `coap` (RFC 8323 §4.1), asked for or agreed on. */
  webSocket: 3,
} as const;

const decoder = new TextDecoder('latin1');

/** What an HTTP head says of a WebSocket. */
export interface Head {
  kind: number;
  /** Bytes of the head with the empty line behind it. */
  length: ByteCount;
  /** Messages may be compressed (RFC 7692), and whether each begins with an empty window in either direction. */
  deflate: boolean;
  clientFresh: boolean;
  serverFresh: boolean;
}

/** Whether `bytes[start..end)` begins as HTTP/1 does: `none`, `open` where too little is there, else `other`. */
export function beginsAsHttp(bytes: Uint8Array, start: number, end: number): number {
  let isOpen = false;
  for (const beginning of BEGINNINGS) {
    const length = Math.min(beginning.length, end - start);
    let same = 0;
    while (same < length && bytes[start + same] === beginning[same]) same++;
    if (same === beginning.length) return HttpHead.other;
    if (same === length) isOpen = true;
  }
  return isOpen ? HttpHead.open : HttpHead.none;
}

/** Reads the HTTP/1.1 head at `start` as far as a WebSocket needs it (RFC 9112 §2.1, RFC 6455 §4, RFC 8323 §4.1). */
export function readHttpHead(bytes: Uint8Array, start: number, end: number): Head {
  const head: Head = {
    kind: HttpHead.none,
    length: 0,
    deflate: false,
    clientFresh: false,
    serverFresh: false,
  };
  head.kind = beginsAsHttp(bytes, start, end);
  if (head.kind !== HttpHead.other) return head;
  const text = decoder.decode(bytes.subarray(start, Math.min(end, start + LONGEST_HEAD)));
  const length = text.indexOf('\r\n\r\n');
  if (length < 0) {
    if (end - start < LONGEST_HEAD) head.kind = HttpHead.open;
    return head;
  }
  head.length = length + 4;
  const [first = '', ...lines] = text.slice(0, length).split('\r\n');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const protocols = (fields.get('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const upgrades = (fields.get('upgrade') ?? '').toLowerCase() === 'websocket';
  const begins = first.startsWith('GET ') || /^HTTP\/1\.1 101(?: |$)/.test(first);
  if (!upgrades || !begins || !protocols.includes('coap')) return head;
  head.kind = HttpHead.webSocket;
  const extensions = (fields.get('sec-websocket-extensions') ?? '').toLowerCase();
  head.deflate = extensions.includes('permessage-deflate');
  head.clientFresh = extensions.includes('client_no_context_takeover');
  head.serverFresh = extensions.includes('server_no_context_takeover');
  return head;
}

/** Opcodes. RFC 6455 §5.2. */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The header of one WebSocket frame (RFC 6455 §5.2). Reused. */
export class WebSocketFrame {
  isLast = false;
  /** RSV1: the message is compressed (RFC 7692 §6). */
  isCompressed = false;
  opcode = 0;
  isMasked = false;
  /** Bytes of the header, and of the payload behind it. */
  headerLength: ByteCount = 0;
  length: ByteCount = 0;

  /** Reads the header at `start`. False where more bytes are needed. `isValid` says whether it can be one. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (start + 2 > end) return false;
    const first = bytes[start]!;
    const second = bytes[start + 1]!;
    this.isLast = (first & 0x80) !== 0;
    this.isCompressed = (first & 0x40) !== 0;
    this.opcode = first & 15;
    this.isMasked = (second & 0x80) !== 0;
    const short = second & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    this.headerLength = 2 + extra + (this.isMasked ? 4 : 0);
    if (start + this.headerLength > end) return false;
    let length = extra === 0 ? short : 0;
    for (let index = 0; index < extra; index++) length = length * 256 + bytes[start + 2 + index]!;
    this.length = length;
    return true;
  }

  /** Whether a sender could have written the header last read at `start` of `bytes`. RFC 6455 §5.2, §5.5 */
  isValid(first: number): boolean {
    const isControl = this.opcode >= Opcode.close;
    if ((first & 0x30) !== 0 || this.opcode > Opcode.pong || (this.opcode > Opcode.binary && !isControl))
      return false;
    return !isControl || (this.isLast && !this.isCompressed && this.length <= 125);
  }
}

/** Copies the payload of a frame, without its mask (RFC 6455 §5.3). `start` is the frame's, with its header read. */
export function framePayload(bytes: Uint8Array, start: number, frame: WebSocketFrame): Uint8Array {
  const from = start + frame.headerLength;
  const payload = bytes.slice(from, from + frame.length);
  if (frame.isMasked)
    for (let index = 0; index < payload.length; index++)
      payload[index] = payload[index]! ^ bytes[from - 4 + (index & 3)]!;
  return payload;
}
