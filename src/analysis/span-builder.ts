import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { SpanColumns } from './timeline-protocol.ts';

/** Collects the spans of one track, thinned to what its pixels can show, and gives them as parallel arrays. */
export class SpanBuilder {
  /** Beginning of the last span that was too narrow to see. */
  #narrow: Nanoseconds = -Infinity;

  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #look: number[] = [];
  readonly #row: number[] = [];
  readonly #label: number[] = [];
  readonly #progress: number[] = [];
  readonly #labels: string[] = [];
  readonly #labelIndex = new Map<string, number>();

  /** `pixel` is the time that one pixel shows. */
  constructor(private readonly pixel: Nanoseconds = 0) {}

  get count(): number {
    return this.#from.length;
  }

  add(
    from: Nanoseconds,
    to: Nanoseconds,
    look: number,
    row: MessageRow,
    label: string,
    progress = NaN,
  ): void {
    // Of spans narrower than a pixel that begin within the same one, the first stands for all.
    if (to - from < this.pixel) {
      if (from >= this.#narrow && from < this.#narrow + this.pixel) return;
      this.#narrow = from;
    }
    let index = this.#labelIndex.get(label);
    if (index === undefined) {
      index = this.#labels.length;
      this.#labels.push(label);
      this.#labelIndex.set(label, index);
    }
    this.#from.push(from);
    this.#to.push(to);
    this.#look.push(look);
    this.#row.push(row);
    this.#label.push(index);
    this.#progress.push(progress);
  }

  columns(): SpanColumns {
    return {
      from: Float64Array.from(this.#from),
      to: Float64Array.from(this.#to),
      look: Uint8Array.from(this.#look),
      row: Uint32Array.from(this.#row),
      label: Uint16Array.from(this.#label),
      progress: Float32Array.from(this.#progress),
      labels: this.#labels,
    };
  }
}
