/** A run of addresses: those whose first `prefix` bits are those of `bytes`. */
export interface AddressPrefix {
  version: 4 | 6;
  /** 4 or 16 bytes. */
  bytes: readonly number[];
  /** Bits that count: 32 or 128 for a single address. */
  prefix: number;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
/** Groups of 16 bits in an IPv6 address (RFC 4291 §2.2). */
const GROUPS = 8;
/** Longest text of an IPv6 address with an IPv4 end, in characters. */
const MAXIMUM_TEXT = 45;

function readIpv4(text: string): number[] | undefined {
  const match = IPV4.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 && part.includes('.') ? readIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push((ipv4[0]! << 8) | ipv4[1]!, (ipv4[2]! << 8) | ipv4[3]!);
    else if (GROUP.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function readIpv6(text: string): number[] | undefined {
  if (text.length > MAXIMUM_TEXT || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0]!);
  const tail = halves.length === 2 ? readGroups(halves[1]!) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  // An IPv4 end can stand only at the very end of the address.
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined;
  const groups = [...head, ...new Array<number>(halves.length === 2 ? missing : 0).fill(0), ...tail];
  return groups.flatMap((group) => [group >> 8, group & 255]);
}

/** Reads an IP address (RFC 4291 §2.2 for IPv6); a zone such as `%eth0` is left out. Undefined for other text. */
export function readAddress(text: string): AddressPrefix | undefined {
  const plain = text.split('%', 1)[0]!;
  const ipv4 = readIpv4(plain);
  if (ipv4 !== undefined) return { version: 4, bytes: ipv4, prefix: 32 };
  const ipv6 = readIpv6(plain);
  return ipv6 && { version: 6, bytes: ipv6, prefix: 128 };
}

/** Reads an address or a prefix such as `10.0.0.0/8` or `fe80::/10` (RFC 4632 §3.1, RFC 4291 §2.3). */
export function readAddressPrefix(text: string): AddressPrefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return readAddress(text);
  const address = readAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(bits)) return undefined;
  const prefix = Number(bits);
  return prefix <= address.prefix ? { ...address, prefix } : undefined;
}

/** True where an address lies in a prefix of the same version. */
export function isInPrefix(address: AddressPrefix, prefix: AddressPrefix): boolean {
  if (address.version !== prefix.version) return false;
  const whole = prefix.prefix >> 3;
  for (let index = 0; index < whole; index++) {
    if (address.bytes[index] !== prefix.bytes[index]) return false;
  }
  const rest = prefix.prefix & 7;
  return rest === 0 || (address.bytes[whole]! ^ prefix.bytes[whole]!) >> (8 - rest) === 0;
}
