import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { RECORD_KINDS, type RecordKind } from '../../src/analysis/records/records.ts';
import { recordsOf } from '../analysis/analyse.ts';

/** Parts of records that must be there: of messages by their ids, of all others in order, and how many there are. */
export type Expectation = {
  [kind in Exclude<RecordKind, 'messages'>]?: JsonObject[];
} & { messages?: Record<string, unknown>; count?: Partial<Record<RecordKind, number>> };

const KEYS: ReadonlySet<string> = new Set(['count', ...RECORD_KINDS]);

/** Reads the text of an expectation; throws where it names no kind of record. */
export function readExpectation(text: string): Expectation {
  const expectation = JSON.parse(text) as Expectation;
  for (const key of Object.keys(expectation))
    if (!KEYS.has(key)) throw new Error(`"${key}" is no kind of record: ${[...KEYS].join(', ')}`);
  return expectation;
}

/** Compares what an analysis gives with what is expected of it. */
export async function expectOf(
  analysis: Analysis,
  expectation: Expectation,
  bodies: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const { messages, count = {}, ...others } = expectation;
  for (const kind of RECORD_KINDS)
    if (count[kind] !== undefined)
      expect(await recordsOf(analysis, kind), `count of ${kind}`).toHaveLength(count[kind]);
  const given = await recordsOf(analysis, 'messages');
  for (const [id, expected] of Object.entries(messages ?? {})) {
    const record = given.find((message) => message.id === id);
    expect(record, `there is a message ${id}`).toBeDefined();
    expectPart(record, expected, bodies, id);
  }
  for (const kind of RECORD_KINDS) {
    if (kind === 'messages') continue;
    const expected = others[kind];
    if (expected !== undefined) expectPart(await recordsOf(analysis, kind), expected, bodies, kind);
  }
}

/**
 * Compares a record, or a part of one, with the part that is expected: of an object the keys named, `null` where there
 * must be none; of a list each entry. `sha256 of A` is the sum of body A, `text of A` its text.
 */
function expectPart(
  given: unknown,
  expected: unknown,
  bodies: ReadonlyMap<string, Uint8Array>,
  place: string,
): void {
  if (expected === null) {
    expect(given, `${place} is absent`).toBeUndefined();
  } else if (Array.isArray(expected)) {
    expect(given, place).toHaveLength(expected.length);
    for (const [index, entry] of expected.entries())
      expectPart((given as unknown[])[index], entry, bodies, `${place}[${index}]`);
  } else if (typeof expected === 'object') {
    expect(given, place).toBeTypeOf('object');
    for (const [key, entry] of Object.entries(expected as Record<string, unknown>))
      expectPart((given as Record<string, unknown>)[key], entry, bodies, `${place}.${key}`);
  } else expect(given, place).toBe(ofBody(expected, bodies));
}

function ofBody(expected: unknown, bodies: ReadonlyMap<string, Uint8Array>): unknown {
  const [, what, name] = /^(sha256|text) of ([A-Z]\w*)$/.exec(String(expected)) ?? [];
  if (name === undefined) return expected;
  const body = bodies.get(name);
  if (body === undefined) throw new Error(`there is no body ${name}`);
  return what === 'text' ? new TextDecoder().decode(body) : createHash('sha256').update(body).digest('hex');
}
