import { Outcome } from '../capture/outcome.ts';
import { type MessageRow, NO_ROW } from '../capture/units.ts';
import type { Transfer, TransferTracker } from '../coap/block-wise.ts';
import type { MessageBatch } from '../coap/message-batch.ts';
import { NO_FORMAT, NO_OPTION, blockMore, blockNumber } from '../coap/message.ts';
import { contentFormat, Encoding, type EncodingCode } from '../lwm2m/content-format.ts';
import { incompleteInstances } from '../lwm2m/created-instances.ts';
import { Operation, type OperationCode } from '../lwm2m/operation.ts';
import type { ResourceDefinition } from '../lwm2m/registry/object-definition.ts';
import type { ObjectModel } from '../lwm2m/registry/object-model.ts';
import { Access, type AccessCode, accessOf, registryDoubts } from '../lwm2m/value-doubts.ts';
import {
  type ContentContext,
  type ContentSink,
  Doubt,
  ValueType,
  type ValueTypeCode,
} from '../lwm2m/value.ts';
import { formatOfValues, isEmptyValue, listsPaths, maySpeakOfValues } from './content-values.ts';
import type { DeviceModels } from './device-models.ts';
import { MessageFlag, type MessageTable } from './message-table.ts';
import type { PathFacts } from './path-facts.ts';
import type { ValueTable } from './value-table.ts';

/** A body to read: the payload of one message, or what a transfer put together. */
export class Body {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  contentFormat = NO_FORMAT;
}

/** Hears of single values while they are read; only of objects it asked for. */
export interface ValueListener {
  wants(objectId: number): boolean;
  value(
    objectId: number,
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    type: ValueTypeCode,
    number: number,
    body: Body,
    start: number,
    end: number,
  ): void;
}

/** Reads the contents of messages into the value table, through the same readers as the field tree. */
export class ContentReading implements ContentContext, ContentSink {
  objectId = -1;
  instanceId = -1;
  resourceId = -1;
  resourceInstanceId = -1;
  listsPaths = false;
  readonly #body = new Body();
  #row: MessageRow = 0;
  #current = this.#body;
  #count = 0;
  #isHeard = true;
  #access: AccessCode = Access.other;
  #encoding: EncodingCode = Encoding.none;
  /** Resource that a type was last asked of, and its definition: the value itself mostly follows. */
  #askedObject = -1;
  #askedResource = -1;
  #asked: ResourceDefinition | undefined;

  constructor(
    private readonly messages: MessageTable,
    private readonly values: ValueTable,
    private readonly paths: PathFacts,
    private readonly models: DeviceModels,
    /** Definitions that hold for the body that is read. */
    private model: ObjectModel,
    private readonly listener: ValueListener,
  ) {}

  typeOf(objectId: number, resourceId: number): ValueTypeCode {
    return this.#definition(objectId, resourceId)?.type ?? ValueType.unknown;
  }

  #definition(objectId: number, resourceId: number): ResourceDefinition | undefined {
    if (objectId !== this.#askedObject || resourceId !== this.#askedResource) {
      this.#askedObject = objectId;
      this.#askedResource = resourceId;
      this.#asked = this.model.resource(objectId, resourceId);
    }
    return this.#asked;
  }

  /** The body that a request completes, or undefined while blocks are to come. */
  requestBody(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    transfers: TransferTracker,
  ): Body | undefined {
    return this.#bodyOf(
      batch,
      index,
      row,
      batch.block1[index]!,
      this.messages.transfer.get(row),
      transfers,
      true,
    );
  }

  /** The body that an answer completes, or undefined while blocks are to come. */
  responseBody(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    transfers: TransferTracker,
  ): Body | undefined {
    return this.#bodyOf(
      batch,
      index,
      row,
      batch.block2[index]!,
      this.messages.transfer.get(row),
      transfers,
      false,
    );
  }

  /**
   * Adds the one value of a transfer that is too large to be kept, or opaque: the whole body, whose bytes are read
   * again from its rows when someone looks.
   */
  addWholeBody(row: MessageRow, transfer: Transfer): void {
    const path = this.paths.path(transfer.pathId);
    if (path.resourceId < 0 || contentFormat(transfer.contentFormat)?.encoding !== Encoding.bytes) return;
    const number = this.values.paths.number(
      path.objectId,
      path.instanceId,
      path.resourceId,
      path.resourceInstanceId,
    );
    const { objectId, resourceId } = path;
    const type = this.models.current(this.messages.conversation.get(row), row).typeOf(objectId, resourceId);
    this.values.add(row, number, NaN, 0, transfer.received, type, Doubt.none, NaN);
    this.messages.addFlag(row, MessageFlag.hasValues);
  }

  /**
   * Reads the values of a body of message `row`, which speaks of the path of `request`; `NO_ROW` for a notification
   * whose request was not seen: of what it says nobody hears, since whose it is nobody knows.
   */
  read(batch: MessageBatch, index: number, row: MessageRow, request: MessageRow, body: Body): void {
    if (batch.outcome[index] !== Outcome.ok) return;
    const operation = this.messages.operation.get(row) as OperationCode;
    const isEmpty = body.start === body.end;
    if (isEmpty && body.contentFormat === NO_FORMAT && operation !== Operation.create) return;
    this.#isHeard = request !== NO_ROW;
    const path = this.paths.path(this.#isHeard ? this.messages.path.get(request) : 0);
    const code = batch.code[index]!;
    if (!maySpeakOfValues(operation, code, path)) return;
    this.objectId = path.objectId;
    this.instanceId = path.instanceId;
    this.resourceId = path.resourceId;
    this.resourceInstanceId = path.resourceInstanceId;
    this.listsPaths = listsPaths(operation, code);
    this.model = this.models.current(batch.conversation[index]!, row);
    this.#askedObject = -1;
    const declared = body.contentFormat;
    if (operation === Operation.create && row === request) this.#compareCreate(row, body);
    if (isEmpty && !isEmptyValue(declared, code, path, this)) return;
    const number = isEmpty
      ? declared
      : formatOfValues(declared, code, path, body.bytes, body.start, body.end, this);
    if (number === NO_FORMAT) return;
    const format = contentFormat(number);
    if (format?.readable !== true) this.messages.addFlag(row, MessageFlag.contentNotRead);
    if (format?.read === undefined) return;
    if (number !== declared) this.messages.guessedFormat.set(row, number);
    body.contentFormat = number;
    this.#row = row;
    this.#current = body;
    this.#count = 0;
    this.#access = accessOf(operation);
    this.#encoding = format.encoding;
    const result = format.read(body.bytes, body.start, body.end, this, this);
    if (this.#count > 0) this.messages.addFlag(row, MessageFlag.hasValues);
    if (result.outcome !== Outcome.ok) this.messages.addFlag(row, MessageFlag.contentFault);
  }

  /** Marks a Create whose value, as its format says it is, leaves out mandatory resources. */
  #compareCreate(row: MessageRow, { bytes, start, end, contentFormat: format }: Body): void {
    if (incompleteInstances(bytes.subarray(start, end), format, this.objectId, this.model).length > 0)
      this.messages.addFlag(row, MessageFlag.incomplete);
  }

  value(
    objectId: number,
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    type: ValueTypeCode,
    number: number,
    start: number,
    end: number,
    doubts: number,
    time: number,
  ): void {
    const body = this.#current;
    this.#count++;
    const path = this.values.paths.number(objectId, instanceId, resourceId, resourceInstanceId);
    const definition = this.#definition(objectId, resourceId);
    const more =
      definition === undefined
        ? Doubt.none
        : registryDoubts(
            definition,
            this.#access,
            this.#encoding,
            resourceInstanceId,
            number,
            body.bytes,
            start,
            end,
            doubts,
          );
    this.values.add(this.#row, path, number, start - body.start, end - start, type, doubts | more, time);
    if (this.#isHeard && this.listener.wants(objectId))
      this.listener.value(
        objectId,
        instanceId,
        resourceId,
        resourceInstanceId,
        type,
        number,
        body,
        start,
        end,
      );
  }

  #bodyOf(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    block: number,
    transfer: number,
    transfers: TransferTracker,
    isRequest: boolean,
  ): Body | undefined {
    const body = this.#body;
    body.contentFormat = batch.contentFormat[index]!;
    if (block === NO_OPTION || (blockNumber(block) === 0 && !blockMore(block)) || transfer === 0) {
      body.bytes = batch.bytes;
      body.start = batch.payloadOffset[index]!;
      body.end = batch.bytesOffset[index]! + batch.length[index]!;
      return body;
    }
    const known = transfers.transfers[transfer - 1]!;
    if (known.wholeRow !== row || known.body === undefined) return undefined;
    if ((known.direction === 'block1') !== isRequest) return undefined;
    body.bytes = known.body;
    body.start = 0;
    body.end = known.body.length;
    body.contentFormat = known.contentFormat;
    if (!isRequest) transfers.release(known);
    return body;
  }
}
