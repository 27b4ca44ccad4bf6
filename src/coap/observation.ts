import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Code, isResponse, MessageType } from './code.ts';
import { blockMore, blockNumber, NO_OPTION } from './message.ts';
import type { MessageBatch } from './message-batch.ts';
import { renumbered } from './renumbered.ts';
import { TokenTable } from './token-table.ts';

/** Observe values of a request (RFC 7641 §2). */
const REGISTER = 0;
const DEREGISTER = 1;
/** Notifications are compared by serial number of 24 bits; half of the circle. RFC 7641 §3.4 */
const HALF_SEQUENCE = 1 << 23;
/** A notification this much later is newer whatever its number. RFC 7641 §3.4 */
const FRESH_NANOSECONDS: Nanoseconds = 128e9;

/** A step beyond this is a clock's or a random one, no gap in a count. */
const LARGEST_GAP = 16;
/** Steps of one, for each gap, that show that a server counts its notifications and nothing else. */
const COUNTING_STEPS = 8;

/** Path of an observation whose request was not seen. */
export const UNKNOWN_PATH = -1;
/** Observations whose request was not seen; notifications of further ones belong to none. */
const MAXIMUM_UNASKED = 1 << 16;

export type ObservationEnd =
  | 'cancelled'
  | 'reset'
  | 'replaced'
  | 'deregistered'
  | 'error'
  | 'open'
  /** The connection was closed (RFC 8323 §3.4). */
  | 'closed'
  /** The server of the resource answered without Observe: an ordinary read, no observation. */
  | 'refused';

/** One observation: from the request that asked for it to its end. */
export interface Observation {
  /** How many began before it, those that were forgotten included: stays, whatever its index becomes. */
  number: number;
  conversation: number;
  /** True where endpoint A of the flow observes. */
  observerIsA: boolean;
  /** Number of the path, or `UNKNOWN_PATH`. */
  pathId: number;
  /** Request that began it; `NO_ROW` where it was not seen: then `first` is a notification. */
  request: MessageRow;
  /** Message by which it was first seen. */
  first: MessageRow;
  /** Request that last asked for it: `request`, or one that refreshed it. */
  asked: MessageRow;
  /** Answer that established it; undefined before it came. */
  established: MessageRow | undefined;
  from: Nanoseconds;
  to: Nanoseconds;
  last: MessageRow;
  notifications: number;
  /** Notifications that came after a newer one. */
  reordered: number;
  /** Notifications that came after the end. */
  late: number;
  /** Steps of one between notifications, larger small steps, and what those left out; see `missingOf`. */
  singleSteps: number;
  smallGaps: number;
  leftOut: number;
  /** Observe value of the newest notification, or -1. */
  sequence: number;
  newest: Nanoseconds;
  contentFormat: number;
  ended: ObservationEnd;
  endRow: MessageRow | undefined;
  /** Cancelling request that awaits its answer. */
  cancelling: MessageRow | undefined;
  tokenHigh: number;
  tokenLow: number;
  tokenLength: number;
}

/**
 * Notifications that are missing by their numbers. Observe values need only rise (RFC 7641 §4.4), so a gap says
 * something only where a server was seen to count by one; elsewhere this is 0.
 */
export function missingOf(observation: Observation): number {
  return observation.singleSteps >= COUNTING_STEPS * Math.max(1, observation.smallGaps)
    ? observation.leftOut
    : 0;
}

/** Follows observations by token (RFC 7641), keyed by conversation and by who observes. */
export class ObservationTracker {
  readonly observations: Observation[] = [];
  /** Observations by who observes, where, with which token; numbered as in `observations`. */
  readonly #byToken = new TokenTable();
  readonly #byConversation = new Map<number, number[]>();
  #unaskedCount = 0;
  /** Observations that were forgotten. */
  forgotten = 0;

  /**
   * Takes a request (repeats left out). Gives the index of the observation it begins, refreshes or cancels,
   * or -1 where it has nothing to do with one.
   */
  request(batch: MessageBatch, index: number, row: MessageRow, pathId: number, time: Nanoseconds): number {
    const observe = batch.observe[index]!;
    if (observe === NO_OPTION) return -1;
    const found = this.#find(batch, index, batch.fromA[index] === 1);
    // Later blocks of a notification are fetched without Observe (RFC 7959 §2.6); a request that has it all the
    // same asks for no observation.
    if (batch.block2[index] !== NO_OPTION && blockNumber(batch.block2[index]!) > 0) return -1;
    // Of a request in blocks, the last one asks; the others are answered by 2.31 (RFC 7959 §2.9.1).
    if (batch.block1[index] !== NO_OPTION && blockMore(batch.block1[index]!)) return -1;
    if (observe === DEREGISTER) {
      if (found >= 0) {
        const known = this.observations[found]!;
        known.cancelling = row;
        // It names the resource that is observed (RFC 7641 §3.6).
        if (known.pathId === UNKNOWN_PATH) known.pathId = pathId;
      }
      return found;
    }
    if (observe !== REGISTER) return -1;
    if (found >= 0) {
      const known = this.observations[found]!;
      if (known.pathId === pathId && known.ended === 'open') {
        // The same request again keeps the relation alive (RFC 7641 §3.3.1).
        known.asked = row;
        known.cancelling = undefined;
        known.last = row;
        known.to = time;
        return found;
      }
      if (known.ended === 'open') this.#end(known, 'replaced', row, time);
    }
    return this.#begin(batch, index, row, batch.fromA[index] === 1, row, pathId, time);
  }

  #begin(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    observerIsA: boolean,
    request: MessageRow,
    pathId: number,
    time: Nanoseconds,
  ): number {
    const created = this.observations.length;
    this.observations.push({
      number: created + this.forgotten,
      conversation: batch.conversation[index]!,
      observerIsA,
      pathId,
      request,
      first: row,
      asked: row,
      from: time,
      to: time,
      last: row,
      notifications: 0,
      reordered: 0,
      late: 0,
      singleSteps: 0,
      smallGaps: 0,
      leftOut: 0,
      sequence: -1,
      newest: time,
      contentFormat: 0xffff,
      ended: 'open',
      // Named here, so that all observations have one shape.
      established: undefined,
      endRow: undefined,
      cancelling: undefined,
      tokenHigh: batch.tokenHigh[index]!,
      tokenLow: batch.tokenLow[index]!,
      tokenLength: batch.tokenLength[index]!,
    });
    this.#byToken.add(
      batch.conversation[index]! * 2 + (observerIsA ? 1 : 0),
      batch.tokenHigh[index]!,
      batch.tokenLow[index]!,
      batch.tokenLength[index]!,
    );
    addTo(this.#byConversation, batch.conversation[index]!, created);
    return created;
  }

  /**
   * Takes an answer (repeats left out). Gives the index of the observation it belongs to, or -1. `partner` is
   * the request the exchange tracker found; a notification has it too while the request is young.
   */
  response(
    batch: MessageBatch,
    index: number,
    row: MessageRow,
    partner: MessageRow,
    time: Nanoseconds,
  ): number {
    const observes = batch.observe[index] !== NO_OPTION;
    if ((this.observations.length === 0 && !observes) || !isResponse(batch.code[index]!)) return -1;
    if (!batch.hasToken(index)) return -1;
    const found = this.#find(batch, index, batch.fromA[index] === 0);
    if (found < 0) return observes && partner === NO_ROW ? this.#unasked(batch, index, row, time) : -1;
    const known = this.observations[found]!;
    if (known.cancelling !== undefined && partner === known.cancelling) {
      if (known.ended === 'open') this.#end(known, 'cancelled', row, time);
      return found;
    }
    // A later request without Observe may use the token again, for blocks or for anything: its answer is not ours.
    if (!observes && partner !== NO_ROW && partner > known.asked) return -1;
    if (known.ended !== 'open') {
      if (!observes) return partner === known.request ? found : -1;
      known.late++;
      return found;
    }
    const success = batch.code[index] === Code.content || batch.code[index] === Code.valid;
    known.last = row;
    if (known.established === undefined) {
      if (!success) this.#end(known, 'error', row, time);
      else if (!observes) this.#end(known, 'refused', row, time);
      else {
        known.established = row;
        known.sequence = batch.observe[index]!;
        known.newest = time;
        known.to = time;
        known.contentFormat = batch.contentFormat[index]!;
      }
      return found;
    }
    if (!success || !observes) {
      this.#end(known, success ? 'cancelled' : 'error', row, time);
      return found;
    }
    known.to = time;
    // Asked again, or for a further block, the observed end answers at once: this is no notification.
    if (batch.type[index] !== MessageType.ack || partner === NO_ROW) known.notifications++;
    if (batch.type[index] === MessageType.none) {
      // What a connection brings is in order; the numbers mean nothing (RFC 8323 §7.1).
      known.sequence = batch.observe[index]!;
      known.newest = time;
    } else this.#order(known, batch.observe[index]!, time);
    return found;
  }

  /** A notification of which the capture missed the request: it began before, of which resource nobody knows. */
  #unasked(batch: MessageBatch, index: number, row: MessageRow, time: Nanoseconds): number {
    const isNotification = batch.type[index]! <= MessageType.non && batch.code[index] === Code.content;
    if (!isNotification || this.#unaskedCount === MAXIMUM_UNASKED) return -1;
    this.#unaskedCount++;
    const created = this.#begin(batch, index, row, batch.fromA[index] === 0, NO_ROW, UNKNOWN_PATH, time);
    const known = this.observations[created]!;
    known.established = row;
    known.notifications = 1;
    known.sequence = batch.observe[index]!;
    known.contentFormat = batch.contentFormat[index]!;
    return created;
  }

  /** Takes a reset that answers a notification: the observer has forgotten the relation (RFC 7641 §3.6). */
  reset(observation: number, row: MessageRow, time: Nanoseconds): void {
    const known = this.observations[observation];
    if (known !== undefined && known.ended === 'open') this.#end(known, 'reset', row, time);
  }

  /**
   * Ends the observations of a device's conversation whose registration ended (LwM2M Core §6.4.1); with `before`
   * those that began earlier than that.
   */
  endAll(conversation: number, row: MessageRow, time: Nanoseconds, before: Nanoseconds = Infinity): void {
    for (const index of this.#byConversation.get(conversation) ?? []) {
      const known = this.observations[index]!;
      if (known.ended === 'open' && known.from < before) this.#end(known, 'deregistered', row, time);
    }
  }

  /** Ends the observations of a conversation whose connection was closed (RFC 8323 §3.4). */
  close(conversation: number, time: Nanoseconds): void {
    for (const index of this.#byConversation.get(conversation) ?? []) {
      const known = this.observations[index]!;
      if (known.ended !== 'open') continue;
      known.ended = 'closed';
      known.to = time;
    }
  }

  /**
   * Forgets observations that are over. Gives the new index of each, -1 for those that are gone; undefined where none
   * is. Indexes that are kept elsewhere must be brought in line.
   */
  forget(isForgotten: (observation: Observation) => boolean): Int32Array | undefined {
    const numbers = renumbered(this.observations, (one) => one.ended !== 'open' && isForgotten(one));
    if (numbers === undefined) return undefined;
    for (const { request } of this.observations.splice(0).filter((one, index) => {
      if (numbers[index]! >= 0) this.observations.push(one);
      return numbers[index]! < 0;
    })) {
      this.forgotten++;
      if (request === NO_ROW) this.#unaskedCount--;
    }
    this.#byToken.renumber(numbers);
    this.#byConversation.clear();
    this.observations.forEach(({ conversation }, index) => {
      addTo(this.#byConversation, conversation, index);
    });
    return numbers;
  }

  #order(known: Observation, sequence: number, time: Nanoseconds): void {
    const before = known.sequence;
    const newer =
      (before < sequence && sequence - before < HALF_SEQUENCE) ||
      (before > sequence && before - sequence > HALF_SEQUENCE) ||
      time > known.newest + FRESH_NANOSECONDS;
    if (!newer) {
      if (sequence === before) return;
      known.reordered++;
      // It was counted as left out when the newer one came.
      const behind = (before - sequence + (HALF_SEQUENCE << 1)) % (HALF_SEQUENCE << 1);
      if (behind < LARGEST_GAP && known.leftOut > 0) known.leftOut--;
      return;
    }
    const step = (sequence - before + (HALF_SEQUENCE << 1)) % (HALF_SEQUENCE << 1);
    if (step === 1) known.singleSteps++;
    else if (step > 1 && step <= LARGEST_GAP) {
      known.smallGaps++;
      known.leftOut += step - 1;
    }
    known.sequence = sequence;
    known.newest = time;
  }

  #end(known: Observation, end: ObservationEnd, row: MessageRow, time: Nanoseconds): void {
    known.ended = end;
    known.endRow = row;
    known.to = time;
  }

  #find(batch: MessageBatch, index: number, observerIsA: boolean): number {
    return this.#byToken.find(
      batch.conversation[index]! * 2 + (observerIsA ? 1 : 0),
      batch.tokenHigh[index]!,
      batch.tokenLow[index]!,
      batch.tokenLength[index]!,
    );
  }
}

function addTo(map: Map<number, number[]>, key: number, index: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [index]);
  else list.push(index);
}
