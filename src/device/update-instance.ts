import { Code } from '../coap/code.ts';
import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import {
  FirmwareAttempt,
  type FirmwareEnd,
  type FirmwareSpan,
  type FirmwareVersion,
  type IllegalStep,
  type StateSource,
  type UpdateTerms,
} from './firmware-attempt.ts';
import { PendingWrite } from './pending-write.ts';
import type { SecuritySign } from './security-sign.ts';
import { closeLastSpan, OPEN_END } from './span.ts';
import type { UpdateCommand, UpdateObject, UpdateState } from './update-object.ts';
import type { Happened } from './update-transition.ts';

/** Spans kept for one object instance. */
const MAX_SPANS = 4096;
/** Illegal steps kept for one object instance. */
const MAX_ILLEGAL = 256;
/** Attempts, the newest first, among which the one is sought that brought a package for several instances. */
const MAX_LEADERS = 32;
/** A first block that comes again after no more than this is a new choice of block size (RFC 7959 §2.5). */
const MAX_BLOCK: ByteCount = 1024;

/** Where the attempts of all instances are kept, and what is known of a device's firmware. */
export interface AttemptStore {
  readonly attempts: FirmwareAttempt[];
  /** Firmware version of a device as last told (/3/0/3). */
  firmwareOf(device: number): string | undefined;
}

/** A state as the device told it. */
export interface ToldState {
  state: UpdateState;
  how: StateSource;
  row: MessageRow;
  time: Nanoseconds;
}

/**
 * One instance of an object that updates a device: its states as spans, its update attempts, and how their packages
 * came. What states and results mean is told by `FirmwareInstance` and `SoftwareInstance`.
 */
export abstract class UpdateInstance {
  device: number;
  readonly object: UpdateObject;
  readonly instanceId: number;
  /** Endpoint of the server in whose messages it was seen last. */
  serverEndpoint = -1;
  readonly spans: FirmwareSpan[] = [];
  /** Steps that the state machine forbids, those of attempts among them. */
  readonly illegal: IllegalStep[] = [];
  readonly package = new PendingWrite();
  readonly uri = new PendingWrite();
  readonly command = new PendingWrite();
  /** What the command that waits for its answer asks for. */
  commandKind: UpdateCommand = 'update';
  terms: UpdateTerms = {};
  /** The last attempt. */
  attempt: FirmwareAttempt | undefined;

  protected readonly store: AttemptStore;
  /** State last told by the device; undefined before. */
  protected told: ToldState | undefined;
  /** What was accepted since. */
  protected readonly happened: Happened = { began: false, executed: false, reset: false };
  readonly #known: FirmwareVersion = {};

  constructor(store: AttemptStore, device: number, object: UpdateObject, instanceId: number) {
    this.store = store;
    this.device = device;
    this.object = object;
    this.instanceId = instanceId;
  }

  get objectId(): number {
    return this.object.objectId;
  }

  /** The last attempt, if it has not ended. */
  get open(): FirmwareAttempt | undefined {
    return this.attempt?.ended === 'open' ? this.attempt : undefined;
  }

  /** The device told its state. Values that the object does not define say nothing. */
  abstract stateTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void;
  /** The device told its result. */
  abstract resultTold(value: number, how: StateSource, row: MessageRow, time: Nanoseconds): void;
  /** The command that waits was answered. */
  abstract commandAnswered(code: number, row: MessageRow, time: Nanoseconds): void;
  /** State before a package comes, and while it comes. */
  protected abstract readonly first: UpdateState;
  protected abstract readonly loading: UpdateState;
  /** Whether the last attempt may be set back although it has ended. */
  protected abstract canReset(attempt: FirmwareAttempt): boolean;

  /** A write of the package, or of a block of it, was answered. */
  packageAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { package: written } = this;
    if (code >> 5 !== 2) {
      this.#refuse('push', written, code, row, time);
      return;
    }
    if (written.isReset) {
      this.reset('cancelled', row, time);
      return;
    }
    const open = this.open?.method === 'push' && !this.open.complete ? this.open : undefined;
    const isRepeated = written.isFirstBlock && open !== undefined && open.received > MAX_BLOCK;
    const isNew = open === undefined || isRepeated;
    const attempt = isNew ? this.begin('push', written) : open;
    if (isNew) {
      attempt.addEvent('package written', written.row, written.time);
      if (!isRepeated && written.isFirstBlock) this.#checkBegin(attempt, written, row, time);
    }
    this.happened.began = true;
    if (written.size > 0) attempt.length = written.size;
    attempt.addBlock(written.offset, written.end);
    attempt.addTransfer(written.transfer);
    attempt.evidence.add(row);
    if (!written.hasMore) {
      attempt.finishBlocks();
      if (written.isWhole) attempt.packageRow = written.row;
      attempt.addEvent('transfer ended', row, time);
    } else if (code === Code.continue) this.inferLoading(attempt, row, time);
    this.showProgress(attempt);
  }

  /** A write of the package URI was answered. */
  uriAnswered(code: number, row: MessageRow, time: Nanoseconds): void {
    const { uri: written } = this;
    if (written.uri === '') {
      if (code >> 5 === 2) this.reset('cancelled', row, time);
    } else if (code >> 5 !== 2) this.#refuse('pull', written, code, row, time);
    else this.#beginPull(row, time);
  }

  /** The device fetches the URI that was written, before the write was answered. */
  uriInUse(): void {
    const { uri } = this;
    if (uri.row === NO_ROW) return;
    this.#beginPull(uri.row, uri.time);
    uri.row = NO_ROW;
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
    if (isLast) {
      attempt.finishBlocks();
      attempt.addEvent('transfer ended', row, time);
    }
    this.inferLoading(attempt, row, time);
    this.showProgress(attempt);
  }

  /** The device told the package's name or version. */
  packageTold(what: 'name' | 'version', text: string): void {
    if (text === '') return;
    this.#known[what] = text;
    const { attempt } = this;
    if (attempt === undefined) return;
    if (attempt.ended === 'open') attempt.package[what] = text;
    else if (attempt.ended === 'updated') attempt.after[what] ??= text;
  }

  /** The device told the version that runs (/3/0/3, /33629/x/15). */
  versionTold(text: string, row: MessageRow, time: Nanoseconds): void {
    const { attempt } = this;
    if (attempt === undefined || !this.mayRunNew(attempt)) {
      this.#known.version = text;
      return;
    }
    if (attempt.after.version === undefined) attempt.addEvent('version told', row, time);
    attempt.after.version = text;
  }

  /** Whether a version that is told now may be the one of after the attempt. */
  protected mayRunNew(attempt: FirmwareAttempt): boolean {
    return attempt.ended !== 'open' || attempt.has('update executed');
  }

  /** The device registered, or updated its registration. */
  registered(isNew: boolean, row: MessageRow, time: Nanoseconds): void {
    const { attempt } = this;
    if (attempt === undefined || !(attempt.has('update executed') || attempt.has('reboot executed'))) return;
    if (attempt.has('registered')) return;
    if (isNew) attempt.addEvent('registered', row, time);
    else if (!attempt.has('registration updated')) attempt.addEvent('registration updated', row, time);
  }

  /** The device began a handshake: said of an attempt in which it was to start anew. */
  shookHands({ time, file, frame }: SecuritySign): void {
    const { attempt } = this;
    if (attempt?.has('update executed') === true || attempt?.has('reboot executed') === true)
      attempt.addHandshake(time, file, frame);
  }

  /** A reboot was executed and accepted. */
  rebooted(row: MessageRow, time: Nanoseconds): void {
    this.open?.addEvent('reboot executed', row, time);
  }

  /** Notes a step that the state machine forbids; with the attempt where there is one. */
  protected forbid(
    attempt: FirmwareAttempt | undefined,
    from: UpdateState,
    to: UpdateState,
    row: MessageRow,
    time: Nanoseconds,
  ): void {
    const step: IllegalStep = { time, from, to, row, clause: this.object.clause };
    attempt?.addIllegal(step);
    if (this.illegal.length < MAX_ILLEGAL) this.illegal.push(step);
  }

  /** Takes a state as told; from here on other requests count. */
  protected remember(state: UpdateState, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    this.told = { state, how, row, time };
    this.happened.began = false;
    this.happened.executed = false;
    this.happened.reset = false;
  }

  protected begin(method: 'push' | 'pull' | undefined, written: PendingWrite): FirmwareAttempt {
    const { attempts } = this.store;
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
    // What is told from now on is not said of the attempt before.
    this.terms = { ...this.terms };
    attempt.terms = this.terms;
    if (method === undefined) attempt.leader = this.#leader();
    if (method === 'pull') attempt.uri = written.uri;
    const version = this.runningVersion() ?? this.#known.version;
    if (version !== undefined) attempt.before.version = version;
    if (this.#known.name !== undefined) attempt.before.name = this.#known.name;
    attempt.evidence.decide(written.row);
    attempts.push(attempt);
    this.attempt = attempt;
    return attempt;
  }

  /** Version of what runs now, where another resource than the package's tells it. */
  protected runningVersion(): string | undefined {
    return this.#known.version;
  }

  /** The attempt of another instance whose package brought this one on its way too (/33629); -1 for none. */
  #leader(): number {
    if (this.object.linked < 0) return -1;
    const { attempts } = this.store;
    for (let at = attempts.length - 1; at >= 0 && at >= attempts.length - MAX_LEADERS; at--) {
      const other = attempts[at]!;
      const isBeside = other.objectId === this.objectId && other.instanceId !== this.instanceId;
      if (isBeside && other.device === this.device && other.ended === 'open' && other.complete) return at;
    }
    return -1;
  }

  #beginPull(row: MessageRow, time: Nanoseconds): void {
    const { uri: written } = this;
    const attempt = this.begin('pull', written);
    attempt.addEvent('uri written', written.row, written.time);
    this.#checkBegin(attempt, written, row, time);
    attempt.evidence.add(row);
    this.happened.began = true;
  }

  /** A package is taken in the first state only; what a device may have left unseen is not held against it. */
  #checkBegin(attempt: FirmwareAttempt, written: PendingWrite, row: MessageRow, time: Nanoseconds): void {
    const { told, happened } = this;
    if (told === undefined || told.state === this.first || told.row > written.row) return;
    if (happened.began || happened.executed || happened.reset) return;
    if (told.how === 'read' && this.leavesByItself(told.state)) return;
    this.forbid(attempt, told.state, this.loading, row, time);
  }

  /** Whether a device may leave a state without a request, unseen between two reads. */
  protected abstract leavesByItself(state: UpdateState): boolean;

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
    const attempt = open ?? this.begin(method, written);
    attempt.addEvent(method === 'push' ? 'package written' : 'uri written', row, time, code);
    attempt.refusal = code;
    attempt.end('failed', time, row);
  }

  /** Cancelled, or set back by an empty package or URI: the device is in its first state. */
  protected reset(ended: FirmwareEnd, row: MessageRow, time: Nanoseconds): void {
    const { attempt } = this;
    this.happened.reset = true;
    if (attempt === undefined) return;
    if (attempt.ended === 'open') attempt.end(ended, time, row);
    else if (!this.canReset(attempt)) return;
    attempt.addEvent('reset', row, time);
    if (attempt.lastState !== undefined) this.enter(attempt, this.first, 'inferred', row, time);
  }

  protected inferLoading(attempt: FirmwareAttempt, row: MessageRow, time: Nanoseconds): void {
    if (attempt.isDownloadSilent || attempt.lastState !== undefined) return;
    this.enter(attempt, this.loading, 'inferred', row, time);
  }

  protected showProgress(attempt: FirmwareAttempt): void {
    const span = this.spans.at(-1);
    if (span?.state === this.loading && span.to === OPEN_END) span.progress = attempt.progress;
  }

  protected enter(
    attempt: FirmwareAttempt,
    state: UpdateState,
    how: StateSource,
    row: MessageRow,
    time: Nanoseconds,
    illegal = false,
  ): void {
    attempt.addState(state, how, row, time);
    this.span(state, how, row, time, illegal);
    this.showProgress(attempt);
  }

  protected span(
    state: UpdateState,
    how: StateSource,
    row: MessageRow,
    time: Nanoseconds,
    illegal = false,
  ): void {
    const last = this.spans.at(-1);
    const proven = how !== 'inferred';
    if (last?.state === state && (last.proven || !proven)) return;
    closeLastSpan(this.spans, time);
    if (this.spans.length === MAX_SPANS) return;
    this.spans.push({ from: time, to: OPEN_END, state, row, proven, how, illegal, progress: NaN });
  }

  /** Takes back the last state, which was inferred and turned out wrong. */
  protected retract(attempt: FirmwareAttempt): void {
    attempt.states.pop();
    if (this.spans.at(-1)?.proven !== false) return;
    this.spans.pop();
    const before = this.spans.at(-1);
    if (before !== undefined) before.to = OPEN_END;
  }
}
