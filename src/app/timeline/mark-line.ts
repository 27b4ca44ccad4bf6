import type { PixelLanes } from './pixel-lanes.ts';
import { LOOK_STYLES } from './span-look.ts';

/** Marks closer than this lose their form and become strokes. In CSS pixels. */
export const MARK_DISTANCE = 6;
/** Width of such a stroke in CSS pixels. */
const STROKE_WIDTH = 2;
/** Marks of this rank keep their form among strokes. */
export const LOUD_RANK = 3;
/** Marks that a line has room for at first; it grows. */
const FIRST_ROOM = 1_024;

/** Puts a stroke from `left` to `right` (device pixels) into a lane, wide enough to be seen. */
export function addStroke(
  lanes: PixelLanes,
  lane: number,
  left: number,
  right: number,
  kind: number,
  ratio: number,
): void {
  const from = Math.floor(left);
  lanes.stroke(lane, from, Math.max(Math.ceil(right), from + Math.round(STROKE_WIDTH * ratio)), kind);
}

/** The marks of one line, gathered in order and then given a form where there is room, else a stroke. */
export class MarkLine {
  #count = 0;
  #left = new Float64Array(FIRST_ROOM);
  #right = new Float64Array(FIRST_ROOM);
  #kind = new Uint8Array(FIRST_ROOM);

  /** Begins the next line. */
  begin(): void {
    this.#count = 0;
  }

  /** Adds a mark from `left` to `right` in device pixels; `kind` is its look. */
  add(left: number, right: number, kind: number): void {
    const at = this.#count++;
    if (at === this.#kind.length) {
      this.#left = grown(this.#left, new Float64Array(at * 2));
      this.#right = grown(this.#right, new Float64Array(at * 2));
      this.#kind = grown(this.#kind, new Uint8Array(at * 2));
    }
    this.#left[at] = left;
    this.#right[at] = right;
    this.#kind[at] = kind;
  }

  /** Adds each form to `stamps` (look, x, y) and each stroke to the lane; `middle` is the line's middle. */
  place(stamps: number[], lanes: PixelLanes, lane: number, middle: number, ratio: number): void {
    const distance = MARK_DISTANCE * ratio;
    let lastLoud = -Infinity;
    for (let at = 0; at < this.#count; at++) {
      const left = this.#left[at]!;
      const right = this.#right[at]!;
      const kind = this.#kind[at]!;
      const before = at > 0 ? left - this.#right[at - 1]! : Infinity;
      const after = at + 1 < this.#count ? this.#left[at + 1]! - right : Infinity;
      const x = (left + right) / 2;
      const alone = before >= distance && after >= distance;
      const loud = LOOK_STYLES[kind]!.rank >= LOUD_RANK;
      const formed = alone || (loud && x - lastLoud >= distance);
      if (!alone) addStroke(lanes, lane, left, right, kind, ratio);
      if (formed) stamps.push(kind, x, middle);
      if (formed && loud) lastLoud = x;
    }
  }
}

function grown<T extends Float64Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
