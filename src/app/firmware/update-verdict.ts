import type { UpdateDetail, UpdateSummary } from '../../analysis/firmware-protocol.ts';
import { type MessageRow, NO_ROW } from '../../capture/units.ts';
import { bytesText } from '../number-text.ts';
import { durationText } from '../time-text.ts';

/** How an update came out: a shape and a colour. */
export type Tone = 'ok' | 'error' | 'warning' | 'note';

/** One party that may be at fault, and what speaks for it or against it. */
export interface Witness {
  party: 'Network' | 'Server' | 'Package' | 'Device';
  /** `clear` it did its part, `fault` it did not, `unknown` the capture does not say. */
  mark: 'clear' | 'fault' | 'unknown';
  text: string;
  /** Message that says so; `NO_ROW` for none. */
  row: MessageRow;
}

export interface Verdict {
  tone: Tone;
  title: string;
  text: string;
  /** Message that decided. */
  row: MessageRow;
  /** Only of what failed. */
  witnesses: Witness[];
}

/** What results of /5 and /33629 say of who could have done otherwise (LwM2M Core §E.6, resource 5). */
const FAULT_OF_RESULT: Readonly<Record<number, Witness['party']>> = {
  2: 'Device',
  3: 'Device',
  4: 'Network',
  5: 'Package',
  6: 'Package',
  7: 'Server',
  8: 'Device',
  9: 'Server',
  12: 'Server',
  13: 'Server',
};
/** The same of /9 (Software Management object, resource 9). */
const FAULT_OF_SOFTWARE_RESULT: Readonly<Record<number, Witness['party']>> = {
  50: 'Device',
  51: 'Device',
  52: 'Network',
  53: 'Package',
  54: 'Package',
  56: 'Server',
  57: 'Device',
  58: 'Device',
};

/** Tone of an attempt. */
export function toneOf({ ended }: UpdateSummary): Tone {
  if (ended === 'updated') return 'ok';
  if (ended === 'failed') return 'error';
  return ended === 'open' ? 'note' : 'warning';
}

/** How an attempt ended, in a few words: `Failed · result 5 Integrity check failed`. */
export function endText(update: UpdateSummary): string {
  const { ended, result, refusal } = update;
  const told = result === undefined ? '' : ` · result ${result.value} ${result.name}`;
  switch (ended) {
    case 'updated':
      return `Updated · result ${result?.value ?? '?'}`;
    case 'failed':
      return refusal !== undefined && result === undefined ? `Refused with ${refusal}` : `Failed${told}`;
    case 'cancelled':
      return `Cancelled${told}`;
    case 'deferred':
      return 'Deferred · result 11';
    case 'open':
      return `Open where the capture ends${shareText(update)}`;
    case 'unknown':
      return 'No result was seen';
  }
}

/** Versions as far as they are known: `1.4.2 → 2.0.1`. */
export function versionText({ before, parcel, after }: UpdateSummary): string {
  const to = after ?? parcel;
  return before === undefined && to === undefined ? 'versions not told' : `${before ?? '?'} → ${to ?? '?'}`;
}

function shareText({ received, length, complete }: UpdateSummary): string {
  if (complete) return ', the package complete';
  return length > 0 ? `, ${Math.floor((received / length) * 100)} % received` : '';
}

/** Says how an update came out, why, and by which messages that is known. */
export function verdictOf(update: UpdateDetail): Verdict {
  const { result } = update;
  const verdict: Verdict = {
    tone: toneOf(update),
    title: endText(update),
    text: reasonText(update),
    row: result?.row ?? update.endRow,
    witnesses: [],
  };
  if (update.ended === 'failed') verdict.witnesses = witnessesOf(update);
  return verdict;
}

/** When the end was told, counted from what went before it. */
function reasonText(update: UpdateDetail): string {
  const { result, ended, refusal, progress, events } = update;
  if (ended === 'open') {
    const last = update.states.at(-1);
    if (last === undefined) return 'No state was told.';
    return `The last state is ${last.state}, ${last.how}. Nothing after it says how the update went.`;
  }
  if (refusal !== undefined && result === undefined)
    return `The device did not take ${update.method === 'push' ? 'the package' : 'the package URI'}.`;
  if (ended === 'unknown') return 'The device was back at its beginning, and told no result.';
  const time = result?.time ?? update.to;
  const executed = events.findLast(
    ({ kind, refused, time: at }) =>
      refused === 0 && at <= time && (kind === 'update executed' || kind === 'install executed'),
  );
  const begun = events.find(({ kind }) => kind === 'uri written' || kind === 'package written');
  const teller = result === undefined ? 'Accepted by the device' : 'Told by the device';
  if (executed !== undefined)
    return `${teller} ${durationText(time - executed.time)} after ${executed.kind === 'install executed' ? 'Install' : 'Update'} was executed.`;
  if (!Number.isNaN(progress.lastBlock) && time >= progress.lastBlock)
    return `${teller} ${durationText(time - progress.lastBlock)} after the last block.`;
  if (begun !== undefined && time >= begun.time)
    return `${teller} ${durationText(time - begun.time)} after the ${begun.kind === 'uri written' ? 'URI' : 'package'} was written.`;
  return `${teller}.`;
}

/** Each party in turn; whom the result names is at fault, unless the capture shows another. */
function witnessesOf(update: UpdateDetail): Witness[] {
  const { result, events, progress, object, complete } = update;
  const table = object.startsWith('/9/') ? FAULT_OF_SOFTWARE_RESULT : FAULT_OF_RESULT;
  const named = result === undefined ? undefined : table[result.value];
  const resultRow = result?.row ?? update.endRow;
  const says = result === undefined ? endText(update) : `result ${result.value}: ${result.name}`;
  const mark = (party: Witness['party'], isClear: boolean): Witness['mark'] =>
    named === party ? 'fault' : isClear ? 'clear' : 'unknown';
  const executed = events.find(({ kind }) => kind === 'update executed' || kind === 'install executed');
  const arrived = complete ? `all ${bytesText(update.length)} arrived` : arrivedText(update);
  const stall = progress.stalls.at(-1);
  const witnesses: Witness[] = [
    {
      party: 'Network',
      mark: mark('Network', complete),
      text: named === 'Network' ? `${arrived}; ${says}` : arrived,
      row: named === 'Network' ? (stall?.row ?? resultRow) : progress.lastRow,
    },
    {
      party: 'Server',
      mark: mark('Server', executed?.refused === 0),
      text: serverText(update, named === 'Server' ? says : undefined),
      row: events[0]?.row ?? NO_ROW,
    },
    {
      party: 'Package',
      mark: mark('Package', executed?.refused === 0 || update.states.some(({ state }) => isChecked(state))),
      text: named === 'Package' ? says : checkedText(update),
      row:
        named === 'Package'
          ? resultRow
          : (update.states.find(({ state }) => isChecked(state))?.row ?? NO_ROW),
    },
    {
      party: 'Device',
      mark: mark('Device', named !== undefined && named !== 'Device'),
      text: named === 'Device' || named === undefined ? says : 'told what was wrong',
      row: resultRow,
    },
  ];
  return witnesses;
}

function isChecked(state: string): boolean {
  return state === 'Downloaded' || state === 'Delivered';
}

function arrivedText({ received, length, progress }: UpdateDetail): string {
  if (progress.count === 0) return 'no block was seen';
  return length > 0
    ? `${bytesText(received)} of ${bytesText(length)} arrived`
    : `${bytesText(received)} arrived`;
}

function checkedText(update: UpdateDetail): string {
  const state = update.states.find((one) => isChecked(one.state));
  return state === undefined ? 'not told whether it is good' : `taken as ${state.state}`;
}

function serverText(update: UpdateDetail, fault: string | undefined): string {
  if (fault !== undefined) return fault;
  const executed = update.events.find(
    ({ kind }) => kind === 'update executed' || kind === 'install executed',
  );
  if (executed !== undefined)
    return executed.refused === 0 ? 'executed when ready' : 'executed, and was refused';
  return update.method === 'pull' ? 'wrote the URI' : 'wrote the package';
}
