import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { detectContainer } from '../../src/capture/container.ts';
import { Analysis } from '../../src/analysis/analysis.ts';
import type { AnalysisSettings } from '../../src/analysis/settings.ts';
import { readSources, type ReadingHost, type Source } from '../../src/analysis/open.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { RECORD_KINDS, Records, type RecordKind } from '../../src/analysis/records/records.ts';

/** Names of capture files, compressed or not. */
export const CAPTURE_NAME = /\.(pcap|pcapng)(\.gz)?$/;

/** A capture in one of the folders with captures. */
export interface Recording {
  folder: string;
  /** Path relative to the folder. */
  path: string;
}

/** All captures below some folders in alphabetical order; of several with one name, that of the first folder. */
export function capturesBelow(...folders: (string | undefined)[]): Recording[] {
  const found = new Map<string, Recording>();
  for (const folder of folders) {
    if (folder === undefined) continue;
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const path of paths.filter((name) => CAPTURE_NAME.test(name)).sort())
      if (!found.has(basename(path))) found.set(basename(path), { folder, path });
  }
  return [...found.values()];
}

/** The bytes of a capture. */
export function readBytes({ folder, path }: Recording): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, path)));
}

const registry = ObjectRegistry.core();

/** A host for tests: spools in memory, never yields, never stops. */
export const testHost: ReadingHost = {
  createSpool: async () => new MemoryStore(),
  breathe: () => undefined,
  stopped: () => false,
  progress: () => {},
};

/** A store that holds `bytes` in memory. */
export async function storeOf(bytes: Uint8Array): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append(bytes);
  return store;
}

async function analyse(source: Source): Promise<Analysis> {
  await registry.loadAll();
  const analysis = new Analysis(registry);
  await readSources(analysis, [source], testHost);
  return analysis;
}

/** Analyses several sources together. */
export async function analyseSources(
  sources: readonly Source[],
  settings?: AnalysisSettings,
): Promise<Analysis> {
  await registry.loadAll();
  const analysis = new Analysis(registry, settings);
  await readSources(analysis, sources, testHost);
  return analysis;
}

/** Analyses one capture file to its end. */
export async function analyseFile(path: string): Promise<Analysis> {
  return analyseBytes(basename(path), new Uint8Array(readFileSync(path)));
}

/** Analyses the bytes of one capture, which lie in a store, to their end. */
export async function analyseBytes(name: string, bytes: Uint8Array): Promise<Analysis> {
  return analyse({ name, store: await storeOf(bytes) });
}

/** Analyses a stream that brings `size` bytes at a time. */
export async function analyseStream(name: string, bytes: Uint8Array, size: number): Promise<Analysis> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.length; offset += size) yield bytes.slice(offset, offset + size);
  }
  return analyse({ name, stream: pieces() });
}

/** An analysis with one file begun, whose bytes the caller pushes; undefined where they are no capture as they lie. */
export async function beginFile(
  name: string,
  bytes: Uint8Array,
  store = new MemoryStore(),
): Promise<Analysis | undefined> {
  const container = detectContainer(bytes.subarray(0, 12));
  if (container === 'gzip' || container === 'unknown') return undefined;
  await registry.loadAll();
  const analysis = new Analysis(registry);
  const { length } = bytes;
  analysis.beginFile(
    {
      name,
      bytes: length,
      bytesRead: length,
      compression: 'none',
      store,
      reader: undefined,
    },
    container,
  );
  return analysis;
}

/** All records of a kind. */
export async function recordsOf(analysis: Analysis, kind: RecordKind): Promise<JsonObject[]> {
  const records: JsonObject[] = [];
  for await (const record of new Records(analysis).of(kind)) records.push(record);
  return records;
}

/** All records of all kinds, one JSON line each. */
export async function allRecords(analysis: Analysis): Promise<Record<RecordKind, string[]>> {
  const lines = {} as Record<RecordKind, string[]>;
  for (const kind of RECORD_KINDS)
    lines[kind] = (await recordsOf(analysis, kind)).map((record) => JSON.stringify(record));
  return lines;
}
