import { expect, it } from 'vitest';
import type { CaptureInterface } from '../../src/capture/frame.ts';
import { CapturePoints } from '../../src/network/capture-points.ts';
import { DatagramKind, Datagram } from '../../src/network/datagram.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { address, frameOf, ipv4, joined, u16, udp } from './packets.ts';

function point(name: string, section?: number): CaptureInterface {
  const described = { name, description: '', linkType: 1, snapLength: 0, frames: 0 };
  return section === undefined ? described : { ...described, section };
}

it('interfaces, files and devices are points of their own', () => {
  const points = new CapturePoints();
  points.describe(0, [point('eth0'), point('eth1')]);
  points.describe(1, [point('eth0')]);
  const numbers = [
    points.of(0, 0, 0, 1),
    points.of(0, 1, 0, 1),
    points.of(1, 0, 0, 1),
    points.of(0, 1, 0, 2),
    points.of(0, 0, 7, 2),
    points.of(0, 0, 0, 2),
  ];
  expect(numbers).toEqual([0, 1, 2, 1, 3, 0]);
  expect(points.count).toBe(4);
});

it('an interface of a later section goes on, two of one section do not', () => {
  const points = new CapturePoints();
  points.describe(0, [point('eth0'), point('eth0'), point('eth0', 1), point('eth1', 1)]);
  expect([0, 1, 2, 3].map((index) => points.of(0, index, 0, 1))).toEqual([0, 1, 0, 2]);
});

it('a file goes on where another with the same interface has ended, if it begins later', () => {
  const points = new CapturePoints();
  for (const file of [0, 1, 2, 3, 4]) points.describe(file, [point(file === 2 ? 'eth9' : '')]);
  expect(points.of(0, 0, 0, 10)).toBe(0);
  expect(points.of(1, 0, 0, 11)).toBe(1);
  points.end(0);
  points.end(1);
  expect(points.of(2, 0, 0, 12)).toBe(2);
  expect(points.of(3, 0, 0, 10.5)).toBe(0);
  expect(points.of(4, 0, 0, 10)).toBe(3);
});

it('frames of Linux cooked captures of version 2 tell the device', () => {
  const reader = new NetworkReader();
  const out = new Datagram();
  const cooked = (device: number): Uint8Array =>
    joined(
      u16(0x0800),
      u16(0),
      u16(device >>> 16),
      u16(device & 0xffff),
      u16(1),
      [0, 6],
      address('0.0.0.0'),
      [0, 0, 0, 0],
      ipv4(udp(Uint8Array.of(0x40, 1, 0, 1)), { identification: 77 }),
    );
  const points = [2, 3, 2, 0x10002].map((device) => {
    reader.read(frameOf(cooked(device), { linkType: 276 }), out);
    expect([out.kind, out.identification]).toEqual([DatagramKind.udp, 77]);
    return out.capturePoint;
  });
  expect(points).toEqual([0, 1, 0, 2]);
});
