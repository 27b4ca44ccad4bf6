import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { RECORD_KINDS, type RecordKind } from '../../src/analysis/records/records.ts';
import { FIXTURES } from '../captures.ts';
import { analyseBytes, analyseStream, CAPTURE_NAME, capturesBelow, readBytes, recordsOf } from './analyse.ts';

/**
 * Every capture below `fixtures/` that has a folder `<name>.expected` beside it is held to the records in there:
 * `<kind>.ndjson`, and `messages.digest` for captures of many messages. To add one, copy the capture, make the
 * folder, run this file with UPDATE_GOLDENS=1 and review what it wrote. An update rewrites the files that are
 * there; an empty folder gets all kinds.
 */
const UPDATE = process.env['UPDATE_GOLDENS'] === '1';
/** Messages up to which all their records are kept; of more, one line each that tells any difference. */
const FULL_MESSAGES = 40;
/** Length of the pieces, in bytes. */
const PIECE = 64;

const DIGEST = 'messages.digest';

const expectedFolder = (path: string): string => join(FIXTURES, `${path.replace(CAPTURE_NAME, '')}.expected`);

/** Id, operation and the beginning of the SHA-256 of each message's record. */
async function digestOf(analysis: Analysis): Promise<string[]> {
  const records = await recordsOf(analysis, 'messages');
  return records.map((record) => {
    const hash = createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 16);
    const { operation } = (record.lwm2m ?? {}) as { operation?: string };
    return `${String(record.id)} ${hash}${operation === undefined ? '' : ` ${operation}`}`;
  });
}

async function linesOf(analysis: Analysis, file: string): Promise<string[]> {
  if (file === DIGEST) return digestOf(analysis);
  const kind = file.replace(/\.ndjson$/, '') as RecordKind;
  if (!RECORD_KINDS.includes(kind)) throw new Error(`no kind of record has the name of ${file}`);
  return (await recordsOf(analysis, kind)).map((record) => JSON.stringify(record));
}

function readLines(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return text === '' ? [] : text.trimEnd().split('\n');
}

async function update(analysis: Analysis, folder: string): Promise<void> {
  let files = readdirSync(folder);
  if (files.length === 0) {
    const full = analysis.tracking.messages.count <= FULL_MESSAGES;
    files = RECORD_KINDS.map((kind) => (kind === 'messages' && !full ? DIGEST : `${kind}.ndjson`));
  }
  for (const file of files)
    writeFileSync(join(folder, file), (await linesOf(analysis, file)).map((line) => `${line}\n`).join(''));
}

const captures = capturesBelow(FIXTURES).filter(({ path }) => existsSync(expectedFolder(path)));

describe('fixtures give what is expected of them', () => {
  it.each(captures)('$path', async (recording) => {
    const { path } = recording;
    const folder = expectedFolder(path);
    const bytes = readBytes(recording);
    const whole = await analyseBytes(basename(path), bytes);
    if (UPDATE) await update(whole, folder);
    const inPieces = await analyseStream(basename(path), bytes, PIECE);
    const files = readdirSync(folder);
    expect(files).not.toEqual([]);
    for (const file of files) {
      const expected = readLines(join(folder, file));
      expect(await linesOf(whole, file), file).toEqual(expected);
      expect(await linesOf(inPieces, file), `${file} in pieces of ${PIECE} bytes`).toEqual(expected);
    }
  });

  it('has a capture for each expectation', () => {
    const folders = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.expected'),
    );
    expect(folders.map((path) => join(FIXTURES, path)).sort()).toEqual(
      captures.map(({ path }) => expectedFolder(path)).sort(),
    );
  });
});
