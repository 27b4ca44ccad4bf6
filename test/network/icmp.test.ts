import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { frameOf, ipv4, ipv6, ipv6Fragment, joined, read, udp } from './packets.ts';

const COAP = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);

function error4(type: number, code: number, quoted: Uint8Array): Uint8Array {
  return ipv4(joined([type, code, 0, 0, 0, 0, 0, 0], quoted), {
    protocol: 1,
    source: '10.0.0.1',
    destination: '10.0.0.7',
  });
}

function error6(type: number, code: number, quoted: Uint8Array): Uint8Array {
  return ipv6(joined([type, code, 0, 0, 0, 0, 0, 0], quoted), {
    next: 58,
    source: '2001:db8::1',
    destination: '2001:db8::7',
  });
}

/** What RFC 792 has a router quote at least: the IP header and 8 bytes. */
const QUOTED4 = ipv4(udp(COAP)).subarray(0, 28);
const QUOTED6 = ipv6(udp(COAP));

describe('ICMP errors about a UDP datagram', () => {
  it.each<[string, number, Uint8Array, number, number]>([
    ['ICMP: port unreachable', 228, error4(3, 3, QUOTED4), 3, 3],
    ['ICMP: host unreachable', 228, error4(3, 1, ipv4(udp(COAP))), 3, 1],
    ['ICMP: time to live exceeded', 228, error4(11, 0, QUOTED4), 11, 0],
    ['ICMP: error type 12 code 1', 228, error4(12, 1, QUOTED4), 12, 1],
    ['ICMPv6: port unreachable', 229, error6(1, 4, QUOTED6), 1, 4],
    ['ICMPv6: packet too big', 229, error6(2, 0, QUOTED6.subarray(0, 44)), 2, 0],
    [
      'ICMPv6: port unreachable',
      229,
      error6(1, 4, ipv6(joined([17, 0, 1, 4, 0, 0, 0, 0], udp(COAP)), { next: 60 })),
      1,
      4,
    ],
    [
      'ICMPv6: hop limit exceeded',
      229,
      error6(3, 0, ipv6(ipv6Fragment(udp(COAP), { more: true }), { next: 44 })),
      3,
      0,
    ],
  ])('%s (link type %i) is an event on the flow that it quotes', (what, linkType, bytes, type, code) => {
    const reader = new NetworkReader();
    const event = read(reader, frameOf(bytes, { linkType }));
    expect(event.kind).toBe(DatagramKind.unreachable);
    const version = linkType === 228 ? 4 : 6;
    expect([event.icmpType, event.icmpCode, event.ipVersion]).toEqual([type, code, version]);
    expect([
      addressText(event.addressBytes, event.sourceAddress, version),
      addressText(event.addressBytes, event.destinationAddress, version),
      event.sourcePort,
      event.destinationPort,
    ]).toEqual([...(version === 4 ? ['10.0.0.7', '10.0.0.1'] : ['2001:db8::7', '2001:db8::1']), 40000, 5683]);
    expect(reader.notRead.entries()).toEqual([{ what, frames: 1 }]);
  });

  it('says who sent it, the beginning of the payload, and the MTU where there is one', () => {
    const tooBig4 = error4(3, 4, ipv4(udp(COAP)));
    tooBig4.set([5, 0x14], 20 + 6);
    const tooBig6 = error6(2, 0, QUOTED6);
    tooBig6.set([0, 0, 5, 0], 40 + 4);
    for (const [linkType, bytes, mtu, sender] of [
      [228, tooBig4, 1300, '10.0.0.1'],
      [228, error4(3, 3, ipv4(udp(COAP))), 0, '10.0.0.1'],
      [229, tooBig6, 1280, '2001:db8::1'],
    ] as const) {
      const event = read(new NetworkReader(), frameOf(bytes, { linkType }));
      expect(event.icmpMtu).toBe(mtu);
      expect(addressText(event.icmpSenderBytes, event.icmpSender, event.ipVersion)).toBe(sender);
      expect([...event.bytes.subarray(event.start, event.end)]).toEqual([...COAP]);
    }
    const least = read(new NetworkReader(), frameOf(error4(3, 3, QUOTED4), { linkType: 228 }));
    expect(least.end - least.start).toBe(0);
  });

  it.each<[string, number, Uint8Array]>([
    ['ICMP', 228, error4(8, 0, QUOTED4)],
    ['ICMP', 228, error4(3, 3, ipv4(udp(COAP), { protocol: 6 }))],
    ['ICMP', 228, error4(3, 3, QUOTED4.subarray(0, 23))],
    ['ICMP', 228, error4(3, 3, ipv4(udp(COAP), { fragmentation: 3 }))],
    ['ICMPv6', 229, error6(129, 0, QUOTED6)],
    ['ICMPv6', 229, error6(1, 4, QUOTED4)],
    ['ICMPv6', 229, error6(1, 4, new Uint8Array(0))],
    // The protocol of the other version of IP.
    ['ICMP', 229, ipv6(joined([3, 3, 0, 0, 0, 0, 0, 0], QUOTED4), { next: 1 })],
  ])('%s (link type %i): all else is named by its protocol', (what, linkType, bytes) => {
    const reader = new NetworkReader();
    expect(read(reader, frameOf(bytes, { linkType })).kind).toBe(DatagramKind.notRead);
    expect(reader.notRead.entries()).toEqual([{ what, frames: 1 }]);
  });

  it('cut at every byte gives an outcome', () => {
    for (const [linkType, bytes] of [
      [228, error4(3, 3, QUOTED4)],
      [229, error6(1, 4, QUOTED6)],
    ] as const)
      for (let captured = 0; captured < bytes.length; captured++) {
        const { kind } = read(new NetworkReader(), frameOf(bytes, { linkType, captured }));
        const ports = (linkType === 228 ? 20 : 40) * 2 + 8 + 4;
        const outer = linkType === 228 ? 20 : 40;
        const expected =
          captured < outer ? 3 : captured < ports ? DatagramKind.notRead : DatagramKind.unreachable;
        expect([captured, kind]).toEqual([captured, expected]);
      }
  });
});
