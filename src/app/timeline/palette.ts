import { LOOK_STYLES } from './span-look.ts';

/** Red, green, blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

/** Colours of one look, ready for the canvas. */
export interface LookColours {
  hue: string;
  /** Opaque tint of the part that is done, or of all of it. */
  tint: string;
  /** Opaque weaker tint of the part that is still to come. */
  weakTint: string;
  /** The hue and the tint as pixels of an `ImageData` read as little-endian 32-bit words. */
  huePixel: number;
  tintPixel: number;
}

/** All colours of the timeline's canvas. */
export interface Palette {
  looks: LookColours[];
  ground: string;
  text: string;
  muted: string;
  line: string;
  lineWeak: string;
  head: string;
  outside: string;
  accent: string;
  onAccent: string;
  focus: string;
  /** Of marks that somebody put in. */
  mark: string;
  error: string;
  /** The page's sans-serif family. */
  family: string;
}

/** Reads `#rgb` or `#rrggbb`; undefined for anything else. */
export function parseColour(text: string): Colour | undefined {
  const hex = /^#(?:([\da-f]{6})|([\da-f]{3}))$/i.exec(text.trim());
  if (!hex) return undefined;
  const digits = hex[1] ?? Array.from(hex[2]!, (digit) => digit + digit).join('');
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `share` (0 to 1) of one colour over another. */
export function mix(over: Colour, under: Colour, share: number): Colour {
  return [0, 1, 2].map((channel) =>
    Math.round(over[channel]! * share + under[channel]! * (1 - share)),
  ) as unknown as Colour;
}

/** Writes a colour for CSS and the canvas. */
export function formatColour(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function pixelOf(colour: Colour): number {
  return ((255 << 24) | (colour[2] << 16) | (colour[1] << 8) | colour[0]) >>> 0;
}

/** Makes the palette from CSS variables; `read` gives the text of a variable, `''` where it is not set. */
export function paletteOf(read: (variable: string) => string): Palette {
  const colour = (variable: string, otherwise: Colour): Colour => parseColour(read(variable)) ?? otherwise;
  const ground = colour('--span-ground', [14, 18, 23]);
  const text = colour('--span-text', [221, 229, 236]);
  const tint = (Number.parseFloat(read('--span-tint')) || 30) / 100;
  const css = (variable: string, otherwise: Colour): string => formatColour(colour(variable, otherwise));
  return {
    looks: LOOK_STYLES.map((style) => {
      const hue = colour(style.variable, text);
      const tinted = mix(hue, ground, tint);
      return {
        hue: formatColour(hue),
        tint: formatColour(tinted),
        weakTint: formatColour(mix(hue, ground, tint * 0.4)),
        huePixel: pixelOf(hue),
        tintPixel: pixelOf(tinted),
      };
    }),
    ground: formatColour(ground),
    text: formatColour(text),
    muted: css('--span-muted', text),
    line: css('--span-line', text),
    lineWeak: css('--span-line-weak', text),
    head: css('--span-head', ground),
    outside: css('--span-outside', ground),
    accent: css('--span-accent', text),
    onAccent: css('--span-on-accent', ground),
    focus: css('--span-focus', text),
    mark: css('--span-mark', text),
    error: css('--span-error-answer', text),
    family: read('--sans') || 'system-ui, sans-serif',
  };
}
