import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import { IpHeader, IpProtocol, readExtensionHeaders, readIpv4, readIpv6 } from './ip.ts';
import type { Layer } from './layer.ts';
import { uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Bytes of an ICMP error before the packet that it quotes. RFC 792, RFC 4443 §3. */
const ICMP_ERROR_HEADER: ByteCount = 8;
/** Bytes of a UDP header. RFC 768 */
const UDP_HEADER: ByteCount = 8;
/** Destination unreachable, fragmentation needed: with the MTU of the next hop. RFC 792, RFC 1191 §4 */
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
/** Packet too big. RFC 4443 §3.2 */
const PACKET_TOO_BIG = 2;

/** Destination unreachable, source quench, time exceeded, parameter problem. RFC 792. A redirect (5) reports no loss. */
function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 11 || type === 12;
}

/** Destination unreachable, packet too big, time exceeded, parameter problem. RFC 4443 §3. */
function isIcmpv6Error(type: number): boolean {
  return type >= 1 && type <= 4;
}

/** Reads ICMP and ICMPv6 errors. */
export class IcmpReader {
  readonly #quoted = new IpHeader();

  /**
   * Reads the ICMP (or ICMPv6) message at `layer.at` of a packet with the IP header `outer`. Where it is an error that
   * quotes a UDP datagram as far as its ports, sets type, code, sender and MTU, and the quoted addresses, ports and
   * beginning of the payload of `out`; `layer.notRead` is `icmpError` or `icmpv6Error`. All else is named by its
   * protocol.
   */
  read(layer: Layer, outer: IpHeader, out: Datagram): false {
    const { version } = outer;
    const protocol = version === 4 ? IpProtocol.icmp : IpProtocol.icmpv6;
    const { at: start } = layer;
    if (!this.#readQuoted(layer, version)) return layer.fail(NotRead.ipProtocol, protocol);
    const header = this.#quoted;
    const { bytes, at } = layer;
    out.icmpType = bytes[start]!;
    out.icmpCode = bytes[start + 1]!;
    out.icmpMtu = mtuOf(bytes, start, version);
    out.icmpSenderBytes = outer.addressBytes;
    out.icmpSender = outer.source;
    out.ipVersion = version;
    out.addressBytes = header.addressBytes;
    out.sourceAddress = header.source;
    out.destinationAddress = header.destination;
    out.sourcePort = uint16(bytes, at);
    out.destinationPort = uint16(bytes, at + 2);
    out.multicast = false;
    out.bytes = bytes;
    out.start = Math.min(at + UDP_HEADER, layer.end);
    out.end = layer.end;
    out.payloadLength = layer.end - out.start;
    return layer.fail(
      version === 4 ? NotRead.icmpError : NotRead.icmpv6Error,
      (out.icmpType << 8) | out.icmpCode,
    );
  }

  /** Moves to the ports of the quoted datagram. False where there are none. */
  #readQuoted(layer: Layer, version: number): boolean {
    const header = this.#quoted;
    if (layer.at + ICMP_ERROR_HEADER > layer.end) return false;
    const type = layer.bytes[layer.at]!;
    if (version === 4 ? !isIcmpError(type) : !isIcmpv6Error(type)) return false;
    layer.at += ICMP_ERROR_HEADER;
    if (!(version === 4 ? readIpv4(layer, header) : readIpv6(layer, header))) return false;
    if (!header.isFragment && !readExtensionHeaders(layer, header)) return false;
    if (header.isFragment && header.fragmentOffset !== 0) return false;
    return header.protocol === IpProtocol.udp && layer.at + 4 <= layer.end;
  }
}

/** MTU in the error at `start`, 0 where it has none. */
function mtuOf(bytes: Uint8Array, start: number, version: number): ByteCount {
  const type = bytes[start]!;
  if (version === 4)
    return type === UNREACHABLE && bytes[start + 1] === FRAGMENTATION_NEEDED ? uint16(bytes, start + 6) : 0;
  return type === PACKET_TOO_BIG ? uint16(bytes, start + 4) * 0x10000 + uint16(bytes, start + 6) : 0;
}
