import type { MessageRow, Nanoseconds, Seconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import type { OperationEvent } from '../lwm2m/operation-event.ts';
import type { RegistrationQuery } from '../lwm2m/query.ts';
import type { RegisteredObject } from './registered-objects.ts';
import { type RegistrationUpdate, updateOf } from './registration-update.ts';
import { closeLastSpan, Evidence, OPEN_END, type Span } from './span.ts';

/** Lifetime of a registration without `lt` (LwM2M 1.0 Core §6.2.1; servers keep it for later versions). */
export const DEFAULT_LIFETIME: Seconds = 86_400;
/** Binding mode of a registration without `b` (LwM2M Core §6.2.1). */
export const DEFAULT_BINDING = 'U';
/** Addresses and conversations that are kept for one registration. */
const MAX_PLACES = 64;
/** Spans that are kept for one registration. */
const MAX_SPANS = 64;
/** Updates that changed something, kept for one registration; further ones are counted. */
const MAX_CHANGES = 64;
const NANOSECONDS_PER_SECOND = 1e9;

/**
 * How a registration ended. `open`: it had not when the capture did. `lost`: the server answered an Update (or a
 * De-register) with 4.04. `unknown`: the capture does not show it.
 */
export type RegistrationEnd =
  'deregistered' | 'expired' | 'replaced' | 'lost' | 'refused' | 'unanswered' | 'open' | 'unknown';

/** State of a registration for the timeline; `assumed`: the answer was not seen, but the server acts as if it was 2.01. */
export type RegistrationState =
  'registering' | 'registered' | 'assumed' | 'expired' | 'lost' | 'refused' | 'unanswered';

/** An Update or a De-register that was not answered yet. One for each registration, used again and again. */
export class PendingRequest {
  row: MessageRow = NO_ROW;
  time: Nanoseconds = 0;
  isDeregister = false;
  query: RegistrationQuery | undefined;
  objects: readonly RegisteredObject[] | undefined;
}

/** One registration of a client at a server, from its Register (or the first Update seen) to its end. */
export class Registration {
  /** Index in `RegistrationTracker.registrations`; -1 while it is not known to be one. */
  index = -1;
  /** Index in `DeviceTable.devices`, to be resolved there; -1 while unknown. */
  device = -1;
  /** Index of the registration that this is a second view of, seen on the other side of an address translation; -1. */
  duplicateOf = -1;
  /** The registration that took its place, where one did. */
  replacedBy: Registration | undefined;
  /** Endpoint client name; undefined where no Register was seen or it named none. */
  endpoint: string | undefined;
  readonly serverEndpoint: number;
  /** Endpoint ids of the device, first the one it registered from. */
  readonly deviceEndpoints: number[];
  /** Conversations that the registration was used in, first the one of the Register. */
  readonly conversations: number[];
  /** Location-Path as canonical text; undefined where no answer told. */
  location: string | undefined;
  /** Enabler version as sent. */
  version: string | undefined;
  /** Lifetime in force, as the last accepted message set it; undefined where nothing told. */
  lifetime: Seconds | undefined;
  /** Lifetime at registration; undefined where the Register was not seen. */
  lifetimeAtRegistration: Seconds | undefined;
  /** False where the lifetime is the default because no `lt` was sent. */
  lifetimeGiven = false;
  /** Binding mode in force; undefined where nothing told. */
  binding: string | undefined;
  queue = false;
  /** MSISDN for SMS, where one was given. */
  sms: string | undefined;
  /** Query segments of the Register, in wire order. */
  queries: readonly string[] = [];
  objects: readonly RegisteredObject[] = [];
  /** False for a registration that began before the capture. */
  startSeen = true;
  /** True where no answer to the Register was seen, but the server acts as if it was accepted. */
  assumed = false;
  /** Time of the Register, or of the first message that showed the registration. */
  readonly from: Nanoseconds;
  /** Time of its end; `OPEN_END` while it lasts. */
  to: Nanoseconds = OPEN_END;
  /** When its lifetime is over; NaN where that is not known, infinite for lifetime 0. */
  expires: Nanoseconds = NaN;
  ended: RegistrationEnd = 'open';
  /** True from the answer on (or what shows that there was one) until the end. */
  live = false;
  /** Code byte of the answer to the Register; 0 where none was seen. */
  code = 0;
  /** Updates that were accepted; one that is seen on both sides of an address translation is one. */
  updates = 0;
  /** Where and when the last Update was accepted: its conversation and the time of the answer. */
  updatedIn = -1;
  updatedAt: Nanoseconds = Number.NEGATIVE_INFINITY;
  /** Updates that changed something or came late, at most 64; `changeCount` says how many there were. */
  readonly changes: RegistrationUpdate[] = [];
  changeCount = 0;
  readonly evidence = new Evidence();
  readonly spans: Span<RegistrationState>[] = [];
  /** Row of the Register, the last one where it came in blocks; of the first Update where no Register was seen. */
  requestRow: MessageRow;
  readonly pending = new PendingRequest();
  /** Earliest timer that will wake it for its expiry; infinite for none. */
  timerAt: Nanoseconds = OPEN_END;

  constructor(event: OperationEvent) {
    this.serverEndpoint = event.serverEndpoint;
    this.deviceEndpoints = [event.deviceEndpoint];
    this.conversations = [event.conversation];
    this.from = event.time;
    this.requestRow = event.row;
  }

  /** Takes what a Register says of itself. */
  takeRegister(query: RegistrationQuery): void {
    this.endpoint = query.endpoint;
    this.version = query.version;
    this.lifetimeGiven = query.lifetime !== undefined;
    this.lifetime = query.lifetime ?? DEFAULT_LIFETIME;
    this.lifetimeAtRegistration = this.lifetime;
    this.binding = query.binding ?? DEFAULT_BINDING;
    this.queue = query.queue;
    this.sms = query.sms;
    this.queries = query.all;
  }

  /** Puts the parameters of an accepted Update in force; absent ones stay as they were (LwM2M Core §6.2.2). */
  takeUpdate(pending: PendingRequest, requestRow: MessageRow, answerRow: MessageRow): void {
    const { query, objects } = pending;
    const change = updateOf(this, pending, requestRow, answerRow);
    if (change !== undefined && this.changeCount++ < MAX_CHANGES) this.changes.push(change);
    if (query?.lifetime !== undefined) {
      this.lifetime = query.lifetime;
      this.lifetimeGiven = true;
    }
    if (query?.binding !== undefined) {
      this.binding = query.binding;
      this.queue = query.queue;
    } else if (query?.queue === true) this.queue = true;
    if (query?.sms !== undefined) this.sms = query.sms;
    if (objects !== undefined) this.objects = objects;
  }

  /**
   * Counts an accepted Update. One that another conversation has, sent before the last one was answered, is the same
   * message on the other side of an address translation: a client has one request under way (NSTART, RFC 7252 §4.7).
   */
  countUpdate(conversation: number, sent: Nanoseconds, answered: Nanoseconds): void {
    if (conversation !== this.updatedIn && sent < this.updatedAt) return;
    this.updates++;
    this.updatedIn = conversation;
    this.updatedAt = answered;
  }

  /** Starts the lifetime at a time (LwM2M Core §6.2: it counts from the last accepted message). Gives the expiry. */
  renew(time: Nanoseconds): Nanoseconds {
    if (this.lifetime === undefined) this.expires = NaN;
    else if (this.lifetime === 0) this.expires = Number.POSITIVE_INFINITY;
    else this.expires = time + this.lifetime * NANOSECONDS_PER_SECOND;
    return this.expires;
  }

  /** Notes where the registration was used; true where the address is a new one. */
  usedFrom(deviceEndpoint: number, conversation: number): boolean {
    if (!this.conversations.includes(conversation) && this.conversations.length < MAX_PLACES) {
      this.conversations.push(conversation);
    }
    if (this.deviceEndpoints.includes(deviceEndpoint)) return false;
    if (this.deviceEndpoints.length < MAX_PLACES) this.deviceEndpoints.push(deviceEndpoint);
    return true;
  }

  /** Begins a state; without one, only ends the last. */
  enter(state: RegistrationState | undefined, time: Nanoseconds, row: MessageRow, proven: boolean): void {
    closeLastSpan(this.spans, time);
    if (state === undefined || this.spans.length === MAX_SPANS) return;
    this.spans.push({ from: time, to: OPEN_END, state, row, proven });
  }
}
