/** Writes captures byte by byte as the drafts lay them out, for tests; knows nothing of the readers. */

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Packs numbers: `H` 16 bits, `I` 32 bits, `Q` 64 bits (bigint or number), in the given byte order. */
export function pack(format: string, big: boolean, ...values: readonly (number | bigint)[]): Uint8Array {
  const sizes: Record<string, number> = { B: 1, H: 2, I: 4, Q: 8 };
  const view = new DataView(new ArrayBuffer([...format].reduce((sum, letter) => sum + sizes[letter]!, 0)));
  let at = 0;
  [...format].forEach((letter, index) => {
    const value = values[index]!;
    if (letter === 'B') view.setUint8(at, Number(value));
    else if (letter === 'H') view.setUint16(at, Number(value), !big);
    else if (letter === 'I') view.setUint32(at, Number(value), !big);
    else view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), !big);
    at += sizes[letter]!;
  });
  return new Uint8Array(view.buffer);
}

export interface PcapOptions {
  magic?: number;
  big?: boolean;
  version?: readonly [number, number];
  snap?: number;
  link?: number;
}

/** File header of a classic pcap. */
export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const { magic = 0xa1b2c3d4, big = false, version = [2, 4], snap = 65535, link = 1 } = options;
  return pack('IHHIIII', big, magic, version[0], version[1], 0, 0, snap, link);
}

export interface RecordOptions {
  big?: boolean;
  captured?: number;
  original?: number;
  /** Further header bytes of modified pcap. */
  modified?: boolean;
}

/** A record of a classic pcap. */
export function pcapRecord(
  seconds: number,
  fraction: number,
  data: Uint8Array,
  options: RecordOptions = {},
): Uint8Array {
  const { big = false, captured = data.length, original = data.length, modified = false } = options;
  const extra = modified ? pack('IHBB', big, 1, 0x0800, 0, 0) : new Uint8Array(0);
  return concat(pack('IIII', big, seconds, fraction, captured, original), extra, data);
}

/** A pcapng block around a body, which is padded to 32 bits. */
export function block(
  type: number,
  body: Uint8Array,
  big = false,
  length?: number,
  trailer?: number,
): Uint8Array {
  const padding = new Uint8Array(-body.length & 3);
  const total = length ?? 12 + body.length + padding.length;
  return concat(pack('II', big, type, total), body, padding, pack('I', big, trailer ?? total));
}

/** One pcapng option, padded to 32 bits. */
export function option(code: number, value: Uint8Array, big = false): Uint8Array {
  return concat(pack('HH', big, code, value.length), value, new Uint8Array(-value.length & 3));
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function sectionHeader(big = false, major = 1): Uint8Array {
  return block(0x0a0d0d0a, pack('IHHQ', big, 0x1a2b3c4d, major, 0, -1), big);
}

export function interfaceDescription(
  link = 1,
  snap = 0,
  options: readonly Uint8Array[] = [],
  big = false,
): Uint8Array {
  return block(1, concat(pack('HHI', big, link, 0, snap), ...options), big);
}

export interface PacketOptions {
  big?: boolean;
  interfaceId?: number;
  captured?: number;
  original?: number;
  options?: readonly Uint8Array[];
}

/** An Enhanced Packet Block; `time` in the interface's units. */
export function enhancedPacket(time: bigint, data: Uint8Array, packet: PacketOptions = {}): Uint8Array {
  const {
    big = false,
    interfaceId = 0,
    captured = data.length,
    original = data.length,
    options = [],
  } = packet;
  const padding = new Uint8Array(-data.length & 3);
  const words = pack('IIIII', big, interfaceId, time >> 32n, time & 0xffffffffn, captured, original);
  return block(6, concat(words, data, padding, ...options), big);
}

/** The obsolete Packet Block. */
export function packet(
  time: bigint,
  drops: number,
  data: Uint8Array,
  big = false,
  interfaceId = 0,
): Uint8Array {
  const words = pack(
    'HHIIII',
    big,
    interfaceId,
    drops,
    time >> 32n,
    time & 0xffffffffn,
    data.length,
    data.length,
  );
  return block(2, concat(words, data), big);
}

export function simplePacket(data: Uint8Array, original = data.length, big = false): Uint8Array {
  return block(3, concat(pack('I', big, original), data), big);
}

export function interfaceStatistics(
  interfaceId: number,
  time: bigint,
  options: readonly Uint8Array[] = [],
  big = false,
): Uint8Array {
  return block(5, concat(pack('III', big, interfaceId, time >> 32n, time & 0xffffffffn), ...options), big);
}
