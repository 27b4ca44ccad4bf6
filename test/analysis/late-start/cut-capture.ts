const PCAPNG = 0x0a0d0d0a;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
/** Block types with a packet: obsolete, simple and enhanced (draft-ietf-opsawg-pcapng §4). */
const PACKETS = new Set([2, 3, 6]);

/** Offsets of the packets of a pcapng or pcap file, and where each ends; undefined for another file. */
export function packetsOf(bytes: Uint8Array): [number, number][] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PCAP_HEADER) return undefined;
  const packets: [number, number][] = [];
  if (view.getUint32(0) === PCAPNG) {
    const isLittle = bytes[8] === 0x4d;
    for (let at = 0; at + 12 <= bytes.length;) {
      const length = view.getUint32(at + 4, isLittle);
      if (length < 12 || at + length > bytes.length) break;
      if (PACKETS.has(view.getUint32(at, isLittle))) packets.push([at, at + length]);
      at += length;
    }
    return packets;
  }
  const isLittle = bytes[0] !== 0xa1;
  if (![0xa1, 0xd4, 0x4d].includes(bytes[0]!)) return undefined;
  for (let at = PCAP_HEADER; at + RECORD_HEADER <= bytes.length;) {
    const end = at + RECORD_HEADER + view.getUint32(at + 8, isLittle);
    if (end > bytes.length) break;
    packets.push([at, end]);
    at = end;
  }
  return packets;
}

/** A capture without its first packets. */
export function withoutFirst(
  bytes: Uint8Array,
  packets: readonly [number, number][],
  count: number,
): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [start, end] of packets.slice(0, count)) {
    parts.push(bytes.subarray(from, start));
    from = end;
  }
  parts.push(bytes.subarray(from));
  const kept = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    kept.set(part, at);
    at += part.length;
  }
  return kept;
}

/**
 * How many packets are left out at the beginning, in turn: a quarter, half, three quarters, and places of the
 * capture's own, drawn from its name; or one after the other every so many packets where `all` is set.
 */
export function cutsOf(name: string, packets: number, drawn: number, all: boolean): number[] {
  const cuts = new Set([0.25, 0.5, 0.75].map((share) => Math.floor(packets * share)));
  if (all) {
    const step = Math.max(1, Math.floor(packets / 100));
    for (let count = 1; count < packets - 1; count += step) cuts.add(count);
  }
  // A linear congruential generator (Numerical Recipes, §7.1) begun with the letters of the name.
  let state = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  for (let index = 0; index < drawn; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    cuts.add(1 + Math.floor((state / 2 ** 32) * (packets - 2)));
  }
  return [...cuts].filter((count) => count > 0 && count < packets).sort((a, b) => a - b);
}
