import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { anjayFacts } from './anjay-life.ts';
import { aiocoapFacts, type AiocoapTruth } from './aiocoap-life.ts';
import { leshanFacts, type LeshanTruth } from './leshan-life.ts';
import { libcoapFacts, type LibcoapTruth } from './libcoap-life.ts';
import type { Facts, LifeRecords } from './life-facts.ts';
import { wakaamaFacts, type WakaamaTruth } from './wakaama-life.ts';

/** A recording with what its stacks said, or why it is not compared. */
export interface LifeCapture {
  name: string;
  path: string;
  /** Reason for leaving it out; undefined where it is compared. */
  skipped: string | undefined;
  facts: (records: LifeRecords, facts: Facts) => void;
}

/** Why captures are left out. */
export const SKIPPED = {
  sealed: 'DTLS, TLS or OSCORE, and no keys are taken yet',
  silent: 'no truth file',
  part: 'a part of another capture: what was said is of the whole',
  wordless: 'its stacks said nothing of lives',
} as const;

/** Reading by whole names of transport and security in the index; what is partly clear is compared in part. */
const SEALED = /DTLS|TLS|OSCORE|^dtls$|^tls$/;
const PARTLY_CLEAR = /NoSec \+|\+ NoSec/;

/** All recordings of the index, each with its facts. */
export function lifeCaptures(folder: string): LifeCapture[] {
  const [head, ...lines] = readFileSync(join(folder, 'INDEX.tsv'), 'utf8').trimEnd().split('\n');
  const columns = head!.split('\t');
  const packets = new Map(
    lines
      .map((line) => line.split('\t'))
      .map((cells) => [basename(cells[0]!), Number(cells[columns.indexOf('packets')])]),
  );
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (column: string): string => cells[columns.indexOf(column)] ?? '';
    const path = join(folder, cell('file'));
    const isClear = PARTLY_CLEAR.test(cell('security'));
    const isSealed = !isClear && (SEALED.test(cell('transport')) || SEALED.test(cell('security')));
    const truth = truthOf(path, cell('truth'));
    const whole = cell('derived from')
      .split(', ')
      .map((source) => packets.get(source) ?? 0);
    const isPart = Number(cell('packets')) < whole.reduce((sum, count) => sum + count, 0);
    return {
      name: basename(path),
      path,
      skipped: isSealed
        ? SKIPPED.sealed
        : truth === undefined
          ? SKIPPED.silent
          : isPart
            ? SKIPPED.part
            : undefined,
      facts: truth ?? ((): void => undefined),
    };
  });
}

function truthOf(path: string, name: string): LifeCapture['facts'] | undefined {
  const place = join(dirname(path), basename(name));
  if (name === '' || !existsSync(place)) return undefined;
  const text = readFileSync(place, 'utf8');
  if (name.endsWith('.log')) return (records, facts) => anjayFacts(text, records, facts);
  const truth = JSON.parse(text) as { stack?: string; ground_truth_of_content?: string[]; steps?: unknown };
  if (truth.stack !== undefined) return (records, facts) => leshanFacts(truth as LeshanTruth, records, facts);
  const others = (truth.ground_truth_of_content ?? []).map(
    (other) => [truthOf(path, other), namesIn(join(dirname(path), other))] as const,
  );
  if (truth.ground_truth_of_content !== undefined)
    return (records, facts) => {
      for (const [other, names] of others)
        other?.(others.length > 1 ? withNames(records, names) : records, facts);
    };
  if (truth.steps === undefined) return undefined;
  return (records, facts) => {
    wakaamaFacts(truth as unknown as WakaamaTruth, records, facts);
    aiocoapFacts(truth as AiocoapTruth, records, facts);
    libcoapFacts(truth as unknown as LibcoapTruth, records, facts);
  };
}

/** Names of clients that a server of Wakaama listed. */
function namesIn(place: string): Set<unknown> {
  const { steps = [] } = JSON.parse(readFileSync(place, 'utf8')) as WakaamaTruth;
  return new Set(
    steps.flatMap(({ output = '' }) => [...output.matchAll(/name: "([^"]*)"/g)].map((match) => match[1])),
  );
}

/** Of several captures put together the records of the clients that one of them has. */
function withNames(records: LifeRecords, names: ReadonlySet<unknown>): LifeRecords {
  return {
    ...records,
    lines: records.lines.filter(({ name }) => names.has(name)),
    devices: records.devices.filter(({ endpoint }) => names.has(endpoint)),
    registrations: records.registrations.filter(({ endpoint }) => names.has(endpoint)),
    observations:
      names.size === 0
        ? records.observations
        : records.observations.filter(({ device }) => names.has(device)),
    firmware: records.firmware.filter(({ device }) => names.has(device)),
  };
}
