import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { detectContainer, DETECT_LENGTH, type PacketContainer } from '../capture/container.ts';
import { gunzip } from '../capture/gunzip.ts';
import { DESCRIBE_LENGTH, describeUnknown } from '../capture/unknown-file.ts';
import type { ByteCount } from '../capture/units.ts';
import { RelayError } from './relay-host.ts';

/** Bytes read from the file at once. */
const READ_BYTES: ByteCount = 64 << 10;

/** A capture on disk, known to be one, that can be read from its start any number of times. */
export class CaptureFile {
  private constructor(
    readonly path: string,
    /** Length of the file as it was when it was opened, compressed or not. */
    readonly size: ByteCount,
    readonly container: PacketContainer,
    private readonly compressed: boolean,
  ) {}

  /** Looks at the first bytes of a file. Throws `RelayError` where it is absent, unreadable or no capture. */
  static async open(path: string): Promise<CaptureFile> {
    try {
      const status = await stat(path);
      if (!status.isFile()) throw new RelayError(`${path}: this is not a plain file`);
      const head = await headOf(readFrom(path));
      const compressed = detectContainer(head.subarray(0, DETECT_LENGTH)) === 'gzip';
      const inner = compressed ? await headOf(decompressed(path)) : head;
      const container = detectContainer(inner.subarray(0, DETECT_LENGTH));
      if (container === 'unknown' || container === 'gzip')
        throw new RelayError(`${path}: ${describeUnknown(inner)}`);
      return new CaptureFile(path, status.size, container, compressed);
    } catch (error) {
      if (error instanceof RelayError) throw error;
      throw new RelayError(`${path}: ${fileTrouble(error as NodeJS.ErrnoException)}`);
    }
  }

  get name(): string {
    return basename(this.path);
  }

  /**
   * The container's bytes from the start, decompressed, in pieces that never change. A gzip file that is damaged
   * gives what could be decompressed. Rejects as the file system does.
   */
  pieces(): AsyncIterable<Uint8Array> {
    return this.compressed ? decompressed(this.path) : readFrom(this.path);
  }
}

function readFrom(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: READ_BYTES });
}

function decompressed(path: string): AsyncIterable<Uint8Array> {
  return gunzip(readFrom(path), () => undefined);
}

async function headOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const head = new Uint8Array(DESCRIBE_LENGTH);
  let length = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(0, DESCRIBE_LENGTH - length);
    head.set(part, length);
    length += part.length;
    if (length === DESCRIBE_LENGTH) break;
  }
  return head.subarray(0, length);
}

function fileTrouble(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'the file may not be read';
  return error.message;
}
