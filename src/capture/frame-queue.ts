import { Frame, type FrameSink, LogEnds } from './frame.ts';

/** How much is added to the times of a file, whose clock was wrong: whole seconds and 0 to 999,999,999 nanoseconds. */
export interface ClockCorrection {
  seconds: number;
  nanoseconds: number;
}

/** Nothing to correct. */
export const NO_CORRECTION: ClockCorrection = { seconds: 0, nanoseconds: 0 };

/** Hands frames on with their times corrected. */
export class CorrectedFrames implements FrameSink {
  constructor(
    private readonly sink: FrameSink,
    private readonly correction: ClockCorrection,
  ) {}

  frame(frame: Frame): void {
    if (frame.hasTime) correct(frame, this.correction);
    this.sink.frame(frame);
  }

  tick(seconds: number, nanoseconds: number): void {
    const sum = nanoseconds + this.correction.nanoseconds;
    const carry = sum >= 1e9 ? 1 : 0;
    this.sink.tick?.(seconds + this.correction.seconds + carry, sum - carry * 1e9);
  }

  secrets(type: number, bytes: Uint8Array): void {
    this.sink.secrets?.(type, bytes);
  }
}

function correct(frame: Frame, { seconds, nanoseconds }: ClockCorrection): void {
  const sum = frame.nanoseconds + nanoseconds;
  const carry = sum >= 1e9 ? 1 : 0;
  frame.seconds += seconds + carry;
  frame.nanoseconds = sum - carry * 1e9;
}

/** A frame that waits, or a tick of the clock. */
class Waiting {
  readonly frame = new Frame();
  isTick = false;
}

/**
 * Frames of one file that wait until those of other files were taken. It holds what one pushed piece gave, so it is
 * bounded by the length of the pieces. Bytes are copied only where they do not lie in the piece itself, which must
 * not change while its frames wait. A frame without a time is in its place behind the one before.
 */
export class FrameQueue implements FrameSink {
  /** The piece that is pushed. */
  piece: Uint8Array | undefined;
  /** True where the first frame had no time. */
  isUntimed = false;
  readonly #waiting: Waiting[] = [];
  #first = 0;
  #end = 0;
  #isBegun = false;
  #seconds = -Infinity;
  #nanoseconds = 0;

  /** `takeSecrets` gets secrets at once, before frames that wait. */
  constructor(private readonly takeSecrets: (type: number, bytes: Uint8Array) => void = () => {}) {}

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** Time of what is taken next: whole seconds since 1970 and nanoseconds. */
  get seconds(): number {
    return this.#waiting[this.#first]!.frame.seconds;
  }
  get nanoseconds(): number {
    return this.#waiting[this.#first]!.frame.nanoseconds;
  }

  /** True where what is taken next is to be taken before that of the other queue: earlier, or `first` at one time. */
  goesBefore(other: FrameQueue, first: boolean): boolean {
    const difference = this.seconds - other.seconds || this.nanoseconds - other.nanoseconds;
    return difference < 0 || (difference === 0 && first);
  }

  frame(frame: Frame): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.isUntimed = !frame.hasTime;
    }
    if (frame.hasTime) {
      this.#seconds = frame.seconds;
      this.#nanoseconds = frame.nanoseconds;
    }
    const waiting = this.#add();
    const own = waiting.frame;
    waiting.isTick = false;
    own.number = frame.number;
    own.originalLength = frame.originalLength;
    own.fileOffset = frame.fileOffset;
    own.hasTime = frame.hasTime;
    own.interfaceIndex = frame.interfaceIndex;
    own.linkType = frame.linkType;
    own.ends = frame.ends === undefined ? undefined : Object.assign(new LogEnds(), frame.ends);
    const lasts = frame.bytes === this.piece;
    own.bytes = lasts ? frame.bytes : frame.bytes.slice(frame.start, frame.end);
    own.start = lasts ? frame.start : 0;
    own.end = own.start + frame.end - frame.start;
  }

  tick(seconds: number, nanoseconds: number): void {
    // A tick keeps its place, so it is no reason to take later frames first.
    if (this.#seconds === -Infinity) return;
    const waiting = this.#add();
    waiting.isTick = true;
    waiting.frame.originalLength = 0;
    waiting.frame.bytes = NOTHING;
    waiting.frame.seconds = seconds;
    waiting.frame.nanoseconds = nanoseconds;
  }

  secrets(type: number, bytes: Uint8Array): void {
    this.takeSecrets(type, bytes);
  }

  /** Hands on what is first; gives its length in bytes. The sink has it for the call. */
  take(sink: FrameSink): number {
    const { frame, isTick } = this.#waiting[this.#first++]!;
    if (this.#first === this.#end) this.#first = this.#end = 0;
    if (isTick) sink.tick?.(frame.seconds, frame.nanoseconds);
    else sink.frame(frame);
    const length = frame.end - frame.start;
    // A piece goes when its frames have gone.
    frame.bytes = NOTHING;
    return isTick ? 0 : length;
  }

  #add(): Waiting {
    if (this.#end === this.#waiting.length) this.#waiting.push(new Waiting());
    const waiting = this.#waiting[this.#end++]!;
    waiting.frame.seconds = this.#seconds;
    waiting.frame.nanoseconds = this.#nanoseconds;
    return waiting;
  }
}

const NOTHING = new Uint8Array(0);
