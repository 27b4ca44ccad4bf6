import type { ByteCount } from './units.ts';

/**
 * Link types that have a reader in the network stage or that captures of devices hold, by number.
 * Source: the registry of LINKTYPE_ values (draft-ietf-opsawg-pcaplinktype; tcpdump.org/linktypes.html).
 */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'BSD loopback'],
  [1, 'Ethernet'],
  [3, 'AX.25'],
  [6, 'Token Ring'],
  [7, 'ARCNET'],
  [8, 'SLIP'],
  [9, 'PPP'],
  [10, 'FDDI'],
  [12, 'raw IP'],
  [14, 'raw IP'],
  [50, 'PPP in HDLC-like framing'],
  [51, 'PPPoE'],
  [99, 'Symantec Enterprise Firewall'],
  [100, 'ATM RFC 1483'],
  [101, 'raw IP'],
  [104, 'Cisco HDLC'],
  [105, 'IEEE 802.11'],
  [107, 'Frame Relay'],
  [108, 'OpenBSD loopback'],
  [113, 'Linux cooked v1'],
  [114, 'LocalTalk'],
  [117, 'OpenBSD pflog'],
  [119, 'IEEE 802.11 with Prism header'],
  [122, 'IP over Fibre Channel'],
  [123, 'SunATM'],
  [127, 'IEEE 802.11 with radiotap header'],
  [129, 'ARCNET Linux'],
  [138, 'Apple IP over IEEE 1394'],
  [139, 'MTP2 with pseudo-header'],
  [140, 'MTP2'],
  [141, 'MTP3'],
  [142, 'SCCP'],
  [143, 'DOCSIS'],
  [144, 'Linux IrDA'],
  [163, 'IEEE 802.11 with AVS header'],
  [165, 'BACnet MS/TP'],
  [166, 'PPP with direction'],
  [169, 'GPRS LLC'],
  [177, 'Linux LAPD'],
  [178, 'Juniper Ethernet'],
  [180, 'Juniper Frame Relay'],
  [182, 'Multi-Link Frame Relay'],
  [187, 'Bluetooth HCI H4'],
  [189, 'USB Linux'],
  [191, 'IEEE 802.15.4 Linux'],
  [192, 'Per-Packet Information'],
  [195, 'IEEE 802.15.4'],
  [196, 'SITA'],
  [197, 'Endace ERF'],
  [201, 'Bluetooth HCI H4 with pseudo-header'],
  [203, 'LAPD'],
  [204, 'PPP with direction (0/1)'],
  [205, 'Cisco HDLC with direction'],
  [206, 'Frame Relay with direction'],
  [215, 'IEEE 802.15.4 non-ASK PHY'],
  [220, 'USB Linux with padded header'],
  [224, 'Fibre Channel FC-2'],
  [226, 'Solaris IPNET'],
  [227, 'CAN SocketCAN'],
  [228, 'raw IPv4'],
  [229, 'raw IPv6'],
  [230, 'IEEE 802.15.4 without FCS'],
  [231, 'D-Bus'],
  [235, 'DVB-CI'],
  [239, 'Linux netfilter log'],
  [240, 'netANALYZER'],
  [242, 'IP over InfiniBand'],
  [243, 'MPEG-2 transport stream'],
  [245, 'NFC LLCP'],
  [247, 'InfiniBand'],
  [248, 'SCTP'],
  [249, 'USBPcap'],
  [250, 'RTAC serial'],
  [251, 'Bluetooth Low Energy'],
  [252, 'Wireshark upper PDU export'],
  [253, 'Linux netlink'],
  [254, 'Bluetooth Linux monitor'],
  [255, 'Bluetooth BR/EDR baseband'],
  [256, 'Bluetooth Low Energy with pseudo-header'],
  [257, 'PROFIBUS data link'],
  [258, 'Apple PKTAP'],
  [259, 'EPON'],
  [261, 'Z-Wave R1/R2'],
  [262, 'Z-Wave R3'],
  [264, 'ISO 14443'],
  [266, 'USB Darwin'],
  [267, 'OpenFlow'],
  [268, 'SDLC'],
  [269, 'TI LLN sniffer'],
  [270, 'LoRaTap'],
  [271, 'vsock'],
  [272, 'Nordic BLE sniffer'],
  [274, 'Ethernet mPacket'],
  [275, 'DisplayPort AUX'],
  [276, 'Linux cooked v2'],
  [277, 'SERCOS monitor'],
  [278, 'OpenVizsla USB'],
  [279, 'Elektrobit EBHSCR'],
  [280, 'VPP dispatch trace'],
  [281, 'Broadcom switch tag'],
  [282, 'Broadcom switch tag (prepended)'],
  [283, 'IEEE 802.15.4 with TAP header'],
  [284, 'Marvell DSA'],
  [285, 'Marvell EDSA'],
  [287, 'Z-Wave serial'],
  [288, 'USB 2.0'],
  [290, 'Windows event trace'],
  [292, 'ZBOSS NCP'],
  [299, 'FiRa UCI'],
  // Ours: `LOG_DATAGRAM`.
  [0x10000, 'datagram of a log'],
]);

/** First and last of the link types kept for private use. */
const FIRST_USER = 147;
const LAST_USER = 162;

/** Gives the name of a link type as people say it, such as `Ethernet`; `link type N` where it is not known here. */
export function linkTypeName(linkType: number): string {
  const name = NAMES.get(linkType);
  if (name !== undefined) return name;
  if (linkType >= FIRST_USER && linkType <= LAST_USER) return `private use ${linkType - FIRST_USER}`;
  return `link type ${linkType}`;
}

/** Most captured bytes of one frame, as Wireshark has it (wiretap, WTAP_MAX_PACKET_SIZE_STANDARD). */
const MOST_CAPTURED: ByteCount = 262_144;

/** The same for links whose frames are really large: D-Bus, USBPcap, EBHSCR (wiretap, WTAP_MAX_PACKET_SIZE_…). */
const MOST_CAPTURED_LARGE: ByteCount = 134_217_728;

/** Gives the most bytes that a frame of a link type can have; a captured length beyond is damage. */
export function mostCaptured(linkType: number): ByteCount {
  return linkType === 231 || linkType === 249 || linkType === 279 ? MOST_CAPTURED_LARGE : MOST_CAPTURED;
}
