import { Buffer } from 'node:buffer';

/** A datagram that Wakaama printed as it went through its socket. */
export interface Datagram {
  direction: 'sent' | 'received';
  port: number;
  code: string;
  mid: number;
  type: string;
  token: string;
  uriPath: string;
  /** True for a request for, or with, another block than the first. */
  isFurther: boolean;
  bytes: Buffer;
  /** What Wakaama printed till the next datagram. */
  after: string;
}

const TYPES = ['CON', 'NON', 'ACK', 'RST'];
const HEAD = /^(?:.*> ?)?(?:(\d+) bytes received from|Sending (\d+) bytes to) \S*?:(\d+)$/;

/** The bytes of a hex dump of `length` bytes, sixteen a line; shorter where the print is cut. */
function dumpedBytes(lines: readonly string[], length: number): Buffer {
  const hex: string[] = [];
  for (const line of lines) {
    const pairs = line.split(/ +/).slice(0, Math.min(16, length - hex.length));
    if (hex.length >= length || !pairs.every((pair) => /^[0-9A-F]{2}$/.test(pair))) break;
    hex.push(...pairs);
  }
  return Buffer.from(hex.join(''), 'hex');
}

/** Uri-Path, and whether a Block option has a number, of a message (RFC 7252 §3.1); read by other code than the project's. */
function targetOf(bytes: Buffer): Pick<Datagram, 'uriPath' | 'isFurther'> {
  const path: string[] = [];
  let isFurther = false;
  let number = 0;
  for (let at = 4 + (bytes[0]! & 15); at < bytes.length && bytes[at] !== 0xff;) {
    const [delta, size] = [bytes[at]! >> 4, bytes[at]! & 15];
    at++;
    const extended = (nibble: number): number => {
      if (nibble < 13) return nibble;
      const width = nibble - 12;
      const value = bytes.readUIntBE(at, width) + (width === 1 ? 13 : 269);
      at += width;
      return value;
    };
    number += extended(delta);
    const length = extended(size);
    if (number === 11) path.push(bytes.subarray(at, at + length).toString('utf8'));
    // Block2 and Block1 (RFC 7959 §2.1): the number is what stands before the last four bits.
    if ((number === 23 || number === 27) && length > 0) isFurther ||= bytes.readUIntBE(at, length) >= 16;
    at += length;
  }
  return { uriPath: `/${path.join('/')}`, isFurther };
}

/** The datagrams in what Wakaama printed, in its order; those whose beginning is cut off are left out. */
export function datagramsOf(text: string): Datagram[] {
  const lines = text.split('\n');
  const found: Datagram[] = [];
  for (const [index, line] of lines.entries()) {
    const head = HEAD.exec(line);
    if (head === null) {
      const last = found.at(-1);
      if (last !== undefined) last.after += `${line}\n`;
      continue;
    }
    const length = Number(head[1] ?? head[2]);
    const bytes = dumpedBytes(lines.slice(index + 1, index + 1 + Math.ceil(length / 16)), length);
    if (bytes.length < 4) continue;
    const code = bytes[1]!;
    found.push({
      direction: head[1] === undefined ? 'sent' : 'received',
      port: Number(head[3]),
      code: `${code >> 5}.${String(code & 31).padStart(2, '0')}`,
      mid: bytes.readUInt16BE(2),
      type: TYPES[(bytes[0]! >> 4) & 3]!,
      token: bytes.subarray(4, 4 + (bytes[0]! & 15)).toString('hex'),
      ...targetOf(bytes),
      bytes,
      after: '',
    });
  }
  return found;
}
