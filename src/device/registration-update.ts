import type { MessageRow, Nanoseconds, Seconds } from '../capture/units.ts';
import type { RegistrationQuery } from '../lwm2m/query.ts';
import type { RegisteredObject } from './registered-objects.ts';

/** Paths that are listed of one change to an object list. */
const MAX_PATHS = 256;

/** What an accepted Update changed, or that it came late (LwM2M Core §6.2.2); what it left alone is absent. */
export interface RegistrationUpdate {
  /** The Update; of one in blocks the last. */
  row: MessageRow;
  answerRow: MessageRow;
  time: Nanoseconds;
  lifetime?: Change<Seconds>;
  /** Binding mode; with ` + Q` where queue mode is a flag of its own. */
  binding?: Change<string | undefined>;
  sms?: Change<string | undefined>;
  /** Objects and instances that the list has now and had not before, and the other way round. */
  added?: string[];
  removed?: string[];
  /** Objects whose version (`ver`) changed, with the new one. */
  versions?: RegisteredObject[];
  /** How long after the end of the lifetime the Update was sent. */
  late?: Nanoseconds;
}

/** A parameter before and after an Update; `from` is undefined where the capture does not tell. */
export interface Change<Value> {
  from: Value;
  to: Value;
}

/** Binding mode with the flag of queue mode, as one text. */
export function bindingText(binding: string | undefined, queue: boolean): string | undefined {
  return binding !== undefined && queue && !binding.includes('Q') ? `${binding} + Q` : binding;
}

/** What of a registration an Update may change, as it is in force before it. */
interface RegistrationParameters {
  lifetime: Seconds | undefined;
  binding: string | undefined;
  queue: boolean;
  sms: string | undefined;
  objects: readonly RegisteredObject[];
  expires: Nanoseconds;
  /** False where no Register was seen: then what is absent is not known. */
  startSeen: boolean;
}

/** An Update as it was sent. */
interface UpdateRequest {
  time: Nanoseconds;
  query: RegistrationQuery | undefined;
  objects: readonly RegisteredObject[] | undefined;
}

/**
 * What the accepted Update `pending` changes in a registration that is as before it; undefined where it changes
 * nothing and was in time.
 */
export function updateOf(
  registration: RegistrationParameters,
  { query, objects, time }: UpdateRequest,
  row: MessageRow,
  answerRow: MessageRow,
): RegistrationUpdate | undefined {
  const isLate = time > registration.expires;
  const before = registration.objects;
  if (!isLate && query === undefined && (objects === undefined || objects === before)) return undefined;
  const update: RegistrationUpdate = { row, answerRow, time };
  if (isLate) update.late = time - registration.expires;
  const { lifetime, binding, queue, sms, startSeen } = registration;
  if (query?.lifetime !== undefined && lifetime !== undefined && query.lifetime !== lifetime)
    update.lifetime = { from: lifetime, to: query.lifetime };
  if (query !== undefined && binding !== undefined && (query.binding !== undefined || query.queue)) {
    const from = bindingText(binding, queue);
    const to = bindingText(query.binding ?? binding, query.binding === undefined || query.queue);
    if (from !== to) update.binding = { from, to };
  }
  if (query?.sms !== undefined && query.sms !== sms && (startSeen || sms !== undefined))
    update.sms = { from: sms, to: query.sms };
  // An empty list is one that was not seen.
  if (objects !== undefined && objects !== before && before.length > 0) compareLists(before, objects, update);
  return Object.keys(update).length > 3 ? update : undefined;
}

function compareLists(
  before: readonly RegisteredObject[],
  after: readonly RegisteredObject[],
  update: RegistrationUpdate,
): void {
  const known = new Map(before.map(({ path, version }) => [path, version]));
  const now = new Set(after.map(({ path }) => path));
  const added = after.filter(({ path }) => !known.has(path)).map(({ path }) => path);
  const removed = before.filter(({ path }) => !now.has(path)).map(({ path }) => path);
  const versions = after.filter(({ path, version }) => known.has(path) && known.get(path) !== version);
  if (added.length > 0) update.added = added.slice(0, MAX_PATHS);
  if (removed.length > 0) update.removed = removed.slice(0, MAX_PATHS);
  if (versions.length > 0) update.versions = versions.slice(0, MAX_PATHS);
}
