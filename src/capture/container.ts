import type { CaptureReader, FrameSink } from './frame.ts';
import type { ByteCount } from './units.ts';
import { MAGIC_MICROSECONDS, MAGIC_MODIFIED, MAGIC_NANOSECONDS, PcapReader } from './pcap.ts';
import { BYTE_ORDER_MAGIC, SECTION_HEADER } from './pcapng-blocks.ts';
import { PcapngReader } from './pcapng.ts';
import { readUint32 } from './record-reader.ts';

/** Containers told by a file's first bytes; a log with hex dumps is none. */
export type PacketContainer = Exclude<CaptureReader['container'], 'hex dump'>;

/** What a file's first bytes say that it is. */
export type ContainerKind = PacketContainer | 'gzip' | 'unknown';

/** How many of a file's first bytes `detectContainer` looks at; fewer only where the file has no more. */
export const DETECT_LENGTH: ByteCount = 12;

/**
 * Says what a file is from its first `DETECT_LENGTH` bytes, never from its name. A file cut within those bytes is
 * taken for what it begins like, so that its reader can say where it is cut.
 */
export function detectContainer(head: Uint8Array): ContainerKind {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b && (head.length === 2 || head[2] === 8))
    return 'gzip';
  if (head.length < 4) return 'unknown';
  const magic = readUint32(head, 0, true);
  const reversed = readUint32(head, 0, false);
  if (magic === SECTION_HEADER) {
    const valid =
      head.length < DETECT_LENGTH ||
      readUint32(head, 8, true) === BYTE_ORDER_MAGIC ||
      readUint32(head, 8, false) === BYTE_ORDER_MAGIC;
    return valid ? 'pcapng' : 'unknown';
  }
  if (magic === MAGIC_MODIFIED || reversed === MAGIC_MODIFIED) return 'modified pcap';
  if (
    magic === MAGIC_MICROSECONDS ||
    reversed === MAGIC_MICROSECONDS ||
    magic === MAGIC_NANOSECONDS ||
    reversed === MAGIC_NANOSECONDS
  ) {
    return 'pcap';
  }
  return 'unknown';
}

/** Gives a reader for a container that has been detected; a gzip file is decompressed first and detected again. */
export function openReader(
  kind: Exclude<CaptureReader['container'], 'hex dump'>,
  sink: FrameSink,
): CaptureReader {
  return kind === 'pcapng' ? new PcapngReader(sink) : new PcapReader(sink);
}
