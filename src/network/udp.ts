import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import type { Layer } from './layer.ts';
import { uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Bytes of a UDP header. RFC 768. */
const UDP_HEADER: ByteCount = 8;

/** Port of the Virtual eXtensible Local Area Network. RFC 7348 §5. */
const VXLAN_PORT = 4789;
/** Bytes of a VXLAN header. RFC 7348 §5. */
const VXLAN_HEADER: ByteCount = 8;
/** Bytes of a VXLAN header and of the Ethernet header in it. */
const LEAST_VXLAN: ByteCount = VXLAN_HEADER + 14;
/** The flag "network identifier is valid"; all others are zero. RFC 7348 §5. */
const VXLAN_FLAGS = 0x08;

/**
 * Reads a UDP header (RFC 768): sets ports and payload of `out` and moves `layer` to the payload. A length of 0
 * is allowed in IPv6 only (jumbograms, RFC 2675 §4) and means all that is left. A length that is less than the
 * header or passes the IP payload is malformed: no receiver takes it. The checksum is not checked, as captures
 * on the sending host often lack it. Gives false for what is not read.
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
  out.bytes = bytes;
  out.start = layer.at;
  out.end = layer.end;
  out.payloadLength = layer.wireEnd - layer.at;
  return true;
}

/**
 * True where the datagram carries a VXLAN header and an Ethernet frame (RFC 7348 §5); then `layer` is moved to
 * that frame. Told by the port and the header's fixed bits, as far as captured, so that CoAP on this port stays
 * CoAP.
 */
export function enterVxlan(layer: Layer, datagram: Datagram): boolean {
  if (datagram.destinationPort !== VXLAN_PORT || layer.wireEnd - layer.at < LEAST_VXLAN) return false;
  const { bytes, at, end } = layer;
  if (at < end && bytes[at] !== VXLAN_FLAGS) return false;
  for (let index = 1; index < VXLAN_HEADER && at + index < end; index++) {
    const isIdentifier = index >= 4 && index <= 6;
    if (!isIdentifier && bytes[at + index] !== 0) return false;
  }
  layer.at = at + VXLAN_HEADER;
  return true;
}
