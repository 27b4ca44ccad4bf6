import type { Frame } from '../capture/frame.ts';
import { LOG_DATAGRAM } from '../capture/hex-dump.ts';
import type { ByteOffset } from '../capture/units.ts';
import { CapturePoints } from './capture-points.ts';
import type { Datagram } from './datagram.ts';
import { DatagramKind } from './datagram.ts';
import type { Joined } from './fragments.ts';
import { FragmentTable, piecesOf } from './fragments.ts';
import { HeaderKind, type HeaderTrace } from './header-trace.ts';
import { IcmpReader } from './icmp.ts';
import { IpHeader, IpProtocol, isGroupAddress, readExtensionHeaders, readIpv4, readIpv6 } from './ip.ts';
import { Inner, Layer } from './layer.ts';
import { readLink } from './link.ts';
import { LOWPAN_FRAGMENT_TIMEOUT, LowpanReader } from './lowpan.ts';
import type { LowpanContext } from './lowpan-context.ts';
import { LowpanContexts } from './lowpan-context.ts';
import { NotRead, NotReadCounter } from './not-read.ts';
import { readTcp } from './tcp.ts';
import { NO_TUNNEL, enterTunnel, readGre } from './tunnel.ts';
import { readUdp } from './udp.ts';

/** Most IP packets inside of one another: IP in IP (RFC 2003, RFC 2473, RFC 4213), GRE, VXLAN, GTP-U, ZEP. */
export const MAX_TUNNELS = 4;

/**
 * Finds the UDP datagram or TCP segment in each frame. Holds the fragments that wait for their rest, and counts by name all
 * frames that gave no datagram. The datagram that an ICMP error quotes is no second message: it is an event of
 * its own kind, and counted.
 */
export class NetworkReader {
  /** Frames that gave no datagram, by reason; those of datagrams that stayed incomplete included. */
  readonly notRead = new NotReadCounter();
  /** Packets that were read although 6LoWPAN contexts of theirs are unknown: those prefixes are zero. */
  readonly unknownContexts = new NotReadCounter();
  /** Told of each header, where somebody looks at a frame again. */
  trace: HeaderTrace | undefined;
  readonly points = new CapturePoints();
  /** Index of the file whose frames are read. */
  file = 0;
  readonly #layer = new Layer();
  readonly #header = new IpHeader();
  readonly #fragments = new FragmentTable((frames) =>
    this.notRead.count(NotRead.incompleteFragments, 0, frames),
  );
  readonly #lowpanFragments = new FragmentTable((frames) => {
    this.notRead.count(NotRead.incompleteLowpan, 0, frames);
  }, LOWPAN_FRAGMENT_TIMEOUT);
  /** Those that were given, and those learned so far. */
  readonly contexts: LowpanContexts;
  readonly #lowpan: LowpanReader;
  /** True from the MAC header of IEEE 802.15.4 on. */
  #isWpan = false;
  readonly #icmp = new IcmpReader();
  /** Index in the frame, or in what was joined, minus index in the bytes that `#layer` stands in. */
  #shift = 0;
  /** The joined datagram whose bytes `#layer` stands in. */
  #joined: Joined | undefined;

  /**
   * `contexts` are prefixes that the nodes of 6LoWPAN networks agreed on, or all that another reader knows; those that
   * routers advertise are learned.
   */
  constructor(contexts: readonly LowpanContext[] | LowpanContexts = []) {
    this.contexts = contexts instanceof LowpanContexts ? contexts : new LowpanContexts(contexts);
    this.#lowpan = new LowpanReader(this.contexts);
  }

  /**
   * Reads one frame into `out`, which is valid until the frame's bytes change; see `DatagramKind` for the
   * outcomes. Where the snap length cut the payload but not the headers, the kind is still `udp` or `tcp` and
   * `payloadLength` passes `end - start`. What stands in a log without headers (`LOG_DATAGRAM`) is a payload whose
   * ends the caller sets.
   */
  read(frame: Frame, out: Datagram): void {
    const layer = this.#layer;
    layer.begin(frame);
    this.#joined = undefined;
    this.#shift = 0;
    this.#isWpan = false;
    out.pieces = undefined;
    out.head = undefined;
    out.isSourceUnnamed = false;
    out.isDestinationUnnamed = false;
    out.notRead = NotRead.none;
    out.notReadDetail = 0;
    out.identification = 0;
    if (frame.linkType === LOG_DATAGRAM) {
      out.kind = DatagramKind.udp;
      out.bytes = frame.bytes;
      out.start = frame.start;
      out.end = frame.end;
      out.payloadLength = frame.originalLength;
      out.checksum = 0;
      out.multicast = false;
      return;
    }
    const inner = readLink(frame.linkType, layer);
    if (inner !== Inner.none && this.#readPackets(frame, inner, out)) return;
    const code = layer.notRead;
    if (code === NotRead.none) {
      out.kind = DatagramKind.fragment;
      return;
    }
    out.kind = kindOf(code);
    out.notRead = code;
    out.notReadDetail = layer.notReadDetail;
    this.notRead.count(code, layer.notReadDetail);
  }

  /** Gives up the fragments that still wait and counts their frames; for the end of the input. */
  end(): void {
    this.#fragments.end();
    this.#lowpanFragments.end();
  }

  /** From what stands behind the link header inwards. True where `out` became a datagram. */
  #readPackets(frame: Frame, first: number, out: Datagram): boolean {
    const layer = this.#layer;
    const header = this.#header;
    let inner = first;
    for (let tunnels = 0; tunnels <= MAX_TUNNELS; tunnels++) {
      if (inner === Inner.wpan) {
        if (!this.#readWpan(frame)) return false;
        inner = Inner.ipv6;
      }
      const ipAt = layer.at;
      if (!(inner === Inner.ipv4 ? readIpv4(layer, header) : readIpv6(layer, header))) return false;
      this.trace?.add(header.version === 4 ? HeaderKind.ipv4 : HeaderKind.ipv6, layer, ipAt);
      if (!this.#readToUpperLayer(frame)) return false;
      const { protocol } = header;
      const upperAt = layer.at;
      if (protocol === IpProtocol.udp) {
        if (!readUdp(layer, header.version, out)) return false;
        this.trace?.add(HeaderKind.udp, layer, upperAt);
        inner = enterTunnel(layer, out);
        if (inner === NO_TUNNEL) {
          this.#finish(frame, out, DatagramKind.udp);
          return true;
        }
      } else if (protocol === IpProtocol.tcp) {
        if (!readTcp(layer, out)) return false;
        this.trace?.add(HeaderKind.tcp, layer, upperAt);
        this.#finish(frame, out, DatagramKind.tcp);
        return true;
      } else if (protocol === IpProtocol.ipv4) inner = Inner.ipv4;
      else if (protocol === IpProtocol.ipv6) inner = Inner.ipv6;
      else if (protocol === IpProtocol.gre) inner = readGre(layer);
      else if (protocol === (header.version === 4 ? IpProtocol.icmp : IpProtocol.icmpv6))
        return this.#readIcmp(frame, out);
      else return layer.fail(NotRead.ipProtocol, protocol);
      if (inner === Inner.none) return false;
    }
    return layer.fail(NotRead.tooManyHeaders);
  }

  #readIcmp(frame: Frame, out: Datagram): false {
    out.capturePoint = this.#pointOf(frame);
    if (this.#isWpan) this.contexts.learn(this.#layer, this.#lowpan.link.pan);
    return this.#icmp.read(this.#layer, this.#header, out);
  }

  /** Moves to the IPv6 header in a frame of IEEE 802.15.4. False where the frame ends here. */
  #readWpan(frame: Frame): boolean {
    const layer = this.#layer;
    const lowpan = this.#lowpan;
    const { bytes, at } = layer;
    this.#isWpan = true;
    const isRead = lowpan.read(layer);
    if (this.trace !== undefined) {
      this.trace.addRange(HeaderKind.wpan, bytes, at, lowpan.macEnd);
      if (lowpan.headersEnd > lowpan.macEnd)
        this.trace.addRange(HeaderKind.lowpan, bytes, lowpan.macEnd, lowpan.headersEnd);
    }
    if (!isRead) return false;
    if (lowpan.unknownContext >= 0) this.unknownContexts.count(NotRead.lowpanContext, lowpan.unknownContext);
    if (layer.bytes !== bytes) this.#shift += lowpan.shift;
    if (lowpan.size < 0) return true;
    if (this.#joined !== undefined) return layer.fail(NotRead.nestedFragments);
    this.#lowpanFragments.file = this.file;
    this.#lowpanFragments.capturePoint = this.#pointOf(frame);
    const seconds = frame.hasTime ? frame.seconds : undefined;
    const joined = this.#lowpanFragments.addLowpan(
      layer,
      lowpan,
      this.#fileOffset(frame),
      frame.number,
      seconds,
    );
    if (joined === undefined) return false;
    this.#enter(joined);
    return true;
  }

  /** Where the byte at `layer.at` lies in the file. */
  #fileOffset(frame: Frame): ByteOffset {
    return frame.fileOffset + this.#layer.at + this.#shift - frame.start;
  }

  /** The capture point of a frame, as far as its headers have been read. */
  #pointOf(frame: Frame): number {
    return this.points.of(
      this.file,
      frame.interfaceIndex,
      this.#layer.device,
      frame.seconds + frame.nanoseconds / 1e9,
    );
  }

  /** Goes on at the first byte of a joined datagram. */
  #enter(joined: Joined): void {
    const layer = this.#layer;
    this.#joined = joined;
    this.#shift = 0;
    layer.bytes = joined.bytes;
    layer.at = 0;
    layer.end = joined.captured;
    layer.wireEnd = joined.bytes.length;
  }

  /** Passes extension headers and puts fragments together. False where the frame ends here. */
  #readToUpperLayer(frame: Frame): boolean {
    const layer = this.#layer;
    const header = this.#header;
    for (;;) {
      if (!header.isFragment && !readExtensionHeaders(layer, header)) return false;
      if (!header.isFragment) return true;
      if (header.version === 4 && !isReadProtocol(header.protocol))
        return layer.fail(NotRead.ipProtocol, header.protocol);
      if (this.#joined !== undefined) return layer.fail(NotRead.nestedFragments);
      const fileOffset = this.#fileOffset(frame);
      this.#fragments.file = this.file;
      this.#fragments.capturePoint = this.#pointOf(frame);
      const seconds = frame.hasTime ? frame.seconds : undefined;
      const joined = this.#fragments.add(layer, header, fileOffset, frame.number, seconds);
      if (joined === undefined) return false;
      this.#enter(joined);
      header.protocol = joined.protocol;
      header.isFragment = false;
    }
  }

  #finish(frame: Frame, out: Datagram, kind: number): void {
    const header = this.#header;
    const joined = this.#joined;
    out.kind = kind;
    out.ipVersion = header.version;
    out.addressBytes = header.addressBytes;
    out.sourceAddress = header.source;
    out.destinationAddress = header.destination;
    out.identification = header.version === 4 ? header.identification : 0;
    out.capturePoint = this.#pointOf(frame);
    out.multicast = isGroupAddress(header.addressBytes, header.destination, header.version);
    const bytes = joined === undefined ? frame.bytes : joined.bytes;
    if (out.bytes !== bytes) {
      // Headers were written out in full elsewhere; the payload is a range of what was captured.
      out.bytes = bytes;
      out.start += this.#shift;
      out.end += this.#shift;
    }
    if (joined === undefined) return;
    out.pieces = piecesOf(joined, out.start, out.end, this.file);
    // A copy: what is joined goes, and headers that were compressed stand nowhere else in full.
    out.head = joined.bytes.slice(0, out.start);
  }
}

function kindOf(code: number): number {
  if (code === NotRead.headersCut) return DatagramKind.truncated;
  return code === NotRead.icmpError || code === NotRead.icmpv6Error
    ? DatagramKind.unreachable
    : DatagramKind.notRead;
}

/** Protocols that can carry a datagram or a stream; fragments of others are named at once and not kept. */
function isReadProtocol(protocol: number): boolean {
  return (
    protocol === IpProtocol.udp ||
    protocol === IpProtocol.tcp ||
    protocol === IpProtocol.ipv4 ||
    protocol === IpProtocol.ipv6 ||
    protocol === IpProtocol.gre ||
    protocol === IpProtocol.authentication
  );
}
