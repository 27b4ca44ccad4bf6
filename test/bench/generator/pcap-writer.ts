import type { GeneratorTotals } from './totals.ts';

/** One end of a flow: an address of 4 or 16 bytes, a UDP port, and the hardware address its frames carry. */
export interface Endpoint {
  address: Uint8Array;
  port: number;
  hardware: Uint8Array;
  hopLimit: number;
}

/** Size of the chunks that are handed out. */
const CHUNK_BYTES = 1 << 20;
const FRAME_HEADER_BYTES = 16;
/** Shortest Ethernet frame without its check sum: what arrives shorter has been padded by its sender. */
const SHORTEST_RECEIVED_BYTES = 60;
const UDP_HEADER_BYTES = 8;
const TCP_HEADER_BYTES = 20;
const TCP_WINDOW = 0x2000;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const FRAGMENT_HEADER_BYTES = 8;
/** Fragments begin at multiples of this (RFC 791 §3.1). */
const FRAGMENT_UNIT = 8;
/** Protocol numbers (IANA). */
const TCP = 6;
const UDP = 17;
const FRAGMENT = 44;
const SNAP_LENGTH_BYTES = 262_144;
const LINKTYPE_ETHERNET = 1;
/** Start of the capture, seconds since 1970. */
const EPOCH_SECONDS = 1_763_856_000;

/**
 * Writes a classic capture file with microseconds (draft-ietf-opsawg-pcap), Ethernet, little endian, in chunks of about 1 MiB,
 * and counts frames and bytes. A chunk is only good during the call that hands it out.
 */
export class PcapWriter {
  private readonly buffer = new Uint8Array(CHUNK_BYTES + 4096);
  private readonly totals: GeneratorTotals;
  private readonly write: (chunk: Uint8Array) => void;
  private length = 0;
  private identification = 1;

  constructor(totals: GeneratorTotals, write: (chunk: Uint8Array) => void) {
    this.totals = totals;
    this.write = write;
    this.little32(0, 0xa1b2c3d4);
    this.little32(4, 2 | (4 << 16));
    this.little32(8, 0);
    this.little32(12, 0);
    this.little32(16, SNAP_LENGTH_BYTES);
    this.little32(20, LINKTYPE_ETHERNET);
    this.length = 24;
  }

  /** A frame as it is, at `time` microseconds since the capture's start. */
  frame(time: number, bytes: Uint8Array): void {
    this.buffer.set(bytes, this.length + FRAME_HEADER_BYTES);
    this.endFrame(time, bytes.length);
  }

  /**
   * A UDP datagram over IPv4 (RFC 791) or IPv6 (RFC 8200), by the length of the addresses, with true check sums.
   * `received` frames are padded to the shortest that Ethernet carries; sent ones are captured before that.
   */
  datagram(time: number, from: Endpoint, to: Endpoint, payload: Uint8Array, received: boolean): void {
    const start = this.length + FRAME_HEADER_BYTES;
    const udp = this.headers(start, from, to, UDP, UDP_HEADER_BYTES + payload.length);
    this.udp(udp, from, to, payload);
    this.endPacket(time, udp + UDP_HEADER_BYTES + payload.length - start, received);
  }

  /**
   * The frames of a UDP datagram that is longer than `mtu` bytes with its IP header: in fragments (RFC 791 §3.2,
   * RFC 8200 §4.5), to be written by `frame`. Undefined where it fits.
   */
  fragments(
    from: Endpoint,
    to: Endpoint,
    payload: Uint8Array,
    received: boolean,
    mtu: number,
  ): Uint8Array[] | undefined {
    const v6 = from.address.length === 16;
    const length = UDP_HEADER_BYTES + payload.length;
    if ((v6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) + length <= mtu) return undefined;
    const start = this.length + FRAME_HEADER_BYTES;
    const udp = this.headers(start, from, to, UDP, length);
    this.udp(udp, from, to, payload);
    const whole = this.buffer.slice(udp, udp + length);
    const identification = this.identification;
    const room = mtu - (v6 ? IPV6_HEADER_BYTES + FRAGMENT_HEADER_BYTES : IPV4_HEADER_BYTES);
    const step = room - (room % FRAGMENT_UNIT);
    const frames: Uint8Array[] = [];
    for (let offset = 0; offset < length; offset += step) {
      const part = whole.subarray(offset, Math.min(length, offset + step));
      const more = offset + step < length;
      let at: number;
      if (v6) {
        at = this.headers(start, from, to, FRAGMENT, FRAGMENT_HEADER_BYTES + part.length);
        this.big16(at, UDP << 8);
        this.big16(at + 2, offset | (more ? 1 : 0));
        this.big16(at + 4, 0);
        this.big16(at + 6, identification);
        at += FRAGMENT_HEADER_BYTES;
      } else {
        at = this.headers(start, from, to, UDP, part.length);
        const ip = at - IPV4_HEADER_BYTES;
        this.big16(ip + 4, identification);
        this.big16(ip + 6, (more ? 0x2000 : 0) | (offset / FRAGMENT_UNIT));
        this.big16(ip + 10, 0);
        this.big16(ip + 10, ~fold(this.sum16(ip, IPV4_HEADER_BYTES)));
      }
      this.buffer.set(part, at);
      const end = this.padded(start, at + part.length - start, received);
      frames.push(this.buffer.slice(start, start + end));
    }
    this.identification = (identification + 1) & 0xffff;
    return frames;
  }

  /** A TCP segment (RFC 9293 §3.1) of `payload`, with a true check sum; else as `datagram`. */
  segment(
    time: number,
    from: Endpoint,
    to: Endpoint,
    head: { sequence: number; acknowledgement: number; flags: number },
    payload: Uint8Array,
    received: boolean,
  ): void {
    const out = this.buffer;
    const start = this.length + FRAME_HEADER_BYTES;
    const length = TCP_HEADER_BYTES + payload.length;
    const tcp = this.headers(start, from, to, TCP, length);
    this.big16(tcp, from.port);
    this.big16(tcp + 2, to.port);
    this.big16(tcp + 4, head.sequence >>> 16);
    this.big16(tcp + 6, head.sequence);
    this.big16(tcp + 8, head.acknowledgement >>> 16);
    this.big16(tcp + 10, head.acknowledgement);
    this.big16(tcp + 12, ((TCP_HEADER_BYTES / 4) << 12) | head.flags);
    this.big16(tcp + 14, TCP_WINDOW);
    this.big16(tcp + 16, 0);
    this.big16(tcp + 18, 0);
    out.set(payload, tcp + TCP_HEADER_BYTES);
    this.big16(tcp + 16, ~this.checkSum(tcp, from, TCP, length));
    this.endPacket(time, tcp + length - start, received);
  }

  /** Ethernet and IP headers at `start` of what carries `length` bytes of `protocol`. Gives where those go. */
  private headers(start: number, from: Endpoint, to: Endpoint, protocol: number, length: number): number {
    const out = this.buffer;
    out.set(to.hardware, start);
    out.set(from.hardware, start + 6);
    const ip = start + 14;
    if (from.address.length === 16) {
      this.big16(start + 12, 0x86dd);
      this.big16(ip, 0x6000);
      this.big16(ip + 2, 0);
      this.big16(ip + 4, length);
      out[ip + 6] = protocol;
      out[ip + 7] = from.hopLimit;
      out.set(from.address, ip + 8);
      out.set(to.address, ip + 24);
      return ip + IPV6_HEADER_BYTES;
    }
    this.big16(start + 12, 0x0800);
    this.identification = (this.identification + 1) & 0xffff;
    this.big16(ip, 0x4500);
    this.big16(ip + 2, IPV4_HEADER_BYTES + length);
    this.big16(ip + 4, this.identification);
    this.big16(ip + 6, 0);
    out[ip + 8] = from.hopLimit;
    out[ip + 9] = protocol;
    this.big16(ip + 10, 0);
    out.set(from.address, ip + 12);
    out.set(to.address, ip + 16);
    this.big16(ip + 10, ~fold(this.sum16(ip, IPV4_HEADER_BYTES)));
    return ip + IPV4_HEADER_BYTES;
  }

  /** UDP header and payload, right behind the IP header. */
  private udp(udp: number, from: Endpoint, to: Endpoint, payload: Uint8Array): void {
    const length = UDP_HEADER_BYTES + payload.length;
    this.big16(udp, from.port);
    this.big16(udp + 2, to.port);
    this.big16(udp + 4, length);
    this.big16(udp + 6, 0);
    this.buffer.set(payload, udp + UDP_HEADER_BYTES);
    const sum = this.checkSum(udp, from, UDP, length);
    this.big16(udp + 6, sum === 0xffff ? 0xffff : ~sum);
  }

  /** Sum over the pseudo header and `length` bytes at `at`: the addresses stand right before, in both versions of IP. */
  private checkSum(at: number, from: Endpoint, protocol: number, length: number): number {
    const addresses = 2 * from.address.length;
    return fold(this.sum16(at - addresses, addresses + length) + protocol + length);
  }

  private endPacket(time: number, length: number, received: boolean): void {
    this.endFrame(time, this.padded(this.length + FRAME_HEADER_BYTES, length, received));
  }

  /** Length of a frame at `start` with its padding, which is set to 0. */
  private padded(start: number, length: number, received: boolean): number {
    if (!received || length >= SHORTEST_RECEIVED_BYTES) return length;
    this.buffer.fill(0, start + length, start + SHORTEST_RECEIVED_BYTES);
    return SHORTEST_RECEIVED_BYTES;
  }

  /** Hands out what is left. */
  end(): void {
    this.flush();
  }

  private endFrame(time: number, length: number): void {
    this.little32(this.length, EPOCH_SECONDS + Math.floor(time / 1e6));
    this.little32(this.length + 4, time % 1e6);
    this.little32(this.length + 8, length);
    this.little32(this.length + 12, length);
    this.length += FRAME_HEADER_BYTES + length;
    this.totals.frames++;
    this.totals.frameBytes += length;
    if (this.length >= CHUNK_BYTES) this.flush();
  }

  private flush(): void {
    const chunk = this.buffer.subarray(0, this.length);
    let sum = 0;
    for (let at = 0; at < chunk.length; at++) sum += chunk[at]!;
    this.totals.byteSum += sum;
    this.totals.bytes += chunk.length;
    this.write(chunk);
    this.length = 0;
  }

  /** Sum of 16-bit words; a last odd byte counts as the high half of one. */
  private sum16(start: number, length: number): number {
    const out = this.buffer;
    let sum = 0;
    const even = start + (length & ~1);
    for (let at = start; at < even; at += 2) sum += (out[at]! << 8) | out[at + 1]!;
    return length & 1 ? sum + (out[even]! << 8) : sum;
  }

  private big16(at: number, value: number): void {
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
  }

  private little32(at: number, value: number): void {
    this.buffer[at] = value;
    this.buffer[at + 1] = value >>> 8;
    this.buffer[at + 2] = value >>> 16;
    this.buffer[at + 3] = value >>> 24;
  }
}

/** Adds the carries of a sum of 16-bit words (RFC 1071). */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return folded;
}
