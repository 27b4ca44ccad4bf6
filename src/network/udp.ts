import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import type { Layer } from './layer.ts';
import { uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Bytes of a UDP header. RFC 768. */
export const UDP_HEADER: ByteCount = 8;
/** Protocol number of UDP, as the pseudo header has it. */
const UDP_PROTOCOL = 17;

/**
 * Reads a UDP header (RFC 768): sets ports and payload of `out` and moves `layer` to the payload. A length of 0
 * is allowed in IPv6 only (jumbograms, RFC 2675 §4) and means all that is left. A length that is less than the
 * header or passes the IP payload is malformed: no receiver takes it. The checksum is taken, not checked,
 * as captures on the sending host often lack it: `udpChecksum` checks. Gives false for what is not read.
 */
export function readUdp(layer: Layer, ipVersion: number, out: Datagram): boolean {
  if (layer.isShort(UDP_HEADER, NotRead.malformedUdp)) return false;
  const { bytes, at } = layer;
  const length = uint16(bytes, at + 4);
  if (length !== 0 || ipVersion === 4) {
    if (length < UDP_HEADER || at + length > layer.wireEnd) return layer.fail(NotRead.malformedUdp);
    layer.limitTo(at + length);
  }
  layer.at = at + UDP_HEADER;
  out.sourcePort = uint16(bytes, at);
  out.destinationPort = uint16(bytes, at + 2);
  out.checksum = uint16(bytes, at + 6);
  out.bytes = bytes;
  out.start = layer.at;
  out.end = layer.end;
  out.payloadLength = layer.wireEnd - layer.at;
  return true;
}

/** What `udpChecksum` finds. */
export const UdpChecksum = {
  ok: 0,
  /** The field is 0: none was made (RFC 768), or it was left out (RFC 6282 §4.3.2). */
  absent: 1,
  wrong: 2,
  /** The capture cut the datagram. */
  unknown: 3,
  /** The field holds the sum over the pseudo header alone, as a host leaves it for its network device to complete. */
  partial: 4,
} as const;

/**
 * Checks the UDP checksum of a datagram (RFC 768, with the pseudo header of RFC 8200 §8.1 in IPv6). Gives a
 * `UdpChecksum` code. `partial`, and `wrong` too, is usual for what the capturing host sent itself: its network device fills it in.
 */
export function udpChecksum(datagram: Datagram): number {
  if (datagram.checksum === 0) return UdpChecksum.absent;
  const { bytes, start, end, addressBytes, payloadLength } = datagram;
  if (end - start !== payloadLength) return UdpChecksum.unknown;
  const length = payloadLength + UDP_HEADER;
  const addressLength = datagram.ipVersion === 4 ? 4 : 16;
  const { checksum } = datagram;
  // The length stands in the pseudo header, as 32 bits where it is a jumbogram's.
  let sum = UDP_PROTOCOL + (length >>> 16) + (length & 0xffff);
  for (let index = 0; index < addressLength; index += 2) {
    sum += uint16(addressBytes, datagram.sourceAddress + index);
    sum += uint16(addressBytes, datagram.destinationAddress + index);
  }
  if (folded(sum) === checksum) return UdpChecksum.partial;
  // Ports, length and checksum stand in the header; the length was added as the pseudo header's.
  sum += datagram.sourcePort + datagram.destinationPort + checksum + (length <= 0xffff ? length : 0);
  for (let at = start; at < end; at += 2) sum += (bytes[at]! << 8) | (at + 1 < end ? bytes[at + 1]! : 0);
  return folded(sum) === 0xffff ? UdpChecksum.ok : UdpChecksum.wrong;
}

/** The one's complement sum of 16 bits. RFC 1071 §1. */
function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = Math.floor(rest / 0x10000) + (rest & 0xffff);
  return rest;
}
