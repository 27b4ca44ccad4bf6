import { COMMENT_SEPARATOR } from '../frame-comments.ts';
import { OUTCOME_NAMES } from '../../capture/outcome.ts';
import { readAddress } from './address-literal.ts';
import {
  OWN,
  WIRESHARK,
  enumerated,
  indexWithName,
  namedByIndex,
  number,
  presence,
  text,
} from './field-declaration.ts';
import type { AddressField, FilterField, NumberOfRow, TimeField } from './field.ts';
import type { MessageColumnsAccess } from './message-columns.ts';
import type { RowTest } from './row-test.ts';
import { idHolds } from './row-test.ts';

const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** Fields of the frame, of addresses and ports, and of what lies between them and CoAP. */
export function networkFields(access: MessageColumnsAccess): FilterField[] {
  const { source, destination, addressOf, transportNames } = access;
  const udp = transportNames.indexOf('udp');
  const overTcp = transportNames.map((name) => name === 'tcp' || name === 'ws');
  const isUdp = (row: number): boolean => access.transport(row) === udp;
  const isTcp = (row: number): boolean => overTcp[access.transport(row)] === true;
  const port =
    (over: (row: number) => boolean, end: (row: number) => number): NumberOfRow =>
    (row) => {
      if (!over(row)) return NaN;
      const endpoint = end(row);
      return endpoint < 0 ? NaN : access.portOf(endpoint);
    };
  const address = (
    name: string,
    title: string,
    version: 4 | 6,
    ends: AddressField['ends'],
  ): AddressField => ({
    kind: 'address',
    where: 'columns',
    name,
    title,
    wireshark: WIRESHARK,
    version,
    ends,
    textOf: addressOf,
  });
  const time: TimeField = {
    kind: 'time',
    where: 'columns',
    name: 'frame.time',
    title: 'time of the frame, UTC or seconds since 1970',
    wireshark: WIRESHARK,
    offsetOf: access.time,
    epoch: access.epoch,
  };
  const isVersion = (version: 4 | 6): RowTest =>
    idHolds(source, (endpoint) => readAddress(addressOf(endpoint))?.version === version);
  const sinceFirst: NumberOfRow = (row) => (access.time(row) - access.firstTime()) / NANOSECONDS_PER_SECOND;
  return [
    number('frame.number', 'number of the frame in its file', WIRESHARK, [access.frame]),
    time,
    number('frame.time_relative', 'time since the first frame', WIRESHARK, [sinceFirst], {
      whole: false,
      unit: 'seconds',
    }),
    number('frame.file', 'number of the file, from 1', OWN, [access.file]),
    text('frame.comment', 'each comment on the frame in the capture file', WIRESHARK, {
      idOf: access.frameComment,
      textOf: (id) => access.commentsOf(id).join(COMMENT_SEPARATOR),
      partsOf: (joined) => joined.split(COMMENT_SEPARATOR),
    }),
    presence('ip', 'the message came over IPv4', WIRESHARK, isVersion(4)),
    address('ip.src', 'IPv4 address of the sender', 4, [source]),
    address('ip.dst', 'IPv4 address of the receiver', 4, [destination]),
    address('ip.addr', 'IPv4 address of either end', 4, [source, destination]),
    presence('ipv6', 'the message came over IPv6', WIRESHARK, isVersion(6)),
    address('ipv6.src', 'IPv6 address of the sender', 6, [source]),
    address('ipv6.dst', 'IPv6 address of the receiver', 6, [destination]),
    address('ipv6.addr', 'IPv6 address of either end', 6, [source, destination]),
    presence('udp', 'the message came over UDP', WIRESHARK, isUdp),
    number('udp.srcport', 'UDP port of the sender', WIRESHARK, [port(isUdp, source)]),
    number('udp.dstport', 'UDP port of the receiver', WIRESHARK, [port(isUdp, destination)]),
    number('udp.port', 'UDP port of either end', WIRESHARK, [port(isUdp, source), port(isUdp, destination)]),
    number('udp.stream', 'number of the UDP flow, from 0', WIRESHARK, [
      (row) => (isUdp(row) ? access.stream(row) : NaN),
    ]),
    presence('tcp', 'the message came over TCP', WIRESHARK, isTcp),
    number('tcp.srcport', 'TCP port of the sender', WIRESHARK, [port(isTcp, source)]),
    number('tcp.dstport', 'TCP port of the receiver', WIRESHARK, [port(isTcp, destination)]),
    number('tcp.port', 'TCP port of either end', WIRESHARK, [port(isTcp, source), port(isTcp, destination)]),
    number('tcp.stream', 'number of the TCP connection, from 0', WIRESHARK, [
      (row) => (isTcp(row) ? access.stream(row) : NaN),
    ]),
    enumerated('transport', 'what carries CoAP', OWN, {
      sources: [indexWithName(transportNames, access.transport)],
      values: namedByIndex(transportNames),
      numeric: false,
    }),
    enumerated('security', 'what protects the message', OWN, {
      sources: [indexWithName(access.securityNames, access.security)],
      values: namedByIndex(access.securityNames),
      numeric: false,
    }),
    number('sightings', 'at how many capture points the message was seen', OWN, [access.sightings]),
    enumerated('outcome', 'what became of reading the message', OWN, {
      sources: [access.outcome],
      values: namedByIndex(OUTCOME_NAMES),
      numeric: false,
    }),
  ];
}
