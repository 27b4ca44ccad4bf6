import type { Analysis } from '../analysis.ts';
import type { DeviceIndex } from '../device-index.ts';
import type { MessageBytes } from '../message-bytes.ts';
import type { MessageFacts } from '../message-facts.ts';

/** What the makers of records share. */
export interface RecordContext {
  analysis: Analysis;
  facts: MessageFacts;
  bytes: MessageBytes;
  devices: DeviceIndex;
  /** Whether secrets are left out. */
  redact: boolean;
}
