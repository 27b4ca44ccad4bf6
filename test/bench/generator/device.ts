import type { Endpoint } from './pcap-writer.ts';
import type { Random } from './random.ts';
import { Sensor } from './content.ts';
import { FORMATS, type Format } from './totals.ts';
import type { Flow } from './traffic.ts';

/** CoAP's port (RFC 7252 §12.6). */
const COAP_PORT = 5683;
/** Hardware addresses of the gateway that all devices come through, and of the server. */
const GATEWAY_HARDWARE = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
const SERVER_HARDWARE = Uint8Array.of(0x02, 0, 0, 0, 0, 0x10);
/** Hop limits left where the capture is taken. */
const SERVER_HOPS = 64;
const DEVICE_HOPS = 52;
/** Addresses for documentation (RFC 5737, RFC 3849) for the server, private ones (RFC 1918) for devices. */
export const SERVER_IPV4: Endpoint = {
  address: Uint8Array.of(192, 0, 2, 10),
  port: COAP_PORT,
  hardware: SERVER_HARDWARE,
  hopLimit: SERVER_HOPS,
};
const SERVER_IPV6: Endpoint = {
  ...SERVER_IPV4,
  address: Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10),
};
/** The gateway itself, for traffic that is not of the devices. */
export const GATEWAY: Endpoint = {
  address: Uint8Array.of(192, 0, 2, 1),
  port: 0,
  hardware: GATEWAY_HARDWARE,
  hopLimit: SERVER_HOPS,
};

/** One device in so many speaks IPv6, gets firmware, is on TCP, has a narrow way, shares an address with the one before it. */
const ONE_IN_IPV6 = 8;
const ONE_IN_PUSHED = 10;
const ONE_IN_TCP = 25;
const ONE_IN_NARROW = 3;
/** Of those that get firmware, one in so many fetches it. */
const ONE_IN_PULLING = 3;
/** Path MTU of Ethernet, and of the narrow ways: the least that IPv4 hosts take (RFC 791 §3.1) and the least of IPv6 (RFC 8200 §5). */
const MTU = 1500;
const NARROW_MTU = 576;
const NARROW_MTU_IPV6 = 1280;
const ONE_IN_SHARING = 16;
/** Ports that a system gives out by itself (RFC 6335 §6). */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_PORTS = 16_384;
const LEAST_PUSH_BYTES = 96 * 1024;
const MOST_PUSH_BYTES = 160 * 1024;
const LOCATION_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The package a device is to get, in blocks of 2 ^ (4 + exponent) bytes (RFC 7959 §2.2). */
export interface Push {
  length: number;
  exponent: number;
  /** The device fetches it, instead of having it pushed. */
  pulled: boolean;
  /** Block after which the device refuses the rest, where it does. */
  refusedAt: number | undefined;
}

/** One registration of a device: what hangs on it ends with it. */
export interface Session {
  alive: boolean;
  location: string;
}

/** One device: who it is, where it is, and the numbers it and the server count for each other. */
export class Device {
  readonly endpointName: string;
  readonly ipv6: boolean;
  /** Seconds. */
  readonly lifetime: number;
  /** Every so many notifications one is confirmable. */
  readonly confirmableEvery: number;
  /** Seconds between notifications of one observation. */
  readonly period: number;
  readonly sensors: Record<Format, Sensor>;
  /** Format in which its firmware state is observed. */
  readonly firmwareFormat: Format;
  readonly push: Push | undefined;
  readonly overTcp: boolean;
  /** It sends large bodies in blocks, not in one message. */
  readonly sendsBlocks: boolean;
  flow: Flow;
  session: Session = { alive: false, location: '' };
  /** The device has a confirmable message under way (NSTART 1, RFC 7252 §4.7). */
  busy = false;
  private readonly random: Random;
  private deviceMessageId: number;
  private serverMessageId: number;
  private tokens: number;

  constructor(random: Random, index: number, before: Device | undefined) {
    this.random = random;
    this.endpointName = `urn:imei:35${String(7_000_000_000_000 + index * 7919).padStart(13, '0')}`;
    this.ipv6 = index % ONE_IN_IPV6 === ONE_IN_IPV6 - 1;
    this.lifetime = [300, 300, 300, 600, 900][random.below(5)]!;
    this.confirmableEvery = random.between(8, 12);
    this.period = random.between(24, 34);
    this.firmwareFormat = FORMATS[Math.floor(index / ONE_IN_PUSHED) % FORMATS.length]!;
    this.sensors = {
      tlv: new Sensor(random.between(1500, 2500)),
      senmlCbor: new Sensor(random.between(3000, 7000)),
      senmlJson: new Sensor(random.between(98_000, 103_000)),
      text: new Sensor(random.between(200, 900)),
    };
    // Never one that gets firmware: the remainders by 5, which divides both, differ.
    this.overTcp = index % ONE_IN_TCP === 2;
    this.sendsBlocks = random.chance(0.6);
    this.push =
      index % ONE_IN_PUSHED === ONE_IN_PUSHED - 4
        ? {
            length: random.between(LEAST_PUSH_BYTES, MOST_PUSH_BYTES),
            exponent: random.chance(0.5) ? 5 : 6,
            pulled: Math.floor(index / ONE_IN_PUSHED) % ONE_IN_PULLING === 1,
            refusedAt: random.chance(1 / 16) ? random.between(10, 80) : undefined,
          }
        : undefined;
    this.deviceMessageId = random.below(0x1_0000);
    this.serverMessageId = random.below(0x1_0000);
    this.tokens = random.next();
    const shares = index % ONE_IN_SHARING === 1 && before !== undefined;
    const address = shares ? before.flow.device.address : this.ipv6 ? this.address6(index) : address4(index);
    // Devices that share an address stay apart: one has even ports, the other odd ones.
    const port = FIRST_DYNAMIC_PORT + 2 * random.below(DYNAMIC_PORTS / 2) + (shares ? 1 : 0);
    this.flow = {
      device: { address, port, hardware: GATEWAY_HARDWARE, hopLimit: DEVICE_HOPS },
      server: this.ipv6 ? SERVER_IPV6 : SERVER_IPV4,
      mtu: index % ONE_IN_NARROW !== 0 ? MTU : this.ipv6 ? NARROW_MTU_IPV6 : NARROW_MTU,
    };
  }

  /** After a restart the device's system gives it another port, and it counts its messages from elsewhere. */
  restart(): void {
    const { device, server, mtu } = this.flow;
    const step = 2 * this.random.between(500, 4500);
    const port = FIRST_DYNAMIC_PORT + ((device.port - FIRST_DYNAMIC_PORT + step) % DYNAMIC_PORTS);
    this.flow = { device: { ...device, port }, server, mtu };
    this.deviceMessageId = this.random.below(0x1_0000);
  }

  /** The next message ID the device uses towards the server. */
  nextDeviceMessageId(): number {
    this.deviceMessageId = (this.deviceMessageId + 1) & 0xffff;
    return this.deviceMessageId;
  }

  /** The next message ID the server uses towards the device. */
  nextServerMessageId(): number {
    this.serverMessageId = (this.serverMessageId + 1) & 0xffff;
    return this.serverMessageId;
  }

  /**
   * A token of 4 to 8 bytes that this device and the server have not used with each other: its first four are a
   * count, spread over 32 bits by an odd factor.
   */
  nextToken(): Uint8Array {
    this.tokens = (this.tokens + 1) >>> 0;
    const spread = Math.imul(this.tokens, 0x9e3779b1) >>> 0;
    const token = new Uint8Array(this.random.between(4, 8));
    for (let at = 0; at < token.length; at++) {
      token[at] = at < 4 ? spread >>> (8 * at) : this.random.below(256);
    }
    return token;
  }

  /** A new last part for a registration's location. */
  nextLocation(): string {
    let location = '';
    while (location.length < 10) location += LOCATION_LETTERS[this.random.below(LOCATION_LETTERS.length)]!;
    return location;
  }

  private address6(index: number): Uint8Array {
    const address = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 2, index >>> 8, index, 0, 0, 0, 0, 0, 0, 0, 0);
    for (let at = 8; at < 16; at++) address[at] = this.random.below(256);
    return address;
  }
}

function address4(index: number): Uint8Array {
  return Uint8Array.of(10, 1 + (index >>> 16), index >>> 8, index);
}
