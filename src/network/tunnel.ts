import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import { readIpVersion } from './ip.ts';
import type { Layer } from './layer.ts';
import { Inner, uint16 } from './layer.ts';
import { readEthernet, readEthertype } from './link.ts';
import { NotRead } from './not-read.ts';
import { FrameCheck, passFrameCheck } from './wpan.ts';

/** What `enterTunnel` gives for a datagram that carries no packet. */
export const NO_TUNNEL = -1;

/** Port of the Virtual eXtensible Local Area Network. RFC 7348 §5. */
const VXLAN_PORT = 4789;
/** Port of the GPRS tunnelling protocol for user data. 3GPP TS 29.281 §4.4.2.3. */
const GTP_USER_PORT = 2152;
/** Port of the ZigBee encapsulation protocol, in which sniffers send frames of IEEE 802.15.4. */
const ZEP_PORT = 17_754;

/**
 * Enters the tunnel that a UDP datagram is, told by its port and the fixed bits of the header, as far as they were
 * captured, so that CoAP on such a port stays CoAP. Gives an `Inner` code, or `NO_TUNNEL` with `layer` unmoved.
 */
export function enterTunnel(layer: Layer, datagram: Datagram): number {
  switch (datagram.destinationPort) {
    case VXLAN_PORT:
      return enterVxlan(layer);
    case GTP_USER_PORT:
      return enterGtp(layer);
    case ZEP_PORT:
      return enterZep(layer);
    default:
      return NO_TUNNEL;
  }
}

/** Bytes of a VXLAN header. RFC 7348 §5. */
const VXLAN_HEADER: ByteCount = 8;
/** Bytes of a VXLAN header and of the Ethernet header in it. */
const LEAST_VXLAN: ByteCount = VXLAN_HEADER + 14;
/** The flag "network identifier is valid"; all others are zero. RFC 7348 §5. */
const VXLAN_FLAGS = 0x08;

/** VXLAN header and Ethernet header. RFC 7348 §5. */
function enterVxlan(layer: Layer): number {
  if (layer.wireEnd - layer.at < LEAST_VXLAN) return NO_TUNNEL;
  const { bytes, at, end } = layer;
  if (at < end && bytes[at] !== VXLAN_FLAGS) return NO_TUNNEL;
  for (let index = 1; index < VXLAN_HEADER && at + index < end; index++) {
    const isIdentifier = index >= 4 && index <= 6;
    if (!isIdentifier && bytes[at + index] !== 0) return NO_TUNNEL;
  }
  layer.at = at + VXLAN_HEADER;
  return readEthernet(layer);
}

/** Bytes of a GTP-U header, and of the optional fields behind it. 3GPP TS 29.281 §5.1. */
const GTP_HEADER: ByteCount = 8;
const GTP_OPTIONAL: ByteCount = 4;
/** Version 1 and protocol type GTP: the first four bits. 3GPP TS 29.281 §5.1. */
const GTP_VERSION = 3;
/** Message type of a packet of a user. 3GPP TS 29.281 §6.1. */
const GTP_PACKET = 255;
/** Most extension headers in one packet. */
const MAX_GTP_EXTENSIONS = 16;

/** GTP-U header with its extension headers (3GPP TS 29.281 §5.1, §5.2) around an IP packet. */
function enterGtp(layer: Layer): number {
  const { bytes, at, end } = layer;
  if (layer.wireEnd - at < GTP_HEADER) return NO_TUNNEL;
  if (at < end && bytes[at]! >> 4 !== GTP_VERSION) return NO_TUNNEL;
  if (at + 1 < end && bytes[at + 1] !== GTP_PACKET) return NO_TUNNEL;
  if (layer.isShort(GTP_HEADER, NotRead.malformedLink)) return Inner.none;
  layer.at = at + GTP_HEADER;
  const length = uint16(bytes, at + 2);
  if (layer.at + length <= layer.wireEnd) layer.limitTo(layer.at + length);
  if ((bytes[at]! & 7) !== 0) {
    if (layer.isShort(GTP_OPTIONAL, NotRead.malformedLink)) return Inner.none;
    layer.at += GTP_OPTIONAL;
    const hasExtensions = (bytes[at]! & 4) !== 0;
    // The last byte of each header is the type of the next; 0 ends the list.
    for (let count = 0; hasExtensions && bytes[layer.at - 1] !== 0; count++) {
      if (layer.isShort(1, NotRead.malformedLink)) return Inner.none;
      const extension = bytes[layer.at]! * 4;
      if (count === MAX_GTP_EXTENSIONS || extension === 0) {
        layer.fail(extension === 0 ? NotRead.malformedLink : NotRead.tooManyHeaders);
        return Inner.none;
      }
      if (layer.isShort(extension, NotRead.malformedLink)) return Inner.none;
      layer.at += extension;
    }
  }
  return readIpVersion(layer, NotRead.gtpPayload);
}

/** Bytes of a ZEP header, version 1 and version 2. Layout: Wireshark's dissector, the only description there is. */
const ZEP1_HEADER: ByteCount = 16;
const ZEP2_HEADER: ByteCount = 32;
/** Type of a ZEP version 2 packet that carries a frame. */
const ZEP_DATA = 1;
/** Beyond the indexes of network devices, so that the two are not confused. */
const ZEP_DEVICES = 0x1000000;

/** ZEP header around a frame of IEEE 802.15.4 with its check sequence. */
function enterZep(layer: Layer): number {
  const { bytes, at, end } = layer;
  if (layer.wireEnd - at < 4) return NO_TUNNEL;
  if (at < end && bytes[at] !== 0x45) return NO_TUNNEL;
  if (at + 1 < end && bytes[at + 1] !== 0x58) return NO_TUNNEL;
  if (at + 2 < end && bytes[at + 2] !== 1 && bytes[at + 2] !== 2) return NO_TUNNEL;
  if (layer.isShort(4, NotRead.malformedLink)) return Inner.none;
  const isSecond = bytes[at + 2] === 2;
  if (isSecond && bytes[at + 3] !== ZEP_DATA) {
    layer.fail(NotRead.zepAcknowledgment);
    return Inner.none;
  }
  const header = isSecond ? ZEP2_HEADER : ZEP1_HEADER;
  if (layer.isShort(header, NotRead.malformedLink)) return Inner.none;
  layer.at = at + header;
  const frameEnd = layer.at + bytes[layer.at - 1]!;
  if (frameEnd > layer.wireEnd) {
    layer.fail(NotRead.malformedLink);
    return Inner.none;
  }
  layer.limitTo(frameEnd);
  // The device's identifier: one frame that two sniffers heard is two frames.
  layer.device = ZEP_DEVICES + uint16(bytes, at + (isSecond ? 5 : 4));
  // Mode 0 is the format of the CC24xx radios, where link quality was measured; 1 is a check sequence.
  const check = bytes[at + (isSecond ? 7 : 6)] === 0 ? FrameCheck.cc24xx : FrameCheck.sequence;
  return passFrameCheck(layer, check) ? Inner.wpan : Inner.none;
}

/** GRE flags: checksum, routing, key, sequence number. RFC 2784 §2.1, RFC 2890 §2; routing RFC 1701. */
const GRE_CHECKSUM = 0x8000;
const GRE_ROUTING = 0x4000;
const GRE_KEY = 0x2000;
const GRE_SEQUENCE = 0x1000;
/** Protocol type of an Ethernet frame. RFC 1701 appendix, NVGRE RFC 7637 §3.2. */
const GRE_ETHERNET = 0x6558;

/** Reads a GRE header of version 0 (RFC 2784, RFC 2890) and moves to what it carries. Gives an `Inner` code. */
export function readGre(layer: Layer): number {
  if (layer.isShort(4, NotRead.malformedLink)) return Inner.none;
  const flags = uint16(layer.bytes, layer.at);
  const type = uint16(layer.bytes, layer.at + 2);
  if ((flags & 7) !== 0 || (flags & GRE_ROUTING) !== 0) {
    layer.fail(NotRead.gre, flags);
    return Inner.none;
  }
  const length =
    4 +
    ((flags & GRE_CHECKSUM) === 0 ? 0 : 4) +
    ((flags & GRE_KEY) === 0 ? 0 : 4) +
    ((flags & GRE_SEQUENCE) === 0 ? 0 : 4);
  if (layer.isShort(length, NotRead.malformedLink)) return Inner.none;
  layer.at += length;
  return type === GRE_ETHERNET ? readEthernet(layer) : readEthertype(layer, type);
}
