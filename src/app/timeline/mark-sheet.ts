import { LOOK_STYLES, type MarkShape } from './span-look.ts';
import type { Palette } from './palette.ts';

/** Half the size of a mark, in CSS pixels. */
const MARK_RADIUS = 4;

/** The part of a canvas's context that marks need; the page's and an off-screen one have it. */
type Paintable = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Draws one mark with its middle at (`x`, `y`); `radius` and all lengths are in the context's pixels. */
export function drawMark(
  context: Paintable,
  shape: MarkShape,
  hue: string,
  ground: string,
  x: number,
  y: number,
  radius: number,
): void {
  const r = radius;
  context.beginPath();
  context.fillStyle = hue;
  context.strokeStyle = hue;
  context.lineWidth = r * 0.45;
  context.lineJoin = 'round';
  switch (shape) {
    case 'dot':
      context.arc(x, y, r * 0.85, 0, 2 * Math.PI);
      context.fill();
      break;
    case 'ring':
      context.arc(x, y, r * 0.7, 0, 2 * Math.PI);
      context.fillStyle = ground;
      context.fill();
      context.stroke();
      break;
    case 'square':
      context.fillRect(x - r * 0.75, y - r * 0.75, r * 1.5, r * 1.5);
      break;
    case 'hollow':
      context.rect(x - r * 0.65, y - r * 0.65, r * 1.3, r * 1.3);
      context.fillStyle = ground;
      context.fill();
      context.stroke();
      break;
    case 'down':
      polygon(context, x, y, r, [-0.9, -0.7, 0.9, -0.7, 0, 0.9]);
      break;
    case 'up':
      polygon(context, x, y, r, [-0.9, 0.7, 0.9, 0.7, 0, -0.9]);
      break;
    case 'right':
      polygon(context, x, y, r, [-0.7, -0.95, 0.95, 0, -0.7, 0.95]);
      break;
    case 'diamond':
      context.strokeStyle = hue;
      context.moveTo(x, y - r * 0.85);
      context.lineTo(x + r * 0.85, y);
      context.lineTo(x, y + r * 0.85);
      context.lineTo(x - r * 0.85, y);
      context.closePath();
      context.fillStyle = ground;
      context.fill();
      context.stroke();
      break;
    case 'error':
      polygon(context, x, y, r, [0, -1.15, 1.15, 0, 0, 1.15, -1.15, 0]);
      break;
    case 'warning':
      context.moveTo(x, y - r * 0.9);
      context.lineTo(x + r * 0.95, y + r * 0.75);
      context.lineTo(x - r * 0.95, y + r * 0.75);
      context.closePath();
      context.fillStyle = ground;
      context.fill();
      context.stroke();
      break;
    case 'tick':
      context.fillRect(x - r * 0.25, y - r * 0.9, r * 0.5, r * 1.8);
      break;
    case 'comb':
      for (const shift of [-0.85, -0.15, 0.55])
        context.fillRect(x + shift * r, y - r * 0.9, r * 0.3, r * 1.8);
      break;
  }
}

function polygon(context: Paintable, x: number, y: number, radius: number, corners: readonly number[]): void {
  for (let index = 0; index < corners.length; index += 2) {
    context.lineTo(x + corners[index]! * radius, y + corners[index + 1]! * radius);
  }
  context.closePath();
  context.fill();
}

/** Every look's mark, drawn once for a palette and a pixel ratio, so that a frame only copies. */
export class MarkSheet {
  readonly #image: ImageBitmap | undefined;
  readonly #size: number;

  /** `ratio` is the number of device pixels to a CSS pixel. */
  constructor(palette: Palette, ratio: number) {
    this.#size = Math.ceil((MARK_RADIUS * 1.3 + 1) * ratio) * 2 + 1;
    const canvas = new OffscreenCanvas(this.#size * LOOK_STYLES.length, this.#size);
    const context = canvas.getContext('2d');
    if (!context) return;
    LOOK_STYLES.forEach((style, look) => {
      const x = this.#size * (look + 0.5);
      const hue = palette.looks[look]!.hue;
      drawMark(context, style.shape, hue, palette.ground, x, this.#size / 2, MARK_RADIUS * ratio);
    });
    // A bitmap is copied faster than a canvas, which might still change.
    this.#image = canvas.transferToImageBitmap();
  }

  /** Copies a look's mark so that its middle is at (`x`, `y`) in device pixels. */
  draw(context: CanvasRenderingContext2D, look: number, x: number, y: number): void {
    if (!this.#image) return;
    const size = this.#size;
    const left = Math.round(x - size / 2);
    const top = Math.round(y - size / 2);
    context.drawImage(this.#image, look * size, 0, size, size, left, top, size, size);
  }
}
