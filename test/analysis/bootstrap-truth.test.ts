import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile, recordsOf } from './analyse.ts';

/** What Leshan's bootstrap server said of a session, step by step. */
interface BootstrapStatement {
  event: 'session_initiated' | 'authorized' | 'request' | 'response' | 'response_error' | 'end' | 'failed';
  endpoint?: string;
  op?: string;
  path?: string;
  code?: string;
  cause?: string;
  written?: { resources?: Record<string, { value: unknown }> };
}

interface LeshanTruth {
  bootstrap?: BootstrapStatement[];
  registrations?: {
    location: string;
    lifetime: number;
    binding: string;
    updates?: { lifetime: number | null; lifetime_after: number; object_links: string | null }[];
  }[];
}

interface Session {
  endpoint: string;
  operations: string[];
  deleted: string[];
  wrote: string[];
  uris: string[];
  ended: string;
}

const MODES = ['PSK', 'RPK', 'Certificate', 'NoSec'];

/** The sessions that the statements speak of. Leshan 1.5 tells of answers only, and of no codes. */
function sessionsOf(statements: readonly BootstrapStatement[]): Session[] {
  const sessions: Session[] = [];
  let written: BootstrapStatement['written'];
  for (const { event, endpoint = '', op = '', path = '', code, cause, ...rest } of statements) {
    if (event === 'session_initiated') {
      sessions.push({ endpoint, operations: [], deleted: [], wrote: [], uris: [], ended: 'open' });
      continue;
    }
    const session = sessions.at(-1)!;
    if (event === 'request') written = rest.written;
    if (event === 'end') session.ended = 'finished';
    if (event === 'failed') session.ended = cause === 'FINISH_FAILED' ? 'failed' : 'refused';
    if (!event.startsWith('response') || op === 'BootstrapFinishRequest') continue;
    const operation = op.replace(/^Bootstrap(.*)Request$/, 'Bootstrap-$1');
    session.operations.push(`${operation} ${path}${code === undefined ? '' : ` ${code.slice(0, 4)}`}`);
    if (event !== 'response') continue;
    if (operation === 'Bootstrap-Delete') session.deleted.push(path);
    if (operation !== 'Bootstrap-Write') continue;
    session.wrote.push(path);
    const { resources } = written ?? {};
    if (path.startsWith('/0/') && resources !== undefined)
      session.uris.push(
        `${path} ${String(resources['0']?.value)} ${MODES[Number(resources['2']?.value)]!} ${String(resources['10']?.value)}`,
      );
  }
  return sessions;
}

/** A capture in the fixtures, or else among the recordings; undefined where neither is there. */
function placeOf(path: string): string | undefined {
  const places = [FIXTURES, RECORDED].filter((folder) => folder !== undefined);
  return places.map((folder) => join(folder, path)).find((place) => existsSync(place));
}

function truthOf<Truth>(path: string): Truth {
  return JSON.parse(readFileSync(placeOf(path.replace(/\.pcapng$/, '.truth.json'))!, 'utf8')) as Truth;
}

async function bootstrapsIn(path: string): Promise<JsonObject[]> {
  const records = await recordsOf(await analyseFile(placeOf(path)!), 'sessions');
  return records.filter(({ session }) => session === 'bootstrap');
}

describe('bootstraps are what Leshan’s bootstrap server says of them', () => {
  for (const path of [
    'leshan/leshan-bootstrap-a.pcapng',
    'leshan/leshan-bootstrap-fail-a.pcapng',
    'leshan/leshan15-bootstrap-a.pcapng',
  ])
    it.skipIf(placeOf(path) === undefined)(path, async () => {
      const said = sessionsOf(truthOf<LeshanTruth>(path).bootstrap ?? []);
      const found = await bootstrapsIn(path);
      const hasCodes = said.some(({ operations }) => operations.some((text) => /\d\.\d\d$/.test(text)));
      const seen = found.map((record) => {
        const operations = record.operations as { operation: string; path: string; code: string }[];
        const servers = record.servers as {
          instance: number;
          uri: string;
          security: string;
          short_server_id: number;
        }[];
        return {
          endpoint: record.endpoint,
          operations: operations.map(
            (one) => `${one.operation} ${one.path}${hasCodes ? ` ${one.code}` : ''}`,
          ),
          deleted: record.deleted,
          wrote: record.wrote,
          uris: servers.map((one) => `/0/${one.instance} ${one.uri} ${one.security} ${one.short_server_id}`),
          ended: record.ended,
        };
      });
      expect(said.length).toBeGreaterThan(1);
      // One that knows no such client says nothing of a failed session in the statements of the other server.
      const known = seen.filter(({ endpoint }) => said.some((one) => one.endpoint === endpoint));
      if (!hasCodes) for (const one of known) one.uris = [];
      expect(known).toEqual(said);
      for (const record of found.filter(({ ended }) => ended === 'finished'))
        expect(record).toMatchObject({ code: '2.04', initiated: 'client', device: record.endpoint! });
    });

  const fail = 'leshan/leshan-bootstrap-fail-a.pcapng';
  it.skipIf(placeOf(fail) === undefined)(
    'a refused Finish and a refused request have their codes',
    async () => {
      const found = await bootstrapsIn(fail);
      expect(found.map(({ ended, code }) => [ended, code])).toEqual([
        ['finished', '2.04'],
        ['failed', '4.06'],
        ['finished', '2.04'],
        ['refused', '4.00'],
      ]);
    },
  );
});

describe('bootstraps are what Wakaama’s client says of them', () => {
  for (const path of ['other/wk-bootstrap-a.pcapng', 'other/wk-aio-bs-a.pcapng'])
    it.skipIf(placeOf(path) === undefined)(path, async () => {
      const truth = truthOf<{
        steps: { output: string }[];
        server?: { dir?: string; step?: { m: string; path: string } }[];
      }>(path);
      const listed = truth.steps
        .map(({ output }) =>
          /Server ID (\d+)\tstatus: REGISTERED\tlocation: "([^"]*)"\tLifetime: (\d+)s/.exec(output),
        )
        .find((match) => match !== null)!;
      const [record, ...more] = await bootstrapsIn(path);
      expect(more).toEqual([]);
      expect(record).toMatchObject({
        ended: 'finished',
        servers: [{ short_server_id: Number(listed[1]), lifetime: Number(listed[3]), security: 'NoSec' }],
        registration: { location: listed[2] },
      });
      const driven = (truth.server ?? [])
        .filter(({ dir }) => dir === 'driver-request')
        .map(({ step }) => step!);
      const isDriven = driven.length > 0;
      const of = (method: string, pattern: RegExp): string[] =>
        driven.filter((step) => step.m === method && pattern.test(step.path)).map((step) => step.path);
      if (isDriven) {
        expect(record!.wrote).toEqual(of('PUT', /^\/[01]\//));
        expect(record!.deleted).toEqual(of('DELETE', /^\/\d+$/));
      }
    });
});

describe('what Updates change is what Leshan’s server says', () => {
  for (const path of ['leshan/leshan-reg11-a.pcapng', 'leshan/leshan-update-a.pcapng'])
    it.skipIf(placeOf(path) === undefined)(path, async () => {
      const records = await recordsOf(await analyseFile(placeOf(path)!), 'sessions');
      for (const said of truthOf<LeshanTruth>(path).registrations ?? []) {
        const record = records.find(({ location }) => location === said.location)!;
        let before = said.lifetime;
        const lifetimes: number[] = [];
        for (const { lifetime_after: after } of said.updates ?? []) {
          if (after !== before) lifetimes.push(after);
          before = after;
        }
        const changes = (record.changes ?? []) as { lifetime?: number }[];
        expect(changes.flatMap(({ lifetime }) => lifetime ?? [])).toEqual(lifetimes);
      }
    });
});
