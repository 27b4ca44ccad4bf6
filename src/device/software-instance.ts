import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { endOfSoftwareResult, type FirmwareAttempt, type StateSource } from './firmware-attempt.ts';
import { PendingWrite } from './pending-write.ts';
import { type ToldState, UpdateInstance } from './update-instance.ts';
import {
  FIRST_SOFTWARE_FAILURE,
  SOFTWARE_STATES,
  SoftwareResult,
  type SoftwareState,
  updateResultName,
  type UpdateState,
} from './update-object.ts';
import { isSoftwareStep } from './update-transition.ts';

/**
 * One instance of /9 on one device: what its states and results mean (Software Management object). An attempt goes
 * from the package to Installed; what happens to software that is installed is noted as events of its attempt.
 */
export class SoftwareInstance extends UpdateInstance {
  protected readonly first = 'Initial';
  protected readonly loading = 'Download Started';

  commandAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { commandKind: kind } = this;
    if (kind === 'update' || kind === 'cancel') return;
    const isAccepted = code >> 5 === 2;
    const { attempt, told, happened, command } = this;
    if (!isAccepted) {
      attempt?.addEvent(`${kind} executed`, row, time, code);
      return;
    }
    const isFresh = told !== undefined && told.time <= command.time && !happened.began && !happened.reset;
    if (kind === 'install') {
      // What is on its way may be there by now; what never began is not.
      if (isFresh && !happened.executed && (told.state === 'Initial' || told.state === 'Installed'))
        this.forbid(this.open, told.state, 'Installed', row, time);
      this.#installed(row, time);
      return;
    }
    if (kind === 'uninstall') {
      attempt?.addEvent('uninstall executed', command.row, command.time);
      if (isFresh && told.state === 'Initial') this.forbid(this.open, 'Initial', 'Initial', row, time);
      this.reset('cancelled', row, time);
      return;
    }
    attempt?.addEvent(`${kind} executed`, command.row, command.time);
    if (isFresh && !happened.executed && told.state !== 'Installed')
      this.forbid(attempt, told.state, told.state, row, time);
  }

  stateTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const state = SOFTWARE_STATES[value];
    if (state === undefined) return;
    const before = this.told;
    const illegal =
      before !== undefined && before.state !== state && !isSoftwareStep(before.state, state, this.happened);
    this.remember(state, how, row, time);
    const attempt = this.#attemptOf(state, before);
    if (illegal) this.forbid(attempt, before.state, state, row, time);
    if (attempt === undefined) {
      this.span(state, how, row, time, illegal);
      return;
    }
    const last = attempt.states.at(-1);
    if (attempt.ended === 'open' && state === 'Initial') {
      if (last?.state === 'Download Started' && last.how === 'inferred') {
        this.retract(attempt);
        attempt.isDownloadSilent = true;
      }
      if (attempt.lastState === undefined) {
        this.span(state, how, row, time, illegal);
        return;
      }
    }
    this.enter(attempt, state, how, row, time, illegal);
    if (attempt.ended !== 'open') return;
    if (state === 'Installed') this.#end(attempt, row, time);
    else if (state === 'Initial') attempt.end('unknown', time, row);
  }

  resultTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const { attempt } = this;
    if (attempt === undefined) return;
    if (value < SoftwareResult.installed) {
      if (attempt.ended === 'open') attempt.resultReset = true;
      return;
    }
    if (value === SoftwareResult.verified) {
      const { lastState } = attempt;
      const isBefore = lastState === 'Downloaded' || lastState === 'Download Started';
      if (attempt.ended === 'open' && isBefore && how === 'notified')
        this.enter(attempt, 'Delivered', 'inferred', row, time);
      return;
    }
    const ended = endOfSoftwareResult(value);
    if (attempt.result?.value === value) return;
    if (attempt.result !== undefined && attempt.ended !== 'open') return;
    if (how === 'read' && this.#isStale(attempt, value)) return;
    // Told although the attempt had ended otherwise, it speaks of what came after.
    if (attempt.ended === 'cancelled' || (ended === undefined && value < FIRST_SOFTWARE_FAILURE)) return;
    attempt.result = { value, name: updateResultName(this.objectId, value), row, time };
    attempt.evidence.decide(row);
    if (ended === undefined) return;
    // What the state has told before, the result only confirms.
    if (attempt.ended !== ended) attempt.end(ended, time, row);
    if (attempt.lastState === undefined) return;
    if (value === SoftwareResult.installed) this.enter(attempt, 'Installed', 'inferred', row, time);
    else if (value === SoftwareResult.installFailed) this.enter(attempt, 'Delivered', 'inferred', row, time);
    else if (value !== SoftwareResult.deviceError) this.enter(attempt, 'Initial', 'inferred', row, time);
  }

  protected canReset(attempt: FirmwareAttempt): boolean {
    return attempt.lastState !== undefined && attempt.lastState !== 'Initial';
  }

  protected leavesByItself(state: UpdateState): boolean {
    return state === 'Download Started' || state === 'Downloaded';
  }

  protected override mayRunNew(): boolean {
    return false;
  }

  /** Install was accepted: the package was delivered. Whether it is installed is for the device to say. */
  #installed(row: MessageRow, time: Nanoseconds): void {
    const { command, told } = this;
    this.happened.executed = true;
    let { attempt } = this;
    if (attempt?.ended === 'failed' && attempt.lastState === 'Delivered') attempt.reopen();
    if (attempt?.ended !== 'open') {
      if (told === undefined || told.state === 'Initial' || told.state === 'Installed') {
        attempt?.addEvent('install executed', command.row, command.time);
        return;
      }
      attempt = this.begin(undefined, command);
      attempt.addState(told.state, told.how, told.row, told.time);
    }
    attempt.addEvent('install executed', command.row, command.time);
    const { lastState } = attempt;
    const isLoaded = lastState === 'Download Started' || lastState === 'Downloaded';
    if (isLoaded || (lastState === undefined && attempt.complete))
      this.enter(attempt, 'Delivered', 'inferred', row, time);
  }

  #attemptOf(state: SoftwareState, before: ToldState | undefined): FirmwareAttempt | undefined {
    const { attempt } = this;
    if (attempt?.ended === 'open') return attempt;
    if (attempt !== undefined) {
      const { lastState } = attempt;
      const isAfter = state === 'Initial' && lastState !== undefined;
      if (lastState === state || isAfter) return attempt;
      if (state === 'Installed' && lastState === 'Delivered') {
        attempt.reopen();
        return attempt;
      }
      const isRestarted = attempt.ended === 'unknown' && attempt.endRow === attempt.states.at(-1)?.row;
      if (isRestarted) {
        attempt.reopen();
        return attempt;
      }
    }
    // Software that is there and software that is gone are no attempts; what is under way is one.
    if (before === undefined || before.state === state || state === 'Initial') return undefined;
    const begun = new PendingWrite();
    begun.row = before.row;
    begun.time = before.time;
    begun.serverEndpoint = this.serverEndpoint;
    const unseen = this.begin(undefined, begun);
    if (before.state !== 'Initial') unseen.addState(before.state, before.how, before.row, before.time);
    return unseen;
  }

  /** Result 2 that was read before anything was installed is the one of the attempt before. */
  #isStale(attempt: FirmwareAttempt, value: number): boolean {
    const { lastState } = attempt;
    if (value === SoftwareResult.installed)
      return lastState !== 'Installed' && !attempt.has('install executed');
    return lastState !== 'Initial' && lastState !== 'Delivered' && !attempt.resultReset;
  }

  #end(attempt: FirmwareAttempt, row: MessageRow, time: Nanoseconds): void {
    attempt.end('updated', time, row);
    const { name, version } = attempt.package;
    if (name !== undefined) attempt.after.name = name;
    if (version !== undefined) attempt.after.version = version;
  }
}
