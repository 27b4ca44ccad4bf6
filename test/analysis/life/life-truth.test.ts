import { describe, expect, it } from 'vitest';
import { RECORDED } from '../../captures.ts';
import { analyseFile } from '../analyse.ts';
import { lifeDifferencesPage, PAGE } from './differences-page.ts';
import { lifeCaptures, SKIPPED } from './life-captures.ts';
import { LIFE_DIFFERENCES, LIFE_TOTALS } from './life-differences.ts';
import { Facts, lifeRecords, type LifeFact } from './life-facts.ts';

const captures = RECORDED === undefined ? [] : lifeCaptures(RECORDED);

const isEqual = ({ said, found }: LifeFact): boolean => said === found;

describe.skipIf(RECORDED === undefined)('lives are what the stacks say of them', () => {
  const skipped: Record<string, number> = {};
  const leftOut: Record<string, number> = {};
  let [compared, facts, differing] = [0, 0, 0];

  it.each(captures)('$name', async (capture) => {
    if (capture.skipped !== undefined) {
      skipped[capture.skipped] = (skipped[capture.skipped] ?? 0) + 1;
      return;
    }
    const own = new Facts();
    capture.facts(await lifeRecords(await analyseFile(capture.path)), own);
    for (const [reason, count] of own.leftOut) leftOut[reason] = (leftOut[reason] ?? 0) + count;
    if (own.all.length === 0) {
      skipped[SKIPPED.wordless] = (skipped[SKIPPED.wordless] ?? 0) + 1;
      return;
    }
    const listed = LIFE_DIFFERENCES.filter((entry) => entry.capture === capture.name);
    const unequal = own.all.filter((fact) => !isEqual(fact));
    compared++;
    facts += own.all.length;
    differing += unequal.length;
    const order = (all: readonly LifeFact[]): string[] => all.map((fact) => JSON.stringify(fact)).sort();
    expect(order(unequal)).toEqual(order(listed.flatMap((entry) => entry.facts)));
  });

  it('counts are those of the list', () => {
    const lines = [
      `${compared} captures compared with what their stacks said: ${facts} facts, ${differing} differ`,
      ...Object.entries(skipped).map(([reason, count]) => `  ${count} captures left out: ${reason}`),
      ...Object.entries(leftOut).map(([reason, count]) => `  ${count} statements left out: ${reason}`),
    ];
    console.log(lines.join('\n'));
    expect({ captures: compared, facts, skipped, leftOut }).toEqual(LIFE_TOTALS);
  });
});

it('differences stand in the documentation as they are listed', async () => {
  await expect(await lifeDifferencesPage()).toMatchFileSnapshot(PAGE);
});
