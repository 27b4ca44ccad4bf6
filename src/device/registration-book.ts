import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { renumbered } from '../coap/renumbered.ts';
import type { OperationEvent } from '../lwm2m/operation-event.ts';
import { LocationTable } from './location-table.ts';
import type { Registration, RegistrationEnd, RegistrationState } from './registration-record.ts';
import { closeLastSpan, OPEN_END } from './span.ts';
import { TimerKind, type TimerPort } from './timer-port.ts';

/** Registrations that are kept; later ones are counted. */
const MAX_REGISTRATIONS = 200_000;
/** Registers for which the server was not heard yet, for one server. */
const MAX_UNHEARD = 1024;
/**
 * Two Registers of one name in less than ACK_TIMEOUT, 2 s (RFC 7252 §4.8), from different conversations are one
 * message seen on both sides of an address translation, until the answers say otherwise.
 */
const SIGHTING_TIME: Nanoseconds = 2e9;

/** What became of a registration, for whoever listens. */
export const RegistrationChange = {
  /** A Register was sent. */
  requested: 0,
  registered: 1,
  /** No answer was seen, but the server acts as if there was one. */
  assumed: 2,
  /** An Update was accepted. */
  updated: 3,
  /** `registration.ended` says how. */
  ended: 4,
  /** It had seemed ended, but the server accepted an Update. */
  revived: 5,
} as const;
export type RegistrationChangeCode = (typeof RegistrationChange)[keyof typeof RegistrationChange];

/**
 * Hears of changes at once, in capture order. `row` is the message that made the change (`NO_ROW` for the clock),
 * `requestRow` its request. The event is absent where the change is a consequence of another one.
 */
export interface RegistrationListener {
  onRegistration(
    change: RegistrationChangeCode,
    registration: Registration,
    row: MessageRow,
    requestRow: MessageRow,
    event: OperationEvent | undefined,
  ): void;
}

interface NamedRegistrations {
  live: Set<Registration>;
  last: Registration;
}

/**
 * The registrations as the servers keep them: which are in force, which one took the place of which, where they
 * are found by name, location and conversation. Tells the listeners of every change.
 */
export class RegistrationBook {
  readonly registrations: Registration[] = [];
  readonly locations = new LocationTable();
  /** Registrations beyond the limit of 200,000, not followed. */
  dropped = 0;

  /** Registrations that were over and were forgotten. */
  forgotten = 0;

  readonly #timers: TimerPort;
  readonly #listeners: RegistrationListener[] = [];
  readonly #byName = new Map<string, NamedRegistrations>();
  /** By conversation: the registration last in force. */
  readonly #inForce: (Registration | undefined)[] = [];
  /** By server endpoint: true where a message of it was seen. */
  readonly #heard: boolean[] = [];
  /** By server endpoint that was never heard: Registers that seem unanswered. */
  readonly #unheard = new Map<number, Registration[]>();

  constructor(timers: TimerPort) {
    this.#timers = timers;
  }

  listen(listener: RegistrationListener): void {
    this.#listeners.push(listener);
  }

  tell(change: RegistrationChangeCode, registration: Registration, event: OperationEvent): void {
    for (const listener of this.#listeners) {
      listener.onRegistration(change, registration, event.row, event.requestRow, event);
    }
  }

  /** The registration that is in force in a conversation, if one is. */
  inForce(conversation: number): Registration | undefined {
    const registration = this.#inForce[conversation];
    return registration?.live === true ? registration : undefined;
  }

  /**
   * The registration at the location of a request or an answer. Where a location has been handed out again (by a
   * server that was restarted, or in captures put together), the one of the same conversation counts.
   */
  find(event: OperationEvent): Registration | undefined {
    const found = this.locations.find(event);
    if (found === undefined || found.conversations.includes(event.conversation)) return found;
    const here = this.inForce(event.conversation);
    const isHere = here?.serverEndpoint === event.serverEndpoint && here.location === found.location;
    return isHere ? here : found;
  }

  /** Gives a registration its index; false where there are too many. */
  admit(registration: Registration): boolean {
    if (this.registrations.length >= MAX_REGISTRATIONS) {
      this.dropped++;
      return false;
    }
    registration.index = this.registrations.length;
    this.registrations.push(registration);
    return true;
  }

  /**
   * Forgets registrations that are over, but for those with an event still to come of them. Gives the new index of
   * each, -1 for those that are gone; undefined where none is. One that comes to life again is admitted anew.
   */
  forget(isForgotten: (registration: Registration) => boolean): Int32Array | undefined {
    const numbers = renumbered(
      this.registrations,
      (one) => !one.live && one.ended !== 'open' && isForgotten(one),
    );
    if (numbers === undefined) return undefined;
    const gone = new Set<Registration>();
    for (const registration of this.registrations.splice(0)) {
      registration.duplicateOf = numbers[registration.duplicateOf] ?? -1;
      registration.index = numbers[registration.index]!;
      if (registration.index >= 0) this.registrations.push(registration);
      else gone.add(registration);
    }
    this.forgotten += gone.size;
    for (const [key, { last, live }] of this.#byName)
      if (live.size === 0 && gone.has(last)) this.#byName.delete(key);
    this.#inForce.forEach((registration, conversation) => {
      if (registration !== undefined && gone.has(registration)) this.#inForce[conversation] = undefined;
    });
    for (const [server, waiting] of this.#unheard)
      this.#unheard.set(
        server,
        waiting.filter((one) => !gone.has(one)),
      );
    this.locations.forget(gone);
    this.#timers.renumber(
      [TimerKind.registrationExpiry, TimerKind.registrationAnswer],
      (index) => numbers[index] ?? -1,
    );
    return numbers;
  }

  /** A message of a server was seen: from the first one on, silence of it says something, also of the time before. */
  hear(serverEndpoint: number): void {
    if (this.#heard[serverEndpoint] === true) return;
    this.#heard[serverEndpoint] = true;
    for (const registration of this.#unheard.get(serverEndpoint) ?? []) {
      if (registration.ended === 'unknown') this.endUnanswered(registration, registration.to, true);
    }
    this.#unheard.delete(serverEndpoint);
  }

  /** Whether a message of a server was seen. */
  isHeard(serverEndpoint: number): boolean {
    return this.#heard[serverEndpoint] === true;
  }

  /** A Register came: an earlier one of the same client went unanswered, and what showed its end is over. */
  retried(registration: Registration): void {
    const last = this.#byName.get(nameKey(registration))?.last;
    if (last !== undefined && !last.live) {
      const isOtherView =
        last.conversations[0] !== registration.conversations[0] &&
        registration.from - last.from < SIGHTING_TIME;
      if (last.ended === 'open' && !isOtherView) this.endUnanswered(last, registration.from, false);
      if (last.ended !== 'open') closeLastSpan(last.spans, registration.from);
    }
    this.remember(registration);
  }

  /** Makes a registration the last of its name. */
  remember(registration: Registration): NamedRegistrations {
    const key = nameKey(registration);
    let named = this.#byName.get(key);
    if (named === undefined) {
      named = { live: new Set(), last: registration };
      this.#byName.set(key, named);
    } else named.last = registration;
    return named;
  }

  /**
   * The same Register seen on the other side of an address translation gets the same location, and was sent before
   * the first view's answer. Such a view is no registration of its own; gives true for one.
   */
  takeOtherView(registration: Registration): boolean {
    if (registration.location === undefined || registration.endpoint === undefined) return false;
    const named = this.#byName.get(nameKey(registration));
    for (const other of named?.live ?? []) {
      const answeredAt = other.spans.find((span) => span.state === 'registered')?.from ?? other.from;
      if (other.location !== registration.location || registration.from > answeredAt) continue;
      const conversation = registration.conversations[0]!;
      if (other.conversations[0] === conversation) continue;
      registration.duplicateOf = other.index;
      other.usedFrom(registration.deviceEndpoints[0]!, conversation);
      this.end(registration, 'unknown', undefined, registration.from, NO_ROW);
      this.remember(other);
      this.#inForce[conversation] = other;
      return true;
    }
    return false;
  }

  /** Puts a registration in force; the one it takes the place of ends. */
  enterForce(registration: Registration, event: OperationEvent, state: RegistrationState): void {
    const sameName = this.remember(registration);
    for (const other of sameName.live) this.#replace(other, registration, event);
    const before = this.inForce(event.conversation);
    if (before !== undefined && (before.endpoint === undefined || registration.endpoint === undefined)) {
      if (before.serverEndpoint === registration.serverEndpoint) this.#replace(before, registration, event);
    }
    this.#stand(registration, event, state);
    this.locations.set(registration);
  }

  /** It had expired, been replaced or lost by all that was seen, but the server still has it. */
  revive(registration: Registration, event: OperationEvent): void {
    registration.evidence.decide(event.row);
    this.#stand(registration, event, 'registered');
    this.tell(RegistrationChange.revived, registration, event);
  }

  /** A registration in force is used in another conversation. */
  usedIn(conversation: number, registration: Registration): void {
    this.#inForce[conversation] = registration;
  }

  /** Starts the lifetime again at a time. */
  renew(registration: Registration, time: Nanoseconds): void {
    this.wakeForExpiry(registration, registration.renew(time));
  }

  /** Asks for a timer, if none will come as early. A time that is not known asks for none. */
  wakeForExpiry(registration: Registration, time: Nanoseconds): void {
    if (!(time < registration.timerAt)) return;
    registration.timerAt = time;
    this.#timers.schedule(time, TimerKind.registrationExpiry, registration.index);
  }

  /** Ends a registration. `state` is what the timeline shows from then on. */
  end(
    registration: Registration,
    end: RegistrationEnd,
    state: RegistrationState | undefined,
    time: Nanoseconds,
    row: MessageRow,
  ): void {
    registration.live = false;
    registration.ended = end;
    registration.to = time;
    registration.enter(state, time, row, row !== NO_ROW);
    registration.evidence.decide(row);
    this.#byName.get(nameKey(registration))?.live.delete(registration);
    if (registration.duplicateOf >= 0) return;
    for (const listener of this.#listeners) {
      listener.onRegistration(RegistrationChange.ended, registration, row, NO_ROW, undefined);
    }
  }

  /**
   * Ends a Register that no answer was seen to: `unanswered` where the answer would have been seen, because the
   * server was heard or `isCertain`; otherwise `unknown`, until the server is heard.
   */
  endUnanswered(registration: Registration, time: Nanoseconds, isCertain: boolean): void {
    const { serverEndpoint } = registration;
    if (isCertain || this.#heard[serverEndpoint] === true) {
      this.end(registration, 'unanswered', 'unanswered', time, NO_ROW);
      return;
    }
    this.end(registration, 'unknown', undefined, time, NO_ROW);
    const waiting = this.#unheard.get(serverEndpoint);
    if (waiting === undefined) this.#unheard.set(serverEndpoint, [registration]);
    else if (waiting.length < MAX_UNHEARD) waiting.push(registration);
  }

  #stand(registration: Registration, event: OperationEvent, state: RegistrationState): void {
    registration.live = true;
    registration.ended = 'open';
    registration.to = OPEN_END;
    registration.enter(state, event.time, event.row, state === 'registered');
    this.#byName.get(nameKey(registration))?.live.add(registration);
    this.#inForce[event.conversation] = registration;
  }

  /** A server keeps one registration of a client (LwM2M Core §6.2.1). */
  #replace(old: Registration, registration: Registration, event: OperationEvent): void {
    if (old === registration) return;
    // A De-register that was not answered may have ended it as well.
    const isLeaving = old.pending.isDeregister && old.pending.row !== NO_ROW;
    old.replacedBy = registration;
    // Its lifetime was over, and no Update had been answered: the timer waited for one that was under way.
    if (!isLeaving && old.expires <= event.time) {
      this.end(old, 'expired', 'expired', old.expires, NO_ROW);
      closeLastSpan(old.spans, event.time);
      return;
    }
    // Of one from before the capture nobody knows whether its lifetime was over.
    const isCertain = !isLeaving && !Number.isNaN(old.expires);
    this.end(old, isCertain ? 'replaced' : 'unknown', undefined, event.time, event.row);
  }
}

/** By server and name; a client without a name is known by its conversation only. */
function nameKey(registration: Registration): string {
  const { endpoint, serverEndpoint, conversations } = registration;
  return endpoint === undefined
    ? `${serverEndpoint} #${conversations[0]!}`
    : `${serverEndpoint} =${endpoint}`;
}
