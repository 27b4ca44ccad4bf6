import type { Fault, OutcomeCode } from '../capture/outcome.ts';

/** Data types of the object registry (LwM2M Core, appendix C); `unknown` where no definition tells. */
export const ValueType = {
  none: 0,
  string: 1,
  integer: 2,
  unsigned: 3,
  float: 4,
  boolean: 5,
  opaque: 6,
  time: 7,
  objlnk: 8,
  corelnk: 9,
  unknown: 10,
} as const;

export type ValueTypeCode = (typeof ValueType)[keyof typeof ValueType];

/** Names of the data types as records and the page show them, indexed by code. */
export const VALUE_TYPE_NAMES = [
  'none',
  'String',
  'Integer',
  'Unsigned Integer',
  'Float',
  'Boolean',
  'Opaque',
  'Time',
  'Objlnk',
  'Corelnk',
  'unknown',
] as const;

/** Stands for a level that a path does not have. */
export const NO_ID = -1;

/** What can be doubted of a value; a bit set. */
export const Doubt = {
  none: 0,
  /** Bytes do not fit the registry's type (length, text that is no number …). */
  typeDiffers: 1,
  unknownResource: 2,
  wrongNesting: 4,
  duplicate: 8,
  outOfRange: 16,
  /** The definition does not allow the operation: a Write to what can only be read, a Read of what cannot. */
  notAllowed: 32,
  /** The value fits its type and stands in a field for values of another one (LwM2M Core table C-2). */
  wrongField: 64,
  /** A SenML base value, which LwM2M does not use, is added; the bytes are what it was added to (RFC 8428 §4.1). */
  baseAdded: 128,
} as const;

/** Times below this count from when the message was made, others from 1970; in seconds (RFC 8428 §4.5.3). */
const FIRST_ABSOLUTE_TIME = 2 ** 28;

/** Whether a value's own time counts from when its message was made, negative ones back (RFC 8428 §4.5.3). */
export function isRelativeTime(time: number): boolean {
  return time < FIRST_ABSOLUTE_TIME;
}

/**
 * Receives what a content reader finds, in wire order. Positions count in the array that was read.
 * Nothing is allocated for a value: what is text or bytes is read from its range when someone looks.
 */
export interface ContentSink {
  /**
   * One value. `number` holds Integer, Unsigned Integer, Float, Time, Boolean (0/1) as a double (beyond 2^53 the
   * bytes are exact, not the double), Objlnk as object × 65536 + instance, NaN for text and bytes.
   * `start`/`end` is the range of the value's own bytes; of JSON with the quotes, of CBOR with head and tags. A
   * null that deletes has the type `none`. `time` is the value's own time in seconds, NaN for none: since 1970, or
   * from when the message was made where `isRelativeTime` says so.
   */
  value(
    objectId: number,
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    type: ValueTypeCode,
    number: number,
    start: number,
    end: number,
    doubts: number,
    time: number,
  ): void;
  /** What one entry of a list of paths names, where the content has no values (Read- and Observe-Composite). */
  name?(
    objectId: number,
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    start: number,
    end: number,
  ): void;
  /** An element of the format begins: for the field tree; the fast path leaves it out. */
  open?(label: string, start: number, end: number): void;
  /** The element last opened ends. */
  close?(): void;
}

/** What a content reader knows of the message around the content. */
export interface ContentContext {
  /** The request's path, level by level; `NO_ID` for a level it does not have. */
  objectId: number;
  instanceId: number;
  resourceId: number;
  resourceInstanceId: number;
  /** Whether the content lists paths and no values: the request of a Read- or Observe-Composite. */
  listsPaths?: boolean;
  /** Type of a resource by the registry; `unknown` where there is no definition. */
  typeOf(objectId: number, resourceId: number): ValueTypeCode;
}

/** What became of reading a content. What was understood before a fault was given to the sink. */
export interface ContentResult {
  outcome: OutcomeCode;
  fault?: Fault;
}

/** Reads one content format from `bytes[start..end)`. */
export type ContentReader = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
) => ContentResult;
