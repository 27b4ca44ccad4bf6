import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import { targetsOf, type Claim, type Part, type Told } from './claim.ts';
import { clientClaims, type ClientEvent } from './leshan-client.ts';
import { bootstrapClaims, type BootstrapEvent } from './leshan-bootstrap.ts';
import {
  formatNumber,
  isGiven,
  nodesValues,
  nodeValues,
  seriesOf,
  type LeshanMessage,
  type LeshanNode,
  type LeshanNodes,
} from './leshan-nodes.ts';
import { registrationClaims, type LeshanRegistration } from './leshan-registrations.ts';

interface Operation {
  /** Seconds since 1970. */
  at?: number;
  op?: string;
  endpoint?: string;
  path?: string;
  paths?: string;
  mode?: string;
  code?: string;
  args?: string | null;
  accept?: string | null;
  format?: string | null;
  attributes?: string;
  location?: string | null;
  links?: string;
  payload?: string;
  request?: string;
  result?: string;
  exception?: string;
  error?: string;
  token?: string;
  value?: LeshanNode | LeshanNodes | null;
  written?: LeshanNode | LeshanNodes | null;
  instances?: ({ id: number | null; node?: LeshanNode } & LeshanNode)[];
  timestamped?: { timestamp: string; value: LeshanNode }[];
  coap?: LeshanMessage;
  request_coap?: LeshanMessage | string;
}

interface Observation {
  event: string;
  endpoint?: string;
  token: string;
  path?: string;
  paths?: string;
}

interface Send {
  endpoint?: string;
  received?: boolean;
  format?: string;
  data?: { timestamp: string | null; nodes: LeshanNodes }[];
  client_sent?: string;
  code?: string;
}

/** A truth file of Leshan. */
export interface LeshanTruth {
  operations?: Operation[];
  notifications?: Operation[];
  observations?: Observation[];
  sends?: Send[];
  bootstrap?: BootstrapEvent[];
  client_events?: ClientEvent[];
  registrations?: LeshanRegistration[];
}

/** Requests are named by their method in the stack's objects. */
const METHODS: Readonly<Record<string, string>> = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  IPATCH: '0.07',
  iPATCH: '0.07',
};

/** Names of our operations by the words of the driver and by what it hands to the stack. */
function operationsOf(operation: Operation): string[] | undefined {
  const { op = '', mode, written, args, request } = operation;
  const names: [RegExp, string][] = [
    [/^cancel-observe-composite/, 'Cancel Observation-Composite'],
    [/^cancel-observe/, 'Cancel Observation'],
    [/^observe-composite/, 'Observe-Composite'],
    [/^observe/, 'Observe'],
    [/^read-composite/, 'Read-Composite'],
    [/^(read|unknown critical option)/, 'Read'],
    [/^write-composite/, 'Write-Composite'],
    [/^write-attributes/, 'Write-Attributes'],
    [/^write/, mode?.startsWith('UPDATE') === true ? 'Write-Partial-Update' : 'Write-Replace'],
    [/^discover/, 'Discover'],
    [/^execute/, 'Execute'],
    [/^create/, 'Create'],
    [/^delete/, 'Delete'],
    [/^register/, 'Register'],
    [/^update/, 'Update'],
    [/^deregister/, 'De-register'],
    [/^Send/, 'Send'],
    [/^Bootstrap-Request/, 'Bootstrap-Request'],
    [/^GET \/\.well-known\/core/, 'CoRE discovery'],
    // What the driver held back is named by what it hands over.
    [/^sent after/, isGiven(written) ? 'Write-Replace' : isGiven(args) ? 'Execute' : 'Read'],
  ];
  const name = names.find(([pattern]) => pattern.test(op))?.[1];
  if (name !== undefined) return [name];
  return request === undefined ? undefined : [];
}

const listOf = (text: string): string[] => text.slice(1, -1).split(', ');
const isNodes = (node: LeshanNode | LeshanNodes): node is LeshanNodes =>
  Object.keys(node).length > 0 && Object.keys(node).every((key) => key.startsWith('/'));

function valuesIn(
  node: LeshanNode | LeshanNodes | null | undefined,
  path: string | undefined,
): Told['values'] {
  if (node === null || node === undefined) return undefined;
  if (isNodes(node)) return nodesValues(node);
  return path === undefined ? undefined : nodeValues(path, node);
}

/** `2.05` of `2.05 CONTENT`, `CONTENT(205)` or `CONTENT`. */
function codeOf(text: string | undefined): string | undefined {
  const digits = /\((\d)(\d\d)\)/.exec(text ?? '');
  return digits === null ? /^\d\.\d\d/.exec(text ?? '')?.[0] : `${digits[1]}.${digits[2]}`;
}

/** A message whose own text in the stack is `CoapResponse[205, ContTp:112 obs:0, pl(20):81a2..]`. */
function rawTold(raw: string): Told {
  const format = /ContTp:(\d+)/.exec(raw)?.[1];
  const accept = /accept:(\d+)/.exec(raw)?.[1];
  const payload = /pl\((\d+)\):([0-9a-f]*)/.exec(raw);
  return {
    format: format === undefined ? undefined : Number(format),
    accept: accept === undefined ? undefined : Number(accept),
    length: payload === null ? 0 : Number(payload[1]),
    body: payload?.[2] ?? '',
  };
}

function bodyTold({ content_format: format, payload_len: length, payload_hex: body }: LeshanMessage): Told {
  return { format: length === 0 ? undefined : format, length, body };
}

/** How the request of an operation is found. */
function requestFinder(operation: Operation): Part['find'] | undefined {
  const { request_coap: request } = operation;
  if (typeof request === 'object' && request.token !== undefined) {
    const { token, mid, type, code } = request;
    return (capture) =>
      capture.with({ token, mid, type, code: code === undefined ? undefined : METHODS[code] });
  }
  if (typeof request !== 'string') return undefined;
  const [, method, uri] = /^CoapRequest\[(\w+)(?: URI:([^ \]]*))?/.exec(request) ?? [];
  const { accept } = rawTold(request);
  const observe = /obs:(\d)/.exec(request)?.[1];
  const asked = {
    code: METHODS[method ?? '']!,
    uriPath: uri ?? '/',
    accept,
    observe: observe === undefined ? undefined : Number(observe),
  };
  return (capture) => capture.next(asked);
}

/** What the driver's request says of itself. */
function requestTold(operation: Operation): Told {
  const {
    request,
    request_coap: coap,
    path,
    paths,
    written,
    instances,
    args,
    attributes,
    endpoint,
    op,
  } = operation;
  const told: Told = { operations: operationsOf(operation), device: endpoint };
  if (path !== undefined && path !== '/' && path !== '') told.path = path;
  if (typeof coap === 'string') Object.assign(told, rawTold(coap));
  if (typeof coap === 'object') {
    const { accept, uri_path: uriPath, payload_len: length } = coap;
    if (length !== undefined) Object.assign(told, bodyTold(coap));
    if (accept !== undefined) told.accept = accept;
    if (uriPath !== undefined) told.uriPath = `/${uriPath}`;
  }
  const accept = formatNumber(operation.accept);
  if (accept !== undefined) told.accept = accept;
  if (isGiven(written)) told.values = valuesIn(written, path);
  if (op?.startsWith('read-composite') === true || op?.startsWith('observe-composite') === true)
    if (paths !== undefined) told.paths = listOf(paths);
  if (instances !== undefined && path !== undefined)
    told.values = Object.assign(
      {},
      ...instances.map(({ id, node, ...own }) =>
        nodeValues(id === null ? path : `${path}/${id}`, node ?? own),
      ),
    ) as Told['values'];
  if (isGiven(args)) told.body = args === 'null' ? '' : Buffer.from(args).toString('hex');
  if (attributes !== undefined) told.query = attributes.split('&');
  if (request !== undefined) {
    const [method, uri] = request.split(' ');
    const [, uriPath, query] = /^coaps?:\/\/[^/]*([^?]*)\??(.*)$/.exec(uri!)!;
    Object.assign(told, { code: METHODS[method!], uriPath, query: query === '' ? [] : query!.split('&') });
  }
  return told;
}

/** What the driver got as an answer. */
function answerTold(operation: Operation): Told {
  const { code, coap, value, links, timestamped, path, endpoint, location, payload } = operation;
  const told: Told = { operations: operationsOf(operation), code: codeOf(code), device: endpoint };
  if (path !== undefined && path !== '/' && path !== '') told.path = path;
  if (coap?.raw !== undefined) Object.assign(told, rawTold(coap.raw));
  else if (coap !== undefined) Object.assign(told, bodyTold(coap));
  if (isGiven(coap?.observe)) told.observe = coap.observe;
  if (told.code?.startsWith('2.05') === true || code === undefined) told.values = valuesIn(value, path);
  if (timestamped !== undefined && path !== undefined) {
    told.values = undefined;
    told.series = seriesOf(
      timestamped.map(({ timestamp, value: node }) => ({ timestamp, nodes: { [path]: node } })),
    );
  }
  if (links !== undefined) told.links = targetsOf(links);
  if (location !== undefined && location !== null)
    told.location = location === '' ? '' : `/${location.replace(/^\//, '')}`;
  if (payload !== undefined) told.body = Buffer.from(payload).toString('hex');
  return told;
}

function operationClaim(operation: Operation): Claim {
  const { op = '', path, paths, mode, code, coap, exception, result } = operation;
  const said = [op, path ?? paths, mode, code ?? result].filter((text) => text !== undefined).join(' ');
  if (exception !== undefined)
    return { said, parts: [], skipped: 'nothing was sent: the server’s own interface refused it' };
  const findRequest = requestFinder(operation);
  if (findRequest === undefined)
    return {
      said,
      parts: [],
      skipped: 'nothing was sent yet: held back till the device wakes up, and told of again then',
    };
  let requests: readonly JsonObject[] = [];
  const parts: Part[] = [
    { role: 'request', find: (capture) => (requests = findRequest(capture)), told: requestTold(operation) },
  ];
  if (code !== undefined) {
    const find = (capture: Capture): readonly JsonObject[] => {
      const own =
        coap?.token === undefined
          ? []
          : capture.with({ token: coap.token, mid: coap.mid, type: coap.type, code: coap.code });
      // Of a body in blocks the stack tells the token and message ID of the first block.
      return own.length > 0 ? own : capture.answersTo(requests);
    };
    parts.push({ role: 'answer', find, told: answerTold(operation) });
  }
  return { said, device: operation.endpoint, parts };
}

/** Seconds between a notification on the wire and what the stack noted of it, at most. */
const LATENESS = 0.2;

/** A notification that the stack could not read: it tells the token and the time only. */
function notUnderstood(capture: Capture, token: string | undefined, at: number | undefined): JsonObject[] {
  return capture.take('not understood', ({ coap, frame }) => {
    const { token: found, code, type } = (coap ?? {}) as JsonObject;
    const late = at! - Number((frame as JsonObject).time);
    return found === token && code === '2.05' && type !== 'ACK' && late > -LATENESS && late < LATENESS;
  });
}

function notificationClaim(notification: Operation): Claim {
  const { path, paths, coap, code, error, token, at } = notification;
  const said =
    `notification ${path ?? paths ?? ''} ${coap?.observe ?? ''} ${error === undefined ? '' : '(not understood)'}`.trim();
  const raw = /obs:(\d+)/.exec(coap?.raw ?? '')?.[1];
  const observe = coap?.observe ?? (raw === undefined ? undefined : Number(raw));
  const find = (capture: Capture): readonly JsonObject[] => {
    if (coap === undefined) return notUnderstood(capture, token, at);
    return capture.with({ token, mid: coap.mid, type: coap.type, code: coap.code ?? codeOf(code), observe });
  };
  const told = { ...answerTold(notification), operations: ['Notify'], observe };
  if (path === undefined) told.path = undefined;
  return { said, device: notification.endpoint, parts: [{ role: 'message', find, told }] };
}

/** Both ends tell of a Send: the server of its content, the client of the answer; each in the order of the Sends. */
function sendClaim({ endpoint, format, data, client_sent: sent, code }: Send): Claim {
  const find = (capture: Capture): JsonObject[] =>
    capture.take(sent === undefined ? 'Send at server' : 'Send at client', ({ coap, lwm2m }) => {
      const { uri_path: path, code: method } = (coap ?? {}) as JsonObject;
      const { device } = (lwm2m ?? {}) as JsonObject;
      return path === '/dp' && method === '0.02' && (endpoint === undefined || device === endpoint);
    });
  const operations = ['Send'];
  if (sent !== undefined) {
    const answer = (capture: Capture): JsonObject[] => capture.answersTo(find(capture));
    const told = { operations, code: codeOf(code) };
    return { said: `client sent ${sent} ${code}`, parts: [{ role: 'answer', find: answer, told }] };
  }
  const isSeries = data!.some(({ timestamp }) => timestamp !== null);
  const told: Told = { operations, device: endpoint, format: formatNumber(format) };
  if (isSeries) told.series = seriesOf(data!);
  else told.values = Object.assign({}, ...data!.map(({ nodes }) => nodesValues(nodes))) as Told['values'];
  return {
    said: `server received a Send of ${endpoint}`,
    device: endpoint,
    parts: [{ role: 'request', find, told }],
  };
}

function observationClaim({ event, endpoint, token, path, paths }: Observation): Claim {
  const find = (capture: Capture): JsonObject[] => {
    const method = path === undefined ? '0.05' : '0.01';
    return capture.with({ token, code: method, observe: 0 });
  };
  const told: Told =
    path === undefined
      ? { operations: ['Observe-Composite'], paths: listOf(paths!) }
      : { operations: ['Observe'], path };
  return {
    said: `observation ${event} ${path ?? paths}`,
    device: endpoint,
    parts: [{ role: 'request', find, told }],
  };
}

/** Everything that a truth file of Leshan says of operations. */
export function leshanClaims(truth: LeshanTruth): Claim[] {
  return [
    ...(truth.operations ?? []).map(operationClaim),
    ...(truth.notifications ?? []).map(notificationClaim),
    ...(truth.observations ?? []).map(observationClaim),
    ...(truth.sends ?? [])
      .filter(({ received, client_sent: sent }) => received === true || sent !== undefined)
      .map(sendClaim),
    ...bootstrapClaims(truth.bootstrap ?? []),
    ...clientClaims(truth.client_events ?? []),
    ...(truth.registrations ?? []).flatMap(registrationClaims),
  ];
}
