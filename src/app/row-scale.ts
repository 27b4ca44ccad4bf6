/** Most height of an element, in pixels: Firefox caps at about 17.9 million, Chromium at 33.5 million. */
const HEIGHT_LIMIT_PX = 8_000_000;

/** Relates the scroll position of a spacer of capped height to the position in the whole list, both in pixels. */
export class RowScale {
  /** Height of the whole list. */
  readonly height: number;
  /** Height of the spacer that stands for it. */
  readonly spacer: number;
  readonly #range: number;
  readonly #scrollRange: number;

  /** `rowHeight` and `viewport` in pixels, `total` rows. */
  constructor(rowHeight: number, total: number, viewport: number) {
    this.height = rowHeight * total;
    this.spacer = Math.min(this.height, HEIGHT_LIMIT_PX);
    this.#range = Math.max(0, this.height - viewport);
    this.#scrollRange = Math.max(0, this.spacer - viewport);
  }

  /** True where the list is higher than an element may be. */
  get capped(): boolean {
    return this.spacer < this.height;
  }

  /** A position inside the list. */
  clamp(position: number): number {
    return Math.min(Math.max(0, position), this.#range);
  }

  /** Position in the list for a scroll position; whole pixels, so that rows do not drift. */
  positionOf(scroll: number): number {
    if (!this.capped) return this.clamp(scroll);
    return this.clamp(Math.round((scroll / this.#scrollRange) * this.#range));
  }

  /** Scroll position for a position in the list. */
  scrollOf(position: number): number {
    if (!this.capped) return this.clamp(position);
    return (this.clamp(position) / this.#range) * this.#scrollRange;
  }
}
