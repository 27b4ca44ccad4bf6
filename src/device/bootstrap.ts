import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Code } from '../coap/code.ts';
import { renumbered } from '../coap/renumbered.ts';
import { NO_BLOCK, type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import type { LwM2mPath } from '../lwm2m/path.ts';
import { Operation, type OperationCode } from '../lwm2m/operation.ts';
import { parseRegistrationQuery } from '../lwm2m/query.ts';
import { isOnlyAccount, takesAllAccounts } from './bootstrap-accounts.ts';
import { Bootstrap, type BootstrapStart, type BootstrapStep } from './bootstrap-record.ts';
import { BootstrapSequels } from './bootstrap-sequels.ts';
import type { DeviceTable } from './identity.ts';
import { ProvisionedObject, provisionedValue } from './provisioned-instances.ts';
import {
  RegistrationChange,
  type RegistrationChangeCode,
  type RegistrationListener,
} from './registration-book.ts';
import type { Registration } from './registration-record.ts';
import type { RegistrationTracker } from './registration.ts';
import { OPEN_END } from './span.ts';
import { TimerKind, type TimerKindCode, type TimerPort } from './timer-port.ts';

/** A Finish comes within EXCHANGE_LIFETIME, 247 s, of the last message (LwM2M Core §6.1.3.3, RFC 7252 §4.8.2). */
const FINISH_TIME: Nanoseconds = 247e9;
/** Bootstraps that are kept; later ones are counted. */
const MAX_BOOTSTRAPS = 100_000;
/** Requests that wait for their answer. */
const MAX_PENDING = 65_536;
/** Two requests of one name in less than ACK_TIMEOUT, 2 s (RFC 7252 §4.8), can be one seen at two places. */
const SIGHTING_TIME: Nanoseconds = 2e9;

interface Pending {
  bootstrap: Bootstrap;
  step: BootstrapStep | undefined;
}

/**
 * Follows the bootstraps of all clients (LwM2M Core §6.1, Transport §6.4.2). Takes operation events in capture order,
 * before the `DeviceTable` takes them, then the values of that message, and the changes of registrations. A
 * bootstrap whose request was not seen begins with the first operation that only a bootstrap server may send, once
 * the client has accepted it. No missing Finish is concluded where the capture does not show both directions.
 */
export class BootstrapTracker implements RegistrationListener {
  readonly bootstraps: Bootstrap[] = [];
  /** Bootstraps beyond the limit of 100,000, not followed. */
  dropped = 0;

  readonly #timers: TimerPort;
  readonly #devices: DeviceTable;
  readonly #registrations: RegistrationTracker;
  /** By conversation: its last bootstrap, drafts included. */
  readonly #last = new Map<number, Bootstrap>();
  /** By server and name: the last bootstrap that was asked for. */
  readonly #byName = new Map<string, Bootstrap>();
  readonly #sequels: BootstrapSequels;
  readonly #pending = new Map<MessageRow, Pending>();
  /** Time of the first event; NaN before it. */
  #begin: Nanoseconds = NaN;

  constructor(timers: TimerPort, devices: DeviceTable, registrations: RegistrationTracker) {
    this.#timers = timers;
    this.#devices = devices;
    this.#registrations = registrations;
    this.#sequels = new BootstrapSequels(devices);
  }

  /** Index of the device of a bootstrap, or -1. */
  deviceOf(bootstrap: Bootstrap): number {
    return this.#sequels.deviceOf(bootstrap);
  }

  /** Takes the next operation event. Allocates nothing for what is no bootstrap. */
  on(event: OperationEvent): void {
    const { operation } = event;
    if (Number.isNaN(this.#begin)) this.#begin = event.time;
    if (operation === Operation.none || !event.roleKnown) return;
    // A Write to the Security object turns out to be one of bootstrap when the client accepts it.
    const isSecurityWrite =
      operation === Operation.writeReplace && event.path.objectId === ProvisionedObject.security;
    if (operation > Operation.bootstrapDiscover && !isSecurityWrite) return;
    const isAsked = event.phase === Phase.request;
    if (operation <= Operation.bootstrapPackRequest) {
      if (event.fromDevice !== isAsked) return;
      if (isAsked) this.#request(event);
      else this.#requestAnswer(event);
    } else if (event.fromDevice === isAsked) return;
    else if (isAsked) this.#step(event);
    else this.#stepAnswer(event);
  }

  /** Takes a value of the message of `event`; see `provisionedValue` for what is kept of it. */
  onValue(
    event: OperationEvent,
    objectId: number,
    instanceId: number,
    resourceId: number,
    number: number,
    text: () => string,
  ): void {
    const { operation } = event;
    if (event.phase === Phase.request) {
      const step = this.#pending.get(event.row)?.step;
      const value = step && provisionedValue(objectId, instanceId, resourceId, number, text);
      if (value !== undefined) step?.values.push(value);
      return;
    }
    const isTold =
      event.phase === Phase.response &&
      (operation === Operation.bootstrapRead || operation === Operation.bootstrapPackRequest);
    const bootstrap = isTold ? this.#last.get(event.conversation) : undefined;
    const value = bootstrap && provisionedValue(objectId, instanceId, resourceId, number, text);
    if (value !== undefined) bootstrap?.instances.add([value]);
  }

  /** A client that registers has left its bootstrap; a registration that follows a bootstrap came of it. */
  onRegistration(
    change: RegistrationChangeCode,
    registration: Registration,
    row: MessageRow,
    _requestRow: MessageRow,
    event: OperationEvent | undefined,
  ): void {
    if (change === RegistrationChange.requested && event !== undefined)
      this.#sequels.registers(registration, event.time, row);
  }

  /** Wakes what asked to be woken. `subject` is a bootstrap's index. */
  onTimer(kind: TimerKindCode, subject: number, time: Nanoseconds): void {
    const bootstrap = kind === TimerKind.bootstrapFinish ? this.bootstraps[subject] : undefined;
    if (bootstrap === undefined) return;
    if (time >= bootstrap.timerAt) bootstrap.timerAt = OPEN_END;
    if (bootstrap.ended !== 'open' || bootstrap.isLeft) return;
    const due = bootstrap.lastTime + FINISH_TIME;
    if (time < due) this.#wake(bootstrap);
    // A Finish that was sent may have been accepted by an answer that was not captured.
    else if (bootstrap.finishRow === NO_ROW) bootstrap.end('failed', due, NO_ROW);
  }

  #request(event: OperationEvent): void {
    const query = parseRegistrationQuery(event.queryText());
    const isPack = event.operation === Operation.bootstrapPackRequest;
    const before = this.#last.get(event.conversation);
    if (isPack && isLaterBlock(event.block2) && before?.initiated === 'pack' && before.ended === 'open') {
      this.#touch(before, event);
      before.evidence.add(event.row);
      this.#await(event.row, before, undefined);
      return;
    }
    const name = query.endpoint === undefined ? undefined : `${event.serverEndpoint}=${query.endpoint}`;
    const named = name === undefined ? undefined : this.#byName.get(name);
    const bootstrap = new Bootstrap(event, isPack ? 'pack' : 'client', query.endpoint);
    if (!this.#admit(bootstrap)) return;
    for (const old of new Set([before, named])) this.#leave(old, bootstrap, event);
    bootstrap.evidence.decide(event.row);
    bootstrap.enter('requested', event.time, event.row);
    this.#last.set(event.conversation, bootstrap);
    if (name !== undefined) this.#byName.set(name, bootstrap);
    this.#await(event.row, bootstrap, undefined);
  }

  /** The client asks anew: what went on before is over. */
  #leave(old: Bootstrap | undefined, next: Bootstrap, event: OperationEvent): void {
    if (old === undefined || old.index < 0) return;
    // A pack that came and led to nothing at once did not suit the client (LwM2M Core §6.1).
    const isUseless = old.ended === 'finished' && event.time - old.lastTime <= FINISH_TIME;
    if (old.initiated === 'pack' && (old.ended === 'refused' || isUseless) && !old.isLeft) {
      next.isFallback = next.initiated === 'client';
      next.evidence.add(old.endRow);
    }
    const isOtherView =
      old.conversation !== next.conversation &&
      old.requestCode === 0 &&
      old.steps.length === 0 &&
      event.time - old.from < SIGHTING_TIME;
    if (isOtherView) {
      next.twin = old;
      return;
    }
    const wasLeft = old.isLeft;
    this.#sequels.leave(old);
    if (old.ended !== 'open') return;
    // Where nothing of the server is seen, it may have been finished; the same after a Finish or a registration.
    const isSameClient = old.endpoint === undefined || old.endpoint === next.endpoint;
    const isCertain =
      isSameClient && !wasLeft && old.finishRow === NO_ROW && this.#registrations.isHeard(old.serverEndpoint);
    if (isCertain) old.end('abandoned', event.time, event.row);
    else old.enter(undefined, event.time, event.row);
  }

  #requestAnswer(event: OperationEvent): void {
    const bootstrap = this.#pending.get(event.requestRow)?.bootstrap;
    if (bootstrap === undefined) return;
    this.#pending.delete(event.requestRow);
    const { code, row } = event;
    bootstrap.evidence.decide(row);
    bootstrap.requestCode = code;
    this.#touch(bootstrap, event);
    if (bootstrap.ended !== 'open') return;
    if (code >> 5 !== 2) {
      bootstrap.code = code;
      bootstrap.end('refused', event.time, row);
    } else if (bootstrap.initiated === 'pack') {
      bootstrap.code = code;
      if (hasMoreBlocks(event)) bootstrap.enter('bootstrapping', event.time, row);
      else bootstrap.end('finished', event.time, row);
    } else {
      if (bootstrap.spans.at(-1)?.state === 'requested') bootstrap.enter('bootstrapping', event.time, row);
      this.#wake(bootstrap);
    }
  }

  /** The bootstrap that an operation of a server belongs to; a draft where the capture shows no beginning. */
  #current(event: OperationEvent): Bootstrap {
    const last = this.#last.get(event.conversation);
    const isRecent = last !== undefined && event.time - last.lastTime <= FINISH_TIME;
    if (last?.ended === 'open' && (isRecent || (last.index >= 0 && !last.isLeft))) return last;
    // A client that refused the Finish may be told more, and another Finish (LwM2M Core §6.1.7.2).
    const hasFailed = last?.ended === 'failed' && !last.isLeft;
    if (hasFailed && last.endRow !== NO_ROW && isRecent) return last;
    if (event.operation === Operation.bootstrapFinish) {
      // One that comes late, or once more.
      if (hasFailed && last.endRow === NO_ROW) return last;
      if (last?.ended === 'finished' && isRecent) return last;
    }
    const draft = new Bootstrap(event, this.#starterOf(event, last), undefined);
    this.#last.set(event.conversation, draft);
    return draft;
  }

  /** A request of the client would have been seen where the capture shows what came right before. */
  #starterOf(event: OperationEvent, last: Bootstrap | undefined): BootstrapStart | undefined {
    const isEndSeen = last !== undefined && last.index >= 0 && last.ended !== 'open';
    const isLong = event.time - this.#begin >= FINISH_TIME;
    return isEndSeen || isLong ? 'server' : undefined;
  }

  #step(event: OperationEvent): void {
    const bootstrap = this.#current(event);
    this.#touch(bootstrap, event);
    bootstrap.evidence.add(event.row);
    if (event.operation === Operation.bootstrapFinish) {
      bootstrap.finishRow = event.row;
      this.#await(event.row, bootstrap, undefined);
      return;
    }
    if (bootstrap.ended === 'failed') {
      bootstrap.reopen(event.time, event.row);
      this.#wake(bootstrap);
    }
    const last = bootstrap.steps.at(-1);
    const isContinued =
      isLaterBlock(event.block1) &&
      last?.operation === event.operation &&
      last.pathText === (event.pathText() || '/') &&
      last.code === 0;
    if (isContinued) {
      this.#pending.delete(last.row);
      last.row = event.row;
    }
    this.#await(event.row, bootstrap, isContinued ? last : bootstrap.addStep(event, event.row));
  }

  #stepAnswer(event: OperationEvent): void {
    if (event.code === Code.continue) return;
    let pending = this.#pending.get(event.requestRow);
    if (pending === undefined) {
      // That a request was an operation of bootstrap, its answer showed.
      if (event.operation === Operation.bootstrapFinish || event.requestRow === NO_ROW) return;
      const bootstrap = this.#current(event);
      if (bootstrap.steps.some((step) => step.row === event.requestRow)) return;
      bootstrap.evidence.add(event.requestRow);
      pending = { bootstrap, step: bootstrap.addStep(event, event.requestRow) };
    }
    this.#pending.delete(event.requestRow);
    const { step } = pending;
    const bootstrap = this.#ownerOf(pending, event);
    this.#touch(bootstrap, event);
    if (event.operation === Operation.bootstrapFinish) {
      this.#finished(bootstrap, event);
      return;
    }
    bootstrap.evidence.add(event.row);
    const isAccepted = event.code >> 5 === 2;
    const isWrite = event.operation === Operation.bootstrapWrite;
    const isDelete = event.operation === Operation.bootstrapDelete;
    if (step !== undefined) {
      step.answerRow = event.row;
      step.operation = event.operation as OperationCode;
      step.code = event.code;
      if (isAccepted && isWrite) bootstrap.instances.write(step.path, step.values);
      step.values = [];
    }
    if (!isAccepted) return;
    if (bootstrap.index < 0 && (isWrite || isDelete) && !this.#admitDraft(bootstrap)) return;
    if (isDelete) {
      const isLast = takesAllAccounts(event.path) || this.#isOnlyAccount(bootstrap, event.path);
      bootstrap.instances.delete(event.path);
      if (bootstrap.index >= 0 && isLast) this.#deregister(bootstrap, event);
    }
    if (bootstrap.ended === 'open') this.#wake(bootstrap);
  }

  /** Whether an earlier bootstrap of the client, the last one that finished, left it with this account only. */
  #isOnlyAccount(bootstrap: Bootstrap, path: LwM2mPath): boolean {
    if (path.depth !== 2 || bootstrap.index < 0) return false;
    const device = this.deviceOf(bootstrap);
    const before = this.bootstraps.findLast(
      (other) => other !== bootstrap && other.ended === 'finished' && this.deviceOf(other) === device,
    );
    return before !== undefined && isOnlyAccount(bootstrap, before, path);
  }

  /** Without the account, a client is no longer registered at its server (LwM2M Core §6.1.7.6). */
  #deregister(bootstrap: Bootstrap, event: OperationEvent): void {
    const device = this.#devices.devices[this.deviceOf(bootstrap)];
    for (const conversation of device?.conversations ?? []) {
      const registration = this.#registrations.inForce(conversation);
      if (registration !== undefined) this.#registrations.accountDeleted(registration, event);
    }
  }

  /** Where a request was captured before the client's own that led to it, its answer shows where it belongs. */
  #ownerOf({ bootstrap, step }: Pending, event: OperationEvent): Bootstrap {
    const last = this.#last.get(event.conversation);
    if (bootstrap.index >= 0 || last === undefined || last.index < 0 || last.ended !== 'open')
      return bootstrap;
    if (step !== undefined) {
      last.steps.unshift(step);
      last.stepCount++;
      last.evidence.add(step.row);
    }
    return last;
  }

  /** A draft turned out to be a bootstrap that the capture did not see begin, or that the server began. */
  #admitDraft(bootstrap: Bootstrap): boolean {
    if (!this.#admit(bootstrap)) return false;
    bootstrap.evidence.decide(bootstrap.requestRow);
    bootstrap.enter('bootstrapping', bootstrap.from, bootstrap.requestRow);
    return true;
  }

  #finished(bootstrap: Bootstrap, event: OperationEvent): void {
    if (bootstrap.ended === 'finished') {
      bootstrap.evidence.add(event.row);
      return;
    }
    if (bootstrap.index < 0 && !this.#admitDraft(bootstrap)) return;
    bootstrap.finishRow = NO_ROW;
    bootstrap.evidence.decide(event.requestRow);
    bootstrap.evidence.decide(event.row);
    bootstrap.code = event.code;
    if (event.code >> 5 === 2) {
      bootstrap.takeUnanswered();
      bootstrap.end('finished', event.time, event.row);
    } else {
      bootstrap.end('failed', event.time, event.row);
      bootstrap.enter('inconsistent', event.time, event.row);
      bootstrap.enter(undefined, event.time, event.row);
    }
  }

  /** Forgets bootstraps that are over. Gives how many went. */
  forget(isForgotten: (bootstrap: Bootstrap) => boolean): number {
    const numbers = renumbered(this.bootstraps, (one) => one.ended !== 'open' && isForgotten(one));
    if (numbers === undefined) return 0;
    const gone = new Set<Bootstrap>();
    for (const bootstrap of this.bootstraps.splice(0)) {
      bootstrap.index = numbers[bootstrap.index]!;
      if (bootstrap.index >= 0) this.bootstraps.push(bootstrap);
      else gone.add(bootstrap);
    }
    for (const bootstrap of gone) this.#sequels.leave(bootstrap);
    for (const [row, { bootstrap }] of this.#pending) if (gone.has(bootstrap)) this.#pending.delete(row);
    for (const places of [this.#last, this.#byName] as Map<unknown, Bootstrap>[])
      for (const [key, bootstrap] of places) if (gone.has(bootstrap)) places.delete(key);
    this.#timers.renumber([TimerKind.bootstrapFinish], (index) => numbers[index] ?? -1);
    return gone.size;
  }

  /** Registrations have other indexes: -1 for those that were forgotten. */
  renumberRegistrations(numbers: Int32Array): void {
    for (const bootstrap of this.bootstraps) bootstrap.registration = numbers[bootstrap.registration] ?? -1;
  }

  #admit(bootstrap: Bootstrap): boolean {
    if (this.bootstraps.length >= MAX_BOOTSTRAPS) {
      this.dropped++;
      return false;
    }
    bootstrap.index = this.bootstraps.length;
    this.bootstraps.push(bootstrap);
    this.#sequels.begin(bootstrap);
    return true;
  }

  #touch(bootstrap: Bootstrap, event: OperationEvent): void {
    bootstrap.lastTime = Math.max(bootstrap.lastTime, event.time);
  }

  #await(row: MessageRow, bootstrap: Bootstrap, step: BootstrapStep | undefined): void {
    if (this.#pending.size === MAX_PENDING) this.#pending.clear();
    this.#pending.set(row, { bootstrap, step });
  }

  /** Asks for a timer, if none will come as early. */
  #wake(bootstrap: Bootstrap): void {
    const time = bootstrap.lastTime + FINISH_TIME;
    if (bootstrap.index < 0 || !(time < bootstrap.timerAt)) return;
    bootstrap.timerAt = time;
    this.#timers.schedule(time, TimerKind.bootstrapFinish, bootstrap.index);
  }
}

function isLaterBlock(block: number): boolean {
  return block !== NO_BLOCK && block >>> 4 > 0;
}

function hasMoreBlocks(event: OperationEvent): boolean {
  return event.block2 !== NO_BLOCK && (event.block2 & 8) !== 0;
}
