import { MemoryRecording } from '../../src/analysis/live-recording.ts';
import type { AnalysisStatus, EventPort } from '../../src/analysis/protocol.ts';
import { AnalysisService, type ServiceHost } from '../../src/analysis/service.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';

/** The parts of a stream, one after the other. */
export async function* streamOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part;
}

/** What a page has of the analysis: a service, whose live stream consists of some parts, and all that it told. */
export class Page {
  readonly statuses: AnalysisStatus[] = [];
  readonly service: AnalysisService;
  #now = 0;

  constructor(parts: readonly Uint8Array[], host: Partial<ServiceHost> = {}) {
    this.service = new AnalysisService({
      now: () => (this.#now += 5),
      yieldTurn: () => new Promise((resolve) => setImmediate(resolve)),
      after: () => new Promise((resolve) => setImmediate(resolve)),
      createSpool: async () => new MemoryStore(),
      createRecording: async () => new MemoryRecording(),
      connect: () => streamOf(parts),
      ...host,
    });
    const port: EventPort = { postMessage: ({ status }) => void this.statuses.push(status) };
    void this.service.listen(port);
  }

  /** Waits for a status. */
  async until(isThere: (status: AnalysisStatus) => boolean): Promise<AnalysisStatus> {
    for (;;) {
      const last = this.statuses.at(-1);
      if (last !== undefined && isThere(last)) return last;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** What a page opens to follow a live stream. */
export const LIVE = [{ kind: 'live', name: 'tap', url: 'ws://localhost:1' }] as const;
/** True once nothing more comes. */
export const isDone = ({ state }: AnalysisStatus): boolean => state === 'done' || state === 'failed';
