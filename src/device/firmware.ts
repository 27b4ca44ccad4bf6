import { Code } from '../coap/code.ts';
import type { ByteCount, MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { NO_BLOCK, NO_FORMAT, type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { PathKind } from '../lwm2m/path.ts';
import { NO_ID } from '../lwm2m/value.ts';
import type { FirmwareAttempt, StateSource } from './firmware-attempt.ts';
import { type AttemptStore, FirmwareInstance, type PendingWrite } from './firmware-instance.ts';
import type { DeviceTable } from './identity.ts';
import { uriPathText } from './package-uri.ts';

/** The Firmware Update object (LwM2M Core §E.6); /33629 has the same resources. */
const FIRMWARE_OBJECT = 5;
const DEVICE_OBJECT = 3;
const DEVICE_FIRMWARE = 3;
const Resource = {
  package: 0,
  uri: 1,
  update: 2,
  state: 3,
  result: 5,
  packageName: 6,
  packageVersion: 7,
  cancel: 10,
} as const;
const GET = 1;
/** Content formats in which an opaque value is its bytes: text/plain, application/octet-stream. */
const PLAIN_TEXT = 0;
const OCTET_STREAM = 42;
/** A write no longer than this may hold nothing but the NUL byte that resets (with the overhead of any format). */
const MAX_RESET_BODY: ByteCount = 32;
/** URIs that are remembered; a capture with more of them is no firmware campaign. */
const MAX_URIS = 65_536;
/** Conversations with a file server that belong to no attempt, remembered so that they are not looked at again. */
const MAX_UNMATCHED = 4096;

interface Download {
  instance: FirmwareInstance;
  attempt: FirmwareAttempt;
  pathId: number;
}

/**
 * Follows firmware updates by the Firmware Update object (LwM2M Core §E.6; its state machine) on all devices. Takes
 * every operation event, after the `DeviceTable` has taken it, and then the values of that message. States and
 * results are those that devices told; where no message said so and the state machine leaves no choice, they are
 * marked as inferred. Nothing is inferred from silence.
 */
export class FirmwareTracker implements AttemptStore {
  readonly attempts: FirmwareAttempt[] = [];

  readonly #devices: DeviceTable;
  readonly #objectIds: readonly number[];
  /** By device, all its instances. */
  readonly #instances = new Map<number, FirmwareInstance[]>();
  /** By path of a URI that was written to a device, then by the device's address: who may fetch it. */
  readonly #fetchers = new Map<string, Map<number, Set<FirmwareInstance>>>();
  #uris = 0;
  /** By conversation: the attempt whose package it fetches. */
  readonly #downloads = new Map<number, Download>();
  readonly #unmatched = new Map<number, number>();

  /** `objectIds` are the objects that have the resources and states of /5. */
  constructor(devices: DeviceTable, objectIds: readonly number[] = [FIRMWARE_OBJECT]) {
    this.#devices = devices;
    this.#objectIds = objectIds;
    devices.onMerge = (from, into) => {
      this.#merge(from, into);
    };
  }

  /** Instances of the objects that were seen on a device, with their spans for the timeline. */
  instancesOf(device: number): readonly FirmwareInstance[] {
    return this.#instances.get(this.#devices.resolve(device)) ?? [];
  }

  firmwareOf(device: number): string | undefined {
    return this.#devices.devices[this.#devices.resolve(device)]?.firmware?.text;
  }

  /** Whether a canonical path text is the path of a package URI that was written to some device. */
  isDownloadTarget(pathText: string): boolean {
    return this.#fetchers.has(pathText);
  }

  /** Takes the next operation event. Allocates nothing for what is no firmware. */
  on(event: OperationEvent): void {
    const { path, operation } = event;
    if (this.#objectIds.includes(path.objectId)) {
      if (path.instanceId !== NO_ID) this.#onObject(event);
      return;
    }
    if (this.#uris === 0) return;
    const isFetch =
      operation === Operation.download || (operation === Operation.none && path.kind === PathKind.other);
    if (isFetch) this.#onDownload(event);
  }

  /**
   * Takes a value of the message of `event`. `number` holds numeric values (NaN for others), `text` makes the value's
   * text (hex for opaque) on demand.
   */
  onValue(
    event: OperationEvent,
    objectId: number,
    instanceId: number,
    resourceId: number,
    number: number,
    text: () => string,
  ): void {
    if (objectId === DEVICE_OBJECT) {
      if (resourceId === DEVICE_FIRMWARE && event.fromDevice) this.#onVersion(event, text);
      return;
    }
    if (!this.#objectIds.includes(objectId)) return;
    if (!event.fromDevice) {
      if (event.phase === Phase.request) this.#onWritten(event, objectId, instanceId, resourceId, text);
      return;
    }
    const instance = this.#instance(event, objectId, instanceId);
    if (instance === undefined) return;
    const isNotified = event.phase === Phase.notification || event.operation === Operation.send;
    const how: StateSource = isNotified ? 'notified' : 'read';
    const { row, time } = event;
    const value = Number.isNaN(number) ? Number(text()) : number;
    if (resourceId === Resource.state) instance.stateTold(value, how, row, time);
    else if (resourceId === Resource.result) instance.resultTold(value, how, row, time);
    else if (resourceId === Resource.packageName) instance.packageTold('name', text());
    else if (resourceId === Resource.packageVersion) instance.packageTold('version', text());
  }

  #merge(from: number, into: number): void {
    const moved = this.#instances.get(from);
    if (moved === undefined) return;
    this.#instances.delete(from);
    const known = this.#instances.get(into) ?? [];
    for (const instance of moved) instance.device = into;
    // What is known under the name came first; the nameless one goes on.
    this.#instances.set(into, [...moved, ...known]);
  }

  #instance(event: OperationEvent, objectId: number, instanceId: number): FirmwareInstance | undefined {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0) return undefined;
    let instances = this.#instances.get(device);
    if (instances === undefined) {
      instances = [];
      this.#instances.set(device, instances);
    }
    for (const instance of instances) {
      if (instance.objectId === objectId && instance.instanceId === instanceId) return instance;
    }
    const instance = new FirmwareInstance(this, device, objectId, instanceId);
    instances.push(instance);
    return instance;
  }

  /** A request to an instance or one of its resources, or the answer to one. */
  #onObject(event: OperationEvent): void {
    const { operation, path } = event;
    const isWrite = operation === Operation.writeReplace || operation === Operation.writePartialUpdate;
    if (!isWrite && operation !== Operation.execute) return;
    const instance = this.#instance(event, path.objectId, path.instanceId);
    if (instance === undefined) return;
    if (event.phase !== Phase.request) this.#onAnswer(instance, event);
    else if (operation === Operation.execute) {
      if (path.resourceId === Resource.update) take(instance.update, event);
      else if (path.resourceId === Resource.cancel) take(instance.cancel, event);
    } else if (path.resourceId === Resource.package) takePackage(instance.package, event);
    else if (path.resourceId === Resource.uri) {
      take(instance.uri, event);
      instance.uri.uri = event.bodyEnd === event.bodyStart ? '' : undefined;
    }
  }

  #onAnswer(instance: FirmwareInstance, event: OperationEvent): void {
    const { requestRow, code, row, time } = event;
    if (requestRow === NO_ROW) return;
    if (instance.package.row === requestRow) {
      instance.packageAnswered(code, row, time);
      instance.package.row = NO_ROW;
    }
    if (instance.uri.row === requestRow) {
      instance.uriAnswered(code, row, time);
      instance.uri.row = NO_ROW;
    }
    if (instance.update.row === requestRow) {
      instance.updateAnswered(code, row, time);
      instance.update.row = NO_ROW;
    } else if (instance.cancel.row === requestRow) {
      instance.cancelAnswered(code, row, time);
      instance.cancel.row = NO_ROW;
    }
  }

  /** A value that a server wrote: a URI, or a package inside a structured format. */
  #onWritten(
    event: OperationEvent,
    objectId: number,
    instanceId: number,
    resourceId: number,
    text: () => string,
  ): void {
    if (resourceId !== Resource.uri && resourceId !== Resource.package) return;
    const instance = this.#instance(event, objectId, instanceId);
    if (instance === undefined) return;
    if (resourceId === Resource.uri) {
      if (instance.uri.row !== event.row) take(instance.uri, event);
      instance.uri.uri = text();
      this.#expectFetch(instance, event.deviceEndpoint, instance.uri.uri);
      return;
    }
    const { package: written } = instance;
    if (written.row !== event.row) takePackage(written, event);
    if (event.bodyEnd - event.bodyStart <= MAX_RESET_BODY && isReset(text())) written.isReset = true;
  }

  #onVersion(event: OperationEvent, text: () => string): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    const instances = device < 0 ? undefined : this.#instances.get(device);
    if (instances === undefined) return;
    for (const instance of instances) {
      if (instance.objectId === FIRMWARE_OBJECT) instance.versionTold(text());
    }
  }

  #expectFetch(instance: FirmwareInstance, deviceEndpoint: number, uri: string): void {
    const path = uriPathText(uri);
    if (path === undefined || this.#uris === MAX_URIS) return;
    const address = this.#devices.addressOf(deviceEndpoint);
    let byAddress = this.#fetchers.get(path);
    if (byAddress === undefined) {
      byAddress = new Map();
      this.#fetchers.set(path, byAddress);
    }
    const fetchers = byAddress.get(address);
    if (fetchers === undefined) byAddress.set(address, new Set([instance]));
    else fetchers.add(instance);
    this.#uris++;
    this.#unmatched.clear();
  }

  /** A device fetches something by CoAP. */
  #onDownload(event: OperationEvent): void {
    const { conversation, pathId } = event;
    let download = this.#downloads.get(conversation);
    if (download === undefined || download.pathId !== pathId || download.attempt.ended !== 'open') {
      if (event.phase !== Phase.request || event.code !== GET) return;
      if (this.#unmatched.get(conversation) === pathId) return;
      download = this.#match(event);
      if (download === undefined) {
        if (this.#unmatched.size === MAX_UNMATCHED) this.#unmatched.clear();
        this.#unmatched.set(conversation, pathId);
        return;
      }
      this.#downloads.set(conversation, download);
    }
    const { instance, attempt } = download;
    if (attempt.sourceEndpoint < 0) attempt.sourceEndpoint = event.serverEndpoint;
    attempt.addTransfer(event.transfer);
    if (event.phase === Phase.request || event.code !== Code.content) return;
    if (event.size > 0) attempt.length = event.size;
    const offset = blockOffset(event.block2);
    const isLast = event.block2 === NO_BLOCK || (event.block2 & 8) === 0;
    instance.fetched(attempt, offset, bodyEndOffset(event, event.block2), isLast, event.row, event.time);
  }

  /**
   * The attempt that a fetch belongs to: of the device in this conversation, or else of one with this address that
   * was given the path and has not fetched it yet.
   */
  #match(event: OperationEvent): Download | undefined {
    const address = this.#devices.addressOf(event.deviceEndpoint);
    const fetchers = this.#fetchers.get(event.pathText())?.get(address);
    if (fetchers === undefined) return undefined;
    const here = this.#devices.deviceOf(event.conversation, event.row);
    let found: FirmwareInstance | undefined;
    let foundRank = -1;
    for (const instance of fetchers) {
      const { open } = instance;
      const isAsked = instance.uri.row !== NO_ROW && instance.uri.uri !== '';
      const isPulling = open?.method === 'pull' && !open.complete;
      if (!isAsked && !isPulling) continue;
      const isFresh = isAsked || open?.sourceEndpoint === -1;
      const rank = (this.#devices.resolve(instance.device) === here ? 2 : 0) + (isFresh ? 1 : 0);
      if (rank > foundRank) {
        found = instance;
        foundRank = rank;
      }
    }
    if (found === undefined) return undefined;
    const written: MessageRow = found.uri.row;
    if (written !== NO_ROW) found.uriInUse();
    const attempt = found.open;
    if (attempt === undefined) return undefined;
    attempt.evidence.decide(event.row);
    if (here < 0) this.#devices.join(event, found.device, 'address', [attempt.evidence.first, event.row]);
    return { instance: found, attempt, pathId: event.pathId };
  }
}

function take(pending: PendingWrite, event: OperationEvent): void {
  pending.row = event.row;
  pending.time = event.time;
  pending.serverEndpoint = event.serverEndpoint;
  pending.uri = undefined;
}

function takePackage(pending: PendingWrite, event: OperationEvent): void {
  take(pending, event);
  const { block1, contentFormat } = event;
  pending.isFirstBlock = block1 === NO_BLOCK || block1 >>> 4 === 0;
  pending.hasMore = block1 !== NO_BLOCK && (block1 & 8) !== 0;
  pending.offset = blockOffset(block1);
  pending.end = bodyEndOffset(event, block1);
  pending.size = event.size;
  pending.transfer = event.transfer;
  const isBytes =
    contentFormat === NO_FORMAT || contentFormat === PLAIN_TEXT || contentFormat === OCTET_STREAM;
  const length = event.bodyEnd - event.bodyStart;
  const isNul = length === 0 || (length === 1 && event.body[event.bodyStart] === 0);
  pending.isReset = isBytes && isNul && pending.isFirstBlock && !pending.hasMore;
}

/** A package of nothing, or of a NUL byte (Firmware Update object, resource 0); takes hex. */
function isReset(hex: string): boolean {
  return hex === '' || hex === '00';
}

/** Offset of a block in its body: NUM × 2^(SZX + 4), for BERT × 1024 (RFC 7959 §2.2, RFC 8323 §6). */
function blockOffset(block: number): ByteCount {
  return block === NO_BLOCK ? 0 : (block >>> 4) * blockSize(block);
}

function blockSize(block: number): ByteCount {
  return 16 << Math.min(block & 7, 6);
}

/**
 * Where a message's payload ends in the body. The event that ends a transfer may hold the whole body instead: then
 * it is longer than a block (or, for BERT, than what came before).
 */
function bodyEndOffset(event: OperationEvent, block: number): ByteCount {
  const length = event.bodyEnd - event.bodyStart;
  const offset = blockOffset(block);
  const isBert = (block & 7) === 7;
  const isWhole =
    offset > 0 && (isBert ? event.transferComplete && length > offset : length > blockSize(block));
  return isWhole ? length : offset + length;
}
