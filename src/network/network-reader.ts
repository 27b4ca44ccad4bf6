import type { Frame } from '../capture/frame.ts';
import type { Datagram } from './datagram.ts';
import { DatagramKind } from './datagram.ts';
import type { Joined } from './fragments.ts';
import { FragmentTable, piecesOf } from './fragments.ts';
import { IpHeader, IpProtocol, isGroupAddress, readExtensionHeaders, readIpv4, readIpv6 } from './ip.ts';
import { Layer } from './layer.ts';
import { readEthernet, readLink } from './link.ts';
import { NotRead, NotReadCounter } from './not-read.ts';
import { readTcp } from './tcp.ts';
import { enterVxlan, readUdp } from './udp.ts';

/** Most IP packets inside of one another: IP in IP (RFC 2003, RFC 2473, RFC 4213), VXLAN. */
export const MAX_TUNNELS = 4;

/**
 * Finds the UDP datagram or TCP segment in each frame. Holds the fragments that wait for their rest, and counts by name all
 * frames that gave no datagram. ICMP errors are not read: the packet they quote is no second message.
 */
export class NetworkReader {
  /** Frames that gave no datagram, by reason; those of datagrams that stayed incomplete included. */
  readonly notRead = new NotReadCounter();
  readonly #layer = new Layer();
  readonly #header = new IpHeader();
  readonly #fragments = new FragmentTable((frames) =>
    this.notRead.count(NotRead.incompleteFragments, 0, frames),
  );
  /** The joined datagram whose bytes `#layer` stands in. */
  #joined: Joined | undefined;

  /**
   * Reads one frame into `out`, which is valid until the frame's bytes change; see `DatagramKind` for the
   * outcomes. Where the snap length cut the payload but not the headers, the kind is still `udp` or `tcp` and
   * `payloadLength` passes `end - start`.
   */
  read(frame: Frame, out: Datagram): void {
    const layer = this.#layer;
    layer.begin(frame);
    this.#joined = undefined;
    out.pieces = undefined;
    out.notRead = NotRead.none;
    out.notReadDetail = 0;
    const version = readLink(frame.linkType, layer);
    if (version !== 0 && this.#readPackets(frame, version, out)) return;
    const code = layer.notRead;
    if (code === NotRead.none) {
      out.kind = DatagramKind.fragment;
      return;
    }
    out.kind = code === NotRead.headersCut ? DatagramKind.truncated : DatagramKind.notRead;
    out.notRead = code;
    out.notReadDetail = layer.notReadDetail;
    this.notRead.count(code, layer.notReadDetail);
  }

  /** Gives up the fragments that still wait and counts their frames; for the end of the input. */
  end(): void {
    this.#fragments.end();
  }

  /** From an IP header inwards. True where `out` became a datagram. */
  #readPackets(frame: Frame, first: number, out: Datagram): boolean {
    const layer = this.#layer;
    const header = this.#header;
    let version = first;
    for (let tunnels = 0; tunnels <= MAX_TUNNELS; tunnels++) {
      if (!(version === 4 ? readIpv4(layer, header) : readIpv6(layer, header))) return false;
      if (!this.#readToUpperLayer(frame)) return false;
      const { protocol } = header;
      if (protocol === IpProtocol.udp) {
        if (!readUdp(layer, header.version, out)) return false;
        if (!enterVxlan(layer, out)) {
          this.#finish(out, DatagramKind.udp);
          return true;
        }
        version = readEthernet(layer);
        if (version === 0) return false;
      } else if (protocol === IpProtocol.tcp) {
        if (!readTcp(layer, out)) return false;
        this.#finish(out, DatagramKind.tcp);
        return true;
      } else if (protocol === IpProtocol.ipv4) version = 4;
      else if (protocol === IpProtocol.ipv6) version = 6;
      else return layer.fail(NotRead.ipProtocol, protocol);
    }
    return layer.fail(NotRead.tooManyHeaders);
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
      const fileOffset = frame.fileOffset + layer.at - frame.start;
      const seconds = frame.hasTime ? frame.seconds : undefined;
      const joined = this.#fragments.add(layer, header, fileOffset, frame.number, seconds);
      if (joined === undefined) return false;
      this.#joined = joined;
      layer.bytes = joined.bytes;
      layer.at = 0;
      layer.end = joined.captured;
      layer.wireEnd = joined.bytes.length;
      header.protocol = joined.protocol;
      header.isFragment = false;
    }
  }

  #finish(out: Datagram, kind: number): void {
    const header = this.#header;
    out.kind = kind;
    out.ipVersion = header.version;
    out.addressBytes = header.addressBytes;
    out.sourceAddress = header.source;
    out.destinationAddress = header.destination;
    out.multicast = isGroupAddress(header.addressBytes, header.destination, header.version);
    if (this.#joined !== undefined) out.pieces = piecesOf(this.#joined, out.start, out.end);
  }
}

/** Protocols that can carry a datagram; fragments of others are named at once and not kept. */
function isReadProtocol(protocol: number): boolean {
  return (
    protocol === IpProtocol.udp ||
    protocol === IpProtocol.ipv4 ||
    protocol === IpProtocol.ipv6 ||
    protocol === IpProtocol.authentication
  );
}
