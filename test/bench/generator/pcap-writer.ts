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
    const out = this.buffer;
    const start = this.length + FRAME_HEADER_BYTES;
    out.set(to.hardware, start);
    out.set(from.hardware, start + 6);
    const ip = start + 14;
    const udpLength = 8 + payload.length;
    const v6 = from.address.length === 16;
    const udp = ip + (v6 ? 40 : 20);
    this.big16(start + 12, v6 ? 0x86dd : 0x0800);
    if (v6) {
      this.big16(ip, 0x6000);
      this.big16(ip + 2, 0);
      this.big16(ip + 4, udpLength);
      out[ip + 6] = 17;
      out[ip + 7] = from.hopLimit;
      out.set(from.address, ip + 8);
      out.set(to.address, ip + 24);
    } else {
      this.identification = (this.identification + 1) & 0xffff;
      this.big16(ip, 0x4500);
      this.big16(ip + 2, 20 + udpLength);
      this.big16(ip + 4, this.identification);
      this.big16(ip + 6, 0);
      out[ip + 8] = from.hopLimit;
      out[ip + 9] = 17;
      this.big16(ip + 10, 0);
      out.set(from.address, ip + 12);
      out.set(to.address, ip + 16);
      this.big16(ip + 10, ~fold(this.sum16(ip, 20)));
    }
    this.big16(udp, from.port);
    this.big16(udp + 2, to.port);
    this.big16(udp + 4, udpLength);
    this.big16(udp + 6, 0);
    out.set(payload, udp + 8);
    // The pseudo header's addresses stand right before the UDP header in both versions of IP.
    const addresses = 2 * from.address.length;
    const sum = fold(this.sum16(udp - addresses, addresses + udpLength) + 17 + udpLength);
    this.big16(udp + 6, sum === 0xffff ? 0xffff : ~sum);
    let length = udp + udpLength - start;
    if (received && length < SHORTEST_RECEIVED_BYTES) {
      out.fill(0, start + length, start + SHORTEST_RECEIVED_BYTES);
      length = SHORTEST_RECEIVED_BYTES;
    }
    this.endFrame(time, length);
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
