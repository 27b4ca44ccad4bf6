/**
 * What became of reading something. A dissector never throws past its layer: it returns one of these,
 * and what was understood before the fault stays.
 */
export const Outcome = {
  ok: 0,
  /** Cut by the capture (snap length, end of file): not the sender's fault. */
  truncated: 1,
  /** Wrong on the wire. */
  malformed: 2,
  /** Well-formed, but of a kind that is not read here. */
  unsupported: 3,
  /** Encrypted, and no key opened it. */
  sealed: 4,
} as const;

export type OutcomeCode = (typeof Outcome)[keyof typeof Outcome];

/** Names of the outcomes as they stand in records, indexed by code. */
export const OUTCOME_NAMES = ['ok', 'truncated', 'malformed', 'unsupported', 'sealed'] as const;

/** Says what is wrong, where, and which rule says so. */
export interface Fault {
  text: string;
  /** Offset in bytes from the first byte of what was read. */
  offset?: number;
  /** Clause of the rule that was broken, such as `RFC 7252 §3`. */
  clause?: string;
}
