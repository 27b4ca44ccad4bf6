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
import type { KeptRecording, RecordingsState } from './recordings-state.ts';

/** Most recordings that are kept without being saved; for another one, the oldest goes. */
export const MOST_RECORDINGS = 16;
/** A browser may read a saved recording from its place for so long, in milliseconds; then it goes. */
const SAVING_MS = 10 * 60_000;
/** Bytes looked at to find out whether a recording holds anything. */
const LOOKED_AT = 64 << 10;

/** Looks again for what was left; removes what was saved and what is empty. */
export async function refresh(recordings: RecordingsState): Promise<void> {
  try {
    const all = await recordingFolder();
    const inUse = await heldRecordings();
    recordings.inUse = [...inUse].join();
    const found: KeptRecording[] = [];
    for await (const [id, folder] of all.entries()) {
      const time = timeOfRecording(id);
      if (time === undefined || inUse.has(id) || folder.kind !== 'directory') continue;
      const { blob, savedBytes, savedTime } = await readParts(folder as FileSystemDirectoryHandle);
      const isSaved = blob.size > 0 && savedBytes >= blob.size;
      if (isSaved && Date.now() - savedTime < SAVING_MS) continue;
      const facts = await recordings.session.client.recordingFacts(blob.slice(0, LOOKED_AT));
      // A tap that was quiet at first has its packets further on.
      const isEmpty = !facts.holdsAnything && blob.size <= LOOKED_AT;
      if (isSaved || isEmpty) await removeUnused(id);
      else found.push({ id, time, bytes: blob.size });
    }
    recordings.kept = found.sort((one, other) => other.time - one.time);
  } catch {
    // No private storage, or a recording went meanwhile: another tab tells when it has done so.
  }
}

/** Looks again where a tab took a recording, or let go of one, since. */
export async function notice(recordings: RecordingsState): Promise<void> {
  const inUse = await heldRecordings().catch(() => undefined);
  if (inUse !== undefined && [...inUse].join() !== recordings.inUse) await refresh(recordings);
}

/** Opens a recording in place of what is open. */
export async function open(recordings: RecordingsState, recording: KeptRecording): Promise<void> {
  const release = await holdRecording(recording.id);
  if (release === undefined) return refresh(recordings);
  const letGo = (): void => {
    release();
    tellRecordings();
  };
  const read = await attempt(recordings, () => readKept(recordings, recording));
  if (read === undefined) return letGo();
  const { blob, name, savedBytes } = read;
  const opening = recordings.session.open([{ kind: 'file', name, blob, recording: recording.id }]);
  recordings.held?.release();
  recordings.held = { id: recording.id, release: letGo };
  recordings.savedBytes = savedBytes;
  await opening;
}

/** Saves a recording that is not open. */
export async function save(recordings: RecordingsState, recording: KeptRecording): Promise<void> {
  await attempt(recordings, async () => {
    const { blob, name, folder, bytes } = await readKept(recordings, recording);
    saveFile(blob, name);
    await noteSaved(folder, bytes);
  });
  tellRecordings();
}

/** Removes a recording that is not open. */
export async function remove(recordings: RecordingsState, recording: KeptRecording): Promise<void> {
  await attempt(recordings, () => removeUnused(recording.id));
  tellRecordings();
}

/** Makes room for another recording; what goes for it is named in `removed`. */
export async function makeRoom(recordings: RecordingsState): Promise<void> {
  await refresh(recordings);
  recordings.removed = undefined;
  for (const oldest of recordings.kept.slice(MOST_RECORDINGS - 1).reverse()) {
    await attempt(recordings, () => removeUnused(oldest.id));
    recordings.removed = oldest;
  }
}

/** Saves the recording that is open, live or kept. */
export async function saveOpen(recordings: RecordingsState): Promise<void> {
  const { session } = recordings;
  const { recording, epochSeconds, frames, files } = session.status;
  if (recording !== undefined) {
    const blob = await session.attempt(session.client.saveRecording());
    const seconds = frames > 0 ? epochSeconds : Date.now() / 1000;
    const container = files[0]?.container === 'hex dump' ? 'text' : 'pcapng';
    if (blob !== undefined) saveFile(blob, recordingFileName(seconds, container));
    return;
  }
  const source = session.openRecording;
  if (source === undefined) return;
  saveFile(source.blob, source.name);
  await attempt(recordings, async () => {
    const folder = await (await recordingFolder()).getDirectoryHandle(source.recording);
    // What was cut off at its end counts as saved.
    const bytes = (await readParts(folder)).blob.size;
    await noteSaved(folder, bytes);
    recordings.savedBytes = bytes;
  });
}

interface ReadRecording {
  /** Its whole blocks. */
  blob: Blob;
  name: string;
  folder: FileSystemDirectoryHandle;
  savedBytes: number;
  /** All its bytes. */
  bytes: number;
}

async function readKept(recordings: RecordingsState, recording: KeptRecording): Promise<ReadRecording> {
  const folder = await (await recordingFolder()).getDirectoryHandle(recording.id);
  const { blob, savedBytes } = await readParts(folder);
  const facts = await recordings.session.client.recordingFacts(blob);
  const name = recordingFileName(facts.firstSeconds ?? recording.time / 1000, facts.container);
  return { blob: blob.slice(0, facts.whole), name, folder, savedBytes, bytes: blob.size };
}

/** Removes a recording, unless a tab uses it. */
async function removeUnused(id: string): Promise<void> {
  const release = await holdRecording(id);
  if (release === undefined) return;
  try {
    await (await recordingFolder()).removeEntry(id, { recursive: true });
  } finally {
    release();
  }
}

async function attempt<T>(recordings: RecordingsState, work: () => Promise<T>): Promise<T | undefined> {
  try {
    recordings.trouble = undefined;
    return await work();
  } catch (error) {
    recordings.trouble = `The recording cannot be reached: ${error instanceof Error ? error.message : String(error)}.`;
    return undefined;
  }
}
