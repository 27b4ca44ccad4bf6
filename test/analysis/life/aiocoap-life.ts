import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { type Facts, type LifeRecords, nearness, secondsOf } from './life-facts.ts';

/** What scripts with aiocoap sent, got and noted; a client's steps, or the messages and notes of an end. */
export interface AiocoapTruth {
  client?: (ClientStep & Note)[];
  server?: Note[];
  client_udp6?: ClientStep[];
  client_ws?: ClientStep[];
  client_tcpclient?: ClientStep[];
}

interface ClientStep {
  epoch?: number;
  step?: { path?: string; m?: string; obs?: number };
  response?: { code: string; opts: [number, string][] };
  notifications?: unknown[];
}

interface Note {
  t: number;
  note?: string;
  dir?: string;
  m?: string;
  uri?: string;
  path?: string;
  code?: string;
  id?: string;
  q?: { ep?: string; lt?: string; lwm2m?: string; b?: string } | string[];
  links?: string;
  opts?: [number, string][];
}

const LOCATION_PATH = 8;

/** Facts of a recording with aiocoap at one end or both. */
export function aiocoapFacts(truth: AiocoapTruth, records: LifeRecords, facts: Facts): void {
  const client = Array.isArray(truth.client) ? truth.client : [];
  const server = Array.isArray(truth.server) ? truth.server : [];
  clientFacts(client, records, facts);
  deviceFacts(client, records, facts);
  for (const steps of [client, truth.client_udp6, truth.client_ws, truth.client_tcpclient])
    observingFacts(steps ?? [], records, facts);
  serverFacts(server, records, facts);
}

function locationOf(opts: [number, string][]): string {
  return opts
    .filter(([number]) => number === LOCATION_PATH)
    .map(([, hex]) => `/${Buffer.from(hex, 'hex').toString('utf8')}`)
    .join('');
}

function add(query: URLSearchParams, location: string, at: number, records: LifeRecords, facts: Facts): void {
  const found = records.registrations.find((one) => one.location === location) ?? {};
  const about = `registration at ${location}`;
  facts.add(`${about}: name`, query.get('ep'), found.endpoint);
  facts.add(`${about}: version`, query.get('lwm2m'), found.version);
  facts.add(`${about}: lifetime`, query.get('lt'), lifetimeAtRegistration(found));
  facts.add(`${about}: binding`, query.get('b'), found.binding);
  facts.add(`${about}: begun`, 'within 1 s', nearness(at, secondsOf(found.from)));
  facts.add(
    `${about}: devices`,
    1,
    records.devices.filter(({ endpoint }) => endpoint === query.get('ep')).length,
  );
}

function lifetimeAtRegistration({ queries }: JsonObject): string | undefined {
  return ((queries ?? []) as string[]).find((query) => query.startsWith('lt='))?.slice(3);
}

/** A client that registers, updates and ends, step by step. */
function clientFacts(steps: readonly ClientStep[], records: LifeRecords, facts: Facts): void {
  const updates = new Map<string, number>();
  for (const { step, response, epoch } of steps) {
    if (step?.m === 'POST' && step.path?.startsWith('/rd?') && response?.code === '2.01 Created')
      add(new URLSearchParams(step.path.slice(4)), locationOf(response.opts), epoch!, records, facts);
    const location = /^(\/rd\/[^?]+)/.exec(step?.path ?? '')?.[1];
    if (location === undefined || response === undefined) continue;
    const found = records.registrations.find((one) => one.location === location);
    if (step?.m === 'POST') updates.set(location, (updates.get(location) ?? 0) + 1);
    if (step?.m === 'DELETE') facts.add(`registration at ${location}: end`, 'deregistered', found?.ended);
  }
  for (const [location, count] of updates) {
    const found = records.registrations.find((one) => one.location === location);
    facts.add(`registration at ${location}: updates`, count, found?.updates);
  }
}

/** A device made with aiocoap, which tells of its requests. */
function deviceFacts(notes: readonly Note[], records: LifeRecords, facts: Facts): void {
  const requests = notes.filter(({ dir }) => dir === 'client-request');
  const answers = notes.filter(({ dir }) => dir === 'client-response');
  let updates = 0;
  let lifetime: string | null = null;
  requests.forEach(({ m, uri = '', t }, index) => {
    const answer = answers[index];
    const url = new URL(uri);
    if (m === 'POST' && url.pathname === '/rd' && answer?.code === '2.01 Created') {
      lifetime = url.searchParams.get('lt');
      add(url.searchParams, locationOf(answer.opts ?? []), t, records, facts);
    }
    if (!url.pathname.startsWith('/rd/')) return;
    const found = records.registrations.find((one) => one.location === url.pathname);
    if (m === 'POST') {
      updates++;
      lifetime = url.searchParams.get('lt') ?? lifetime;
    }
    if (m !== 'DELETE') return;
    const about = `registration at ${url.pathname}`;
    facts.add(`${about}: end`, 'deregistered', found?.ended);
    facts.add(`${about}: updates`, updates, found?.updates);
    facts.add(`${about}: lifetime at the end`, lifetime, String(found?.lifetime));
  });
}

/** Observations that a client made, with the notifications it was given. */
function observingFacts(steps: readonly ClientStep[], { observations }: LifeRecords, facts: Facts): void {
  for (const { step, epoch, notifications } of steps) {
    if (step?.obs === undefined) continue;
    const found = observations.find(
      (one) => one.observation === step.path && Math.abs(secondsOf(one.from) - epoch!) < 1,
    );
    facts.add(
      `observation of ${step.path!}: notifications`,
      notifications?.length ?? 0,
      found?.notifications,
    );
  }
}

/** What a server with aiocoap noted. */
function serverFacts(notes: readonly Note[], records: LifeRecords, facts: Facts): void {
  const notified = new Map<string, number>();
  const byNote = (name: string): Note[] => notes.filter(({ note }) => note === name);
  for (const { id, q, t, links } of byNote('registered')) {
    if (q === undefined || Array.isArray(q)) continue;
    const location = `/rd/${id!}`;
    add(new URLSearchParams(q as Record<string, string>), location, t, records, facts);
    const found = records.registrations.find((one) => one.location === location) ?? {};
    const said = [...(links ?? '').matchAll(/<(\/\d[^>]*)>/g)].map((match) => match[1]!);
    facts.add(
      `registration at ${location}: objects`,
      said.sort(),
      ((found.objects ?? []) as string[]).filter((path) => /^\/\d/.test(path)).sort(),
    );
  }
  for (const { id } of byNote('deregistered')) {
    const found = records.registrations.find((one) => one.location === `/rd/${id!}`);
    facts.add(`registration at /rd/${id!}: end`, 'deregistered', found?.ended);
  }
  for (const { dir, path } of notes)
    if (dir === 'notification') notified.set(path!, (notified.get(path!) ?? 0) + 1);
  for (const [path, count] of notified) {
    const found = records.observations.filter(({ observation }) => observation === path);
    const sum = found.reduce((total, { notifications }) => total + Number(notifications), 0);
    facts.add(`observation of ${path}: notifications`, count, sum);
  }
  for (const { path } of byNote('observation cancelled')) {
    const found = records.observations.find(({ observation }) => observation === path);
    facts.add(`observation of ${path!}: end`, 'cancelled', found?.ended);
  }
  const bootstraps = byNote('bootstrap request');
  if (bootstraps.length > 0) {
    const names = bootstraps.map(({ q }) => (q as string[]).find((one) => one.startsWith('ep='))!.slice(3));
    facts.add(
      'bootstraps',
      names,
      records.bootstraps.map(({ endpoint }) => endpoint),
    );
  }
}
