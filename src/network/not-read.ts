import { linkTypeName } from '../capture/link-types.ts';

/** Why a frame gave no datagram. Codes; `notReadName` gives the words. */
export const NotRead = {
  none: 0,
  /** Detail: link type number. */
  linkType: 1,
  /** Detail: ethertype. */
  etherType: 2,
  /** IEEE 802.3 length instead of an ethertype. */
  logicalLinkControl: 3,
  /** Linux cooked capture of a device without ethertypes. Detail: ARPHRD_ number. */
  cookedDevice: 4,
  /** Detail: protocol family of a BSD loopback header. */
  loopbackFamily: 5,
  /** Detail: IP protocol number. */
  ipProtocol: 6,
  /** Detail: version nibble. */
  ipVersion: 7,
  malformedLink: 8,
  malformedIpv4: 9,
  malformedIpv6: 10,
  malformedUdp: 11,
  malformedFragment: 12,
  /** RFC 8200 §4.5: a datagram with overlapping fragments is discarded. */
  overlappingFragments: 13,
  /** The rest of the datagram was not captured in time. */
  incompleteFragments: 14,
  /** Fragments inside of fragments. */
  nestedFragments: 15,
  /** More tags, extension headers or tunnels than the named limits allow. */
  tooManyHeaders: 16,
  /** Cut by the capture before the UDP payload begins. */
  headersCut: 17,
  malformedTcp: 18,
  /** A TCP connection that begins with HTTP and does not go on with CoAP. */
  http: 19,
  /** A frame of IEEE 802.15.4 other than data. Detail: frame type. */
  wpanFrame: 20,
  /** IEEE 802.15.4 security: what follows the MAC header is encrypted or at least not the plain payload. */
  wpanSecured: 21,
  /** Wrong frame check sequence. */
  wpanDamaged: 22,
  /** A data frame without payload. */
  wpanEmpty: 23,
  malformedLowpan: 24,
  /** Detail: dispatch byte. RFC 4944 §5.1. */
  lowpanDispatch: 25,
  /** A next header compressed in a way that is not read. Detail: its LOWPAN_NHC byte. RFC 6282 §4.1. */
  lowpanHeader: 26,
  /** The rest of the datagram was not captured in time. */
  incompleteLowpan: 27,
  /** Detail: PPP protocol number. */
  pppProtocol: 28,
  /** Neither IPv4 nor IPv6 under an MPLS label stack. Detail: first four bits. */
  mplsPayload: 29,
  /** Generic Routing Encapsulation with a version or flags that are not read. Detail: flags and version. */
  gre: 30,
  /** Neither IPv4 nor IPv6 in a GTP-U packet. Detail: first four bits. */
  gtpPayload: 31,
  /** An ICMP error about a UDP datagram. Detail: type times 256 plus code. */
  icmpError: 32,
  /** The same of ICMPv6. */
  icmpv6Error: 33,
  /** ZEP version 2, type acknowledgment. */
  zepAcknowledgment: 34,
  /** A packet that was read, with the prefix of a context that nobody gave left zero. Detail: its number. */
  lowpanContext: 35,
} as const;

/** Highest detail that is kept, so that code and detail fit one small integer. */
const MAX_DETAIL = 0xffff;

/** Ethertypes that are named when not read. IEEE 802 Numbers (IANA). */
const ETHERTYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x0842, 'Wake-on-LAN'],
  [0x6558, 'transparent Ethernet bridging'],
  [0x8035, 'RARP'],
  [0x809b, 'AppleTalk'],
  [0x8137, 'IPX'],
  [0x8808, 'Ethernet flow control'],
  [0x8809, 'slow protocols'],
  [0x8847, 'MPLS'],
  [0x8848, 'MPLS'],
  [0x8863, 'PPPoE discovery'],
  [0x8864, 'PPPoE session'],
  [0x888e, 'EAPOL'],
  [0x8892, 'PROFINET'],
  [0x88a4, 'EtherCAT'],
  [0x88cc, 'LLDP'],
  [0x88e5, 'MACsec'],
  [0x88e7, 'provider backbone bridge'],
  [0x88f7, 'PTP'],
  [0x8926, 'VN-Tag'],
  [0x9000, 'loopback test'],
  [0xa0ed, '6LoWPAN'],
]);

/** PPP protocols that are named when not read. PPP Numbers (IANA). */
const PPP_PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [0x002d, 'Van Jacobson compressed TCP/IP'],
  [0x002f, 'Van Jacobson uncompressed TCP/IP'],
  [0x003d, 'multilink'],
  [0x00fd, 'compressed datagram'],
  [0x8021, 'IPCP'],
  [0x8057, 'IPv6CP'],
  [0x80fd, 'CCP'],
  [0xc021, 'LCP'],
  [0xc023, 'PAP'],
  [0xc025, 'LQR'],
  [0xc223, 'CHAP'],
]);

/** Frame types of IEEE 802.15.4. IEEE 802.15.4-2020 table 7-1. */
const WPAN_FRAME_NAMES = [
  'beacon',
  'data',
  'acknowledgment',
  'command',
  'reserved',
  'multipurpose',
  'fragment',
  'extended',
];

/** Errors of ICMP and their codes that are named. ICMP Parameters (IANA). */
const ICMP_ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [0x300, 'network unreachable'],
  [0x301, 'host unreachable'],
  [0x302, 'protocol unreachable'],
  [0x303, 'port unreachable'],
  [0x304, 'fragmentation needed'],
  [0x309, 'network prohibited'],
  [0x30a, 'host prohibited'],
  [0x30d, 'communication prohibited'],
  [0x400, 'source quench'],
  [0xb00, 'time to live exceeded'],
  [0xb01, 'fragment reassembly time exceeded'],
  [0xc00, 'parameter problem'],
]);

/** Errors of ICMPv6 and their codes that are named. ICMPv6 Parameters (IANA). */
const ICMPV6_ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [0x100, 'no route to destination'],
  [0x101, 'communication prohibited'],
  [0x102, 'beyond scope of source address'],
  [0x103, 'address unreachable'],
  [0x104, 'port unreachable'],
  [0x105, 'source address failed policy'],
  [0x106, 'reject route to destination'],
  [0x200, 'packet too big'],
  [0x300, 'hop limit exceeded'],
  [0x301, 'fragment reassembly time exceeded'],
]);

/** IP protocols that are named when not read. Protocol Numbers (IANA). */
const IP_PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'IGMP'],
  [8, 'EGP'],
  [27, 'RDP'],
  [33, 'DCCP'],
  [46, 'RSVP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [59, 'no next header'],
  [88, 'EIGRP'],
  [89, 'OSPF'],
  [94, 'IPIP'],
  [103, 'PIM'],
  [108, 'IPComp'],
  [112, 'VRRP'],
  [115, 'L2TP'],
  [132, 'SCTP'],
  [136, 'UDP-Lite'],
  [137, 'MPLS-in-IP'],
  [139, 'HIP'],
  [140, 'Shim6'],
]);

function numbered(what: string, number: string | number, name: string | undefined): string {
  return name === undefined ? `${what} ${number}` : `${what} ${number} ${name}`;
}

/** Words for an ICMP error (`version` 4) or an ICMPv6 one (6): `port unreachable`, `error type 4 code 2`. */
export function icmpErrorName(version: number, type: number, code: number): string {
  const names = version === 4 ? ICMP_ERROR_NAMES : ICMPV6_ERROR_NAMES;
  return names.get((type << 8) | code) ?? `error type ${type} code ${code}`;
}

/** Words for an ICMP error: `ICMP: port unreachable`, `ICMPv6: error type 4 code 2`. */
function icmpErrorText(protocol: string, version: number, detail: number): string {
  return `${protocol}: ${icmpErrorName(version, detail >> 8, detail & 0xff)}`;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function linkTypeText(linkType: number): string {
  const name = linkTypeName(linkType);
  const text = numbered('link type', linkType, undefined);
  return name === text ? text : `${text} ${name}`;
}

/**
 * Words for a `NotRead` code and the number that completes it, such as `link type 147 user 0`, `ARP`,
 * `ethertype 0x88cc LLDP`, `IP protocol 50 ESP`, `malformed IPv4 header`.
 */
export function notReadName(code: number, detail: number): string {
  switch (code) {
    case NotRead.linkType:
      return linkTypeText(detail);
    case NotRead.etherType:
      if (detail === 0x0806) return 'ARP';
      return numbered('ethertype', hex(detail, 4), ETHERTYPE_NAMES.get(detail));
    case NotRead.logicalLinkControl:
      return 'IEEE 802.3 logical link control';
    case NotRead.cookedDevice:
      return `Linux cooked device type ${detail}`;
    case NotRead.loopbackFamily:
      return `loopback family ${detail}`;
    case NotRead.ipProtocol:
      if (detail === 1) return 'ICMP';
      if (detail === 6) return 'TCP';
      if (detail === 58) return 'ICMPv6';
      return numbered('IP protocol', detail, IP_PROTOCOL_NAMES.get(detail));
    case NotRead.ipVersion:
      return `IP version ${detail}`;
    case NotRead.malformedLink:
      return 'malformed link header';
    case NotRead.malformedIpv4:
      return 'malformed IPv4 header';
    case NotRead.malformedIpv6:
      return 'malformed IPv6 header';
    case NotRead.malformedUdp:
      return 'malformed UDP header';
    case NotRead.malformedFragment:
      return 'malformed IP fragment';
    case NotRead.overlappingFragments:
      return 'overlapping IPv6 fragments';
    case NotRead.incompleteFragments:
      return 'incomplete IP fragments';
    case NotRead.nestedFragments:
      return 'IP fragments within IP fragments';
    case NotRead.tooManyHeaders:
      return 'too many nested headers';
    case NotRead.malformedTcp:
      return 'malformed TCP header';
    case NotRead.http:
      return 'HTTP';
    case NotRead.headersCut:
      return 'headers cut by the capture';
    case NotRead.wpanFrame:
      return `IEEE 802.15.4 ${WPAN_FRAME_NAMES[detail] ?? 'unknown'} frame`;
    case NotRead.wpanSecured:
      return 'IEEE 802.15.4 frame secured at link level';
    case NotRead.wpanDamaged:
      return 'IEEE 802.15.4 frame with a wrong check sequence';
    case NotRead.wpanEmpty:
      return 'IEEE 802.15.4 data frame without payload';
    case NotRead.malformedLowpan:
      return 'malformed 6LoWPAN header';
    case NotRead.lowpanDispatch:
      return detail < 0x40
        ? 'IEEE 802.15.4 payload other than 6LoWPAN'
        : `6LoWPAN dispatch ${hex(detail, 2)}`;
    case NotRead.lowpanHeader:
      return `6LoWPAN header compression ${hex(detail, 2)}`;
    case NotRead.incompleteLowpan:
      return 'incomplete 6LoWPAN fragments';
    case NotRead.pppProtocol:
      return numbered('PPP protocol', hex(detail, 4), PPP_PROTOCOL_NAMES.get(detail));
    case NotRead.mplsPayload:
      return 'MPLS without IP';
    case NotRead.gre:
      return (detail & 7) === 0 ? 'GRE with source routing' : `GRE version ${detail & 7}`;
    case NotRead.gtpPayload:
      return 'GTP-U without IP';
    case NotRead.icmpError:
      return icmpErrorText('ICMP', 4, detail);
    case NotRead.icmpv6Error:
      return icmpErrorText('ICMPv6', 6, detail);
    case NotRead.zepAcknowledgment:
      return 'ZEP acknowledgment';
    case NotRead.lowpanContext:
      return `6LoWPAN context ${detail} unknown`;
    default:
      return `not read, code ${code}`;
  }
}

/** Different reasons that are counted apart; further ones are counted together. */
const MAX_REASONS = 1024;

/**
 * Counts what was not read by code and detail. `count` allocates nothing for a reason seen before. At most
 * 1,024 reasons are told apart; frames beyond stand under `other`.
 */
export class NotReadCounter {
  /** Position in `#frames` by code and detail. */
  readonly #positions = new Map<number, number>();
  readonly #frames: number[] = [];
  #other = 0;
  #lastKey = -1;
  #lastPosition = 0;

  /**
   * Counts `frames` frames under a `NotRead` code and the number that completes it. Fewer than none takes back
   * what was counted before it was known what the frames are.
   */
  count(code: number, detail: number, frames = 1): void {
    const key = code * (MAX_DETAIL + 1) + (detail & MAX_DETAIL);
    if (key !== this.#lastKey) {
      let position = this.#positions.get(key);
      if (position === undefined) {
        if (this.#frames.length === MAX_REASONS) {
          this.#other += frames;
          return;
        }
        position = this.#frames.length;
        this.#positions.set(key, position);
        this.#frames.push(0);
      }
      this.#lastKey = key;
      this.#lastPosition = position;
    }
    this.#frames[this.#lastPosition]! += frames;
  }

  /** What was counted, most frames first; equal numbers in the order first seen. */
  entries(): { what: string; frames: number }[] {
    const byName = new Map<string, number>();
    for (const [key, position] of this.#positions) {
      const what = notReadName(Math.floor(key / (MAX_DETAIL + 1)), key & MAX_DETAIL);
      byName.set(what, (byName.get(what) ?? 0) + this.#frames[position]!);
    }
    if (this.#other > 0) byName.set('other', this.#other);
    return [...byName]
      .map(([what, frames]) => ({ what, frames }))
      .filter(({ frames }) => frames > 0)
      .sort((a, b) => b.frames - a.frames);
  }
}
