import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import type { LwM2mPath } from './path.ts';

/** Which half of an operation a message is. */
export const Phase = { request: 0, response: 1, notification: 2 } as const;
export type PhaseCode = (typeof Phase)[keyof typeof Phase];

/** No Block option in the message; any other value is the option's own (num << 4 | more << 3 | szx, RFC 7959 §2.2). */
export const NO_BLOCK = 0xffffffff;
/** No Content-Format or Accept option in the message. */
export const NO_FORMAT = 0xffff;

/**
 * One message seen as part of an LwM2M operation, in capture order, repeats left out. Reused for every message:
 * a reducer copies what it keeps. It is all that the stages to the right read of messages.
 */
export class OperationEvent {
  row: MessageRow = 0;
  time: Nanoseconds = 0;
  conversation = 0;
  phase: PhaseCode = Phase.request;
  /** `Operation` code; of an answer the one of its request. */
  operation = 0;
  /** True where the LwM2M client (the device) sent this message. */
  fromDevice = false;
  /** False while nothing tells which end is the device; then `fromDevice` is a guess. */
  roleKnown = false;
  /** Endpoint ids of the two ends, as in the flow table. */
  deviceEndpoint = 0;
  serverEndpoint = 0;
  /** CoAP code byte of this message. */
  code = 0;
  /** Path of the request (on an answer: of its request). */
  path!: LwM2mPath;
  /** Interned id of the request's path text; equal ids are equal paths. */
  pathId = 0;
  /** Text of the request's path, percent-encoded where a segment holds a slash; made on demand. */
  pathText: () => string = () => '';
  /** Uri-Query of the request, segments joined by `&`; made on demand. */
  queryText: () => string = () => '';
  /** Location-Path of an answer, as text such as `/rd/5a3f`; empty where it has none; made on demand. */
  locationText: () => string = () => '';
  contentFormat: number = NO_FORMAT;
  accept: number = NO_FORMAT;
  /** Observe option, or -1. */
  observe = -1;
  block1: number = NO_BLOCK;
  block2: number = NO_BLOCK;
  /** Size1 or Size2 of the message, or -1. */
  size = -1;
  /** The payload, or the whole body where this message ends a block-wise transfer whose body was kept. */
  body: Uint8Array = new Uint8Array(0);
  bodyStart = 0;
  bodyEnd = 0;
  /** Row of the request of an answer or notification; `NO_ROW` where it was not seen. */
  requestRow: MessageRow = NO_ROW;
  /** Index of the block-wise transfer this message belongs to, or -1. */
  transfer = -1;
  /** True on the message with which a block-wise transfer became complete. */
  transferComplete = false;
  /** Index of the observation this message belongs to, or -1. */
  observation = -1;
}
