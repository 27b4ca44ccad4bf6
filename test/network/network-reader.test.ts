import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import { MAX_EXTENSION_HEADERS } from '../../src/network/ip.ts';
import { MAX_TUNNELS, NetworkReader } from '../../src/network/network-reader.ts';
import { notReadName } from '../../src/network/not-read.ts';
import { ethernet, frameOf, ipv4, ipv6, ipv6Fragment, joined, payloadOf, read, u16, udp } from './packets.ts';

const COAP = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);
const IPV4_PACKET = ipv4(udp(COAP));
const IPV6_PACKET = ipv6(udp(COAP));

function cooked1(type: number, payload: Uint8Array, device = 1): Uint8Array {
  return joined(u16(0), u16(device), u16(6), [1, 2, 3, 4, 5, 6, 0, 0], u16(type), payload);
}

function cooked2(type: number, payload: Uint8Array, device = 1): Uint8Array {
  return joined(u16(type), u16(0), u16(0), u16(3), u16(device), [4, 6], [1, 2, 3, 4, 5, 6, 0, 0], payload);
}

interface Shape {
  what: string;
  linkType: number;
  bytes: Uint8Array;
  version: number;
}

const SHAPES: Shape[] = [
  { what: 'Ethernet', linkType: 1, bytes: ethernet(0x0800, IPV4_PACKET), version: 4 },
  { what: 'Ethernet, IPv6', linkType: 1, bytes: ethernet(0x86dd, IPV6_PACKET), version: 6 },
  { what: 'VLAN', linkType: 1, bytes: ethernet(0x0800, IPV4_PACKET, [[0x8100, 100]]), version: 4 },
  {
    what: 'QinQ 802.1ad',
    linkType: 1,
    bytes: ethernet(0x86dd, IPV6_PACKET, [
      [0x88a8, 7],
      [0x8100, 100],
    ]),
    version: 6,
  },
  {
    what: 'QinQ 0x9100, three tags',
    linkType: 1,
    bytes: ethernet(0x0800, IPV4_PACKET, [
      [0x9100, 1],
      [0x8100, 2],
      [0x8100, 3],
    ]),
    version: 4,
  },
  { what: 'Linux cooked 1', linkType: 113, bytes: cooked1(0x0800, IPV4_PACKET), version: 4 },
  { what: 'Linux cooked 1, IPv6', linkType: 113, bytes: cooked1(0x86dd, IPV6_PACKET, 772), version: 6 },
  { what: 'Linux cooked 2', linkType: 276, bytes: cooked2(0x0800, IPV4_PACKET), version: 4 },
  { what: 'Linux cooked 2, IPv6', linkType: 276, bytes: cooked2(0x86dd, IPV6_PACKET, 65534), version: 6 },
  {
    what: 'Linux cooked 2 with VLAN',
    linkType: 276,
    bytes: cooked2(0x8100, joined(u16(5), u16(0x0800), IPV4_PACKET)),
    version: 4,
  },
  ...[101, 12, 14].flatMap((linkType) => [
    { what: `raw IP ${linkType}`, linkType, bytes: IPV4_PACKET, version: 4 },
    { what: `raw IP ${linkType}, IPv6`, linkType, bytes: IPV6_PACKET, version: 6 },
  ]),
  { what: 'IPv4 link', linkType: 228, bytes: IPV4_PACKET, version: 4 },
  { what: 'IPv6 link', linkType: 229, bytes: IPV6_PACKET, version: 6 },
  { what: 'BSD loopback, little endian', linkType: 0, bytes: joined([2, 0, 0, 0], IPV4_PACKET), version: 4 },
  { what: 'BSD loopback, big endian', linkType: 0, bytes: joined([0, 0, 0, 2], IPV4_PACKET), version: 4 },
  { what: 'BSD loopback, ethertype', linkType: 0, bytes: joined([15, 0, 8, 0], IPV4_PACKET), version: 4 },
  ...[10, 23, 24, 28, 30].flatMap((family) => [
    {
      what: `loopback AF_INET6 ${family}`,
      linkType: 0,
      bytes: joined([family, 0, 0, 0], IPV6_PACKET),
      version: 6,
    },
    {
      what: `OpenBSD loopback ${family}`,
      linkType: 108,
      bytes: joined([0, 0, 0, family], IPV6_PACKET),
      version: 6,
    },
  ]),
  {
    what: 'IPv4 options',
    linkType: 1,
    bytes: ethernet(0x0800, ipv4(udp(COAP), { options: [0x94, 4, 0, 0, 1, 1, 1, 0] })),
    version: 4,
  },
  {
    what: 'IPv4 authentication header',
    linkType: 1,
    bytes: ethernet(
      0x0800,
      ipv4(joined([17, 4, 0, 0], new Array<number>(20).fill(1), udp(COAP)), { protocol: 51 }),
    ),
    version: 4,
  },
  {
    what: 'IPv6 extension headers',
    linkType: 1,
    bytes: ethernet(
      0x86dd,
      ipv6(
        joined(
          [43, 0, 1, 4, 0, 0, 0, 0], // hop-by-hop: PadN
          [60, 2, 4, 0, 0, 0, 0, 0, ...new Array<number>(16).fill(3)], // routing, one address
          [51, 0, 1, 4, 0, 0, 0, 0], // destination options
          [44, 4, 0, 0, ...new Array<number>(20).fill(1)], // authentication: (4 + 2) * 4 bytes
          ipv6Fragment(udp(COAP)), // "not fragmented", RFC 6946
        ),
        { next: 0 },
      ),
    ),
    version: 6,
  },
  {
    what: 'IPv4 in IPv4',
    linkType: 1,
    bytes: ethernet(
      0x0800,
      ipv4(IPV4_PACKET, { protocol: 4, source: '192.0.2.1', destination: '192.0.2.2' }),
    ),
    version: 4,
  },
  {
    what: 'IPv6 in IPv4',
    linkType: 1,
    bytes: ethernet(0x0800, ipv4(IPV6_PACKET, { protocol: 41 })),
    version: 6,
  },
  { what: 'IPv4 in IPv6', linkType: 1, bytes: ethernet(0x86dd, ipv6(IPV4_PACKET, { next: 4 })), version: 4 },
  {
    what: 'VXLAN',
    linkType: 1,
    bytes: ethernet(
      0x0800,
      ipv4(udp(joined([8, 0, 0, 0, 0, 0, 42, 0], ethernet(0x86dd, IPV6_PACKET)), { to: 4789 }), {
        source: '192.0.2.1',
        destination: '192.0.2.2',
      }),
    ),
    version: 6,
  },
];

function expectCoap(datagram: Datagram, version: number): void {
  expect(datagram.kind).toBe(DatagramKind.udp);
  expect(datagram.ipVersion).toBe(version);
  const { addressBytes } = datagram;
  expect([
    addressText(addressBytes, datagram.sourceAddress, version),
    addressText(addressBytes, datagram.destinationAddress, version),
  ]).toEqual(version === 4 ? ['10.0.0.7', '10.0.0.1'] : ['2001:db8::7', '2001:db8::1']);
  expect([datagram.sourcePort, datagram.destinationPort]).toEqual([40000, 5683]);
  expect(datagram.payloadLength).toBe(COAP.length);
  expect(datagram.multicast).toBe(false);
  expect(datagram.pieces).toBeUndefined();
}

describe.each(SHAPES)('a datagram over $what', ({ linkType, bytes, version }) => {
  it('is read', () => {
    const datagram = read(new NetworkReader(), frameOf(bytes, { linkType }));
    expectCoap(datagram, version);
    expect(payloadOf(datagram)).toEqual([...COAP]);
  });

  it('cut by the snap length at every byte is a datagram from the UDP header on, else truncated', () => {
    const reader = new NetworkReader();
    const payloadAt = bytes.length - COAP.length;
    for (let captured = 0; captured < bytes.length; captured++) {
      const datagram = read(reader, frameOf(bytes, { linkType, captured }));
      if (captured < payloadAt) {
        expect([captured, datagram.kind]).toEqual([captured, DatagramKind.truncated]);
        continue;
      }
      expectCoap(datagram, version);
      expect(payloadOf(datagram)).toEqual([...COAP.subarray(0, captured - payloadAt)]);
    }
    expect(reader.notRead.entries()).toEqual([{ what: 'headers cut by the capture', frames: payloadAt }]);
  });

  it('with Ethernet padding behind it has no padding in its payload', () => {
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

describe('UDP lengths (RFC 768)', () => {
  const kindOf = (packet: Uint8Array, linkType: number, captured?: number): [number, string] => {
    const datagram = read(new NetworkReader(), frameOf(packet, { linkType, captured }));
    const why =
      datagram.kind === DatagramKind.udp ? '' : notReadName(datagram.notRead, datagram.notReadDetail);
    return [datagram.kind, why];
  };

  it('less than the header is malformed', () => {
    for (let length = 0; length < 8; length++)
      expect(kindOf(ipv4(udp(COAP, { length })), 228)).toEqual([
        DatagramKind.notRead,
        'malformed UDP header',
      ]);
  });

  it('0 in IPv6 means the rest of the packet (RFC 2675 §4)', () => {
    const datagram = read(new NetworkReader(), frameOf(ipv6(udp(COAP, { length: 0 })), { linkType: 229 }));
    expect(payloadOf(datagram)).toEqual([...COAP]);
  });

  it('longer than the IP payload is malformed, also where the capture cut the payload', () => {
    const packet = ipv4(udp(COAP, { length: COAP.length + 9 }));
    expect(kindOf(packet, 228)).toEqual([DatagramKind.notRead, 'malformed UDP header']);
    expect(kindOf(packet, 228, 30)).toEqual([DatagramKind.notRead, 'malformed UDP header']);
  });

  it('shorter than the IP payload ends the payload', () => {
    const packet = ipv4(joined(udp(COAP, { length: 8 + 4 }), [9, 9]));
    expect(payloadOf(read(new NetworkReader(), frameOf(packet, { linkType: 228 })))).toEqual([
      ...COAP.subarray(0, 4),
    ]);
  });

  it('of the header alone is an empty datagram', () => {
    const datagram = read(new NetworkReader(), frameOf(ipv4(udp(new Uint8Array(0))), { linkType: 228 }));
    expect([datagram.kind, datagram.payloadLength, datagram.end - datagram.start]).toEqual([0, 0, 0]);
  });
});

describe('IP lengths', () => {
  it('an IPv4 total length of 0 is the rest of the frame', () => {
    const datagram = read(
      new NetworkReader(),
      frameOf(ipv4(udp(COAP), { totalLength: 0 }), { linkType: 228 }),
    );
    expect(payloadOf(datagram)).toEqual([...COAP]);
  });

  it('an IP packet that passes its frame was cut before it was captured', () => {
    const packet = ipv4(udp(COAP)).subarray(0, -3);
    const datagram = read(new NetworkReader(), frameOf(packet, { linkType: 228 }));
    expect(payloadOf(datagram)).toEqual([...COAP.subarray(0, 4)]);
    expect(datagram.payloadLength).toBe(COAP.length);
  });

  it.each([
    ['malformed IPv4 header', ipv4(udp(COAP), { totalLength: 19 })],
    ['malformed IPv4 header', joined([0x44], ipv4(udp(COAP)).subarray(1))],
    ['malformed IPv4 header', joined([0x4f], ipv4(udp(COAP)).subarray(1))],
    ['IP version 5', joined([0x55], ipv4(udp(COAP)).subarray(1))],
  ])('%s', (what, packet) => {
    const reader = new NetworkReader();
    read(reader, frameOf(packet, { linkType: 228 }));
    expect(reader.notRead.entries()).toEqual([{ what, frames: 1 }]);
  });
});

describe('multicast', () => {
  it.each([
    ['224.0.1.187', true],
    ['239.255.255.255', true],
    ['255.255.255.255', true],
    ['240.0.0.1', false],
    ['223.255.255.255', false],
  ])('IPv4 %s: %s', (destination, expected) => {
    const packet = ipv4(udp(COAP), { destination });
    expect(read(new NetworkReader(), frameOf(packet, { linkType: 228 })).multicast).toBe(expected);
  });
  it.each([
    ['ff02::fd', true],
    ['fe80::1', false],
  ])('IPv6 %s: %s', (destination, expected) => {
    const packet = ipv6(udp(COAP), { destination });
    expect(read(new NetworkReader(), frameOf(packet, { linkType: 229 })).multicast).toBe(expected);
  });
});

describe('what is not read is named', () => {
  const NOTHING = new Uint8Array(60);
  const CASES: [string, number, Uint8Array][] = [
    ['ARP', 1, ethernet(0x0806, NOTHING)],
    ['ARP', 1, ethernet(0x0806, NOTHING, [[0x8100, 1]])],
    ['ethertype 0x88cc LLDP', 1, ethernet(0x88cc, NOTHING)],
    ['ethertype 0x1234', 1, ethernet(0x1234, NOTHING)],
    ['IEEE 802.3 logical link control', 1, ethernet(38, NOTHING)],
    ['Linux cooked device type 824', 113, cooked1(0, NOTHING, 824)],
    ['Linux cooked device type 803', 276, cooked2(0, NOTHING, 803)],
    ['loopback family 7', 0, joined([7, 0, 0, 0], NOTHING)],
    ['ethertype 0x0700', 0, joined([7, 0, 7, 0], NOTHING)],
    ['link type 999', 999, NOTHING],
    ['malformed link header', 1, NOTHING.subarray(0, 13)],
    ['malformed link header', 1, ethernet(0x8100, NOTHING.subarray(0, 3))],
    ['malformed link header', 113, NOTHING.subarray(0, 15)],
    ['malformed link header', 276, NOTHING.subarray(0, 19)],
    ['malformed link header', 0, NOTHING.subarray(0, 3)],
    ['malformed link header', 101, NOTHING.subarray(0, 0)],
    ['malformed IPv4 header', 1, ethernet(0x0800, IPV4_PACKET.subarray(0, 19))],
    ['malformed IPv6 header', 1, ethernet(0x86dd, IPV6_PACKET.subarray(0, 39))],
    ['malformed IPv6 header', 229, ipv6(Uint8Array.of(17, 0, 1), { next: 60 })],
    ['malformed IPv6 header', 229, ipv6(joined([17, 1, 1, 4, 0, 0, 0, 0], u16(0)), { next: 60 })],
    ['malformed UDP header', 228, ipv4(Uint8Array.of(0, 1, 0, 2, 0, 8, 0))],
    ['IP version 0', 101, NOTHING],
    ['malformed TCP header', 228, ipv4(NOTHING, { protocol: 6 })],
    ['ICMP', 228, ipv4(joined([8, 0, 0, 0, 0, 0, 0, 0], NOTHING), { protocol: 1 })],
    ['ICMPv6', 229, ipv6(joined([128, 0, 0, 0, 0, 0, 0, 0], NOTHING), { next: 58 })],
    ['IP protocol 50 ESP', 228, ipv4(NOTHING, { protocol: 50 })],
    ['IP protocol 253', 228, ipv4(NOTHING, { protocol: 253 })],
    ['IP protocol 59 no next header', 229, ipv6(NOTHING, { next: 59 })],
    // A fragment of what would not be read anyway is named at once.
    ['IP protocol 50 ESP', 228, ipv4(NOTHING, { protocol: 50, fragmentation: 0x2000 })],
    [
      'too many nested headers',
      1,
      ethernet(0x0800, IPV4_PACKET, new Array<[number, number]>(5).fill([0x8100, 1])),
    ],
  ];
  it.each(CASES)('%s (link type %i)', (what, linkType, bytes) => {
    const reader = new NetworkReader();
    const datagram = read(reader, frameOf(bytes, { linkType }));
    expect(datagram.kind).toBe(DatagramKind.notRead);
    expect(notReadName(datagram.notRead, datagram.notReadDetail)).toBe(what);
    expect(reader.notRead.entries()).toEqual([{ what, frames: 1 }]);
  });

  it('tunnels and extension headers are followed up to their limits', () => {
    let packet = IPV4_PACKET;
    for (let tunnels = 0; tunnels < MAX_TUNNELS; tunnels++) packet = ipv4(packet, { protocol: 4 });
    expectCoap(read(new NetworkReader(), frameOf(packet, { linkType: 228 })), 4);
    const deeper = read(new NetworkReader(), frameOf(ipv4(packet, { protocol: 4 }), { linkType: 228 }));
    expect(notReadName(deeper.notRead, deeper.notReadDetail)).toBe('too many nested headers');

    const withHeaders = (count: number): Uint8Array => {
      const headers = Array.from({ length: count }, (_, index) => [
        index === count - 1 ? 17 : 60,
        0,
        1,
        4,
        0,
        0,
        0,
        0,
      ]);
      return ipv6(joined(...headers, udp(COAP)), { next: 60 });
    };
    const most = read(new NetworkReader(), frameOf(withHeaders(MAX_EXTENSION_HEADERS), { linkType: 229 }));
    expectCoap(most, 6);
    const more = read(
      new NetworkReader(),
      frameOf(withHeaders(MAX_EXTENSION_HEADERS + 1), { linkType: 229 }),
    );
    expect(notReadName(more.notRead, more.notReadDetail)).toBe('too many nested headers');
  });

  it('most frames first, further reasons beyond the limit together', () => {
    const reader = new NetworkReader();
    for (let type = 0; type < 1100; type++) read(reader, frameOf(ethernet(0x2000 + type, NOTHING)));
    for (let count = 0; count < 3; count++) read(reader, frameOf(ethernet(0x2000, NOTHING)));
    const entries = reader.notRead.entries();
    expect(entries.slice(0, 3)).toEqual([
      { what: 'other', frames: 76 },
      { what: 'ethertype 0x2000', frames: 4 },
      { what: 'ethertype 0x2001', frames: 1 },
    ]);
    expect(entries.reduce((sum, entry) => sum + entry.frames, 0)).toBe(1103);
  });
});

describe('VXLAN (RFC 7348)', () => {
  it('CoAP on its port stays CoAP', () => {
    const packet = ipv4(udp(joined(COAP, ethernet(0x0800, IPV4_PACKET)), { to: 4789 }));
    const datagram = read(new NetworkReader(), frameOf(packet, { linkType: 228 }));
    expect([datagram.kind, datagram.destinationPort]).toEqual([DatagramKind.udp, 4789]);
  });
});

it('any bytes over any link type give an outcome', () => {
  const reader = new NetworkReader();
  const linkTypes = fc.constantFrom(0, 1, 9, 12, 14, 50, 51, 101, 108, 113, 195, 228, 229, 230, 276, 283);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), linkTypes, fc.nat(60), (bytes, linkType, missing) => {
      const frame = frameOf(bytes, { linkType });
      frame.originalLength = bytes.length + missing;
      const datagram = read(reader, frame);
      expect(Object.values(DatagramKind)).toContain(datagram.kind);
    }),
    { numRuns: 5000 },
  );
});
