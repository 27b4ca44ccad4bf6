import { Code } from '../coap/code.ts';
import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { NO_BLOCK, type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { parseRegistrationQuery } from '../lwm2m/query.ts';
import { type RegisteredObject, RegisteredObjectLists } from './registered-objects.ts';
import { RegistrationBook, RegistrationChange, type RegistrationListener } from './registration-book.ts';
import { Registration } from './registration-record.ts';
import { OPEN_END } from './span.ts';
import { TimerKind, type TimerKindCode, type TimerPort } from './timer-port.ts';

/** After this time no answer to a request comes any more: EXCHANGE_LIFETIME, 247 s (RFC 7252 §4.8.2). */
const EXCHANGE_LIFETIME: Nanoseconds = 247e9;

/**
 * Follows the registrations of all clients at all servers (LwM2M Core §6.2, Transport §6.4.3): takes operation
 * events in capture order and timers of the capture clock, and holds one `Registration` for each Register, and for
 * each registration that only an Update shows. Nothing is concluded from silence unless the capture shows that an
 * answer would have been seen: the server was heard, and EXCHANGE_LIFETIME has passed or the client tried again.
 */
export class RegistrationTracker {
  readonly #book: RegistrationBook;
  readonly #objectLists = new RegisteredObjectLists();
  readonly #timers: TimerPort;
  /** By row of a Register that was not answered yet. */
  readonly #awaiting = new Map<MessageRow, Registration>();
  /** By conversation: the last Register, while no answer to it was seen. */
  readonly #asking: (Registration | undefined)[] = [];
  /** By conversation: true where a Register was seen. */
  readonly #registerSeen: boolean[] = [];

  constructor(timers: TimerPort) {
    this.#timers = timers;
    this.#book = new RegistrationBook(timers);
  }

  /** All registrations, in the order in which their first message came. Skip those with a `duplicateOf`. */
  get registrations(): readonly Registration[] {
    return this.#book.registrations;
  }

  /** Registers beyond the limit of 200,000, not followed. */
  /** Registrations that were over and were forgotten. */
  get forgotten(): number {
    return this.#book.forgotten;
  }

  /** As `RegistrationBook.forget`. */
  forget(isForgotten: (registration: Registration) => boolean): Int32Array | undefined {
    return this.#book.forget(isForgotten);
  }

  get dropped(): number {
    return this.#book.dropped;
  }

  /** Says whom to tell the root of each registered object tree that is not `/` (LwM2M Transport §6.4.1). */
  set onRoot(listener: (rootPath: string) => void) {
    this.#objectLists.onRoot = listener;
  }

  /** Adds a listener; it hears what happens from now on. */
  listen(listener: RegistrationListener): void {
    this.#book.listen(listener);
  }

  /** Whether a canonical path text is a location that this server gave, or a client used; ended or not. */
  isLocation(serverEndpoint: number, location: string): boolean {
    return this.#book.locations.at(serverEndpoint, location) !== undefined;
  }

  /** Whether a message of a server was seen. */
  isHeard(serverEndpoint: number): boolean {
    return this.#book.isHeard(serverEndpoint);
  }

  /**
   * A bootstrap has deleted the account of the server of a registration: the client counts as de-registered without
   * a message that says so (LwM2M Core §6.1.7.6).
   */
  accountDeleted(registration: Registration, event: OperationEvent): void {
    if (registration.live) this.#book.end(registration, 'deregistered', undefined, event.time, event.row);
  }

  /** The registration that is in force in a conversation, if one is. */
  inForce(conversation: number): Registration | undefined {
    return this.#book.inForce(conversation);
  }

  /** Whether a Register waits for its answer: until then every answer of its conversation may tell of it. */
  get isAwaiting(): boolean {
    return this.#awaiting.size > 0;
  }

  /** Takes the next operation event. Allocates nothing for operations outside registration. */
  on(event: OperationEvent): void {
    if (!event.fromDevice && event.roleKnown) this.#book.hear(event.serverEndpoint);
    const { operation } = event;
    if (operation < Operation.register || operation > Operation.deregister) {
      if (this.#asking[event.conversation] !== undefined) this.#assume(event);
    } else if (operation === Operation.register) {
      if (event.phase === Phase.request) this.#register(event);
      else this.#registerAnswer(event);
    } else if (event.phase === Phase.request) this.#use(event);
    else this.#useAnswer(event);
  }

  /** Wakes what asked to be woken at `time` of the capture clock. `subject` is a registration's index. */
  onTimer(kind: TimerKindCode, subject: number, time: Nanoseconds): void {
    const registration = this.registrations[subject];
    if (registration === undefined) return;
    if (kind === TimerKind.registrationExpiry) this.#expire(registration, time);
    else if (kind === TimerKind.registrationAnswer) this.#giveUp(registration, time);
  }

  /** The exchange of a request is known to have failed: no transmission of a CON was acknowledged. */
  exchangeTimedOut(requestRow: MessageRow, time: Nanoseconds): void {
    const registration = this.#awaiting.get(requestRow);
    if (registration?.ended === 'open' || registration?.ended === 'unknown') {
      this.#book.endUnanswered(registration, time, true);
    }
  }

  #register(event: OperationEvent): void {
    const { conversation } = event;
    this.#registerSeen[conversation] = true;
    const asking = this.#asking[conversation];
    if (asking !== undefined && isLaterBlock(event)) {
      this.#awaiting.delete(asking.requestRow);
      asking.requestRow = event.row;
      asking.pending.time = event.time;
      asking.evidence.add(event.row);
      if (event.transferComplete) asking.objects = this.#objects(event);
      this.#awaiting.set(event.row, asking);
      return;
    }
    const registration = new Registration(event);
    if (!this.#book.admit(registration)) return;
    registration.takeRegister(parseRegistrationQuery(event.queryText()));
    if (isWholeRequest(event)) registration.objects = this.#objects(event);
    registration.pending.time = event.time;
    registration.evidence.decide(event.row);
    registration.enter('registering', event.time, event.row, true);
    this.#book.retried(registration);
    this.#asking[conversation] = registration;
    this.#awaiting.set(event.row, registration);
    this.#waitForAnswer(registration);
    this.#book.tell(RegistrationChange.requested, registration, event);
  }

  #waitForAnswer(registration: Registration): void {
    const time = registration.pending.time + EXCHANGE_LIFETIME;
    this.#timers.schedule(time, TimerKind.registrationAnswer, registration.index);
  }

  #objects(event: OperationEvent): readonly RegisteredObject[] {
    return this.#objectLists.read(event.body, event.bodyStart, event.bodyEnd);
  }

  #registerAnswer(event: OperationEvent): void {
    if (event.code === Code.continue) return;
    const registration = this.#awaiting.get(event.requestRow);
    if (registration === undefined) return;
    this.#answered(registration);
    registration.evidence.decide(event.row);
    registration.code = event.code;
    if (event.code >> 5 !== 2) {
      this.#book.end(registration, 'refused', 'refused', event.time, event.row);
      return;
    }
    if (endsBlock1(event)) registration.objects = this.#objects(event);
    const location = event.locationText();
    registration.location = location === '' ? undefined : location;
    if (this.#book.takeOtherView(registration)) return;
    this.#book.enterForce(registration, event, 'registered');
    this.#book.renew(registration, event.time);
    this.#book.tell(RegistrationChange.registered, registration, event);
  }

  #answered(registration: Registration): void {
    this.#awaiting.delete(registration.requestRow);
    for (const conversation of registration.conversations) {
      if (this.#asking[conversation] === registration) this.#asking[conversation] = undefined;
    }
  }

  /** The server acts as if it had accepted the Register whose answer was not seen. */
  #assume(event: OperationEvent): void {
    const registration = this.#asking[event.conversation];
    if (registration === undefined || !event.roleKnown) return;
    if (event.phase === Phase.request || !isSuccess(event.code)) return;
    const { operation, requestRow, fromDevice } = event;
    const isManagement = fromDevice && operation >= Operation.read && operation <= Operation.notify;
    if (!isManagement && (fromDevice || operation !== Operation.send)) return;
    if (requestRow === NO_ROW || requestRow < registration.requestRow) return;
    if (this.inForce(event.conversation) !== undefined) return;
    this.#asking[event.conversation] = undefined;
    registration.assumed = true;
    registration.evidence.decide(event.row);
    this.#book.enterForce(registration, event, 'assumed');
    this.#book.tell(RegistrationChange.assumed, registration, event);
  }

  /** An Update or a De-register was sent. */
  #use(event: OperationEvent): void {
    const registration = this.#book.find(event) ?? this.#stray(event);
    const { pending } = registration;
    const isContinued = isLaterBlock(event) && pending.row !== NO_ROW;
    pending.row = event.row;
    if (!isContinued) {
      pending.time = event.time;
      pending.isDeregister = event.operation === Operation.deregister;
      const query = event.queryText();
      pending.query = query === '' ? undefined : parseRegistrationQuery(query);
      pending.objects = undefined;
    }
    registration.evidence.add(event.row);
    const isWhole = isWholeRequest(event) || event.transferComplete;
    if (isWhole && !pending.isDeregister && event.bodyEnd > event.bodyStart) {
      pending.objects = this.#objects(event);
    }
    if (pending.isDeregister && registration.live) this.#waitForAnswer(registration);
  }

  /**
   * A location that no answer gave: of a Register whose answer was not seen, or of a registration from before the
   * capture. Which, the answer tells; until then it is a draft.
   */
  #stray(event: OperationEvent): Registration {
    const { locations } = this.#book;
    const asking = this.#asking[event.conversation] ?? this.inForce(event.conversation);
    if (asking !== undefined && asking.location === undefined) return locations.draft(event, asking);
    const draft = locations.draft(event, undefined);
    draft.startSeen = false;
    return draft;
  }

  #useAnswer(event: OperationEvent): void {
    const registration = this.#book.find(event);
    if (registration === undefined) return;
    const { pending } = registration;
    if (event.code === Code.continue || pending.row === NO_ROW || pending.row !== event.requestRow) return;
    if (endsBlock1(event) && !pending.isDeregister) pending.objects = this.#objects(event);
    pending.row = NO_ROW;
    if (isSuccess(event.code)) {
      if (pending.isDeregister) this.#deregistered(registration, event);
      else this.#updated(registration, event);
    } else if (event.code === Code.notFound) this.#lost(registration, event);
    else registration.evidence.decide(event.row);
  }

  #deregistered(registration: Registration, event: OperationEvent): void {
    if (registration.index < 0 && !this.#admitStray(registration, event)) return;
    this.#answered(registration);
    this.#book.end(registration, 'deregistered', undefined, event.time, event.row);
  }

  /** The server does not know the location (LwM2M Transport §6.7: 4.04 to an Update or a De-register). */
  #lost(registration: Registration, event: OperationEvent): void {
    if (registration.index < 0) {
      // Only of a client that was not seen to register the location is likely to be one from before the capture.
      if (this.#registerSeen[event.conversation] === true || registration.pending.isDeregister) return;
      if (!this.#admitStray(registration, event)) return;
    } else if (!registration.live) {
      registration.evidence.decide(event.row);
      return;
    }
    this.#book.end(registration, 'lost', 'lost', event.time, event.row);
  }

  /** A draft turned out to be a registration that the capture did not see begin. */
  #admitStray(registration: Registration, event: OperationEvent): boolean {
    if (!this.#book.admit(registration)) return false;
    registration.location = event.pathText();
    registration.enter('registered', registration.from, event.requestRow, true);
    this.#book.remember(registration);
    this.#book.tell(RegistrationChange.assumed, registration, event);
    return true;
  }

  #updated(registration: Registration, event: OperationEvent): void {
    const isStray = registration.index < 0;
    if (isStray && !this.#admitStray(registration, event)) return;
    registration.takeUpdate(registration.pending, event.requestRow, event.row);
    const isElsewhere = registration.usedFrom(event.deviceEndpoint, event.conversation);
    registration.countUpdate(event.conversation, registration.pending.time, event.time);
    const answerUnseen = registration.location === undefined;
    if (answerUnseen) {
      // The location of an accepted Update is the one that the Register got.
      registration.location = event.pathText();
      registration.assumed = true;
      this.#answered(registration);
    }
    if (registration.live) {
      if (isElsewhere || answerUnseen) registration.evidence.decide(event.row);
      else registration.evidence.add(event.row);
      if (answerUnseen) registration.enter('registered', event.time, event.row, true);
      this.#book.usedIn(event.conversation, registration);
    } else if (isStray || answerUnseen) {
      registration.evidence.decide(event.row);
      this.#book.enterForce(registration, event, 'registered');
    } else this.#book.revive(registration, event);
    this.#book.renew(registration, event.time);
    this.#book.tell(RegistrationChange.updated, registration, event);
  }

  /** The clock has passed the lifetime; an Update under way may still renew it. */
  #expire(registration: Registration, time: Nanoseconds): void {
    if (time >= registration.timerAt) registration.timerAt = OPEN_END;
    const { pending, expires } = registration;
    if (!registration.live || !(expires < OPEN_END)) return;
    const isUnderWay = pending.row !== NO_ROW && pending.time <= expires;
    // A De-register under way decides how it ends, or that nobody knows.
    if (isUnderWay && pending.isDeregister) return;
    const due = isUnderWay ? Math.max(expires, pending.time + EXCHANGE_LIFETIME) : expires;
    if (time < due) this.#book.wakeForExpiry(registration, due);
    else this.#book.end(registration, 'expired', 'expired', expires, NO_ROW);
  }

  /** No answer comes any more, to a Register or to a De-register. */
  #giveUp(registration: Registration, time: Nanoseconds): void {
    const { pending } = registration;
    const isAsking = this.#awaiting.get(registration.requestRow) === registration;
    const isLeaving = registration.live && pending.isDeregister && pending.row !== NO_ROW;
    if (!isAsking && !isLeaving) return;
    if (time < pending.time + EXCHANGE_LIFETIME) this.#waitForAnswer(registration);
    else if (isLeaving) this.#book.end(registration, 'unknown', undefined, pending.time, pending.row);
    else {
      this.#awaiting.delete(registration.requestRow);
      const isOpen = registration.ended === 'open' && !registration.live;
      if (isOpen) this.#book.endUnanswered(registration, time, false);
    }
  }
}

/** One block, or no Block1 option at all: the message holds its whole body (RFC 7959 §2.2). */
function isWholeRequest(event: OperationEvent): boolean {
  return event.block1 === NO_BLOCK || event.block1 >>> 3 === 0;
}

function isLaterBlock(event: OperationEvent): boolean {
  return event.block1 !== NO_BLOCK && event.block1 >>> 4 > 0;
}

/** An answer with which a request's body in blocks became complete, and which carries that body. */
function endsBlock1(event: OperationEvent): boolean {
  return event.transferComplete && event.block1 !== NO_BLOCK && event.bodyEnd > event.bodyStart;
}

function isSuccess(code: number): boolean {
  return code >> 5 === 2 && code !== Code.continue;
}
