import { describe, expect, it } from 'vitest';
import { available, version } from '../tshark.ts';
import { compareReadings, type Difference } from './compare.ts';
import { capturesOf, CORPORA, readBoth, type Corpus } from './corpora.ts';
import { differencesPage, PAGE } from './differences-page.ts';
import { DIFFERENCES, TOTALS } from './differences.ts';

/** `npm run agreement` compares all captures, the ordinary run the committed ones. */
const corpora = CORPORA.filter((corpus) => corpus === 'fixtures' || process.env['AGREEMENT'] === 'all');
/** The counts hold for the tshark they were counted with; others have more or other fields. */
const counted = /\b4\.0\./.test(version);

function shown({ frame, field, ours, theirs }: Difference): string {
  return `frame ${frame}: ${field}: ours ${ours || 'nothing'}, tshark ${theirs || 'nothing'}`;
}

describe.skipIf(!available).each(corpora)(`messages of %s agree with ${version}`, (corpus: Corpus) => {
  const captures = capturesOf(corpus);
  const found = new Map(DIFFERENCES.map(({ name }) => [name, 0]));
  let [read, messages, fields, unread] = [0, 0, 0, 0];

  it.skipIf(captures.length === 0).each(captures)('%s', { timeout: 120_000 }, async (capture) => {
    const readings = await readBoth(corpus, capture);
    read++;
    if (readings === undefined) {
      unread++;
      return;
    }
    const comparison = compareReadings(readings);
    messages += comparison.messages;
    fields += comparison.fields;
    const unreasoned: string[] = [];
    for (const difference of comparison.differences) {
      const reason = DIFFERENCES.find(
        (entry) => entry.fields.includes(difference.field) && entry.holds(difference),
      );
      if (reason === undefined) unreasoned.push(shown(difference));
      else found.set(reason.name, found.get(reason.name)! + 1);
    }
    expect(unreasoned).toEqual([]);
  });

  it.skipIf(captures.length === 0)('differ where the table says, as often as it says', () => {
    expect(read).toBe(captures.length);
    const lines = [...found].filter(([, count]) => count > 0).map(([name, count]) => `  ${count} ${name}`);
    console.log(
      [
        `${corpus}: ${messages} messages of ${captures.length} captures compared (tshark cannot read ${unread}),`,
        `  ${fields} fields, ${[...found.values()].reduce((sum, count) => sum + count, 0)} differ:`,
        ...lines,
      ].join('\n'),
    );
    if (!counted) return;
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(DIFFERENCES.map((entry) => [entry.name, entry.found[corpus]])),
    );
    expect({ captures: captures.length, messages, fields }).toEqual(TOTALS[corpus]);
  });
});

describe('the table of differences', () => {
  it('has no entry that nothing belongs to', () => {
    const unused = DIFFERENCES.filter(({ found }) => Object.values(found).every((count) => count === 0));
    expect(unused.map(({ name }) => name)).toEqual([]);
  });

  it('stands in the documentation', async () => {
    await expect(await differencesPage()).toMatchFileSnapshot(PAGE);
  });
});
