/** The registry of CoAP options: number, name, format, lengths, repeatability (protocol facts of the RFCs named). */

export const OptionNumber = {
  ifMatch: 1,
  uriHost: 3,
  etag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  oscore: 9,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  hopLimit: 16,
  accept: 17,
  qBlock1: 19,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  qBlock2: 31,
  size1: 60,
  noResponse: 258,
} as const;

export type OptionFormat = 'empty' | 'opaque' | 'uint' | 'string' | 'block';

export interface OptionDefinition {
  number: number;
  name: string;
  format: OptionFormat;
  /** Lengths allowed, in bytes. */
  minimum: number;
  maximum: number;
  repeatable: boolean;
  clause: string;
}

type Row = [number, string, OptionFormat, number, number, boolean, string];

const ROWS: Row[] = [
  [1, 'If-Match', 'opaque', 0, 8, true, 'RFC 7252 §5.10.8.1'],
  [3, 'Uri-Host', 'string', 1, 255, false, 'RFC 7252 §5.10.1'],
  [4, 'ETag', 'opaque', 1, 8, true, 'RFC 7252 §5.10.6'],
  [5, 'If-None-Match', 'empty', 0, 0, false, 'RFC 7252 §5.10.8.2'],
  [6, 'Observe', 'uint', 0, 3, false, 'RFC 7641 §2'],
  [7, 'Uri-Port', 'uint', 0, 2, false, 'RFC 7252 §5.10.1'],
  [8, 'Location-Path', 'string', 0, 255, true, 'RFC 7252 §5.10.7'],
  [9, 'OSCORE', 'opaque', 0, 255, false, 'RFC 8613 §2'],
  [11, 'Uri-Path', 'string', 0, 255, true, 'RFC 7252 §5.10.1'],
  [12, 'Content-Format', 'uint', 0, 2, false, 'RFC 7252 §5.10.3'],
  [14, 'Max-Age', 'uint', 0, 4, false, 'RFC 7252 §5.10.5'],
  [15, 'Uri-Query', 'string', 0, 255, true, 'RFC 7252 §5.10.1'],
  [16, 'Hop-Limit', 'uint', 1, 1, false, 'RFC 8768 §3'],
  [17, 'Accept', 'uint', 0, 2, false, 'RFC 7252 §5.10.4'],
  [19, 'Q-Block1', 'block', 0, 3, false, 'RFC 9177 §4.1'],
  [20, 'Location-Query', 'string', 0, 255, true, 'RFC 7252 §5.10.7'],
  [21, 'EDHOC', 'empty', 0, 0, false, 'RFC 9668 §3.1'],
  [23, 'Block2', 'block', 0, 3, false, 'RFC 7959 §2.1'],
  [27, 'Block1', 'block', 0, 3, false, 'RFC 7959 §2.1'],
  [28, 'Size2', 'uint', 0, 4, false, 'RFC 7959 §4'],
  [31, 'Q-Block2', 'block', 0, 3, true, 'RFC 9177 §4.1'],
  [35, 'Proxy-Uri', 'string', 1, 1034, false, 'RFC 7252 §5.10.2'],
  [39, 'Proxy-Scheme', 'string', 1, 255, false, 'RFC 7252 §5.10.2'],
  [60, 'Size1', 'uint', 0, 4, false, 'RFC 7252 §5.10.9'],
  [252, 'Echo', 'opaque', 1, 40, false, 'RFC 9175 §2.2'],
  [258, 'No-Response', 'uint', 0, 1, false, 'RFC 7967 §2'],
  [292, 'Request-Tag', 'opaque', 0, 8, true, 'RFC 9175 §3.2.1'],
  [2049, 'OCF-Accept-Content-Format-Version', 'uint', 2, 2, false, 'OCF Core'],
  [2053, 'OCF-Content-Format-Version', 'uint', 2, 2, false, 'OCF Core'],
];

const DEFINITIONS = new Map<number, OptionDefinition>(
  ROWS.map(([number, name, format, minimum, maximum, repeatable, clause]) => [
    number,
    { number, name, format, minimum, maximum, repeatable, clause },
  ]),
);

/** Options below this number are told apart by one array look-up. */
const DENSE_OPTIONS = 320;

/** 1 where the option number is registered, for numbers below 320. */
const REGISTERED: Uint8Array = (() => {
  const known = new Uint8Array(DENSE_OPTIONS);
  for (const number of DEFINITIONS.keys()) if (number < DENSE_OPTIONS) known[number] = 1;
  return known;
})();

/** True where the registry knows the option number. */
export function isRegisteredOption(number: number): boolean {
  return number < DENSE_OPTIONS ? REGISTERED[number] === 1 : DEFINITIONS.has(number);
}

/** What the registry says of an option, or undefined. */
export function optionDefinition(number: number): OptionDefinition | undefined {
  return DEFINITIONS.get(number);
}

/** Name of an option; `Option 77` where the registry has none. */
export function optionName(number: number): string {
  return DEFINITIONS.get(number)?.name ?? `Option ${number}`;
}

/** True where an endpoint that does not know the option must refuse the message (RFC 7252 §5.4.6). */
export function isCritical(number: number): boolean {
  return (number & 1) === 1;
}

/** True where a proxy that does not know the option must not forward it (RFC 7252 §5.4.6). */
export function isUnsafe(number: number): boolean {
  return (number & 2) === 2;
}

/** True where a safe option is not part of the cache key (RFC 7252 §5.4.6). */
export function isNoCacheKey(number: number): boolean {
  return (number & 0x1e) === 0x1c;
}

/** Mixes an option, its value in `bytes` at `position`, into `hash`; gives 32 bits, never 0. */
export function hashOption(
  hash: number,
  number: number,
  bytes: Uint8Array,
  position: number,
  length: number,
): number {
  let mixed = Math.imul(hash ^ number, 0x9e3779b1) ^ length;
  for (let index = 0; index < length; index++)
    mixed = Math.imul(mixed ^ bytes[position + index]!, 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0 || 1;
}
