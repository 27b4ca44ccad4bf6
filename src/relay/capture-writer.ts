import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ByteCount } from '../capture/units.ts';
import type { CaptureStream } from './capture-stream.ts';
import { type PacketRing, RingLosses, type RingPlace } from './packet-ring.ts';
import { RelayError } from './relay-host.ts';

/** Bytes that wait for the disk before no more are handed to it; what it does not take meanwhile stays in the ring. */
const MOST_BUFFERED: ByteCount = 4 << 20;

/** Writes a stream into a pcapng file while it comes. */
export class CaptureWriter {
  readonly #losses = new RingLosses();
  #ring: PacketRing | undefined;
  #stream: CaptureStream | undefined;
  #place: RingPlace | undefined;
  #interfaces = 0;
  #failed = false;
  /** Number of the first packet, and how many are with the operating system. */
  #first = 0;
  #kept = 0;

  private constructor(
    private readonly path: string,
    private readonly file: WriteStream,
  ) {}

  /** Makes the file, which must not be there yet. Throws `RelayError`. */
  static async create(path: string): Promise<CaptureWriter> {
    try {
      const handle = await open(path, 'wx');
      return new CaptureWriter(path, createWriteStream(path, { fd: handle }));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new RelayError(
        code === 'EEXIST'
          ? `${path}: this file is there already; name another`
          : `${path}: it cannot be written: ${message}`,
      );
    }
  }

  get name(): string {
    return basename(this.path);
  }
  /** Packets that are not, or not for sure, in the file, because the disk was too slow or the file ended early. */
  get lost(): number {
    return this.#failed ? this.#ring!.nextSequence - this.#first - this.#kept : this.#losses.packets;
  }

  /** Begins with the section header and what the ring holds. `onTrouble` hears, once, that the file ends early. */
  begin(ring: PacketRing, stream: CaptureStream, onTrouble: (text: string) => void): void {
    this.#ring = ring;
    this.#stream = stream;
    this.#place = ring.oldest();
    this.#first = this.#place.sequence;
    this.#interfaces = stream.interfaces;
    this.file.on('error', (error) => {
      if (this.#failed) return;
      this.#failed = true;
      onTrouble(`${this.path}: the file ends here, for it cannot be written: ${error.message}`);
    });
    this.#write(stream.header());
  }

  /** Writes what the ring has for it, as much as the disk takes now. */
  pump(): void {
    while (!this.#failed && this.file.writableLength <= MOST_BUFFERED) {
      if (!this.#writeNext()) return;
    }
  }

  /** Writes all that the ring still has and closes the file. */
  async close(): Promise<void> {
    while (!this.#failed && this.#writeNext());
    await new Promise<void>((resolve) => {
      if (this.file.closed) resolve();
      else {
        this.file.once('close', () => resolve());
        this.file.end();
      }
    });
  }

  #writeNext(): boolean {
    const item = this.#ring!.take(this.#place!, this.#losses);
    if (item === undefined) return false;
    if (item.interfaces > this.#interfaces) {
      this.#write(this.#stream!.descriptions(this.#interfaces, item.interfaces));
      this.#interfaces = item.interfaces;
    }
    this.#write(item.bytes, item.count);
    return true;
  }

  #write(bytes: Uint8Array, packets = 0): void {
    this.file.write(bytes, (error) => {
      if (error) return;
      this.#kept += packets;
      this.pump();
    });
  }
}
