import { Outcome } from '../../capture/outcome.ts';
import type { ContentResult } from '../value.ts';

/** Values a content may hold; more are not read. An object of the registry has some tens of resources. */
export const MAX_VALUES = 65_536;

/** The result of every content without a fault. */
export const READ: ContentResult = Object.freeze({ outcome: Outcome.ok });

/** Content that is wrong on the wire; `offset` counts from the content's first byte. */
export function malformed(text: string, offset: number, clause: string): ContentResult {
  return { outcome: Outcome.malformed, fault: { text, offset, clause } };
}

/** Content that is well-formed and beyond a named limit. */
export function beyondLimit(text: string, offset: number): ContentResult {
  return { outcome: Outcome.unsupported, fault: { text, offset } };
}
