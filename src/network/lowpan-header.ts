import type { ByteCount } from '../capture/units.ts';
import { IpProtocol } from './ip.ts';
import type { Layer } from './layer.ts';
import type { LowpanContext, LowpanContexts } from './lowpan-context.ts';
import { NotRead } from './not-read.ts';
import type { LinkAddress, LinkAddresses } from './wpan.ts';
import { MAX_WPAN_FRAME } from './wpan.ts';

/** Most headers in one packet that are compressed by RFC 6282 §4: extension headers and IPv6 within IPv6. */
export const MAX_COMPRESSED_HEADERS = 16;

/** Bytes of an IPv6 header. RFC 8200 §3. */
const IPV6_HEADER: ByteCount = 40;
/** Bytes of a fragment header behind its first two. RFC 8200 §4.5. */
const FRAGMENT_REST: ByteCount = 6;
/** Bytes of a UDP header. RFC 768. */
const UDP_HEADER: ByteCount = 8;
/** Ports of which 8 and 4 bits are sent begin here. RFC 6282 §4.3.1. */
const PORTS_OF_8_BITS = 0xf000;
const PORTS_OF_4_BITS = 0xf0b0;

/** Bytes to hold the packet of one frame with its headers in full: no header grows by more than IPv6's. */
const ROOM: ByteCount = MAX_WPAN_FRAME + (MAX_COMPRESSED_HEADERS + 2) * IPV6_HEADER;

/** Protocol of a compressed extension header by its number; -1 where that is reserved. RFC 6282 §4.2. */
const EXTENSION_PROTOCOLS: readonly number[] = [
  IpProtocol.hopByHop,
  IpProtocol.routing,
  IpProtocol.fragment,
  IpProtocol.destination,
  IpProtocol.mobility,
  -1,
  -1,
  IpProtocol.ipv6,
];

/**
 * Writes the compressed headers of an IPv6 packet out in full (LOWPAN_IPHC and LOWPAN_NHC, RFC 6282), with the
 * rest of the packet behind them, into a buffer that is used again for each packet. The prefix of a context that
 * nobody gave is zero, and `unknownContext` names it: the payload can be read all the same.
 */
export class LowpanExpander {
  readonly bytes = new Uint8Array(ROOM);
  /** Index in the frame minus index in `bytes` of all that stands behind the compressed headers. */
  shift = 0;
  /** Index in the frame after the compressed headers. */
  headersEnd = 0;
  /** Number of a context that the last packet needs and nobody gave; -1 where there is none. */
  unknownContext = -1;

  /** The network that the packet was sent in. */
  #pan = -1;
  /** Bytes of `bytes` that are written. */
  #length = 0;
  /** Where the protocol of the next header goes, which is compressed too; -1 where what follows is not. */
  #nextAt = -1;
  /** Starts of the IPv6 headers, whose length is filled in at the end. */
  readonly #ipv6At = new Int32Array(MAX_COMPRESSED_HEADERS + 1);
  #ipv6Count = 0;
  /** Start of the UDP header; -1 where it was not compressed. */
  #udpAt = -1;
  #isFragment = false;

  constructor(private readonly contexts: LowpanContexts) {}

  /**
   * Expands the packet whose LOWPAN_IPHC stands at `layer.at` and moves `layer` to the copy. `link` has the
   * addresses of the frame. `size` is the packet's length where this is its first fragment, else -1. Gives false
   * for what is not read.
   */
  expand(layer: Layer, link: LinkAddresses, size: ByteCount): boolean {
    if (layer.bytes === this.bytes) return layer.fail(NotRead.tooManyHeaders);
    this.#length = 0;
    this.#ipv6Count = 0;
    this.#udpAt = -1;
    this.#isFragment = false;
    this.unknownContext = -1;
    this.#pan = link.pan;
    if (!this.#headers(layer, link)) return false;
    const headers = this.#length;
    const captured = layer.end - layer.at;
    const onWire = layer.wireEnd - layer.at;
    if (headers + onWire > ROOM) return layer.fail(NotRead.malformedLowpan);
    this.bytes.set(layer.bytes.subarray(layer.at, layer.end), headers);
    const whole = size < 0 ? headers + onWire : size;
    if (whole < headers) return layer.fail(NotRead.malformedLowpan);
    for (let index = 0; index < this.#ipv6Count; index++) {
      const at = this.#ipv6At[index]!;
      this.#write16(at + 4, whole - at - IPV6_HEADER);
    }
    // The length of a datagram of which this is a part is not known: 0 stands for all that is left.
    if (this.#udpAt >= 0) this.#write16(this.#udpAt + 4, this.#isFragment ? 0 : whole - this.#udpAt);
    this.shift = layer.at - headers;
    this.headersEnd = layer.at;
    layer.bytes = this.bytes;
    layer.at = 0;
    layer.end = headers + captured;
    layer.wireEnd = headers + onWire;
    return true;
  }

  /** All headers that are compressed. */
  #headers(layer: Layer, link: LinkAddresses): boolean {
    if (!this.#ipv6(layer, link)) return false;
    for (let count = 0; this.#nextAt >= 0; count++) {
      if (count === MAX_COMPRESSED_HEADERS) return layer.fail(NotRead.tooManyHeaders);
      if (layer.isShort(1, NotRead.malformedLowpan)) return false;
      const head = layer.bytes[layer.at]!;
      if (head >> 3 === 0x1e) {
        this.bytes[this.#nextAt] = IpProtocol.udp;
        this.#nextAt = -1;
        return this.#udp(layer, head);
      }
      const protocol = head >> 4 === 0xe ? EXTENSION_PROTOCOLS[(head >> 1) & 7]! : -1;
      if (protocol < 0) return layer.fail(NotRead.lowpanHeader, head);
      this.bytes[this.#nextAt] = protocol;
      layer.at++;
      const isRead =
        protocol === IpProtocol.ipv6
          ? this.#ipv6(layer, link)
          : this.#extension(layer, protocol, (head & 1) !== 0);
      if (!isRead) return false;
    }
    return true;
  }

  /** LOWPAN_IPHC. RFC 6282 §3.1. */
  #ipv6(layer: Layer, link: LinkAddresses): boolean {
    if (layer.isShort(2, NotRead.malformedLowpan)) return false;
    const { bytes } = layer;
    const first = bytes[layer.at]!;
    const second = bytes[layer.at + 1]!;
    if (first >> 5 !== 3) return layer.fail(NotRead.lowpanDispatch, first);
    layer.at += 2;
    let contexts = 0;
    if ((second & 0x80) !== 0) {
      if (layer.isShort(1, NotRead.malformedLowpan)) return false;
      contexts = bytes[layer.at++]!;
    }
    const outer = this.#ipv6Count === 0 ? -1 : this.#ipv6At[this.#ipv6Count - 1]!;
    const at = this.#length;
    const out = this.bytes;
    this.#ipv6At[this.#ipv6Count++] = at;
    this.#length += IPV6_HEADER;
    out.fill(0, at, this.#length);
    if (!this.#trafficClass(layer, (first >> 3) & 3, at)) return false;
    const isNextInline = (first & 4) === 0;
    const hops = first & 3;
    if (layer.isShort((isNextInline ? 1 : 0) + (hops === 0 ? 1 : 0), NotRead.malformedLowpan)) return false;
    if (isNextInline) out[at + 6] = bytes[layer.at++]!;
    this.#nextAt = isNextInline ? -1 : at + 6;
    out[at + 7] = hops === 0 ? bytes[layer.at++]! : hops === 1 ? 1 : hops === 2 ? 64 : 255;
    const sourceMode = (second >> 4) & 3;
    const hasSourceContext = (second & 0x40) !== 0;
    // Source mode 0 with context is the unspecified address, of which nothing is sent.
    if (!hasSourceContext || sourceMode !== 0) {
      const context = hasSourceContext ? contexts >> 4 : -1;
      const outerAt = outer < 0 ? -1 : outer + 8;
      if (!this.#unicast(layer, sourceMode, context, link.source, at + 8, outerAt)) return false;
    }
    const mode = second & 3;
    const context = (second & 4) === 0 ? -1 : contexts & 0xf;
    if ((second & 8) !== 0) return this.#multicast(layer, mode, context, at + 24);
    if (context >= 0 && mode === 0) return layer.fail(NotRead.malformedLowpan);
    const outerAt = outer < 0 ? -1 : outer + 24;
    return this.#unicast(layer, mode, context, link.destination, at + 24, outerAt);
  }

  /** Version, traffic class and flow label. RFC 6282 §3.2.1. */
  #trafficClass(layer: Layer, mode: number, to: number): boolean {
    const length = mode === 0 ? 4 : mode === 1 ? 3 : mode === 2 ? 1 : 0;
    if (layer.isShort(length, NotRead.malformedLowpan)) return false;
    const { bytes, at } = layer;
    // Sent with the two bits of congestion notification first, as opposed to IPv6.
    const sent = mode === 3 ? 0 : bytes[at]!;
    const traffic = mode === 1 ? sent >> 6 : ((sent << 2) | (sent >> 6)) & 0xff;
    const labelAt = at + length - 3;
    const hasLabel = mode <= 1;
    this.bytes[to] = 0x60 | (traffic >> 4);
    this.bytes[to + 1] = ((traffic & 0xf) << 4) | (hasLabel ? bytes[labelAt]! & 0xf : 0);
    this.bytes[to + 2] = hasLabel ? bytes[labelAt + 1]! : 0;
    this.bytes[to + 3] = hasLabel ? bytes[labelAt + 2]! : 0;
    layer.at += length;
    return true;
  }

  /**
   * One address (RFC 6282 §3.1.1, §3.2.2): `context` -1 is the link-local prefix. `outerAt` is the same address of
   * the IPv6 header around this one, or -1 where that is the frame's, `link`.
   */
  #unicast(
    layer: Layer,
    mode: number,
    context: number,
    link: LinkAddress,
    to: number,
    outerAt: number,
  ): boolean {
    const length = mode === 0 ? 16 : mode === 1 ? 8 : mode === 2 ? 2 : 0;
    if (layer.isShort(length, NotRead.malformedLowpan)) return false;
    const out = this.bytes;
    const { bytes, at } = layer;
    for (let index = 0; index < length; index++) out[to + 16 - length + index] = bytes[at + index]!;
    layer.at += length;
    if (mode === 0) return true;
    if (mode === 3 && outerAt >= 0) out.copyWithin(to + 8, outerAt + 8, outerAt + 16);
    else if (mode === 3) {
      if (link.length === 0) return layer.fail(NotRead.malformedLowpan);
      for (let index = 0; index < link.length; index++)
        out[to + 16 - link.length + index] = link.bytes[index]!;
      // The universal bit of an EUI-64 is inverted: RFC 4291 §2.5.1.
      if (link.length === 8) out[to + 8] = out[to + 8]! ^ 0x02;
    }
    if (mode === 2 || (mode === 3 && outerAt < 0 && link.length === 2)) {
      out[to + 11] = 0xff;
      out[to + 12] = 0xfe;
    }
    if (context < 0) {
      out[to] = 0xfe;
      out[to + 1] = 0x80;
    } else this.#applyContext(context, to);
    return true;
  }

  /** Group addresses. RFC 6282 §3.1.1, §3.2.4. */
  #multicast(layer: Layer, mode: number, context: number, to: number): boolean {
    const hasContext = context >= 0;
    if (hasContext && mode !== 0) return layer.fail(NotRead.malformedLowpan);
    const length = hasContext || mode === 1 ? 6 : mode === 0 ? 16 : mode === 2 ? 4 : 1;
    if (layer.isShort(length, NotRead.malformedLowpan)) return false;
    const out = this.bytes;
    const { bytes, at } = layer;
    layer.at += length;
    if (hasContext) {
      // Based on a unicast prefix: RFC 3306 §4, RFC 3956 §2.
      const known = this.#applyContext(context, to + 4);
      out.fill(0, to + 12, to + 16);
      out[to + 1] = bytes[at]!;
      out[to + 2] = bytes[at + 1]!;
      out[to + 3] = known?.prefixLength ?? 0;
      for (let index = 0; index < 4; index++) out[to + 12 + index] = bytes[at + 2 + index]!;
    } else if (mode === 0) for (let index = 0; index < 16; index++) out[to + index] = bytes[at + index]!;
    else if (mode === 3) {
      out[to + 1] = 0x02;
      out[to + 15] = bytes[at]!;
    } else {
      out[to + 1] = bytes[at]!;
      for (let index = 1; index < length; index++) out[to + 16 - length + index] = bytes[at + index]!;
    }
    if (hasContext || mode !== 0) out[to] = 0xff;
    return true;
  }

  /** Writes the bits of a prefix over an address, whose first 8 bytes are zero. Gives the context if it is known. */
  #applyContext(number: number, to: number): LowpanContext | undefined {
    const context = this.contexts.find(this.#pan, number);
    if (context === undefined) {
      this.unknownContext = number;
      return undefined;
    }
    const { prefix, prefixLength } = context;
    for (let index = 0; index * 8 < prefixLength; index++) {
      const bits = prefixLength - index * 8;
      const mask = bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff;
      this.bytes[to + index] = (prefix[index]! & mask) | (this.bytes[to + index]! & ~mask);
    }
    return context;
  }

  /**
   * An extension header behind its LOWPAN_NHC (RFC 6282 §4.2): the length counts bytes, and padding at the end
   * is left out. A fragment header has no length.
   */
  #extension(layer: Layer, protocol: number, isNextCompressed: boolean): boolean {
    const at = this.#length;
    const out = this.bytes;
    const head = isNextCompressed ? 1 : 2;
    if (layer.isShort(head, NotRead.malformedLowpan)) return false;
    if (!isNextCompressed) out[at] = layer.bytes[layer.at]!;
    this.#nextAt = isNextCompressed ? at : -1;
    const isFragment = protocol === IpProtocol.fragment;
    const length = isFragment ? FRAGMENT_REST : layer.bytes[layer.at + head - 1]!;
    layer.at += head;
    if (layer.isShort(length, NotRead.malformedLowpan)) return false;
    const whole = (2 + length + 7) & ~7;
    const padding = whole - 2 - length;
    for (let index = 0; index < length; index++) out[at + 2 + index] = layer.bytes[layer.at + index]!;
    out.fill(0, at + 2 + length, at + whole);
    // Pad1 is a zero; PadN is 1 and the count of zeros behind. RFC 8200 §4.2.
    if (padding > 1) {
      out[at + 2 + length] = 1;
      out[at + 3 + length] = padding - 2;
    }
    out[at + 1] = isFragment ? 0 : whole / 8 - 1;
    if (isFragment && ((out[at + 2]! << 8) | (out[at + 3]! & 0xf9)) !== 0) this.#isFragment = true;
    layer.at += length;
    this.#length = at + whole;
    return true;
  }

  /** A UDP header. RFC 6282 §4.3. An elided checksum becomes 0. */
  #udp(layer: Layer, head: number): boolean {
    const ports = head & 3;
    const isChecksumSent = (head & 4) === 0;
    const portsLength = ports === 0 ? 4 : ports === 3 ? 1 : 3;
    if (layer.isShort(1 + portsLength + (isChecksumSent ? 2 : 0), NotRead.malformedLowpan)) return false;
    const { bytes } = layer;
    const at = layer.at + 1;
    const first = bytes[at]!;
    const word = (first << 8) | bytes[at + 1]!;
    let source = word;
    let destination = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (ports === 1) destination = PORTS_OF_8_BITS | bytes[at + 2]!;
    else if (ports === 2) {
      source = PORTS_OF_8_BITS | first;
      destination = (bytes[at + 1]! << 8) | bytes[at + 2]!;
    } else if (ports === 3) {
      source = PORTS_OF_4_BITS | (first >> 4);
      destination = PORTS_OF_4_BITS | (first & 0xf);
    }
    const to = this.#length;
    this.#udpAt = to;
    this.#write16(to, source);
    this.#write16(to + 2, destination);
    const checksumAt = at + portsLength;
    this.#write16(to + 6, isChecksumSent ? (bytes[checksumAt]! << 8) | bytes[checksumAt + 1]! : 0);
    this.#length = to + UDP_HEADER;
    layer.at = checksumAt + (isChecksumSent ? 2 : 0);
    return true;
  }

  #write16(at: number, value: number): void {
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }
}
