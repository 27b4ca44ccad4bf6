import { type AppendableByteStore, MemoryStore } from '../capture/byte-store.ts';
import { detectContainer, DETECT_LENGTH } from '../capture/container.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import { PcapConversion } from '../capture/pcapng-conversion.ts';
import { PcapngCutter } from '../capture/pcapng-cutter.ts';
import type { ByteCount } from '../capture/units.ts';
import type { RecordingStatus } from './recording-protocol.ts';
import type { LivePiece, StreamGap } from './tap-link.ts';

/** Bytes given to the analysis at once. */
const PIECE_BYTES: ByteCount = 256 << 10;
/** Bytes that wait in memory for the analysis once nothing more can be kept; then the stream waits. */
const MOST_WAITING: ByteCount = 16 << 20;
/** Most gaps and steps of the clock that are marked in a recording; their number is the source's to choose. */
const MOST_OWN_MARKS = 1_000;

/** Where the bytes of a live source are kept until the person has saved them or thrown them away. */
export interface Recording extends AppendableByteStore {
  /** Name of the recording; undefined where it is in memory, and gone with the page. */
  readonly id: string | undefined;
  /** All bytes so far as a file that stays as it is whatever comes later; they count as saved. */
  save(): Promise<Blob>;
}

/** A recording in memory, where there is no private storage. */
export class MemoryRecording extends MemoryStore implements Recording {
  readonly id = undefined;

  async save(): Promise<Blob> {
    return new Blob([(await this.read(0, this.size)) as Uint8Array<ArrayBuffer>]);
  }
}

/**
 * Keeps what a live source sends, as it comes and whatever the analysis does meanwhile, and gives the analysis what is
 * kept. A classic pcap is kept as pcapng. Only whole blocks of a pcapng are put down, so that what is kept is a whole
 * file at any time, and a mark can be put behind it; where packets are missing, or the clock was set back, one says so. Other streams, such as texts, are kept as they come. Where the store
 * takes no more (its disk or quota is full), the stream goes on to one reader without being kept.
 */
export class LiveRecording {
  /** Resolves when nothing more will be kept. */
  readonly ended: Promise<void>;
  readonly #cutter = new PcapngCutter();
  #conversion: PcapConversion | undefined;
  /** First bytes, until they show what the stream is. */
  #head: Uint8Array | undefined = new Uint8Array(0);
  #hasEnded = false;
  #isStopped = false;
  #error: Error | undefined;
  #failure: string | undefined;
  /** What the store did not take, until it is read. */
  readonly #unkept: Uint8Array[] = [];
  #unkeptBytes: ByteCount = 0;
  #wakeKeeper: () => void = () => {};
  /** Counts the readings; an older one ends when another begins. */
  #readings = 0;
  /** Bytes are put down one after another. */
  #appended: Promise<void> = Promise.resolve();
  /** Readers that have read all that is kept. */
  #waiting: (() => void)[] = [];
  /** When, by `now`, the newest time of the capture was seen. */
  #newest: CaptureMoment | undefined;
  #newestSeen = 0;
  #savedBytes: ByteCount = 0;
  #ownMarks = 0;

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(
    readonly store: Recording,
    stream: AsyncIterable<LivePiece>,
    private readonly now: () => number,
  ) {
    this.ended = this.#keep(stream);
  }

  /** Why bytes are no longer kept, one sentence; undefined while they are. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get status(): RecordingStatus {
    return {
      ...(this.#failure !== undefined && { failure: this.#failure }),
      id: this.store.id,
      bytes: this.store.size,
      savedBytes: this.#savedBytes,
      takesMarks: this.#takesMarks,
    };
  }

  /**
   * The moment it is by the capture's clock: the newest time that a packet or statistics had, and what has gone by
   * since it came. Undefined before the first of them.
   */
  moment(): CaptureMoment | undefined {
    if (this.#newest === undefined) return undefined;
    const gone = this.now() - this.#newestSeen;
    const nanoseconds = this.#newest.nanoseconds + Math.round((gone % 1000) * 1e6);
    const carried = Math.floor(nanoseconds / 1e9);
    return {
      seconds: this.#newest.seconds + Math.floor(gone / 1000) + carried,
      nanoseconds: nanoseconds - carried * 1e9,
    };
  }

  /** Puts a mark behind what is kept; false where the stream has ended, or cannot hold one. */
  async mark(text: string, moment: CaptureMoment): Promise<boolean> {
    if (!this.#takesMarks) return false;
    await this.#append(this.#cutter.mark(text, moment));
    return this.#failure === undefined;
  }

  /** Nobody reads any more: the stream has been told to end, and need not wait for a reader. */
  stop(): void {
    this.#isStopped = true;
    this.#wakeKeeper();
  }

  /** All that is kept, as a file. */
  async save(): Promise<Blob> {
    let saved: Blob | undefined;
    await this.#inTurn(async () => {
      saved = await this.store.save();
      this.#savedBytes = saved.size;
    });
    return saved!;
  }

  /**
   * What came, from its beginning to the end of the stream; throws where the stream broke. Can be read anew while
   * everything is kept; an older reading ends.
   */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const reading = ++this.#readings;
    this.#wake();
    let offset = 0;
    while (reading === this.#readings) {
      if (offset < this.store.size) {
        const piece = await this.store.read(offset, PIECE_BYTES);
        offset += piece.length;
        yield piece;
        continue;
      }
      const unkept = this.#unkept.shift();
      if (unkept !== undefined) {
        this.#unkeptBytes -= unkept.length;
        this.#wakeKeeper();
        yield unkept;
        continue;
      }
      if (this.#hasEnded) break;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    if (reading === this.#readings && this.#error !== undefined) throw this.#error;
  }

  get #takesMarks(): boolean {
    if (this.#hasEnded || this.#failure !== undefined) return false;
    return this.#cutter.takesMarks && this.#newest !== undefined;
  }

  async #keep(stream: AsyncIterable<LivePiece>): Promise<void> {
    try {
      for await (const piece of stream) {
        if (!(piece instanceof Uint8Array)) {
          await this.#markHere(gapText(piece));
          continue;
        }
        await this.#take(piece);
        if (this.#conversion?.fault !== undefined) throw new Error(this.#conversion.fault.text);
        while (this.#unkeptBytes > MOST_WAITING && !this.#isStopped)
          await new Promise<void>((resolve) => {
            this.#wakeKeeper = resolve;
          });
      }
      if (this.#head !== undefined) await this.#append(this.#head);
      const left = this.#cutter.end();
      if (left !== undefined) await this.#append(left);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
    this.#hasEnded = true;
    this.#wake();
  }

  /** Marks, at the newest moment that came, what happens to the stream behind it. */
  async #markHere(text: string): Promise<void> {
    if (!this.#cutter.takesMarks || this.#newest === undefined || this.#ownMarks >= MOST_OWN_MARKS) return;
    this.#ownMarks++;
    await this.#append(this.#cutter.mark(text, this.#newest));
  }

  async #take(piece: Uint8Array): Promise<void> {
    let bytes = piece;
    if (this.#head !== undefined) {
      bytes = joined(this.#head, piece);
      this.#head = bytes;
      if (bytes.length < DETECT_LENGTH) return;
      this.#head = undefined;
      if (detectContainer(bytes.subarray(0, DETECT_LENGTH)) === 'pcap')
        this.#conversion = new PcapConversion();
    }
    if (this.#conversion === undefined) return this.#keepWhole(bytes);
    for (const block of this.#conversion.push(bytes)) await this.#keepWhole(block);
  }

  async #keepWhole(bytes: Uint8Array): Promise<void> {
    const { clockSteps } = this.#cutter;
    const whole = this.#cutter.cut(bytes);
    const { newest } = this.#cutter;
    if (this.#cutter.clockSteps > clockSteps) await this.#markHere(stepText(this.#cutter.clockStep));
    if (
      newest !== undefined &&
      (newest.seconds !== this.#newest?.seconds || newest.nanoseconds !== this.#newest.nanoseconds)
    ) {
      this.#newest = { ...newest };
      this.#newestSeen = this.now();
    }
    if (whole !== undefined) await this.#append(whole);
  }

  #wake(): void {
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  #append(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#failure === undefined) {
        try {
          await this.store.append(bytes);
          return this.#wake();
        } catch (error) {
          this.#failure = error instanceof Error ? error.message : String(error);
        }
      }
      this.#unkept.push(bytes);
      this.#unkeptBytes += bytes.length;
      this.#wake();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#appended.then(work);
    this.#appended = done.catch(() => {});
    return done;
  }
}

function gapText({ missed }: StreamGap): string {
  if (missed === 0) return 'the relay was started again: packets may be missing';
  return missed === 1 ? '1 packet missing' : `${missed} packets missing`;
}

function stepText(seconds: number): string {
  return `the clock was set back by ${seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`}`;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
