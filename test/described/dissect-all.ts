import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';

/** What makes the trees of fields of an analysis. */
export function dissectorOf(analysis: Analysis): Dissector {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  return new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
}

/** Makes the tree of fields of every message. */
export async function dissectAll(analysis: Analysis): Promise<void> {
  const dissector = dissectorOf(analysis);
  for (let row = 0; row < analysis.tracking.messages.count; row++) await dissector.dissect(row);
}
