import {
  BYTE_ORDER_MAGIC,
  DECRYPTION_SECRETS,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  SECTION_HEADER,
} from './pcapng-blocks.ts';
import type { ByteCount, Seconds } from './units.ts';

/** Options that are written (draft-ietf-opsawg-pcapng §3.5, §4.1, §4.2, §4.6). */
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_TSRESOL = 9;
const IF_FILTER = 11;
const IF_TSOFFSET = 14;
const ISB_STARTTIME = 2;
const ISB_IFRECV = 4;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

/** Resolutions of times: octets of `if_tsresol` (draft-ietf-opsawg-pcapng §4.2). */
export const MICROSECONDS = 6;
export const NANOSECONDS = 9;

/** Length of an Enhanced Packet Block without options and packet data, in bytes. */
const ENHANCED_PACKET_LENGTH: ByteCount = 32;
/** Most bytes of an option that is written; what is longer is cut. */
const MOST_OPTION: ByteCount = 4096;
const UINT32 = 2 ** 32;

const encoder = new TextEncoder();

/** An unsigned number of 64 bits in two halves, as pcapng has its times. */
export interface Uint64 {
  high: number;
  low: number;
}

/** What an Interface Description Block says (draft-ietf-opsawg-pcapng §4.2). */
export interface WrittenInterface {
  name: string;
  description: string;
  linkType: number;
  /** 0 for no limit. */
  snapLength: ByteCount;
  /** Octet of `if_tsresol`. */
  resolution: number;
  /** Seconds of `if_tsoffset`, which are added to all times. */
  offset: Seconds;
  /** Capture filter in the language of libpcap; empty for none. */
  filter: string;
}

/** What an Interface Statistics Block says (draft-ietf-opsawg-pcapng §4.6). */
export interface WrittenStatistics {
  interfaceId: number;
  time: Uint64;
  startTime: Uint64;
  received: number;
  /** Dropped by the interface (`isb_ifdrop`). */
  interfaceDrops: number;
  /** Dropped by the operating system (`isb_osdrop`). */
  systemDrops: number;
}

/** Where an Interface Statistics Block made here has the value of `isb_ifdrop`, counted from its first byte. */
export const INTERFACE_DROPS_OFFSET: ByteCount = 36;
/** Length of an Interface Statistics Block made here. */
export const WRITTEN_STATISTICS_LENGTH: ByteCount = 76;

/** Writes an unsigned 32-bit integer, little-endian. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes an unsigned 64-bit integer, little-endian; exact up to 2⁵³. */
export function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, value % UINT32);
  writeUint32(bytes, at + 4, Math.floor(value / UINT32));
}

/** Sets `time` to a time of the resolution `NANOSECONDS`; `seconds` since 1970, at most 32 bits. */
export function setNanoseconds(time: Uint64, seconds: number, nanoseconds: number): void {
  // The product has up to 62 bits, so that it is made of two parts that doubles hold exactly.
  const upper = Math.floor(seconds / 0x10000) * 1e9;
  const lower = (seconds % 0x10000) * 1e9 + nanoseconds + (upper % 0x10000) * 0x10000;
  time.high = Math.floor(upper / 0x10000) + Math.floor(lower / UINT32);
  time.low = lower % UINT32;
}

/** Sets `time` to a time of the resolution `MICROSECONDS`; `seconds` since 1970, at most 32 bits. */
export function setMicroseconds(time: Uint64, seconds: number, microseconds: number): void {
  const all = seconds * 1e6 + microseconds;
  time.high = Math.floor(all / UINT32);
  time.low = all % UINT32;
}

/** Gives the units in one second of an `if_tsresol` octet: a power of ten, or of two where its highest bit is set. */
export function unitsPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
}

/** Gives a Section Header Block of unknown section length (draft-ietf-opsawg-pcapng §4.1). */
export function sectionHeaderBlock(application: string): Uint8Array {
  const fixed = new Uint8Array(16);
  writeUint32(fixed, 0, BYTE_ORDER_MAGIC);
  // Version 1.0.
  writeUint32(fixed, 4, 1);
  fixed.fill(0xff, 8);
  return block(SECTION_HEADER, fixed, [textOption(SHB_USERAPPL, application)]);
}

/** Gives an Interface Description Block (draft-ietf-opsawg-pcapng §4.2). */
export function interfaceDescriptionBlock(written: WrittenInterface): Uint8Array {
  const fixed = new Uint8Array(8);
  writeUint32(fixed, 0, written.linkType & 0xffff);
  writeUint32(fixed, 4, written.snapLength);
  const options: Uint8Array[] = [];
  if (written.name !== '') options.push(textOption(IF_NAME, written.name));
  if (written.description !== '') options.push(textOption(IF_DESCRIPTION, written.description));
  options.push(option(IF_TSRESOL, Uint8Array.of(written.resolution)));
  // The filter begins with its kind: 0 is a text for libpcap.
  if (written.filter !== '') options.push(textOption(IF_FILTER, `\0${written.filter}`));
  if (written.offset !== 0) {
    const value = new Uint8Array(8);
    writeUint32(value, 0, written.offset >>> 0);
    writeUint32(value, 4, Math.floor(written.offset / UINT32));
    options.push(option(IF_TSOFFSET, value));
  }
  return block(INTERFACE_DESCRIPTION, fixed, options);
}

/** Gives an Interface Statistics Block of `WRITTEN_STATISTICS_LENGTH` bytes (draft-ietf-opsawg-pcapng §4.6). */
export function interfaceStatisticsBlock(written: WrittenStatistics): Uint8Array {
  const fixed = new Uint8Array(12);
  writeUint32(fixed, 0, written.interfaceId);
  writeUint32(fixed, 4, written.time.high);
  writeUint32(fixed, 8, written.time.low);
  const start = new Uint8Array(8);
  writeUint32(start, 0, written.startTime.high);
  writeUint32(start, 4, written.startTime.low);
  return block(INTERFACE_STATISTICS, fixed, [
    countOption(ISB_IFRECV, written.received),
    countOption(ISB_IFDROP, written.interfaceDrops),
    countOption(ISB_OSDROP, written.systemDrops),
    option(ISB_STARTTIME, start),
  ]);
}

/** Gives the length of an Enhanced Packet Block for so many bytes, without options. */
export function enhancedPacketLength(captured: ByteCount): ByteCount {
  return ENHANCED_PACKET_LENGTH + captured + (-captured & 3);
}

/**
 * Writes an Enhanced Packet Block without options into `target` from `at`, for the packet `bytes[start..end)`; gives
 * where it ends. `target` must have room for `enhancedPacketLength` bytes (draft-ietf-opsawg-pcapng §4.3).
 */
export function writeEnhancedPacket(
  target: Uint8Array,
  at: number,
  interfaceId: number,
  time: Uint64,
  original: ByteCount,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const captured = end - start;
  const length = enhancedPacketLength(captured);
  const next = at + length;
  writeUint32(target, at, ENHANCED_PACKET);
  writeUint32(target, at + 4, length);
  writeUint32(target, at + 8, interfaceId);
  writeUint32(target, at + 12, time.high);
  writeUint32(target, at + 16, time.low);
  writeUint32(target, at + 20, captured);
  writeUint32(target, at + 24, original);
  target.set(bytes.subarray(start, end), at + 28);
  target.fill(0, at + 28 + captured, next - 4);
  writeUint32(target, next - 4, length);
  return next;
}

/** Gives an Enhanced Packet Block with comments (draft-ietf-opsawg-pcapng §3.5.1, §4.3). */
export function commentedPacketBlock(
  interfaceId: number,
  time: Uint64,
  original: ByteCount,
  bytes: Uint8Array,
  comments: readonly string[],
): Uint8Array {
  const padded = bytes.length + (-bytes.length & 3);
  const fixed = new Uint8Array(20 + padded);
  writeUint32(fixed, 0, interfaceId);
  writeUint32(fixed, 4, time.high);
  writeUint32(fixed, 8, time.low);
  writeUint32(fixed, 12, bytes.length);
  writeUint32(fixed, 16, original);
  fixed.set(bytes, 20);
  return block(
    ENHANCED_PACKET,
    fixed,
    comments.map((comment) => textOption(OPT_COMMENT, comment)),
  );
}

/** Gives a Decryption Secrets Block (draft-ietf-opsawg-pcapng §4.7). */
export function secretsBlock(type: number, secrets: Uint8Array): Uint8Array {
  const fixed = new Uint8Array(8 + secrets.length + (-secrets.length & 3));
  writeUint32(fixed, 0, type);
  writeUint32(fixed, 4, secrets.length);
  fixed.set(secrets, 8);
  return block(DECRYPTION_SECRETS, fixed, []);
}

function block(type: number, fixed: Uint8Array, options: readonly Uint8Array[]): Uint8Array {
  let length = 12 + fixed.length + (options.length > 0 ? 4 : 0);
  for (const { length: one } of options) length += one;
  const bytes = new Uint8Array(length);
  writeUint32(bytes, 0, type);
  writeUint32(bytes, 4, length);
  bytes.set(fixed, 8);
  let at = 8 + fixed.length;
  for (const one of options) {
    bytes.set(one, at);
    at += one.length;
  }
  // What is left before the repeated length, where there are options, is opt_endofopt: zeros.
  writeUint32(bytes, length - 4, length);
  return bytes;
}

function option(code: number, whole: Uint8Array): Uint8Array {
  const value = whole.subarray(0, MOST_OPTION);
  const bytes = new Uint8Array(4 + value.length + (-value.length & 3));
  writeUint32(bytes, 0, code | (value.length << 16));
  bytes.set(value, 4);
  return bytes;
}

function textOption(code: number, text: string): Uint8Array {
  return option(code, encoder.encode(text));
}

function countOption(code: number, count: number): Uint8Array {
  const value = new Uint8Array(8);
  writeUint64(value, 0, count);
  return option(code, value);
}
