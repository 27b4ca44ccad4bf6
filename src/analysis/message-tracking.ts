import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { TransferTracker } from '../coap/block-wise.ts';
import { Code, isRequest, isResponse, MessageType } from '../coap/code.ts';
import { ExchangeTracker, Found } from '../coap/exchange.ts';
import { hashBytes, type MessageBatch } from '../coap/message-batch.ts';
import { MessageFault, NO_OPTION } from '../coap/message.ts';
import { ObservationTracker } from '../coap/observation.ts';
import { TransferKey } from '../coap/transfer.ts';
import type { SecuritySign } from '../device/security-sign.ts';
import { Operation } from '../lwm2m/operation.ts';
import type { ObjectModel } from '../lwm2m/registry/object-model.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import type { FlowTable } from '../network/flow.ts';
import type { ConversationTable } from '../security/conversation.ts';
import { ContentReading } from './content-reading.ts';
import { DeviceModels } from './device-models.ts';
import { DeviceTracking } from './device-tracking.ts';
import type { BatchTaker } from './frame-messages.ts';
import { type IcmpError, IcmpErrors, type Quoted } from './icmp-errors.ts';
import { MessageFlag, MessageTable, type WideTime } from './message-table.ts';
import { OperationTracking } from './operation-tracking.ts';
import { PathFacts } from './path-facts.ts';
import { type Sighting, SightingTable } from './sighting-table.ts';
import { TimerHeap } from './timer-heap.ts';
import { ValueTable } from './value-table.ts';

/** A jump of the capture clock beyond this stops all timers: the capture does not tell what happened meanwhile. */
const CLOCK_BREAK: Nanoseconds = 366 * 86_400 * 1e9;

/**
 * Border 2: takes batches in order and never looks at frames. Fills the tables and drives the trackers of the
 * stages coap, lwm2m and device.
 */
export class MessageTracking implements BatchTaker {
  readonly messages = new MessageTable();
  readonly values = new ValueTable();
  readonly icmpErrors = new IcmpErrors(this.messages);
  readonly sightings = new SightingTable();
  readonly paths: PathFacts;
  readonly observations = new ObservationTracker();
  readonly transfers = new TransferTracker();
  readonly timers = new TimerHeap();
  readonly devices: DeviceTracking;
  readonly operations: OperationTracking;
  readonly models: DeviceModels;
  readonly #exchanges: ExchangeTracker;
  readonly #contents: ContentReading;
  readonly #key = new TransferKey();
  /** Times too far from the epoch for a Float64, by index in the batch to come. */
  readonly #wideTimes = new Map<number, WideTime>();
  /** The capture clock: the running maximum of the times seen. */
  clock: Nanoseconds = -Infinity;
  clockBreaks = 0;
  notifications = 0;
  /** Requests that were answered. */
  exchanges = 0;

  constructor(flows: FlowTable, conversations: ConversationTable, registry: ObjectRegistry) {
    const { messages } = this;
    const endOf = (row: MessageRow, isA: boolean): number => {
      const flow = conversations.flowOf(messages.conversation.get(row));
      return isA ? flows.endpointA(flow) : flows.endpointB(flow);
    };
    this.#exchanges = new ExchangeTracker(messages, {
      sender: (row) => endOf(row, messages.has(row, MessageFlag.fromA)),
      receiver: (row) => endOf(row, !messages.has(row, MessageFlag.fromA)),
      areAkin: (one, other) =>
        flows.endpointPort(one) === flows.endpointPort(other) ||
        flows.addressId(one) === flows.addressId(other),
    });
    this.paths = new PathFacts(this.messages.texts, registry);
    this.operations = new OperationTracking(this.messages, this.paths, conversations, flows);
    this.models = new DeviceModels(registry);
    this.devices = new DeviceTracking(
      this.messages,
      this.timers,
      this.paths,
      this.operations,
      flows,
      this.observations,
      this.transfers,
      this.models,
    );
    this.#contents = new ContentReading(
      this.messages,
      this.values,
      this.paths,
      this.models,
      registry.newest,
      this.devices,
    );
  }

  /** The object definitions that hold for a message: by what its device had announced before it. */
  modelOf(row: MessageRow): ObjectModel {
    return this.models.at(this.messages.conversation.get(row), row);
  }

  wideTime(index: number, seconds: number, nanoseconds: number): void {
    this.#wideTimes.set(index, { seconds, nanoseconds });
  }

  sighted(row: MessageRow, sighting: Sighting): void {
    this.sightings.add(row, sighting);
  }

  tick(time: Nanoseconds): void {
    this.#advance(time);
  }

  secured(sign: SecuritySign): void {
    this.#advance(sign.time);
    this.devices.secured(sign);
  }

  icmpError(error: Omit<IcmpError, 'row' | 'before'>, quoted: Quoted): void {
    this.#advance(error.time);
    this.icmpErrors.add(error, quoted);
  }

  closed(conversation: number, time: Nanoseconds): void {
    this.#advance(time);
    this.observations.close(conversation, time);
  }

  take(batch: MessageBatch): void {
    const first = this.messages.append(batch);
    for (let index = 0; index < batch.count; index++) this.#take(batch, index, first + index);
    this.#wideTimes.clear();
  }

  #advance(time: Nanoseconds): void {
    if (time <= this.clock) return;
    if (time - this.clock > CLOCK_BREAK && this.clock !== -Infinity) {
      this.clockBreaks++;
      this.timers.clear();
    }
    this.clock = time;
    if (this.timers.next <= time) this.timers.run(time, this.devices.onTimer);
  }

  #take(batch: MessageBatch, index: number, row: MessageRow): void {
    const { messages } = this;
    const time = batch.time[index]!;
    this.#advance(time);
    if (this.#wideTimes.size > 0) {
      const wide = this.#wideTimes.get(index);
      if (wide !== undefined) messages.keepWideTime(row, wide.seconds, wide.nanoseconds);
    }
    // A damaged header gives nothing to match by, and another version is not this protocol; a message cut in its
    // payload has all that matching needs.
    const fault = batch.fault[index]!;
    const isReliable = batch.type[index] === MessageType.none;
    if (fault === MessageFault.version || fault === MessageFault.tooShort) return;
    if (isReliable ? batch.code[index] === 0 : batch.length[index]! < 4) return;
    const found = this.#exchanges.track(batch, index, row, this.clock);
    const partner = this.#exchanges.partner;
    const code = batch.code[index]!;
    if (!this.devices.queueMode.isIdle) this.#keepsAwake(batch, index, row, partner, found, time);
    if (found === Found.duplicate) {
      this.#repeat(row);
      return;
    }
    if (isRequest(code)) this.#request(batch, index, row, time);
    else if (isResponse(code)) this.#response(batch, index, row, partner, time);
    else if (code === Code.empty && batch.type[index] === MessageType.rst && partner !== NO_ROW)
      this.#reset(row, partner, time);
  }

  /** Of a client in queue mode every message counts; of a server a repeat says nothing new. */
  #keepsAwake(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    partner: MessageRow,
    found: number,
    time: Nanoseconds,
  ): void {
    const { operations, devices } = this;
    const conversation = batch.conversation[index]!;
    const fromDevice = operations.deviceIsA(conversation) === (batch.fromA[index] === 1);
    if (!fromDevice && found === Found.duplicate) return;
    const asks = isRequest(batch.code[index]!);
    devices.queueMode.on(conversation, row, time, fromDevice, asks, asks ? NO_ROW : partner);
  }

  #repeat(row: MessageRow): void {
    const { messages } = this;
    const first = messages.firstOf(row);
    messages.operation.set(row, messages.operation.get(first));
    messages.transfer.set(row, messages.transfer.get(first));
    messages.observation.set(row, messages.observation.get(first));
    messages.setExchange(row, messages.kindOf(first), messages.endOf(first));
    if (messages.has(first, MessageFlag.notification)) messages.addFlag(row, MessageFlag.notification);
    const transfer = messages.transfer.get(first);
    if (transfer > 0 && isRequest(messages.code.get(first)))
      this.transfers.transfers[transfer - 1]!.repeated++;
  }

  #request(batch: MessageBatch, index: number, row: MessageRow, time: Nanoseconds): void {
    const { messages } = this;
    const pathId = messages.path.get(row);
    const operation = this.operations.request(batch, index, row, time);
    messages.operation.set(row, operation);
    // What a FETCH asks for is in its payload (RFC 8132 §2.1); of one in blocks each has another part of it.
    if (
      batch.code[index] === Code.fetch &&
      batch.block1[index] === NO_OPTION &&
      batch.payloadLength[index]! > 0
    ) {
      const end = batch.bytesOffset[index]! + batch.length[index]!;
      const hash = hashBytes(batch.bytes, batch.payloadOffset[index]!, end);
      messages.setKeyHash(row, (messages.keyHash(row) ^ hash) >>> 0 || 1);
    }
    if (batch.observe[index] !== NO_OPTION) {
      const observation = this.observations.request(batch, index, row, pathId, time);
      messages.observation.set(row, observation + 1);
    }
    if (batch.block1[index] !== NO_OPTION) {
      const transfer = this.transfers.request(batch, index, row, this.#keyOf(row), time);
      messages.transfer.set(row, transfer + 1);
    }
    if (operation === Operation.none) return;
    const body = this.#contents.requestBody(batch, index, row, this.transfers);
    this.devices.request(batch, index, row, time, this.operations, body);
    if (body !== undefined) this.#contents.read(batch, index, row, row, body);
    else this.#wholeBody(row);
  }

  #response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    partner: MessageRow,
    time: Nanoseconds,
  ): void {
    const { messages } = this;
    let request = partner;
    // The first answer is the one that its request leads to.
    if (partner !== NO_ROW && messages.partnerOf(partner) === row) this.exchanges++;
    const observation = this.observations.response(batch, index, row, partner, time);
    let notification = false;
    if (observation >= 0) {
      messages.observation.set(row, observation + 1);
      const known = this.observations.observations[observation]!;
      if (request === NO_ROW && known.request !== NO_ROW) {
        request = known.request;
        messages.setPartner(row, request);
      }
      notification =
        known.established !== undefined &&
        (known.established !== row || known.request === NO_ROW) &&
        known.cancelling !== request &&
        // What comes with the acknowledgement of a request is its answer: of one that asks again, or for a block.
        (batch.type[index] !== MessageType.ack || partner === NO_ROW);
    }
    if (request === NO_ROW) {
      if (!notification) return;
      // What the notification speaks of was said in a request that was not seen.
      messages.addFlag(row, MessageFlag.notification);
      messages.operation.set(row, Operation.notify);
      this.notifications++;
      // Formats that name resources speak for themselves.
      if (batch.block2[index] !== NO_OPTION) return;
      const body = this.#contents.responseBody(batch, index, row, this.transfers);
      if (body !== undefined) this.#contents.read(batch, index, row, NO_ROW, body);
      return;
    }
    const requestTransfer = messages.transfer.get(request);
    if (requestTransfer > 0) {
      this.transfers.answer(requestTransfer - 1, batch, index, row, time);
      messages.transfer.set(row, requestTransfer);
      if (this.transfers.completed) messages.addFlag(row, MessageFlag.transferComplete);
    }
    let continues = false;
    if (batch.block2[index] !== NO_OPTION) {
      const transfer = this.transfers.response(
        batch,
        index,
        row,
        this.#keyOf(request),
        time,
        notification ? observation : -1,
      );
      if (transfer >= 0) {
        messages.transfer.set(row, transfer + 1);
        if (this.transfers.completed) messages.addFlag(row, MessageFlag.transferComplete);
        const told = this.transfers.transfers[transfer]!.observation;
        continues = told >= 0 && observation < 0;
        if (continues) messages.observation.set(row, told + 1);
      }
    } else if (batch.code[index]! >> 5 > 2) {
      const block2 = messages.block2(request);
      const refused = this.transfers.refuse(batch, index, row, this.#keyOf(request), block2, time);
      if (refused >= 0) messages.transfer.set(row, refused + 1);
    }
    let operation = this.operations.response(batch, index, row, request, notification, time);
    // Further blocks of a notification are asked for by a plain GET (RFC 7959 §2.6): what they hold was notified.
    if (continues && (operation === Operation.read || operation === Operation.readComposite))
      operation = Operation.notify;
    messages.operation.set(row, operation);
    if (notification) {
      messages.addFlag(row, MessageFlag.notification);
      this.notifications++;
    }
    if (operation === Operation.none) return;
    const body = this.#contents.responseBody(batch, index, row, this.transfers);
    this.devices.response(batch, index, row, request, time, notification || continues, this.operations, body);
    if (batch.code[index]! >> 5 !== 2) return;
    if (body !== undefined) this.#contents.read(batch, index, row, request, body);
    else this.#wholeBody(row);
  }

  /** The block that makes a body whole which was not kept stands for the whole of it. */
  #wholeBody(row: MessageRow): void {
    const transfer = this.transfers.transfers[this.messages.transfer.get(row) - 1];
    if (transfer?.wholeRow === row) this.#contents.addWholeBody(row, transfer);
  }

  /** What the blocks of a request's body, and of its answer's, have in common. */
  #keyOf(request: MessageRow): TransferKey {
    const { messages } = this;
    const key = this.#key;
    key.conversation = messages.conversation.get(request);
    key.requesterIsA = messages.has(request, MessageFlag.fromA);
    key.method = messages.code.get(request);
    key.pathId = messages.path.get(request);
    key.queryId = messages.query.get(request);
    key.accept = messages.accept.get(request);
    key.extra = messages.keyHash(request);
    key.hasPayload = messages.payloadLength.get(request) > 0;
    key.tokenHigh = messages.tokenHigh.get(request);
    key.tokenLow = messages.tokenLow.get(request);
    key.tokenLength = messages.tokenLength.get(request);
    return key;
  }

  #reset(row: MessageRow, partner: MessageRow, time: Nanoseconds): void {
    const observation = this.messages.observation.get(partner);
    if (observation > 0 && isResponse(this.messages.code.get(partner)))
      this.observations.reset(observation - 1, row, time);
    const transfer = this.messages.transfer.get(partner);
    if (transfer > 0 && isRequest(this.messages.code.get(partner)))
      this.transfers.reset(transfer - 1, row, time);
  }
}
