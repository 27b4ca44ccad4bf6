import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { readSources } from '../../src/analysis/open.ts';
import { RECORD_KINDS } from '../../src/analysis/records/records.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { tap } from '../../src/relay/tap.ts';
import { analyseFile, recordsOf, testHost } from '../analysis/analyse.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { capturesIn } from '../network/recorded-frames.ts';
import { receive, Running } from './served.ts';

const registry = ObjectRegistry.core();
const folder = RECORDED ?? FIXTURES;
const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** What the relay sends, message by message, as the page's worker gets it. */
async function* replayed(path: string): AsyncGenerator<Uint8Array> {
  const running = new Running((host) => tap(['--replay', path, '--port', '0', '--speed', 'max'], host));
  cleanups.push(() => running.stop());
  const { messages } = await receive(await running.port());
  for (const message of messages) yield new Uint8Array(message);
  await running.stop();
}

describe('a replay through the relay ends with the records of the file', () => {
  const captures = capturesIn(folder);

  it.each(captures)('%s', async (capture) => {
    const path = join(folder, capture);
    await registry.loadAll();
    const live = new Analysis(registry);
    await readSources(live, [{ name: 'live', stream: replayed(path) }], testHost);
    const file = await analyseFile(path);
    expect(live.frames.frames).toBe(file.frames.frames);
    for (const kind of RECORD_KINDS) {
      // Name, size and compression are the file's own; a relay sends what was decompressed.
      const own = (record: object): object =>
        kind === 'info' ? { ...record, file: '', bytes: 0, compression: '', fault: undefined } : record;
      expect((await recordsOf(live, kind)).map(own)).toEqual((await recordsOf(file, kind)).map(own));
    }
  });
});
