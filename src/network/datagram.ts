import type { ByteCount } from '../capture/units.ts';

/** What `NetworkReader.read` found in a frame. */
export const DatagramKind = {
  /** A UDP datagram: addresses, ports and payload are set. */
  udp: 0,
  /** Nothing that is read here; `notRead` says what, `notReadDetail` its number. */
  notRead: 1,
  /** A fragment that was kept; the datagram comes with the fragment that completes it. */
  fragment: 2,
  /** Cut inside the headers below the payload. */
  truncated: 3,
  /**
   * An ICMP or ICMPv6 error about a UDP datagram: addresses, ports and payload are those of the datagram that it
   * quotes, as far as it does; `icmpType` and the fields below it say what happened. Also named by `notRead`.
   */
  unreachable: 5,
  /** A TCP segment: as for `udp`, and `sequence`, `acknowledgement` and `tcpFlags`. */
  tcp: 4,
} as const;

/** A piece of a payload: `length` bytes at `fileOffset` of the frame's file. */
export interface Piece {
  fileOffset: number;
  length: ByteCount;
  frame: number;
  /** Index of the file where it is not the one of the message's last frame. */
  file?: number;
  /** What the piece says where its bytes in the file say it masked or compressed; `length` counts these. */
  bytes?: Uint8Array;
}

/**
 * The UDP datagram or TCP segment of one frame, reused for each. Payload is `bytes[start..end)`; `bytes` is the frame's own
 * buffer, or a joined copy where fragments were put together (then `pieces` says where each part came from).
 */
export class Datagram {
  kind: number = DatagramKind.notRead;
  /** 4 or 6. */
  ipVersion = 4;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Payload length by the UDP or IP header; more than `end - start` where the capture cut it. */
  payloadLength: ByteCount = 0;
  /** Position of the addresses in `addressBytes`: 4 or 16 bytes each, as `ipVersion` says. */
  addressBytes: Uint8Array = new Uint8Array(0);
  sourceAddress = 0;
  destinationAddress = 0;
  /** True where that end has no address that is known: then its two words tell it from others (`FlowTable`). */
  isSourceUnnamed = false;
  isDestinationUnnamed = false;
  sourcePort = 0;
  destinationPort = 0;
  /** Identification of the IPv4 header (RFC 791 §3.1), which many hosts leave 0; 0 in IPv6. */
  identification = 0;
  /** Number of the capture point, as `CapturePoints` has it. */
  capturePoint = 0;
  /** Of a TCP segment: number of the first byte and the next one awaited, as unsigned 32 bits; `TcpFlag` bits. */
  sequence = 0;
  acknowledgement = 0;
  tcpFlags = 0;
  /** Destination is a multicast or broadcast address. */
  multicast = false;
  /** Checksum field of the UDP header; 0 where the sender made none or 6LoWPAN left it out. */
  checksum = 0;
  /** Of `unreachable`: type and code of ICMP (`ipVersion` 4) or ICMPv6 (6). */
  icmpType = 0;
  icmpCode = 0;
  /** Bytes that the next hop takes, 0 where the error does not say. RFC 1191 §4, RFC 4443 §3.2 */
  icmpMtu: ByteCount = 0;
  /** Where the address of who sent the error begins, in bytes of its own. */
  icmpSenderBytes: Uint8Array = new Uint8Array(0);
  icmpSender = 0;
  /** Present only when the payload is not one range of this frame. */
  pieces: Piece[] | undefined = undefined;
  /** Present with `pieces`: the headers that stand before the payload in the joined bytes, UDP's last. */
  head: Uint8Array | undefined = undefined;
  /** A `NotRead` code; `notReadName` gives the words. */
  notRead = 0;
  /** Number that completes `notRead`: link type, ethertype, IP protocol. */
  notReadDetail = 0;
}
