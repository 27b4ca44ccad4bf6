import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { type Facts, type LifeRecords, secondsOf } from './life-facts.ts';

/** What was typed at the command lines of Wakaama, and what they printed; times are seconds since `start_epoch`. */
export interface WakaamaTruth {
  start_epoch: number;
  steps?: { t: number; proc?: string; cli?: string; output?: string }[];
  logs?: Record<string, string>;
}

const LISTED =
  /name: "([^"]*)"\s+version: "([^"]*)"\s+binding: "([^"]*)"\s+lifetime: (\d+) sec\s+objects: ([^\n]*)/g;
/** A command is answered within this time, in seconds. */
const ANSWER_TIME = 0.4;
const UPDATE_STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'];

/** Facts of a recording with Wakaama's example server, client or both. */
export function wakaamaFacts(truth: WakaamaTruth, records: LifeRecords, facts: Facts): void {
  const steps = truth.steps ?? [];
  for (const { t, proc = '', cli = '', output = '' } of steps) {
    if (proc.startsWith('server') && cli === 'list')
      listFacts(truth.start_epoch + t, t, output, records, facts);
    if (proc.startsWith('server') && cli.startsWith('cancel ')) cancelFacts(cli, records, facts);
    if (proc.startsWith('client') && cli === 'list') statusFacts(output, records, facts);
    if (proc.startsWith('client') && cli === 'quit') quitFacts(truth.start_epoch + t, output, records, facts);
  }
  tableFacts(steps, records, facts);
  const printed = Object.entries(truth.logs ?? {})
    .filter(([name]) => name.startsWith('server'))
    // A log that an earlier take had begun goes on behind NULs with what that take wrote.
    .map(([, text]) => text.split('\0')[0])
    .join('\n');
  if (!printed.includes('registered.')) return;
  const accepted = records.registrations.filter(({ code }) => code === undefined || code === '2.01');
  const count = (pattern: RegExp): number => printed.match(pattern)?.length ?? 0;
  facts.add('server: registered', count(/New client #\d+ registered/g), seenBy(accepted).length);
  facts.add(
    'server: updated',
    count(/Client #\d+ updated\./g),
    seenBy(accepted).reduce((sum, { updates }) => sum + Number(updates), 0),
  );
  facts.add(
    'server: unregistered',
    count(/Client #\d+ unregistered/g),
    seenBy(accepted).filter(({ ended }) => ended === 'deregistered' || ended === 'expired').length,
  );
  notificationFacts(printed, records, facts);
  firmwareFacts(steps, records, facts);
}

/** Of a registration seen at two points one view: that of the server, which knows it by the address it answers. */
function seenBy(registrations: readonly JsonObject[]): JsonObject[] {
  const views = new Map<string, JsonObject>();
  for (const one of registrations) {
    const key = `${String(one.endpoint)} ${String(one.location)} ${Math.round(secondsOf(one.from) * 10)}`;
    if (!views.has(key)) views.set(key, one);
  }
  return [...views.values()];
}

function isInForce({ from, to, code }: JsonObject, time: number): boolean {
  if (code !== undefined && code !== '2.01') return false;
  return secondsOf(from) <= time && (to === undefined || secondsOf(to) >= time);
}

/** The lifetime that was in force at a time. */
function lifetimeAt(registration: JsonObject, time: number): number {
  const given = ((registration.queries ?? []) as string[]).find((query) => query.startsWith('lt='));
  let lifetime = given === undefined ? 86_400 : Number(given.slice(3));
  for (const change of (registration.changes ?? []) as JsonObject[])
    if (secondsOf(change.time) <= time && change.lifetime !== undefined) lifetime = Number(change.lifetime);
  return lifetime;
}

/** Numbers of the objects that were registered at a time. Wakaama's list has 0 for most instances. */
function objectsAt(registration: JsonObject, time: number): number[] {
  let paths = [...((registration.objects ?? []) as string[])];
  for (const change of [...((registration.changes ?? []) as JsonObject[])].reverse()) {
    if (secondsOf(change.time) <= time) continue;
    const added = (change.added ?? []) as string[];
    paths = [...paths.filter((path) => !added.includes(path)), ...((change.removed ?? []) as string[])];
  }
  return objectNumbers(paths.join(' '));
}

function objectNumbers(paths: string): number[] {
  const numbers = [...paths.matchAll(/(?:^|[ ,])\/(\d+)/g)].map((match) => Number(match[1]));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function listFacts(epoch: number, t: number, output: string, records: LifeRecords, facts: Facts): void {
  const time = epoch - ANSWER_TIME;
  const inForce = seenBy(records.registrations.filter((one) => isInForce(one, time)));
  const said = [...output.matchAll(LISTED)];
  const about = `list at ${t.toFixed(1)} s`;
  facts.add(
    `${about}: clients`,
    said.map((match) => match[1]!).sort(),
    inForce.map(({ endpoint }) => endpoint).sort(),
  );
  for (const [, name, version, binding, lifetime, objects] of said) {
    const found = inForce.find(({ endpoint }) => endpoint === name);
    if (found === undefined) continue;
    facts.add(`${about}: version of ${name!}`, version, found.version);
    facts.add(`${about}: binding of ${name!}`, binding === 'UDP' ? 'U' : binding, found.binding);
    facts.add(`${about}: lifetime of ${name!}`, Number(lifetime), lifetimeAt(found, time));
    facts.add(`${about}: objects of ${name!}`, objectNumbers(objects!), objectsAt(found, time));
    const device = records.devices.filter(({ endpoint }) => endpoint === name);
    facts.add(`${about}: devices of ${name!}`, 1, device.length);
  }
}

/** What the last list says of clients, held against the table of devices. */
function tableFacts(steps: NonNullable<WakaamaTruth['steps']>, { lines }: LifeRecords, facts: Facts): void {
  const lists = steps.filter(({ proc = '', cli }) => proc.startsWith('server') && cli === 'list');
  const listed = (output = ''): string[] => [...output.matchAll(LISTED)].map((match) => match[1]!);
  const last = listed(lists.at(-1)?.output);
  for (const name of new Set(lists.flatMap(({ output }) => listed(output)))) {
    const state = lines.find((line) => line.name === name)?.state;
    const isThere = state === 'registered';
    facts.add(
      `device ${name}: registered in the table`,
      last.includes(name),
      state === undefined ? undefined : isThere,
    );
  }
}

function cancelFacts(cli: string, records: LifeRecords, facts: Facts): void {
  const [, , path] = cli.split(' ');
  const found = records.observations.filter(({ observation }) => observation === path);
  const isEnded = found.some(({ ended }) => ended === 'cancelled');
  facts.add(`observation of ${path!}: end`, 'cancelled', isEnded ? 'cancelled' : found[0]?.ended);
}

/** What the client knows of its servers. */
function statusFacts(output: string, { registrations }: LifeRecords, facts: Facts): void {
  for (const [, id, location, lifetime] of output.matchAll(
    /Server ID (\d+)\tstatus: REGISTERED\tlocation: "([^"]*)"\tLifetime: (\d+)s/g,
  )) {
    const found = registrations.find((one) => one.location === location) ?? {};
    facts.add(`server ${id!} of the client: location`, location, found.location);
    facts.add(`server ${id!} of the client: lifetime`, Number(lifetime), found.lifetime);
  }
}

/** A client that sends something when it is told to end, de-registers. */
function quitFacts(epoch: number, output: string, { registrations, lines }: LifeRecords, facts: Facts): void {
  if (!output.includes('Sending')) return;
  const [ended] = registrations.filter(({ to }) => Math.abs(secondsOf(to) - epoch) < 1);
  facts.add('client quits', 'deregistered', ended?.ended);
  if (ended?.endpoint === undefined) return;
  const line = lines.find(({ name }) => name === ended.endpoint);
  facts.add('client quits: state in the table', 'deregistered', line?.state);
}

/** Notifications that the server printed, the first answer among them, by path. */
function notificationFacts(printed: string, records: LifeRecords, facts: Facts): void {
  const said = new Map<string, number>();
  for (const [, path] of printed.matchAll(/Notify from client #\d+ (\S+) number \d+/g))
    said.set(path!, (said.get(path!) ?? 0) + 1);
  for (const [path, count] of said) {
    // Of one that is seen on both sides of an address translation the side that saw most.
    const byToken = new Map<string, number>();
    for (const { token, observation, notifications } of records.observations)
      if (observation === path)
        byToken.set(String(token), Math.max(byToken.get(String(token)) ?? 0, Number(notifications) + 1));
    const sum = [...byToken.values()].reduce((total, one) => total + one, 0);
    facts.add(`observation of ${path}: answers and notifications`, count, sum);
  }
}

/** States that the server read of the Firmware Update object, as LwM2M numbers them. */
function firmwareFacts(steps: WakaamaTruth['steps'], records: LifeRecords, facts: Facts): void {
  const said: string[] = [];
  for (const { cli = '', output = '' } of steps ?? []) {
    const match = /^read \d+ \/5\/0(\/3)?$/.exec(cli);
    if (match === null) continue;
    const body = /of type [^\n]*:\n\s*([^\n]*)/.exec(output)?.[1] ?? '';
    const state = (match[1] === undefined ? /"n":"3","v":(\d+)/ : /"v":(\d+)/).exec(body)?.[1];
    if (state !== undefined) said.push(UPDATE_STATES[Number(state)]!);
  }
  if (said.length === 0) return;
  const found = records.firmware
    .flatMap(({ states }) => states as JsonObject[])
    .filter(({ how }) => how === 'read')
    .map(({ state }) => String(state));
  facts.add('firmware: states read', withoutRepeats(said), withoutRepeats(found));
}

function withoutRepeats(texts: readonly string[]): string {
  return texts.filter((text, index) => text !== texts[index - 1]).join(' ');
}
