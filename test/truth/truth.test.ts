import { afterAll, describe, expect, it } from 'vitest';
import { RECORDED } from '../captures.ts';
import { Capture } from './capture.ts';
import { recordings } from './recordings.ts';
import { EXCEPTIONS, type Exception } from './truth-exceptions.ts';
import { addTally, emptyTally, tallyText, verdictOf, type Tally } from './verdict.ts';

const found = recordings();
const tallies = new Map<string, Tally>();
const used = new Set<Exception>();

afterAll(() => {
  if (process.env.TRUTH_REPORT === '1') console.log(tallyText(tallies));
});

describe('records say what the stacks say', () => {
  it.each(found)('$stack/$name', async (recording) => {
    const claims = recording.claims();
    const verdict = await verdictOf(recording, claims, await Capture.of(recording.file));
    const tally = tallies.get(recording.stack) ?? emptyTally();
    addTally(tally, verdict.tally);
    tallies.set(recording.stack, tally);
    for (const exception of verdict.used) used.add(exception);
    expect(verdict.unexplained.slice(0, 5)).toEqual([]);
  });

  it.skipIf(RECORDED === undefined)(
    'compares many claims of every stack (skipped without recordings)',
    () => {
      const least = {
        leshan: 1000,
        wakaama: 400,
        aiocoap: 100,
        libcoap: 500,
        anjay: 250,
        networks: 100,
        derived: 1000,
      };
      for (const [stack, count] of Object.entries(least))
        expect(tallies.get(stack)?.compared, stack).toBeGreaterThanOrEqual(count);
    },
  );

  it.skipIf(RECORDED === undefined)('has no exception without a place (skipped without recordings)', () => {
    expect(EXCEPTIONS.filter((exception) => !used.has(exception))).toEqual([]);
  });
});
