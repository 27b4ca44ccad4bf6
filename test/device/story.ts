import { parsePath } from '../../src/lwm2m/path.ts';
import { NO_BLOCK, NO_FORMAT, OperationEvent, Phase } from '../../src/lwm2m/operation-event.ts';
import { Operation, type OperationCode } from '../../src/lwm2m/operation.ts';
import { NO_ROW } from '../../src/capture/units.ts';
import { BootstrapTracker } from '../../src/device/bootstrap.ts';
import { AttributeBook } from '../../src/device/attributes.ts';
import { FirmwareTracker } from '../../src/device/firmware.ts';
import { DeviceTable } from '../../src/device/identity.ts';
import { LifeEventTracker } from '../../src/device/life-events.ts';
import { QueueModeTracker } from '../../src/device/queue-mode.ts';
import type { SecuritySign, SecuritySignKind } from '../../src/device/security-sign.ts';
import { RegistrationTracker } from '../../src/device/registration.ts';
import type { TimerKindCode } from '../../src/device/timer-port.ts';

/** What a message says beyond the defaults of a story. */
export interface Message {
  path?: string;
  query?: string;
  location?: string;
  /** Code as `c.dd`. */
  code?: string;
  conversation?: number;
  device?: number;
  server?: number;
  body?: string | Uint8Array;
  format?: number;
  block1?: [number: number, more: boolean, size: number];
  block2?: [number: number, more: boolean, size: number];
  size?: number;
  /** Number of the Observe option of a notification. */
  observe?: number;
  transfer?: number;
  transferComplete?: boolean;
  roleKnown?: boolean;
  /** Values that the content readers would give: path, and number or text. */
  values?: [path: string, value: number | string][];
}

const UP = new Set<OperationCode>([
  Operation.register,
  Operation.update,
  Operation.deregister,
  Operation.bootstrapRequest,
  Operation.bootstrapPackRequest,
  Operation.send,
  Operation.download,
]);

function codeOf(text: string): number {
  const [codeClass, detail] = text.split('.');
  return Number(codeClass) * 32 + Number(detail);
}

function blockOf(block: [number, boolean, number] | undefined): number {
  if (block === undefined) return NO_BLOCK;
  return block[0] * 16 + (block[1] ? 8 : 0) + (Math.log2(block[2]) - 4);
}

/**
 * A capture told message by message: feeds the reducers as the analysis does, with a timer heap of its own. Endpoint
 * ids are address × 100 + port, so that 101 and 102 are two ports of one address; from 9900 on they are groups.
 */
export class Story {
  readonly timers: { time: number; kind: TimerKindCode; subject: number }[] = [];
  readonly registrations = new RegistrationTracker({
    schedule: (time, kind, subject) => {
      this.timers.push({ time, kind, subject });
    },
    renumber: () => {},
  });
  readonly devices = new DeviceTable({
    addressId: (endpoint) => Math.floor(endpoint / 100),
    isMulticast: (endpoint) => endpoint >= 9900,
  });
  readonly firmware = new FirmwareTracker(this.devices);
  readonly bootstraps = new BootstrapTracker(
    {
      schedule: (time, kind, subject) => {
        this.timers.push({ time, kind, subject });
      },
      renumber: () => {},
    },
    this.devices,
    this.registrations,
  );
  readonly life = new LifeEventTracker(this.devices, (conversation) =>
    this.registrations.inForce(conversation),
  );
  readonly queueMode = new QueueModeTracker(this.devices);
  readonly attributes = new AttributeBook();
  readonly event = new OperationEvent();
  conversation = 1;
  device = 101;
  server = 905;
  #row = 0;
  #clock = 0;
  #back = 0;
  readonly #paths = new Map<string, number>();

  constructor() {
    this.registrations.listen(this.devices);
    this.registrations.listen(this.firmware);
    this.registrations.listen(this.bootstraps);
    this.registrations.listen(this.queueMode);
  }

  /** Where the capture clock stands, in nanoseconds. */
  get clock(): number {
    return this.#clock;
  }

  /** The time of messages goes back, the capture clock does not. */
  back(seconds: number): this {
    this.#back = Math.round(seconds * 1e9);
    return this;
  }

  get row(): number {
    return this.#row - 1;
  }

  /** The capture clock goes on to a time in seconds; what is due is woken in order. */
  at(seconds: number): this {
    const time = Math.round(seconds * 1e9);
    for (;;) {
      this.timers.sort((a, b) => a.time - b.time);
      const [next] = this.timers;
      if (next === undefined || next.time > time) break;
      this.timers.shift();
      this.registrations.onTimer(next.kind, next.subject, next.time);
      this.bootstraps.onTimer(next.kind, next.subject, next.time);
    }
    this.#clock = Math.max(this.#clock, time);
    return this;
  }

  /** Sends a request; gives its row. */
  ask(operation: OperationCode, message: Message = {}): number {
    return this.#send(operation, Phase.request, NO_ROW, UP.has(operation), message);
  }

  /** Answers a request. */
  answer(operation: OperationCode, requestRow: number, code: string, message: Message = {}): number {
    return this.#send(operation, Phase.response, requestRow, !UP.has(operation), { ...message, code });
  }

  /** A request and its answer; gives the row of the answer. */
  exchange(operation: OperationCode, code: string, asked: Message = {}, answered: Message = {}): number {
    const { conversation, device, server, path, query, roleKnown } = asked;
    const requestRow = this.ask(operation, asked);
    return this.answer(operation, requestRow, code, {
      conversation,
      device,
      server,
      path,
      query,
      roleKnown,
      ...answered,
    });
  }

  /** A sign of a sealed association, at the time of the story. */
  secured(kind: SecuritySignKind, more: Partial<SecuritySign> = {}): void {
    const sign: SecuritySign = {
      kind,
      conversation: this.conversation,
      deviceEndpoint: this.device,
      serverEndpoint: this.server,
      isCoap: true,
      movedFrom: -1,
      text: '',
      resumes: false,
      row: NO_ROW,
      time: this.#clock - this.#back,
      file: 0,
      frame: 1,
      ...more,
    };
    this.devices.secured(sign);
    const device = this.life.secured(sign);
    if (device >= 0) this.firmware.shookHands(device, sign);
  }

  notify(path: string, value: number | string, message: Message = {}): number {
    return this.#send(Operation.notify, Phase.notification, NO_ROW, true, {
      path,
      code: '2.05',
      values: [[path, value]],
      ...message,
    });
  }

  read(path: string, value: number | string, message: Message = {}): number {
    return this.exchange(Operation.read, '2.05', { path, ...message }, { values: [[path, value]] });
  }

  /** A Register that is accepted; gives the row of the answer. */
  register(query: string, location: string, message: Message = {}): number {
    return this.exchange(Operation.register, '2.01', { path: '/rd', query, ...message }, { location });
  }

  #send(
    operation: OperationCode,
    phase: 0 | 1 | 2,
    requestRow: number,
    fromDevice: boolean,
    message: Message,
  ): number {
    const { event } = this;
    const path = message.path ?? (operation === Operation.register ? '/rd' : '/');
    const body =
      typeof message.body === 'string'
        ? new TextEncoder().encode(message.body)
        : (message.body ?? new Uint8Array(0));
    if (!this.#paths.has(path)) this.#paths.set(path, this.#paths.size + 1);
    event.row = this.#row++;
    event.time = this.#clock - this.#back;
    event.conversation = message.conversation ?? this.conversation;
    event.phase = phase;
    event.operation = operation;
    event.fromDevice = fromDevice;
    event.roleKnown = message.roleKnown ?? true;
    event.deviceEndpoint = message.device ?? this.device;
    event.serverEndpoint = message.server ?? this.server;
    event.code = message.code === undefined ? methodOf(operation) : codeOf(message.code);
    event.path = parsePath(path);
    event.pathId = this.#paths.get(path)!;
    event.pathText = () => path;
    event.queryText = () => message.query ?? '';
    event.locationText = () => message.location ?? '';
    event.contentFormat = message.format ?? NO_FORMAT;
    event.observe = message.observe ?? -1;
    event.observation = message.observe === undefined ? -1 : 0;
    event.block1 = blockOf(message.block1);
    event.block2 = blockOf(message.block2);
    event.size = message.size ?? -1;
    event.body = body;
    event.bodyStart = 0;
    event.bodyEnd = body.length;
    event.requestRow = requestRow;
    event.transfer = message.transfer ?? -1;
    event.transferComplete = message.transferComplete ?? false;
    const partner = phase === Phase.response ? requestRow : NO_ROW;
    const asks = phase === Phase.request;
    this.queueMode.on(event.conversation, event.row, event.time, fromDevice, asks, partner);
    this.registrations.on(event);
    this.bootstraps.on(event);
    this.devices.on(event);
    this.firmware.on(event);
    this.life.on(event);
    this.attributes.on(event);
    for (const [valuePath, value] of message.values ?? []) {
      const { objectId, instanceId, resourceId } = parsePath(valuePath);
      const number = typeof value === 'number' ? value : NaN;
      const text = (): string => String(value);
      this.devices.onValue(event, objectId, instanceId, resourceId, text);
      this.firmware.onValue(event, objectId, instanceId, resourceId, number, text);
      this.bootstraps.onValue(event, objectId, instanceId, resourceId, number, text);
      this.life.onValue(event, objectId, instanceId, resourceId, number, text);
    }
    return event.row;
  }
}

function methodOf(operation: OperationCode): number {
  if (operation === Operation.read || operation === Operation.download || operation === Operation.observe)
    return 1;
  if (operation === Operation.writeReplace) return 3;
  if (operation === Operation.deregister) return 4;
  return 2;
}
