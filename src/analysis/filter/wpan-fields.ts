import { HeaderKind } from '../../network/header-trace.ts';
import { lowpanPlaces, type LowpanPlaces } from '../../network/lowpan.ts';
import { wpanPlaces, type WpanPlaces } from '../../network/wpan.ts';
import type { MessageBytesAccess } from './bytes-access.ts';
import { WIRESHARK } from './field-declaration.ts';
import type { BytesField, EachValue, FilterField } from './field.ts';
import type { HeaderWalk } from './header-walk.ts';
import { readFlag, readNumber, readOpaque, readPresence } from './read-fields.ts';

/** Bits of the frame control field: name, what it says, shift, mask. IEEE 802.15.4-2020 §7.2.2. */
const CONTROL: readonly (readonly [string, string, number, number])[] = [
  ['fcf', 'frame control field', 0, 0xffff],
  ['frame_type', 'type of the frame; data is 1', 0, 7],
  ['dst_addr_mode', 'addressing mode of the receiver', 10, 3],
  ['version', 'version of the frame', 12, 3],
  ['src_addr_mode', 'addressing mode of the sender', 14, 3],
];
const CONTROL_BITS: readonly (readonly [string, string, number])[] = [
  ['security', 'the frame is secured', 3],
  ['pending', 'more frames wait', 4],
  ['ack_request', 'an acknowledgement is asked for', 5],
  ['pan_id_compression', 'a PAN identifier is left out', 6],
];

/** Fields of LOWPAN_IPHC: name, what it says, shift, mask in its two bytes. RFC 6282 §3.1.1. */
const COMPRESSION: readonly (readonly [string, string, number, number])[] = [
  ['tf', 'how traffic class and flow label are compressed', 11, 3],
  ['hlim', 'how the hop limit is compressed', 8, 3],
  ['sam', 'how the source address is compressed', 4, 3],
  ['dam', 'how the destination address is compressed', 0, 3],
];
const COMPRESSION_BITS: readonly (readonly [string, string, number])[] = [
  ['nh', 'the next header is compressed', 10],
  ['cid', 'numbers of contexts follow', 7],
  ['sac', 'the source address needs a context', 6],
  ['m', 'the destination is a group', 3],
  ['dac', 'the destination address needs a context', 2],
];

/** Bits of the hop limit's compression; 0 where it is sent in full. RFC 6282 §3.1.1. */
const HOPS_COMPRESSED = 0x0300;

/** Bytes of a link address. IEEE 802.15.4-2020 §7.2.2.9. */
const SHORT = 2;
const EXTENDED = 8;

/** Fields of the MAC header of IEEE 802.15.4 and of 6LoWPAN, of the frame that holds the message or completes it. */
export function wpanFields(walk: HeaderWalk, access: MessageBytesAccess): FilterField[] {
  const mac = walk.of(HeaderKind.wpan);
  const lowpan = walk.of(HeaderKind.lowpan);
  let places: WpanPlaces | undefined;
  let adaptation: LowpanPlaces | undefined;
  const eachMac: EachValue = (row, visit) =>
    mac(row, () => {
      const { bytes, start, end } = walk.current!;
      places = wpanPlaces(bytes, start, end);
      return places !== undefined && visit(row);
    });
  const eachLowpan: EachValue = (row, visit) =>
    lowpan(row, () => {
      const { bytes, start, end } = walk.current!;
      adaptation = lowpanPlaces(bytes, start, end);
      return visit(row);
    });
  const little16 = (at: number): number =>
    at < 0 ? NaN : walk.current!.bytes[at]! | (walk.current!.bytes[at + 1]! << 8);
  const wpan = (name: string, title: string, each = eachMac) => ({
    name: `wpan.${name}`,
    title,
    wireshark: WIRESHARK,
    each,
  });
  const six = (name: string, title: string, each = eachLowpan) => ({
    name: `6lowpan.${name}`,
    title,
    wireshark: WIRESHARK,
    each,
  });
  const short = (end: 'source' | 'destination') => (): number =>
    places![`${end}Length`] === SHORT ? little16(places![end]) : NaN;
  /** An extended address as it is written: most significant byte first. */
  const extended = (name: string, title: string, end: 'source' | 'destination'): FilterField =>
    readOpaque(
      wpan(name, title),
      () => (places![`${end}Length`] === EXTENDED ? EXTENDED : -1),
      byteOf(() => places![end]),
    );
  const byteOf =
    (start: () => number): BytesField['byteAt'] =>
    (_row, index) =>
      walk.current!.bytes[start() + EXTENDED - 1 - index]!;
  let end: 'source' | 'destination' = 'source';
  const bothEnds: EachValue = (row, visit) =>
    eachMac(row, () => {
      end = 'source';
      if (visit(row)) return true;
      end = 'destination';
      return visit(row);
    });
  const compression = (): number => {
    const at = adaptation!.compressed;
    if (at < 0) return NaN;
    return (walk.current!.bytes[at]! << 8) | walk.current!.bytes[at + 1]!;
  };
  const part = (shift: number, mask: number) => (): number => {
    const bits = compression();
    return bits !== bits ? NaN : (bits >> shift) & mask;
  };
  /** Number of a context of the source (shift 4) or the destination (0): behind the two bytes, where it is there. */
  const context = (shift: number) => (): number => {
    const bits = compression();
    if (bits !== bits || (bits & 0x80) === 0) return NaN;
    return (walk.current!.bytes[adaptation!.compressed + 2]! >> shift) & 15;
  };
  const fragment = (read: (bytes: Uint8Array, at: number) => number) => (): number =>
    adaptation!.fragment < 0 ? NaN : read(walk.current!.bytes, adaptation!.fragment);
  return [
    readPresence('wpan', 'the message came over IEEE 802.15.4', WIRESHARK, (row) => mac(row, () => true)),
    readNumber(
      wpan('frame_length', 'length of the MAC frame with its check sequence', mac),
      (row) => access.frameLength(row) - walk.current!.start,
      'bytes',
    ),
    ...CONTROL.map(([name, title, shift, mask]) =>
      readNumber(wpan(name, title), () => (places!.control >> shift) & mask),
    ),
    ...CONTROL_BITS.map(([name, title, shift]) =>
      readFlag(wpan(name, title), () => (places!.control >> shift) & 1),
    ),
    readNumber(wpan('seq_no', 'sequence number of the frame'), () =>
      places!.sequence < 0 ? NaN : walk.current!.bytes[places!.sequence]!,
    ),
    readNumber(wpan('dst_pan', 'PAN identifier of the receiver'), () => little16(places!.destinationPan)),
    readNumber(wpan('dst16', 'short address of the receiver'), short('destination')),
    extended('dst64', 'extended address of the receiver', 'destination'),
    readNumber(wpan('src_pan', 'PAN identifier of the sender'), () => little16(places!.sourcePan)),
    readNumber(wpan('src16', 'short address of the sender'), short('source')),
    extended('src64', 'extended address of the sender', 'source'),
    readNumber(wpan('addr16', 'short address of either end', bothEnds), () => short(end)()),
    readOpaque(
      wpan('addr64', 'extended address of either end', bothEnds),
      () => (places![`${end}Length`] === EXTENDED ? EXTENDED : -1),
      byteOf(() => places![end]),
    ),
    readPresence('6lowpan', 'the message came over 6LoWPAN', WIRESHARK, (row) => lowpan(row, () => true)),
    ...COMPRESSION.map(([name, title, shift, mask]) =>
      readNumber(six(`iphc.${name}`, title), part(shift, mask)),
    ),
    ...COMPRESSION_BITS.map(([name, title, shift]) => readFlag(six(`iphc.${name}`, title), part(shift, 1))),
    readNumber(six('iphc.sci', 'number of the source’s context'), context(4)),
    readNumber(six('iphc.dci', 'number of the destination’s context'), context(0)),
    readNumber(
      six('frag.size', 'length of the datagram of which this is a fragment'),
      fragment((bytes, at) => ((bytes[at]! & 7) << 8) | bytes[at + 1]!),
      'bytes',
    ),
    readNumber(
      six('frag.tag', 'tag of the fragmented datagram'),
      fragment((bytes, at) => (bytes[at + 2]! << 8) | bytes[at + 3]!),
    ),
    readNumber(six('frag.offset', 'place of the fragment in the datagram, in units of 8 bytes'), () =>
      adaptation!.isFirst ? NaN : fragment((bytes, at) => bytes[at + 4]!)(),
    ),
    ...addressesInFull(six, walk, lowpan),
  ];
}

/** Addresses, hop limit and ports of the IPv6 packet with its headers in full. */
function addressesInFull(
  six: (name: string, title: string, each: EachValue) => Parameters<typeof readNumber>[0],
  walk: HeaderWalk,
  lowpan: EachValue,
): FilterField[] {
  const ipv6 = walk.of(HeaderKind.ipv6);
  const udp = walk.of(HeaderKind.udp);
  /** Bits of LOWPAN_IPHC in the frame; -1 where it has none, as in all fragments but the first. */
  const compression = (row: number): number => {
    let bits = -1;
    lowpan(row, () => {
      const { bytes, start, end } = walk.current!;
      const at = lowpanPlaces(bytes, start, end).compressed;
      if (at >= 0) bits = (bytes[at]! << 8) | bytes[at + 1]!;
      return at >= 0;
    });
    return bits;
  };
  const within =
    (each: EachValue): EachValue =>
    (row, visit) =>
      compression(row) >= 0 && each(row, visit);
  const address = (name: string, title: string, at: number): FilterField => ({
    kind: 'address',
    where: 'bytes',
    version: 6,
    bytesOfRow: () => walk.current!.bytes.subarray(walk.current!.start + at, walk.current!.start + at + 16),
    ...six(name, title, within(ipv6)),
  });
  const byte = (at: number): number => walk.current!.bytes[walk.current!.start + at]!;
  return [
    address('src', 'IPv6 address of the sender, in full', 8),
    address('dst', 'IPv6 address of the receiver, in full', 24),
    readNumber(
      six(
        'hops',
        'hop limit, where it is sent in full',
        (row, visit) => (compression(row) & HOPS_COMPRESSED) === 0 && ipv6(row, visit),
      ),
      () => byte(7),
    ),
    readNumber(
      six('udp.src', 'UDP port of the sender, in full', within(udp)),
      () => (byte(0) << 8) | byte(1),
    ),
    readNumber(
      six('udp.dst', 'UDP port of the receiver, in full', within(udp)),
      () => (byte(2) << 8) | byte(3),
    ),
  ];
}
