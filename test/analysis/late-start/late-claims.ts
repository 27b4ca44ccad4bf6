import { stateOf } from '../../../src/analysis/device-summary.ts';
import type { Device } from '../../../src/device/device-record.ts';
import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { NO_ROW } from '../../../src/capture/units.ts';
import { addressesOf, akinDevices, frameOf, frameOfRow, instancesOf, type Lives } from './late-lives.ts';

/** What is compared of what begins behind the cut; names of devices and what was told before may be unknown. */
const COMPARED = {
  sessions:
    'session endpoint server address security initiated location version lifetime binding queue queries objects from to expires ended updates code sms changes wrote deleted operations servers',
  observations: 'observation server token from to ended notifications missing reordered',
  updates: 'object server method from to states result ended package',
} as const;

const ENDS = ['to', 'ended'];
/** Seconds by which the times of two capture points in one file may run backwards. */
const SMALL_STEP = 1e-3;

/** Before a registration is known, what is written to the Server object may be a bootstrap, and is no event. */
const WRITTEN = /lifetimeWritten|bindingWritten/;

/** What a capture that begins late says otherwise than the whole. */
export class LateClaims {
  readonly wrong: string[] = [];
  /** Compared, by what it is. */
  readonly compared: Record<string, number> = {};

  constructor(
    private readonly whole: Lives,
    private readonly part: Lives,
  ) {}

  /** Compares everything. */
  all(): this {
    this.#sessions();
    this.#observations();
    this.#attempts();
    this.#states();
    this.#queue();
    this.#events();
    this.#devices();
    return this;
  }

  #count(what: string): void {
    this.compared[what] = (this.compared[what] ?? 0) + 1;
  }

  #say(text: string): void {
    this.wrong.push(text);
  }

  #sessions(): void {
    for (const part of this.part.sessions) {
      this.#count('sessions');
      const akin = this.whole.sessions.filter((one) => isSameSession(part, one));
      const what = `${String(part.session)} ${String(part.location ?? part.endpoint)}`;
      if (akin.length === 0) this.#say(`${what}: not in the whole`);
      else if (!akin.some((one) => agrees(part, one)))
        this.#say(`${what}: ${endOf(part)}, but ${akin.map(endOf).join('; ')}`);
      const starts = akin.map(({ initiated }) => initiated);
      if (part.initiated !== undefined && akin.length > 0 && !starts.includes(part.initiated))
        this.#say(`${what}: initiated by ${String(part.initiated)}, but ${starts.join(', ')}`);
      this.#operations(what, part, akin);
    }
    this.#complete('sessions', 'session', this.whole.sessions, this.part.sessions, 'evidence');
  }

  /** Steps of a bootstrap are those of the whole. */
  #operations(what: string, part: JsonObject, akin: readonly JsonObject[]): void {
    const known = new Set(akin.flatMap(({ operations }) => texts(operations)));
    for (const text of texts(part.operations)) if (!known.has(text)) this.#say(`${what}: ${text}`);
  }

  #observations(): void {
    for (const part of this.part.observations) {
      this.#count('observations');
      const akin = this.whole.observations.filter((one) => isSameObservation(part, one));
      const what = `observation ${String(part.token)} of ${String(part.observation)}`;
      // What comes after an end that was not seen begins nothing in the whole: it is late.
      const isLate = part.ended === 'open' && this.whole.observations.some((one) => isLateFor(part, one));
      if (akin.length === 0) {
        if (!isLate) this.#say(`${what}: not in the whole`);
      } else if (!akin.some((one) => agrees(part, one)))
        this.#say(`${what}: ${endOf(part)}, but ${akin.map(endOf).join('; ')}`);
      else if (!akin.some((one) => Number(part.notifications) <= Number(one.notifications) + 1))
        this.#say(`${what}: ${String(part.notifications)} notifications`);
    }
    this.#complete(
      'observations',
      'observation',
      this.whole.observations,
      this.part.observations,
      'evidence',
    );
  }

  #attempts(): void {
    for (const part of this.part.firmware) {
      this.#count('updates');
      const akin = this.whole.firmware.filter((one) => this.#isSameAttempt(part, one));
      const what = `update of ${String(part.device)} ${String(part.object)} at ${String(part.from)}`;
      if (akin.length === 0) {
        this.#say(`${what}: not in the whole`);
        continue;
      }
      // A result that was notified for an observation of unknown path is known only when it is read.
      if (
        !akin.some(
          (one) => agrees(part, one) || (part.ended === one.ended && Number(part.to) > Number(one.to)),
        )
      )
        this.#say(`${what}: ${endOf(part)}, but ${akin.map(endOf).join('; ')}`);
      const value = resultOf(part);
      if (value !== undefined && !akin.some((one) => resultOf(one) === value))
        this.#say(`${what}: result ${value}, but ${akin.map(resultOf).join('; ')}`);
      if (part.method !== undefined && !akin.some(({ method }) => method === part.method))
        this.#say(`${what}: ${String(part.method)}`);
    }
    const isBlind = this.part.observations.some(({ observation }) => observation === '?');
    if (!isBlind) this.#complete('updates', 'update', this.whole.firmware, this.part.firmware, 'evidence');
  }

  /** Whether an attempt of the cut capture can be one of the whole: on the same device, at the same time. */
  #isSameAttempt(part: JsonObject, whole: JsonObject): boolean {
    if (Number(part.from) + SMALL_STEP < Number(whole.from)) return false;
    if (part.object !== whole.object || !holds(whole, Math.max(Number(part.from), Number(whole.from))))
      return false;
    const own = this.part.devices.filter(({ index }) => this.part.nameOf(index) === part.device);
    const akin = own.flatMap((device) => akinDevices(this.whole, this.part, device));
    return akin.some(({ index }) => this.whole.nameOf(index) === whole.device);
  }

  /** A state that is told at a time is that of the whole then. */
  #states(): void {
    for (const device of this.part.devices) {
      const akin = akinDevices(this.whole, this.part, device);
      for (const instance of instancesOf(this.part, device)) {
        const wholes = akin
          .flatMap((one) => instancesOf(this.whole, one))
          .filter((one) => one.objectId === instance.objectId && one.instanceId === instance.instanceId);
        for (const { from, state, proven } of instance.spans) {
          if (!proven) continue;
          this.#count('states');
          const time = from + this.part.shift;
          const there = wholes.map(
            ({ spans }) =>
              spans.find((span) => span.from <= time && (span.to > time || span.from === time)) ??
              spans.at(-1),
          );
          const same = wholes.some(({ spans }) =>
            spans.some((span) => span.state === state && span.from <= time && span.to >= time),
          );
          if (!same)
            this.#say(
              `/${instance.objectId}/${instance.instanceId} of ${this.part.nameOf(device.index)}: ${state} at ${time / 1e9} s, but ${there.map((span) => span?.state).join(', ')}`,
            );
        }
      }
    }
  }

  /** Who is proven awake is not asleep in the whole. */
  #queue(): void {
    const windowsIn = ({ analysis }: Lives) =>
      analysis.tracking.devices.queueMode.windows.filter(({ registration }) => registration.duplicateOf < 0);
    for (const window of windowsIn(this.part)) {
      const { registration } = window;
      const akin = windowsIn(this.whole).filter((one) => one.registration.location === registration.location);
      if (akin.length === 0) this.#say(`queue mode of ${String(registration.location)}: not in the whole`);
      for (const { from, to, state, proven } of window.spansUntil(this.part.analysis.tracking.clock)) {
        this.#count('queue windows');
        if (state !== 'awake' || !proven) continue;
        const [begins, ends] = [from + this.part.shift, to + this.part.shift];
        const isKnown = akin.some((one) =>
          one
            .spansUntil(this.whole.analysis.tracking.clock)
            .some((span) => span.state === 'awake' && span.from <= begins && span.to >= begins),
        );
        if (!isKnown)
          this.#say(
            `queue mode of ${String(registration.location)}: awake from ${begins / 1e9} to ${ends / 1e9} s`,
          );
      }
    }
  }

  #events(): void {
    const read = (lives: Lives): Map<string, string> =>
      new Map(
        lives.analysis.tracking.devices.life.events.map((event) => [
          `${frameOfRow(lives, event.row)} ${event.kind} ${event.detail} ${event.code}`,
          event.outcome(lives.analysis.tracking.clock),
        ]),
      );
    const [wholes, parts] = [read(this.whole), read(this.part)];
    for (const [text, outcome] of parts) {
      this.#count('events');
      const isClaim = outcome !== 'waiting' && outcome !== 'none';
      if (!wholes.has(text) && this.#isCopy(Number(text.split(' ')[0]))) continue;
      if (!wholes.has(text)) this.#say(`event ${text}: not in the whole`);
      else if (isClaim && wholes.get(text) !== outcome)
        this.#say(`event ${text}: ${outcome}, but ${wholes.get(text)!}`);
    }
    for (const [text] of wholes)
      if (Number(text.split(' ')[0]) > this.part.left && !WRITTEN.test(text) && !parts.has(text))
        this.#say(`event ${text} is missed`);
  }

  /** Whether the message of a frame is a repeat, in the whole, of one that is left out, or another sighting of it. */
  #isCopy(frame: number): boolean {
    const { messages } = this.whole.analysis.tracking;
    for (let row = 0; row < messages.count; row++)
      if (messages.frame.get(row) === frame && messages.firstOf(row) === NO_ROW) return false;
    return true;
  }

  #devices(): void {
    for (const device of this.part.devices) {
      this.#count('devices');
      const name = this.part.nameOf(device.index);
      const akin = akinDevices(this.whole, this.part, device);
      const addresses = addressesOf(this.part, device);
      if (!akin.some((one) => addresses.every((address) => addressesOf(this.whole, one).includes(address))))
        this.#say(`device ${name}: ${addresses.join(' ')} are no addresses of one device in the whole`);
      const names = akin.flatMap(({ endpoint }) => endpoint ?? []);
      if (device.endpoint !== undefined && !names.includes(device.endpoint))
        this.#say(`device ${name}: called ${device.endpoint}, but ${names.join(', ')}`);
      for (const key of ['manufacturer', 'model', 'firmware'] as const) {
        const told = device[key]?.text;
        if (told !== undefined && !akin.some((one) => one[key]?.text === told))
          this.#say(`device ${name}: ${key} ${told}`);
      }
      this.#deviceState(name, device, addresses);
    }
  }

  /** The state in the table is what became of the last registration from these addresses. */
  #deviceState(name: string, device: Device, addresses: readonly string[]): void {
    const state = stateIn(this.part, device.index);
    if (state === 'unknown') return;
    const last = this.part.sessions.filter(({ address }) => addresses.includes(String(address))).at(-1);
    // How long it lasts is not known where no lifetime was told; then it is registered as far as is known.
    if (state === 'registered' && last?.lifetime === undefined) return;
    const { analysis } = this.whole;
    const { registrations } = analysis.tracking.devices.registrations;
    const states = registrations
      .filter(({ duplicateOf, endpoint }) => duplicateOf < 0 && endpoint === (device.endpoint ?? endpoint))
      .filter(({ deviceEndpoints }) =>
        deviceEndpoints.some((end) => addresses.includes(analysis.frames.flows.endpointText(end))),
      )
      .map(stateOf);
    if (state !== states.at(-1) && !(state === 'registered' && states.at(-1) === 'deregistered'))
      this.#say(`device ${name}: ${String(state)}, but ${states.join(', ')}`);
  }

  /** What begins after the cut is found, with all that is said of it. */
  #complete(
    name: keyof typeof COMPARED,
    what: string,
    wholes: readonly JsonObject[],
    parts: readonly JsonObject[],
    key: string,
  ): void {
    const found = new Map(parts.map((part) => [identity(part, key), part]));
    for (const whole of wholes) {
      const [first] = whole[key] as string[];
      if (frameOf(first) <= this.part.left) continue;
      this.#count(`${name} wholly behind the cut`);
      const part = found.get(identity(whole, key));
      // Without its name a device that comes back from another port is another one.
      if (name === 'updates' && part?.device !== whole.device) continue;
      const about = `${what} ${String(whole.location ?? whole.token ?? whole.object ?? whole.endpoint)}`;
      if (part === undefined) this.#say(`${about} of ${String(first)} is missed`);
      else {
        const keys = COMPARED[name]
          .split(' ')
          .filter((one) => !isUnended(part, whole) || !ENDS.includes(one));
        const others = keys.filter((one) => JSON.stringify(whole[one]) !== JSON.stringify(part[one]));
        for (const one of others)
          this.#say(`${about}: ${one} ${JSON.stringify(part[one])}, but ${JSON.stringify(whole[one])}`);
      }
    }
  }
}

function identity(record: JsonObject, key: string): string {
  const [first] = record[key] as string[];
  return `${String(first)} ${String(record.object)} ${String(record.server)} ${String(record.token)}`;
}

function texts(operations: unknown): string[] {
  return ((operations ?? []) as JsonObject[]).map((one) => JSON.stringify(one));
}

function resultOf({ result }: JsonObject): string | undefined {
  return result === undefined ? undefined : String((result as JsonObject).value);
}

function stateIn({ lines }: Lives, device: number): string | undefined {
  return lines.find((line) => line.device === device)?.state;
}

/** Whether a time lies in a record. */
function holds(whole: JsonObject, time: number): boolean {
  return time >= Number(whole.from) && (whole.to === undefined || time <= Number(whole.to));
}

function isSameSession(part: JsonObject, whole: JsonObject): boolean {
  if (part.session !== whole.session || part.server !== whole.server) return false;
  if (part.location !== undefined && whole.location !== undefined && part.location !== whole.location)
    return false;
  return holds(whole, Number(part.from));
}

/** Whether an observation was over when another one with its token seems to begin with a notification. */
function isLateFor(part: JsonObject, whole: JsonObject): boolean {
  if (part.server !== whole.server || part.token !== whole.token || part.observation !== '?') return false;
  return whole.ended !== 'open' && Number(part.from) > Number(whole.to);
}

/** The answer to a request that was not seen counts as a notification, and repeats come after the last one. */
function isSameObservation(part: JsonObject, whole: JsonObject): boolean {
  if (part.server !== whole.server || part.token !== whole.token) return false;
  const isPath =
    part.observation === '?' || whole.observation === '?' || part.observation === whole.observation;
  const isOpen = whole.ended === 'open' && Number(part.from) >= Number(whole.from);
  return isPath && (isOpen || holds(whole, Number(part.from)));
}

/** Whether an end that is claimed is that of the whole. */
function agrees(part: JsonObject, whole: JsonObject): boolean {
  if (part.ended === 'open' || part.ended === 'unknown') return true;
  // Without its lifetime a registration takes its observations with it only when something says that it is over.
  if (part.notifications !== undefined && part.ended === 'deregistered' && whole.ended === 'deregistered')
    return Number(part.to) >= Number(whole.to);
  return part.ended === whole.ended && part.to === whole.to;
}

/**
 * Whether what ended the one in the whole is out of reach for the part: a registration, or a client whose bootstrap
 * deleted the account, that was not seen to begin.
 */
function isUnended(part: JsonObject, whole: JsonObject): boolean {
  if (whole.ended !== 'deregistered') return false;
  return part.ended === 'open' || (part.notifications !== undefined && agrees(part, whole));
}

function endOf({ ended, to }: JsonObject): string {
  return `${String(ended)} at ${String(to)}`;
}
