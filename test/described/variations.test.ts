import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { analyseBytes, recordsOf } from '../analysis/analyse.ts';
import { FIXTURES } from '../captures.ts';
import { captureOfDescription } from './described-capture.ts';
import type { DescribedPacket } from './described-packets.ts';
import { readDescription } from './description.ts';
import {
  clocksSetBack,
  duplicates,
  lateStarts,
  losses,
  oneDirection,
  reorderings,
  twins,
  type Variation,
} from './variations.ts';

/** Descriptions of each state machine of LwM2M that the device stage follows. */
const MACHINES: Readonly<Record<string, readonly string[]>> = {
  'bootstrap and registration': [
    'life-cycle',
    'life-refused',
    'life-expiry',
    'life-answers-unseen',
    'bootstrap-failures',
    'bootstrap-begun-before',
    'bootstrap-pack',
    'registration-changes',
  ],
  'queue mode': ['queue-mode-life'],
  'Firmware Update': ['firmware-push-life', 'firmware-pull-life'],
  'Advanced Firmware Update': ['advanced-firmware-life'],
  'Software Management': ['software-life'],
};

/** What a server said with its 4.04, where the lifetime that was over before is not known. */
const isLost = (claim: string): boolean => / lost$/.test(claim);
/**
 * What follows from silence, where what was not captured, or captured before its request, was the answer or the Update
 * that would have kept it: nobody can know better.
 */
const isSilence = (claim: string): boolean => / (unanswered|expired|abandoned|lost)$/.test(claim);

/** What records say when the capture does not tell more. */
const UNDECIDED = new Set(['open', 'unknown']);

interface Whole {
  sessions: JsonObject[];
  firmware: JsonObject[];
}

async function read(packets: DescribedPacket[]): Promise<{ analysis: Analysis; whole: Whole }> {
  const analysis = await analyseBytes('varied.pcap', captureOfDescription({ packets, bodies: new Map() }));
  const sessions = await recordsOf(analysis, 'sessions');
  return { analysis, whole: { sessions, firmware: await recordsOf(analysis, 'firmware') } };
}

function packetsOf(name: string): DescribedPacket[] {
  return readDescription(readFileSync(join(FIXTURES, 'described', `${name}.capture.txt`), 'utf8')).packets;
}

/** What no capture may make of a machine, however it was changed. */
function impossible({ tracking }: Analysis): string[] {
  const wrong: string[] = [];
  const { registrations, bootstraps, queueMode, firmware } = tracking.devices;
  const spansOf = [
    ...registrations.registrations.map(({ spans }) => spans),
    ...bootstraps.bootstraps.map(({ spans }) => spans),
    ...queueMode.windows.map((window) => window.spansUntil(tracking.clock)),
  ];
  for (const spans of spansOf)
    spans.forEach((span, index) => {
      const next = spans[index + 1];
      if (next !== undefined && span.to === Infinity) wrong.push(`${span.state} goes on under ${next.state}`);
    });
  for (const { ended, live, duplicateOf } of registrations.registrations)
    if (live && ended !== 'open') wrong.push(`in force, but ${ended} (${duplicateOf})`);
  for (const { ended, result } of firmware.attempts)
    if (ended === 'updated' && result !== undefined && ![1, 2].includes(result.value))
      wrong.push(`updated with result ${result.value}`);
  return wrong;
}

/** Sessions and attempts that claim what the capture as it was does not say. */
function claims(varied: Whole, whole: Whole, isAllowed: (claim: string) => boolean): string[] {
  const wrong: string[] = [];
  const ends = (records: readonly JsonObject[], akin: JsonObject): Set<string> =>
    new Set(records.filter((record) => isAkin(record, akin)).map(({ ended }) => String(ended)));
  for (const kind of ['sessions', 'firmware'] as const)
    for (const record of varied[kind]) {
      const ended = String(record.ended);
      const name = String(record.location ?? record.object ?? record.session);
      const known = ends(whole[kind], record);
      if (!UNDECIDED.has(ended) && !known.has(ended) && !isAllowed(`${name} ${ended}`))
        wrong.push(`${name} ${ended}, not ${[...known].join(' or ')}`);
      const illegal = whole[kind].flatMap((one) => (one.illegal ?? []) as JsonObject[]);
      if (record.illegal !== undefined && illegal.length === 0)
        wrong.push(`${name}: ${JSON.stringify(record.illegal)}`);
    }
  return wrong;
}

function isAkin(one: JsonObject, other: JsonObject): boolean {
  if (one.session !== other.session || one.object !== other.object) return false;
  const isKnown = one.location !== undefined && other.location !== undefined;
  return !isKnown || one.location === other.location;
}

async function check(
  name: string,
  vary: (packets: readonly DescribedPacket[]) => Variation[],
  isAllowed: (claim: string) => boolean = () => false,
): Promise<void> {
  const packets = packetsOf(name);
  const { whole } = await read(packets);
  const wrong: string[] = [];
  for (const variation of vary(packets)) {
    const { analysis, whole: varied } = await read(variation.packets);
    const found = [...impossible(analysis), ...claims(varied, whole, isAllowed)];
    wrong.push(...found.map((one) => `${variation.what}: ${one}`));
  }
  expect(wrong).toEqual([]);
}

/** Records without what is bound to one device: names, addresses, ids. */
function bare(records: readonly JsonObject[], device: RegExp): string[] {
  return records
    .filter((record) => device.test(String(record.device)))
    .map((record) =>
      [record.session, record.object, record.ended, record.from, record.to, record.updates]
        .concat(
          ((record.states ?? []) as JsonObject[]).map(({ state, how }) => `${String(state)} ${String(how)}`),
        )
        .join(' '),
    );
}

for (const [machine, names] of Object.entries(MACHINES))
  describe(machine, () => {
    it.each(names)('%s, begun late', (name) => check(name, lateStarts, isLost));
    it.each(names)('%s, one direction', (name) => check(name, oneDirection));
    it.each(names)('%s, with a loss', (name) => check(name, losses, isSilence));
    it.each(names)('%s, in another order', (name) => check(name, reorderings, isSilence));
    it.each(names)('%s, with time that runs backwards', (name) => check(name, clocksSetBack, isLost));

    it.each(names)('%s, with each packet twice', async (name) => {
      const packets = packetsOf(name);
      const { whole } = await read(packets);
      for (const variation of duplicates(packets)) {
        const { whole: varied } = await read(variation.packets);
        for (const kind of ['sessions', 'firmware'] as const)
          expect(bare(varied[kind], /./), variation.what).toEqual(bare(whole[kind], /./));
      }
    });

    it.each(names)('%s, by two devices behind one address', async (name) => {
      const packets = packetsOf(name);
      const { whole } = await read(packets);
      const { whole: varied } = await read(twins(packets).packets);
      for (const kind of ['sessions', 'firmware'] as const) {
        const alone = bare(whole[kind], /./);
        expect(bare(varied[kind], /^dev|:40000$/)).toEqual(alone);
        expect(bare(varied[kind], /^dvv|:41000$/)).toEqual(alone);
      }
    });
  });
