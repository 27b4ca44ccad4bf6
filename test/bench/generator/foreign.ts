import type { Endpoint, PcapWriter } from './pcap-writer.ts';
import type { Random } from './random.ts';

const encoder = new TextEncoder();

function concatenate(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Writes now and then a frame that has nothing to do with CoAP: ARP, DNS, NTP or TCP between the server and its gateway. */
export class ForeignTraffic {
  private readonly random: Random;
  private readonly writer: PcapWriter;
  private readonly gateway: Endpoint;
  private readonly server: Endpoint;
  private sequence = 1;

  /** `server` and `gateway` must have IPv4 addresses. */
  constructor(random: Random, writer: PcapWriter, gateway: Endpoint, server: Endpoint) {
    this.random = random;
    this.writer = writer;
    this.gateway = gateway;
    this.server = server;
  }

  /** One frame at `time`, microseconds since the capture's start. */
  frame(time: number): void {
    switch (this.random.below(5)) {
      case 0:
        this.writer.frame(time, this.arp());
        break;
      case 1:
        this.query(time);
        break;
      case 2:
        this.clock(time);
        break;
      default:
        this.writer.frame(time, this.segment());
    }
  }

  /** A request for an address (RFC 826). */
  private arp(): Uint8Array {
    const { gateway, server } = this;
    const broadcast = new Uint8Array(6).fill(0xff);
    const header = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1];
    const body = concatenate(gateway.hardware, gateway.address, new Uint8Array(6), server.address);
    return concatenate(broadcast, gateway.hardware, header, body, new Uint8Array(18));
  }

  /** A DNS query (RFC 1035 §4.1). */
  private query(time: number): void {
    const id = this.random.below(0x1_0000);
    const labels = ['host' + this.random.below(1000), 'example', 'com'];
    const name = labels.flatMap((label) => [label.length, ...encoder.encode(label)]);
    const header = [id >>> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    const from = { ...this.server, port: this.random.between(32768, 60999) };
    this.writer.datagram(
      time,
      from,
      { ...this.gateway, port: 53 },
      concatenate(header, name, [0, 0, 1, 0, 1]),
      false,
    );
  }

  /** A client's NTP packet (RFC 5905 §7.3). */
  private clock(time: number): void {
    const packet = new Uint8Array(48);
    packet[0] = 0x23;
    this.writer.datagram(time, { ...this.server, port: 123 }, { ...this.gateway, port: 123 }, packet, false);
  }

  /** A TCP segment with a line of an HTTP request (RFC 9293 §3.1); its check sum is left to the network card, thus 0. */
  private segment(): Uint8Array {
    const { gateway, server, random } = this;
    const text = encoder.encode(`GET /status?n=${random.below(100_000)} HTTP/1.1\r\nHost: server\r\n\r\n`);
    const length = 40 + text.length;
    const port = random.between(32768, 60999);
    this.sequence = (this.sequence + text.length) >>> 0;
    const bytes32 = (value: number): number[] =>
      [value >>> 24, value >>> 16, value >>> 8, value].map((b) => b & 0xff);
    return concatenate(
      gateway.hardware,
      server.hardware,
      [0x08, 0x00, 0x45, 0, length >>> 8, length & 0xff, 0, 1, 0x40, 0, 64, 6, 0, 0],
      server.address,
      gateway.address,
      [port >>> 8, port & 0xff, 0, 80],
      bytes32(this.sequence),
      bytes32(1),
      [0x50, 0x18, 0x20, 0, 0, 0, 0, 0],
      text,
    );
  }
}
