/** Writes CoAP messages by the layout of RFC 7252 §3, for tests; knows nothing of the reader. */

/** An option: its number, and its value as bytes, as text or as a number in the shortest form (RFC 7252 §3.2). */
export type OptionToWrite = readonly [
  number: number,
  value: Uint8Array | readonly number[] | string | number,
];

export interface MessageToWrite {
  /** Type, `CON` where left out. */
  type?: 'CON' | 'NON' | 'ACK' | 'RST';
  /** Code as `c.dd`, `0.01` where left out. */
  code?: string;
  mid?: number;
  /** Bytes of the token, or its digits in hex. */
  token?: Uint8Array | string;
  /** In any order; they are written by rising number, equal ones as they come. */
  options?: readonly OptionToWrite[];
  payload?: Uint8Array | readonly number[] | string;
}

export const TYPES = ['CON', 'NON', 'ACK', 'RST'] as const;

const encoder = new TextEncoder();

/** Bytes from digits in hex; blanks are left out. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.replaceAll(' ', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** `c.dd` as the byte of the header. */
export function codeByte(code: string): number {
  const [codeClass, detail] = code.split('.');
  return Number(codeClass) * 32 + Number(detail);
}

/** A number in as few bytes as it needs; none for 0 (RFC 7252 §3.2). */
export function uint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return bytes;
}

/** The value of a Block option (RFC 7959 §2.2). */
export function block(number: number, more: boolean, size: number): number {
  return number * 16 + (more ? 8 : 0) + Math.log2(size) - 4;
}

/** Nibble and further bytes of a delta, a length or a token length (RFC 7252 §3.1, RFC 8974 §2.1). */
function extended(value: number): [nibble: number, further: number[]] {
  if (value < 13) return [value, []];
  if (value < 269) return [13, [value - 13]];
  return [14, [(value - 269) >> 8, (value - 269) & 255]];
}

function bytesOf(value: Uint8Array | readonly number[] | string | number): ArrayLike<number> {
  if (typeof value === 'string') return encoder.encode(value);
  return typeof value === 'number' ? uint(value) : value;
}

/** The message as it goes into a datagram. */
export function write(message: MessageToWrite): Uint8Array<ArrayBuffer> {
  const { type = 'CON', code = '0.01', mid = 0x1234, token = '', options = [], payload = '' } = message;
  const tokenBytes = typeof token === 'string' ? hex(token) : token;
  const [tokenNibble, tokenFurther] = extended(tokenBytes.length);
  const bytes = [0x40 | (TYPES.indexOf(type) << 4) | tokenNibble, codeByte(code), mid >> 8, mid & 255];
  bytes.push(...tokenFurther, ...tokenBytes);
  let before = 0;
  for (const [number, value] of [...options].sort((a, b) => a[0] - b[0])) {
    const valueBytes = bytesOf(value);
    const [delta, deltaFurther] = extended(number - before);
    const [length, lengthFurther] = extended(valueBytes.length);
    bytes.push((delta << 4) | length, ...deltaFurther, ...lengthFurther, ...Array.from(valueBytes));
    before = number;
  }
  const body = bytesOf(payload);
  if (body.length > 0) bytes.push(0xff, ...Array.from(body));
  return Uint8Array.from(bytes);
}

/** Uri-Path options of a path such as `/3/0`. */
export function path(text: string): OptionToWrite[] {
  return text
    .split('/')
    .slice(1)
    .map((segment) => [11, segment] as const);
}
