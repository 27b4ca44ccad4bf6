import { Outcome } from '../capture/outcome.ts';
import type { MessageRow } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import { blockMore, blockNumber, NO_OPTION } from '../coap/message.ts';
import { incompleteInstances, type IncompleteInstance } from '../lwm2m/created-instances.ts';
import { Operation } from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';

/**
 * The new instances whose mandatory resources a Create leaves out; none for every other message, and for a Create
 * whose value is cut, damaged, told by its shape alone, or not whole in this message.
 */
export async function incompleteOfCreate(
  analysis: Analysis,
  facts: MessageFacts,
  bytes: MessageBytes,
  row: MessageRow,
): Promise<IncompleteInstance[]> {
  const { messages, paths, transfers } = analysis.tracking;
  if (messages.operation.get(row) !== Operation.create || !isRequest(messages.code.get(row))) return [];
  if (messages.outcome.get(row) !== Outcome.ok || messages.has(row, MessageFlag.contentFault)) return [];
  if (facts.isGuessed(row)) return [];
  const first = facts.firstCopy(row);
  const block = messages.block1(first);
  const isPart = block !== NO_OPTION && (blockMore(block) || blockNumber(block) > 0);
  if (isPart && transfers.transfers[messages.transfer.get(first) - 1]?.wholeRow !== first) return [];
  const body = await bytes.body(row);
  if (body === undefined) return [];
  const { objectId } = paths.path(messages.path.get(row));
  return incompleteInstances(body, facts.bodyFormat(row), objectId, analysis.tracking.modelOf(row));
}
