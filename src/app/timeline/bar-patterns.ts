import type { Palette } from './palette.ts';
import { LOOK_STYLES } from './span-look.ts';

/** Distance of the lines of a pattern in CSS pixels, and how strong they are over the tint. */
const HATCHED_DISTANCE = 8;
const DENSE_DISTANCE = 5;
const STRENGTH = 0.3;

/** Slanting lines over the bars of those looks that have them, for a palette and a pixel ratio; null for the others. */
export function barPatterns(palette: Palette, ratio: number): (CanvasPattern | null)[] {
  return LOOK_STYLES.map((style, look) => {
    if (style.pattern !== 'hatched' && style.pattern !== 'dense') return null;
    const distance = style.pattern === 'dense' ? DENSE_DISTANCE : HATCHED_DISTANCE;
    const size = Math.max(4, Math.round(distance * ratio));
    const tile = document.createElement('canvas');
    tile.width = tile.height = size;
    const context = tile.getContext('2d');
    if (!context) return null;
    context.strokeStyle = palette.looks[look]!.hue;
    context.globalAlpha = STRENGTH;
    context.lineWidth = ratio;
    context.beginPath();
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift - 1, size + 1);
      context.lineTo(shift + size + 1, -1);
    }
    context.stroke();
    return context.createPattern(tile, 'repeat');
  });
}
