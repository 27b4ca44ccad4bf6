import { Bytes } from './bytes.ts';

/** Message types (RFC 7252 §3). */
export const MessageType = { con: 0, non: 1, ack: 2 } as const;

/** Method, response and signaling codes, class × 32 + detail (RFC 7252 §12.1, RFC 7959 §6, RFC 8323 §5.1). */
export const Code = {
  empty: 0,
  get: 1,
  post: 2,
  put: 3,
  delete: 4,
  created: 65,
  deleted: 66,
  changed: 68,
  content: 69,
  continue: 95,
  notFound: 132,
  requestEntityIncomplete: 136,
  csm: 225,
} as const;

/** Option numbers (RFC 7252 §5.10, RFC 7641 §2, RFC 7959 §2.1, §4); of a CSM (RFC 8323 §5.3). */
export const OptionNumber = {
  maxMessageSize: 2,
  blockWiseTransfer: 4,
  etag: 4,
  observe: 6,
  locationPath: 8,
  uriPath: 11,
  contentFormat: 12,
  uriQuery: 15,
  accept: 17,
  block2: 23,
  block1: 27,
  size2: 28,
  size1: 60,
} as const;

/** Puts CoAP messages together (RFC 7252 §3). Options must be given in the order of their numbers. */
export class CoapMessageWriter {
  private readonly out = new Bytes();
  private readonly encoder = new TextEncoder();
  private lastOption = 0;

  /** Begins a message. `token` has 0 to 8 bytes. */
  begin(type: number, code: number, messageId: number, token: Uint8Array): this {
    this.out.clear();
    this.lastOption = 0;
    this.out.u8(0x40 | (type << 4) | token.length);
    this.out.u8(code);
    this.out.u16(messageId);
    this.out.bytes(token);
    return this;
  }

  /** An option whose value is an unsigned integer below 2^32, in as few bytes as it needs (RFC 7252 §3.2). */
  uint(number: number, value: number): this {
    const length = value === 0 ? 0 : value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x100_0000 ? 3 : 4;
    this.optionHeader(number, length);
    for (let left = length - 1; left >= 0; left--) this.out.u8(value >>> (8 * left));
    return this;
  }

  /** An option whose value is text. */
  text(number: number, value: string): this {
    const bytes = this.encoder.encode(value);
    this.optionHeader(number, bytes.length);
    this.out.bytes(bytes);
    return this;
  }

  /** One Uri-Path option for each part of a path like `/3/0/9`. */
  path(path: string): this {
    for (const segment of path.split('/')) if (segment !== '') this.text(OptionNumber.uriPath, segment);
    return this;
  }

  /** Ends a message, with a payload where it has one, and gives its bytes. */
  end(payload?: Uint8Array): Uint8Array {
    if (payload !== undefined && payload.length > 0) {
      this.out.u8(0xff);
      this.out.bytes(payload);
    }
    return this.out.copy();
  }

  private optionHeader(number: number, length: number): void {
    const delta = number - this.lastOption;
    this.lastOption = number;
    const extended = (value: number): number => (value < 13 ? value : value < 269 ? 13 : 14);
    this.out.u8((extended(delta) << 4) | extended(length));
    for (const value of [delta, length]) {
      if (value >= 269) this.out.u16(value - 269);
      else if (value >= 13) this.out.u8(value - 13);
    }
  }
}

const NO_TOKEN = new Uint8Array(0);
const emptyWriter = new CoapMessageWriter();

/** An empty acknowledgement (RFC 7252 §4.2). */
export function emptyAcknowledgement(messageId: number): Uint8Array {
  return emptyWriter.begin(MessageType.ack, Code.empty, messageId, NO_TOKEN).end();
}

/** A message for UDP as it goes over TCP: without type and ID, its length in front (RFC 8323 §3.2). */
export function overTcp(message: Uint8Array): Uint8Array {
  const tokenLength = message[0]! & 15;
  const rest = message.length - 4 - tokenLength;
  const out = new Bytes();
  const nibble = rest < 13 ? rest : rest < 269 ? 13 : rest < 65_805 ? 14 : 15;
  out.u8((nibble << 4) | tokenLength);
  if (nibble === 13) out.u8(rest - 13);
  else if (nibble === 14) out.u16(rest - 269);
  else if (nibble === 15) out.u32(rest - 65_805);
  out.u8(message[1]!);
  out.bytes(message.subarray(4));
  return out.copy();
}
