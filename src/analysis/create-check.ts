import type { MessageRow } from '../capture/units.ts';
import { incompleteInstances, type IncompleteInstance } from '../lwm2m/created-instances.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';

/** The new instances whose mandatory resources a Create leaves out; none for every other message. */
export async function incompleteOfCreate(
  analysis: Analysis,
  facts: MessageFacts,
  bytes: MessageBytes,
  row: MessageRow,
): Promise<IncompleteInstance[]> {
  if (!facts.isIncomplete(row)) return [];
  const body = await bytes.body(row);
  if (body === undefined) return [];
  const { messages, paths } = analysis.tracking;
  const { objectId } = paths.path(messages.path.get(row));
  return incompleteInstances(body, facts.bodyFormat(row), objectId, analysis.tracking.modelOf(row));
}
