import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { type Facts, type LifeRecords, nearness, resultsOf, secondsOf, statesOf } from './life-facts.ts';

/** What Leshan's listeners wrote; times are seconds since 1970. */
export interface LeshanTruth {
  scenario: string;
  server?: string;
  registrations?: LeshanRegistration[];
  client_events?: LeshanClientEvent[];
  client15?: { client_events?: LeshanClientEvent[]; firmware?: LeshanFirmware[] };
  observations?: {
    event: 'new' | 'cancelled';
    token: string;
    endpoint?: string;
    path?: string;
    paths?: string;
    at: number;
  }[];
  notifications?: { token: string }[];
  operations?: { op: string; at: number; endpoint?: string; path?: string | null; paths?: string }[];
  presence?: { at: number; endpoint: string; state: 'awake' | 'sleeping' }[];
  firmware?: LeshanFirmware[];
  bootstrap?: LeshanBootstrap[];
}

interface LeshanRegistration {
  at: number;
  endpoint: string;
  location: string;
  lifetime: number;
  version: string;
  binding: string;
  queue?: boolean;
  sms: string | null;
  peer: string;
  root_path?: string;
  object_links?: string;
  ended?: string | null;
  ended_at?: number;
  observations_dropped?: number;
  replaces?: string;
  updates?: {
    at: number;
    lifetime: number | null;
    binding: string | null;
    sms?: string | null;
    peer: string;
    object_links: string | null;
    lifetime_after: number;
  }[];
}

interface LeshanClientEvent {
  at: number;
  endpoint?: string;
  event: string;
  server?: string;
  path?: string;
}

interface LeshanFirmware {
  endpoint?: string;
  state: number;
  result: number;
}

interface LeshanBootstrap {
  event: string;
  endpoint?: string;
  op?: string;
  path?: string;
  code?: string;
  cause?: string;
}

const STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'];
/** Client events as Leshan 2 and Leshan 1.5 name them. */
const REGISTERED = /^(register_success|onRegistrationSuccess)$/;
const UPDATED = /^(update_success|onUpdateSuccess)$/;
const DEREGISTERED = /^(deregister_success|onDeregistrationSuccess)$/;
const SEALED = 'statements of clients behind DTLS or TLS';

/** Facts of a recording of Leshan. */
export function leshanFacts(truth: LeshanTruth, records: LifeRecords, facts: Facts): void {
  const events = [...(truth.client_events ?? []), ...(truth.client15?.client_events ?? [])];
  const sealed = new Set(events.filter(({ server }) => server?.startsWith('coaps')).map(nameOf));
  const open = <T extends { endpoint?: string }>(all: readonly T[]): T[] => {
    const readable = all.filter((one) => !sealed.has(nameOf(one)));
    facts.leaveOut(SEALED, all.length - readable.length);
    return readable;
  };
  const registrations = open(truth.registrations ?? []);
  for (const said of registrations) registrationFacts(said, records, facts);
  const own = new Set(
    records.registrations.filter(({ code }) => code === '2.01').map(({ location }) => location),
  );
  facts.add('locations given', registrations.map(({ location }) => location).sort(), [...own].sort());
  deviceFacts(registrations, records, facts);
  const hasHiddenBootstrap = truth.scenario.startsWith('oscore');
  eventFacts(open(events), registrations, records, facts, hasHiddenBootstrap);
  observationFacts(truth, sealed, records, facts);
  const firmware = open([...(truth.firmware ?? []), ...(truth.client15?.firmware ?? [])]);
  firmwareFacts(firmware, records, facts);
  queueFacts(open(truth.presence ?? []), records, facts);
  if (hasHiddenBootstrap)
    facts.leaveOut('statements of a bootstrap inside OSCORE', truth.bootstrap?.length ?? 0);
  else bootstrapFacts(truth.bootstrap ?? [], records, facts);
}

function nameOf({ endpoint }: { endpoint?: string }): string {
  return endpoint ?? '';
}

/** Paths of objects and instances in a list of links, counted from the root. */
function pathsOfLinks(links: string, root: string): string[] {
  return [...links.matchAll(/<([^>]*)>/g)]
    .map((match) => match[1]!)
    .map((path) => (root !== '/' && path.startsWith(`${root}/`) ? path.slice(root.length) : path))
    .filter((path) => /^\/\d/.test(path));
}

/** The registration as its server saw it: where a forwarder stood between, there are two views. */
function viewOf(said: LeshanRegistration, { registrations }: LifeRecords): JsonObject | undefined {
  const views = registrations.filter(({ location }) => location === said.location);
  return views.find(({ address }) => said.peer.endsWith(String(address))) ?? views[0];
}

function registrationFacts(said: LeshanRegistration, records: LifeRecords, facts: Facts): void {
  const found = viewOf(said, records) ?? {};
  const about = `registration ${said.endpoint} at ${said.location}`;
  const updates = said.updates ?? [];
  const last = updates.at(-1);
  facts.add(`${about}: name`, said.endpoint, found.endpoint);
  facts.add(`${about}: version`, said.version, found.version);
  facts.add(`${about}: address`, said.peer.replace('/', ''), found.address);
  facts.add(`${about}: lifetime at registration`, said.lifetime, registeredLifetime(found));
  facts.add(`${about}: lifetime`, last?.lifetime_after ?? said.lifetime, found.lifetime);
  const bindings = updates.flatMap(({ binding }) => binding ?? []);
  facts.add(`${about}: binding`, bindings.at(-1) ?? said.binding, found.binding);
  facts.add(`${about}: queue`, said.queue ?? said.binding.includes('Q'), found.queue);
  facts.add(`${about}: SMS`, said.sms ?? undefined, found.sms);
  const links = updates.flatMap(({ object_links }) => object_links ?? []).at(-1) ?? said.object_links;
  if (links !== undefined)
    facts.add(
      `${about}: objects`,
      pathsOfLinks(links, (said.root_path ?? '/').replace(/(.)\/$/, '$1')).sort(),
      ((found.objects ?? []) as string[]).filter((path) => /^\/\d/.test(path)).sort(),
    );
  facts.add(`${about}: updates`, updates.length, found.updates);
  let before = said.lifetime;
  const lifetimes = updates.map(({ lifetime_after: after }) => {
    const changed = after === before ? [] : [after];
    before = after;
    return changed;
  });
  const changes = (found.changes ?? []) as JsonObject[];
  facts.add(
    `${about}: lifetimes by updates`,
    lifetimes.flat(),
    changes.flatMap(({ lifetime }) => lifetime ?? []),
  );
  facts.add(`${about}: begun`, 'within 1 s', nearness(said.at, secondsOf(found.from)));
  facts.add(`${about}: end`, said.ended ?? 'open', found.ended);
  if (said.ended_at !== undefined && found.to !== undefined)
    facts.add(`${about}: ended`, 'within 1 s', nearness(said.ended_at, secondsOf(found.to)));
}

function registeredLifetime({ queries }: JsonObject): number {
  const given = ((queries ?? []) as string[]).find((query) => query.startsWith('lt='));
  return given === undefined ? 86_400 : Number(given.slice(3));
}

function deviceFacts(registrations: readonly LeshanRegistration[], records: LifeRecords, facts: Facts): void {
  for (const endpoint of new Set(registrations.map(nameOf))) {
    const said = registrations.filter((one) => one.endpoint === endpoint);
    const found = records.devices.filter((device) => device.endpoint === endpoint);
    facts.add(`device ${endpoint}: how many`, 1, found.length);
    const device = found[0] ?? {};
    facts.add(
      `device ${endpoint}: versions`,
      [...new Set(said.map(({ version }) => version))].sort(),
      [...((device.versions ?? []) as string[])].sort(),
    );
    const last = said.at(-1)!;
    const line = records.lines.find(({ name }) => name === endpoint);
    facts.add(`device ${endpoint}: state in the table`, last.ended ?? 'registered', line?.state);
    facts.add(`device ${endpoint}: version in the table`, last.version, line?.version);
    const peers = new Set(
      said.flatMap(({ peer, updates }) => [peer, ...(updates ?? []).map((one) => one.peer)]),
    );
    for (const peer of peers) {
      const address = peer.replace('/', '');
      const known = ((device.addresses ?? []) as string[]).includes(address);
      facts.add(`device ${endpoint}: address`, address, known ? address : device.addresses);
    }
  }
}

/** What clients said of themselves, counted by name. */
function eventFacts(
  events: readonly LeshanClientEvent[],
  said: readonly LeshanRegistration[],
  records: LifeRecords,
  facts: Facts,
  hasHiddenBootstrap: boolean,
): void {
  const servers = new Map(said.map((one) => [one.location, viewOf(one, records)]));
  for (const endpoint of new Set(events.map(nameOf))) {
    if (endpoint === '') continue;
    const own = events.filter((one) => one.endpoint === endpoint);
    const count = (pattern: RegExp): number => own.filter(({ event }) => pattern.test(event)).length;
    const found = records.registrations.filter((one) => one.endpoint === endpoint);
    // Of two views of one registration that of the server counts.
    const views = found.filter(
      (one) => one.location === undefined || servers.get(String(one.location)) === one,
    );
    const about = `client ${endpoint}`;
    const accepted = views.filter(({ code }) => code === '2.01');
    facts.add(`${about}: registered`, count(REGISTERED), accepted.length);
    facts.add(
      `${about}: updated`,
      count(UPDATED),
      accepted.reduce((sum, { updates }) => sum + Number(updates), 0),
    );
    facts.add(
      `${about}: de-registered`,
      count(DEREGISTERED),
      accepted.filter(({ ended }) => ended === 'deregistered').length,
    );
    facts.add(
      `${about}: Register refused`,
      count(/^register_failure$/),
      found.filter(({ ended }) => ended === 'refused').length,
    );
    facts.add(
      `${about}: Register unanswered`,
      count(/^register_timeout$/),
      found.filter(({ ended }) => ended === 'unanswered').length,
    );
    facts.add(
      `${about}: Update or De-register not found`,
      count(/^(update|deregister)_failure$/),
      accepted.filter(({ ended }) => ended === 'lost').length,
    );
    if (hasHiddenBootstrap) continue;
    const bootstraps = records.bootstraps.filter((one) => one.endpoint === endpoint);
    facts.add(
      `${about}: bootstrapped`,
      count(/^(bootstrap_success|onBootstrapSuccess)$/),
      bootstraps.filter(({ ended }) => ended === 'finished').length,
    );
    facts.add(
      `${about}: bootstrap failed`,
      count(/^(bootstrap_failure|onBootstrapFailure)$/),
      bootstraps.filter(({ ended }) => ended === 'failed' || ended === 'refused').length,
    );
  }
  const executed = events.filter(({ event }) => event === 'execute').map(({ path }) => path ?? '');
  const life = records.analysis.tracking.devices.life.events;
  facts.add(
    'Reboot executed',
    executed.filter((path) => path === '/3/0/4').length,
    life.filter(({ kind }) => kind === 'reboot').length,
  );
  facts.add(
    'Factory Reset executed',
    executed.filter((path) => path === '/3/0/5').length,
    life.filter(({ kind }) => kind === 'factoryReset').length,
  );
}

function observationFacts(
  truth: LeshanTruth,
  sealed: ReadonlySet<string>,
  records: LifeRecords,
  facts: Facts,
): void {
  const all = truth.observations ?? [];
  const isSealed = sealed.size > 0;
  if (isSealed) return facts.leaveOut(SEALED, all.length + (truth.notifications?.length ?? 0));
  const made = all.filter(({ event }) => event === 'new');
  const cancelled = new Set(all.filter(({ event }) => event === 'cancelled').map(({ token }) => token));
  for (const said of made) {
    const about = `observation ${said.token} of ${said.path ?? said.paths!}`;
    const found = records.observations.filter(({ token }) => token === said.token);
    const one = found.find(({ ended }) => ended !== 'replaced') ?? found[0] ?? {};
    if (said.path !== undefined) facts.add(`${about}: path`, said.path, one.observation);
    else facts.leaveOut('paths of a composite observation, which stand in its body', 1);
    const notifications = (truth.notifications ?? []).filter(({ token }) => token === said.token).length;
    facts.add(`${about}: notifications`, notifications, one.notifications);
    facts.add(`${about}: begun`, 'within 1 s', nearness(said.at, secondsOf(one.from)));
    facts.add(`${about}: end`, cancelled.has(said.token) ? 'cancelled' : endOf(said.token, truth), one.ended);
  }
  // One that was refused is none for the stack.
  const kept = records.observations.filter(({ ended }) => ended !== 'error');
  // Where a forwarder stood between, each is seen on both sides of it.
  facts.add('observations', made.length, new Set(kept.map(({ token }) => token)).size);
}

/**
 * A server may cancel with a request; a registration that ends takes its observations with it; where the server
 * stopped, nothing ended them.
 */
function endOf(token: string, { registrations, observations, operations }: LeshanTruth): string {
  const made = observations!.filter(({ event }) => event === 'new');
  const { at, endpoint, path, paths } = made.find((one) => one.token === token)!;
  for (const operation of operations ?? []) {
    if (!/^cancel-observe(?!.*passive)/.test(operation.op) || operation.at < at) continue;
    const isPath = operation.path !== null && operation.path !== undefined;
    const meant = made.filter((one) => one.at <= operation.at);
    const akin = isPath
      ? meant.filter((one) => one.path === operation.path).at(-1)
      : meant.find((one) => one.paths !== undefined && (operation.paths ?? one.paths) === one.paths);
    if (akin?.token === token && (path ?? paths) !== undefined) return 'cancelled';
  }
  const own = (registrations ?? []).filter((one) => endpoint === undefined || one.endpoint === endpoint);
  const registration = own.filter((one) => one.at <= at).at(-1);
  return (registration?.observations_dropped ?? 0) > 0 ? 'deregistered' : 'open';
}

function firmwareFacts(firmware: readonly LeshanFirmware[], records: LifeRecords, facts: Facts): void {
  for (const endpoint of new Set(firmware.map(nameOf))) {
    const said = firmware.filter((one) => nameOf(one) === endpoint);
    const attempts = records.firmware.filter(({ device }) => endpoint === '' || device === endpoint);
    const about = `firmware of ${endpoint === '' ? 'the client' : endpoint}`;
    // A change to the state that it has is none.
    const states = said.filter(({ state }, index) => state !== (said[index - 1]?.state ?? 0));
    facts.add(`${about}: states`, states.map(({ state }) => STATES[state]).join(' '), statesOf(attempts));
    const results = said.filter(({ result }) => result !== 0).map(({ result }) => result);
    facts.add(`${about}: results`, results.join(' '), resultsOf(attempts));
  }
}

/** When the server took a client for asleep, held against the windows. */
function queueFacts(
  presence: readonly { at: number; endpoint: string; state: string }[],
  records: LifeRecords,
  facts: Facts,
): void {
  const { tracking, frames } = records.analysis;
  const epoch = frames.epochSeconds + frames.epochNanoseconds / 1e9;
  for (const { at, endpoint, state } of presence) {
    const window = tracking.devices.queueMode.windows.find(
      ({ registration }) => registration.endpoint === endpoint,
    );
    const time = (at - epoch) * 1e9;
    const spans = window?.spansUntil(tracking.clock) ?? [];
    const span = spans.find(({ from, to }) => from <= time + 5e7 && time <= to);
    const found = span?.state === 'asleep' ? 'sleeping' : span?.state;
    facts.add(
      `queue mode of ${endpoint}: ${(at - presence[0]!.at).toFixed(1)} s after it registered`,
      state,
      found,
    );
  }
}

function bootstrapFacts(statements: readonly LeshanBootstrap[], records: LifeRecords, facts: Facts): void {
  const sessions: { endpoint: string; steps: string[]; ended: string }[] = [];
  for (const { event, endpoint = '', op = '', path = '', cause } of statements) {
    if (event === 'session_initiated') sessions.push({ endpoint, steps: [], ended: 'open' });
    const session = sessions.at(-1)!;
    if (event === 'end') session.ended = 'finished';
    if (event === 'failed') session.ended = cause === 'FINISH_FAILED' ? 'failed' : 'refused';
    if (event.startsWith('response') && op !== 'BootstrapFinishRequest')
      session.steps.push(`${op.replace(/^Bootstrap(.*)Request$/, 'Bootstrap-$1')} ${path}`);
  }
  const names = new Set(sessions.map(({ endpoint }) => endpoint));
  const found = records.bootstraps.filter(({ endpoint }) => names.has(String(endpoint)));
  facts.add('bootstraps', sessions.length, found.length);
  sessions.forEach((said, index) => {
    const one = found[index] ?? {};
    const about = `bootstrap ${index + 1} of ${said.endpoint}`;
    facts.add(`${about}: name`, said.endpoint, one.endpoint);
    facts.add(
      `${about}: operations`,
      said.steps,
      ((one.operations ?? []) as JsonObject[]).map(
        ({ operation, path }) => `${String(operation)} ${String(path)}`,
      ),
    );
    facts.add(`${about}: end`, said.ended, one.ended);
  });
}
