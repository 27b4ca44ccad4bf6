import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECORDED } from '../captures.ts';
import { analyseFile } from './analyse.ts';

/** What a stack said of a registration: Wakaama's server in its list, aiocoap's client of the answer it got. */
interface Said {
  endpoint: string;
  lifetime: number;
  location?: string;
}

interface Truth {
  capture: string;
  transport?: string;
  security?: string;
  steps?: { cli?: string; output?: string }[];
  client?: { step?: { path?: string; m?: string }; response?: { code: string; opts: [number, string][] } }[];
}

/** The snap length of 64 bytes cut the queries off: no name is in the capture. */
const CUT = 'net-snaplen64-a.pcap';

const LISTED = /name: "([^"]*)"\s+version: "[^"]*"\s+binding: "[^"]*"\s+lifetime: (\d+) sec/g;
const LOCATION_PATH = 8;

function saidBy(truth: Truth): Said[] {
  const said: Said[] = [];
  for (const { output } of truth.steps ?? [])
    for (const match of output?.matchAll(LISTED) ?? [])
      said.push({ endpoint: match[1]!, lifetime: Number(match[2]) });
  for (const { step, response } of Array.isArray(truth.client) ? truth.client : []) {
    if (step?.m !== 'POST' || !step.path?.startsWith('/rd?') || response?.code !== '2.01 Created') continue;
    const query = new URLSearchParams(step.path.slice('/rd?'.length));
    const segments = response.opts.filter(([number]) => number === LOCATION_PATH);
    said.push({
      endpoint: query.get('ep') ?? '',
      lifetime: Number(query.get('lt')),
      location: segments.map(([, hex]) => `/${Buffer.from(hex, 'hex').toString('utf8')}`).join(''),
    });
  }
  return said;
}

const folder = RECORDED === undefined ? undefined : join(RECORDED, 'other');
const truths = (folder === undefined ? [] : readdirSync(folder))
  .filter((name) => name.endsWith('.truth.json') && !name.startsWith('der-'))
  .map((name) => JSON.parse(readFileSync(join(folder!, name), 'utf8')) as Truth)
  .filter(({ transport, security }) => /^UDP(?!.*(DTLS|TCP))/.test(transport ?? '') && security === 'none')
  .filter(({ capture }) => capture !== CUT)
  .map((truth) => ({ truth, said: saidBy(truth) }))
  .filter(({ said }) => said.length > 0);

describe.skipIf(folder === undefined)('registrations are what Wakaama and aiocoap say of them', () => {
  let compared = 0;

  it.each(truths)('$truth.capture', async ({ truth, said }) => {
    const analysis = await analyseFile(join(folder!, truth.capture));
    const { registrations } = analysis.tracking.devices.registrations;
    for (const { endpoint, lifetime, location } of said) {
      const own = registrations.filter((registration) => registration.endpoint === endpoint);
      expect(own.length, endpoint).toBeGreaterThan(0);
      expect(own.flatMap((one) => [one.lifetime, one.lifetimeAtRegistration])).toContain(lifetime);
      if (location !== undefined) expect(own.map((one) => one.location)).toContain(location);
      // The server holds it when it lists it: none of them can have been refused.
      expect(own.some(({ ended }) => ended !== 'refused' && ended !== 'unanswered')).toBe(true);
      compared++;
    }
  });

  it('compared every recording that tells of registrations', () => {
    console.log(`compared ${compared} statements on registrations in ${truths.length} captures`);
    expect(compared).toBe(truths.reduce((sum, { said }) => sum + said.length, 0));
    expect(truths.length).toBeGreaterThan(10);
  });
});
