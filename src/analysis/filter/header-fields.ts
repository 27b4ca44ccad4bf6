import { HeaderKind, type HeaderCode, type TracedHeader } from '../../network/header-trace.ts';
import { UdpChecksum } from '../../network/udp.ts';
import type { MessageBytesAccess } from './bytes-access.ts';
import { WIRESHARK } from './field-declaration.ts';
import type { FilterField, NamedValue } from './field.ts';
import { once, readFlag, readNamed, readNumber } from './read-fields.ts';
import { HeaderWalk } from './header-walk.ts';
import { wpanFields } from './wpan-fields.ts';

/** A number in a header, as the filter and the tree of fields know it: name, what it says, first byte, bytes, bits to the right of it, mask; `flag` for one bit. */
export type HeaderRow = readonly [
  name: string,
  title: string,
  at: number,
  bytes: number,
  shift: number,
  mask: number,
  flag?: 'flag',
];

/** RFC 791 §3.1, RFC 2474 §3, RFC 3168 §5. */
export const IPV4_ROWS: readonly HeaderRow[] = [
  ['ip.version', 'version in the IPv4 header', 0, 1, 4, 0xf],
  ['ip.hdr_len', 'length of the IPv4 header', 0, 1, 0, 0xf],
  ['ip.dsfield', 'differentiated services field', 1, 1, 0, 0xff],
  ['ip.dsfield.dscp', 'differentiated services code point', 1, 1, 2, 0x3f],
  ['ip.dsfield.ecn', 'explicit congestion notification', 1, 1, 0, 3],
  ['ip.len', 'total length of the IPv4 packet', 2, 2, 0, 0xffff],
  ['ip.id', 'identification of the IPv4 packet', 4, 2, 0, 0xffff],
  ['ip.flags.df', 'do not fragment', 6, 1, 6, 1, 'flag'],
  ['ip.flags.mf', 'more fragments follow', 6, 1, 5, 1, 'flag'],
  ['ip.frag_offset', 'place of the fragment', 6, 2, 0, 0x1fff],
  ['ip.ttl', 'time to live', 8, 1, 0, 0xff],
  ['ip.proto', 'protocol in the IPv4 packet', 9, 1, 0, 0xff],
  ['ip.checksum', 'checksum of the IPv4 header', 10, 2, 0, 0xffff],
];

/** RFC 8200 §3. */
export const IPV6_ROWS: readonly HeaderRow[] = [
  ['ipv6.version', 'version in the IPv6 header', 0, 1, 4, 0xf],
  ['ipv6.tclass', 'traffic class', 0, 2, 4, 0xff],
  ['ipv6.tclass.dscp', 'differentiated services code point', 0, 2, 6, 0x3f],
  ['ipv6.tclass.ecn', 'explicit congestion notification', 0, 2, 4, 3],
  ['ipv6.flow', 'flow label', 0, 4, 0, 0xfffff],
  ['ipv6.plen', 'payload length of the IPv6 packet', 4, 2, 0, 0xffff],
  ['ipv6.nxt', 'next header', 6, 1, 0, 0xff],
  ['ipv6.hlim', 'hop limit', 7, 1, 0, 0xff],
];

/** RFC 768. */
export const UDP_ROWS: readonly HeaderRow[] = [
  ['udp.length', 'length of the UDP datagram with its header', 4, 2, 0, 0xffff],
  ['udp.checksum', 'checksum in the UDP header', 6, 2, 0, 0xffff],
];

/** RFC 9293 §3.1. Of a message in several segments, those of the one that completes it. */
export const TCP_ROWS: readonly HeaderRow[] = [
  ['tcp.seq_raw', 'sequence number of the segment', 4, 4, 0, 0xffffffff],
  ['tcp.ack_raw', 'acknowledgement number of the segment', 8, 4, 0, 0xffffffff],
  ['tcp.flags', 'control bits of the segment', 12, 2, 0, 0xfff],
  ['tcp.window_size_value', 'window of the segment, not scaled', 14, 2, 0, 0xffff],
  ['tcp.checksum', 'checksum of the segment', 16, 2, 0, 0xffff],
];

/** Units of 32 bits in the length of an IPv4 header. RFC 791 §3.1. */
const WORD = 4;

/** States of a checksum as Wireshark numbers them. */
const CHECKSUM_STATES: readonly NamedValue[] = [
  { value: 0, names: ['Bad'] },
  { value: 1, names: ['Good'] },
  { value: 2, names: ['Unverified'] },
  { value: 3, names: ['Not present'] },
];

function checksumState(code: number): number {
  switch (code) {
    case UdpChecksum.ok:
      return 1;
    case UdpChecksum.absent:
      return 3;
    case UdpChecksum.wrong:
    case UdpChecksum.partial:
      return 0;
    case UdpChecksum.unknown:
      return 2;
    default:
      return NaN;
  }
}

/** A number of `length` bytes in the header at hand, most significant first; NaN behind its end. */
function numberIn(header: TracedHeader, at: number, length: number): number {
  const start = header.start + at;
  if (start + length > header.end) return NaN;
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + header.bytes[start + index]!;
  return value;
}

/** The number that a row finds in a header; NaN where the header ends before it. */
export function headerValue(
  header: TracedHeader,
  name: string,
  at: number,
  bytes: number,
  shift: number,
  mask: number,
): number {
  const value = numberIn(header, at, bytes);
  if (value !== value) return NaN;
  const number = ((value >>> shift) & mask) >>> 0;
  return name === 'ip.hdr_len' ? number * WORD : number;
}

/** Fields of the headers of IP, UDP and TCP, and of what stands below IPv6 on low-power radio. */
export function headerFields(access: MessageBytesAccess): FilterField[] {
  const walk = new HeaderWalk(access);
  const rows = (table: readonly HeaderRow[], kind: HeaderCode): FilterField[] => {
    const each = walk.of(kind);
    return table.map(([name, title, at, bytes, shift, mask, flag]) => {
      const source = (): number => headerValue(walk.current!, name, at, bytes, shift, mask);
      const field = { name, title, wireshark: WIRESHARK, each };
      return flag === 'flag' ? readFlag(field, source) : readNumber(field, source);
    });
  };
  const tcp = walk.of(HeaderKind.tcp);
  return [
    ...rows(IPV4_ROWS, HeaderKind.ipv4),
    ...rows(IPV6_ROWS, HeaderKind.ipv6),
    ...rows(UDP_ROWS, HeaderKind.udp),
    readNamed(
      {
        name: 'udp.checksum.status',
        title: 'what the UDP checksum says of the datagram',
        wireshark: WIRESHARK,
        each: once(),
      },
      (row) => checksumState(access.udpChecksum(row)),
      CHECKSUM_STATES,
    ),
    ...rows(TCP_ROWS, HeaderKind.tcp),
    readNumber(
      { name: 'tcp.hdr_len', title: 'length of the TCP header', wireshark: WIRESHARK, each: tcp },
      () => walk.current!.end - walk.current!.start,
      'bytes',
    ),
    ...wpanFields(walk, access),
  ];
}
