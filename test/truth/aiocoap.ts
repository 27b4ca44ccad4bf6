import { Buffer } from 'node:buffer';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import { targetsOf, type Claim, type Part, type Told } from './claim.ts';
import { packPaths, valuesOf } from './contents.ts';
import { meantOperation, type Meant } from './meant-operation.ts';

type Options = readonly (readonly [number, string])[];

interface Message {
  code: string;
  opts?: Options;
  len?: number;
  payload: string;
}

/** A request as the script describes it. */
interface Step {
  m?: string;
  path: string;
  text?: string;
  hex?: string;
  rep?: [string, number];
  q?: string[];
  cf?: number;
  accept?: number;
  obs?: number;
  non?: number;
  multicast?: number;
  opt?: { content_format?: number; accept?: number; no_response?: number };
}

interface ClientEntry {
  step?: Step;
  response?: Message;
  retry?: Message;
  notifications?: Message[];
  error?: string;
  err?: string;
}

interface ServerEntry {
  dir?: string;
  note?: string;
  step?: Step;
  path?: string;
  code?: string;
  opts?: Options;
  payload?: string;
  q?: Record<string, string> | string[];
  links?: string;
  m?: string;
  uri?: string;
}

/** A truth file of a capture with aiocoap: what the script sent and got on either side. */
export type AiocoapTruth = Record<string, unknown>;

const CODES: Readonly<Record<string, string>> = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  iPATCH: '0.07',
};

const uintOf = (hex: string): number => (hex === '' ? 0 : parseInt(hex, 16));
const optionOf = (options: Options | undefined, number: number): string | undefined =>
  options?.find(([one]) => one === number)?.[1];

function bodyOf({ text, hex, rep }: Step): Buffer {
  if (rep !== undefined) {
    const [unit, size] = rep;
    return Buffer.from(unit.repeat(Math.ceil(size / unit.length)).slice(0, size));
  }
  return hex === undefined ? Buffer.from(text ?? '') : Buffer.from(hex, 'hex');
}

/** A step with its parts in one form. */
function askedOf(step: Step): Meant & { query: string[]; body: Buffer } {
  const [path, query = ''] = step.path.split('?');
  return {
    code: CODES[step.m ?? 'GET']!,
    uriPath: path!,
    query: [...(query === '' ? [] : query.split('&')), ...(step.q ?? [])],
    accept: step.accept ?? step.opt?.accept,
    format: step.cf ?? step.opt?.content_format,
    observe: step.obs === undefined ? undefined : 0,
    body: bodyOf(step),
  };
}

/** What an answer says by its options and payload; `isCut` where the truth holds its beginning only. */
function answerTold({ code, opts, len, payload }: Message, meant: Meant): Told {
  const isCut = payload.endsWith('...');
  const body = payload.replace(/\.\.\.$/, '');
  const told: Told = { code: code.slice(0, 4), body };
  if (len !== undefined || !isCut) told.length = len ?? body.length / 2;
  if (opts === undefined) return told;
  const format = optionOf(opts, 12);
  told.format = format === undefined ? -1 : uintOf(format);
  const observe = optionOf(opts, 6);
  if (observe !== undefined) told.observe = uintOf(observe);
  const location = opts
    .filter(([number]) => number === 8)
    .map(([, hex]) => `/${Buffer.from(hex, 'hex').toString()}`);
  if (location.length > 0) told.location = location.join('');
  const isGood = told.code!.startsWith('2.05') && body !== '' && !isCut;
  if (isGood && told.format === 40) told.links = targetsOf(Buffer.from(body, 'hex').toString());
  else if (isGood && /^\/\d|^\/$/.test(meant.uriPath))
    told.values = valuesOf(told.format, Buffer.from(body, 'hex'), meant.uriPath);
  return told;
}

function requestTold(step: Step, isBootstrap: boolean): Told {
  const asked = askedOf(step);
  const { code, uriPath, query, accept, format, body } = asked;
  const told: Told = { code, uriPath, query, accept, length: body.length, body: body.toString('hex') };
  if (format !== undefined) told.format = format;
  const operation = meantOperation(asked, isBootstrap);
  if (operation === undefined) return told;
  told.operations = [operation];
  const isNumeric = /^\/\d/.test(uriPath);
  if (isNumeric) told.path = uriPath;
  if (body.length === 0 || operation === 'Execute' || format === undefined) return told;
  if (code === '0.05') told.paths = packPaths(format, body);
  else if (isNumeric || uriPath === '/' || uriPath === '/dp') told.values = valuesOf(format, body, uriPath);
  return told;
}

/** The request of a step with its answer and notifications. */
function exchangeClaims(
  step: Step,
  response: Message | undefined,
  notifications: readonly Message[],
  isBootstrap: boolean,
): Claim[] {
  const asked = askedOf(step);
  const { code, uriPath, query, accept, observe, format } = asked;
  const operation = meantOperation(asked, isBootstrap);
  const operations = operation === undefined ? {} : { operations: [operation] };
  let requests: JsonObject[] = [];
  const find = (capture: Capture): JsonObject[] =>
    (requests = capture.next({ code, uriPath, query, accept, observe, format }));
  const parts: Part[] = [{ role: 'request', find, told: requestTold(step, isBootstrap) }];
  if (response !== undefined) {
    const told = { ...answerTold(response, asked), ...operations };
    parts.push({ role: 'answer', find: (capture) => capture.answersTo(requests), told });
  }
  const said = `${step.m ?? 'GET'} ${step.path} ${response?.code ?? 'without an answer'}`;
  return [
    { said, parts },
    ...notifications.map((notification): Claim => {
      const told = answerTold(notification, asked);
      const notified = (capture: Capture): JsonObject[] => {
        const token = (requests[0]?.coap as JsonObject | undefined)?.token as string | undefined;
        if (token === undefined) return [];
        return capture.with({ token, code: told.code, observe: told.observe });
      };
      if (operation !== undefined) told.operations = ['Notify'];
      return {
        said: `notification of ${step.path} ${optionOf(notification.opts, 6)}`,
        parts: [{ role: 'message', find: notified, told }],
      };
    }),
  ];
}

function clientClaims(entries: readonly ClientEntry[]): Claim[] {
  return entries.flatMap(({ step, response, notifications = [], retry, err }) => {
    if (step === undefined) return [];
    if (err !== undefined)
      return [
        {
          said: `${step.m ?? 'GET'} ${step.path}`,
          parts: [],
          skipped: 'nothing was sent: aiocoap could not resolve the address',
        },
      ];
    const claims = exchangeClaims(step, response, notifications, false);
    return retry === undefined ? claims : [...claims, ...exchangeClaims(step, retry, [], false)];
  });
}

/** What an aiocoap server that drives a device says. */
function driverClaims(entries: readonly ServerEntry[]): Claim[] {
  let isBootstrap = false;
  return entries.flatMap((entry, index) => {
    const { dir, note, step, q } = entry;
    if (note === 'bootstrap request') {
      isBootstrap = true;
      return [noted('bootstrap request', 'Bootstrap-Request', '0.02', '/bs', q as string[])];
    }
    if (note === 'registered') {
      const query = Object.entries(q as Record<string, string>).map(([name, value]) => `${name}=${value}`);
      return [noted('registered', 'Register', '0.02', '/rd', query, entry.links)];
    }
    if (note === 'deregistered') return [noted('deregistered', 'De-register', '0.04', undefined, [])];
    if (dir === 'client-request') return clientRequest(entry, entries.slice(index + 1));
    if (dir !== 'driver-request' || step === undefined) return [];
    const rest = entries.slice(index + 1);
    const next = rest.findIndex((one) => one.dir === 'driver-request');
    const own = next < 0 ? rest : rest.slice(0, next);
    const response = own.find((one) => one.dir === 'driver-response' && one.path === step.path) as
      Message | undefined;
    const notifications = rest.filter(
      (one) => one.dir === 'notification' && one.path === step.path,
    ) as Message[];
    const isFinish = step.path === '/bs';
    const claims = exchangeClaims(step, response, step.obs === undefined ? [] : notifications, isBootstrap);
    if (isFinish) isBootstrap = false;
    return claims;
  });
}

function clientRequest({ m, uri, payload }: ServerEntry, rest: readonly ServerEntry[]): Claim[] {
  const path = uri!.replace(/^coaps?:\/\/[^/]*/, '');
  const response = rest.find(({ dir }) => dir === 'client-response') as Message | undefined;
  const claims = exchangeClaims({ m, path }, response, [], false);
  // Of what is no text only a garbled print stands in the truth.
  const told: Told = { ...(claims[0]!.parts[0]!.told as Told), length: undefined, body: undefined };
  if (!/[^\x20-\x7e]/.test(payload!)) told.body = Buffer.from(payload!).toString('hex');
  return [
    { said: claims[0]!.said, parts: [{ ...claims[0]!.parts[0]!, told }, ...claims[0]!.parts.slice(1)] },
  ];
}

/** What the server noted when a request of the device came in. */
function noted(
  said: string,
  operation: string,
  code: string,
  uriPath: string | undefined,
  query: string[],
  links?: string,
): Claim {
  const find = (capture: Capture): JsonObject[] =>
    capture.take(said, ({ coap }) => {
      const { code: method, uri_path: path } = coap as JsonObject;
      return method === code && (uriPath === undefined ? String(path).startsWith('/rd/') : path === uriPath);
    });
  const told: Told = { operations: [operation], query };
  if (links !== undefined) told.links = targetsOf(links);
  return { said, parts: [{ role: 'request', find, told }] };
}

/** Everything that the scripts around aiocoap say of operations. */
export function aiocoapClaims(truth: AiocoapTruth): Claim[] {
  return Object.entries(truth).flatMap(([key, entries]) => {
    if (!Array.isArray(entries)) return [];
    if (/^(aiocoap_)?client/.test(key) && !(entries as ServerEntry[]).some(({ dir }) => dir !== undefined))
      return clientClaims(entries as ClientEntry[]);
    return /^(server|client)$/.test(key) ? driverClaims(entries as ServerEntry[]) : [];
  });
}
