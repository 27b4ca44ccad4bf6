import { readIpVersion } from './ip.ts';
import type { Layer } from './layer.ts';
import { Inner, uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';
import { isCiscoHdlc, readMpls, readPpp, readPppoe } from './ppp.ts';
import { passFrameCheck, readWpanTap } from './wpan.ts';

/** Link types that are read here: LINKTYPE_ numbers, and DLT_RAW as some systems write it into files. */
const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** DLT_RAW of most systems. */
  raw12: 12,
  /** DLT_RAW of OpenBSD. */
  raw14: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  loop: 108,
  linuxCooked1: 113,
  wpan: 195,
  ipv4: 228,
  ipv6: 229,
  wpanWithoutCheck: 230,
  linuxCooked2: 276,
  wpanTap: 283,
} as const;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** IEEE 802.1Q tag. */
const ETHERTYPE_VLAN = 0x8100;
/** IEEE 802.1ad service tag. */
const ETHERTYPE_SERVICE_VLAN = 0x88a8;
/** Outer tag of equipment before 802.1ad. */
const ETHERTYPE_OLD_QINQ = 0x9100;
const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
/** Value of a Linux cooked header before IEEE 802.2 logical link control. */
const COOKED_802_2 = 0x0004;
/** Values below are lengths of IEEE 802.3 frames or kinds of frame of Linux, not ethertypes. IEEE 802.3 §3.2.6. */
const LEAST_ETHERTYPE = 0x0600;

/** Most VLAN tags in one frame. */
const MAX_VLAN_TAGS = 4;

/** Bytes of an Ethernet header without tags. */
const ETHERNET_HEADER = 14;
/** Bytes of the headers of Linux cooked captures, version 1 and 2. */
const COOKED1_HEADER = 16;
const COOKED2_HEADER = 20;

/** Bytes of a SNAP header with its logical link control header. RFC 1042. */
const SNAP_HEADER = 8;

const ADDRESS_FAMILY_INET = 2;

/** AF_INET6 differs: Linux 10, Windows 23, NetBSD and OpenBSD 24, FreeBSD 28, Darwin 30. */
function isInet6(family: number): boolean {
  return family === 30 || family === 28 || family === 24 || family === 10 || family === 23;
}

/** ARPHRD_ types whose protocol field is no ethertype: FRAD 770, IEEE 802.11 801 to 803, netlink 824. */
function isWithoutEthertype(device: number): boolean {
  return device === 824 || device === 770 || (device >= 801 && device <= 803);
}

/**
 * Moves over VLAN tags, and what else is named by an ethertype, to the network header. Gives an `Inner` code.
 */
export function readEthertype(layer: Layer, first: number): number {
  let type = first;
  for (let tags = 0; ; tags++) {
    if (type === ETHERTYPE_IPV4) return 4;
    if (type === ETHERTYPE_IPV6) return 6;
    if (type !== ETHERTYPE_VLAN && type !== ETHERTYPE_SERVICE_VLAN && type !== ETHERTYPE_OLD_QINQ) break;
    if (tags === MAX_VLAN_TAGS) {
      layer.fail(NotRead.tooManyHeaders);
      return 0;
    }
    if (layer.isShort(4, NotRead.malformedLink)) return 0;
    type = uint16(layer.bytes, layer.at + 2);
    layer.at += 4;
  }
  if (type === ETHERTYPE_PPPOE_SESSION) return readPppoe(layer);
  if (type === ETHERTYPE_MPLS) return readMpls(layer);
  if (type < LEAST_ETHERTYPE) layer.fail(NotRead.logicalLinkControl);
  else layer.fail(NotRead.etherType, type);
  return Inner.none;
}

/** Reads the SNAP header that names an ethertype (RFC 1042); other logical link control is named. */
function readSnap(layer: Layer): number {
  const { bytes, at } = layer;
  const isSnap =
    at + SNAP_HEADER <= layer.end &&
    uint16(bytes, at) === 0xaaaa &&
    uint16(bytes, at + 2) === 0x0300 &&
    uint16(bytes, at + 4) === 0;
  if (!isSnap) {
    layer.fail(NotRead.logicalLinkControl);
    return Inner.none;
  }
  layer.at += SNAP_HEADER;
  return readEthertype(layer, uint16(bytes, at + 6));
}

/** Reads an Ethernet header with its VLAN tags (IEEE 802.3, 802.1Q, 802.1ad). Gives 4, 6 or 0, as `readLink`. */
export function readEthernet(layer: Layer): number {
  if (layer.isShort(ETHERNET_HEADER, NotRead.malformedLink)) return 0;
  const type = uint16(layer.bytes, layer.at + 12);
  layer.at += ETHERNET_HEADER;
  if (type >= LEAST_ETHERTYPE) return readEthertype(layer, type);
  if (layer.at + type <= layer.wireEnd) layer.limitTo(layer.at + type);
  return readSnap(layer);
}

function readCooked1(layer: Layer): number {
  if (layer.isShort(COOKED1_HEADER, NotRead.malformedLink)) return 0;
  const device = uint16(layer.bytes, layer.at + 2);
  const type = uint16(layer.bytes, layer.at + 14);
  layer.at += COOKED1_HEADER;
  if (type === COOKED_802_2) return readSnap(layer);
  if (!isWithoutEthertype(device)) return readEthertype(layer, type);
  layer.fail(NotRead.cookedDevice, device);
  return 0;
}

function readCooked2(layer: Layer): number {
  if (layer.isShort(COOKED2_HEADER, NotRead.malformedLink)) return 0;
  const type = uint16(layer.bytes, layer.at);
  const device = uint16(layer.bytes, layer.at + 8);
  // The device's index: a router's packet passes two devices, and both sights of it are in the file.
  layer.device = uint16(layer.bytes, layer.at + 4) * 0x10000 + uint16(layer.bytes, layer.at + 6);
  layer.at += COOKED2_HEADER;
  if (type === COOKED_802_2) return readSnap(layer);
  if (!isWithoutEthertype(device)) return readEthertype(layer, type);
  layer.fail(NotRead.cookedDevice, device);
  return 0;
}

/**
 * The family stands in the byte order of the capturing host, which may differ from the file's. Some systems put
 * an ethertype into the last two bytes instead.
 */
function readLoopback(layer: Layer): number {
  if (layer.isShort(4, NotRead.malformedLink)) return 0;
  const high = uint16(layer.bytes, layer.at);
  const low = uint16(layer.bytes, layer.at + 2);
  layer.at += 4;
  if (high !== 0 && low !== 0) return readEthertype(layer, low);
  const family = high === 0 ? low : (high >> 8) | ((high & 0xff) << 8);
  if (family === ADDRESS_FAMILY_INET) return 4;
  if (isInet6(family)) return 6;
  layer.fail(NotRead.loopbackFamily, family);
  return 0;
}

function readHdlc(layer: Layer): number {
  if (!isCiscoHdlc(layer)) return readPpp(layer);
  if (layer.isShort(4, NotRead.malformedLink)) return Inner.none;
  const type = uint16(layer.bytes, layer.at + 2);
  layer.at += 4;
  return readEthertype(layer, type);
}

/**
 * Reads the link header of a frame: Ethernet (1), Linux cooked (113, 276), raw IP (101, 12, 14, 228, 229), BSD
 * loopback (0, 108), PPP (9, 50, 51); of IEEE 802.15.4 (195, 230, 283) what stands around the MAC header. Gives an
 * `Inner` code, with `layer.at` at what it says; `Inner.none` is what is not read, which `layer.notRead` names.
 * Layouts: the link-layer header types of the tcpdump group.
 */
export function readLink(linkType: number, layer: Layer): number {
  switch (linkType) {
    case LinkType.ethernet:
      return readEthernet(layer);
    case LinkType.linuxCooked1:
      return readCooked1(layer);
    case LinkType.linuxCooked2:
      return readCooked2(layer);
    case LinkType.raw:
    case LinkType.raw12:
    case LinkType.raw14:
      return readIpVersion(layer, NotRead.ipVersion);
    case LinkType.null:
    case LinkType.loop:
      return readLoopback(layer);
    case LinkType.ipv4:
      return Inner.ipv4;
    case LinkType.ipv6:
      return Inner.ipv6;
    case LinkType.ppp:
      return readPpp(layer);
    case LinkType.pppHdlc:
      return readHdlc(layer);
    case LinkType.pppoe:
      return readPppoe(layer);
    case LinkType.wpan:
      return passFrameCheck(layer) ? Inner.wpan : Inner.none;
    case LinkType.wpanWithoutCheck:
      return Inner.wpan;
    case LinkType.wpanTap:
      return readWpanTap(layer) ? Inner.wpan : Inner.none;
    default:
      layer.fail(NotRead.linkType, linkType);
      return Inner.none;
  }
}
