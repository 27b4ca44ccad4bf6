import type { Nanoseconds } from '../capture/units.ts';
import type { Analysis } from './analysis.ts';
import type { CaptureMark } from './recording-protocol.ts';
import { correctionOf } from './settings.ts';

/** Most marks that are told. */
export const MOST_MARKS = 1_000;

/**
 * Finds the marks among the comments of an analysis's files; follows files that grow. Their times count from the
 * capture's epoch, corrected as those of frames; before there is an epoch none is known.
 */
export class CaptureMarks {
  #marks: CaptureMark[] = [];
  /** By file: how many of its comments were looked at. */
  readonly #taken: number[] = [];

  constructor(private readonly analysis: Analysis) {}

  /** How many there are. */
  get count(): number {
    this.#take();
    return this.#marks.length;
  }

  /** The first `MOST_MARKS` of them in order of time. */
  all(): CaptureMark[] {
    this.#take();
    return this.#marks.slice(0, MOST_MARKS);
  }

  #take(): void {
    const { frames, files, settings } = this.analysis;
    if (!frames.hasEpoch) return;
    let hasNew = false;
    for (const [file, { reader }] of files.entries()) {
      const comments = reader?.comments ?? [];
      const correction = correctionOf(settings, file);
      for (let index = this.#taken[file] ?? 0; index < comments.length; index++) {
        const { moment, text } = comments[index]!;
        this.#taken[file] = index + 1;
        if (moment === undefined) continue;
        const time: Nanoseconds =
          (moment.seconds + correction.seconds - frames.epochSeconds) * 1e9 +
          (moment.nanoseconds + correction.nanoseconds - frames.epochNanoseconds);
        this.#marks.push({ id: `${file + 1}.${index}`, time, text });
        hasNew = true;
      }
    }
    if (hasNew) this.#marks.sort((one, other) => one.time - other.time);
  }
}
