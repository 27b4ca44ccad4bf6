import type { ByteCount } from '../capture/units.ts';
import type { Layer } from './layer.ts';
import { Inner, uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';

/** IP protocol numbers that are read here. Protocol Numbers (IANA). */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  authentication: 51,
  icmpv6: 58,
  destination: 60,
  mobility: 135,
} as const;

/** Least bytes of an IPv4 header. RFC 791 §3.1. */
const IPV4_HEADER: ByteCount = 20;
/** Bytes of an IPv6 header. RFC 8200 §3. */
const IPV6_HEADER: ByteCount = 40;
/** Bytes of an IPv6 fragment header. RFC 8200 §4.5. */
const FRAGMENT_HEADER: ByteCount = 8;
/** Unit of fragment offsets, in bytes. RFC 791 §3.1, RFC 8200 §4.5. */
const FRAGMENT_UNIT: ByteCount = 8;

/** Most IPv6 extension headers and authentication headers in one packet. */
export const MAX_EXTENSION_HEADERS = 16;

/** What the IP headers of a packet say; the innermost ones where it is tunnelled. Reused for every packet. */
export class IpHeader {
  /** 4 or 6. */
  version = 4;
  /** Holds the addresses; the frame's own buffer, or a joined one inside of fragments. */
  addressBytes: Uint8Array = new Uint8Array(0);
  /** Index of the source address, 4 or 16 bytes. */
  source = 0;
  /** Index of the destination address. */
  destination = 0;
  /** Protocol of what follows. */
  protocol = 0;
  /** True where what follows is a fragment. */
  isFragment = false;
  /** True for all fragments but the last. */
  moreFragments = false;
  /** Where the fragment's bytes stand in the datagram, in bytes. */
  fragmentOffset: ByteCount = 0;
  identification = 0;
}

/** Tells IPv4 and IPv6 by the version; `other` is the reason where it is neither. Gives an `Inner` code. */
export function readIpVersion(layer: Layer, other: number): number {
  if (layer.isShort(1, NotRead.malformedLink)) return Inner.none;
  const version = layer.bytes[layer.at]! >> 4;
  if (version === 4) return Inner.ipv4;
  if (version === 6) return Inner.ipv6;
  layer.fail(other, version);
  return Inner.none;
}

/**
 * Reads an IPv4 header (RFC 791 §3.1) and moves behind it; what lies behind the total length is padding. A
 * total length of 0, as hosts that leave segmenting to the device write it, means up to the end of the frame.
 * Header checksums are not checked. Gives false for what is not read.
 */
export function readIpv4(layer: Layer, header: IpHeader): boolean {
  if (layer.isShort(IPV4_HEADER, NotRead.malformedIpv4)) return false;
  const { bytes, at } = layer;
  const first = bytes[at]!;
  if (first >> 4 !== 4) return layer.fail(NotRead.ipVersion, first >> 4);
  const headerLength = (first & 0x0f) * 4;
  const totalLength = uint16(bytes, at + 2);
  if (headerLength < IPV4_HEADER) return layer.fail(NotRead.malformedIpv4);
  if (totalLength !== 0) {
    if (totalLength < headerLength) return layer.fail(NotRead.malformedIpv4);
    layer.limitTo(at + totalLength);
  }
  if (layer.isShort(headerLength, NotRead.malformedIpv4)) return false;
  const fragmentation = uint16(bytes, at + 6);
  header.version = 4;
  header.addressBytes = bytes;
  header.source = at + 12;
  header.destination = at + 16;
  header.protocol = bytes[at + 9]!;
  header.moreFragments = (fragmentation & 0x2000) !== 0;
  header.fragmentOffset = (fragmentation & 0x1fff) * FRAGMENT_UNIT;
  header.isFragment = (fragmentation & 0x3fff) !== 0;
  header.identification = uint16(bytes, at + 4);
  layer.at = at + headerLength;
  return true;
}

/**
 * Reads an IPv6 header (RFC 8200 §3) and moves behind it, before the extension headers. A payload length of 0
 * (jumbograms, RFC 2675 §3) means up to the end of the frame. Gives false for what is not read.
 */
export function readIpv6(layer: Layer, header: IpHeader): boolean {
  if (layer.isShort(IPV6_HEADER, NotRead.malformedIpv6)) return false;
  const { bytes, at } = layer;
  const version = bytes[at]! >> 4;
  if (version !== 6) return layer.fail(NotRead.ipVersion, version);
  const payloadLength = uint16(bytes, at + 4);
  header.version = 6;
  header.addressBytes = bytes;
  header.source = at + 8;
  header.destination = at + 24;
  header.protocol = bytes[at + 6]!;
  header.isFragment = false;
  layer.at = at + IPV6_HEADER;
  if (payloadLength !== 0) layer.limitTo(layer.at + payloadLength);
  return true;
}

/**
 * Moves over the extension headers up to the upper layer or to the bytes of a fragment: hop-by-hop options,
 * routing, destination options, fragment (RFC 8200 §4), authentication (RFC 4302 §2, also in IPv4), mobility
 * (RFC 6275 §6.1). `header.protocol` becomes the protocol of what follows. A fragment header that says "not
 * fragmented" (RFC 6946) is passed over. Gives false for what is not read.
 */
export function readExtensionHeaders(layer: Layer, header: IpHeader): boolean {
  for (let count = 0; ; count++) {
    const { protocol } = header;
    const isAuthentication = protocol === IpProtocol.authentication;
    if (!isAuthentication && (header.version === 4 || !isExtension(protocol))) return true;
    if (count === MAX_EXTENSION_HEADERS) return layer.fail(NotRead.tooManyHeaders);
    const malformed = header.version === 4 ? NotRead.malformedIpv4 : NotRead.malformedIpv6;
    if (layer.isShort(FRAGMENT_HEADER, malformed)) return false;
    const { bytes, at } = layer;
    header.protocol = bytes[at]!;
    if (protocol === IpProtocol.fragment) {
      const fragmentation = uint16(bytes, at + 2);
      header.moreFragments = (fragmentation & 1) !== 0;
      header.fragmentOffset = fragmentation & 0xfff8;
      header.identification = (uint16(bytes, at + 4) << 16) | uint16(bytes, at + 6);
      layer.at = at + FRAGMENT_HEADER;
      header.isFragment = header.moreFragments || header.fragmentOffset !== 0;
      if (header.isFragment) return true;
    } else {
      const length = isAuthentication ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
      if (layer.isShort(length, malformed)) return false;
      layer.at = at + length;
    }
  }
}

function isExtension(protocol: number): boolean {
  return (
    protocol === IpProtocol.hopByHop ||
    protocol === IpProtocol.routing ||
    protocol === IpProtocol.fragment ||
    protocol === IpProtocol.destination ||
    protocol === IpProtocol.mobility
  );
}

/**
 * Whether a destination is a group or all hosts: IPv4 224.0.0.0/4 (RFC 5771 §3) and 255.255.255.255 (RFC 919
 * §7), IPv6 ff00::/8 (RFC 4291 §2.7). Broadcasts to one subnet cannot be told without its mask.
 */
export function isGroupAddress(bytes: Uint8Array, at: number, version: number): boolean {
  const first = bytes[at]!;
  if (version === 6) return first === 0xff;
  if (first < 224) return false;
  if (first < 240) return true;
  return first === 255 && bytes[at + 1] === 255 && bytes[at + 2] === 255 && bytes[at + 3] === 255;
}
