import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppendableByteStore, ByteStore } from '../capture/byte-store.ts';

/** A capture file read where it lies. */
export class FileStore implements ByteStore {
  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  /** Opens a file for reading. Rejects as the file system does. */
  static async open(path: string): Promise<FileStore> {
    const handle = await open(path, 'r');
    const status = await handle.stat();
    if (status.isDirectory()) {
      await handle.close();
      throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' });
    }
    return new FileStore(handle, status.size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return readHandle(this.handle, offset, length, this.size);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** A capture that comes through a pipe or from a device: no place in it can be read again. */
export interface PipedCapture {
  stream: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a capture for reading: a file where it lies, else what comes through. Rejects as the file system does. */
export async function openCapture(path: string): Promise<FileStore | PipedCapture> {
  const status = await stat(path);
  if (status.isFile() || status.isDirectory()) return FileStore.open(path);
  const handle = await open(path, 'r');
  return { stream: handle.createReadStream({ autoClose: false }), close: () => handle.close() };
}

/** A spool in a temporary file, for what lies nowhere else: decompressed bytes, standard input, a live stream. */
export class TemporaryStore implements AppendableByteStore {
  #size = 0;
  private constructor(
    private readonly handle: FileHandle,
    private readonly folder: string,
  ) {}

  static async create(): Promise<TemporaryStore> {
    const folder = await mkdtemp(join(tmpdir(), 'lwm2m-scope-'));
    const handle = await open(join(folder, 'spool'), 'w+', 0o600);
    // Without a name nothing stays behind when the process is killed. Where a system keeps names of open files, it
    // goes when the store is closed.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    return new TemporaryStore(handle, folder);
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.handle.write(
        bytes,
        written,
        bytes.length - written,
        this.#size + written,
      );
      written += bytesWritten;
    }
    this.#size += bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return readHandle(this.handle, offset, length, this.#size);
  }

  async close(): Promise<void> {
    await this.handle.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function readHandle(
  handle: FileHandle,
  offset: number,
  length: number,
  size: number,
): Promise<Uint8Array> {
  const wanted = Math.max(0, Math.min(length, size - offset));
  const bytes = new Uint8Array(wanted);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await handle.read(bytes, filled, wanted - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
