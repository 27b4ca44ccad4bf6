import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import type { Datagram } from '../../src/network/datagram.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import {
  FRAGMENT_TIMEOUT,
  MAX_PARTS,
  MAX_WAITING_BYTES,
  MAX_WAITING_DATAGRAMS,
} from '../../src/network/fragments.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { notReadName } from '../../src/network/not-read.ts';
import type { FrameFields } from './packets.ts';
import { ethernet, frameOf, ipv4, ipv6, ipv6Fragment, joined, payloadOf, read, udp } from './packets.ts';

const PAYLOAD = Uint8Array.from({ length: 60 }, (_, index) => 0x40 + index);
const DATAGRAM = udp(PAYLOAD);
/** The same with bytes behind that are no part of it. */
const LONGER = joined(DATAGRAM, new Array<number>(20).fill(0));

const IPV4_LINK = 228;
const IPV6_LINK = 229;

interface Cut {
  start: number;
  end: number;
  more?: boolean;
  identification?: number;
}

function lengthOf(bytes: Uint8Array): number {
  return bytes === LONGER ? DATAGRAM.length : bytes.length;
}

function fragment4(cut: Cut, bytes: Uint8Array = LONGER, protocol = 17): Uint8Array {
  const more = cut.more ?? cut.end < lengthOf(bytes);
  return ipv4(bytes.subarray(cut.start, cut.end), {
    fragmentation: (more ? 0x2000 : 0) | (cut.start / 8),
    identification: cut.identification ?? 7,
    protocol,
  });
}

function fragment6(cut: Cut, bytes: Uint8Array = LONGER, next = 17): Uint8Array {
  const more = cut.more ?? cut.end < lengthOf(bytes);
  const { identification = 7 } = cut;
  return ipv6(
    ipv6Fragment(bytes.subarray(cut.start, cut.end), { next, offset: cut.start, more, identification }),
    {
      next: 44,
    },
  );
}

function frame4(cut: Cut, fields: FrameFields = {}): ReturnType<typeof frameOf> {
  return frameOf(fragment4(cut), { linkType: IPV4_LINK, ...fields });
}

function frame6(cut: Cut, fields: FrameFields = {}): ReturnType<typeof frameOf> {
  return frameOf(fragment6(cut), { linkType: IPV6_LINK, ...fields });
}

function why(datagram: Datagram): string {
  return datagram.kind === DatagramKind.notRead
    ? notReadName(datagram.notRead, datagram.notReadDetail)
    : `kind ${datagram.kind}`;
}

const THREE: Cut[] = [
  { start: 0, end: 24 },
  { start: 24, end: 48 },
  { start: 48, end: 68 },
];

describe.each([
  { version: 4, frame: frame4, header: 20, source: '10.0.0.7' },
  { version: 6, frame: frame6, header: 48, source: '2001:db8::7' },
])('IPv$version fragments', ({ version, frame, header, source }) => {
  it('are put together in any order, with the place of each part', () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const reader = new NetworkReader();
      const datagrams = order.map((index) =>
        read(reader, frame(THREE[index]!, { number: 10 + index, fileOffset: 1000 * (index + 1) })),
      );
      expect(datagrams.slice(0, 2).map((datagram) => datagram.kind)).toEqual([
        DatagramKind.fragment,
        DatagramKind.fragment,
      ]);
      const whole = datagrams[2]!;
      expect(payloadOf(whole)).toEqual([...PAYLOAD]);
      expect(whole.payloadLength).toBe(PAYLOAD.length);
      expect([whole.sourcePort, whole.destinationPort]).toEqual([40000, 5683]);
      expect(addressText(whole.addressBytes, whole.sourceAddress, version)).toBe(source);
      expect(whole.pieces).toEqual([
        { fileOffset: 1000 + header + 8, length: 16, frame: 10 },
        { fileOffset: 2000 + header, length: 24, frame: 11 },
        { fileOffset: 3000 + header, length: 20, frame: 12 },
      ]);
      reader.end();
      expect(reader.notRead.entries()).toEqual([]);
    }
  });

  it('repeated exactly are taken once', () => {
    const reader = new NetworkReader();
    for (const index of [0, 0, 2, 2, 0]) expect(why(read(reader, frame(THREE[index]!)))).toBe('kind 2');
    expect(payloadOf(read(reader, frame(THREE[1]!)))).toEqual([...PAYLOAD]);
  });

  it('of different datagrams, and seen at different capture points, are kept apart', () => {
    const reader = new NetworkReader();
    read(reader, frame({ ...THREE[0]!, identification: 1 }));
    read(reader, frame({ ...THREE[1]!, identification: 2 }));
    read(reader, frame({ ...THREE[1]!, identification: 1 }, { interfaceIndex: 1 }));
    expect(why(read(reader, frame({ ...THREE[2]!, identification: 1 })))).toBe('kind 2');
    expect(payloadOf(read(reader, frame({ ...THREE[1]!, identification: 1 })))).toEqual([...PAYLOAD]);
    reader.end();
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete IP fragments', frames: 2 }]);
  });

  it('that come too late start a new datagram', () => {
    const reader = new NetworkReader();
    read(reader, frame(THREE[0]!, { seconds: 1000 }));
    read(reader, frame(THREE[1]!, { seconds: 1000 + FRAGMENT_TIMEOUT }));
    expect(why(read(reader, frame(THREE[2]!, { seconds: 1001 + FRAGMENT_TIMEOUT })))).toBe('kind 2');
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete IP fragments', frames: 2 }]);
  });

  it('keep the time of the last frame where one has none', () => {
    const reader = new NetworkReader();
    read(reader, frame(THREE[0]!, { seconds: 1000 }));
    const timeless = frame(THREE[1]!);
    timeless.hasTime = false;
    timeless.seconds = 0;
    read(reader, timeless);
    expect(payloadOf(read(reader, frame(THREE[2]!, { seconds: 1001 })))).toEqual([...PAYLOAD]);
  });

  it('cut by the snap length give what is there without a hole', () => {
    for (const { cutPart, expected } of [
      { cutPart: 0, expected: 16 - 4 },
      { cutPart: 1, expected: 16 + 24 - 4 },
      { cutPart: 2, expected: 60 - 4 },
    ]) {
      const reader = new NetworkReader();
      let whole: Datagram | undefined;
      for (const [index, part] of THREE.entries()) {
        const length = header + part.end - part.start;
        whole = read(reader, frame(part, { captured: index === cutPart ? length - 4 : length }));
      }
      expect(payloadOf(whole!)).toEqual([...PAYLOAD.subarray(0, expected)]);
      expect(whole!.payloadLength).toBe(PAYLOAD.length);
      expect(whole!.pieces!.reduce((sum, piece) => sum + piece.length, 0)).toBe(expected);
    }
  });

  it('with a UDP header that the capture cut are truncated', () => {
    const reader = new NetworkReader();
    read(reader, frame(THREE[0]!, { captured: header + 7 }));
    read(reader, frame(THREE[1]!));
    expect(read(reader, frame(THREE[2]!)).kind).toBe(DatagramKind.truncated);
  });

  it('that do not agree on the length spoil the datagram', () => {
    for (const wrong of [
      { start: 24, end: 40, more: false },
      { start: 56, end: 72, more: true },
      { start: 48, end: 56, more: false },
    ]) {
      const reader = new NetworkReader();
      read(reader, frame(THREE[0]!));
      read(reader, frame(THREE[2]!));
      expect(why(read(reader, frame(wrong)))).toBe('malformed IP fragment');
      expect(why(read(reader, frame(THREE[1]!)))).toBe('malformed IP fragment');
      reader.end();
      expect(reader.notRead.entries()).toEqual([
        { what: 'malformed IP fragment', frames: 2 },
        { what: 'incomplete IP fragments', frames: 2 },
      ]);
    }
  });

  it('that end before others do spoil the datagram', () => {
    const reader = new NetworkReader();
    read(reader, frame(THREE[1]!));
    expect(why(read(reader, frame({ start: 8, end: 16, more: false })))).toBe('malformed IP fragment');
  });

  it('whose length is no multiple of 8, empty ones, and ones beyond 65,535 bytes are malformed', () => {
    const reader = new NetworkReader();
    expect(why(read(reader, frame({ start: 0, end: 23, more: true })))).toBe('malformed IP fragment');
    expect(why(read(reader, frame({ start: 8, end: 8, more: true })))).toBe('malformed IP fragment');
    const bytes = joined(new Array<number>(65_528).fill(0), new Array<number>(16).fill(1));
    const cut = { start: 65_528, end: 65_528 + 16, more: false };
    const beyond = version === 4 ? fragment4(cut, bytes) : fragment6(cut, bytes);
    const linkType = version === 4 ? IPV4_LINK : IPV6_LINK;
    expect(why(read(reader, frameOf(beyond, { linkType })))).toBe('malformed IP fragment');
  });

  it('are bounded in datagrams: the oldest goes', () => {
    const reader = new NetworkReader();
    for (let identification = 0; identification <= MAX_WAITING_DATAGRAMS; identification++)
      read(reader, frame({ ...THREE[0]!, identification }));
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete IP fragments', frames: 1 }]);
    for (const identification of [0, 1]) {
      read(reader, frame({ ...THREE[1]!, identification }));
      const last = read(reader, frame({ ...THREE[2]!, identification }));
      // The first was dropped; taking up its rest then dropped the second.
      expect(last.kind).toBe(DatagramKind.fragment);
    }
    read(reader, frame({ ...THREE[1]!, identification: 200 }));
    expect(payloadOf(read(reader, frame({ ...THREE[2]!, identification: 200 })))).toEqual([...PAYLOAD]);
  });

  it('are bounded in bytes', () => {
    const bytes = new Uint8Array(64_008);
    const linkType = version === 4 ? IPV4_LINK : IPV6_LINK;
    const make = version === 4 ? fragment4 : fragment6;
    const reader = new NetworkReader();
    const fits = Math.floor(MAX_WAITING_BYTES / 64_000);
    for (let identification = 0; identification < fits; identification++)
      read(reader, frameOf(make({ start: 0, end: 64_000, identification }, bytes), { linkType }));
    expect(reader.notRead.entries()).toEqual([]);
    read(reader, frameOf(make({ start: 0, end: 64_000, identification: fits }, bytes), { linkType }));
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete IP fragments', frames: 1 }]);
  });

  it('are bounded in parts', () => {
    const reader = new NetworkReader();
    const bytes = new Uint8Array(8 * (MAX_PARTS + 8));
    const linkType = version === 4 ? IPV4_LINK : IPV6_LINK;
    const make = version === 4 ? fragment4 : fragment6;
    let last: Datagram | undefined;
    for (let index = 0; index <= MAX_PARTS; index++)
      last = read(reader, frameOf(make({ start: 8 * index, end: 8 * index + 8 }, bytes), { linkType }));
    expect(why(last!)).toBe('malformed IP fragment');
  });

  it('cut anywhere and given in any order and number give the datagram', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), (positions, random) => {
        const starts = [0, ...positions.map((position) => position * 8).sort((a, b) => a - b)];
        const parts = starts.map((start, index) => ({ start, end: starts[index + 1] ?? DATAGRAM.length }));
        const waiting = [...parts];
        const reader = new NetworkReader();
        let last: Datagram | undefined;
        while (waiting.length > 0) {
          const [part] = waiting.splice(random.next().value % waiting.length, 1);
          last = read(reader, frame(part!));
          // Some again, but not after the last one.
          if (waiting.length > 0 && random.next().value % 2 === 0) read(reader, frame(part!));
        }
        expect(payloadOf(last!)).toEqual([...PAYLOAD]);
        const pieces = last!.pieces?.map((piece) => piece.length) ?? [PAYLOAD.length];
        expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(PAYLOAD.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('overlapping fragments', () => {
  const other = Uint8Array.from(DATAGRAM, (byte) => byte ^ 0xff);

  it('in IPv4 those that came first stay', () => {
    const reader = new NetworkReader();
    read(reader, frame4(THREE[1]!, { number: 1 }));
    read(
      reader,
      frameOf(fragment4({ start: 16, end: 56, more: true }, other), { linkType: IPV4_LINK, number: 2 }),
    );
    read(reader, frame4(THREE[0]!, { number: 3 }));
    const whole = read(reader, frame4({ start: 48, end: 68 }, { number: 4 }));
    const expected = joined(
      other.subarray(16, 24),
      DATAGRAM.subarray(24, 48),
      other.subarray(48, 56),
      DATAGRAM.subarray(56),
    );
    expect(payloadOf(whole)).toEqual([...DATAGRAM.subarray(8, 16), ...expected]);
    expect(whole.pieces!.map((piece) => [piece.frame, piece.length])).toEqual([
      [3, 8],
      [2, 8],
      [1, 24],
      [2, 8],
      [4, 12],
    ]);
  });

  it('in IPv6 spoil the datagram (RFC 8200 §4.5)', () => {
    const reader = new NetworkReader();
    read(reader, frame6(THREE[0]!));
    expect(why(read(reader, frame6({ start: 16, end: 48, more: true })))).toBe('overlapping IPv6 fragments');
    expect(why(read(reader, frame6(THREE[1]!)))).toBe('overlapping IPv6 fragments');
    expect(why(read(reader, frame6(THREE[2]!)))).toBe('overlapping IPv6 fragments');
    reader.end();
    expect(reader.notRead.entries()).toEqual([
      { what: 'overlapping IPv6 fragments', frames: 3 },
      { what: 'incomplete IP fragments', frames: 1 },
    ]);
  });
});

describe('fragments with further headers', () => {
  it('extension headers within an IPv6 datagram are passed', () => {
    const bytes = joined([17, 0, 1, 4, 0, 0, 0, 0], DATAGRAM);
    const reader = new NetworkReader();
    read(reader, frameOf(fragment6({ start: 0, end: 8 }, bytes, 60), { linkType: IPV6_LINK }));
    const whole = read(reader, frameOf(fragment6({ start: 8, end: 76 }, bytes, 60), { linkType: IPV6_LINK }));
    expect(payloadOf(whole)).toEqual([...PAYLOAD]);
    expect(whole.pieces!.map((piece) => piece.length)).toEqual([PAYLOAD.length]);
  });

  it('a tunnelled packet within a fragmented one is read, with its pieces', () => {
    const inner = ipv6(DATAGRAM);
    const reader = new NetworkReader();
    read(reader, frameOf(fragment4({ start: 0, end: 64 }, inner, 41), { linkType: IPV4_LINK, number: 1 }));
    const whole = read(
      reader,
      frameOf(fragment4({ start: 64, end: inner.length }, inner, 41), { linkType: IPV4_LINK, number: 2 }),
    );
    expect([whole.ipVersion, addressText(whole.addressBytes, whole.sourceAddress, 6)]).toEqual([
      6,
      '2001:db8::7',
    ]);
    expect(payloadOf(whole)).toEqual([...PAYLOAD]);
    expect(whole.pieces!.map((piece) => [piece.frame, piece.length])).toEqual([
      [1, 16],
      [2, 44],
    ]);
  });

  it('fragments within fragments are named', () => {
    const inner = fragment4(THREE[0]!);
    const reader = new NetworkReader();
    read(reader, frameOf(fragment4({ start: 0, end: 16 }, inner, 4), { linkType: IPV4_LINK }));
    const last = fragment4({ start: 16, end: inner.length }, inner, 4);
    expect(why(read(reader, frameOf(last, { linkType: IPV4_LINK })))).toBe(
      'IP fragments within IP fragments',
    );
  });

  it('a fragmented TCP segment in IPv6 is read when it is whole', () => {
    const reader = new NetworkReader();
    read(reader, frameOf(fragment6(THREE[0]!, DATAGRAM, 6), { linkType: IPV6_LINK }));
    read(reader, frameOf(fragment6(THREE[1]!, DATAGRAM, 6), { linkType: IPV6_LINK }));
    expect(why(read(reader, frameOf(fragment6(THREE[2]!, DATAGRAM, 6), { linkType: IPV6_LINK })))).toBe(
      'malformed TCP header',
    );
  });

  it('Ethernet padding behind a fragment is no part of it', () => {
    const reader = new NetworkReader();
    const padded = (cut: Cut): Uint8Array => joined(ethernet(0x0800, fragment4(cut)), [0, 0, 0, 0, 0, 0]);
    for (const part of THREE.slice(0, 2)) read(reader, frameOf(padded(part)));
    expect(payloadOf(read(reader, frameOf(padded(THREE[2]!))))).toEqual([...PAYLOAD]);
  });
});
