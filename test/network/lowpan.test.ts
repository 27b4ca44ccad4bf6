import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/capture/frame.ts';
import { addressText } from '../../src/network/address-text.ts';
import type { Datagram } from '../../src/network/datagram.ts';
import { DatagramKind } from '../../src/network/datagram.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { notReadName } from '../../src/network/not-read.ts';
import { available, tsharkFields } from '../tshark.ts';
import type { MacFields } from './lowpan-packets.ts';
import {
  CONTEXT,
  CONTEXT_PREFIX,
  EXTENDED,
  EXTENDED_PEER,
  SHORT,
  SHORT_PEER,
  UDP_FORMS,
  destinationForms,
  iphc,
  mac,
  sourceForms,
  withCheck,
} from './lowpan-packets.ts';
import { address, frameOf, ipv4, ipv6, joined, payloadOf, read, u16, udp } from './packets.ts';
import { withPcap } from './recorded-frames.ts';

const COAP = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);
const NO_CHECK = 230;
const WITH_CHECK = 195;
const TAP = 283;
const CONTEXTS = [{ number: CONTEXT, prefix: address(CONTEXT_PREFIX), prefixLength: 64 }];

interface Told {
  what: string;
  bytes: Uint8Array;
  datagram: string;
}

/** Every form of source with every form of destination; the other forms take turns. */
function allForms(): Told[] {
  const told: Told[] = [];
  const links: [readonly number[], readonly number[]][] = [
    [EXTENDED, EXTENDED_PEER],
    [SHORT, SHORT_PEER],
  ];
  for (const [from, to] of links)
    for (const source of sourceForms(from))
      for (const destination of destinationForms(to)) {
        const turn = told.length;
        const form = UDP_FORMS[turn % UDP_FORMS.length]!;
        const packet = iphc(source, destination, form.next, form.bytes(COAP), turn);
        told.push({
          what: `${source.text} to ${destination.text}: ${form.what}`,
          bytes: mac(packet, { source: from, destination: to }),
          datagram: [source.text, destination.text, ...form.ports, Buffer.from(COAP).toString('hex')].join(
            ' ',
          ),
        });
      }
  return told;
}

function textOf(datagram: Datagram): string {
  if (datagram.kind !== DatagramKind.udp) return notReadName(datagram.notRead, datagram.notReadDetail);
  const { addressBytes, sourceAddress, destinationAddress } = datagram;
  return [
    addressText(addressBytes, sourceAddress, 6),
    addressText(addressBytes, destinationAddress, 6),
    datagram.sourcePort,
    datagram.destinationPort,
    Buffer.from(payloadOf(datagram)).toString('hex'),
  ].join(' ');
}

function frame(bytes: Uint8Array, linkType = NO_CHECK): Frame {
  return frameOf(bytes, { linkType });
}

/** The 32-bit check sequence, least significant byte first. IEEE 802.15.4-2020 §7.2.11. */
function crc32Bytes(bytes: Uint8Array): number[] {
  const rest = crc32(bytes);
  return [rest & 0xff, (rest >>> 8) & 0xff, (rest >>> 16) & 0xff, rest >>> 24];
}

const FORMS = allForms();
const SOURCE = sourceForms(EXTENDED)[3]!;
const DESTINATION = destinationForms(EXTENDED_PEER)[3]!;
const PACKET = iphc(SOURCE, DESTINATION, undefined, UDP_FORMS[4]!.bytes(COAP), 11);
const DATAGRAM = 'fe80::11:2233:4455:6677 fe80::11:2233:4455:6699 61621 61626 40011234b27264';

/** Reads one frame with a reader of its own. */
function told(bytes: Uint8Array, linkType = NO_CHECK): string {
  return textOf(read(new NetworkReader(CONTEXTS), frame(bytes, linkType)));
}

describe('6LoWPAN header compression (RFC 6282)', () => {
  it('every form of address, port, checksum, traffic class and hop limit is read', () => {
    const reader = new NetworkReader(CONTEXTS);
    for (const { what, bytes, datagram } of FORMS)
      expect({ what, datagram: textOf(read(reader, frame(bytes))) }).toEqual({ what, datagram });
    expect(FORMS.length).toBe(2 * 8 * 12);
    expect(reader.unknownContexts.entries()).toEqual([]);
  });

  it('the payload is a range of the frame, not a copy', () => {
    const reader = new NetworkReader(CONTEXTS);
    for (const { bytes } of FORMS) {
      const one = frame(bytes);
      const datagram = read(reader, one);
      expect(datagram.bytes).toBe(one.bytes);
      expect([datagram.end, datagram.pieces]).toEqual([one.end, undefined]);
      expect(datagram.payloadLength).toBe(COAP.length);
    }
  });

  it.skipIf(!available)('tshark reads the same (skipped without it)', () => {
    const frames = FORMS.map(({ bytes }) => frame(bytes));
    const fields = ['ipv6.src', 'ipv6.dst', 'udp.srcport', 'udp.dstport', 'udp.payload'];
    const context = ['-o', `6lowpan.context${CONTEXT}:${CONTEXT_PREFIX}/64`];
    const rows = withPcap(frames, (path) => tsharkFields(path, fields, context));
    expect(rows.map((row) => row.join(' '))).toEqual(FORMS.map(({ datagram }) => datagram));
  });

  it('cut by the snap length at every byte is a datagram from the payload on, else truncated', () => {
    for (const { what, bytes } of FORMS) {
      const reader = new NetworkReader(CONTEXTS);
      for (let captured = 0; captured < bytes.length; captured++) {
        const datagram = read(reader, frameOf(bytes, { linkType: NO_CHECK, captured }));
        const inPayload = captured - (bytes.length - COAP.length);
        const kind = inPayload < 0 ? DatagramKind.truncated : DatagramKind.udp;
        expect([what, captured, datagram.kind]).toEqual([what, captured, kind]);
        if (inPayload >= 0) expect(payloadOf(datagram)).toEqual([...COAP.subarray(0, inPayload)]);
      }
    }
  });

  it('cut by the sender at every byte is named', () => {
    for (const { bytes } of FORMS) {
      const reader = new NetworkReader(CONTEXTS);
      for (let length = 0; length < bytes.length - COAP.length; length++) {
        const datagram = read(reader, frame(bytes.subarray(0, length)));
        expect(datagram.kind).toBe(DatagramKind.notRead);
        expect(notReadName(datagram.notRead, datagram.notReadDetail)).toMatch(/^malformed|without payload$/);
      }
    }
  });

  it('an unknown context leaves the prefix zero and is counted', () => {
    const reader = new NetworkReader();
    const source = sourceForms(EXTENDED)[7]!;
    const packet = iphc(source, DESTINATION, undefined, UDP_FORMS[1]!.bytes(COAP));
    expect(textOf(read(reader, frame(mac(packet))))).toBe(
      '::11:2233:4455:6677 fe80::11:2233:4455:6699 40000 5683 40011234b27264',
    );
    expect(reader.unknownContexts.entries()).toEqual([{ what: '6LoWPAN context 3 unknown', frames: 1 }]);
    expect(reader.notRead.entries()).toEqual([]);
  });

  it('a prefix longer than 64 bits takes its place in the interface identifier', () => {
    const reader = new NetworkReader([
      { number: CONTEXT, prefix: address('2001:db8::aaaa:ffff:0:0'), prefixLength: 84 },
    ]);
    const source = sourceForms(EXTENDED)[5]!;
    const packet = iphc(source, DESTINATION, undefined, UDP_FORMS[1]!.bytes(COAP));
    // 84 bits: 2001:db8:0:0:aaaa:f, then the rest of 102:304:506:708.
    expect(textOf(read(reader, frame(mac(packet)))).split(' ')[0]).toBe('2001:db8::aaaa:f304:506:708');
  });

  it('contexts that a router advertises are learned, for its network (RFC 6775 §4.2)', () => {
    const reader = new NetworkReader();
    const option = [34, 2, 64, 0x10 | CONTEXT, 0, 0, 0, 60, ...address(CONTEXT_PREFIX).subarray(0, 8)];
    const advertisement = joined(
      [134, 0, 0, 0, 64, 0, 0, 60],
      new Uint8Array(8),
      [1, 1, 1, 2, 3, 4, 5, 6],
      option,
    );
    read(reader, frame(mac(iphc(SOURCE, destinationForms(EXTENDED_PEER)[10]!, 58, advertisement))));
    const source = sourceForms(EXTENDED)[7]!;
    const packet = iphc(source, DESTINATION, undefined, UDP_FORMS[1]!.bytes(COAP));
    expect(textOf(read(reader, frame(mac(packet)))).split(' ')[0]).toBe(source.text);
    const elsewhere = mac(packet);
    elsewhere[3] = 0xff;
    expect(textOf(read(reader, frame(elsewhere))).split(' ')[0]).toBe('::11:2233:4455:6677');
  });

  it('IPv6 within IPv6 takes its interface identifier from the header around it', () => {
    const inner = iphc(
      { bits: 0x30, inline: [], text: '' },
      { bits: 0x03, inline: [], text: '' },
      undefined,
      UDP_FORMS[4]!.bytes(COAP),
      11,
    );
    const outer = iphc(
      sourceForms(EXTENDED)[1]!,
      destinationForms(EXTENDED_PEER)[1]!,
      undefined,
      joined([0xee], inner),
    );
    expect(told(mac(outer))).toBe('fe80::102:304:506:708 fe80::102:304:506:709 61621 61626 40011234b27264');
  });

  it('a header is compressed at most 16 times', () => {
    const options = (count: number): Uint8Array =>
      joined(...Array.from({ length: count }, () => [0xe7, 0]), UDP_FORMS[4]!.bytes(COAP));
    expect(told(mac(iphc(SOURCE, DESTINATION, undefined, options(15))))).toBe(DATAGRAM);
    expect(told(mac(iphc(SOURCE, DESTINATION, undefined, options(17))))).toBe('too many nested headers');
  });
});

describe('dispatch (RFC 4944 §5)', () => {
  it.each<[string, Uint8Array, string]>([
    ['IPv6 in full', joined([0x41], ipv6(udp(COAP))), '2001:db8::7 2001:db8::1 40000 5683 40011234b27264'],
    ['a broadcast header', joined([0x50, 9], PACKET), DATAGRAM],
    [
      'a mesh header with short addresses',
      joined([0xb5, ...SHORT, ...SHORT_PEER], PACKET),
      'fe80::ff:fe00:1234 fe80::ff:fe00:5678 61621 61626 40011234b27264',
    ],
    [
      'a mesh header with extended addresses and many hops',
      joined([0x8f, 20, ...EXTENDED, ...EXTENDED_PEER, 0x50, 1], PACKET),
      DATAGRAM,
    ],
    ['HC1, which is not in use any more', Uint8Array.of(0x42, 0, 0), '6LoWPAN dispatch 0x42'],
    ['what is no 6LoWPAN', Uint8Array.of(0x1d, 0, 0), 'IEEE 802.15.4 payload other than 6LoWPAN'],
    [
      'a reserved next header',
      iphc(SOURCE, DESTINATION, undefined, Uint8Array.of(0xea, 0)),
      '6LoWPAN header compression 0xea',
    ],
    [
      'a reserved form of address',
      iphc(SOURCE, { bits: 0x04, inline: [], text: '' }, 17, udp(COAP)),
      'malformed 6LoWPAN header',
    ],
    [
      'a reserved form of group',
      iphc(SOURCE, { bits: 0x0d, inline: [], text: '' }, 17, udp(COAP)),
      'malformed 6LoWPAN header',
    ],
  ])('%s', (_, packet, expected) => {
    expect(told(mac(packet))).toBe(expected);
  });
});

describe('MAC header (IEEE 802.15.4 §7.2)', () => {
  const CASES: [string, MacFields][] = [
    ['2003', { version: 0 }],
    ['2006, both PANs', { version: 1, compressed: false, pans: 'both' }],
    ['2015, both extended', { version: 2, compressed: false }],
    ['2015, both extended, no PAN', { version: 2, compressed: true, pans: 'none' }],
    ['2015, no sequence number', { version: 2, compressed: true, pans: 'none', sequence: false }],
    ['2015, header elements', { version: 2, compressed: false, elements: [0x02, 0x0d, 1, 2, 0x80, 0x3f] }],
    [
      '2015, header and payload elements',
      { version: 2, compressed: false, elements: [0x00, 0x3f, 0x02, 0x88, 1, 2, 0x00, 0xf8] },
    ],
  ];
  it.each(CASES)('%s', (_, fields) => {
    expect(told(mac(PACKET, fields))).toBe(DATAGRAM);
  });

  it.skipIf(!available)('tshark reads the same of them (skipped without it)', () => {
    const frames = CASES.map(([, fields]) => frame(mac(PACKET, fields)));
    const fields = ['ipv6.src', 'ipv6.dst', 'udp.srcport', 'udp.dstport', 'udp.payload'];
    const rows = withPcap(frames, (path) => tsharkFields(path, fields));
    expect(rows.map((row) => row.join(' '))).toEqual(CASES.map(() => DATAGRAM));
  });

  const shortOnly = iphc(SOURCE, destinationForms([])[0]!, undefined, UDP_FORMS[4]!.bytes(COAP), 11);
  it.each<[string, MacFields]>([
    ['2015, short addresses', { source: SHORT, destination: SHORT_PEER, compressed: true }],
    [
      '2015, short addresses, both PANs',
      { source: SHORT, destination: SHORT_PEER, compressed: false, pans: 'both' },
    ],
    ['2015, no destination', { source: SHORT, destination: [], compressed: false, pans: 'source' }],
    ['2015, no destination, no PAN', { source: SHORT, destination: [], compressed: true, pans: 'none' }],
  ])('%s', (_, fields) => {
    expect(told(mac(shortOnly, { version: 2, ...fields }))).toBe(
      'fe80::ff:fe00:1234 2001:db8::9 61621 61626 40011234b27264',
    );
  });

  it.each<[string, MacFields, string]>([
    ['beacon', { type: 0 }, 'IEEE 802.15.4 beacon frame'],
    ['acknowledgment', { type: 2 }, 'IEEE 802.15.4 acknowledgment frame'],
    ['command', { type: 3 }, 'IEEE 802.15.4 command frame'],
    ['secured', { secured: true }, 'IEEE 802.15.4 frame secured at link level'],
    ['version 3', { version: 3 }, 'malformed link header'],
  ])('%s is named', (_, fields, expected) => {
    expect(told(mac(PACKET, fields))).toBe(expected);
  });

  it('a frame without addresses has none to derive from', () => {
    const packet = mac(PACKET, { source: [], destination: SHORT_PEER, compressed: false });
    expect(told(packet)).toBe('malformed 6LoWPAN header');
  });

  it('an empty data frame and one of more than 2,047 bytes are named', () => {
    expect(told(mac(new Uint8Array(0)))).toBe('IEEE 802.15.4 data frame without payload');
    expect(told(mac(new Uint8Array(2048)))).toBe('malformed link header');
  });
});

describe('frame check sequence', () => {
  const checked = withCheck(mac(PACKET));
  it('of link type 195 is taken off; a wrong one is named', () => {
    expect(told(checked, WITH_CHECK)).toBe(DATAGRAM);
    expect(told(joined(mac(PACKET), [0, 0]), WITH_CHECK)).toBe(DATAGRAM);
    const damaged = checked.slice();
    damaged[12] = damaged[12]! ^ 1;
    expect(told(damaged, WITH_CHECK)).toBe('IEEE 802.15.4 frame with a wrong check sequence');
  });

  it.each<[string, Uint8Array]>([
    ['16 bits', joined([0, 0, 12, 0, 0, 0, 1, 0, 1, 0, 0, 0], checked)],
    ['none', joined([0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0], mac(PACKET))],
    ['32 bits', joined([0, 0, 12, 0, 0, 0, 1, 0, 2, 0, 0, 0], mac(PACKET), crc32Bytes(mac(PACKET)))],
    [
      '16 bits, behind another field',
      joined([0, 0, 20, 0, 3, 0, 3, 0, 11, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0], checked),
    ],
    ['no field', joined([0, 0, 4, 0], mac(PACKET))],
  ])('TAP: %s', (_, bytes) => {
    expect(told(bytes, TAP)).toBe(DATAGRAM);
    if (!available) return;
    const rows = withPcap([frame(bytes, TAP)], (path) => tsharkFields(path, ['ipv6.src', 'udp.payload']));
    expect(rows).toEqual([['fe80::11:2233:4455:6677', Buffer.from(COAP).toString('hex')]]);
  });

  it('a TAP header of another version or that passes the frame is malformed', () => {
    expect(told(joined([1, 0, 4, 0], mac(PACKET)), TAP)).toBe('malformed link header');
    expect(told(joined([0, 0, 3, 0], mac(PACKET)), TAP)).toBe('malformed link header');
    expect(told(Uint8Array.of(0, 0, 60, 0), TAP)).toBe('malformed link header');
  });
});

describe('ZEP', () => {
  const checked = withCheck(mac(PACKET));
  const rest = new Array<number>(10).fill(0);
  const second = (type: number, mode: number, inner: Uint8Array): Uint8Array =>
    joined(
      [0x45, 0x58, 2, type, 26, 0, 7, mode, 255],
      new Array<number>(8).fill(0),
      [0, 0, 0, 1],
      rest,
      [inner.length],
      inner,
    );
  const first = joined([0x45, 0x58, 1, 26, 0, 7, 1, 255], rest.slice(0, 7), [checked.length], checked);
  const over = (bytes: Uint8Array): string => told(ipv4(udp(bytes, { to: 17754 })), 228);

  it('version 1 and 2 carry a frame with its check sequence', () => {
    expect(over(first)).toBe(DATAGRAM);
    expect(over(second(1, 1, checked))).toBe(DATAGRAM);
    expect(over(second(1, 0, joined(mac(PACKET), [0x20, 0xeb])))).toBe(DATAGRAM);
    expect(over(second(1, 0, joined(mac(PACKET), [0x20, 0x6b])))).toBe(
      'IEEE 802.15.4 frame with a wrong check sequence',
    );
    expect(over(joined([0x45, 0x58, 2, 2], u16(0), u16(1)))).toBe('ZEP acknowledgment');
  });

  it('a length that passes the datagram is malformed', () => {
    const bytes = second(1, 1, checked);
    bytes[31] = 255;
    expect(over(bytes)).toBe('malformed link header');
  });

  it('what does not begin as ZEP stays a datagram', () => {
    const datagram = read(new NetworkReader(), frameOf(ipv4(udp(COAP, { to: 17754 })), { linkType: 228 }));
    expect([datagram.kind, payloadOf(datagram)]).toEqual([DatagramKind.udp, [...COAP]]);
  });

  it('cut at every byte gives an outcome', () => {
    const bytes = ipv4(udp(second(1, 1, checked), { to: 17754 }));
    for (let captured = 0; captured < bytes.length; captured++) {
      const datagram = read(new NetworkReader(), frameOf(bytes, { linkType: 228, captured }));
      const inPayload = captured - (bytes.length - 2 - COAP.length);
      expect([captured, datagram.kind]).toEqual([captured, inPayload < 0 ? 3 : 0]);
    }
  });
});

it('changed bytes do not break the reader, and payloads stay within the frame', () => {
  const reader = new NetworkReader(CONTEXTS);
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(200),
      ({ bytes }, changes, captured) => {
        const changed = bytes.slice();
        for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
        const one = frameOf(changed, { linkType: NO_CHECK, captured });
        const datagram = read(reader, one);
        if (datagram.kind !== DatagramKind.udp || datagram.pieces !== undefined) return;
        expect(datagram.bytes).toBe(one.bytes);
        expect(datagram.start).toBeGreaterThanOrEqual(one.start);
        expect(datagram.start).toBeLessThanOrEqual(datagram.end);
        expect(datagram.end).toBeLessThanOrEqual(one.end);
      },
    ),
    { numRuns: 5000 },
  );
});
