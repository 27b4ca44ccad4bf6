import type { ByteCount } from './units.ts';
import { crc32 } from './crc32.ts';
import { Inflater, InflateState } from './inflate.ts';
import { readUint16, readUint32 } from './record-reader.ts';

/** One file of an archive. */
export interface ZipEntry {
  name: string;
  bytes: Uint8Array;
}

/** What could be read of an archive; `faults` says what could not, each with the file's name where one is meant. */
export interface ZipContent {
  entries: ZipEntry[];
  faults: { name: string; text: string }[];
}

/** Limits that keep a small archive from growing without end. */
export interface ZipLimits {
  /** Files that are read. */
  entries: number;
  /** Size of one file, decompressed. */
  entryBytes: ByteCount;
  /** Size of all files together, decompressed. */
  totalBytes: ByteCount;
}

/** Signatures and fixed lengths (APPNOTE §4.3.7, §4.3.12, §4.3.16). */
const LOCAL = 0x04034b50;
const LOCAL_LENGTH: ByteCount = 30;
const CENTRAL = 0x02014b50;
const CENTRAL_LENGTH: ByteCount = 46;
const END = 0x06054b50;
const END_LENGTH: ByteCount = 22;
/** Longest comment behind the end record (APPNOTE §4.4.12). */
const MOST_COMMENT: ByteCount = 65_535;
/** Entries that are looked at, those that are not wanted included. */
const MAX_LISTED = 65_535;
/** Bit 0 of the flags: encrypted (APPNOTE §4.4.4). */
const ENCRYPTED = 1;
const Method = { stored: 0, deflate: 8 } as const;

const decoder = new TextDecoder();

/** Whether bytes begin as an archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (readUint32(bytes, 0, false) === LOCAL || readUint32(bytes, 0, false) === END);
}

/**
 * Reads the files of a zip archive whose names `wanted` takes, by its central directory (APPNOTE §4.3.12): stored or
 * deflated, each checked by its CRC-32. Encrypted files, ZIP64, several disks and other methods are faults, and so is
 * what exceeds a limit. Data that several entries share is refused, for such an archive is made to overwhelm.
 */
export function readZip(bytes: Uint8Array, wanted: (name: string) => boolean, limits: ZipLimits): ZipContent {
  const content: ZipContent = { entries: [], faults: [] };
  const fault = (name: string, text: string): void => {
    content.faults.push({ name, text });
  };
  const end = endRecord(bytes);
  if (end < 0) {
    fault('', 'the archive has no directory: it is cut, or no zip file');
    return content;
  }
  const count = readUint16(bytes, end + 10, false);
  let at = readUint32(bytes, end + 16, false);
  if (count === 0xffff || at === 0xffffffff) {
    fault('', 'archives in ZIP64 are not read');
    return content;
  }
  let total = 0;
  /** Where the data of entries lies that were read, to find those that share some. */
  const ranges: [number, number][] = [];
  for (let index = 0; index < Math.min(count, MAX_LISTED); index++) {
    if (at + CENTRAL_LENGTH > end || readUint32(bytes, at, false) !== CENTRAL) {
      fault('', `the directory is damaged: entry ${index + 1} of ${count} is not where it should be`);
      return content;
    }
    const nameLength = readUint16(bytes, at + 28, false);
    const name = decoder.decode(bytes.subarray(at + CENTRAL_LENGTH, at + CENTRAL_LENGTH + nameLength));
    const entry = at;
    at += CENTRAL_LENGTH + nameLength + readUint16(bytes, at + 30, false) + readUint16(bytes, at + 32, false);
    if (name.endsWith('/') || !wanted(name)) continue;
    if (content.entries.length === limits.entries) {
      fault('', `the archive has more than ${limits.entries} files of interest`);
      return content;
    }
    const size = readUint32(bytes, entry + 24, false);
    if (size > limits.entryBytes) {
      fault(name, `decompressed it is longer than ${limits.entryBytes} bytes`);
      continue;
    }
    total += size;
    if (total > limits.totalBytes) {
      fault('', `decompressed the archive is longer than ${limits.totalBytes} bytes`);
      return content;
    }
    const read = readEntry(bytes, entry, size, ranges);
    if (typeof read === 'string') fault(name, read);
    else content.entries.push({ name, bytes: read });
  }
  return content;
}

/** Where the end record lies (APPNOTE §4.3.16), behind which only a comment stands; -1 where there is none. */
function endRecord(bytes: Uint8Array): number {
  const lowest = Math.max(0, bytes.length - END_LENGTH - MOST_COMMENT);
  for (let at = bytes.length - END_LENGTH; at >= lowest; at--)
    if (
      readUint32(bytes, at, false) === END &&
      at + END_LENGTH + readUint16(bytes, at + 20, false) <= bytes.length
    )
      return at;
  return -1;
}

/** The bytes of one file, or what is wrong with it. `size` is what the directory says. */
function readEntry(
  bytes: Uint8Array,
  entry: number,
  size: ByteCount,
  ranges: [number, number][],
): Uint8Array | string {
  const method = readUint16(bytes, entry + 10, false);
  const crc = readUint32(bytes, entry + 16, false);
  const packed = readUint32(bytes, entry + 20, false);
  const local = readUint32(bytes, entry + 42, false);
  if ((readUint16(bytes, entry + 8, false) & ENCRYPTED) !== 0) return 'it is encrypted';
  if (method !== Method.stored && method !== Method.deflate)
    return `it is compressed by method ${method}; stored (0) and deflate (8) are read`;
  if (local + LOCAL_LENGTH > bytes.length || readUint32(bytes, local, false) !== LOCAL)
    return 'its data is not where the directory says';
  const start =
    local + LOCAL_LENGTH + readUint16(bytes, local + 26, false) + readUint16(bytes, local + 28, false);
  const end = start + packed;
  if (end > bytes.length) return 'it is cut';
  if (ranges.some(([from, to]) => local < to && from < end)) return 'it shares its data with another file';
  ranges.push([local, end]);
  const data = bytes.subarray(start, end);
  const read = method === Method.stored ? data : inflate(data, size);
  if (typeof read === 'string') return read;
  if (read.length !== size) return `it has ${read.length} bytes and not ${size} as the directory says`;
  return crc32(0, read) === crc ? read : 'its checksum is wrong: something in it is damaged';
}

function inflate(data: Uint8Array, size: ByteCount): Uint8Array | string {
  const inflater = new Inflater();
  const result = new Uint8Array(size);
  let length = 0;
  inflater.feed(data);
  for (;;) {
    const state = inflater.run();
    const piece = inflater.take();
    if (length + piece.length > size) return `it is longer than ${size} bytes, which the directory says`;
    result.set(piece, length);
    length += piece.length;
    if (state === InflateState.ended) return result.subarray(0, length);
    if (state === InflateState.damaged) return `its compressed data is damaged: ${inflater.damage}`;
    if (state === InflateState.hungry) return 'its compressed data is cut';
  }
}
