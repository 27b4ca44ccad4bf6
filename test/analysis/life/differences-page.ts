import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { LIFE_DIFFERENCES, LIFE_TOTALS } from './life-differences.ts';

/** Where the differences stand for readers. */
export const PAGE = resolve(
  fileURLToPath(import.meta.url),
  '../../../../docs/lives-as-the-stacks-tell-them.md',
);

const RIGHT = {
  us: 'The records.',
  stack: 'The stack.',
  both: 'Both: they speak of different things.',
} as const;

/** A text within a line of a page: nothing in it is taken for markup. */
function quoted(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return short === '' ? '(empty)' : `\`${short}\``;
}

/** The list of differences as the documentation has it, formatted as the project formats. */
export async function lifeDifferencesPage(): Promise<string> {
  const { captures, facts, skipped } = LIFE_TOTALS;
  const differing = LIFE_DIFFERENCES.reduce((sum, one) => sum + one.facts.length, 0);
  const text = [
    '# Lives as the stacks tell them',
    '',
    'Written by `test/analysis/life/life-truth.test.ts`, which holds the records `devices`, `sessions`, `observations`',
    'and `firmware` of every recorded capture against what the stacks themselves said while it was recorded: names,',
    'addresses, locations, lifetimes, bindings, objects, ends and their times, numbers of updates and notifications,',
    'steps of bootstraps, presence in queue mode, states of updates in their order and results. It fails on a',
    'difference that is not listed here, and on one that is listed and no longer there.',
    '',
    `${captures} captures with ${facts.toLocaleString('en-US')} facts; ${facts - differing} are equal, ${differing} differ for the reasons below.`,
    '',
    'Left out, with the number of captures:',
    '',
    ...Object.entries(skipped).map(([reason, count]) => `- ${reason}: ${count}`),
    '',
    '## Differences',
    '',
    ...LIFE_DIFFERENCES.flatMap(({ capture, facts: differing, right, why }) => [
      `### ${capture}`,
      '',
      ...differing.map(
        ({ about, said, found }) =>
          `- ${about}: the stack says ${quoted(said)}, the records ${quoted(found)}`,
      ),
      '',
      `Right: ${RIGHT[right]} ${why}`,
      '',
    ]),
  ].join('\n');
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}
