import type { Palette } from './palette.ts';
import { LOOK_STYLES } from './span-look.ts';

/** Bit of a column's look that says: the tint instead of the full hue. */
const TINTED = 0x80;
const TINTED_MASK = 0x7f;

/**
 * Strokes of marks that are too close for a form. All strokes of a line are alike from top to bottom, so a line is one row of
 * pixels, filled by plain array writes and stretched to its height when drawn: a thousand marks cost no more than ten.
 */
export class PixelLanes {
  #width = 0;
  #used = 0;
  #tops: number[] = [];
  /** Look of each column plus one, 0 for none; `#filled` marks lanes that hold something. */
  #looks = new Uint8Array(0);
  #filled = new Uint8Array(0);
  #image: ImageData | undefined;
  #words = new Uint32Array(0);
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { willReadFrequently: true });

  /** Makes ready for a frame: width of the canvas in device pixels and the most lanes it may hold. */
  begin(width: number, lanes: number): void {
    const most = Math.max(lanes, 1);
    if (width !== this.#width || most > this.#filled.length) {
      this.#width = width;
      this.#looks = new Uint8Array(width * most);
      this.#filled = new Uint8Array(most);
      this.#image = new ImageData(width, most);
      this.#words = new Uint32Array(this.#image.data.buffer);
      this.#canvas.width = width;
      this.#canvas.height = most;
    }
    this.#used = 0;
    this.#filled.fill(0);
  }

  /** Opens the next lane, whose strokes begin at `top`; gives its number. */
  lane(top: number): number {
    this.#tops[this.#used] = top;
    return this.#used++;
  }

  /** Fills the columns from `left` to before `right` with a look; what ranks higher there stays. */
  stroke(lane: number, left: number, right: number, look: number): void {
    const base = this.#open(lane);
    const rank = LOOK_STYLES[look]!.rank;
    const past = Math.min(right, this.#width);
    for (let x = Math.max(left, 0); x < past; x++) {
      const there = this.#looks[base + x]!;
      if (there === 0 || LOOK_STYLES[(there & TINTED_MASK) - 1]!.rank <= rank)
        this.#looks[base + x] = look + 1;
    }
  }

  /** Tints the columns from `left` to before `right`, with a tooth of full hue each `pitch` pixels (0: none, one at the left). */
  comb(lane: number, left: number, right: number, look: number, pitch: number, tooth: number): void {
    const base = this.#open(lane);
    const past = Math.min(right, this.#width);
    for (let x = Math.max(left, 0); x < past; x++) {
      const solid = pitch > 0 ? (x - left) % pitch < tooth : x - left < 2 * tooth;
      if (this.#looks[base + x] === 0) this.#looks[base + x] = (look + 1) | (solid ? 0 : TINTED);
    }
  }

  /** Draws all lanes, each `height` device pixels high. */
  draw(context: CanvasRenderingContext2D, palette: Palette, height: number): void {
    if (!this.#image || !this.#context) return;
    const words = this.#words;
    const looks = this.#looks;
    let any = false;
    for (let lane = 0; lane < this.#used; lane++) {
      if (this.#filled[lane] === 0) continue;
      any = true;
      const past = (lane + 1) * this.#width;
      for (let at = lane * this.#width; at < past; at++) {
        const there = looks[at]!;
        if (there === 0) words[at] = 0;
        else if (there & TINTED) words[at] = palette.looks[(there & TINTED_MASK) - 1]!.tintPixel;
        else words[at] = palette.looks[there - 1]!.huePixel;
      }
    }
    if (!any) return;
    this.#context.putImageData(this.#image, 0, 0, 0, 0, this.#width, this.#used);
    context.imageSmoothingEnabled = false;
    for (let lane = 0; lane < this.#used; lane++) {
      if (this.#filled[lane] === 0) continue;
      context.drawImage(this.#canvas, 0, lane, this.#width, 1, 0, this.#tops[lane]!, this.#width, height);
    }
  }

  #open(lane: number): number {
    const base = lane * this.#width;
    if (this.#filled[lane] === 0) {
      this.#filled[lane] = 1;
      this.#looks.fill(0, base, base + this.#width);
    }
    return base;
  }
}
