import type { Session } from '../session.svelte.ts';
import { saveFile } from '../values/save-file.ts';
import {
  heldRecordings,
  holdRecording,
  noteSaved,
  readParts,
  recordingFolder,
  tellRecordings,
  timeOfRecording,
} from './recording-folder.ts';
import { recordingFileName } from './recording-name.ts';

/** Most recordings that are kept without being saved; for another one, the oldest goes. */
export const MOST_RECORDINGS = 16;
/** A browser may read a saved recording from its place for so long, in milliseconds; then it goes. */
const SAVING_MS = 10 * 60_000;
/** Bytes looked at to find out whether a recording holds anything. */
const LOOKED_AT = 64 << 10;

/** A recording that was left unsaved, by this tab or another. */
export interface KeptRecording {
  id: string;
  /** When it began, in milliseconds since 1970. */
  time: number;
  bytes: number;
}

/** The recordings that this browser keeps: what was left unsaved, and how what is open is saved. */
export class Recordings {
  /** Those that were left unsaved and are not in use, the newest first. */
  kept = $state.raw<readonly KeptRecording[]>([]);
  /** The oldest that had to go for another one; its person must be told. */
  removed = $state.raw<KeptRecording | undefined>();
  /** What went wrong with one, a sentence. */
  trouble = $state<string | undefined>();
  /** Bytes of the kept recording that is open that were saved. */
  savedBytes = $state(0);

  /** Names of those in use when it was last looked. */
  #inUse = '';
  #held: { id: string; release: () => void } | undefined;

  constructor(private readonly session: Session) {}

  /** Looks again for what was left; removes what was saved and what is empty. */
  async refresh(): Promise<void> {
    try {
      const all = await recordingFolder();
      const inUse = await heldRecordings();
      this.#inUse = [...inUse].join();
      const found: KeptRecording[] = [];
      for await (const [id, folder] of all.entries()) {
        const time = timeOfRecording(id);
        if (time === undefined || inUse.has(id) || folder.kind !== 'directory') continue;
        const { blob, savedBytes, savedTime } = await readParts(folder as FileSystemDirectoryHandle);
        const isSaved = blob.size > 0 && savedBytes >= blob.size;
        if (isSaved && Date.now() - savedTime < SAVING_MS) continue;
        const facts = await this.session.client.recordingFacts(blob.slice(0, LOOKED_AT));
        if (isSaved || !facts.holdsAnything) await this.#delete(id);
        else found.push({ id, time, bytes: blob.size });
      }
      this.kept = found.sort((one, other) => other.time - one.time);
    } catch {
      // No private storage, or a recording went meanwhile: another tab tells when it has done so.
    }
  }

  /** Looks again where a tab took a recording, or let go of one, since. */
  async notice(): Promise<void> {
    const inUse = await heldRecordings().catch(() => undefined);
    if (inUse !== undefined && [...inUse].join() !== this.#inUse) await this.refresh();
  }

  /** Opens one in place of what is open. */
  async open(recording: KeptRecording): Promise<void> {
    const release = await holdRecording(recording.id);
    if (release === undefined) return void this.refresh();
    const read = await this.#attempt(() => this.#read(recording));
    if (read === undefined) return release();
    const { blob, name, savedBytes } = read;
    const opening = this.session.open([{ kind: 'file', name, blob, recording: recording.id }]);
    this.#held?.release();
    this.#held = { id: recording.id, release };
    this.savedBytes = savedBytes;
    await opening;
  }

  /** Saves one that is not open. */
  async save(recording: KeptRecording): Promise<void> {
    await this.#attempt(async () => {
      const { blob, name, folder, bytes } = await this.#read(recording);
      saveFile(blob, name);
      await noteSaved(folder, bytes);
    });
    tellRecordings();
  }

  /** Removes one that is not open. */
  async remove(recording: KeptRecording): Promise<void> {
    await this.#attempt(() => this.#delete(recording.id));
    tellRecordings();
  }

  /** Makes room for another recording; what goes for it is named in `removed`. */
  async makeRoom(): Promise<void> {
    await this.refresh();
    for (const oldest of this.kept.slice(MOST_RECORDINGS - 1).reverse()) {
      await this.#attempt(() => this.#delete(oldest.id));
      this.removed = oldest;
    }
  }

  /** Saves the recording that is open, live or kept. */
  async saveOpen(): Promise<void> {
    const { session } = this;
    const { recording, epochSeconds, frames, files } = session.status;
    const seconds = frames > 0 ? epochSeconds : Date.now() / 1000;
    if (recording !== undefined) {
      const blob = await session.attempt(session.client.saveRecording());
      const container = files[0]?.container === 'hex dump' ? 'text' : 'pcapng';
      if (blob !== undefined) saveFile(blob, recordingFileName(seconds, container));
      return;
    }
    const source = session.openRecording;
    if (source === undefined) return;
    saveFile(source.blob, source.name);
    await this.#attempt(async () => {
      const folder = await (await recordingFolder()).getDirectoryHandle(source.recording);
      // What was cut off at its end counts as saved.
      const bytes = (await readParts(folder)).blob.size;
      await noteSaved(folder, bytes);
      this.savedBytes = bytes;
    });
  }

  /** Lets go of a kept recording that is not open any more. */
  letGo(): void {
    if (this.#held === undefined || this.#held.id === this.session.openRecording?.recording) return;
    this.#held.release();
    this.#held = undefined;
    this.savedBytes = 0;
    tellRecordings();
  }

  async #read(recording: KeptRecording): Promise<{
    blob: Blob;
    name: string;
    folder: FileSystemDirectoryHandle;
    savedBytes: number;
    bytes: number;
  }> {
    const folder = await (await recordingFolder()).getDirectoryHandle(recording.id);
    const { blob, savedBytes } = await readParts(folder);
    const facts = await this.session.client.recordingFacts(blob);
    const name = recordingFileName(facts.firstSeconds ?? recording.time / 1000, facts.container);
    return { blob: blob.slice(0, facts.whole), name, folder, savedBytes, bytes: blob.size };
  }

  /** Removes a recording, unless a tab uses it. */
  async #delete(id: string): Promise<void> {
    const release = await holdRecording(id);
    if (release === undefined) return;
    try {
      await (await recordingFolder()).removeEntry(id, { recursive: true });
    } finally {
      release();
    }
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      this.trouble = undefined;
      return await work();
    } catch (error) {
      this.trouble = `The recording cannot be reached: ${error instanceof Error ? error.message : String(error)}.`;
      return undefined;
    }
  }
}
