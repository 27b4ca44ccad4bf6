/** Bytes of an IPv4 and of an IPv6 address. */
const IPV4_LENGTH = 4;
const IPV6_LENGTH = 16;
/** 16-bit fields of an IPv6 address. RFC 4291 §2.2. */
const IPV6_FIELDS = 8;

/** An address as bytes: 4 of them or 16, as `version` says. */
export interface Address {
  version: 4 | 6;
  bytes: Uint8Array;
}

/** Text of the IPv4 address in the four bytes at `at`, such as `10.0.0.7`. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/**
 * Text of the IPv6 address in the 16 bytes at `at`, in the one form of RFC 5952 §4: lower case, no leading
 * zeros, the longest run of two or more zero fields as `::` (the first of equal ones), and IPv4-mapped
 * addresses with their last four bytes in dotted form (§5).
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  if (isIpv4Mapped(bytes, at)) return `::ffff:${ipv4Text(bytes, at + 12)}`;
  let runStart = -1;
  let runLength = 1;
  for (let index = 0; index < IPV6_FIELDS;) {
    let next = index;
    while (next < IPV6_FIELDS && bytes[at + 2 * next] === 0 && bytes[at + 2 * next + 1] === 0) next++;
    if (next - index > runLength) {
      runStart = index;
      runLength = next - index;
    }
    index = next + 1;
  }
  let text = '';
  for (let index = 0; index < IPV6_FIELDS; index++) {
    if (index === runStart) {
      text += '::';
      index += runLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith('::')) text += ':';
    text += ((bytes[at + 2 * index]! << 8) | bytes[at + 2 * index + 1]!).toString(16);
  }
  return text;
}

/** Text of the address in the bytes at `at`; `version` is 4 or 6. */
export function addressText(bytes: Uint8Array, at: number, version: number): string {
  return version === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at);
}

/** Text of an address and a port: `10.0.0.7:56830`, `[::1]:5683` (RFC 5952 §6). */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Bytes of an address written as text: IPv4 as four decimal numbers without leading zeros, IPv6 in every form
 * of RFC 4291 §2.2, without a zone. Undefined for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const bytes = new Uint8Array(IPV4_LENGTH);
    return writeIpv4(text, bytes, 0) ? { version: 4, bytes } : undefined;
  }
  const bytes = parseIpv6(text);
  return bytes === undefined ? undefined : { version: 6, bytes };
}

/** ::ffff:0:0/96, RFC 4291 §2.5.5.2. */
function isIpv4Mapped(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < 10; index++) if (bytes[at + index] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

function writeIpv4(text: string, target: Uint8Array, at: number): boolean {
  const parts = text.split('.');
  if (parts.length !== IPV4_LENGTH) return false;
  for (const [index, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return false;
    target[at + index] = Number(part);
  }
  return true;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseFields(halves[0]!, halves.length === 1);
  if (halves.length === 1) return head?.length === IPV6_LENGTH ? Uint8Array.from(head) : undefined;
  const tail = parseFields(halves[1]!, true);
  // A "::" stands for at least one field.
  if (head === undefined || tail === undefined || head.length + tail.length > IPV6_LENGTH - 2)
    return undefined;
  const bytes = new Uint8Array(IPV6_LENGTH);
  bytes.set(head, 0);
  bytes.set(tail, IPV6_LENGTH - tail.length);
  return bytes;
}

/** Bytes of fields with `:` between them; the last may be an IPv4 address where `isEnd` is set. */
function parseFields(text: string, isEnd: boolean): number[] | undefined {
  const bytes: number[] = [];
  if (text === '') return bytes;
  const fields = text.split(':');
  for (const [index, field] of fields.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(field)) {
      const value = parseInt(field, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const dotted = new Uint8Array(IPV4_LENGTH);
    if (!isEnd || index !== fields.length - 1 || !writeIpv4(field, dotted, 0)) return undefined;
    bytes.push(...dotted);
  }
  return bytes;
}
