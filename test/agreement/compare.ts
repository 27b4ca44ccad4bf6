import type { JsonObject } from '../../src/analysis/records/json.ts';
import { formatNumbers } from './media-types.ts';
import type { WiresharkMessage } from './wireshark-messages.ts';

/** A message as the records of `messages` give it. */
export interface OurMessage {
  outcome: string;
  frame: { number: number };
  /** At how many capture points the message was seen; absent for one. */
  sightings?: number;
  ip?: { src: string; dst: string };
  ipv6?: { src: string; dst: string };
  udp: { srcport: number; dstport: number };
  coap: JsonObject & {
    type: string;
    code: string;
    mid: number;
    token: string;
    opt?: { number: number; value: string | number }[];
    payload_length: number;
    request_in?: number;
    response_in?: number;
    response_time?: number;
    duplicate_of?: number;
  };
}

/** All of one capture that a reason for a difference may look at, by frame number. */
export interface BothReadings {
  capture: string;
  ours: ReadonlyMap<number, OurMessage>;
  theirs: ReadonlyMap<number, WiresharkMessage>;
}

/** One field of one message that the two read unequally; texts in the same unit and spelling. */
export interface Difference {
  readings: BothReadings;
  frame: number;
  field: string;
  ours: string;
  theirs: string;
}

/** Raw code byte of a message (RFC 7252 §3): `2.05` is 69. */
export function codeByte(message: OurMessage): number {
  const [classText, detail] = message.coap.code.split('.');
  return Number(classText) * 32 + Number(detail);
}

/** Values of the options with one of some numbers, in their order on the wire. */
export function optionValues(message: OurMessage, ...numbers: number[]): (string | number)[] {
  return (message.coap.opt ?? []).filter(({ number }) => numbers.includes(number)).map(({ value }) => value);
}

const BLOCKS = [19, 23, 27, 31] as const;
/** Fields that link a response to its request. */
export const LINK_FIELDS = ['coap.response_in', 'coap.response_to', 'coap.response_time'] as const;

const texts = (values: readonly unknown[]): string => JSON.stringify(values.map(String));
const single = (values: readonly (string | number)[]): string => String(values[0] ?? '');
/** Bytes as we write them; tshark writes none as `<MISSING>`. */
const bare = (bytes: string): string => (bytes === '<MISSING>' ? '' : bytes.replaceAll(':', ''));
const hex = (values: readonly string[]): string => texts(values.map(bare));
const isTrue = (value: string | undefined): boolean => value === '1' || value === 'True';

/** Value of the OSCORE option (RFC 8613 §6.1) that has the parts which tshark shows. */
function oscoreValue(theirs: WiresharkMessage): string {
  const bytes = (field: keyof WiresharkMessage): string => bare(theirs[field][0] ?? '');
  const context = bytes('coap.opt.object_security_kid_context');
  const hasContext = isTrue(theirs['coap.opt.object_security_kid_context_present'][0]);
  const hasKid = isTrue(theirs['coap.opt.object_security_kid_present'][0]);
  const length = Number(theirs['coap.opt.object_security_piv_len'][0] ?? 0);
  const flags = (hasContext ? 16 : 0) + (hasKid ? 8 : 0) + length;
  if (flags === 0) return '';
  const byte = (value: number): string => value.toString(16).padStart(2, '0');
  return (
    byte(flags) +
    bytes('coap.opt.object_security_piv') +
    (hasContext ? byte(context.length / 2) + context : '') +
    bytes('coap.opt.object_security_kid')
  );
}

/** Values of the options that tshark has no fields for; those that we read as unsigned integers as bytes too. */
function unnamed(message: OurMessage, named: ReadonlySet<number>): string[] {
  return (message.coap.opt ?? [])
    .filter(({ number }) => !named.has(number))
    .map(({ value }) => (typeof value === 'number' ? uintBytes(value) : value));
}

/** Shortest bytes of an unsigned integer (RFC 7252 §3.2). */
function uintBytes(value: number): string {
  if (value === 0) return '';
  const digits = value.toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** Options that tshark 4.0 has fields for, and those that later ones have too (Echo, No-Response, Request-Tag, OCF). */
const NAMED: ReadonlySet<number> = new Set([
  1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 23, 27, 28, 31, 35, 39, 60,
]);
const NAMED_LATER: ReadonlySet<number> = new Set([...NAMED, 21, 252, 258, 292, 2049, 2053]);

type Reading = (ours: OurMessage, theirs: WiresharkMessage) => readonly [ours: string, theirs: string];

function textOption(number: number, field: keyof WiresharkMessage): Reading {
  return (ours, theirs) => [texts(optionValues(ours, number)), texts(theirs[field])];
}

function hexOption(number: number, field: keyof WiresharkMessage): Reading {
  return (ours, theirs) => [texts(optionValues(ours, number)), hex(theirs[field])];
}

/** A content-format: tshark prints names, of which some stand for more than one number. */
function formatOption(number: number, field: keyof WiresharkMessage): Reading {
  return (ours, theirs) => {
    const values = optionValues(ours, number);
    const shown = theirs[field].map((name, index) => {
      const numbers = formatNumbers(name);
      return numbers?.find((one) => one === values[index]) ?? numbers?.[0] ?? name;
    });
    return [texts(values), texts(shown)];
  };
}

/** The fields that both have, as Wireshark names them, each with both readings in one unit and spelling. */
export const SHARED_FIELDS: readonly (readonly [field: string, read: Reading])[] = [
  [
    'coap.type',
    (ours, theirs) => [
      String(['CON', 'NON', 'ACK', 'RST'].indexOf(ours.coap.type)),
      single(theirs['coap.type']),
    ],
  ],
  ['coap.code', (ours, theirs) => [String(codeByte(ours)), single(theirs['coap.code'])]],
  ['coap.mid', (ours, theirs) => [String(ours.coap.mid), single(theirs['coap.mid'])]],
  ['coap.token', (ours, theirs) => [ours.coap.token, single(theirs['coap.token']).replaceAll(':', '')]],
  [
    'coap.opt.desc',
    (ours, theirs) => [
      texts((ours.coap.opt ?? []).map(({ number }) => number)),
      texts(theirs['coap.opt.desc'].map((text) => /^Type (\d+)/.exec(text)?.[1] ?? text)),
    ],
  ],
  ['coap.opt.if_match', hexOption(1, 'coap.opt.if_match')],
  ['coap.opt.uri_host', textOption(3, 'coap.opt.uri_host')],
  ['coap.opt.etag', hexOption(4, 'coap.opt.etag')],
  ['coap.opt.observe', textOption(6, 'coap.opt.observe')],
  ['coap.opt.uri_port', textOption(7, 'coap.opt.uri_port')],
  ['coap.opt.location_path', textOption(8, 'coap.opt.location_path')],
  ['coap.opt.object_security_*', (ours, theirs) => [single(optionValues(ours, 9)), oscoreValue(theirs)]],
  ['coap.opt.uri_path', textOption(11, 'coap.opt.uri_path')],
  ['coap.opt.ctype', formatOption(12, 'coap.opt.ctype')],
  ['coap.opt.max_age', textOption(14, 'coap.opt.max_age')],
  ['coap.opt.uri_query', textOption(15, 'coap.opt.uri_query')],
  ['coap.opt.hop_limit', textOption(16, 'coap.opt.hop_limit')],
  ['coap.opt.accept', formatOption(17, 'coap.opt.accept')],
  ['coap.opt.location_query', textOption(20, 'coap.opt.location_query')],
  [
    'coap.opt.block_number',
    (ours, theirs) => [
      texts(optionValues(ours, ...BLOCKS).map((value) => Number(value) >>> 4)),
      texts(theirs['coap.opt.block_number']),
    ],
  ],
  [
    'coap.opt.block_mflag',
    (ours, theirs) => [
      texts(optionValues(ours, ...BLOCKS).map((value) => (Number(value) >> 3) & 1)),
      texts(theirs['coap.opt.block_mflag'].map((flag) => (isTrue(flag) ? 1 : 0))),
    ],
  ],
  [
    'coap.opt.block_size',
    (ours, theirs) => [
      texts(optionValues(ours, ...BLOCKS).map((value) => Number(value) & 7)),
      texts(theirs['coap.opt.block_size']),
    ],
  ],
  ['coap.opt.proxy_uri', textOption(35, 'coap.opt.proxy_uri')],
  ['coap.opt.proxy_scheme', textOption(39, 'coap.opt.proxy_scheme')],
  ['coap.opt.size1', textOption(60, 'coap.opt.size1')],
  [
    'coap.opt.unknown',
    (ours, theirs) => {
      const shown = hex(theirs['coap.opt.unknown']);
      const later = texts(unnamed(ours, NAMED_LATER));
      return [later === shown ? later : texts(unnamed(ours, NAMED)), shown];
    },
  ],
  [
    'coap.payload_length',
    // Where tshark puts blocks together, its payload is the body, and the message's own stands in `coap.block_length`.
    (ours, theirs) => [
      String(ours.coap.payload_length),
      single(theirs['coap.block_length']) || single(theirs['coap.payload_length']) || '0',
    ],
  ],
  [
    'coap.response_in',
    (ours, theirs) => [String(ours.coap.response_in ?? ''), single(theirs['coap.response_in'])],
  ],
  [
    'coap.response_to',
    (ours, theirs) => [String(ours.coap.request_in ?? ''), single(theirs['coap.response_to'])],
  ],
  [
    'coap.response_time',
    // tshark gives the time to the response only, we give it to the request as well.
    (ours, theirs) => [
      ours.coap.request_in === undefined ? '' : (ours.coap.response_time?.toFixed(9) ?? ''),
      single(theirs['coap.response_time']),
    ],
  ],
  [
    'coap.retransmitted',
    (ours, theirs) => [
      String(ours.coap.duplicate_of ?? ''),
      single(theirs['coap.request_first_in']) || single(theirs['coap.response_first_in']),
    ],
  ],
];

/** What a comparison of one capture gives. */
export interface Comparison {
  messages: number;
  fields: number;
  differences: Difference[];
}

/** Compares every shared field of every message of a capture; a message that only one has is the field `coap`. */
export function compareReadings(readings: BothReadings): Comparison {
  const comparison: Comparison = { messages: 0, fields: 0, differences: [] };
  const add = (frame: number, field: string, ours: string, theirs: string): void => {
    comparison.fields++;
    if (ours !== theirs) comparison.differences.push({ readings, frame, field, ours, theirs });
  };
  for (const frame of new Set([...readings.ours.keys(), ...readings.theirs.keys()])) {
    const ours = readings.ours.get(frame);
    const theirs = readings.theirs.get(frame);
    if (ours !== undefined && theirs !== undefined) {
      comparison.messages++;
      for (const [field, read] of SHARED_FIELDS) add(frame, field, ...read(ours, theirs));
    } else add(frame, 'coap', ours === undefined ? '' : 'message', theirs === undefined ? '' : 'message');
  }
  return comparison;
}
