import { Inner, uint16 } from './layer.ts';
import type { Layer } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Address and control field of PPP in HDLC-like framing. RFC 1662 §3.1. */
const ALL_STATIONS = 0xff;
const UNNUMBERED = 0x03;
/** First bytes of Cisco's HDLC framing, which link type 50 may hold too: unicast and broadcast. */
const CISCO_UNICAST = 0x0f;
const CISCO_BROADCAST = 0x8f;

/** PPP protocols. PPP Numbers (IANA); RFC 1332 §2, RFC 5072 §3, RFC 3032 §4.3. */
const PROTOCOL_IPV4 = 0x0021;
const PROTOCOL_IPV6 = 0x0057;
const PROTOCOL_MPLS = 0x0281;

/** Most label stack entries of one packet. */
const MAX_LABELS = 16;

/**
 * Reads the PPP protocol field (RFC 1661 §2), which is one byte where it is compressed (§6.5). Gives what
 * follows: an `Inner` code.
 */
export function readPppProtocol(layer: Layer): number {
  if (layer.isShort(1, NotRead.malformedLink)) return Inner.none;
  let protocol = layer.bytes[layer.at]!;
  if ((protocol & 1) === 0) {
    if (layer.isShort(2, NotRead.malformedLink)) return Inner.none;
    protocol = uint16(layer.bytes, layer.at);
    layer.at++;
  }
  layer.at++;
  if (protocol === PROTOCOL_IPV4) return Inner.ipv4;
  if (protocol === PROTOCOL_IPV6) return Inner.ipv6;
  if (protocol === PROTOCOL_MPLS) return readMpls(layer);
  layer.fail(NotRead.pppProtocol, protocol);
  return Inner.none;
}

/** Reads a PPP frame with or without address and control field (RFC 1661, RFC 1662). Gives an `Inner` code. */
export function readPpp(layer: Layer): number {
  if (layer.isShort(2, NotRead.malformedLink)) return Inner.none;
  const { bytes, at } = layer;
  if (bytes[at] === ALL_STATIONS && bytes[at + 1] === UNNUMBERED) layer.at += 2;
  return readPppProtocol(layer);
}

/** True where a frame of link type 50 is framed as Cisco's HDLC: two bytes and an ethertype. */
export function isCiscoHdlc(layer: Layer): boolean {
  const first = layer.at < layer.end ? layer.bytes[layer.at] : 0;
  return first === CISCO_UNICAST || first === CISCO_BROADCAST;
}

/** Bytes of a PPPoE header. RFC 2516 §4. */
const PPPOE_HEADER = 6;

/** Reads a PPPoE session header and the PPP in it (RFC 2516 §4, §6). Gives an `Inner` code. */
export function readPppoe(layer: Layer): number {
  if (layer.isShort(PPPOE_HEADER, NotRead.malformedLink)) return Inner.none;
  const { bytes, at } = layer;
  if (bytes[at] !== 0x11 || bytes[at + 1] !== 0) {
    layer.fail(NotRead.malformedLink);
    return Inner.none;
  }
  layer.at += PPPOE_HEADER;
  layer.limitTo(layer.at + uint16(bytes, at + 4));
  return readPppProtocol(layer);
}

/**
 * Moves over an MPLS label stack (RFC 3032 §2.1). What is under it stands nowhere in the packet: the first four
 * bits tell IPv4 and IPv6, as routers do (RFC 4928 §3). Gives an `Inner` code.
 */
export function readMpls(layer: Layer): number {
  for (let labels = 0; labels < MAX_LABELS; labels++) {
    if (layer.isShort(4, NotRead.malformedLink)) return Inner.none;
    const isBottom = (layer.bytes[layer.at + 2]! & 1) !== 0;
    layer.at += 4;
    if (isBottom) return readVersion(layer, NotRead.mplsPayload);
  }
  layer.fail(NotRead.tooManyHeaders);
  return Inner.none;
}

/** Tells IPv4 and IPv6 by the version; `other` is the reason where it is neither. Gives an `Inner` code. */
export function readVersion(layer: Layer, other: number): number {
  if (layer.isShort(1, NotRead.malformedLink)) return Inner.none;
  const version = layer.bytes[layer.at]! >> 4;
  if (version === 4) return Inner.ipv4;
  if (version === 6) return Inner.ipv6;
  layer.fail(other, version);
  return Inner.none;
}
