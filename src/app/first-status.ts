import type { AnalysisStatus, OpenSource } from '../analysis/protocol.ts';

/** Where the analysis stands while nothing is open. */
export const NOTHING_OPEN: AnalysisStatus = {
  state: 'idle',
  paused: false,
  revision: 0,
  files: [],
  frames: 0,
  messages: 0,
  dropped: { messages: 0, values: 0, spans: 0 },
  firstRow: 0,
  heldFrom: 0,
  memory: { bytes: 0, limit: 0 },
  shown: 0,
  foreign: 0,
  devices: 0,
  registrations: 0,
  values: 0,
  transfers: 0,
  firmwareUpdates: 0,
  failedUpdates: 0,
  notRead: [],
  sealed: [],
  epochSeconds: 0,
  epochNanoseconds: 0,
  firstTime: 0,
  lastTime: 0,
};

/** What the page knows of sources that it has asked to open, before the analysis tells of them. */
export function statusAsked(sources: readonly OpenSource[]): AnalysisStatus {
  return {
    ...NOTHING_OPEN,
    state: sources.some((source) => source.kind === 'live') ? 'live' : 'loading',
    files: sources.map((source) => ({
      name: source.name,
      bytes: source.kind === 'file' ? source.blob.size : 0,
      bytesRead: 0,
      container: '',
      compression: 'none',
      frames: 0,
    })),
  };
}
