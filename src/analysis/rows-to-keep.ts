import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import { MULTICAST_LIFETIME } from '../coap/exchange.ts';
import { transferEnd } from '../coap/transfer.ts';
import { evidenceRows } from '../device/life-events.ts';
import type { MessageTracking } from './message-tracking.ts';

/** Dropped rows that stay, at most; about 110 bytes each. */
const MAXIMUM_KEPT_ROWS = 1 << 16;
/** Of them the newest ones, to which answers and repeats may still come. */
const MAXIMUM_YOUNG_ROWS = 1 << 13;
/** Blocks of a transfer that stay together; of a larger one that began in what is dropped the body is gone. */
const MAXIMUM_BLOCKS = 4096;
const YOUNG: Nanoseconds = MULTICAST_LIFETIME * 1e9;

/**
 * The rows before `first` that something speaks of which is held: the requests of held answers and of observations,
 * blocks of transfers that go on, what an answer may still come to, and the evidence of what is told of devices. Rising,
 * each once; where there are too many, evidence is left out first.
 */
export function rowsToKeep(tracking: MessageTracking, first: MessageRow): Uint32Array {
  const { messages, transfers, observations, clock } = tracking;
  const found = new Set<MessageRow>();
  const add = (row: MessageRow | undefined): void => {
    if (row === undefined || row >= first || row === NO_ROW) return;
    if (found.size < MAXIMUM_KEPT_ROWS && messages.isHeld(row)) found.add(row);
  };
  for (let row = messages.count - 1; row >= first; row--) {
    const other = messages.linkOf(row);
    if (other >= first) continue;
    add(other);
    // A repeat leads to its first copy, and that to its answer.
    add(messages.linkOf(other));
  }
  const oldest = Math.max(messages.firstRow, first - MAXIMUM_YOUNG_ROWS);
  for (let row = first - 1; row >= oldest && clock - messages.time.get(row) <= YOUNG; row--) add(row);
  for (const one of observations.observations) {
    if (one.ended !== 'open' && one.last < first) continue;
    for (const row of [one.request, one.asked, one.first, one.established, one.cancelling]) add(row);
  }
  for (const one of transfers.transfers) {
    const goesOn = transferEnd(one, clock) === 'open' || one.last >= first;
    if (!goesOn || one.first >= first) continue;
    add(one.first);
    if (one.rows.length <= MAXIMUM_BLOCKS) one.rows.forEach(add);
  }
  addEvidence(tracking, add);
  return Uint32Array.from(found).sort();
}

/** What proves the lives of devices, the newest first. */
function addEvidence(tracking: MessageTracking, add: (row: MessageRow | undefined) => void): void {
  const { observations, devices } = tracking;
  const { registrations, bootstraps, firmware, life } = devices;
  for (const attempt of [...firmware.attempts].reverse()) {
    attempt.evidence.rows().forEach(add);
    for (const { row } of [...attempt.states, ...attempt.events, ...attempt.illegal]) add(row);
    add(attempt.result?.row);
  }
  for (const one of [...registrations.registrations].reverse()) {
    one.evidence.rows().forEach(add);
    for (const { row } of [...one.spans, ...one.changes]) add(row);
    add(one.requestRow);
  }
  for (const one of [...bootstraps.bootstraps].reverse()) {
    one.evidence.rows().forEach(add);
    for (const { row } of one.spans) add(row);
  }
  for (const event of [...life.events].reverse()) evidenceRows(event).forEach(add);
  for (const one of [...observations.observations].reverse()) {
    add(one.first);
    add(one.last);
  }
  for (const { joined } of devices.devices.devices) for (const { rows } of joined) rows.forEach(add);
}
