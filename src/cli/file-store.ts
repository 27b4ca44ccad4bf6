import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
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

/** A spool in a temporary file, for what lies nowhere else: decompressed bytes, standard input, a live stream. */
export class TemporaryStore implements AppendableByteStore {
  #size = 0;
  private constructor(
    private readonly handle: FileHandle,
    private readonly folder: string,
  ) {}

  static async create(): Promise<TemporaryStore> {
    const folder = await mkdtemp(join(tmpdir(), 'lwm2m-scope-'));
    return new TemporaryStore(await open(join(folder, 'spool'), 'w+', 0o600), folder);
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
