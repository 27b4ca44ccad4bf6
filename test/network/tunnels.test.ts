import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import { MAX_TUNNELS, NetworkReader } from '../../src/network/network-reader.ts';
import { notReadName } from '../../src/network/not-read.ts';
import { available, tsharkFields } from '../tshark.ts';
import { ethernet, frameOf, ipv4, ipv6, joined, payloadOf, read, u16, udp } from './packets.ts';
import { withPcap } from './recorded-frames.ts';

const COAP = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);
const IPV4_PACKET = ipv4(udp(COAP));
const IPV6_PACKET = ipv6(udp(COAP));

interface Shape {
  what: string;
  linkType: number;
  bytes: Uint8Array;
  version: number;
  /** Zeros behind the packet are padding. */
  padded?: boolean;
}

/** RFC 2516 §4. */
function pppoe(ppp: Uint8Array): Uint8Array {
  return joined([0x11, 0, 0, 7], u16(ppp.length), ppp);
}

/** 3GPP TS 29.281 §5.1. */
function gtp(flags: number, rest: Uint8Array): Uint8Array {
  return joined([0x30 | flags, 255], u16(rest.length), [0, 0, 0, 1], rest);
}

function outer(payload: Uint8Array, protocol: number): Uint8Array {
  return ipv4(payload, { protocol, source: '192.0.2.1', destination: '192.0.2.2' });
}

const overGtp = (bytes: Uint8Array): Uint8Array => outer(udp(bytes, { from: 2152, to: 2152 }), 17);

const SHAPES: Shape[] = [
  { what: 'PPP', linkType: 9, bytes: joined([0x00, 0x21], IPV4_PACKET), version: 4 },
  {
    what: 'PPP, address and control',
    linkType: 9,
    bytes: joined([0xff, 3, 0, 0x57], IPV6_PACKET),
    version: 6,
  },
  { what: 'PPP, protocol of one byte', linkType: 9, bytes: joined([0x21], IPV4_PACKET), version: 4 },
  { what: 'PPP in HDLC', linkType: 50, bytes: joined([0xff, 3, 0, 0x21], IPV4_PACKET), version: 4 },
  { what: 'Cisco HDLC', linkType: 50, bytes: joined([0x0f, 0, 0x86, 0xdd], IPV6_PACKET), version: 6 },
  { what: 'PPPoE link', linkType: 51, bytes: pppoe(joined([0, 0x21], IPV4_PACKET)), version: 4 },
  {
    what: 'PPPoE session',
    linkType: 1,
    bytes: ethernet(0x8864, pppoe(joined([0, 0x57], IPV6_PACKET))),
    version: 6,
  },
  {
    what: 'PPPoE session in a VLAN',
    linkType: 1,
    bytes: ethernet(0x8864, pppoe(joined([0, 0x21], IPV4_PACKET)), [[0x8100, 5]]),
    version: 4,
  },
  { what: 'MPLS', linkType: 1, bytes: ethernet(0x8847, joined([0, 1, 0x01, 64], IPV4_PACKET)), version: 4 },
  {
    what: 'MPLS, three labels',
    linkType: 1,
    bytes: ethernet(0x8847, joined([0, 1, 0, 64, 0, 2, 0, 64, 0, 3, 1, 64], IPV6_PACKET)),
    version: 6,
  },
  {
    what: 'SNAP',
    linkType: 1,
    bytes: ethernet(8 + IPV4_PACKET.length, joined([0xaa, 0xaa, 3, 0, 0, 0, 8, 0], IPV4_PACKET)),
    version: 4,
  },
  { what: 'GRE', linkType: 228, bytes: outer(joined([0, 0, 8, 0], IPV4_PACKET), 47), version: 4 },
  {
    what: 'GRE with checksum, key and sequence number',
    linkType: 228,
    bytes: outer(joined([0xb0, 0, 0x86, 0xdd], new Array<number>(12).fill(0), IPV6_PACKET), 47),
    version: 6,
  },
  {
    what: 'Ethernet in GRE',
    linkType: 228,
    bytes: outer(joined([0x20, 0, 0x65, 0x58, 0, 0, 7, 1], ethernet(0x86dd, IPV6_PACKET)), 47),
    version: 6,
  },
  { what: 'GTP-U', linkType: 228, bytes: overGtp(gtp(0, IPV4_PACKET)), version: 4 },
  {
    what: 'GTP-U, sequence number',
    linkType: 228,
    bytes: overGtp(gtp(2, joined([0, 1, 0, 0], IPV6_PACKET))),
    version: 6,
  },
  {
    what: 'GTP-U, extension headers',
    linkType: 228,
    bytes: overGtp(gtp(4, joined([0, 0, 0, 0x85], [1, 0, 9, 0x40], [2, 0, 0, 0, 0, 0, 0, 0], IPV4_PACKET))),
    version: 4,
  },
];

describe.each(SHAPES)('a datagram over $what', ({ linkType, bytes, version }) => {
  it('is read', () => {
    const datagram = read(new NetworkReader(), frameOf(bytes, { linkType }));
    expect([datagram.kind, datagram.ipVersion]).toEqual([DatagramKind.udp, version]);
    expect(addressText(datagram.addressBytes, datagram.sourceAddress, version)).toBe(
      version === 4 ? '10.0.0.7' : '2001:db8::7',
    );
    expect([datagram.sourcePort, datagram.destinationPort]).toEqual([40000, 5683]);
    expect(payloadOf(datagram)).toEqual([...COAP]);
  });

  it('cut by the snap length at every byte is a datagram from the UDP header on, else truncated', () => {
    const reader = new NetworkReader();
    for (let captured = 0; captured < bytes.length; captured++) {
      const datagram = read(reader, frameOf(bytes, { linkType, captured }));
      const inPayload = captured - (bytes.length - COAP.length);
      const isRead = inPayload >= 0;
      // Where the SNAP header is cut it cannot be told from other logical link control.
      if (!isRead && datagram.kind === DatagramKind.notRead)
        expect(notReadName(datagram.notRead, datagram.notReadDetail)).toBe('IEEE 802.3 logical link control');
      else expect([captured, datagram.kind]).toEqual([captured, isRead ? 0 : DatagramKind.truncated]);
    }
  });

  it('with padding behind it has no padding in its payload', () => {
    const padded = joined(bytes, new Array<number>(18).fill(0));
    expect(payloadOf(read(new NetworkReader(), frameOf(padded, { linkType })))).toEqual([...COAP]);
  });

  it('does not break the reader where bytes are changed', () => {
    const reader = new NetworkReader();
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (changes, captured) => {
          const changed = bytes.slice();
          for (const [at, value] of changes) changed[at] = value;
          const frame = frameOf(changed, { linkType, captured });
          const datagram = read(reader, frame);
          if (datagram.kind !== DatagramKind.udp) return;
          expect(datagram.start).toBeLessThanOrEqual(datagram.end);
          expect(datagram.end - datagram.start).toBeLessThanOrEqual(datagram.payloadLength);
          if (datagram.pieces === undefined) expect(datagram.end).toBeLessThanOrEqual(frame.end);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it.skipIf(!available)('tshark reads the same (skipped without it)', () => {
  for (const linkType of new Set(SHAPES.map((shape) => shape.linkType))) {
    const shapes = SHAPES.filter((shape) => shape.linkType === linkType);
    const frames = shapes.map(({ bytes }) => frameOf(bytes, { linkType }));
    const rows = withPcap(frames, (path) => tsharkFields(path, ['udp.payload', 'coap.mid']));
    const found = rows.map(([payload, mid]) => [payload!.split(',').at(-1), mid]);
    expect(found).toEqual(shapes.map(() => [Buffer.from(COAP).toString('hex'), '4660']));
  }
});

describe('what is not read is named', () => {
  const NOTHING = new Uint8Array(40);
  it.each<[string, number, Uint8Array]>([
    ['PPP protocol 0xc021 LCP', 9, joined([0xff, 3, 0xc0, 0x21], NOTHING)],
    ['PPP protocol 0x8021 IPCP', 51, pppoe(joined([0x80, 0x21], NOTHING))],
    ['malformed link header', 51, joined([0x12, 0, 0, 7, 0, 40], NOTHING)],
    ['malformed link header', 9, Uint8Array.of(0xff)],
    ['MPLS without IP', 1, ethernet(0x8847, joined([0, 1, 1, 64], NOTHING))],
    ['too many nested headers', 1, ethernet(0x8847, new Uint8Array(4 * 17))],
    ['IEEE 802.3 logical link control', 1, ethernet(38, joined([0x42, 0x42, 3], NOTHING))],
    ['ARP', 1, ethernet(36, joined([0xaa, 0xaa, 3, 0, 0, 0, 8, 6], NOTHING))],
    ['GRE version 1', 228, outer(joined([0x30, 0x81, 0x88, 0x0b], NOTHING), 47)],
    ['GRE with source routing', 228, outer(joined([0x40, 0, 8, 0], NOTHING), 47)],
    ['ethertype 0x88be', 228, outer(joined([0, 0, 0x88, 0xbe], NOTHING), 47)],
    ['malformed link header', 228, outer(Uint8Array.of(0x10, 0, 8, 0, 0, 0), 47)],
    ['GTP-U without IP', 228, overGtp(gtp(0, NOTHING))],
    ['malformed link header', 228, overGtp(gtp(4, joined([0, 0, 0, 0x85, 0], NOTHING)))],
  ])('%s (link type %i)', (what, linkType, bytes) => {
    const reader = new NetworkReader();
    expect(read(reader, frameOf(bytes, { linkType })).kind).toBe(DatagramKind.notRead);
    expect(reader.notRead.entries()).toEqual([{ what, frames: 1 }]);
  });

  it('GTP-U messages other than packets, and CoAP on its port, stay datagrams', () => {
    for (const payload of [joined([0x32, 1, 0, 4, 0, 0, 0, 0], NOTHING.subarray(36)), COAP]) {
      const datagram = read(new NetworkReader(), frameOf(overGtp(payload), { linkType: 228 }));
      expect([datagram.kind, payloadOf(datagram)]).toEqual([DatagramKind.udp, [...payload]]);
    }
  });

  it('tunnels are followed up to their limit', () => {
    let packet = IPV4_PACKET;
    for (let tunnels = 0; tunnels < MAX_TUNNELS; tunnels++) packet = outer(joined([0, 0, 8, 0], packet), 47);
    expect(read(new NetworkReader(), frameOf(packet, { linkType: 228 })).kind).toBe(DatagramKind.udp);
    const deeper = outer(joined([0, 0, 8, 0], packet), 47);
    const datagram = read(new NetworkReader(), frameOf(deeper, { linkType: 228 }));
    expect(notReadName(datagram.notRead, datagram.notReadDetail)).toBe('too many nested headers');
  });
});
