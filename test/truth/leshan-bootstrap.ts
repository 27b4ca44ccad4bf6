import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import { targetsOf, type Claim, type Part, type Told } from './claim.ts';
import { formatNumber, isGiven, nodeValues, type LeshanMessage, type LeshanNode } from './leshan-nodes.ts';

/** What a bootstrap server of Leshan says in one event. */
export interface BootstrapEvent {
  event: string;
  endpoint?: string;
  pct?: string;
  op?: string;
  path?: string;
  code?: string;
  links?: string;
  format?: string | null;
  written?: LeshanNode | null;
  value?: LeshanNode | null;
  coap?: LeshanMessage;
}

const METHOD_CODES: Readonly<Record<string, string>> = {
  'Bootstrap-Discover': '0.01',
  'Bootstrap-Read': '0.01',
  'Bootstrap-Write': '0.03',
  'Bootstrap-Delete': '0.04',
  'Bootstrap-Finish': '0.02',
};

/** The claims of a bootstrap server: each session's request, and each operation with its answer. */
export function bootstrapClaims(events: readonly BootstrapEvent[]): Claim[] {
  const requested = new Map<string, BootstrapEvent>();
  return events.flatMap((event) => {
    const { event: kind, op, path = '', endpoint } = event;
    if (kind === 'session_initiated') return [sessionClaim(event)];
    if (kind === 'request') requested.set(`${op} ${path}`, event);
    if (kind !== 'response' && kind !== 'response_error') return [];
    return [operationClaim(event, requested.get(`${op} ${path}`), endpoint)];
  });
}

function sessionClaim({ endpoint, pct }: BootstrapEvent): Claim {
  const format = formatNumber(pct);
  const query = [`ep=${endpoint}`, ...(format === undefined ? [] : [`pct=${format}`])];
  const find = (capture: Capture): JsonObject[] =>
    capture.take('Bootstrap-Request', ({ coap }) => {
      const { code, uri_path: path, uri_query: text } = (coap ?? {}) as JsonObject;
      return code === '0.02' && path === '/bs' && String(text).includes(`ep=${endpoint}`);
    });
  const told: Told = { operations: ['Bootstrap-Request'], query, device: endpoint };
  return { said: `bootstrap of ${endpoint} begins`, parts: [{ role: 'request', find, told }] };
}

function operationClaim(
  { op, path, code, coap, value, links }: BootstrapEvent,
  request: BootstrapEvent | undefined,
  endpoint: string | undefined,
): Claim {
  const name = `Bootstrap-${/^Bootstrap(\w+)Request$/.exec(op!)![1]}`;
  const hasPath = path !== undefined && path !== 'null' && path !== '/';
  const told: Told = { operations: [name], ...(hasPath ? { path } : {}) };
  if (endpoint !== undefined) told.device = endpoint;
  const asked: Told = { ...told };
  if (isGiven(request?.written)) asked.values = nodeValues(path!, request.written);
  if (isGiven(request?.format)) asked.format = formatNumber(request.format);
  let answers: readonly JsonObject[] = [];
  let requests: readonly JsonObject[] = [];
  const byToken = (capture: Capture): readonly JsonObject[] => {
    if (coap !== undefined) {
      const { token, mid, type, code: wire } = coap;
      answers = capture.with({ token, mid, type, code: wire });
      return capture.with({ token, code: METHOD_CODES[name] });
    }
    const uriPath = hasPath ? path : name === 'Bootstrap-Finish' ? '/bs' : '/';
    return (requests = capture.next({ code: METHOD_CODES[name]!, uriPath }));
  };
  const parts: Part[] = [{ role: 'request', find: byToken, told: asked }];
  const answer: Told = { ...told };
  if (code !== undefined) answer.code = code.slice(0, 4);
  if (coap !== undefined) {
    const { content_format: format, payload_len: length, payload_hex: body } = coap;
    Object.assign(answer, { format: length === 0 ? undefined : format, length, body });
  }
  if (isGiven(value) && hasPath && answer.length !== 0) answer.values = nodeValues(path, value);
  if (links !== undefined) answer.links = targetsOf(links);
  parts.push({
    role: 'answer',
    find: (capture) => (coap === undefined ? capture.answersTo(requests) : answers),
    told: answer,
  });
  return { said: `${op} ${path ?? ''} ${code ?? ''}`, parts };
}
