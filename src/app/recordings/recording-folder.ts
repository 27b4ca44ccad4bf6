/** Folder of the recordings in the origin's private storage; each is a folder of its own with numbered parts. */
const FOLDER = 'recordings';
/** Beside the parts stands an empty file that says by its name how many bytes of them were saved, and by its time when. */
const SAVED = /^saved-(\d{1,16})$/;
/** Where tabs tell each other that recordings came or went. */
const CHANNEL = 'lwm2m-scope recordings';

const ID = /^(\d{1,15})-[0-9a-f-]{36}$/;
const PART = /^\d{1,9}$/;

/** The folder of all recordings. Rejects where the browser has no private storage. */
export async function recordingFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** Makes a name for a recording that begins at a time, in milliseconds since 1970. */
export function newRecordingId(time: number): string {
  return `${Math.floor(time)}-${crypto.randomUUID()}`;
}

/** When a recording began, in milliseconds since 1970; undefined for what is no recording's name. */
export function timeOfRecording(id: string): number | undefined {
  const time = ID.exec(id)?.[1];
  return time === undefined ? undefined : Number(time);
}

/** What lies in a recording's folder. */
export interface RecordingParts {
  /** The parts in their order, as one file that costs no memory. */
  blob: Blob;
  /** How many bytes of it were saved, and when: in milliseconds since 1970. */
  savedBytes: number;
  savedTime: number;
}

/** Reads a recording's folder; no tab may be writing to it. */
export async function readParts(folder: FileSystemDirectoryHandle): Promise<RecordingParts> {
  const numbers: number[] = [];
  let savedBytes = 0;
  let savedTime = 0;
  for await (const name of folder.keys()) {
    if (PART.test(name)) numbers.push(Number(name));
    const saved = SAVED.exec(name)?.[1];
    if (saved === undefined || Number(saved) < savedBytes) continue;
    savedBytes = Number(saved);
    savedTime = (await (await folder.getFileHandle(name)).getFile()).lastModified;
  }
  const parts: File[] = [];
  for (const number of numbers.sort((one, other) => one - other))
    parts.push(await (await folder.getFileHandle(String(number))).getFile());
  return { blob: new Blob(parts), savedBytes, savedTime };
}

/** Notes that the first so many bytes of a recording were saved now. */
export async function noteSaved(folder: FileSystemDirectoryHandle, bytes: number): Promise<void> {
  const name = `saved-${bytes}`;
  // Made anew, so that it has the time of now.
  await folder.removeEntry(name).catch(() => {});
  await folder.getFileHandle(name, { create: true });
}

/** Names of the recordings that tabs have taken. */
export async function heldRecordings(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = '' }) => name.replace(`${FOLDER}/`, '')));
}

/**
 * Takes a recording for this tab, so that no other one opens or removes it: gives the function that lets it go, or
 * undefined where another tab has it. A tab that dies lets go of what it had.
 */
export function holdRecording(id: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`${FOLDER}/${id}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(undefined);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** Tells all tabs, this one included, that recordings came or went. */
export function tellRecordings(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(undefined);
  channel.close();
}

/** Calls when recordings came or went in any tab; gives the function that ends it. */
export function hearRecordings(heard: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = heard;
  return () => channel.close();
}
