import type { Session } from '../session.svelte.ts';
import type { KeptRecording, RecordingsState } from './recordings-state.ts';

/**
 * What the page knows of the recordings that this browser keeps; `recording-actions.ts` changes it, whose code comes
 * when it is first needed.
 */
export class Recordings implements RecordingsState {
  /** Those that were left unsaved and are not in use, the newest first. */
  kept = $state.raw<readonly KeptRecording[]>([]);
  /** The oldest that had to go for another one; its person must be told. */
  removed = $state.raw<KeptRecording | undefined>();
  /** What went wrong with one, a sentence. */
  trouble = $state<string | undefined>();
  /** Bytes of the kept recording that is open that were saved. */
  savedBytes = $state(0);
  /** The kept recording that is open: no other tab takes it. */
  held: RecordingsState['held'];
  /** Names of those in use when it was last looked. */
  inUse = '';

  constructor(readonly session: Session) {}

  /** Saves the recording that is open, live or kept. */
  async saveOpen(): Promise<void> {
    await (await import('./recording-actions.ts')).saveOpen(this);
  }

  /** Makes room for another recording; what goes for it is named in `removed`. */
  async makeRoom(): Promise<void> {
    await (await import('./recording-actions.ts')).makeRoom(this);
  }

  /** Lets go of a kept recording that is not open any more. */
  letGo(): void {
    if (this.held === undefined || this.held.id === this.session.openRecording?.recording) return;
    this.held.release();
    this.held = undefined;
    this.savedBytes = 0;
  }
}
