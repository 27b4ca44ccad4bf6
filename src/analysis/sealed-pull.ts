import type { ByteCount, Nanoseconds } from '../capture/units.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import type { SealedBytes } from '../security/sealed-bytes.ts';
import type { Analysis } from './analysis.ts';

/** A package URI that leads to CoAP over DTLS or TLS (RFC 7252 §6.2, RFC 8323 §8), or to HTTPS (RFC 9110 §4.2.2). */
const SEALED_URI =
  /^(?<scheme>coaps|coaps\+tcp|https):\/\/(?:[^/?#@]*@)?(?<host>\[[^\]]*\]|[^/?#:]*)(?::(?<port>\d{1,5}))?/i;
const PORTS: Readonly<Record<string, number>> = { coaps: 5684, 'coaps+tcp': 5684, https: 443 };
const IP_LITERAL = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/;

/** Flows that are looked at for one attempt, the first ones that began after it. */
const MAX_LOOKED = 4096;

/** What went over the sealed connection by which a device most likely fetched its package. */
export interface SealedPull {
  /** Endpoint id of who gave it. */
  source: number;
  /** Bytes that came from there, with what protects them. */
  received: ByteCount;
}

/**
 * The sealed flow by which the device of an attempt fetched its package, as far as URI, addresses and time show it: to
 * the port of the URI, and to its address where it names one, begun while the attempt lasted. Undefined where none fits,
 * or several servers do.
 */
export function sealedPullOf(analysis: Analysis, attempt: FirmwareAttempt): SealedPull | undefined {
  const uri = attempt.uri === undefined ? undefined : SEALED_URI.exec(attempt.uri)?.groups;
  if (uri === undefined) return undefined;
  const { flows, security } = analysis.frames;
  const { devices } = analysis.tracking.devices;
  const device = devices.devices[devices.resolve(attempt.device)];
  const addresses = new Set(device?.addresses.map((endpoint) => flows.addressId(endpoint)));
  const host = uri.host ?? '';
  const port = uri.port === undefined ? PORTS[uri.scheme!.toLowerCase()]! : Number(uri.port);
  let found: SealedPull | undefined;
  const { sealedBytes } = security;
  const first = firstFrom(sealedBytes, attempt.from);
  const end = Math.min(sealedBytes.flows.length, first + MAX_LOOKED);
  for (let at = first; at < end; at++) {
    const flow = sealedBytes.flows[at]!;
    const from = sealedBytes.from(flow);
    if (from < attempt.from || from > attempt.to) continue;
    for (const isClientA of [true, false]) {
      const client = isClientA ? flows.endpointA(flow) : flows.endpointB(flow);
      const server = isClientA ? flows.endpointB(flow) : flows.endpointA(flow);
      if (flows.endpointPort(server) !== port || !addresses.has(flows.addressId(client))) continue;
      if (IP_LITERAL.test(host) && flows.endpointText(server) !== `${host}:${port}`) continue;
      const received = sealedBytes.bytesOf(flow, !isClientA);
      if (received === 0) continue;
      if (found !== undefined && found.source !== server) return undefined;
      found = { source: server, received: (found?.received ?? 0) + received };
    }
  }
  return found;
}

/** Position of the first flow that began at a time or later, taking the beginnings as rising. */
function firstFrom(sealed: SealedBytes, time: Nanoseconds): number {
  let low = 0;
  let high = sealed.flows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sealed.from(sealed.flows[middle]!) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
