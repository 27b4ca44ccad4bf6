import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatagramKind } from '../../src/network/datagram.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { UdpChecksum, udpChecksum } from '../../src/network/udp.ts';
import { RECORDED } from '../captures.ts';
import { available, tsharkFields } from '../tshark.ts';
import { frameOf, ipv4, ipv6, read, udp } from './packets.ts';
import { framesOf } from './recorded-frames.ts';

const COAP = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);

function withChecksum(packet: Uint8Array, header: number, value: number): Uint8Array {
  const bytes = packet.slice();
  bytes[header + 6] = value >> 8;
  bytes[header + 7] = value & 0xff;
  return bytes;
}

/** The one checksum of 65,536 that is right. */
function rightOnes(packet: Uint8Array, header: number, linkType: number): number[] {
  const reader = new NetworkReader();
  const right: number[] = [];
  for (let value = 1; value <= 0xffff; value++) {
    const datagram = read(reader, frameOf(withChecksum(packet, header, value), { linkType }));
    if (udpChecksum(datagram) === UdpChecksum.ok) right.push(value);
  }
  return right;
}

describe('UDP checksum (RFC 768)', () => {
  it('of 10.0.0.7 to 10.0.0.1', () => {
    // 0a00+0007+0a00+0001 + 0011+000f + 9c40+1633+000f + 4001+1234+b272+6400 = 22f51, folded 2f53, inverted d0ac.
    expect(rightOnes(ipv4(udp(COAP)), 20, 228)).toEqual([0xd0ac]);
  });

  it('in IPv6 covers all of both addresses', () => {
    // 2001+0db8+0007 + 2001+0db8+0001 + the same as above from the protocol on: folded, inverted.
    const sum =
      2 * (0x2001 + 0x0db8) + 8 + 0x11 + 0x0f + 0x9c40 + 0x1633 + 0x0f + 0x4001 + 0x1234 + 0xb272 + 0x6400;
    const folded = (sum & 0xffff) + (sum >>> 16);
    expect(rightOnes(ipv6(udp(COAP)), 40, 229)).toEqual([0xffff - ((folded & 0xffff) + (folded >>> 16))]);
  });

  it('0 is none', () => {
    const datagram = read(new NetworkReader(), frameOf(ipv4(udp(COAP)), { linkType: 228 }));
    expect(udpChecksum(datagram)).toBe(UdpChecksum.absent);
  });

  it('of a datagram that the capture cut is not known', () => {
    const bytes = withChecksum(ipv4(udp(COAP)), 20, 0xd0ac);
    const datagram = read(new NetworkReader(), frameOf(bytes, { linkType: 228, captured: bytes.length - 1 }));
    expect(udpChecksum(datagram)).toBe(UdpChecksum.unknown);
  });

  it.skipIf(!available || RECORDED === undefined)(
    'agrees with tshark on recorded frames, joined fragments included (skipped without both)',
    () => {
      const counts = [0, 0, 0, 0, 0];
      for (const name of [
        'other/net-ipfrag4-a.pcapng',
        'other/net-any-sll2-a.pcap',
        'other/wk-dm-a.pcapng',
      ]) {
        const path = join(RECORDED!, name);
        const options = ['-o', 'udp.check_checksum:TRUE', '-Y', 'udp && !icmp && !icmpv6'];
        const rows = tsharkFields(path, ['frame.number', 'udp.checksum.status'], options);
        const theirs = new Map(rows.map(([number, status]) => [Number(number), status]));
        const reader = new NetworkReader();
        for (const frame of framesOf(path)) {
          const datagram = read(reader, frame);
          if (datagram.kind !== DatagramKind.udp) continue;
          const ours = udpChecksum(datagram);
          counts[ours]!++;
          // tshark: 1 good, 0 bad, 3 not present.
          expect([name, frame.number, theirs.get(frame.number)]).toEqual([
            name,
            frame.number,
            ours === UdpChecksum.ok ? '1' : ours === UdpChecksum.absent ? '3' : '0',
          ]);
        }
      }
      // What the host itself sent over a virtual link was left for a device to complete.
      expect(counts[UdpChecksum.partial]).toBeGreaterThan(50);
      expect(
        counts[UdpChecksum.ok]! + counts[UdpChecksum.wrong]! + counts[UdpChecksum.partial]!,
      ).toBeGreaterThan(100);
    },
  );
});
