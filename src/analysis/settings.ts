import type { LoadedDefinition } from '../lwm2m/registry/object-definition.ts';
import { ipv6Text, parseAddress } from '../network/address-text.ts';
import type { LowpanContext } from '../network/lowpan-context.ts';
import { type ClockCorrection, NO_CORRECTION } from '../capture/frame-queue.ts';
import { secondsText } from './seconds-text.ts';

/** What a person may say that a port carries. */
export const DECODE_AS = ['coap', 'dtls', 'none'] as const;
export type DecodeAs = (typeof DECODE_AS)[number];

/** One rule: what a port carries, whatever it looks like; at one address only where one is given. `dtls` is for UDP. */
export interface DecodeAsRule {
  /** IP address as text (RFC 5952 for IPv6); absent for every address. */
  address?: string;
  port: number;
  as: DecodeAs;
}

/** How much is added to the times of one file. */
export interface ClockOffset extends ClockCorrection {
  /** Index of the file in the order in which files were opened. */
  file: number;
}

/** What a person has decided for the analysis of captures. */
export interface AnalysisSettings {
  decodeAs: readonly DecodeAsRule[];
  /** Object definitions that go before the registry's own. */
  objects: readonly LoadedDefinition[];
  /** Prefixes that the nodes of 6LoWPAN networks agreed on, as `parseLowpanContext` gives them. */
  lowpanContexts?: readonly LowpanContextRule[];
  /** What the tables of a live stream may take, in bytes; beyond it the oldest messages go. Files are kept whole. */
  memoryLimit?: number;
  /** Of files whose clocks were wrong. */
  clockOffsets?: readonly ClockOffset[];
}

/** A prefix that compressed addresses of 6LoWPAN leave out (RFC 6282 §3.1.2); plain, so that it can be sent and kept. */
export interface LowpanContextRule {
  /** 0 to 15. */
  number: number;
  /** IPv6 address as text (RFC 5952). */
  prefix: string;
  /** In bits, 0 to 128. */
  length: number;
}

export const DEFAULT_SETTINGS: AnalysisSettings = { decodeAs: [], objects: [] };

const RULE =
  /^(?:udp\.port==)?(?:(?:\[(?<six>[0-9a-f:.]+)\]|(?<four>[0-9.]+)):)?(?<port>\d{1,5})(?:=|,)(?<as>[a-z]+)$/i;

/**
 * Reads one rule: `6000=coap`, `10.0.0.1:6000=dtls`, `[2001:db8::1]:6000=none`, or as Wireshark writes it
 * `udp.port==6000,coap`. Gives a sentence where it cannot be read.
 */
export function parseDecodeAs(text: string): DecodeAsRule | string {
  const match = RULE.exec(text.trim());
  const how = 'a rule is PORT=coap, PORT=dtls or PORT=none, with ADDRESS: before the port for one address';
  if (match?.groups === undefined) return `'${text}' is no rule: ${how}`;
  const { six, four, port, as } = match.groups;
  const known = DECODE_AS.find((candidate) => candidate === as?.toLowerCase());
  if (known === undefined) return `'${as}' is nothing a port can be decoded as: ${how}`;
  if (Number(port) > 65_535 || Number(port) === 0) return `there is no port ${port}: ${how}`;
  const address = six?.toLowerCase() ?? four;
  return address === undefined
    ? { port: Number(port), as: known }
    : { address, port: Number(port), as: known };
}

/** A rule as text that `parseDecodeAs` reads. */
export function decodeAsText({ address, port, as }: DecodeAsRule): string {
  if (address === undefined) return `${port}=${as}`;
  return address.includes(':') ? `[${address}]:${port}=${as}` : `${address}:${port}=${as}`;
}

/** Numbers of contexts in one network. RFC 6282 §3.1.2. */
const CONTEXTS = 16;
const IPV6_BITS = 128;
const CONTEXT_RULE = /^(?<number>\d+)\s*=\s*(?<prefix>[^/\s]+)(?:\/(?<length>\d+))?$/;

/** Reads a 6LoWPAN context: `0=2001:db8::/64`. Gives a sentence where it cannot be read. */
export function parseLowpanContext(text: string): LowpanContextRule | string {
  const how = 'a context is ID=PREFIX/LENGTH, such as 0=2001:db8::/64';
  const match = CONTEXT_RULE.exec(text.trim());
  if (match?.groups === undefined) return `'${text}' is no context: ${how}`;
  const { number, prefix, length } = match.groups;
  if (Number(number) >= CONTEXTS)
    return `there is no context ${number}: their numbers are 0 to ${CONTEXTS - 1}`;
  const address = parseAddress(prefix!);
  if (address?.version !== 6) return `'${prefix}' is no IPv6 prefix: ${how}`;
  if (length === undefined) return `the prefix of context ${number} has no length: ${how}`;
  if (Number(length) > IPV6_BITS) return `a prefix has at most ${IPV6_BITS} bits, not ${length}: ${how}`;
  return { number: Number(number), prefix: ipv6Text(address.bytes, 0), length: Number(length) };
}

/** A context as text that `parseLowpanContext` reads. */
export function lowpanContextText({ number, prefix, length }: LowpanContextRule): string {
  return `${number}=${prefix}/${length}`;
}

/** Contexts as the reader of 6LoWPAN takes them. */
export function lowpanContextsOf({ lowpanContexts = [] }: AnalysisSettings): LowpanContext[] {
  return lowpanContexts.flatMap(({ number, prefix, length }) => {
    const bytes = parseAddress(prefix)?.bytes;
    return bytes?.length === IPV6_BITS / 8 ? [{ number, prefix: bytes, prefixLength: length }] : [];
  });
}

/** Farthest that a clock is corrected: more whole seconds than from year 1 to year 9999. */
const FARTHEST_OFFSET = 1e12;
const SECONDS = /^(?<sign>[+-]?)(?<whole>\d{1,13})(?:\.(?<fraction>\d{1,9}))?$/;

/** Reads a number of seconds as `1.5` or `-3600`, with at most nine decimals. Gives a sentence where it is none. */
export function parseOffset(text: string): ClockCorrection | string {
  const match = SECONDS.exec(text.trim());
  if (match?.groups === undefined)
    return `'${text}' is no number of seconds, such as 1.5 or -3600, with at most nine decimals`;
  const { sign, whole, fraction = '' } = match.groups;
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.padEnd(9, '0'));
  if (seconds >= FARTHEST_OFFSET) return `${text} s is more than a clock can be wrong`;
  if (sign !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: seconds === 0 ? 0 : -seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

/** A correction as text that `parseOffset` reads, without zeros at its end. */
export function offsetText({ seconds, nanoseconds }: ClockCorrection): string {
  return secondsText(seconds, nanoseconds).replace(/\.?0+$/, '') || '0';
}

/** What is added to the times of a file. */
export function correctionOf(settings: AnalysisSettings, file: number): ClockCorrection {
  return settings.clockOffsets?.find((offset) => offset.file === file) ?? NO_CORRECTION;
}
