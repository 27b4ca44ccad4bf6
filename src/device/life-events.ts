import type { MessageRow, Nanoseconds, Seconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { QueryFlag, queryFlags } from '../lwm2m/query.ts';
import type { DeviceTable } from './identity.ts';
import type { SecuritySign } from './security-sign.ts';
import { FOLLOW_UP_TIME, type FollowUp, LifeEvent, type LifeEventKind } from './life-event.ts';

const SERVER_OBJECT = 1;
const DEVICE_OBJECT = 3;
/** Resources of the Server object (LwM2M Core §E.2) and the Device object (§E.4). */
const ServerResource = {
  lifetime: 1,
  disable: 4,
  disableTimeout: 5,
  binding: 7,
  updateTrigger: 8,
  bootstrapTrigger: 9,
} as const;
const DeviceResource = { reboot: 4, factoryReset: 5, errorCode: 11 } as const;
/** Meanings of the error codes of the Device object (LwM2M Core §E.4, resource 11). */
const ERROR_CODES = [
  'No error',
  'Low battery power',
  'External power supply off',
  'GPS module failure',
  'Low received signal strength',
  'Out of memory',
  'SMS failure',
  'IP connectivity failure',
  'Peripheral malfunction',
];
/** Events that are kept; later ones are counted. */
const MAX_EVENTS = 100_000;
/** Devices among which the one that begins a handshake is looked for by its address. */
const MAX_SOUGHT = 256;
/** Disable timeouts that are remembered, by device and instance of the Server object. */
const MAX_TIMEOUTS = 65_536;
/** Events of one device whose follow-up is awaited; the oldest goes for a new one. */
const MAX_WAITING = 64;

/** What a registration says of the resources that a server may write. */
interface RegistrationParameters {
  lifetime: Seconds | undefined;
  binding: string | undefined;
  version: string | undefined;
}

/** Error codes of a device: those of one message, and those of the message before. */
interface ReportedErrors {
  row: MessageRow;
  codes: Set<number>;
  before: Set<number>;
}

/**
 * Notes what servers make devices do and what devices tell of themselves: Disable, the triggers, writes of lifetime
 * and binding (LwM2M Core §E.2), Reboot, Factory Reset and error codes (§E.4), and which operation followed. Takes
 * every operation event, after the `DeviceTable` has taken it, and then the values of that message.
 */
export class LifeEventTracker {
  readonly events: LifeEvent[] = [];
  /** Events beyond the limit of 100,000. */
  dropped = 0;

  readonly #devices: DeviceTable;
  /** Lifetime and binding of the registration in force in a conversation, undefined where none is known. */
  readonly #inForce: (conversation: number) => RegistrationParameters | undefined;
  /** By row of the request, until its answer comes. */
  readonly #asked = new Map<MessageRow, LifeEvent[]>();
  /** By device: events that something is expected to follow. */
  readonly #waiting = new Map<number, LifeEvent[]>();
  readonly #errors = new Map<number, ReportedErrors>();
  /** By device and instance of the Server object, as `device/instance`: seconds. */
  readonly #timeouts = new Map<string, Seconds>();
  /** By device: Disables that the client has followed, until it is back. */
  readonly #away = new Map<number, LifeEvent[]>();

  /** Goes on with what was to hear of merges of devices; to be made after the other trackers. */
  constructor(devices: DeviceTable, inForce: (conversation: number) => RegistrationParameters | undefined) {
    this.#devices = devices;
    this.#inForce = inForce;
    const before = devices.onMerge;
    devices.onMerge = (from, into) => {
      before?.(from, into);
      this.#merge(from, into);
    };
  }

  /** Takes the next operation event. Allocates nothing for what is no such event. */
  on(event: OperationEvent): void {
    const { operation } = event;
    if (operation === Operation.execute) this.#execute(event);
    else if (isObjectChange(operation) && event.phase === Phase.request) this.#objects(event);
    else if (event.phase === Phase.response) {
      if (this.#asked.size > 0 && this.#asked.has(event.requestRow)) this.#answered(event);
    } else if (
      (this.#waiting.size > 0 || this.#away.size > 0) &&
      operation >= Operation.bootstrapRequest &&
      operation <= Operation.deregister &&
      event.phase === Phase.request &&
      event.fromDevice
    )
      this.#follows(event);
  }

  /**
   * Takes what sealed messages show. A handshake is an event of a device that was seen in the clear; while one is to
   * start anew, it shows that it did, also from another port of its address where no other one waits there.
   */
  secured(sign: SecuritySign): number {
    if (sign.kind !== 'handshake') return -1;
    let device = this.#devices.deviceOf(sign.conversation, NO_ROW);
    if (!this.#waiting.has(device)) device = this.#waitingAt(sign.deviceEndpoint) ?? device;
    if (device < 0) return -1;
    const detail = sign.resumes ? 'to resume a session' : '';
    const handshake = new LifeEvent('handshake', device, sign, detail, undefined, Infinity, true);
    handshake.frame = sign.frame;
    this.#note(handshake);
    for (const life of this.#waiting.get(device) ?? []) {
      if (life.kind !== 'reboot' || life.expects === undefined || !Number.isNaN(life.followedAt)) continue;
      life.followedAt = sign.time;
      life.followedAs = 'DTLS handshake';
      life.frame = sign.frame;
    }
    return device;
  }

  #waitingAt(endpoint: number): number | undefined {
    if (this.#waiting.size > MAX_SOUGHT) return undefined;
    const address = this.#devices.addressOf(endpoint);
    const found = [...this.#waiting.keys()].filter((device) =>
      this.#devices.devices[device]?.addresses.some((end) => this.#devices.addressOf(end) === address),
    );
    return found.length === 1 ? found[0] : undefined;
  }

  #note(life: LifeEvent): boolean {
    if (this.events.length === MAX_EVENTS) {
      this.dropped++;
      return false;
    }
    this.events.push(life);
    return true;
  }

  /** Takes a value of the message of `event`; `text` makes its text on demand. */
  onValue(
    event: OperationEvent,
    objectId: number,
    instanceId: number,
    resourceId: number,
    number: number,
    text: () => string,
  ): void {
    if (objectId === DEVICE_OBJECT) {
      if (resourceId === DeviceResource.errorCode && event.fromDevice) this.#errorCode(event, number);
      return;
    }
    if (objectId === SERVER_OBJECT && resourceId === ServerResource.disableTimeout)
      this.#keepTimeout(event, instanceId, number);
    if (objectId !== SERVER_OBJECT || event.fromDevice || event.phase !== Phase.request) return;
    const { operation } = event;
    const isWrite = operation >= Operation.writeReplace && operation <= Operation.writeComposite;
    if (!isWrite) return;
    // Before a registration is known, it may be a bootstrap whose beginning was not seen.
    const known = this.#inForce(event.conversation);
    if (known === undefined) return;
    if (resourceId === ServerResource.lifetime) {
      const isNew = known.lifetime !== undefined && known.lifetime !== number;
      const expects = isNew ? 'Update' : undefined;
      this.#add(event, 'lifetimeWritten', `/1/${instanceId}/1 = ${text()} s`, expects);
    } else if (resourceId === ServerResource.binding) {
      const binding = text();
      const isNew = known.binding !== undefined && known.binding !== binding;
      const expects = isNew ? 'Update' : undefined;
      this.#add(event, 'bindingWritten', `/1/${instanceId}/7 = ${binding}`, expects);
    }
  }

  #keepTimeout(event: OperationEvent, instanceId: number, seconds: Seconds): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0 || !(seconds >= 0)) return;
    if (this.#timeouts.size === MAX_TIMEOUTS) this.#timeouts.clear();
    this.#timeouts.set(`${device}/${instanceId}`, seconds);
  }

  /** A server created or deleted instances: the list that the client registered is no longer right (LwM2M Core §6.2.2). */
  #objects(event: OperationEvent): void {
    const { path, operation } = event;
    const isWhole = operation === Operation.create ? path.depth >= 1 : path.depth === 2;
    if (!isWhole || event.fromDevice) return;
    const version = this.#inForce(event.conversation)?.version;
    if (version === undefined || version === '1.0') return;
    const what = operation === Operation.create ? 'Create' : 'Delete';
    this.#add(event, 'objectsChanged', `${what} ${event.pathText()}`, 'Update');
  }

  #execute(event: OperationEvent): void {
    const { objectId, resourceId, depth } = event.path;
    if (objectId !== SERVER_OBJECT && objectId !== DEVICE_OBJECT) return;
    if (event.phase !== Phase.request) {
      if (this.#asked.has(event.requestRow)) this.#answered(event);
      return;
    }
    if (depth !== 3 || event.fromDevice) return;
    if (objectId === SERVER_OBJECT) {
      if (resourceId === ServerResource.disable) this.#add(event, 'disable', '', 'De-register');
      else if (resourceId === ServerResource.updateTrigger) this.#add(event, 'updateTrigger', '', 'Update');
      else if (resourceId === ServerResource.bootstrapTrigger)
        this.#add(event, 'bootstrapTrigger', '', 'Bootstrap-Request');
    } else if (resourceId === DeviceResource.reboot) this.#add(event, 'reboot', '', 'Register');
    else if (resourceId === DeviceResource.factoryReset) this.#add(event, 'factoryReset', '', undefined);
  }

  #answered(event: OperationEvent): void {
    const asked = this.#asked.get(event.requestRow);
    if (asked === undefined) return;
    this.#asked.delete(event.requestRow);
    for (const life of asked) {
      life.code = event.code;
      life.answerRow = event.row;
      // What was refused lets expect nothing.
      if (event.code >> 5 !== 2) life.expects = undefined;
    }
  }

  /** An operation of a device: it may be what was expected. */
  #follows(event: OperationEvent): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (event.operation === Operation.register) this.#back(device, event);
    const waiting = this.#waiting.get(device);
    if (waiting === undefined) return;
    const rest = waiting.filter((life) => {
      if (life.expects === undefined) return false;
      const name = this.#match(life, event);
      if (name === undefined) return true;
      life.followedBy = event.row;
      life.followedAt = event.time;
      life.followedAs = name;
      if (life.kind === 'disable') this.#goAway(life, device, event.time);
      return false;
    });
    if (rest.length === 0) this.#waiting.delete(device);
    else this.#waiting.set(device, rest);
  }

  /** A client that was disabled has left: it is expected back when the timeout is over. */
  #goAway(life: LifeEvent, device: number, time: Nanoseconds): void {
    life.disabled = { from: time, until: time + life.timeout, backAt: NaN, backRow: NO_ROW };
    const away = this.#away.get(device);
    if (away === undefined) this.#away.set(device, [life]);
    else if (away.length < MAX_WAITING) away.push(life);
  }

  /** A client that was disabled registers at the server again. */
  #back(device: number, event: OperationEvent): void {
    const away = this.#away.get(device);
    if (away === undefined) return;
    const rest = away.filter(({ serverEndpoint, disabled }) => {
      if (serverEndpoint !== event.serverEndpoint || disabled === undefined) return true;
      disabled.backAt = event.time;
      disabled.backRow = event.row;
      return false;
    });
    if (rest.length === 0) this.#away.delete(device);
    else this.#away.set(device, rest);
  }

  /** Name of the operation where it is what an event lets expect. */
  #match(life: LifeEvent, event: OperationEvent): string | undefined {
    const { operation } = event;
    const isBootstrap =
      operation === Operation.bootstrapRequest || operation === Operation.bootstrapPackRequest;
    if (life.expects === 'Bootstrap-Request')
      return !isBootstrap
        ? undefined
        : operation === Operation.bootstrapRequest
          ? 'Bootstrap-Request'
          : 'Bootstrap-Pack-Request';
    // A device that starts anew may have to be told its servers first.
    if (life.kind === 'reboot' && isBootstrap) return 'Bootstrap-Request';
    if (event.serverEndpoint !== life.serverEndpoint) return undefined;
    if (life.expects === 'De-register') return operation === Operation.deregister ? 'De-register' : undefined;
    if (operation === Operation.register) return 'Register';
    if (operation !== Operation.update) return undefined;
    if (life.kind === 'objectsChanged') return event.bodyEnd > event.bodyStart ? 'Update' : undefined;
    if (life.kind === 'lifetimeWritten' || life.kind === 'bindingWritten') {
      const flags = queryFlags(event.queryText());
      const wanted = life.kind === 'lifetimeWritten' ? QueryFlag.lt : QueryFlag.b | QueryFlag.Q;
      return (flags & wanted) === 0 ? undefined : 'Update';
    }
    return 'Update';
  }

  #errorCode(event: OperationEvent, code: number): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0 || Number.isNaN(code)) return;
    let known = this.#errors.get(device);
    if (known === undefined) {
      known = { row: event.row, codes: new Set(), before: new Set([0]) };
      this.#errors.set(device, known);
    } else if (known.row !== event.row) {
      known.row = event.row;
      known.before = known.codes;
      known.codes = new Set();
    }
    if (known.codes.has(code)) return;
    known.codes.add(code);
    if (known.before.has(code)) return;
    const meaning = ERROR_CODES[code];
    this.#add(event, 'errorCode', meaning === undefined ? String(code) : `${code}, ${meaning}`, undefined);
  }

  #add(event: OperationEvent, kind: LifeEventKind, detail: string, expects: FollowUp | undefined): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0) return;
    // No rule says how long a device takes to start again.
    const due = kind === 'reboot' ? Number.POSITIVE_INFINITY : event.time + FOLLOW_UP_TIME;
    const isNamed = this.#devices.devices[device]?.endpoint !== undefined;
    const life = new LifeEvent(kind, device, event, detail, expects, due, isNamed);
    if (!this.#note(life)) return;
    const timeout = kind === 'disable' ? this.#timeouts.get(`${device}/${event.path.instanceId}`) : undefined;
    if (timeout !== undefined) {
      life.timeout = timeout * 1e9;
      life.isTimeoutKnown = true;
    }
    if (event.phase === Phase.request && !event.fromDevice) {
      const asked = this.#asked.get(event.row);
      if (asked !== undefined) asked.push(life);
      else {
        if (this.#asked.size === MAX_EVENTS) this.#asked.clear();
        this.#asked.set(event.row, [life]);
      }
    }
    if (expects === undefined) return;
    const waiting = this.#waiting.get(device);
    if (waiting === undefined) this.#waiting.set(device, [life]);
    else {
      if (waiting.length === MAX_WAITING) waiting.shift();
      waiting.push(life);
    }
  }

  /** Forgets events to which nothing more comes. Gives how many went. */
  forget(isForgotten: (event: LifeEvent) => boolean): number {
    const waiting = new Set([...this.#waiting.values()].flat());
    const kept = this.events.filter((event) => waiting.has(event) || !isForgotten(event));
    const gone = this.events.length - kept.length;
    if (gone === 0) return 0;
    const isKept = new Set(kept);
    this.events.length = 0;
    for (const event of kept) this.events.push(event);
    for (const [row, asked] of this.#asked)
      if (!asked.some((one) => isKept.has(one))) this.#asked.delete(row);
    return gone;
  }

  #merge(from: number, into: number): void {
    const moved = this.#waiting.get(from);
    if (moved !== undefined) {
      this.#waiting.delete(from);
      this.#waiting.set(into, [...(this.#waiting.get(into) ?? []), ...moved].slice(-MAX_WAITING));
    }
    const away = this.#away.get(from);
    if (away !== undefined) {
      this.#away.delete(from);
      this.#away.set(into, [...(this.#away.get(into) ?? []), ...away].slice(-MAX_WAITING));
    }
    const errors = this.#errors.get(from);
    if (errors === undefined) return;
    this.#errors.delete(from);
    if (!this.#errors.has(into)) this.#errors.set(into, errors);
  }
}

function isObjectChange(operation: number): boolean {
  return operation === Operation.create || operation === Operation.delete;
}

/** Rows that prove an event: its message, the answer, and what followed. */
export function evidenceRows(life: LifeEvent): MessageRow[] {
  return [life.row, life.answerRow, life.followedBy].filter((row) => row !== NO_ROW);
}
