import { hex } from './coap-message.ts';

/** Datagrams of other protocols whose first byte is that of CoAP's version 1 where that is possible; for tests. */

type Random = (below: number) => number;

const encoder = new TextEncoder();

function bytes(...parts: (readonly number[] | Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : [...part])),
  );
}

function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

export function randomBytes(random: Random, length: number): Uint8Array {
  const made = new Uint8Array(length);
  for (let index = 0; index < length; index++) made[index] = random(256);
  return made;
}

/** One to four labels, as names on the wire are (RFC 1035 §3.1). */
function domainName(random: Random): number[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-';
  const labels = Array.from({ length: 1 + random(4) }, () =>
    Array.from({ length: 1 + random(random(4) === 0 ? 40 : 12) }, () => letters.charCodeAt(random(letters.length))),
  ); // prettier-ignore
  return [...labels.flatMap((label) => [label.length, ...label]), 0];
}

/** A DNS query (RFC 1035 §4.1) with a given id; some with an OPT record (RFC 6891 §6.1.2). */
export function dnsQuery(random: Random, id: number): Uint8Array {
  const hasOpt = random(2);
  const flags = [0x0100, 0x0120, 0x0000, 0x0110][random(4)]!;
  const type = [1, 28, 12, 33, 65][random(5)]!;
  const opt = hasOpt === 1 ? [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0] : [];
  return bytes(
    u16(id),
    u16(flags),
    [0, 1, 0, 0, 0, 0, 0, hasOpt],
    domainName(random),
    u16(type),
    [0, 1],
    opt,
  );
}

/** The answer to it: a name that points to the question, an address. */
export function dnsAnswer(random: Random, id: number): Uint8Array {
  const flags = [0x8180, 0x8580, 0x8183, 0x8400][random(4)]!;
  const answers = flags === 0x8183 ? 0 : 1 + random(3);
  const records = Array.from({ length: answers }, () => [
    ...[0xc0, 0x0c, 0, 1, 0, 1, 0, 0],
    ...u16(random(0x10000)),
    ...[0, 4],
    ...randomBytes(random, 4),
  ]).flat();
  return bytes(
    u16(id),
    u16(flags),
    u16(1),
    u16(answers),
    [0, 0, 0, 0],
    domainName(random),
    [0, 1, 0, 1],
    records,
  );
}

/** A NetBIOS name query (RFC 1002 §4.2.12): as DNS, with a label of 32 letters. */
export function netbiosQuery(random: Random, id: number): Uint8Array {
  const name = Array.from({ length: 32 }, () => 0x41 + random(16));
  return bytes(u16(id), [0x01, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, 0x20], name, [0, 0, 0x20, 0, 1]);
}

/** NTP (RFC 5905 §7.3) in the minute before a leap second: leap indicator 1 makes the first byte 0x5b to 0x64. */
export function ntp(random: Random, mode: number): Uint8Array {
  const version = 3 + random(2);
  const stratum = mode === 3 ? 0 : 1 + random(3);
  return bytes([0x40 | (version << 3) | mode, stratum, 6, 0xec], randomBytes(random, 44));
}

/** A STUN binding request or answer (RFC 8489 §5). */
export function stun(random: Random, answer: boolean): Uint8Array {
  const attribute = answer ? bytes([0, 0x20, 0, 8, 0, 1], randomBytes(random, 6)) : new Uint8Array(0);
  return bytes(
    [answer ? 1 : 0, 1],
    u16(attribute.length),
    hex('2112a442'),
    randomBytes(random, 12),
    attribute,
  );
}

/** TURN ChannelData (RFC 8656 §12.4): channel 0x4000 to 0x4fff, length, data; over UDP padding is allowed. */
export function channelData(random: Random, data: Uint8Array): Uint8Array {
  const channel = random(2) === 0 ? 0x4000 + random(8) : 0x4000 + random(0x1000);
  const padding = random(2) === 0 ? 0 : -data.length & 3;
  return bytes(u16(channel), u16(data.length), data, new Uint8Array(padding));
}

/** RTP (RFC 3550 §5.1). */
export function rtp(random: Random, sequence: number): Uint8Array {
  return bytes([0x80, 96 + random(8)], u16(sequence & 0xffff), randomBytes(random, 8 + 20 + random(1000)));
}

/** A packet of a 1-RTT QUIC connection (RFC 9000 §17.3.1): 0x40 to 0x7f, all else looks random. */
export function quicShort(random: Random, length: number): Uint8Array {
  const packet = randomBytes(random, length);
  packet[0] = 0x40 | (packet[0]! & 0x3f);
  return packet;
}

/** An IKE_SA_INIT with a cookie that begins as CoAP does (RFC 7296 §3.1). */
export function ike(random: Random): Uint8Array {
  const cookie = randomBytes(random, 8);
  cookie[0] = 0x40 | (cookie[0]! & 0x3f);
  const body = randomBytes(random, 200 + random(300));
  return bytes(
    cookie,
    new Uint8Array(8),
    [0x21, 0x20, 0x22, 0x08],
    new Uint8Array(4),
    u16(0),
    u16(28 + body.length),
    body,
  );
}

/** A DTLS 1.2 record (RFC 6347 §4.1). */
export function dtlsRecord(random: Random): Uint8Array {
  const body = randomBytes(random, 20 + random(200));
  return bytes([20 + random(4), 0xfe, 0xfd], randomBytes(random, 8), u16(body.length), body);
}

/** GTP-C echo request (3GPP TS 29.274 §7.1.1): version 2 makes the first byte 0x40 or 0x48. */
export function gtpEcho(random: Random): Uint8Array {
  return bytes([0x40, 1, 0, 9], [0, ...u16(random(65536)), 0], [3, 0, 1, 0, random(256)]);
}

/** OpenVPN data (opcode 9): the same peer id, a counter, then what looks random. */
export function openVpnData(random: Random, count: number): Uint8Array {
  return bytes([0x48, 0, 0, random(4), 0, 0, ...u16(count)], randomBytes(random, 60 + random(1000)));
}

/** uTP connection request (BEP 29): type 4, version 1. */
export function utpSyn(random: Random): Uint8Array {
  return bytes([0x41, 0], randomBytes(random, 2), randomBytes(random, 4), new Uint8Array(4), [0, 0x10, 0, 0], [0, 1, 0, 0]); // prettier-ignore
}

const TEXTS = [
  'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n',
  'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\n\r\n',
  'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nEXT:\r\n\r\n',
  'INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33\r\n\r\n',
  'REGISTER sip:example.com SIP/2.0\r\n\r\n',
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP pc33\r\n\r\n',
  'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe',
  'requests.count:1|c',
  'cpu.load,host=a value=0.64 1434055562000000000\n',
  '@home 21.5',
  'DEBUG: temperature 21.5',
  'PACKET 17',
  '{"id":1}',
  'HELLO',
];

/** Text that begins with a letter or a sign of 0x40 to 0x7f. */
export function textDatagrams(): Uint8Array[] {
  return TEXTS.map((text) => encoder.encode(text));
}
