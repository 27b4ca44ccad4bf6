import type { Capture } from './capture.ts';
import { judge, type Aspect, type Claim, type Difference } from './claim.ts';
import type { Recording } from './recordings.ts';
import { exceptionFor, type Exception } from './truth-exceptions.ts';

/** How many claims of some captures came out how. */
export interface Tally {
  captures: number;
  /** Claims of the stacks. */
  named: number;
  /** Those of which messages are in the capture and can be read. */
  compared: number;
  equal: number;
  excepted: number;
  /** Those that are not compared, by the reason. */
  skipped: Map<string, number>;
}

/** What came out for one capture. */
export interface Verdict {
  tally: Tally;
  /** Differences that no exception explains. */
  unexplained: Difference[];
  used: Set<Exception>;
}

/** Reason for what DTLS, TLS and OSCORE hide. */
const SEALED = 'sealed: DTLS, TLS and OSCORE are not decrypted';
/** What a message cannot say where its end, or what came before it, was cut off. */
const LOST: ReadonlySet<Aspect> = new Set([
  'values',
  'includes',
  'series',
  'paths',
  'length',
  'body',
  'links',
  'location',
  'query',
]);

/** A tally without anything. */
export const emptyTally = (): Tally => ({
  captures: 0,
  named: 0,
  compared: 0,
  equal: 0,
  excepted: 0,
  skipped: new Map(),
});

/** Adds one tally to another. */
export function addTally(into: Tally, from: Tally): void {
  into.captures += from.captures;
  into.named += from.named;
  into.compared += from.compared;
  into.equal += from.equal;
  into.excepted += from.excepted;
  for (const [reason, count] of from.skipped)
    into.skipped.set(reason, (into.skipped.get(reason) ?? 0) + count);
}

/** Compares what the stacks say of a capture with its records. */
export async function verdictOf(
  { name, isSealed, cut }: Recording,
  claims: readonly Claim[],
  capture: Capture,
): Promise<Verdict> {
  const tally = { ...emptyTally(), captures: 1, named: claims.length };
  const unexplained: Difference[] = [];
  const used = new Set<Exception>();
  const skip = (reason: string): void => {
    tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1);
  };
  for (const claim of claims) {
    if (claim.skipped !== undefined) {
      skip(claim.skipped);
      continue;
    }
    const { differences: all, isAbsent } = await judge(capture, claim);
    if (isAbsent && isSealed(claim)) {
      skip(SEALED);
      continue;
    }
    if (isAbsent && cut !== '') {
      skip(cut);
      continue;
    }
    const differences = all.filter(({ aspect }) => cut === '' || !(LOST.has(aspect) || aspect === 'message'));
    if (differences.length < all.length && differences.length === 0) {
      skip(cut);
      continue;
    }
    tally.compared++;
    const unknown = differences.filter((difference) => {
      const exception = exceptionFor(name, difference);
      if (exception !== undefined) used.add(exception);
      return exception === undefined;
    });
    unexplained.push(...unknown);
    if (unknown.length > 0) continue;
    if (differences.length > 0) tally.excepted++;
    else tally.equal++;
  }
  return { tally, unexplained, used };
}

/** The tallies as a table of text, one line a stack, and one a reason to skip. */
export function tallyText(tallies: ReadonlyMap<string, Tally>): string {
  const total = emptyTally();
  for (const tally of tallies.values()) addTally(total, tally);
  const line = (stack: string, { captures, named, compared, equal, excepted, skipped }: Tally): string => {
    const left = [...skipped.values()].reduce((sum, count) => sum + count, 0);
    return [
      stack.padEnd(10),
      ...[captures, named, compared, equal, excepted, left].map((count) => String(count).padStart(8)),
    ].join(' ');
  };
  return [
    'stack      captures    named compared    equal excepted  skipped',
    ...[...tallies].map(([stack, tally]) => line(stack, tally)),
    line('all', total),
    ...[...total.skipped].map(([reason, count]) => `${String(count).padStart(6)} skipped: ${reason}`),
  ].join('\n');
}
