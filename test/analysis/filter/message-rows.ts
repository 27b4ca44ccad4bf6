import { NO_FORMAT, NO_OPTION } from '../../../src/coap/message.ts';
import { NO_ROW } from '../../../src/capture/units.ts';
import type { NamedValue } from '../../../src/analysis/filter/field.ts';
import type { MessageColumnsAccess, WholeBody } from '../../../src/analysis/filter/message-columns.ts';

/** One message as tests write it; what is left out is absent. */
export interface MessageRecord {
  frame?: number;
  file?: number;
  comments?: readonly string[];
  /** Nanoseconds since the epoch of the table. */
  time?: number;
  source?: string;
  sourcePort?: number;
  destination?: string;
  destinationPort?: number;
  stream?: number;
  transport?: 'udp' | 'tcp' | 'ws';
  security?: 'none' | 'dtls' | 'oscore' | 'dtls+oscore';
  sightings?: number;
  outcome?: number;
  type?: number;
  code?: number;
  messageId?: number;
  /** In hexadecimal, at most 8 bytes. */
  token?: string;
  uriPath?: string;
  exchangePath?: string;
  uriQuery?: string;
  contentFormat?: number;
  accept?: number;
  observe?: number;
  block1?: number;
  block2?: number;
  payloadLength?: number;
  length?: number;
  request?: number;
  response?: number;
  first?: number;
  responseTime?: number;
  transmissions?: number;
  exchangeKind?: string;
  exchangeEnd?: string;
  icmp?: string;
  operation?: number;
  lwm2mPath?: string;
  format?: number;
  direction?: number;
  device?: string;
  transfer?: number;
  observation?: number;
  wholeBody?: WholeBody;
  bodyWholeIn?: number;
}

/** The media types that the tests use, by their numbers in the IANA registry of CoAP Content-Formats. */
export const FORMATS: readonly NamedValue[] = [
  { value: 0, names: ['Plain text', 'text/plain; charset=utf-8'] },
  { value: 40, names: ['CoRE link', 'application/link-format'] },
  { value: 42, names: ['Opaque', 'application/octet-stream'] },
  { value: 60, names: ['CBOR', 'application/cbor'] },
  { value: 110, names: ['SenML JSON', 'application/senml+json'] },
  { value: 112, names: ['SenML CBOR', 'application/senml+cbor'] },
  { value: 11542, names: ['TLV', 'application/vnd.oma.lwm2m+tlv'] },
  { value: 11543, names: ['LwM2M JSON', 'application/vnd.oma.lwm2m+json'] },
];

/** 2025-11-23T00:00:00Z. */
export const EPOCH_SECONDS = 1763856000;

class Interner {
  readonly texts: string[] = [];
  id(text: string | undefined): number {
    if (text === undefined) return -1;
    const known = this.texts.indexOf(text);
    return known >= 0 ? known : this.texts.push(text) - 1;
  }
}

const TRANSPORTS = ['udp', 'tcp', 'ws'];
const SECURITIES = ['none', 'dtls', 'oscore', 'dtls+oscore'];
const KINDS = ['', 'piggybacked', 'separate', 'non', 'ping', 'multicast'];
const ENDS = ['', 'answered', 'reset', 'timeout', 'open', 'unknown'];

function wordOf(hex: string, half: 'high' | 'low'): number {
  const padded = hex.padStart(16, '0');
  return parseInt(half === 'high' ? padded.slice(0, 8) : padded.slice(8), 16);
}

/** A message table over the given records; row numbers are their indexes. */
export function columnsOf(records: readonly MessageRecord[]): MessageColumnsAccess {
  const endpoints = new Interner();
  const paths = new Interner();
  const queries = new Interner();
  const devices = new Interner();
  const rows = records.map((record) => ({
    record,
    source: endpoints.id(record.source && `${record.source} ${record.sourcePort ?? 0}`),
    destination: endpoints.id(record.destination && `${record.destination} ${record.destinationPort ?? 0}`),
    uriPath: paths.id(record.uriPath),
    exchangePath: paths.id(record.exchangePath),
    lwm2mPath: paths.id(record.lwm2mPath),
    uriQuery: queries.id(record.uriQuery),
    device: devices.id(record.device),
  }));
  const number =
    (name: keyof MessageRecord, absent: number) =>
    (row: number): number =>
      (rows[row]!.record[name] as number | undefined) ?? absent;
  return {
    frame: (row) => rows[row]!.record.frame ?? row + 1,
    file: number('file', 1),
    frameComment: (row) => (rows[row]!.record.comments === undefined ? -1 : row),
    commentsOf: (id) => rows[id]!.record.comments!,
    time: number('time', 0),
    epoch: () => ({ seconds: EPOCH_SECONDS, nanoseconds: 0 }),
    firstTime: () => 0,
    source: (row) => rows[row]!.source,
    destination: (row) => rows[row]!.destination,
    addressOf: (endpoint) => endpoints.texts[endpoint]!.split(' ')[0]!,
    portOf: (endpoint) => Number(endpoints.texts[endpoint]!.split(' ')[1]),
    transport: (row) => TRANSPORTS.indexOf(rows[row]!.record.transport ?? 'udp'),
    transportNames: TRANSPORTS,
    stream: number('stream', 0),
    security: (row) => SECURITIES.indexOf(rows[row]!.record.security ?? 'none'),
    securityNames: SECURITIES,
    sightings: number('sightings', 1),
    outcome: number('outcome', 0),
    type: number('type', 0),
    code: number('code', 0),
    messageId: number('messageId', 0),
    tokenLength: (row) => (rows[row]!.record.token ?? '').length / 2,
    tokenHigh: (row) => wordOf(rows[row]!.record.token ?? '', 'high'),
    tokenLow: (row) => wordOf(rows[row]!.record.token ?? '', 'low'),
    uriPath: (row) => rows[row]!.uriPath,
    exchangePath: (row) => rows[row]!.exchangePath,
    uriQuery: (row) => rows[row]!.uriQuery,
    pathText: (id) => paths.texts[id]!,
    queryText: (id) => queries.texts[id]!,
    contentFormat: number('contentFormat', NO_FORMAT),
    accept: number('accept', NO_FORMAT),
    observe: number('observe', NO_OPTION),
    block1: number('block1', NO_OPTION),
    block2: number('block2', NO_OPTION),
    payloadLength: number('payloadLength', 0),
    length: number('length', 0),
    request: number('request', NO_ROW),
    response: number('response', NO_ROW),
    first: number('first', NO_ROW),
    responseTime: number('responseTime', NaN),
    transmissions: number('transmissions', 0),
    exchangeKind: (row) => KINDS.indexOf(rows[row]!.record.exchangeKind ?? ''),
    exchangeKindNames: KINDS,
    exchangeEnd: (row) => ENDS.indexOf(rows[row]!.record.exchangeEnd ?? ''),
    exchangeEndNames: ENDS,
    icmp: (row) => (rows[row]!.record.icmp === undefined ? -1 : row),
    icmpText: (id) => rows[id]!.record.icmp ?? '',
    icmpKinds: () => ['port unreachable'],
    operation: number('operation', 0),
    lwm2mPath: (row) => rows[row]!.lwm2mPath,
    format: number('format', NO_FORMAT),
    formatNames: FORMATS,
    direction: number('direction', 0),
    device: (row) => rows[row]!.device,
    deviceName: (device) => devices.texts[device]!,
    deviceNames: () => devices.texts,
    transfer: number('transfer', -1),
    observation: number('observation', -1),
    wholeBody: (row) => rows[row]!.record.wholeBody,
    bodyWholeIn: number('bodyWholeIn', NO_ROW),
  };
}
