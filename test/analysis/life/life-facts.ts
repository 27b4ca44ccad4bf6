import type { Analysis } from '../../../src/analysis/analysis.ts';
import { DeviceAnswers } from '../../../src/analysis/device-answers.ts';
import { DeviceIndex } from '../../../src/analysis/device-index.ts';
import type { DeviceLine } from '../../../src/analysis/device-protocol.ts';
import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { recordsOf } from '../analyse.ts';

/** One thing that a stack said, and what the records say of it, both as text. */
export interface LifeFact {
  /** What it is about: the registration, observation or update, and which property of it. */
  about: string;
  said: string;
  found: string;
}

/** What of a truth file cannot be compared, by the reason; the number counts statements. */
export type LeftOut = Map<string, number>;

/** What a capture gives: the records of lives, and the analysis behind them. */
export interface LifeRecords {
  analysis: Analysis;
  devices: JsonObject[];
  /** The table of devices as the page has it. */
  lines: DeviceLine[];
  registrations: JsonObject[];
  bootstraps: JsonObject[];
  observations: JsonObject[];
  firmware: JsonObject[];
}

/** Reads the four kinds of records that tell of lives. */
export async function lifeRecords(analysis: Analysis): Promise<LifeRecords> {
  const sessions = await recordsOf(analysis, 'sessions');
  const table = new DeviceAnswers(analysis, new DeviceIndex(analysis), () => undefined);
  const { lines } = await table.window({ text: '', descending: false, first: 0, count: 200 }, 1);
  return {
    analysis,
    devices: await recordsOf(analysis, 'devices'),
    lines,
    registrations: sessions.filter(({ session }) => session === 'registration'),
    bootstraps: sessions.filter(({ session }) => session === 'bootstrap'),
    observations: await recordsOf(analysis, 'observations'),
    firmware: await recordsOf(analysis, 'firmware'),
  };
}

/** Collects facts, and what is left out. */
export class Facts {
  readonly all: LifeFact[] = [];
  readonly leftOut: LeftOut = new Map();

  /** Adds a fact; values that are no texts are written as JSON. */
  add(about: string, said: unknown, found: unknown): void {
    this.all.push({ about, said: textOf(said), found: textOf(found) });
  }

  /** Counts statements that cannot be compared. */
  leaveOut(reason: string, count = 1): void {
    if (count > 0) this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + count);
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Seconds since 1970 of a record's time. */
export function secondsOf(time: unknown): number {
  return time === undefined ? NaN : Number(time);
}

/** `within 1 s` where two times lie as near as that, or how far they are apart. */
export function nearness(said: number, found: number, tolerance = 1): string {
  const apart = found - said;
  return Math.abs(apart) <= tolerance ? `within ${tolerance} s` : `${apart.toFixed(1)} s apart`;
}

/** States of an update as one text, from attempts in their order. */
export function statesOf(attempts: readonly JsonObject[]): string {
  return attempts
    .flatMap(({ states }) => (states as JsonObject[]).map(({ state }) => String(state)))
    .join(' ');
}

/** Results of attempts that have one. */
export function resultsOf(attempts: readonly JsonObject[]): string {
  return attempts
    .flatMap(({ result }) => (result === undefined ? [] : [String((result as JsonObject).value)]))
    .join(' ');
}
