import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import type { Claim, Told } from './claim.ts';
import { formatNumber, seriesOf, type LeshanNode } from './leshan-nodes.ts';

/** What a client of Leshan noted of itself. */
export interface ClientEvent {
  event: string;
  endpoint?: string;
  detail?: string;
  path?: string;
  args?: string;
  format?: string;
  mid?: number;
  type?: string;
  samples?: { t: string; v: LeshanNode }[];
}

const coapOf = (record: JsonObject): JsonObject => (record.coap ?? {}) as JsonObject;

/** Exchanges of the client, by the names of its events: operation, and code of the answer. */
const EXCHANGES: readonly [RegExp, operation: string, code: string][] = [
  [/^(register_success|onRegistrationSuccess)$/, 'Register', '2.01'],
  [/^(update_success|onUpdateSuccess)$/, 'Update', '2.04'],
  [/^(deregister_success|onDeregistrationSuccess)$/, 'De-register', '2.02'],
  [/^update_failure$/, 'Update', '4.04'],
  [/^deregister_failure$/, 'De-register', '4.04'],
  [/^(bootstrap_success|onBootstrapSuccess)$/, 'Bootstrap-Finish', '2.04'],
];

/** The next exchange of a device with this operation and code of the answer. */
function exchangeClaim({ event, endpoint, detail }: ClientEvent, operation: string, code: string): Claim {
  // Of a Register whose answer was lost the client does not know.
  const location = operation === 'Register' && detail?.startsWith('/') === true ? detail : undefined;
  const find = (capture: Capture): JsonObject[] => {
    const [request] = capture.take(`client ${operation} ${code}`, (record) => {
      const { operation: found, device } = (record.lwm2m ?? {}) as JsonObject;
      if (found !== operation || device !== endpoint || !String(coapOf(record).code).startsWith('0'))
        return false;
      const isMeant = (answer: JsonObject): boolean =>
        location === undefined || capture.locationOf(answer) === location;
      return capture.answersTo([record]).some((answer) => coapOf(answer).code === code && isMeant(answer));
    });
    return request === undefined ? [] : capture.answersTo([request]);
  };
  const told: Told = { operations: [operation], device: endpoint, code, location };
  return { said: `client: ${event}`, device: endpoint, parts: [{ role: 'answer', find, told }] };
}

function executeClaim({ endpoint, path, args }: ClientEvent): Claim {
  const find = (capture: Capture): JsonObject[] =>
    capture.take('client Execute', (record) => {
      const { device } = (record.lwm2m ?? {}) as JsonObject;
      return coapOf(record).code === '0.02' && coapOf(record).uri_path === path && device === endpoint;
    });
  const body = args === undefined || args === 'null' ? '' : Buffer.from(args).toString('hex');
  const told: Told = { operations: ['Execute'], path, device: endpoint, body };
  return {
    said: `client: execute ${path} ${args}`,
    device: endpoint,
    parts: [{ role: 'request', find, told }],
  };
}

function seriesClaim({ endpoint, path, format, mid, type, samples }: ClientEvent): Claim {
  const series = seriesOf(samples!.map(({ t, v }) => ({ timestamp: t, nodes: { [path!]: v } })));
  const told: Told = { operations: ['Notify'], path, device: endpoint, format: formatNumber(format), series };
  const find = (capture: Capture): JsonObject[] => capture.with({ mid, type, code: '2.05' });
  return {
    said: `client: time series of ${path} sent`,
    device: endpoint,
    parts: [{ role: 'message', find, told }],
  };
}

/** What the clients say of operations. */
export function clientClaims(events: readonly ClientEvent[]): Claim[] {
  return events.flatMap((event) => {
    const exchange = EXCHANGES.find(([pattern]) => pattern.test(event.event));
    if (exchange !== undefined) return [exchangeClaim(event, exchange[1], exchange[2])];
    if (event.event === 'execute') return [executeClaim(event)];
    return event.samples === undefined ? [] : [seriesClaim(event)];
  });
}
