import { type AppendableByteStore, MemoryStore } from '../../capture/byte-store.ts';
import type { ByteCount } from '../../capture/units.ts';

/** What a spool takes where there is no private storage. */
const MAXIMUM_IN_MEMORY: ByteCount = 1 << 30;
/** Folder of the spools in the origin's private storage. */
const FOLDER = 'spools';

/**
 * A spool in the private storage of the origin (a file that only this page can see); in memory where a browser has
 * none, as in some private windows. Gone when it is closed; what an earlier page left behind is removed.
 */
export async function createOriginStore(): Promise<AppendableByteStore> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    await removeLeftOvers(folder);
    const name = crypto.randomUUID();
    const file = await folder.getFileHandle(name, { create: true });
    return new OriginStore(await file.createSyncAccessHandle(), folder, name);
  } catch {
    return new MemoryStore(MAXIMUM_IN_MEMORY);
  }
}

/** Removes spools of pages that are gone; one in use is locked and stays. */
async function removeLeftOvers(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of folder.keys()) {
    try {
      await folder.removeEntry(name);
    } catch {
      // Locked: another page is using it.
    }
  }
}

class OriginStore implements AppendableByteStore {
  #size = 0;

  constructor(
    private readonly handle: FileSystemSyncAccessHandle,
    private readonly folder: FileSystemDirectoryHandle,
    private readonly name: string,
  ) {}

  get size(): number {
    return this.#size;
  }

  /** Throws where the quota of the origin, or the disk, is used up; what was appended before stays. */
  async append(bytes: Uint8Array): Promise<void> {
    const written = this.handle.write(bytes as Uint8Array<ArrayBuffer>, { at: this.#size });
    // A part of a piece is of no use: what is read back begins and ends with pieces. Chromium gives a number above the
    // length where there is no room at all.
    if (written !== bytes.length) throw new Error('the storage of this browser is full');
    this.#size += bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - offset)));
    const read = this.handle.read(bytes, { at: offset });
    return bytes.subarray(0, read);
  }

  async close(): Promise<void> {
    this.handle.close();
    await this.folder.removeEntry(this.name);
  }
}
