import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/capture/frame.ts';
import { addressText } from '../../src/network/address-text.ts';
import type { Datagram } from '../../src/network/datagram.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { notReadName } from '../../src/network/not-read.ts';
import { PUBLIC, RECORDED } from '../captures.ts';
import { available, tsharkFields } from '../tshark.ts';
import { payloadOf, read } from './packets.ts';
import { capturesIn, framesOf, withPcap } from './recorded-frames.ts';

/** Link types that are read. */
const LINK_TYPES = [0, 1, 9, 12, 14, 50, 51, 101, 108, 113, 195, 228, 229, 230, 276, 283];

const FIELDS = [
  ...['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['udp.srcport', 'udp.dstport', 'udp.length', 'udp.payload', 'frame.protocols'],
];
interface Told {
  /** Capture and frame number. */
  where: string;
  /** Addresses, ports, length and payload as one text; or why there is none. */
  datagram: string | undefined;
  why: string;
}

interface Named {
  where: string;
  frame: Frame;
}

/** The frames of all captures of a folder, by link type. */
function framesByLinkType(folder: string): Map<number, Named[]> {
  const byLinkType = new Map<number, Named[]>();
  for (const name of capturesIn(folder)) {
    let frames: Frame[] = [];
    try {
      frames = framesOf(join(folder, name));
    } catch {
      // The folder of public captures holds files that are none.
    }
    for (const frame of frames) {
      const named = byLinkType.get(frame.linkType);
      const entry = { where: `${name} ${frame.number}`, frame };
      if (named === undefined) byLinkType.set(frame.linkType, [entry]);
      else named.push(entry);
    }
  }
  return byLinkType;
}

function textOf(datagram: Datagram): string | undefined {
  if (datagram.kind !== DatagramKind.udp) return undefined;
  const { addressBytes, sourceAddress, destinationAddress, ipVersion } = datagram;
  return [
    addressText(addressBytes, sourceAddress, ipVersion),
    addressText(addressBytes, destinationAddress, ipVersion),
    datagram.sourcePort,
    datagram.destinationPort,
    datagram.payloadLength + 8,
    Buffer.from(payloadOf(datagram)).toString('hex'),
  ].join(' ');
}

function ours(named: readonly Named[]): Told[] {
  const reader = new NetworkReader();
  return named.map(({ where, frame }) => {
    const datagram = read(reader, frame);
    const why =
      datagram.kind === DatagramKind.udp ? '' : notReadName(datagram.notRead, datagram.notReadDetail);
    return { where, datagram: textOf(datagram), why };
  });
}

/** What tshark says of the innermost datagram; none for those that an ICMP error quotes. */
function theirs(named: readonly Named[]): Told[] {
  const rows = withPcap(
    named.map(({ frame }) => frame),
    (path) => tsharkFields(path, FIELDS),
  );
  return rows.map((row, index) => {
    const last = (field: number): string => row[field]?.split(',').at(-1) ?? '';
    const protocols = row[8]!.split(':');
    const inner = Math.max(protocols.lastIndexOf('ip'), protocols.lastIndexOf('ipv6'));
    const isUdp =
      protocols.lastIndexOf('udp') > Math.max(inner, protocols.indexOf('wpan')) &&
      !protocols.some((name) => /^(icmp|icmpv6|tcp|arp)$/.test(name));
    const address = protocols[inner] === 'ip' ? 0 : 2;
    // udp.payload of joined fragments goes on behind the UDP length.
    const payload = last(7).slice(0, Math.max(0, Number(last(6)) - 8) * 2);
    const datagram = [last(address), last(address + 1), last(4), last(5), last(6), payload].join(' ');
    return { where: named[index]!.where, datagram: isUdp ? datagram : undefined, why: '' };
  });
}

/**
 * Two sniffers recorded this capture, each most of the fragments. tshark joins fragments of both and is left with
 * some; here each sniffer's are joined, as the two sights of any other frame give two datagrams.
 */
function isHeardTwice({ where }: { where: string }): boolean {
  return where.includes('ieee802154-coaps-fetch');
}

const isReady = available && RECORDED !== undefined;

describe.skipIf(!isReady)('recorded captures (skipped without them or without tshark)', () => {
  it('give the addresses, ports and payloads that tshark gives, frame by frame', () => {
    let datagrams = 0;
    for (const [linkType, named] of framesByLinkType(RECORDED!)) {
      expect(LINK_TYPES).toContain(linkType);
      const found = ours(named);
      expect(found.map(({ where, datagram }) => ({ where, datagram, why: '' }))).toEqual(theirs(named));
      datagrams += found.filter(({ datagram }) => datagram !== undefined).length;
    }
    expect(datagrams).toBeGreaterThan(10_000);
  });

  it('name all else', () => {
    const reader = new NetworkReader();
    for (const named of framesByLinkType(RECORDED!).values()) ours(named);
    for (const named of framesByLinkType(RECORDED!).values())
      for (const { frame } of named) read(reader, frame);
    reader.end();
    expect(reader.notRead.entries().map(({ what }) => what)).toEqual([
      'ICMPv6',
      'ICMPv6: port unreachable',
      'ARP',
      'ICMP: port unreachable',
      'IP protocol 2 IGMP',
      'ICMP',
    ]);
  });

  it('IPv4 fragments: each piece says where its bytes lie in the file', () => {
    const path = join(RECORDED!, 'other/net-ipfrag4-a.pcapng');
    const file = readFileSync(path);
    const reader = new NetworkReader();
    const joinedFrames: number[][] = [];
    for (const frame of framesOf(path)) {
      const datagram = read(reader, frame);
      if (datagram.kind !== DatagramKind.udp || datagram.pieces === undefined) continue;
      const bytes = datagram.pieces.flatMap(({ fileOffset, length }) => [
        ...file.subarray(fileOffset, fileOffset + length),
      ]);
      expect(bytes).toEqual(payloadOf(datagram));
      joinedFrames.push(datagram.pieces.map((piece) => piece.frame));
    }
    reader.end();
    expect(reader.notRead.entries().filter(({ what }) => what.includes('fragment'))).toEqual([]);
    const expected = tsharkFields(path, ['ip.fragment'], ['-Y', 'ip.reassembled.length']).map(([list]) =>
      list!.split(',').map(Number),
    );
    expect(joinedFrames).toEqual(expected);
    expect(joinedFrames.length).toBeGreaterThan(3);
  });
});

describe.skipIf(!available || PUBLIC === undefined)(
  'public captures (skipped without them or without tshark)',
  () => {
    it('give what tshark gives where the link type is read, or are named', () => {
      const differing: string[] = [];
      for (const [linkType, named] of framesByLinkType(PUBLIC!)) {
        if (!LINK_TYPES.includes(linkType)) continue;
        const expected = theirs(named);
        for (const [index, told] of ours(named).entries()) {
          const other = expected[index]!;
          if (told.datagram === other.datagram || isHeardTwice(told)) continue;
          differing.push(`${told.where.split('__').at(-1)}: ${told.datagram ?? told.why}`);
        }
      }
      // A header that is not read here, and a damaged fragment of which tshark reads on.
      const known = /provider backbone bridge$|^esp_truncated.pcap 1: malformed IP fragment$/;
      expect(differing.filter((line) => !known.test(line))).toEqual([]);
    });

    it('give the same datagrams where two sniffers heard the same fragments', () => {
      const told = framesByLinkType(PUBLIC!).get(1)!.filter(isHeardTwice);
      const distinct = (list: readonly Told[]): Set<string | undefined> =>
        new Set(list.map(({ datagram }) => datagram));
      expect(distinct(ours(told))).toEqual(distinct(theirs(told)));
      expect(told.length).toBe(1000);
    });
  },
);
