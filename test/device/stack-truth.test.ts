import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { detectContainer } from '../../src/capture/container.ts';
import type { Registration } from '../../src/device/registration-record.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { FIXTURES, RECORDED } from '../captures.ts';

/** What Leshan's own listeners said of a registration; `ended` is null where it was there when the server stopped. */
interface TruthRegistration {
  endpoint: string;
  location: string;
  lifetime: number;
  version: string;
  ended?: 'deregistered' | 'expired' | 'replaced' | null;
  /** Address the server saw, as Java writes it: `/127.0.0.1:40831`. */
  peer: string;
  updates?: { lifetime_after: number }[];
}

interface Truth {
  registrations?: TruthRegistration[];
  /** State and result of the Firmware Update object, each time one changed. */
  firmware?: { state: number; result: number }[];
}

const STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'];

/** Captures of Leshan over plain UDP that this machine has, with what the stack said. */
function captures(): { name: string; path: string; truth: Truth }[] {
  const found = new Map<string, { name: string; path: string; truth: Truth }>();
  for (const folder of [
    join(FIXTURES, 'leshan'),
    ...(RECORDED === undefined ? [] : [join(RECORDED, 'leshan')]),
  ]) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) {
      const name = /^(leshan.*)\.pcap(?:ng)?$/.exec(file)?.[1];
      if (name === undefined || found.has(name)) continue;
      const truthPath = join(folder, `${name}.truth.json`);
      const isSealed = existsSync(join(folder, `${name}.keys.json`)) || /tcp|tls/.test(name);
      if (isSealed || !existsSync(truthPath)) continue;
      const truth = JSON.parse(readFileSync(truthPath, 'utf8')) as Truth;
      found.set(name, { name, path: join(folder, file), truth });
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function analyse(path: string): Analysis {
  const bytes = new Uint8Array(readFileSync(path));
  const analysis = new Analysis(ObjectRegistry.core());
  const container = detectContainer(bytes.subarray(0, 12));
  if (container === 'gzip' || container === 'unknown') throw new Error(`${path} is no capture`);
  analysis.beginFile(
    {
      name: path,
      bytes: bytes.length,
      bytesRead: 0,
      compression: 'none',
      store: new MemoryStore(),
      reader: undefined,
    },
    container,
  );
  analysis.push(bytes);
  analysis.endFile();
  analysis.end();
  return analysis;
}

/** The registration that the server saw under its address: where a forwarder stood between, there are two views. */
function viewOf(analysis: Analysis, truth: TruthRegistration): Registration | undefined {
  const { registrations } = analysis.tracking.devices.registrations;
  const views = registrations.filter((one) => one.duplicateOf < 0 && one.location === truth.location);
  const { flows } = analysis.frames;
  const isSeen = (one: Registration): boolean =>
    one.deviceEndpoints.some((end) => truth.peer.endsWith(flows.endpointText(end)));
  return views.find(isSeen) ?? views[0];
}

const CAPTURES = captures();

describe.skipIf(CAPTURES.length === 0)('registrations are what Leshan says of them', () => {
  for (const { name, path, truth } of CAPTURES) {
    if ((truth.registrations ?? []).length === 0) continue;
    it(name, () => {
      const analysis = analyse(path);
      const { devices } = analysis.tracking;
      for (const said of truth.registrations ?? []) {
        const found = viewOf(analysis, said);
        expect(found, said.location).toBeDefined();
        expect(found).toMatchObject({
          endpoint: said.endpoint,
          version: said.version,
          lifetimeAtRegistration: said.lifetime,
          lifetime: said.updates?.at(-1)?.lifetime_after ?? said.lifetime,
          updates: said.updates?.length ?? 0,
        });
        expect(devices.devices.devices[devices.devices.resolve(found!.device)]!.endpoint).toBe(said.endpoint);
        // Where the server stopped, the capture may go on; where it waited, the capture may have ended before.
        if (said.ended === null || said.ended === undefined) expect(['open', 'lost']).toContain(found!.ended);
        else if (said.ended === 'expired') expect(['expired', 'open']).toContain(found!.ended);
        else expect(found!.ended).toBe(said.ended);
      }
    });
  }

  it('an expiry that the capture shows is found', () => {
    const capture = CAPTURES.find(({ name }) => name === 'leshan-expiry-a');
    if (capture === undefined) return;
    const { registrations } = analyse(capture.path).tracking.devices.registrations;
    expect(registrations.map(({ endpoint, ended }) => [endpoint, ended])).toEqual([
      ['short-life-1', 'expired'],
      ['stays-alive', 'deregistered'],
    ]);
  });
});

describe.skipIf(CAPTURES.length === 0)('firmware updates are what the device’s own object says', () => {
  for (const { name, path, truth } of CAPTURES) {
    const said = truth.firmware;
    if (said === undefined) continue;
    it(name, () => {
      const { attempts } = analyse(path).tracking.devices.firmware;
      // A change to the state that it has is none.
      const states = said.filter(({ state }, index) => state !== (said[index - 1]?.state ?? 0));
      expect(attempts.flatMap((attempt) => attempt.states.map(({ state }) => state))).toEqual(
        states.map(({ state }) => STATES[state]),
      );
      expect(attempts.every((attempt) => attempt.states.every(({ how }) => how === 'notified'))).toBe(true);
      const results = said.filter(({ result }) => result !== 0).map(({ result }) => result);
      expect(attempts.flatMap(({ result }) => (result === undefined ? [] : [result.value]))).toEqual(results);
    });
  }
});
