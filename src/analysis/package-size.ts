import type { ByteCount } from '../capture/units.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import type { Analysis } from './analysis.ts';
import { sealedPullOf } from './sealed-pull.ts';
import type { HttpExchange } from './http-exchanges.ts';

/** A package URI that leads to HTTP (RFC 9110 §4.2): port and what a request asks for. */
const HTTP_URI = /^http:\/\/(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*)(?::(?<port>\d{1,5}))?(?<target>[^#]*)/i;
const HTTP_PORT = 80;
const OK = 200;
const PARTIAL = 206;

/** What of a package was fetched over HTTP. */
interface HttpPull {
  exchanges: HttpExchange[];
  /** Bytes of bodies that were captured, at most as many as the package has. */
  received: ByteCount;
  /** Bytes that the server says the package has; -1 where it does not. */
  length: ByteCount;
  /** Every answer came to its end, and together they have as many bytes as the package. */
  isComplete: boolean;
}

/**
 * The exchanges over HTTP by which the device of an attempt fetched the package whose URI was written to it: asked from
 * an address of the device, to the port and for the target of the URI, while the attempt lasted. Undefined where the
 * URI leads elsewhere or nothing of the kind was captured.
 */
function httpPullOf(analysis: Analysis, attempt: FirmwareAttempt): HttpPull | undefined {
  const uri = attempt.uri === undefined ? undefined : HTTP_URI.exec(attempt.uri)?.groups;
  if (uri === undefined) return undefined;
  const { flows, streams } = analysis.frames;
  const { devices } = analysis.tracking.devices;
  const device = devices.devices[devices.resolve(attempt.device)];
  const addresses = new Set(device?.addresses.map((endpoint) => flows.addressId(endpoint)));
  const port = uri.port === undefined ? HTTP_PORT : Number(uri.port);
  const target = uri.target === '' ? '/' : uri.target;
  const exchanges = streams.http.kept.filter(
    (exchange) =>
      exchange.from >= attempt.from &&
      exchange.from <= attempt.to &&
      exchange.target === target &&
      flows.endpointPort(exchange.server) === port &&
      addresses.has(flows.addressId(exchange.client)),
  );
  if (exchanges.length === 0) return undefined;
  const answered = exchanges.filter(({ status }) => status === OK || status === PARTIAL);
  const received = answered.reduce((sum, exchange) => sum + exchange.received, 0);
  const areWhole = answered.length > 0 && answered.every((exchange) => exchange.isComplete);
  const told = Math.max(-1, ...answered.map(lengthOf));
  // An answer that says no length ends with its connection (RFC 9112 §6.3).
  const ended = areWhole && answered.every(({ status }) => status === OK);
  const length = told >= 0 ? told : ended ? received : -1;
  const isComplete = areWhole && length >= 0 && received >= length;
  return { exchanges, received: length >= 0 ? Math.min(received, length) : received, length, isComplete };
}

/** How much of an attempt's package came, and from where, over CoAP or HTTP. */
export interface PackageSize {
  /** Endpoint id of who gave it; -1 where nothing tells. */
  source: number;
  /** -1 where it is not known. */
  length: ByteCount;
  received: ByteCount;
  isComplete: boolean;
  /** Inferred from a sealed flow: of what came nothing can be read, and bytes of its protection are counted too. */
  isSealed: boolean;
}

/** Tells how much of the package of an attempt came. */
export function packageSize(analysis: Analysis, attempt: FirmwareAttempt): PackageSize {
  const pull = httpPullOf(analysis, attempt);
  const sealed = pull === undefined && attempt.received === 0 ? sealedPullOf(analysis, attempt) : undefined;
  if (sealed !== undefined) return { ...sealed, length: -1, isComplete: false, isSealed: true };
  if (pull === undefined)
    return {
      source: attempt.sourceEndpoint,
      length: attempt.length,
      received: attempt.received,
      isComplete: attempt.complete,
      isSealed: false,
    };
  const { length, received, isComplete } = pull;
  return { source: pull.exchanges[0]!.server, length, received, isComplete, isSealed: false };
}

/** Bytes of the whole that an answer belongs to (RFC 9110 §14.4); -1 where it does not say. */
function lengthOf({ status, contentRange, contentLength }: HttpExchange): ByteCount {
  if (status !== PARTIAL) return contentLength;
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? -1 : Number(total);
}
