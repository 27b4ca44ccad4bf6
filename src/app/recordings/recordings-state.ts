import type { Session } from '../session.svelte.ts';

/** A recording that was left unsaved, by this tab or another. */
export interface KeptRecording {
  id: string;
  /** When it began, in milliseconds since 1970. */
  time: number;
  bytes: number;
}

/** What the page knows of the recordings that this browser keeps. */
export interface RecordingsState {
  readonly session: Session;
  kept: readonly KeptRecording[];
  removed: KeptRecording | undefined;
  trouble: string | undefined;
  savedBytes: number;
  held: { id: string; release: () => void } | undefined;
  inUse: string;
}
