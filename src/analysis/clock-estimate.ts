import type { ClockCorrection } from '../capture/frame-queue.ts';
import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';
import { MessageFlag, type MessageTable } from './message-table.ts';
import { correctionOf } from './settings.ts';

/** Messages of one file that are looked at, from its beginning. */
const MAX_LOOKED_AT = 1 << 17;
/** Messages of two files whose bytes are compared. */
const MAX_COMPARED = 1024;
/** Fewer messages than this in both files say nothing. */
const LEAST_MESSAGES = 3;

/** By how much the clock of one file seems to be wrong against that of another. */
export interface ClockEstimate extends ClockCorrection {
  /** Index of the file whose clock is taken for right. */
  against: number;
  /** Messages found in both files. */
  messages: number;
}

/** Differences in time between two files, by the way that messages went. */
class Differences {
  readonly fromA: Nanoseconds[] = [];
  readonly toA: Nanoseconds[] = [];

  add(messages: MessageTable, row: MessageRow, difference: Nanoseconds): void {
    (messages.has(row, MessageFlag.fromA) ? this.fromA : this.toA).push(difference);
  }

  get count(): number {
    return this.fromA.length + this.toA.length;
  }

  /**
   * The median. What is on its way from one point to the other is seen later there; where there are messages both
   * ways, the middle of the two medians is free of that.
   */
  middle(): Nanoseconds {
    const { fromA, toA } = this;
    if (fromA.length < LEAST_MESSAGES || toA.length < LEAST_MESSAGES) return median([...fromA, ...toA]);
    return (median(fromA) + median(toA)) / 2;
  }
}

/**
 * Estimates what should be added to the times of a file, in all, so that its clock agrees with that of the first
 * earlier file which saw messages of it too: same ends, same bytes, once in each file. Undefined where there are too
 * few. Nothing is changed by it.
 */
export async function estimateClock(
  analysis: Analysis,
  bytes: MessageBytes,
  file: number,
): Promise<ClockEstimate | undefined> {
  for (let against = 0; against < file; against++) {
    const differences = await compare(analysis, bytes, against, file);
    if (differences.count < LEAST_MESSAGES) continue;
    const { seconds, nanoseconds } = correctionOf(analysis.settings, file);
    const total = nanoseconds - Math.round(differences.middle());
    const carry = Math.floor(total / 1e9);
    return {
      against,
      messages: differences.count,
      seconds: seconds + carry,
      nanoseconds: total - carry * 1e9,
    };
  }
  return undefined;
}

async function compare(
  analysis: Analysis,
  bytes: MessageBytes,
  against: number,
  file: number,
): Promise<Differences> {
  const { messages, sightings } = analysis.tracking;
  const differences = new Differences();
  for (let index = 0; index < sightings.count && differences.count < MAX_LOOKED_AT; index++) {
    const sighting = sightings.at(index);
    const row = sightings.rowAt(index);
    const first = messages.file.get(row);
    const difference = sighting.time - messages.time.get(row);
    if (sighting.file === file && first === against) differences.add(messages, row, difference);
    if (sighting.file === against && first === file) differences.add(messages, row, -difference);
  }
  if (differences.count >= LEAST_MESSAGES) return differences;
  const there = singles(analysis, against);
  const here = singles(analysis, file);
  let compared = 0;
  for (const [key, row] of here) {
    const other = there.get(key);
    if (row < 0 || other === undefined || other < 0) continue;
    if (++compared > MAX_COMPARED) break;
    const one = await bytes.message(row);
    const two = await bytes.message(other);
    if (one === undefined || two === undefined || !areEqual(one, two)) continue;
    differences.add(messages, row, messages.time.get(row) - messages.time.get(other));
  }
  return differences;
}

/** Rows of a file by what tells messages apart; −1 for what it has more than once. */
function singles(analysis: Analysis, file: number): Map<string, MessageRow> {
  const { conversations } = analysis.frames;
  const { messages } = analysis.tracking;
  const rows = new Map<string, MessageRow>();
  for (let row = messages.firstRow; row < messages.count && rows.size < MAX_LOOKED_AT; row++) {
    if (messages.file.get(row) !== file) continue;
    const key = [
      conversations.flowOf(messages.conversation.get(row)),
      messages.has(row, MessageFlag.fromA) ? 1 : 0,
      messages.code.get(row),
      messages.type.get(row),
      messages.messageId.get(row),
      messages.tokenHigh.get(row),
      messages.tokenLow.get(row),
      messages.length.get(row),
      messages.path.get(row),
    ].join();
    rows.set(key, rows.has(key) ? -1 : row);
  }
  return rows;
}

function areEqual(one: Uint8Array, two: Uint8Array): boolean {
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
