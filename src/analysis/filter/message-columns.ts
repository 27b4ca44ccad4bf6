import type { FrameNumber, MessageRow, Nanoseconds, Seconds } from '../../capture/units.ts';
import type { NamedValue } from './field.ts';

/**
 * What a message filter reads of the message table: functions that look up a column, without allocation. They are
 * called on their own, so they are closures and use no `this`.
 * Numbers stand as in the columns; where a message lacks one, the column's own mark for it, named at each function.
 * Ids are of interned texts, −1 where there is none; the text of an id does not change while a filter is in use,
 * but for the names of devices (a filter on them is compiled anew when names change).
 */
export interface MessageColumnsAccess {
  readonly frame: (row: MessageRow) => FrameNumber;
  /** From 1. */
  readonly file: (row: MessageRow) => number;
  /** Id of the comments on the frame, −1 where it has none. */
  readonly frameComment: (row: MessageRow) => number;
  /** The comments of an id. */
  readonly commentsOf: (id: number) => readonly string[];
  /** Offset from `epoch`. */
  readonly time: (row: MessageRow) => Nanoseconds;
  /** The capture's epoch, asked when the first row is tested: seconds since 1970 and nanoseconds. */
  readonly epoch: () => { seconds: number; nanoseconds: number };
  /** Time of the capture's first frame, as an offset from `epoch`. */
  readonly firstTime: () => Nanoseconds;

  /** Endpoint ids of the ends; −1 where the link has no addresses. */
  readonly source: (row: MessageRow) => number;
  readonly destination: (row: MessageRow) => number;
  /** IP address of an endpoint as text (RFC 5952 for IPv6), or the name of an end that has none. */
  readonly addressOf: (endpoint: number) => string;
  /** NaN for an end without an address, which stands in a log. */
  readonly portOf: (endpoint: number) => number;
  /** Index in `transportNames`. */
  readonly transport: (row: MessageRow) => number;
  /** Such as `udp`, `tcp`, `ws`; the last two run over TCP. */
  readonly transportNames: readonly string[];
  /** Number of the flow among those of its transport, from 0, in the order in which they appear. */
  readonly stream: (row: MessageRow) => number;
  /** Index in `securityNames`. */
  readonly security: (row: MessageRow) => number;
  /** Such as `none`, `dtls`, `dtls+oscore`. */
  readonly securityNames: readonly string[];
  /** At how many capture points the message was seen. */
  readonly sightings: (row: MessageRow) => number;
  /** Code of `Outcome`. */
  readonly outcome: (row: MessageRow) => number;

  /** 0 CON to 3 RST; 255 where the transport has none. */
  readonly type: (row: MessageRow) => number;
  /** The code byte. */
  readonly code: (row: MessageRow) => number;
  /** Message ID; not asked for where `type` is 255. */
  readonly messageId: (row: MessageRow) => number;
  /** Length of the token in bytes, and up to eight bytes of it as two 32-bit words, right-aligned. */
  readonly tokenLength: (row: MessageRow) => number;
  readonly tokenHigh: (row: MessageRow) => number;
  readonly tokenLow: (row: MessageRow) => number;
  /** Id of the message's own Uri-Path, as text such as `/rd/5a3f`. */
  readonly uriPath: (row: MessageRow) => number;
  /** Id of the Uri-Path of the exchange: of a request its own, of an answer that of its request. */
  readonly exchangePath: (row: MessageRow) => number;
  /** Id of the message's own Uri-Query, options joined by `&`. */
  readonly uriQuery: (row: MessageRow) => number;
  /** Text of an id that `uriPath`, `exchangePath`, `lwm2mPath` give. */
  readonly pathText: (id: number) => string;
  /** Text of an id that `uriQuery` gives. */
  readonly queryText: (id: number) => string;
  /** `NO_FORMAT` where there is none. */
  readonly contentFormat: (row: MessageRow) => number;
  readonly accept: (row: MessageRow) => number;
  /** `NO_OPTION` where there is none. */
  readonly observe: (row: MessageRow) => number;
  /** The option's value (num, more and szx as in RFC 7959 §2.2); `NO_OPTION` where there is none. */
  readonly block1: (row: MessageRow) => number;
  readonly block2: (row: MessageRow) => number;
  /** In bytes, on the wire. */
  readonly payloadLength: (row: MessageRow) => number;
  /** Length of the CoAP message in bytes. */
  readonly length: (row: MessageRow) => number;
  /** Rows of the request of an answer, of the answer of a request, of the first copy of a repeat; else `NO_ROW`. */
  readonly request: (row: MessageRow) => MessageRow;
  readonly response: (row: MessageRow) => MessageRow;
  readonly first: (row: MessageRow) => MessageRow;
  /** NaN where the message's record has no response time. */
  readonly responseTime: (row: MessageRow) => Seconds;
  /** How often the request was sent; 0 where the message is in no exchange. */
  readonly transmissions: (row: MessageRow) => number;
  /** Index in `exchangeKindNames`; an empty name or none means no exchange. */
  readonly exchangeKind: (row: MessageRow) => number;
  readonly exchangeKindNames: readonly string[];
  /** Index in `exchangeEndNames`; an empty name or none means no exchange. */
  readonly exchangeEnd: (row: MessageRow) => number;
  readonly exchangeEndNames: readonly string[];
  /** Id of the kinds of ICMP errors that quote the message, or −1. */
  readonly icmp: (row: MessageRow) => number;
  /** The kinds of an id, each in a line. */
  readonly icmpText: (id: number) => string;
  readonly icmpKinds: () => readonly string[];

  /** `Operation` code. */
  readonly operation: (row: MessageRow) => number;
  /** Id of the path an operation is about. */
  readonly lwm2mPath: (row: MessageRow) => number;
  /** Content format that the payload was read as, recognised ones included; `NO_FORMAT` where there is none. */
  readonly format: (row: MessageRow) => number;
  /** Content formats with their names: first the one of the records (`SenML CBOR`), then the media type. */
  readonly formatNames: readonly NamedValue[];
  /** 0 unknown, 1 from the device, 2 to the device. */
  readonly direction: (row: MessageRow) => number;
  /** Id of the message's device, or −1. */
  readonly device: (row: MessageRow) => number;
  readonly deviceName: (device: number) => string;
  /** Some names of devices to offer while a filter is written, at most a hundred. */
  readonly deviceNames: () => readonly string[];
  /** Number, which stays, of the block-wise transfer or observation the message belongs to, or −1. */
  readonly transfer: (row: MessageRow) => number;
  readonly observation: (row: MessageRow) => number;
  /** The body that this message makes whole; undefined for every other message. Kept in a table beside the columns. */
  readonly wholeBody: (row: MessageRow) => WholeBody | undefined;
  /** Row that makes the body whole of which this message has a block, itself apart; `NO_ROW` where there is none. */
  readonly bodyWholeIn: (row: MessageRow) => MessageRow;
}

/** A body that block-wise transfer put together (RFC 7959). */
export interface WholeBody {
  /** Rows of its blocks in the order of the body. */
  rows: readonly MessageRow[];
  /** In bytes. */
  length: number;
  /** A block came more than once. */
  isRepeated: boolean;
  /** Blocks began anew, because they contradicted each other. */
  isRestarted: boolean;
  /** More than one block says that it is the last. */
  hasSecondTail: boolean;
  /** Rows of blocks that pass the end which another block told. */
  tooLong: readonly MessageRow[];
}
