import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { endOfResult, type FirmwareAttempt, stateOfResult, type StateSource } from './firmware-attempt.ts';
import { PendingWrite } from './pending-write.ts';
import { type ToldState, UpdateInstance } from './update-instance.ts';
import {
  FIRMWARE_OBJECT,
  FIRMWARE_STATES,
  FirmwareResult,
  type FirmwareState,
  updateResultName,
  type UpdateState,
} from './update-object.ts';
import { isFirmwareStep } from './update-transition.ts';

/**
 * One instance of /5 or /33629 on one device: what its states and results mean. Knows requests and answers only by
 * what they mean (Firmware Update object, LwM2M Core §E.6).
 */
export class FirmwareInstance extends UpdateInstance {
  protected readonly first = 'Idle';
  protected readonly loading = 'Downloading';
  /** Result last told, -1 before. */
  #result = -1;

  commandAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    if (this.commandKind === 'update') this.#updateAnswered(code, row, time);
    else if (this.commandKind === 'cancel') this.#cancelAnswered(code, row, time);
  }

  /** Another instance was updated, and this one with it (/33629, resource 16 or the argument of Update). */
  updatedWith(leader: FirmwareAttempt, row: MessageRow, time: Nanoseconds): void {
    const { open } = this;
    if (open === leader) return;
    this.happened.executed = true;
    // That its package had come may not have been seen.
    if (open?.lastState !== 'Downloaded') return;
    open.leader = leader.index;
    open.addEvent('update executed', row, time);
    this.enter(open, 'Updating', 'inferred', row, time);
  }

  stateTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const state = FIRMWARE_STATES[value];
    if (state === undefined) return;
    const before = this.told;
    const isAutomatic =
      this.terms.automatic === true || this.attempt?.result?.value === FirmwareResult.deferred;
    const illegal =
      before !== undefined &&
      before.state !== state &&
      !isFirmwareStep(before.state, state, this.happened, isAutomatic);
    this.remember(state, how, row, time);
    const attempt = this.#attemptOf(state, before);
    if (illegal) this.forbid(attempt, before.state, state, row, time);
    if (attempt === undefined) {
      this.span(state, how, row, time, illegal);
      return;
    }
    const last = attempt.states.at(-1);
    if (attempt.ended === 'open' && state === 'Idle') {
      if (last?.state === 'Downloading' && last.how === 'inferred') {
        this.retract(attempt);
        attempt.isDownloadSilent = true;
      }
      if (attempt.lastState === undefined) {
        this.span(state, how, row, time, illegal);
        return;
      }
    }
    this.enter(attempt, state, how, row, time, illegal);
    // The result tells what Idle means; until then nobody knows.
    if (attempt.ended === 'open' && state === 'Idle') attempt.end('unknown', time, row);
  }

  resultTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const before = this.#result;
    this.#result = value;
    const { attempt } = this;
    const ended = endOfResult(value);
    if (attempt === undefined) return;
    if (ended === undefined) {
      if (attempt.ended === 'open') attempt.resultReset = true;
      return;
    }
    const isOpen = attempt.ended === 'open' || attempt.ended === 'deferred';
    if (attempt.result?.value === value || (attempt.result !== undefined && !isOpen)) return;
    if (how === 'read' && this.#isStale(attempt, value, before)) return;
    attempt.result = { value, name: updateResultName(this.objectId, value), row, time };
    attempt.evidence.decide(row);
    if (attempt.ended !== 'cancelled') attempt.end(ended, time, row);
    if (ended === 'updated' && attempt.package.name !== undefined) attempt.after.name = attempt.package.name;
    this.#followResult(attempt, value, row, time);
  }

  protected canReset(attempt: FirmwareAttempt): boolean {
    return attempt.lastState === 'Downloaded';
  }

  protected leavesByItself(state: UpdateState): boolean {
    return state !== 'Downloaded';
  }

  protected override mayRunNew(attempt: FirmwareAttempt): boolean {
    return attempt.ended !== 'open' || attempt.lastState === 'Updating';
  }

  protected override runningVersion(): string | undefined {
    return this.objectId === FIRMWARE_OBJECT ? this.store.firmwareOf(this.device) : super.runningVersion();
  }

  /** Execute of resource 2 was answered: accepted, the device is updating. */
  #updateAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { command: update } = this;
    if (code >> 5 !== 2) {
      this.open?.addEvent('update executed', row, time, code);
      return;
    }
    let { attempt } = this;
    const isRetried = attempt?.ended === 'failed' || attempt?.ended === 'deferred';
    if (attempt !== undefined && isRetried && attempt.lastState === 'Downloaded') attempt.reopen();
    const { told, happened } = this;
    // The notification may come before the answer.
    if (told !== undefined && told.time > update.time && told.state !== 'Downloaded') {
      this.open?.addEvent('update executed', update.row, update.time);
      return;
    }
    const isNotDue =
      told !== undefined &&
      !happened.began &&
      !happened.executed &&
      (told.state === 'Idle' || (told.state === 'Updating' && told.how === 'notified'));
    if (isNotDue) this.forbid(this.open, told.state, 'Updating', row, time);
    happened.executed = true;
    if (attempt?.ended !== 'open') {
      // In Idle it must not be accepted: then nothing follows from the answer.
      if (told?.state === 'Idle') return;
      attempt = this.begin(undefined, update);
      if (told !== undefined) attempt.addState(told.state, told.how, told.row, told.time);
    }
    attempt.addEvent('update executed', update.row, update.time);
    if (attempt.lastState === 'Idle') return;
    if (attempt.lastState === 'Downloading' || (attempt.lastState === undefined && attempt.complete)) {
      this.enter(attempt, 'Downloaded', 'inferred', update.row, update.time);
    }
    this.enter(attempt, 'Updating', 'inferred', row, time);
  }

  /** Execute of resource 10 was answered. */
  #cancelAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { told, happened, command } = this;
    if (code >> 5 !== 2) {
      this.open?.addEvent('cancel executed', row, time, code);
      return;
    }
    const isNotDue =
      told !== undefined &&
      told.time <= command.time &&
      !happened.began &&
      (told.state === 'Idle' || (told.state === 'Updating' && told.how === 'notified'));
    if (isNotDue) this.forbid(this.open, told.state, 'Idle', row, time);
    this.attempt?.addEvent('cancel executed', command.row, command.time);
    this.reset('cancelled', row, time);
  }

  /** The attempt that a state told belongs to; undefined where it is only the state of things. */
  #attemptOf(state: FirmwareState, before: ToldState | undefined): FirmwareAttempt | undefined {
    const { attempt } = this;
    if (attempt?.ended === 'open') return attempt;
    if (attempt !== undefined) {
      const { lastState } = attempt;
      if (lastState === state) return attempt;
      if (state === 'Idle' && lastState !== undefined) return attempt;
      if (state === 'Downloaded' && lastState === 'Updating') return attempt;
      const isSamePackage = lastState === 'Downloaded' && state === 'Updating';
      const isRestarted = attempt.ended === 'unknown' && attempt.endRow === this.#endOfIdle(attempt);
      if (isSamePackage || (isRestarted && state !== 'Idle')) {
        attempt.reopen();
        return attempt;
      }
    }
    // A state that changed shows an attempt whose beginning was not seen; a state alone shows none.
    if (before === undefined || before.state === state) return undefined;
    const begun = new PendingWrite();
    begun.row = before.row;
    begun.time = before.time;
    begun.serverEndpoint = this.serverEndpoint;
    const unseen = this.begin(undefined, begun);
    if (before.state !== 'Idle') unseen.addState(before.state, before.how, before.row, before.time);
    return unseen;
  }

  /** Row with which the device told that an attempt was back in Idle. */
  #endOfIdle(attempt: FirmwareAttempt): MessageRow {
    const last = attempt.states.at(-1);
    return last?.state === 'Idle' && attempt.result === undefined ? last.row : NO_ROW;
  }

  /** A result that was read may still be the one of the attempt before. */
  #isStale(attempt: FirmwareAttempt, value: number, before: number): boolean {
    const { lastState } = attempt;
    const isBack = lastState === 'Idle' || (lastState === 'Downloaded' && attempt.states.length > 1);
    // After a deferral nothing but the update itself sets another result.
    if (before === FirmwareResult.deferred && value !== before) return false;
    if (value === FirmwareResult.updated && !isBack && lastState !== 'Updating') return true;
    return value === before && !attempt.resultReset && !isBack;
  }

  #followResult(attempt: FirmwareAttempt, value: number, row: MessageRow, time: Nanoseconds): void {
    const state = stateOfResult(value);
    // The next package may come, though no state was told since.
    if (state === 'Idle') this.happened.reset = true;
    if (state === undefined || attempt.lastState === undefined) return;
    const last = attempt.states.at(-1);
    // A deferred update never began.
    if (value === FirmwareResult.deferred && last?.state === 'Updating' && last.how === 'inferred') {
      this.retract(attempt);
    }
    this.enter(attempt, state, 'inferred', row, time);
  }
}
