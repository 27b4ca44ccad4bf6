import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import type { TransferTracker } from '../coap/block-wise.ts';
import type { MessageBatch } from '../coap/message-batch.ts';
import { NO_OPTION } from '../coap/message.ts';
import type { ObservationTracker } from '../coap/observation.ts';
import { BootstrapTracker } from '../device/bootstrap.ts';
import { AttributeBook } from '../device/attributes.ts';
import { FirmwareTracker } from '../device/firmware.ts';
import { GATEWAY_OBJECT } from '../device/gateways.ts';
import { DeviceTable, type EndpointAddresses } from '../device/identity.ts';
import { LifeEventTracker } from '../device/life-events.ts';
import { isProvisioned } from '../device/provisioned-instances.ts';
import { QueueModeTracker } from '../device/queue-mode.ts';
import { RegistrationChange } from '../device/registration-book.ts';
import type { Registration } from '../device/registration-record.ts';
import { RegistrationTracker } from '../device/registration.ts';
import type { SecuritySign } from '../device/security-sign.ts';
import type { TimerKindCode } from '../device/timer-port.ts';
import { OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { readValue } from '../lwm2m/value-text.ts';
import { ValueType, type ValueTypeCode } from '../lwm2m/value.ts';
import type { Body, ValueListener } from './content-reading.ts';
import type { DeviceModels } from './device-models.ts';
import { MessageFlag, type MessageTable } from './message-table.ts';
import type { OperationTracking } from './operation-tracking.ts';
import type { PathFacts } from './path-facts.ts';
import type { TimerHeap } from './timer-heap.ts';

/** Turns messages into operation events and drives the reducers of the device stage with them. */
export class DeviceTracking implements ValueListener {
  readonly registrations: RegistrationTracker;
  readonly devices: DeviceTable;
  readonly firmware: FirmwareTracker;
  readonly bootstraps: BootstrapTracker;
  readonly life: LifeEventTracker;
  readonly queueMode: QueueModeTracker;
  readonly attributes = new AttributeBook();
  /** Registrations that were accepted, and Updates that were. */
  registered = 0;
  updates = 0;
  readonly #event = new OperationEvent();
  readonly #decoder = new TextDecoder();
  #batch: MessageBatch | undefined;
  #index = 0;
  #request: MessageRow = 0;
  /** The value that is told, whose text is made when a reducer asks for it. */
  #valueType: ValueTypeCode = ValueType.none;
  #valueBody: Body | undefined;
  #valueStart = 0;
  #valueEnd = 0;
  readonly #valueText = (): string => {
    const body = this.#valueBody;
    if (body === undefined) return '';
    const { contentFormat, bytes } = body;
    return String(readValue(this.#valueType, contentFormat, bytes, this.#valueStart, this.#valueEnd));
  };

  constructor(
    private readonly messages: MessageTable,
    timers: TimerHeap,
    private readonly paths: PathFacts,
    operations: OperationTracking,
    addresses: EndpointAddresses,
    private readonly observations: ObservationTracker,
    private readonly transfers: TransferTracker,
    models: DeviceModels,
  ) {
    this.devices = new DeviceTable(addresses);
    models.deviceOf = (conversation, row) => this.devices.deviceOf(conversation, row);
    this.devices.onPrefix = (prefix) => paths.addPrefix(prefix);
    this.devices.prefixOf = (row) => {
      const request = messages.requestOf(row);
      return request === NO_ROW ? '' : paths.path(messages.path.get(request)).prefix;
    };
    this.firmware = new FirmwareTracker(this.devices);
    operations.isDownloadTarget = (pathText) => this.firmware.isDownloadTarget(pathText);
    this.registrations = new RegistrationTracker(timers);
    this.life = new LifeEventTracker(this.devices, (conversation) =>
      this.registrations.inForce(conversation),
    );
    this.queueMode = new QueueModeTracker(this.devices);
    this.bootstraps = new BootstrapTracker(timers, this.devices, this.registrations);
    this.registrations.onRoot = (rootPath) => paths.addRoot(rootPath);
    this.registrations.listen(this.devices);
    this.registrations.listen(this.firmware);
    this.registrations.listen(this.bootstraps);
    this.registrations.listen(this.queueMode);
    this.registrations.listen({
      onRegistration: (change, registration, row, _requestRow, event) => {
        if (event !== undefined && registration.live)
          models.enter(event.conversation, row, registration.version, registration.objects);
        // A registration that the capture did not see begin is over as well, and its observations with it.
        if (change === RegistrationChange.registered && event !== undefined)
          this.observations.endAll(event.conversation, row, event.time, registration.from);
        if (change === RegistrationChange.registered || change === RegistrationChange.assumed) {
          this.registered++;
          if (registration.location !== undefined)
            operations.addLocation(
              registration.serverEndpoint,
              messages.texts.internText(registration.location),
            );
        } else if (change === RegistrationChange.updated) this.updates++;
        else if (change === RegistrationChange.ended) this.#endObservations(registration, row);
      },
    });
    const event = this.#event;
    event.pathText = () => messages.texts.text(event.pathId);
    event.queryText = () => messages.texts.text(messages.query.get(this.#request));
    event.locationText = () => {
      const batch = this.#batch;
      if (batch === undefined) return '';
      const start = batch.locationOffset[this.#index]!;
      return this.#decoder.decode(batch.bytes.subarray(start, start + batch.locationLength[this.#index]!));
    };
  }

  /** Fires a timer of the device stage. */
  readonly onTimer = (kind: TimerKindCode, subject: number, time: Nanoseconds): void => {
    this.registrations.onTimer(kind, subject, time);
    this.bootstraps.onTimer(kind, subject, time);
  };

  /** Takes a request whose operation is known. */
  request(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    time: Nanoseconds,
    operations: OperationTracking,
    body: Body | undefined,
  ): void {
    this.#fill(batch, index, row, row, time, Phase.request, operations, body);
    this.#deliver();
  }

  /** Takes an answer or a notification whose request was seen. */
  response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    request: MessageRow,
    time: Nanoseconds,
    notification: boolean,
    operations: OperationTracking,
    body: Body | undefined,
  ): void {
    if (notification && this.#saysNothing(request)) return;
    const phase = notification ? Phase.notification : Phase.response;
    this.#fill(batch, index, row, request, time, phase, operations, body);
    this.#deliver();
  }

  /** A notification of an object that no reducer follows, while nothing waits for signs of an answer. */
  #saysNothing(request: MessageRow): boolean {
    const { objectId } = this.paths.path(this.messages.path.get(request));
    return objectId >= 0 && !this.wants(objectId) && !this.registrations.isAwaiting;
  }

  /** Takes what sealed messages show of a device. */
  secured(sign: SecuritySign): void {
    this.devices.secured(sign);
    const device = this.life.secured(sign);
    if (device >= 0) this.firmware.shookHands(device, sign);
  }

  wants(objectId: number): boolean {
    return this.firmware.wants(objectId) || isProvisioned(objectId) || objectId === GATEWAY_OBJECT;
  }

  /** Takes a value of the event that was delivered last. */
  value(
    objectId: number,
    instanceId: number,
    resourceId: number,
    _resourceInstanceId: number,
    type: ValueTypeCode,
    number: number,
    body: Body,
    start: number,
    end: number,
  ): void {
    this.#valueType = type;
    this.#valueBody = body;
    this.#valueStart = start;
    this.#valueEnd = end;
    const text = this.#valueText;
    this.devices.onValue(this.#event, objectId, instanceId, resourceId, text);
    this.firmware.onValue(this.#event, objectId, instanceId, resourceId, number, text);
    this.bootstraps.onValue(this.#event, objectId, instanceId, resourceId, number, text);
    this.life.onValue(this.#event, objectId, instanceId, resourceId, number, text);
  }

  /** A registration's end takes its observations with it (LwM2M Core §6.4.1). */
  #endObservations(registration: Registration, row: MessageRow): void {
    for (const conversation of registration.conversations)
      this.observations.endAll(conversation, row, registration.to);
  }

  #deliver(): void {
    const event = this.#event;
    this.registrations.on(event);
    this.bootstraps.on(event);
    this.devices.on(event);
    this.firmware.on(event);
    this.life.on(event);
    this.attributes.on(event);
  }

  /** The answer that completes a Block1 transfer speaks of the whole body of its request. */
  #takeRequestBody(event: OperationEvent, request: MessageRow): void {
    const transfer = this.transfers.transfers[this.messages.transfer.get(request) - 1];
    if (transfer?.direction !== 'block1' || transfer.body === undefined) return;
    event.body = transfer.body;
    event.bodyStart = 0;
    event.bodyEnd = transfer.body.length;
    this.transfers.release(transfer);
  }

  #fill(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    request: MessageRow,
    time: Nanoseconds,
    phase: (typeof Phase)[keyof typeof Phase],
    operations: OperationTracking,
    body: Body | undefined,
  ): void {
    const { messages } = this;
    const event = this.#event;
    const conversation = batch.conversation[index]!;
    const fromA = batch.fromA[index] === 1;
    this.#batch = batch;
    this.#index = index;
    this.#request = request;
    event.row = row;
    event.time = time;
    event.conversation = conversation;
    event.phase = phase;
    event.operation = messages.operation.get(row);
    event.roleKnown = operations.deviceEnd(conversation) !== 0;
    event.fromDevice = operations.deviceIsA(conversation) === fromA;
    event.deviceEndpoint = operations.deviceEndpoint(conversation);
    event.serverEndpoint = operations.serverEndpoint(conversation);
    event.code = batch.code[index]!;
    event.pathId = messages.path.get(request);
    event.path = this.paths.path(event.pathId);
    event.contentFormat = batch.contentFormat[index]!;
    event.accept = batch.accept[index]!;
    const observe = batch.observe[index]!;
    event.observe = observe === NO_OPTION ? -1 : observe;
    event.block1 = batch.block1[index]!;
    event.block2 = batch.block2[index]!;
    const size = phase === Phase.request ? batch.size1[index]! : batch.size2[index]!;
    event.size = size === NO_OPTION ? -1 : size;
    if (body === undefined) {
      // A block of a body that is to come, or was not kept: what this message itself carries.
      event.body = batch.bytes;
      event.bodyStart = batch.payloadOffset[index]!;
      event.bodyEnd = batch.bytesOffset[index]! + batch.length[index]!;
    } else {
      event.body = body.bytes;
      event.bodyStart = body.start;
      event.bodyEnd = body.end;
    }
    event.requestRow = phase === Phase.request ? row : request;
    event.transfer = messages.transfer.get(row) - 1;
    event.transferComplete = messages.has(row, MessageFlag.transferComplete);
    if (event.transferComplete && phase === Phase.response) this.#takeRequestBody(event, request);
    event.observation = messages.observation.get(row) - 1;
  }
}
