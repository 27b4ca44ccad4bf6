import type { ByteCount } from './units.ts';

/** Type of the Section Header Block, the same in both byte orders (draft-ietf-opsawg-pcapng §4.1). */
export const SECTION_HEADER = 0x0a0d0d0a;
/** Shortest block: type, length, length again (draft-ietf-opsawg-pcapng §3.1). */
export const LEAST_BLOCK_LENGTH: ByteCount = 12;
/** Byte-order magic of a section (draft-ietf-opsawg-pcapng §4.1). */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Block types that are read (draft-ietf-opsawg-pcapng §4; appendix A for the Packet Block). */
export const INTERFACE_DESCRIPTION = 1;
export const PACKET = 2;
export const SIMPLE_PACKET = 3;
export const NAME_RESOLUTION = 4;
export const INTERFACE_STATISTICS = 5;
export const ENHANCED_PACKET = 6;
export const DECRYPTION_SECRETS = 10;

/** Longest block that is read; beyond it, a block of a kind that is read is damage. */
export const MOST_BLOCK_LENGTH: ByteCount = 134_217_728 + 65_536;

/** A skipped block beyond this length is passed over as it comes, without being gathered or checked at its end. */
export const MOST_GATHERED_SKIP: ByteCount = 1_048_576;

/** Drop count of a Packet Block that means "not known" (draft-ietf-opsawg-pcapng, appendix A). */
export const DROPS_UNKNOWN = 0xffff;

/** Names of the block types that carry no frame (draft-ietf-opsawg-pcapng §11, registry of block types). */
const SKIPPED_KINDS: ReadonlyMap<number, string> = new Map([
  [NAME_RESOLUTION, 'name resolution'],
  [7, 'IRIG timestamp'],
  [8, 'ARINC 429 in AFDX'],
  [9, 'systemd journal'],
  [DECRYPTION_SECRETS, 'decryption secrets'],
  [0x101, 'Hone project machine info'],
  [0x102, 'Hone project connection event'],
  [0x201, 'Sysdig machine info'],
  [0x202, 'Sysdig process info'],
  [0x203, 'Sysdig file descriptors'],
  [0x204, 'Sysdig event'],
  [0x205, 'Sysdig interface list'],
  [0x206, 'Sysdig user list'],
  [0x208, 'Sysdig event with flags'],
  [0x216, 'Sysdig event v2'],
  [0x217, 'Sysdig event v2 with flags'],
  [0x221, 'Sysdig event v2 large'],
  [0x222, 'Sysdig event v2 large with flags'],
  [0xbad, 'custom'],
  [0x40000bad, 'custom'],
  [0x80000001, 'Apple process information'],
]);

/** Blocks without a frame that Wireshark numbers like frames, so that our numbers stay its numbers (wiretap, pcapng.c). */
export const NUMBERED_KINDS: ReadonlySet<number> = new Set([9, 0x204, 0x216, 0x221, 0xbad, 0x40000bad]);

/** Most kinds of unknown blocks counted by their own number; the rest are counted together. */
const MOST_UNKNOWN_KINDS = 64;

/** Counts a block that is passed over by the name of its kind, `unknown 0x…` where it has none. */
export function countBlock(counts: Map<string, number>, type: number): void {
  let kind = SKIPPED_KINDS.get(type);
  if (kind === undefined) {
    kind = `unknown 0x${type.toString(16).padStart(8, '0')}`;
    if (counts.size >= MOST_UNKNOWN_KINDS && !counts.has(kind)) kind = 'unknown';
  }
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

/** Says whether a block of this type is read; others are passed over. */
export function isReadKind(type: number): boolean {
  return (
    type === SECTION_HEADER ||
    type === INTERFACE_DESCRIPTION ||
    type === PACKET ||
    type === SIMPLE_PACKET ||
    type === NAME_RESOLUTION ||
    type === INTERFACE_STATISTICS ||
    type === ENHANCED_PACKET ||
    type === DECRYPTION_SECRETS
  );
}
