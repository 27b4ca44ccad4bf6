import type { CaptureMoment } from './frame.ts';
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  LEAST_BLOCK_LENGTH,
  SECTION_HEADER,
} from './pcapng-blocks.ts';
import { readInterfaceOptions } from './pcapng-options.ts';
import { markBlock } from './pcapng-mark.ts';
import { readUint32 } from './record-reader.ts';
import { TimestampScale } from './timestamp-scale.ts';
import type { ByteCount, ByteOffset } from './units.ts';

/** A block is held until it is whole up to this length; a stream with a longer one is passed on as it comes. */
const MOST_HELD: ByteCount = 1 << 20;
/** Most interfaces of a section that times are read of. */
const MOST_INTERFACES = 4_096;

/** A time so many seconds before the last of its interface is no late packet: the clock was set back. */
const CLOCK_STEP = 60;

const NOTHING = new Uint8Array(0);

/**
 * Cuts a pcapng stream that comes in pieces of any size into pieces of whole blocks: between two of them a block can
 * be put in, and what was kept of the stream at any time is a whole file. What is no pcapng, is damaged, or has a block
 * above 1 MiB is passed on as it comes from there on. Source: draft-ietf-opsawg-pcapng §3.1.
 */
export class PcapngCutter {
  /** Bytes of whole blocks that were given. */
  whole: ByteOffset = 0;
  /** Highest time of a packet or of statistics so far, or since a clock was set back; undefined where there was none. */
  newest: CaptureMoment | undefined;
  /** How often the clock of an interface was set back by more than a minute, and by how many seconds the last time. */
  clockSteps = 0;
  clockStep = 0;
  #held: Uint8Array = NOTHING;
  #isLost = false;
  #bigEndian = false;
  #begun = false;
  /** Clocks of the section's interfaces. */
  #scales: TimestampScale[] = [];
  /** The seconds seen last of each of them. */
  #lastSeconds: number[] = [];

  /** True where a mark can be put in now: the stream is followed, and its section has an interface. */
  get takesMarks(): boolean {
    return !this.#isLost && this.#scales.length > 0;
  }

  /** True where the stream is no pcapng that can be followed. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Takes the next piece; gives what is whole with it, undefined where nothing is. */
  cut(piece: Uint8Array): Uint8Array | undefined {
    if (this.#isLost) return piece;
    let bytes = piece;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + piece.length);
      bytes.set(this.#held);
      bytes.set(piece, this.#held.length);
    }
    const end = this.#walk(bytes);
    this.whole += end;
    if (this.#isLost) {
      this.#held = NOTHING;
      return bytes;
    }
    this.#held = end === bytes.length ? NOTHING : bytes.slice(end);
    return end === 0 ? undefined : bytes.subarray(0, end);
  }

  /** No more pieces come: gives what is left of a block that is not whole, undefined where none is. */
  end(): Uint8Array | undefined {
    const left = this.#held;
    this.#held = NOTHING;
    this.#isLost = true;
    return left.length === 0 ? undefined : left;
  }

  /** A mark as a block for this place of the stream; only where it `takesMarks`. */
  mark(text: string, moment: CaptureMoment): Uint8Array {
    return markBlock(text, moment, this.#scales[0]!, this.#bigEndian);
  }

  /** Where the last whole block ends. */
  #walk(bytes: Uint8Array): number {
    const end = bytes.length;
    let at = 0;
    while (end - at >= LEAST_BLOCK_LENGTH) {
      const type = readUint32(bytes, at, this.#bigEndian);
      if (type === SECTION_HEADER) {
        this.#bigEndian = readUint32(bytes, at + 8, true) === BYTE_ORDER_MAGIC;
        this.#begun = this.#bigEndian || readUint32(bytes, at + 8, false) === BYTE_ORDER_MAGIC;
      }
      const stated = readUint32(bytes, at + 4, this.#bigEndian);
      const length = stated + (-stated & 3);
      if (!this.#begun || stated < LEAST_BLOCK_LENGTH || length > MOST_HELD) {
        this.#isLost = true;
        return at;
      }
      if (at + length > end) return at;
      this.#note(type, bytes, at, length);
      at += length;
    }
    return at;
  }

  /** Learns clocks and times from a whole block. */
  #note(type: number, bytes: Uint8Array, at: number, length: ByteCount): void {
    if (type === SECTION_HEADER) {
      this.#scales = [];
      this.#lastSeconds = [];
    } else if (type === INTERFACE_DESCRIPTION && length >= 20 && this.#scales.length < MOST_INTERFACES) {
      const options = readInterfaceOptions(bytes, at + 16, at + length - 4, this.#bigEndian);
      this.#scales.push(new TimestampScale(options.resolution, options.offset));
    } else if ((type === ENHANCED_PACKET || type === INTERFACE_STATISTICS) && length >= 24) {
      const number = readUint32(bytes, at + 8, this.#bigEndian);
      const scale = this.#scales[number];
      if (scale === undefined) return;
      scale.set(readUint32(bytes, at + 12, this.#bigEndian), readUint32(bytes, at + 16, this.#bigEndian));
      if (type === ENHANCED_PACKET) this.#watchClock(number, scale.seconds);
      this.#see(scale);
    }
  }

  /** Statistics are no measure: some programs write them with the time at which they began. */
  #watchClock(number: number, seconds: number): void {
    const step = (this.#lastSeconds[number] ?? seconds) - seconds;
    this.#lastSeconds[number] = seconds;
    if (step <= CLOCK_STEP) return;
    this.clockSteps++;
    this.clockStep = step;
    this.newest = undefined;
  }

  #see({ seconds, nanoseconds }: CaptureMoment): void {
    const { newest } = this;
    if (newest === undefined) this.newest = { seconds, nanoseconds };
    else if (seconds > newest.seconds || (seconds === newest.seconds && nanoseconds > newest.nanoseconds)) {
      newest.seconds = seconds;
      newest.nanoseconds = nanoseconds;
    }
  }
}
