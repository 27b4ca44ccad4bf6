import type { MessageRow, Seconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { QueryFlag, queryFlags } from '../lwm2m/query.ts';
import type { DeviceTable } from './identity.ts';
import { FOLLOW_UP_TIME, type FollowUp, LifeEvent, type LifeEventKind } from './life-event.ts';

const SERVER_OBJECT = 1;
const DEVICE_OBJECT = 3;
/** Resources of the Server object (LwM2M Core §E.2) and the Device object (§E.4). */
const ServerResource = {
  lifetime: 1,
  disable: 4,
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
/** Events of one device whose follow-up is awaited; the oldest goes for a new one. */
const MAX_WAITING = 64;

/** What a registration says of the resources that a server may write. */
interface RegistrationParameters {
  lifetime: Seconds | undefined;
  binding: string | undefined;
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
    else if (event.phase === Phase.response) {
      if (this.#asked.size > 0 && this.#asked.has(event.requestRow)) this.#answered(event);
    } else if (
      this.#waiting.size > 0 &&
      operation >= Operation.bootstrapRequest &&
      operation <= Operation.deregister &&
      event.phase === Phase.request &&
      event.fromDevice
    )
      this.#follows(event);
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
    const waiting = this.#waiting.get(device);
    if (waiting === undefined) return;
    const rest = waiting.filter((life) => {
      if (life.expects === undefined) return false;
      const name = this.#match(life, event);
      if (name === undefined) return true;
      life.followedBy = event.row;
      life.followedAt = event.time;
      life.followedAs = name;
      return false;
    });
    if (rest.length === 0) this.#waiting.delete(device);
    else this.#waiting.set(device, rest);
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
    if (this.events.length === MAX_EVENTS) {
      this.dropped++;
      return;
    }
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0) return;
    // No rule says how long a device takes to start again.
    const due = kind === 'reboot' ? Number.POSITIVE_INFINITY : event.time + FOLLOW_UP_TIME;
    const isNamed = this.#devices.devices[device]?.endpoint !== undefined;
    const life = new LifeEvent(kind, device, event, detail, expects, due, isNamed);
    this.events.push(life);
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
    const errors = this.#errors.get(from);
    if (errors === undefined) return;
    this.#errors.delete(from);
    if (!this.#errors.has(into)) this.#errors.set(into, errors);
  }
}

/** Rows that prove an event: its message, the answer, and what followed. */
export function evidenceRows(life: LifeEvent): MessageRow[] {
  return [life.row, life.answerRow, life.followedBy].filter((row) => row !== NO_ROW);
}
