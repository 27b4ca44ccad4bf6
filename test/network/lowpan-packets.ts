import { address, joined, u16 } from './packets.ts';

/** Frames of IEEE 802.15.4 with 6LoWPAN made by hand from the layouts of the specifications, for tests. */

export const EXTENDED = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
export const EXTENDED_PEER = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x99];
export const SHORT = [0x12, 0x34];
export const SHORT_PEER = [0x56, 0x78];
/** Context that the tests give, by number and text. */
export const CONTEXT = 3;
export const CONTEXT_PREFIX = '2001:db8:3:4::';

export interface MacFields {
  /** 0: 2003, 1: 2006, 2: 2015. */
  version?: number;
  type?: number;
  source?: readonly number[];
  destination?: readonly number[];
  compressed?: boolean;
  secured?: boolean;
  /** Which PAN identifiers the header has; by default the destination's. */
  pans?: 'none' | 'destination' | 'source' | 'both';
  sequence?: boolean;
  elements?: readonly number[];
}

const MODES = new Map([
  [0, 0],
  [2, 2],
  [8, 3],
]);

/** A frame without check sequence. IEEE 802.15.4-2020 §7.2. Addresses are given most significant byte first. */
export function mac(payload: Uint8Array, fields: MacFields = {}): Uint8Array {
  const { version = 1, type = 1, source = EXTENDED, destination = EXTENDED_PEER } = fields;
  const { compressed = true, secured = false, pans = 'destination', sequence = true } = fields;
  const elements = fields.elements ?? [];
  const control =
    type |
    (secured ? 8 : 0) |
    (compressed ? 0x40 : 0) |
    (sequence ? 0 : 0x100) |
    (elements.length > 0 ? 0x200 : 0) |
    (MODES.get(destination.length)! << 10) |
    (version << 12) |
    (MODES.get(source.length)! << 14);
  const pan = [0xcd, 0xab];
  return joined(
    [control & 0xff, control >> 8],
    sequence ? [7] : [],
    pans === 'destination' || pans === 'both' ? pan : [],
    [...destination].reverse(),
    pans === 'source' || pans === 'both' ? pan : [],
    [...source].reverse(),
    elements,
    payload,
  );
}

/** The check sequence by division bit for bit: x^16 + x^12 + x^5 + 1. IEEE 802.15.4-2020 §7.2.11. */
export function withCheck(frame: Uint8Array): Uint8Array {
  let rest = 0;
  for (const byte of frame)
    for (let bit = 0; bit < 8; bit++) {
      const top = (rest ^ (byte >> bit)) & 1;
      rest >>= 1;
      if (top === 1) rest ^= 0x8408;
    }
  return joined(frame, [rest & 0xff, rest >> 8]);
}

/** One way to write an address, and what it stands for. */
export interface AddressForm {
  /** Bits of the second byte of LOWPAN_IPHC. */
  bits: number;
  inline: readonly number[];
  text: string;
}

const PREFIX = CONTEXT_PREFIX.replace(/::$/, '');

/** All ways of RFC 6282 §3.1.1 to write a source address, from a node with this link address. */
export function sourceForms(link: readonly number[]): AddressForm[] {
  const own = link.length === 8 ? '11:2233:4455:6677' : '0:ff:fe00:1234';
  return [
    { bits: 0x00, inline: [...address('2001:db8::7')], text: '2001:db8::7' },
    { bits: 0x10, inline: [1, 2, 3, 4, 5, 6, 7, 8], text: 'fe80::102:304:506:708' },
    { bits: 0x20, inline: [0xab, 0xcd], text: 'fe80::ff:fe00:abcd' },
    { bits: 0x30, inline: [], text: `fe80::${own.replace(/^0:/, '')}` },
    { bits: 0x40, inline: [], text: '::' },
    { bits: 0x50, inline: [1, 2, 3, 4, 5, 6, 7, 8], text: `${PREFIX}:102:304:506:708` },
    { bits: 0x60, inline: [0xab, 0xcd], text: `${PREFIX}:0:ff:fe00:abcd` },
    { bits: 0x70, inline: [], text: `${PREFIX}:${own}` },
  ];
}

/** All ways to write a destination address, of a node with this link address or of a group. */
export function destinationForms(link: readonly number[]): AddressForm[] {
  const own = link.length === 8 ? '11:2233:4455:6699' : '0:ff:fe00:5678';
  return [
    { bits: 0x00, inline: [...address('2001:db8::9')], text: '2001:db8::9' },
    { bits: 0x01, inline: [1, 2, 3, 4, 5, 6, 7, 9], text: 'fe80::102:304:506:709' },
    { bits: 0x02, inline: [0xab, 0xce], text: 'fe80::ff:fe00:abce' },
    { bits: 0x03, inline: [], text: `fe80::${own.replace(/^0:/, '')}` },
    { bits: 0x05, inline: [1, 2, 3, 4, 5, 6, 7, 9], text: `${PREFIX}:102:304:506:709` },
    { bits: 0x06, inline: [0xab, 0xce], text: `${PREFIX}:0:ff:fe00:abce` },
    { bits: 0x07, inline: [], text: `${PREFIX}:${own}` },
    { bits: 0x08, inline: [...address('ff1e::1:2')], text: 'ff1e::1:2' },
    { bits: 0x09, inline: [0x0e, 1, 2, 3, 4, 5], text: 'ff0e::1:203:405' },
    { bits: 0x0a, inline: [0x0e, 1, 2, 3], text: 'ff0e::1:203' },
    { bits: 0x0b, inline: [0xfd], text: 'ff02::fd' },
    { bits: 0x0c, inline: [0x3e, 0, 0x11, 0x22, 0x33, 0x44], text: `ff3e:40:${PREFIX}:1122:3344` },
  ];
}

/** One way to write a UDP header and what stands before it, and the ports it stands for. */
export interface UdpForm {
  what: string;
  /** Protocol number where the next header is not compressed. */
  next: number | undefined;
  bytes: (payload: Uint8Array) => Uint8Array;
  ports: readonly [number, number];
}

const nhc = (head: readonly number[]) => (payload: Uint8Array) => joined(head, payload);
const PORTS = [0x9c, 0x40, 0x16, 0x33];

/** RFC 6282 §4.2 and §4.3. Checksums are not right; nobody checks them here. */
export const UDP_FORMS: readonly UdpForm[] = [
  {
    what: 'UDP in full',
    next: 17,
    bytes: (payload) => joined(PORTS, u16(payload.length + 8), [1, 2], payload),
    ports: [40000, 5683],
  },
  { what: 'ports in full', next: undefined, bytes: nhc([0xf0, ...PORTS, 1, 2]), ports: [40000, 5683] },
  {
    what: 'destination of 8 bits',
    next: undefined,
    bytes: nhc([0xf1, 0x9c, 0x40, 0x33, 1, 2]),
    ports: [40000, 0xf033],
  },
  {
    what: 'source of 8 bits',
    next: undefined,
    bytes: nhc([0xf2, 0x44, 0x16, 0x33, 1, 2]),
    ports: [0xf044, 5683],
  },
  { what: 'ports of 4 bits', next: undefined, bytes: nhc([0xf3, 0x5a, 1, 2]), ports: [0xf0b5, 0xf0ba] },
  { what: 'no checksum', next: undefined, bytes: nhc([0xf4, ...PORTS]), ports: [40000, 5683] },
  {
    what: 'ports of 4 bits, no checksum',
    next: undefined,
    bytes: nhc([0xf7, 0x5a]),
    ports: [0xf0b5, 0xf0ba],
  },
  {
    what: 'hop-by-hop options, compressed, padding left out',
    next: undefined,
    // A RPL option of 6 bytes would need no padding; one of 4 bytes leaves 2.
    bytes: nhc([0xe1, 4, 0x63, 2, 0, 1, 0xf0, ...PORTS, 1, 2]),
    ports: [40000, 5683],
  },
  {
    what: 'destination options, then UDP in full',
    next: undefined,
    bytes: (payload) =>
      joined([0xe6, 17, 6, 1, 4, 0, 0, 0, 0], PORTS, u16(payload.length + 8), [1, 2], payload),
    ports: [40000, 5683],
  },
  {
    what: 'hop-by-hop, routing and destination options',
    next: undefined,
    bytes: nhc([
      0xe1, 6, 1, 4, 0, 0, 0, 0, 0xe3, 6, 3, 0, 0, 0, 0, 0, 0xe7, 5, 0x3e, 3, 1, 2, 3, 0xf3, 0x5a, 1, 2,
    ]),
    ports: [0xf0b5, 0xf0ba],
  },
  {
    what: 'a fragment header that says "not fragmented"',
    next: undefined,
    bytes: nhc([0xe5, 0, 0, 0, 1, 2, 3, 4, 0xf3, 0x5a, 1, 2]),
    ports: [0xf0b5, 0xf0ba],
  },
  {
    what: 'hop-by-hop options in full',
    next: 0,
    bytes: (payload) => joined([17, 0, 1, 4, 0, 0, 0, 0], PORTS, u16(payload.length + 8), [1, 2], payload),
    ports: [40000, 5683],
  },
];

/** Traffic class and flow label, in the four forms of RFC 6282 §3.2.1. */
const TRAFFIC: readonly (readonly number[])[] = [[0xb8, 0x01, 0x23, 0x45], [0x41, 0x23, 0x45], [0xb8], []];

/** A packet with LOWPAN_IPHC (RFC 6282 §3.1); `turn` chooses the forms of traffic class and hop limit. */
export function iphc(
  source: AddressForm,
  destination: AddressForm,
  next: number | undefined,
  rest: Uint8Array,
  turn = 0,
): Uint8Array {
  const traffic = turn & 3;
  const hops = (turn >> 2) & 3;
  const usesContext = ((source.bits | (destination.bits << 4)) & 0x40) !== 0;
  return joined(
    [0x60 | (traffic << 3) | (next === undefined ? 4 : 0) | hops],
    [source.bits | destination.bits | (usesContext ? 0x80 : 0)],
    usesContext ? [(CONTEXT << 4) | CONTEXT] : [],
    TRAFFIC[traffic]!,
    next === undefined ? [] : [next],
    hops === 0 ? [63] : [],
    source.inline,
    destination.inline,
    rest,
  );
}

/** First fragment of a packet (RFC 4944 §5.3): the compressed headers and what fits. */
export function firstFragment(size: number, tag: number, bytes: Uint8Array): Uint8Array {
  return joined(u16(0xc000 | size), u16(tag), bytes);
}

/** A later fragment; `offset` in bytes. */
export function laterFragment(size: number, tag: number, offset: number, bytes: Uint8Array): Uint8Array {
  return joined(u16(0xe000 | size), u16(tag), [offset / 8], bytes);
}
