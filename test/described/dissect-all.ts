import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';

/** Makes the tree of fields of every message. */
export async function dissectAll(analysis: Analysis): Promise<void> {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  for (let row = 0; row < analysis.tracking.messages.count; row++) await dissector.dissect(row);
}
