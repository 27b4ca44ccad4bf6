import { Code } from '../coap/code.ts';
import type { ByteCount } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { PathKind } from '../lwm2m/path.ts';
import { NO_ID } from '../lwm2m/value.ts';
import type { FirmwareAttempt, StateSource } from './firmware-attempt.ts';
import { FirmwareInstance } from './firmware-instance.ts';
import type { DeviceTable } from './identity.ts';
import { NotificationOrder } from './notification-order.ts';
import { PackageDownloads } from './package-download.ts';
import {
  RegistrationChange,
  type RegistrationChangeCode,
  type RegistrationListener,
} from './registration-book.ts';
import type { Registration } from './registration-record.ts';
import type { SecuritySign } from './security-sign.ts';
import { SoftwareInstance } from './software-instance.ts';
import type { AttemptStore, UpdateInstance } from './update-instance.ts';
import { FIRMWARE_OBJECT, SOFTWARE_OBJECT, type UpdateObject, updateObject } from './update-object.ts';

const DEVICE_OBJECT = 3;
const DeviceResource = { firmware: 3, reboot: 4 } as const;
/** A write no longer than this may hold nothing but the NUL byte that resets (with the overhead of any format). */
const MAX_RESET_BODY: ByteCount = 32;
/** Longest argument of an Execute that is looked at, in bytes. */
const MAX_ARGUMENT: ByteCount = 512;
/** Instances that one device may have of all objects; further ones are not followed. */
const MAX_INSTANCES = 64;
/** Values of a resource with several that are kept, such as Protocol Support. */
const MAX_TERM_VALUES = 16;

/**
 * Follows updates by the Firmware Update object (LwM2M Core §E.6), /33629 and /9 on all devices. Takes every operation
 * event, after the `DeviceTable` has taken it, and then the values of that message; as a listener of the
 * `RegistrationTracker` it learns when a device came back. States and results are those that devices told; where no
 * message said so and the state machine leaves no choice, they are marked as inferred. Nothing is inferred from silence.
 */
export class FirmwareTracker implements AttemptStore, RegistrationListener {
  readonly attempts: FirmwareAttempt[] = [];

  readonly #devices: DeviceTable;
  readonly #downloads: PackageDownloads;
  /** By device, all its instances. */
  readonly #instances = new Map<number, UpdateInstance[]>();
  readonly #order = new NotificationOrder();
  readonly #decoder = new TextDecoder();
  /** Message and resource that a value of a list was taken from last. */
  #listRow = NO_ROW;
  #listResource = -1;
  #listInstance: UpdateInstance | undefined;

  constructor(devices: DeviceTable) {
    this.#devices = devices;
    this.#downloads = new PackageDownloads(devices);
    devices.onMerge = (from, into) => {
      this.#merge(from, into);
    };
  }

  /** Whether messages and values of an object say something of updates. */
  wants(objectId: number): boolean {
    return objectId === DEVICE_OBJECT || updateObject(objectId) !== undefined;
  }

  /** Instances of the objects that were seen on a device, with their spans for the timeline. */
  instancesOf(device: number): readonly UpdateInstance[] {
    return this.#instances.get(this.#devices.resolve(device)) ?? [];
  }

  /** Attempts that failed. */
  get failed(): number {
    return this.attempts.reduce((sum, { ended }) => (ended === 'failed' ? sum + 1 : sum), 0);
  }

  firmwareOf(device: number): string | undefined {
    return this.#devices.devices[this.#devices.resolve(device)]?.firmware?.text;
  }

  /** Whether a canonical path text is the path of a package URI that was written to some device. */
  isDownloadTarget(pathText: string): boolean {
    return this.#downloads.isTarget(pathText);
  }

  /** Takes the next operation event. Allocates nothing for what is no update. */
  on(event: OperationEvent): void {
    const { path, operation } = event;
    const object = updateObject(path.objectId);
    if (object !== undefined) {
      if (path.instanceId !== NO_ID) this.#onObject(event, object);
      return;
    }
    if (path.objectId === DEVICE_OBJECT) {
      if (path.resourceId === DeviceResource.reboot && operation === Operation.execute) this.#onReboot(event);
      return;
    }
    if (this.#downloads.uris === 0) return;
    const isFetch =
      operation === Operation.download || (operation === Operation.none && path.kind === PathKind.other);
    if (isFetch) this.#downloads.on(event);
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
      if (resourceId === DeviceResource.firmware && event.fromDevice) this.#onVersion(event, text);
      return;
    }
    const object = updateObject(objectId);
    if (object === undefined) return;
    if (!event.fromDevice) {
      if (event.phase === Phase.request) this.#onWritten(event, object, instanceId, resourceId, number, text);
      return;
    }
    const instance = this.#instance(event, object, instanceId);
    if (instance === undefined) return;
    const isNotified = event.phase === Phase.notification || event.operation === Operation.send;
    const how: StateSource = isNotified ? 'notified' : 'read';
    const { row, time } = event;
    if (resourceId === object.state || resourceId === object.result) {
      if (event.phase === Phase.notification && !this.#order.isNewer(event, objectId, instanceId, resourceId))
        return;
      const value = Number.isNaN(number) ? Number(text()) : number;
      if (resourceId === object.state) instance.stateTold(value, how, row, time);
      else instance.resultTold(value, how, row, time);
    } else if (resourceId === object.packageName) instance.packageTold('name', text());
    else if (resourceId === object.packageVersion) instance.packageTold('version', text());
    else if (resourceId === object.currentVersion) instance.versionTold(text(), row, time);
    else this.#onTerm(event, instance, resourceId, number, text);
  }

  /** Transfers have other numbers: -1 for those that were forgotten. */
  renumberTransfers(numbers: Int32Array): void {
    for (const { transfers } of this.attempts) {
      const left = transfers.map((transfer) => numbers[transfer] ?? -1).filter((transfer) => transfer >= 0);
      transfers.splice(0, transfers.length, ...left);
    }
    for (const instances of this.#instances.values())
      for (const { package: written, uri, command } of instances)
        for (const pending of [written, uri, command]) pending.transfer = numbers[pending.transfer] ?? -1;
  }

  /** Observations have other numbers: -1 for those that were forgotten. */
  renumberObservations(numbers: Int32Array): void {
    this.#order.renumber(numbers);
  }

  /** A device came back: said of the attempts in which it was to start anew. */
  onRegistration(
    change: RegistrationChangeCode,
    registration: Registration,
    row: number,
    _requestRow: number,
    event: OperationEvent | undefined,
  ): void {
    const isNew = change === RegistrationChange.registered;
    if (event === undefined || (!isNew && change !== RegistrationChange.updated)) return;
    const instances = this.#instances.get(this.#devices.resolve(registration.device));
    if (instances === undefined) return;
    for (const instance of instances) instance.registered(isNew, row, event.time);
  }

  /** A device began a handshake of DTLS. */
  shookHands(device: number, sign: SecuritySign): void {
    for (const instance of this.#instances.get(device) ?? []) instance.shookHands(sign);
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

  #instance(event: OperationEvent, object: UpdateObject, instanceId: number): UpdateInstance | undefined {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    if (device < 0) return undefined;
    let instances = this.#instances.get(device);
    if (instances === undefined) {
      instances = [];
      this.#instances.set(device, instances);
    }
    for (const instance of instances) {
      if (instance.object !== object || instance.instanceId !== instanceId) continue;
      instance.serverEndpoint = event.serverEndpoint;
      return instance;
    }
    if (instances.length === MAX_INSTANCES) return undefined;
    const instance =
      object.objectId === SOFTWARE_OBJECT
        ? new SoftwareInstance(this, device, object, instanceId)
        : new FirmwareInstance(this, device, object, instanceId);
    instance.serverEndpoint = event.serverEndpoint;
    instances.push(instance);
    return instance;
  }

  /** A request to an instance or one of its resources, or the answer to one. */
  #onObject(event: OperationEvent, object: UpdateObject): void {
    const { operation, path } = event;
    const isWrite = operation === Operation.writeReplace || operation === Operation.writePartialUpdate;
    if (!isWrite && operation !== Operation.execute) return;
    const instance = this.#instance(event, object, path.instanceId);
    if (instance === undefined) return;
    if (event.phase !== Phase.request) this.#onAnswer(instance, event);
    else if (operation === Operation.execute) {
      const kind = object.commands[path.resourceId];
      if (kind === undefined) return;
      instance.command.take(event);
      instance.commandKind = kind;
      instance.command.argument = this.#argument(event);
    } else if (path.resourceId === object.package) instance.package.takePackage(event);
    else if (path.resourceId === object.uri) {
      instance.uri.take(event);
      instance.uri.uri = event.bodyEnd === event.bodyStart ? '' : undefined;
    }
  }

  #argument(event: OperationEvent): string {
    if (event.bodyEnd - event.bodyStart > MAX_ARGUMENT) return '';
    return this.#decoder.decode(event.body.subarray(event.bodyStart, event.bodyEnd));
  }

  #onAnswer(instance: UpdateInstance, event: OperationEvent): void {
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
    if (instance.command.row === requestRow) {
      instance.commandAnswered(code, row, time);
      if (code >> 5 === 2 && instance.commandKind === 'update') this.#updateLinked(instance, event);
      instance.command.row = NO_ROW;
    }
  }

  /**
   * Update of one instance of /33629 updates others too: without an argument its linked instances, with one those
   * that its argument 0 lists.
   */
  #updateLinked(instance: UpdateInstance, event: OperationEvent): void {
    const leader = instance.open;
    if (instance.object.linked < 0 || leader === undefined) return;
    const { argument } = instance.command;
    const linked = argument === '' ? (instance.terms.linked ?? []) : [];
    for (const other of this.#instances.get(instance.device) ?? []) {
      if (other === instance || !(other instanceof FirmwareInstance) || other.object !== instance.object)
        continue;
      const { objectId, instanceId } = other;
      const isNamed = new RegExp(`</${objectId}/${instanceId}>`).test(argument);
      if (isNamed || linked.includes(`${objectId}:${instanceId}`))
        other.updatedWith(leader, event.row, event.time);
    }
  }

  /** A value that a server wrote: a URI, a package inside a structured format, or a term. */
  #onWritten(
    event: OperationEvent,
    object: UpdateObject,
    instanceId: number,
    resourceId: number,
    number: number,
    text: () => string,
  ): void {
    const instance = this.#instance(event, object, instanceId);
    if (instance === undefined) return;
    if (resourceId === object.uri) {
      if (instance.uri.row !== event.row) instance.uri.take(event);
      instance.uri.uri = text();
      this.#downloads.expect(instance, event.deviceEndpoint, instance.uri.uri);
    } else if (resourceId === object.package) {
      const { package: written } = instance;
      if (written.row !== event.row) {
        written.takePackage(event);
        written.isWhole = false;
      }
      if (event.bodyEnd - event.bodyStart <= MAX_RESET_BODY && isReset(text())) written.isReset = true;
    } else this.#onTerm(event, instance, resourceId, number, text);
  }

  /** How the device updates: a resource that it told, or that a server wrote. */
  #onTerm(
    event: OperationEvent,
    instance: UpdateInstance,
    resourceId: number,
    number: number,
    text: () => string,
  ): void {
    const { object, terms } = instance;
    const isList =
      resourceId === object.protocols || resourceId === object.linked || resourceId === object.conflicting;
    if (isList) this.#beginList(event, instance, resourceId);
    if (resourceId === object.protocols) add((terms.protocols ??= []), number);
    else if (resourceId === object.linked) add((terms.linked ??= []), text());
    else if (resourceId === object.conflicting) add((terms.conflicting ??= []), text());
    else if (resourceId === object.delivery) terms.delivery = number;
    else if (resourceId === object.severity) terms.severity = number;
    else if (resourceId === object.deferPeriod) terms.deferPeriod = number;
    else if (resourceId === object.automatic) terms.automatic = number === 1 || text() === 'true';
  }

  /** The values of a list come one by one; those of another message take the place of all. */
  #beginList(event: OperationEvent, instance: UpdateInstance, resourceId: number): void {
    const isSame =
      event.row === this.#listRow && resourceId === this.#listResource && instance === this.#listInstance;
    if (isSame) return;
    this.#listRow = event.row;
    this.#listResource = resourceId;
    this.#listInstance = instance;
    const { object, terms } = instance;
    if (resourceId === object.protocols) terms.protocols = [];
    else if (resourceId === object.linked) terms.linked = [];
    else terms.conflicting = [];
  }

  #onReboot(event: OperationEvent): void {
    if (event.phase !== Phase.response || event.code !== Code.changed) return;
    const device = this.#devices.deviceOf(event.conversation, event.row);
    for (const instance of this.#instances.get(device) ?? []) instance.rebooted(event.row, event.time);
  }

  #onVersion(event: OperationEvent, text: () => string): void {
    const device = this.#devices.deviceOf(event.conversation, event.row);
    const instances = device < 0 ? undefined : this.#instances.get(device);
    if (instances === undefined) return;
    for (const instance of instances) {
      if (instance.objectId === FIRMWARE_OBJECT) instance.versionTold(text(), event.row, event.time);
    }
  }
}

function add<Value>(list: Value[], value: Value): void {
  if (list.length < MAX_TERM_VALUES && !list.includes(value)) list.push(value);
}

/** A package of nothing, or of a NUL byte (Firmware Update object, resource 0); takes hex. */
function isReset(hex: string): boolean {
  return hex === '' || hex === '00';
}
