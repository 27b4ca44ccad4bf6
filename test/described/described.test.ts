import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allRecords, analyseBytes, analyseStream } from '../analysis/analyse.ts';
import { FIXTURES } from '../captures.ts';
import { captureOfDescription } from './described-capture.ts';
import { readDescription } from './description.ts';
import { dissectAll } from './dissect-all.ts';
import { expectOf, readExpectation } from './expectation.ts';

const FOLDER = join(FIXTURES, 'described');
const DESCRIPTION = '.capture.txt';
const EXPECTATION = '.expected.json';
/** Length of the pieces of a stream, in bytes. */
const PIECE = 64;

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(DESCRIPTION))
  .map((file) => file.slice(0, -DESCRIPTION.length));

describe('what is described is read as the specifications have it', () => {
  it.each(names)('%s', async (name) => {
    const description = readDescription(readFileSync(join(FOLDER, name + DESCRIPTION), 'utf8'));
    const expectation = readExpectation(readFileSync(join(FOLDER, name + EXPECTATION), 'utf8'));
    const capture = captureOfDescription(description);
    const analysis = await analyseBytes(`${name}.pcap`, capture);
    await expectOf(analysis, expectation, description.bodies);
    await dissectAll(analysis);
    const inPieces = await analyseStream(`${name}.pcap`, capture, PIECE);
    // Only how many bytes the file has is not the same.
    const records = { ...(await allRecords(analysis)), info: [] };
    expect({ ...(await allRecords(inPieces)), info: [] }).toEqual(records);
  });

  it('has a description for each expectation', () => {
    const alone = readdirSync(FOLDER).filter(
      (file) =>
        file.endsWith(EXPECTATION) && !existsSync(join(FOLDER, file.replace(EXPECTATION, DESCRIPTION))),
    );
    expect(alone).toEqual([]);
  });
});
