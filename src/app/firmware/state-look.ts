import { stateColour } from '../state-colour.ts';
import type { UpdateSummary } from '../../analysis/firmware-protocol.ts';

/** Whether a state is the one in which the attempt ended: software may be taken away again later. */
function showsEnd({ states, ended }: UpdateSummary, index: number): boolean {
  const end =
    ended === 'updated' ? states.findLastIndex(({ state }) => state !== 'Initial') : states.length - 1;
  return index === end;
}

/** Colour of one of an attempt's states: the last one shows how it came out. */
export function spanColour(update: UpdateSummary, index: number): string {
  const span = update.states[index]!;
  const isLast = showsEnd(update, index);
  if (isLast && update.ended === 'failed') return '--fw-failed';
  if (isLast && update.ended === 'updated') return '--ok';
  return stateColour(span.state);
}

/** What stands in a state's bar. */
export function spanLabel(update: UpdateSummary, index: number): string {
  const span = update.states[index]!;
  const isLast = showsEnd(update, index);
  const told = isLast && update.result !== undefined ? ` · result ${update.result.value}` : '';
  return `${span.state}${told}${span.how === 'inferred' ? ' ?' : ''}`;
}
