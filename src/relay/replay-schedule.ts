import type { Frame, FrameSink } from '../capture/frame.ts';
import { readUint32 } from '../capture/record-reader.ts';
import type { ByteOffset, Seconds } from '../capture/units.ts';

/** Longest wait between two frames of a replay; longer silence is shortened to it unless asked otherwise. */
export const LONGEST_WAIT: Seconds = 5;
/** A step back in time up to this is disorder, and the frame goes at once; beyond it the capture starts anew. */
const MOST_DISORDER: Seconds = 5;

/** Where a packet's bytes begin in its pcapng block (draft-ietf-opsawg-pcapng §4.3, §4.4, appendix A). */
const ENHANCED_DATA_OFFSET = 28;
const SIMPLE_DATA_OFFSET = 12;

/** How fast a capture is replayed. */
export interface ReplayPace {
  /** Seconds of the capture in one second; infinite for no waiting. */
  speed: number;
  /** Keeps waits longer than `LONGEST_WAIT`. */
  exactGaps: boolean;
}

/** Notes where the records of the frames end and when each is due, for the frames of one piece of the capture. */
export class ReplaySchedule implements FrameSink {
  /** End of each frame's record, counted from the first byte of the capture. */
  readonly ends: ByteOffset[] = [];
  /** When each frame is due, in seconds since the replay began. */
  readonly dues: Seconds[] = [];
  /** When what was read last is due, ticks of the capture's clock included. */
  due: Seconds = 0;
  #timed = false;
  #seconds = 0;
  #nanoseconds = 0;

  constructor(
    private readonly pcapng: boolean,
    private readonly pace: ReplayPace,
  ) {}

  frame(frame: Frame): void {
    // A frame without a time goes with the one before it.
    if (frame.hasTime) this.tick(frame.seconds, frame.nanoseconds);
    this.ends.push(this.#recordEnd(frame));
    this.dues.push(this.due);
  }

  tick(seconds: number, nanoseconds: number): void {
    const gap: Seconds = seconds - this.#seconds + (nanoseconds - this.#nanoseconds) / 1e9;
    if (this.#timed && gap <= 0 && gap >= -MOST_DISORDER) return;
    if (this.#timed && gap > 0) {
      const wait = gap / this.pace.speed;
      this.due += this.pace.exactGaps ? wait : Math.min(wait, LONGEST_WAIT);
    }
    this.#timed = true;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
  }

  /** Forgets the frames of the piece before; what is due goes on. */
  nextPiece(): void {
    this.ends.length = 0;
    this.dues.length = 0;
  }

  /** A pcap record ends with the frame's bytes; a pcapng block goes on with padding, options and its length. */
  #recordEnd(frame: Frame): ByteOffset {
    const captured = frame.end - frame.start;
    if (!this.pcapng) return frame.fileOffset + captured;
    const dataOffset = frame.hasTime ? ENHANCED_DATA_OFFSET : SIMPLE_DATA_OFFSET;
    const block = frame.start - dataOffset;
    // Types of packet blocks are less than 256, so that a zero comes first only in big-endian order.
    const bigEndian = frame.bytes[block] === 0;
    return frame.fileOffset - dataOffset + readUint32(frame.bytes, block + 4, bigEndian);
  }
}
