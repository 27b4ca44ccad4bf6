import { MemoryRecording, type Recording } from '../../analysis/live-recording.ts';
import { BlobStore } from '../../capture/byte-store.ts';
import type { ByteCount, ByteOffset } from '../../capture/units.ts';
import {
  holdRecording,
  newRecordingId,
  noteSaved,
  recordingFolder,
  tellRecordings,
} from '../recordings/recording-folder.ts';

/** What was written reaches the disk at most this much later, in milliseconds. */
const FLUSH_MS = 1000;

/**
 * A recording in the private storage of the origin (files that only this page can see), which stays when the tab
 * closes or dies; in memory where a browser has no such storage.
 */
export async function createRecording(): Promise<Recording> {
  try {
    const id = newRecordingId(Date.now());
    const release = await holdRecording(id);
    if (release === undefined) return new MemoryRecording();
    try {
      const all = await recordingFolder();
      const folder = await all.getDirectoryHandle(id, { create: true });
      return new OriginRecording(id, all, folder, await openPart(folder, 0), release);
    } catch (error) {
      release();
      throw error;
    }
  } catch {
    return new MemoryRecording();
  }
}

async function openPart(
  folder: FileSystemDirectoryHandle,
  part: number,
): Promise<FileSystemSyncAccessHandle> {
  const file = await folder.getFileHandle(String(part), { create: true });
  return file.createSyncAccessHandle();
}

/** A part that nothing is written to any more. */
interface ClosedPart {
  start: ByteOffset;
  file: File;
  store: BlobStore;
}

/**
 * The bytes lie in numbered parts. Saving closes the last part and begins another: a file of the closed ones stays
 * as it is, so that the browser can read it from the disk while more comes.
 */
class OriginRecording implements Recording {
  readonly #closed: ClosedPart[] = [];
  /** Where the part begins that is written to. */
  #start: ByteOffset = 0;
  #size: ByteCount = 0;
  #flush: ReturnType<typeof setTimeout> | undefined;
  /** Reads and writes wait while parts change. */
  #changing: Promise<unknown> | undefined;

  constructor(
    readonly id: string,
    private readonly all: FileSystemDirectoryHandle,
    private readonly folder: FileSystemDirectoryHandle,
    private handle: FileSystemSyncAccessHandle,
    private readonly release: () => void,
  ) {}

  get size(): ByteCount {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    while (this.#changing !== undefined) await this.#changing;
    const at = this.#size - this.#start;
    let written = 0;
    try {
      written = this.handle.write(bytes as Uint8Array<ArrayBuffer>, { at });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error;
    }
    // No part of a block stays. Chromium gives a number above the length where there is no room at all.
    if (written !== bytes.length) {
      this.handle.truncate(at);
      throw new Error('the private storage of this browser is full');
    }
    this.#size += bytes.length;
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined;
      if (this.#changing === undefined) this.handle.flush();
    }, FLUSH_MS);
  }

  async read(offset: ByteOffset, length: ByteCount): Promise<Uint8Array> {
    while (this.#changing !== undefined) await this.#changing;
    if (offset >= this.#start) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - offset)));
      return bytes.subarray(0, this.handle.read(bytes, { at: offset - this.#start }));
    }
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - offset)));
    let count = 0;
    for (let index = 0; index < this.#closed.length && count < bytes.length; index++) {
      const { start, store } = this.#closed[index]!;
      const from = offset + count - start;
      if (from >= store.size) continue;
      const piece = await store.read(from, Math.min(bytes.length - count, store.size - from));
      bytes.set(piece, count);
      count += piece.length;
    }
    if (count < bytes.length) {
      const rest = await this.read(offset + count, bytes.length - count);
      bytes.set(rest, count);
      count += rest.length;
    }
    return bytes.subarray(0, count);
  }

  async save(): Promise<Blob> {
    while (this.#changing !== undefined) await this.#changing;
    const saving = this.#save();
    this.#changing = saving.catch(() => {});
    try {
      return await saving;
    } finally {
      this.#changing = undefined;
    }
  }

  async close(): Promise<void> {
    while (this.#changing !== undefined) await this.#changing;
    clearTimeout(this.#flush);
    this.handle.flush();
    this.handle.close();
    if (this.#size === 0) await this.all.removeEntry(this.id, { recursive: true });
    this.release();
    tellRecordings();
  }

  async #save(): Promise<Blob> {
    if (this.#size > this.#start) {
      this.handle.flush();
      this.handle.close();
      const part = this.#closed.length;
      const closed = await this.folder.getFileHandle(String(part));
      const file = await closed.getFile();
      this.#closed.push({ start: this.#start, file, store: new BlobStore(file) });
      this.#start = this.#size;
      this.handle = await openPart(this.folder, part + 1);
    }
    await noteSaved(this.folder, this.#size);
    return new Blob(this.#closed.map(({ file }) => file));
  }
}
