import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Analysis, type AnalysedFile } from '../../src/analysis/analysis.ts';
import { type ReadingHost, readSources, type Source } from '../../src/analysis/open.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { RECORD_KINDS, type RecordKind, Records } from '../../src/analysis/records/records.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { detectContainer } from '../../src/capture/container.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';

/** Names of capture files, compressed or not. */
export const CAPTURE_NAME = /\.(pcap|pcapng)(\.gz)?$/;

/** All captures below a folder, as paths relative to it, in alphabetical order. */
export function capturesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => CAPTURE_NAME.test(path))
    .sort();
}

export function readBytes(folder: string, path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, path)));
}

const registry = ObjectRegistry.core();
await registry.loadAll();

/** A store that holds `bytes` in memory. */
export async function storeOf(bytes: Uint8Array): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append(bytes);
  return store;
}

/** A host that reads without a pause. */
export const HOST: ReadingHost = {
  createSpool: async () => new MemoryStore(),
  breathe: () => undefined,
  stopped: () => false,
  progress: () => undefined,
};

/** The analysis of some sources, read to their ends. */
export async function analyse(...sources: Source[]): Promise<Analysis> {
  const analysis = new Analysis(registry);
  await readSources(analysis, sources, HOST);
  return analysis;
}

/** The analysis of a file that lies in a store. */
export async function analyseFile(name: string, bytes: Uint8Array): Promise<Analysis> {
  return analyse({ name, store: await storeOf(bytes) });
}

/** The analysis of a stream that brings `size` bytes at a time. */
export async function analyseStream(name: string, bytes: Uint8Array, size: number): Promise<Analysis> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.length; offset += size) yield bytes.slice(offset, offset + size);
  }
  return analyse({ name, stream: pieces() });
}

/** An analysis with one file begun, whose bytes the caller pushes; undefined where `bytes` are no capture as they lie. */
export function begin(name: string, bytes: Uint8Array, store = new MemoryStore()): Analysis | undefined {
  const container = detectContainer(bytes.subarray(0, 12));
  if (container === 'gzip' || container === 'unknown') return undefined;
  const analysis = new Analysis(registry);
  const file: AnalysedFile = {
    name,
    bytes: bytes.length,
    bytesRead: bytes.length,
    compression: 'none',
    store,
    reader: undefined,
    framesBefore: 0,
  };
  analysis.beginFile(file, container);
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
