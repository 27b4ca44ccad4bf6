import { plainSegment } from '../coap/uri-text.ts';
import type { Seconds } from '../capture/units.ts';

/** What stands in a Uri-Query; a bit set (LwM2M Transport §6.4, Core §6.1.7, §6.2.1, §7.3.2). */
export const QueryFlag = {
  ep: 1 << 0,
  pct: 1 << 1,
  /** Lifetime in a registration, *Less Than* in Write-Attributes. */
  lt: 1 << 2,
  lwm2m: 1 << 3,
  b: 1 << 4,
  Q: 1 << 5,
  sms: 1 << 6,
  pid: 1 << 7,
  acc: 1 << 8,
  depth: 1 << 9,
  pmin: 1 << 10,
  pmax: 1 << 11,
  epmin: 1 << 12,
  epmax: 1 << 13,
  hqmax: 1 << 14,
  gt: 1 << 15,
  st: 1 << 16,
  edge: 1 << 17,
  con: 1 << 18,
  /** A name that LwM2M does not define. */
  other: 1 << 19,
} as const;

const FLAGS: ReadonlyMap<string, number> = new Map(
  Object.entries(QueryFlag).filter(([name]) => name !== 'other'),
);

/** Names of the NOTIFICATION attributes (LwM2M Core §7.3.2). */
export const ATTRIBUTE_NAMES = [
  'pmin',
  'pmax',
  'epmin',
  'epmax',
  'hqmax',
  'gt',
  'lt',
  'st',
  'edge',
  'con',
] as const;

export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** Set when a query holds at least one NOTIFICATION attribute. */
export const NOTIFICATION_ATTRIBUTES = ATTRIBUTE_NAMES.reduce((flags, name) => flags | QueryFlag[name], 0);

/** Parameters of a registration, an update or a bootstrap request; what is absent or no number is left out. */
export interface RegistrationQuery {
  /** `QueryFlag` bits of the names in the query. */
  flags: number;
  /** Endpoint client name. */
  endpoint?: string;
  lifetime?: Seconds;
  /** Enabler version, such as `1.1`. */
  version?: string;
  /** Binding mode as sent, such as `U` or `UQ`. */
  binding?: string;
  /** Queue mode: the flag `Q` (1.1 and later) or the letter Q in the binding mode (1.0). */
  queue: boolean;
  /** MSISDN. */
  sms?: string;
  /** Profile ids as sent (LwM2M 1.2). */
  profiles?: string;
  /** Preferred content format of a bootstrap client. */
  preferredFormat?: number;
  /** All segments as sent, in wire order. */
  all: string[];
}

/** NOTIFICATION attributes by name; null where the name stands without a value, which unsets it. */
export type NotificationAttributes = Partial<Record<AttributeName, number | null>>;

/** A query has at most this many segments that are looked at. */
const MAX_SEGMENTS = 64;
const NUMBER = /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;
const DIGITS = /^[0-9]+$/;

/** The segments of the canonical text of a Uri-Query, as they were sent. */
export function segmentsOf(text: string): string[] {
  if (text === '') return [];
  return text.split('&', MAX_SEGMENTS).map(plainSegment);
}

/** Splits a segment at its first `=`; the value is undefined where there is none. */
export function splitSegment(segment: string): [string, string | undefined] {
  const at = segment.indexOf('=');
  return at < 0 ? [segment, undefined] : [segment.slice(0, at), segment.slice(at + 1)];
}

function wholeNumber(value: string): number | undefined {
  return DIGITS.test(value) ? Number(value) : undefined;
}

/**
 * Reads the canonical text of a Uri-Query: segments joined by `&`, a `&` inside one written `%26`, a `%` `%25`. Of a repeated
 * name the first counts. Every text gives a result.
 */
export function parseRegistrationQuery(text: string): RegistrationQuery {
  const query: RegistrationQuery = { flags: 0, queue: false, all: segmentsOf(text) };
  for (const segment of query.all) {
    const [name, value] = splitSegment(segment);
    const flag = FLAGS.get(name) ?? QueryFlag.other;
    const repeated = (query.flags & flag) !== 0;
    query.flags |= flag;
    if (repeated) continue;
    if (name === 'Q') query.queue = true;
    if (value === undefined) continue;
    if (name === 'ep') query.endpoint = value;
    else if (name === 'lt') query.lifetime = wholeNumber(value);
    else if (name === 'lwm2m') query.version = value;
    else if (name === 'sms') query.sms = value;
    else if (name === 'pid') query.profiles = value;
    else if (name === 'pct') query.preferredFormat = wholeNumber(value);
    else if (name === 'b') {
      query.binding = value;
      query.queue ||= value.includes('Q');
    }
  }
  return query;
}

/** Which names stand in a query, as `QueryFlag` bits; takes the canonical text. */
export function queryFlags(text: string): number {
  return text === '' ? 0 : parseRegistrationQuery(text).flags;
}

/**
 * Reads the NOTIFICATION attributes of a Write-Attributes or an Observe from the canonical query text. Signs and
 * exponents are accepted in numbers, because negative thresholds are common. What is no number is left out.
 */
export function parseAttributes(text: string): NotificationAttributes {
  return attributesOf(segmentsOf(text).map(splitSegment));
}

/** Picks the NOTIFICATION attributes from pairs of name and value, as a query or a link has them. */
export function attributesOf(pairs: Iterable<readonly [string, string | undefined]>): NotificationAttributes {
  const attributes: NotificationAttributes = {};
  for (const [name, value] of pairs) {
    const attribute = ATTRIBUTE_NAMES.find((known) => known === name);
    if (attribute === undefined || attribute in attributes) continue;
    if (value === undefined || value === '') attributes[attribute] = null;
    else if (NUMBER.test(value)) attributes[attribute] = Number(value);
  }
  return attributes;
}
