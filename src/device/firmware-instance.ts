import { Code } from '../coap/code.ts';
import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import {
  endOfResult,
  FIRMWARE_STATES,
  FirmwareAttempt,
  FirmwareResult,
  firmwareResultName,
  type FirmwareSpan,
  type FirmwareState,
  type FirmwareVersion,
  stateOfResult,
  type StateSource,
} from './firmware-attempt.ts';
import { closeLastSpan, OPEN_END } from './span.ts';

/** Spans kept for one object instance. */
const MAX_SPANS = 4096;
/** A first block that comes again after no more than this is a new choice of block size (RFC 7959 §2.5). */
const MAX_BLOCK: ByteCount = 1024;

/** A request to the object that was not answered yet; one of each kind, used again and again. */
export class PendingWrite {
  row: MessageRow = NO_ROW;
  time: Nanoseconds = 0;
  serverEndpoint = 0;
  /** URI written; undefined where it is not known (yet), empty for a reset. */
  uri: string | undefined;
  isReset = false;
  isFirstBlock = true;
  hasMore = false;
  offset: ByteCount = 0;
  end: ByteCount = 0;
  /** Size1, or -1. */
  size: ByteCount = -1;
  transfer = -1;
}

/** Where the attempts of all instances are kept, and what is known of a device's firmware. */
export interface AttemptStore {
  readonly attempts: FirmwareAttempt[];
  /** Firmware version of a device as last told (/3/0/3). */
  firmwareOf(device: number): string | undefined;
}

/**
 * One instance of /5 or /33629 on one device: its states as spans, and its update attempts. Knows requests and
 * answers only by what they mean (Firmware Update object, LwM2M Core §E.6).
 */
export class FirmwareInstance {
  device: number;
  readonly objectId: number;
  readonly instanceId: number;
  readonly spans: FirmwareSpan[] = [];
  readonly package = new PendingWrite();
  readonly uri = new PendingWrite();
  readonly update = new PendingWrite();
  readonly cancel = new PendingWrite();
  /** The last attempt. */
  attempt: FirmwareAttempt | undefined;

  readonly #store: AttemptStore;
  /** State last told by the device; undefined before. */
  #told: { state: FirmwareState; how: StateSource; row: MessageRow; time: Nanoseconds } | undefined;
  /** Result last told, -1 before. */
  #result = -1;
  readonly #known: FirmwareVersion = {};

  constructor(store: AttemptStore, device: number, objectId: number, instanceId: number) {
    this.#store = store;
    this.device = device;
    this.objectId = objectId;
    this.instanceId = instanceId;
  }

  /** The last attempt, if it has not ended. */
  get open(): FirmwareAttempt | undefined {
    return this.attempt?.ended === 'open' ? this.attempt : undefined;
  }

  /** A write of the package, or of a block of it, was answered. */
  packageAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { package: written } = this;
    if (code >> 5 !== 2) {
      this.#refuse('push', written, code, row, time);
      return;
    }
    if (written.isReset) {
      this.#reset('cancelled', row, time);
      return;
    }
    const open = this.open?.method === 'push' && !this.open.complete ? this.open : undefined;
    const isRepeated = written.isFirstBlock && open !== undefined && open.received > MAX_BLOCK;
    const attempt = open === undefined || isRepeated ? this.#begin('push', written) : open;
    if (written.size > 0) attempt.length = written.size;
    attempt.addBlock(written.offset, written.end);
    attempt.addTransfer(written.transfer);
    attempt.evidence.add(row);
    if (!written.hasMore) attempt.finishBlocks();
    else if (code === Code.continue) this.#inferDownloading(attempt, row, time);
    this.#showProgress(attempt);
  }

  /** A write of the package URI was answered. */
  uriAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { uri: written } = this;
    if (written.uri === '') {
      if (code >> 5 === 2) this.#reset('cancelled', row, time);
    } else if (code >> 5 !== 2) this.#refuse('pull', written, code, row, time);
    else this.#begin('pull', written).evidence.add(row);
  }

  /** Execute of resource 2 was answered: accepted, the device is updating. */
  updateAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { update } = this;
    if (code >> 5 !== 2) return;
    let { attempt } = this;
    const isRetried = attempt?.ended === 'failed' || attempt?.ended === 'deferred';
    if (attempt !== undefined && isRetried && attempt.lastState === 'Downloaded') attempt.reopen();
    const told = this.#told;
    // The notification may come before the answer.
    if (told !== undefined && told.time > update.time && told.state !== 'Downloaded') return;
    if (attempt?.ended !== 'open') {
      // In Idle it must not be accepted: then nothing follows from the answer.
      if (told?.state === 'Idle') return;
      attempt = this.#begin(undefined, update);
      if (told !== undefined) attempt.addState(told.state, told.how, told.row, told.time);
    }
    if (attempt.lastState === 'Idle') return;
    if (attempt.lastState === 'Downloading' || (attempt.lastState === undefined && attempt.complete)) {
      this.#enter(attempt, 'Downloaded', 'inferred', update.row, update.time);
    }
    this.#enter(attempt, 'Updating', 'inferred', row, time);
  }

  /** Execute of resource 10 was answered. */
  cancelAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    if (code >> 5 === 2) this.#reset('cancelled', row, time);
  }

  /** The device fetches the URI that was written, before the write was answered. */
  uriInUse(): void {
    if (this.uri.row === NO_ROW) return;
    this.#begin('pull', this.uri);
    this.uri.row = NO_ROW;
  }

  /** A block of the package was fetched. */
  fetched(
    attempt: FirmwareAttempt,
    offset: ByteCount,
    end: ByteCount,
    isLast: boolean,
    row: MessageRow,
    time: Nanoseconds,
  ): void {
    attempt.addBlock(offset, end);
    attempt.evidence.add(row);
    if (isLast) attempt.finishBlocks();
    this.#inferDownloading(attempt, row, time);
    this.#showProgress(attempt);
  }

  /** The device told its state (resource 3). */
  stateTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const state = FIRMWARE_STATES[value];
    if (state === undefined) return;
    const before = this.#told;
    this.#told = { state, how, row, time };
    const attempt = this.#attemptOf(state, before);
    if (attempt === undefined) {
      this.#span(state, how, row, time);
      return;
    }
    const last = attempt.states.at(-1);
    if (attempt.ended === 'open' && state === 'Idle') {
      if (last?.state === 'Downloading' && last.how === 'inferred') {
        this.#retract(attempt);
        attempt.isDownloadSilent = true;
      }
      if (attempt.lastState === undefined) {
        this.#span(state, how, row, time);
        return;
      }
    }
    this.#enter(attempt, state, how, row, time);
    // The result tells what Idle means; until then nobody knows.
    if (attempt.ended === 'open' && state === 'Idle') attempt.end('unknown', time, row);
  }

  /** The device told its result (resource 5). */
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
    attempt.result = { value, name: firmwareResultName(value), row, time };
    attempt.evidence.decide(row);
    if (attempt.ended !== 'cancelled') attempt.end(ended, time, row);
    if (ended === 'updated' && attempt.package.name !== undefined) attempt.after.name = attempt.package.name;
    this.#followResult(attempt, value, row, time);
  }

  /** The device told the package's name (resource 6) or version (resource 7). */
  packageTold(what: 'name' | 'version', text: string): void {
    if (text === '') return;
    this.#known[what] = text;
    const { attempt } = this;
    if (attempt === undefined) return;
    if (attempt.ended === 'open') attempt.package[what] = text;
    else if (attempt.ended === 'updated') attempt.after[what] ??= text;
  }

  /** The device told its firmware version (/3/0/3). */
  versionTold(text: string): void {
    const { attempt } = this;
    if (attempt === undefined) return;
    if (attempt.ended === 'open' && attempt.lastState !== 'Updating') return;
    attempt.after.version = text;
  }

  /** The attempt that a state told belongs to; undefined where it is only the state of things. */
  #attemptOf(
    state: FirmwareState,
    before: { state: FirmwareState; how: StateSource; row: MessageRow; time: Nanoseconds } | undefined,
  ): FirmwareAttempt | undefined {
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
    const unseen = this.#begin(undefined, begun);
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
    if (value === FirmwareResult.updated && !isBack && lastState !== 'Updating') return true;
    return value === before && !attempt.resultReset && !isBack;
  }

  #followResult(attempt: FirmwareAttempt, value: number, row: MessageRow, time: Nanoseconds): void {
    const state = stateOfResult(value);
    if (state === undefined || attempt.lastState === undefined) return;
    const last = attempt.states.at(-1);
    // A deferred update never began.
    if (value === FirmwareResult.deferred && last?.state === 'Updating' && last.how === 'inferred') {
      this.#retract(attempt);
    }
    this.#enter(attempt, state, 'inferred', row, time);
  }

  #begin(method: 'push' | 'pull' | undefined, written: PendingWrite): FirmwareAttempt {
    const { attempts } = this.#store;
    this.open?.end('unknown', written.time, written.row);
    const attempt = new FirmwareAttempt(
      attempts.length,
      this.device,
      this.objectId,
      this.instanceId,
      written.serverEndpoint,
      written.time,
    );
    attempt.method = method;
    if (method === 'pull') attempt.uri = written.uri;
    const version = this.#store.firmwareOf(this.device) ?? this.#known.version;
    if (version !== undefined) attempt.before.version = version;
    if (this.#known.name !== undefined) attempt.before.name = this.#known.name;
    attempt.evidence.decide(written.row);
    attempts.push(attempt);
    this.attempt = attempt;
    return attempt;
  }

  /** The device did not take the package or the URI. What was under way before goes on. */
  #refuse(
    method: 'push' | 'pull',
    written: PendingWrite,
    code: number,
    row: MessageRow,
    time: Nanoseconds,
  ): void {
    const { open } = this;
    const isContinued = open?.method === 'push' && method === 'push' && !open.complete;
    if (open !== undefined && !isContinued) return;
    // Too large for one message or for the block size: the server tries smaller blocks (RFC 7959 §2.9.3).
    if (code === Code.requestEntityTooLarge && written.isFirstBlock) return;
    const attempt = open ?? this.#begin(method, written);
    attempt.refusal = code;
    attempt.end('failed', time, row);
  }

  /** Cancelled, or set back by an empty package or URI: the device is in Idle. */
  #reset(ended: 'cancelled', row: MessageRow, time: Nanoseconds): void {
    const { attempt } = this;
    if (attempt === undefined) return;
    if (attempt.ended === 'open') attempt.end(ended, time, row);
    else if (attempt.lastState !== 'Downloaded') return;
    if (attempt.lastState !== undefined) this.#enter(attempt, 'Idle', 'inferred', row, time);
  }

  #inferDownloading(attempt: FirmwareAttempt, row: MessageRow, time: Nanoseconds): void {
    if (attempt.isDownloadSilent || attempt.lastState !== undefined) return;
    this.#enter(attempt, 'Downloading', 'inferred', row, time);
  }

  #showProgress(attempt: FirmwareAttempt): void {
    const span = this.spans.at(-1);
    if (span?.state === 'Downloading' && span.to === OPEN_END) span.progress = attempt.progress;
  }

  #enter(
    attempt: FirmwareAttempt,
    state: FirmwareState,
    how: StateSource,
    row: MessageRow,
    time: Nanoseconds,
  ): void {
    attempt.addState(state, how, row, time);
    this.#span(state, how, row, time);
    this.#showProgress(attempt);
  }

  #span(state: FirmwareState, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const last = this.spans.at(-1);
    const proven = how !== 'inferred';
    if (last?.state === state && (last.proven || !proven)) return;
    closeLastSpan(this.spans, time);
    if (this.spans.length === MAX_SPANS) return;
    this.spans.push({ from: time, to: OPEN_END, state, row, proven, how, progress: NaN });
  }

  /** Takes back the last state, which was inferred and turned out wrong. */
  #retract(attempt: FirmwareAttempt): void {
    attempt.states.pop();
    if (this.spans.at(-1)?.proven !== false) return;
    this.spans.pop();
    const before = this.spans.at(-1);
    if (before !== undefined) before.to = OPEN_END;
  }
}
