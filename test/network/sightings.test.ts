import { describe, expect, it } from 'vitest';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import {
  FIRST_SIGHTING,
  MAX_POINTS,
  REMEMBERED,
  Seen,
  SightingFinder,
  SIGHTING_WINDOW,
} from '../../src/network/sightings.ts';

const MILLISECOND = 1e6;

interface Packet {
  flow?: number;
  fromA?: boolean;
  point: number;
  /** In milliseconds. */
  at: number;
  payload?: readonly number[];
  /** Payload bytes on the wire where the capture cut some. */
  length?: number;
  identification?: number;
  sequence?: number;
  flags?: number;
}

/** Looks for packets one after the other; gives for each the index of the packet it is a sighting of, or itself. */
function firsts(packets: readonly Packet[]): number[] {
  const finder = new SightingFinder();
  const datagram = new Datagram();
  return packets.map((packet, index) => {
    const { flow = 0, fromA = true, point, at, payload = [0x40, 1, 0, 7], sequence } = packet;
    datagram.kind = sequence === undefined ? DatagramKind.udp : DatagramKind.tcp;
    datagram.bytes = Uint8Array.from([9, 9, ...payload]);
    datagram.start = 2;
    datagram.end = 2 + payload.length;
    datagram.payloadLength = packet.length ?? payload.length;
    datagram.identification = packet.identification ?? 0;
    datagram.sequence = sequence ?? 0;
    datagram.tcpFlags = packet.flags ?? 16;
    const found = finder.find(datagram, flow, fromA, point, at * MILLISECOND);
    if (found !== FIRST_SIGHTING) return found;
    finder.settle(index, 1);
    return index;
  });
}

describe('a packet is seen again', () => {
  it('at other points, once at each', () => {
    expect(
      firsts([
        { point: 0, at: 0 },
        { point: 1, at: 1 },
        { point: 2, at: 1 },
        { point: 1, at: 2 },
      ]),
    ).toEqual([0, 0, 0, 3]);
  });

  it('as often as it was sent: the first here is the first there', () => {
    expect(
      firsts([
        { point: 0, at: 0 },
        { point: 0, at: 2000 },
        { point: 1, at: 3000 },
        { point: 1, at: 5000 },
        { point: 0, at: 6000 },
      ]),
    ).toEqual([0, 1, 0, 1, 4]);
  });

  it('by its identification where it has one', () => {
    expect(
      firsts([
        { point: 0, at: 0, identification: 1 },
        { point: 0, at: 2000, identification: 2 },
        { point: 1, at: 2001, identification: 2 },
        { point: 1, at: 2002, identification: 3 },
      ]),
    ).toEqual([0, 1, 1, 3]);
  });

  it('by the usual difference where a copy was lost between the points', () => {
    const other = [0x40, 1, 0, 8];
    expect(
      firsts([
        { point: 0, at: 0, payload: other },
        { point: 1, at: 1, payload: other },
        { point: 0, at: 10 },
        { point: 0, at: 2010 },
        { point: 1, at: 2011 },
      ]),
    ).toEqual([0, 0, 2, 3, 3]);
  });

  it('where one of the two captures cut it', () => {
    const payload = Array.from({ length: 100 }, (_, index) => index);
    expect(
      firsts([
        { point: 0, at: 0, payload: payload.slice(0, 60), length: 100 },
        { point: 1, at: 1, payload },
        { point: 2, at: 2, payload: payload.slice(0, 50), length: 100 },
      ]),
    ).toEqual([0, 0, 0]);
  });

  it('as a segment by its numbers and flags', () => {
    expect(
      firsts([
        { point: 0, at: 0, sequence: 5, payload: [] },
        { point: 1, at: 1, sequence: 6, payload: [] },
        { point: 1, at: 2, sequence: 5, payload: [], flags: 17 },
        { point: 1, at: 3, sequence: 5, payload: [] },
        { point: 1, at: 4, payload: [] },
      ]),
    ).toEqual([0, 1, 2, 0, 4]);
  });

  const beyond = SIGHTING_WINDOW / MILLISECOND + 1;
  it.each<[string, Partial<Packet>]>([
    ['another flow', { flow: 1 }],
    ['the other way', { fromA: false }],
    ['another length', { length: 5 }],
    ['other bytes', { payload: [0x40, 1, 0, 8] }],
    ['another identification', { identification: 1 }],
    ['a time beyond the window', { at: beyond }],
    ['a time beyond the window, earlier', { at: -beyond }],
    ['a point beyond those told apart', { point: MAX_POINTS }],
  ])('not with %s', (_, other) => {
    expect(
      firsts([
        { point: 0, at: 0 },
        { point: 1, at: 1, ...other },
      ]),
    ).toEqual([0, 1]);
  });

  it('not where the bytes differ behind those that are hashed', () => {
    const payload = Array.from({ length: 100 }, () => 1);
    const other = payload.with(90, 2);
    expect(
      firsts([
        { point: 0, at: 0, payload },
        { point: 1, at: 1, payload: other },
        { point: 1, at: 2, payload },
      ]),
    ).toEqual([0, 1, 0]);
  });

  it('as long as it is remembered', () => {
    const packets: Packet[] = Array.from({ length: REMEMBERED + 10 }, (_, index) => ({
      point: 0,
      at: 0,
      payload: [0x40, 1, index >> 16, index >> 8, index],
    }));
    const again = (index: number): Packet => ({ ...packets[index]!, point: 1 });
    const found = firsts([...packets, again(REMEMBERED + 9), again(11), again(9)]);
    expect(found.slice(-3)).toEqual([REMEMBERED + 9, 11, REMEMBERED + 12]);
  });

  it('also where payloads have gone round the memory for them', () => {
    const large = (index: number): number[] => [index >> 8, index & 255, ...new Array<number>(2046).fill(7)];
    const packets = Array.from({ length: 5000 }, (_, index): Packet => ({
      point: 0,
      at: 0,
      payload: large(index),
    }));
    const found = firsts([...packets, { ...packets[4999]!, point: 1 }, { ...packets[0]!, point: 1 }]);
    expect(found.slice(-2)).toEqual([4999, 5001]);
  });
});

it('a packet that is no message keeps what it was', () => {
  const finder = new SightingFinder();
  const datagram = new Datagram();
  datagram.kind = DatagramKind.udp;
  datagram.bytes = Uint8Array.of(1, 2, 3, 4);
  datagram.end = datagram.payloadLength = 4;
  expect(finder.find(datagram, 0, true, 0, 0)).toBe(FIRST_SIGHTING);
  finder.settle(Seen.notCoap, 0);
  expect(finder.find(datagram, 0, true, 1, 0)).toBe(Seen.notCoap);
});
