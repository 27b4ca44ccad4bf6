import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BlobStore, MemoryStore } from '../../src/capture/byte-store.ts';
import { Analysis } from '../../src/analysis/analysis.ts';
import { readSources, type ReadingHost } from '../../src/analysis/open.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { Records, type RecordKind } from '../../src/analysis/records/records.ts';

const registry = ObjectRegistry.core();

/** A host for tests: spools in memory, never yields, never stops. */
export const testHost: ReadingHost = {
  createSpool: async () => new MemoryStore(),
  breathe: () => undefined,
  stopped: () => false,
  progress: () => {},
};

/** Analyses one capture file to its end. */
export async function analyseFile(path: string): Promise<Analysis> {
  return analyseBytes(basename(path), new Uint8Array(readFileSync(path)));
}

/** Analyses the bytes of one capture to their end. */
export async function analyseBytes(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Analysis> {
  await registry.loadAll();
  const analysis = new Analysis(registry);
  await readSources(analysis, [{ name, store: new BlobStore(new Blob([bytes])) }], testHost);
  return analysis;
}

/** All records of a kind. */
export async function recordsOf(analysis: Analysis, kind: RecordKind): Promise<JsonObject[]> {
  const records: JsonObject[] = [];
  for await (const record of new Records(analysis).of(kind)) records.push(record);
  return records;
}
