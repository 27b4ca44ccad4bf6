import type { LoadedDefinition } from '../lwm2m/registry/object-definition.ts';

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

/** What a person has decided for the analysis of captures. */
export interface AnalysisSettings {
  decodeAs: readonly DecodeAsRule[];
  /** Object definitions that go before the registry's own. */
  objects: readonly LoadedDefinition[];
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
