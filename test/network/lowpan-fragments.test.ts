import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import type { Datagram } from '../../src/network/datagram.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import { MAX_WAITING_DATAGRAMS } from '../../src/network/fragments.ts';
import { LOWPAN_FRAGMENT_TIMEOUT } from '../../src/network/lowpan.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { available, tsharkFields } from '../tshark.ts';
import {
  EXTENDED,
  EXTENDED_PEER,
  SHORT,
  destinationForms,
  firstFragment,
  iphc,
  laterFragment,
  mac,
  sourceForms,
} from './lowpan-packets.ts';
import type { FrameFields } from './packets.ts';
import { frameOf, ipv6, joined, payloadOf, read, udp } from './packets.ts';
import { withPcap } from './recorded-frames.ts';

const NO_CHECK = 230;
const PAYLOAD = Uint8Array.from({ length: 210 }, (_, index) => (index === 0 ? 0x40 : index));
/** IPv6 and UDP header. */
const HEADERS = 48;
const SIZE = HEADERS + PAYLOAD.length;
/** Ends of the parts of the packet, headers in full, in multiples of 8 but the last. */
const ENDS = [88, 168, 248, SIZE];

const COMPRESSED = [0xf0, 0x9c, 0x40, 0x16, 0x33, 1, 2];

/** The MAC payloads of a datagram's four fragments. */
function fragments(tag = 5, payload = PAYLOAD): Uint8Array[] {
  return ENDS.map((end, index) => {
    const start = index === 0 ? HEADERS : ENDS[index - 1]!;
    const bytes = payload.subarray(start - HEADERS, end - HEADERS);
    if (index > 0) return laterFragment(SIZE, tag, start, bytes);
    const packet = joined(COMPRESSED, bytes);
    return firstFragment(
      SIZE,
      tag,
      iphc(sourceForms(EXTENDED)[3]!, destinationForms(EXTENDED_PEER)[3]!, undefined, packet, 11),
    );
  });
}

function frame(bytes: Uint8Array, fields: FrameFields = {}): ReturnType<typeof frameOf> {
  return frameOf(mac(bytes), { linkType: NO_CHECK, ...fields });
}

/** Reads the fragments in this order, as frames 1, 2, …; gives what each gave. */
function readAll(reader: NetworkReader, parts: readonly Uint8Array[], fields: FrameFields = {}): Datagram[] {
  return parts.map((bytes, index) =>
    read(reader, frame(bytes, { number: index + 1, fileOffset: 1000 * (index + 1), ...fields })),
  );
}

function expectWhole(datagram: Datagram): void {
  expect(payloadOf(datagram)).toEqual([...PAYLOAD]);
  expect(addressText(datagram.addressBytes, datagram.sourceAddress, 6)).toBe('fe80::11:2233:4455:6677');
  expect(addressText(datagram.addressBytes, datagram.destinationAddress, 6)).toBe('fe80::11:2233:4455:6699');
  expect([datagram.sourcePort, datagram.destinationPort, datagram.payloadLength]).toEqual([40000, 5683, 210]);
}

describe('6LoWPAN fragments (RFC 4944 §5.3)', () => {
  it('in any order, with repeats, give the datagram with its last missing one', () => {
    const parts = fragments();
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
        fc.array(fc.nat(2), { maxLength: 3 }),
        (order, repeats) => {
          const reader = new NetworkReader();
          const sequence = order.slice(0, 3).concat(
            repeats.map((index) => order[index]!),
            order[3]!,
          );
          const read = readAll(
            reader,
            sequence.map((index) => parts[index]!),
          );
          for (const other of read.slice(0, -1)) expect(other.kind).toBe(DatagramKind.fragment);
          expectWhole(read.at(-1)!);
          reader.end();
          expect(reader.notRead.entries()).toEqual([]);
        },
      ),
    );
  });

  it('each piece says where its bytes lie in the file', () => {
    const parts = fragments();
    const last = readAll(new NetworkReader(), [...parts].reverse()).at(-1)!;
    const found = last.pieces!.flatMap(({ fileOffset, length, frame: number }) => {
      const at = fileOffset - 1000 * number;
      return [...mac([...parts].reverse()[number - 1]!).subarray(at, at + length)];
    });
    expect(found).toEqual([...PAYLOAD]);
    expect(last.pieces!.map((piece) => piece.frame)).toEqual([4, 3, 2, 1]);
  });

  it.skipIf(!available)('tshark reads the same (skipped without it)', () => {
    const parts = fragments();
    const order = [0, 2, 1, 3].map((index) => parts[index]!);
    const frames = order.map((bytes) => frame(bytes));
    const rows = withPcap(frames, (path) => tsharkFields(path, ['ipv6.src', 'udp.length', 'udp.payload']));
    expect(rows.at(-1)).toEqual(['fe80::11:2233:4455:6677', '218', Buffer.from(PAYLOAD).toString('hex')]);
  });

  it('with headers in full', () => {
    const packet = ipv6(udp(PAYLOAD));
    const parts = [
      firstFragment(SIZE, 9, joined([0x41], packet.subarray(0, 96))),
      laterFragment(SIZE, 9, 96, packet.subarray(96, 184)),
      laterFragment(SIZE, 9, 184, packet.subarray(184)),
    ];
    expect(payloadOf(readAll(new NetworkReader(), parts).at(-1)!)).toEqual([...PAYLOAD]);
  });

  it('of different tags, sizes, nodes and capture points are not mixed', () => {
    const parts = fragments();
    const reader = new NetworkReader();
    readAll(reader, [parts[0]!, parts[1]!, parts[2]!]);
    const last = parts[3]!;
    const kinds = [
      read(reader, frame(fragments(6)[3]!)),
      read(reader, frameOf(mac(last, { source: SHORT }), { linkType: NO_CHECK })),
      read(reader, frame(last, { interfaceIndex: 1 })),
    ].map((datagram) => datagram.kind);
    expect(kinds).toEqual([2, 2, 2]);
    expectWhole(read(reader, frame(last)));
    reader.end();
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete 6LoWPAN fragments', frames: 3 }]);
  });

  it('that differ from those before begin the datagram anew', () => {
    const parts = fragments();
    const reader = new NetworkReader();
    const other = laterFragment(SIZE, 5, 80, PAYLOAD.subarray(0, 16));
    const read = readAll(reader, [other, ...parts]);
    expectWhole(read.at(-1)!);
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete 6LoWPAN fragments', frames: 1 }]);
  });

  it(`wait ${LOWPAN_FRAGMENT_TIMEOUT} s of the capture`, () => {
    for (const [wait, kind] of [
      [LOWPAN_FRAGMENT_TIMEOUT, DatagramKind.udp],
      [LOWPAN_FRAGMENT_TIMEOUT + 1, DatagramKind.fragment],
    ] as const) {
      const parts = fragments();
      const reader = new NetworkReader();
      readAll(reader, parts.slice(0, 3), { seconds: 1000 });
      expect(read(reader, frame(parts[3]!, { seconds: 1000 + wait })).kind).toBe(kind);
    }
  });

  it('are bounded in number', () => {
    const reader = new NetworkReader();
    for (let tag = 0; tag <= MAX_WAITING_DATAGRAMS; tag++) read(reader, frame(fragments(tag)[0]!));
    expect(reader.notRead.entries()).toEqual([{ what: 'incomplete 6LoWPAN fragments', frames: 1 }]);
  });

  it.each<[string, Uint8Array]>([
    ['passes the datagram', laterFragment(100, 5, 96, PAYLOAD.subarray(0, 8))],
    ['has a length that is no multiple of 8', laterFragment(SIZE, 5, 88, PAYLOAD.subarray(0, 9))],
    ['is empty', laterFragment(SIZE, 5, 88, new Uint8Array(0))],
    ['is cut in its header', laterFragment(SIZE, 5, 88, PAYLOAD).subarray(0, 4)],
    ['is shorter than its headers', firstFragment(40, 5, fragments()[0]!.subarray(4))],
  ])('one that %s is named', (_, bytes) => {
    const reader = new NetworkReader();
    expect(read(reader, frame(bytes)).kind).toBe(DatagramKind.notRead);
    expect(reader.notRead.entries()).toEqual([{ what: 'malformed 6LoWPAN header', frames: 1 }]);
  });

  it('of which the capture cut one give the datagram up to the cut', () => {
    const parts = fragments();
    const reader = new NetworkReader();
    readAll(reader, parts.slice(0, 1));
    const second = mac(parts[1]!);
    read(reader, frameOf(second, { linkType: NO_CHECK, captured: second.length - 10 }));
    const datagram = readAll(reader, parts.slice(2)).at(-1)!;
    expect(payloadOf(datagram)).toEqual([...PAYLOAD.subarray(0, 168 - HEADERS - 10)]);
    expect(datagram.payloadLength).toBe(PAYLOAD.length);
  });
});
