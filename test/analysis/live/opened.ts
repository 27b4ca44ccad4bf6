import { MemoryRecording } from '../../../src/analysis/live-recording.ts';
import { MemoryStore } from '../../../src/capture/byte-store.ts';
import type { DeviceTableQuery } from '../../../src/analysis/device-protocol.ts';
import type { TrackRow } from '../../../src/analysis/timeline-protocol.ts';
import { RECORD_KINDS } from '../../../src/analysis/records/records.ts';
import { AnalysisService } from '../../../src/analysis/service.ts';

/** One span of a track, as the page gets it. */
export interface ShownSpan {
  track: string;
  from: number;
  to: number;
  look: number;
  row: number;
  label: string;
}

const TABLE: DeviceTableQuery = { text: '', descending: false, first: 0, count: 500 };
/** So many pixels that nothing is thinned. */
const PIXELS = 1e12;

/** A service whose clock moves on with each look at it, so that each step is news. `pieces` is what a relay sends. */
export function openedService(pieces: () => AsyncIterable<Uint8Array>): AnalysisService {
  let time = 0;
  const service = new AnalysisService({
    now: () => (time += 1000),
    yieldTurn: async () => {},
    after: async () => {},
    createSpool: async () => new MemoryStore(),
    createRecording: async () => new MemoryRecording(),
    connect: () => pieces(),
  });
  void service.listen({ postMessage: () => undefined });
  return service;
}

/** Opens what a relay sends and waits for its end. */
export async function openLive(service: AnalysisService): Promise<void> {
  await service.open([{ kind: 'live', name: 'live', url: 'ws://127.0.0.1:1/live' }]);
  await untilRead(service);
}

/** Opens a file and waits until it is read. */
export async function openFile(service: AnalysisService, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await service.open([{ kind: 'file', name: 'file', blob: new Blob([bytes]) }]);
  await untilRead(service);
}

async function untilRead(service: AnalysisService): Promise<void> {
  for (;;) {
    const { state, failure } = await service.status();
    if (failure !== undefined) throw new Error(failure);
    if (state === 'done') return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Waits until all that a relay has sent so far is read: what it sends is kept first. */
export async function untilCaughtUp(service: AnalysisService): Promise<void> {
  for (;;) {
    const { files, recording } = await service.status();
    if ((files[0]?.bytesRead ?? 0) === (recording?.bytes ?? 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Time of the newest message; minus infinity while there is none. */
export async function lastTimeOf(service: AnalysisService): Promise<number> {
  const { messages } = await service.status();
  if (messages === 0) return -Infinity;
  return (await service.rows(messages - 1, 1)).time[0] ?? -Infinity;
}

/** All tracks over all time, without thinning. */
export async function tracksOf(service: AnalysisService): Promise<TrackRow[]> {
  const { lastTime, firstTime } = await service.status();
  const query = { from: firstTime - 1, to: lastTime + 1, pixels: PIXELS, trackCount: 200 };
  const rows: TrackRow[] = [];
  for (let first = 0; ; first += 200) {
    const window = await service.tracks({ ...query, firstTrack: first });
    rows.push(...window.rows);
    if (rows.length >= window.totalTracks || window.rows.length === 0) return rows;
  }
}

/** The spans of all tracks, each with what it is drawn with. */
export function spansOf(rows: readonly TrackRow[]): ShownSpan[] {
  return rows.flatMap(({ kind, title, spans }) => {
    if (spans === undefined || kind === 'device') return [];
    const track = kind === 'observation' || kind === 'firmware' ? title : kind;
    return Array.from(spans.from, (from, index) => ({
      track,
      from,
      to: spans.to[index]!,
      look: spans.look[index]!,
      row: spans.row[index]!,
      label: spans.labels[spans.label[index]!]!,
    }));
  });
}

/** All that the page can ask of lives, and all records; what depends on the way the bytes came is left out. */
export async function answersOf(service: AnalysisService): Promise<Record<string, unknown>> {
  const updates = await service.updates(0, 500);
  const details = [];
  for (const { attempt } of updates.updates) details.push(await service.update(attempt, 2000));
  const table = await service.deviceTable(TABLE);
  const records: Record<string, string[]> = {};
  for (const kind of RECORD_KINDS) {
    const text = await (await service.records(kind, false)).text();
    records[kind] = text.split('\n').map((line) => (kind === 'info' ? withoutFile(line) : line));
  }
  return {
    tracks: await tracksOf(service),
    updates: { ...updates, revision: 0 },
    details: details.map((detail) => detail && { ...detail, revision: 0 }),
    table: { ...table, revision: 0 },
    devices: await service.devices(0, 500),
    totals: await service.totals(),
    records,
  };
}

/** Name, size, format and compression are the file's own: what comes live is kept as pcapng. */
function withoutFile(line: string): string {
  if (line === '') return line;
  const record = JSON.parse(line) as Record<string, unknown>;
  return JSON.stringify({ ...record, file: '', bytes: 0, container: '', compression: '' });
}
