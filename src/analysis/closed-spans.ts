import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { transferEnd } from '../coap/transfer.ts';
import type { MessageTracking } from './message-tracking.ts';

/** Kinds of spans of which some stay although they were over before the first message held. */
export type LastingKind = 'observation' | 'registration' | 'bootstrap' | 'event' | 'window';

/**
 * Forgets spans that were over before the row that will be the first one held: of transfers all, of the other kinds
 * the oldest beyond the number that `room` gives. What is open stays. Brings the numbers in line that rows and spans have of each other. Gives how many went.
 */
export function forgetClosedSpans(
  tracking: MessageTracking,
  first: MessageRow,
  room: (kind: LastingKind) => number,
): number {
  const { messages, transfers, observations, devices, clock } = tracking;
  const { registrations, bootstraps, life, queueMode, firmware } = devices;
  const since = first < messages.count ? messages.time.get(first) : clock;
  let spans = 0;

  const oldTransfers = transfers.forget(
    (one) => one.last < first && one.to < since && transferEnd(one, clock) !== 'open',
  );
  if (oldTransfers !== undefined) {
    spans += gone(oldTransfers);
    renumber(tracking, messages.transfer, oldTransfers);
    firmware.renumberTransfers(oldTransfers);
  }

  const beyond = <Item>(
    kind: LastingKind,
    items: readonly Item[],
    isOver: (item: Item) => boolean,
  ): ReadonlySet<Item> => {
    const over = items.filter(isOver);
    return new Set(over.slice(0, Math.max(0, over.length - room(kind))));
  };
  const isPast = (end: Nanoseconds): boolean => end < since;

  const pastObservations = beyond(
    'observation',
    observations.observations,
    (one) => one.ended !== 'open' && one.last < first && isPast(one.to),
  );
  const oldObservations = observations.forget((one) => pastObservations.has(one));
  if (oldObservations !== undefined) {
    spans += gone(oldObservations);
    renumber(tracking, messages.observation, oldObservations);
    firmware.renumberObservations(oldObservations);
    devices.attributes.renumberObservations(oldObservations);
    for (const transfer of transfers.transfers)
      transfer.observation = oldObservations[transfer.observation] ?? -1;
  }

  const pastRegistrations = beyond(
    'registration',
    registrations.registrations,
    (one) => !one.live && one.ended !== 'open' && isPast(one.to),
  );
  const oldRegistrations = registrations.forget((one) => pastRegistrations.has(one));
  if (oldRegistrations !== undefined) {
    spans += gone(oldRegistrations);
    bootstraps.renumberRegistrations(oldRegistrations);
  }

  const pastBootstraps = beyond(
    'bootstrap',
    bootstraps.bootstraps,
    (one) => one.ended !== 'open' && isPast(one.to),
  );
  spans += bootstraps.forget((one) => pastBootstraps.has(one));
  const pastEvents = beyond('event', life.events, (one) => isPast(one.time));
  spans += life.forget((one) => pastEvents.has(one));
  const pastWindows = beyond('window', queueMode.windows, (one) => isPast(one.to));
  spans += queueMode.forget((one) => pastWindows.has(one));
  return spans;
}

function gone(numbers: Int32Array): number {
  return numbers.reduce((count, number) => (number < 0 ? count + 1 : count), 0);
}

/** Rows hold index + 1, 0 for none. */
function renumber(
  { messages }: MessageTracking,
  column: MessageTracking['messages']['transfer'],
  numbers: Int32Array,
): void {
  const set = (row: MessageRow): void => {
    const number = column.get(row);
    if (number > 0) column.set(row, numbers[number - 1]! + 1);
  };
  for (let row = messages.firstRow; row < messages.count; row++) set(row);
  messages.kept.rows.forEach(set);
}
