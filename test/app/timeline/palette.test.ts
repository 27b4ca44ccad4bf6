import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatColour, mix, paletteOf, parseColour, type Colour } from '../../../src/app/timeline/palette.ts';
import { LOOK_STYLES } from '../../../src/app/timeline/span-look.ts';

const sheet = readFileSync(new URL('../../../src/app/timeline/timeline.css', import.meta.url), 'utf8');

/** Variables of a theme as a browser resolves them: the light block over the dark one. */
function variables(theme: 'dark' | 'light'): Map<string, string> {
  const blocks = [...sheet.matchAll(/(:root[^{]*)\{([^}]*)\}/g)];
  const found = new Map<string, string>();
  for (const [, selector, body] of blocks) {
    if (selector!.includes('light') && theme !== 'light') continue;
    for (const [, name, value] of body!.matchAll(/(--[\w-]+):\s*([^;]+);/g)) found.set(name!, value!);
  }
  return found;
}

/** Contrast of two colours (WCAG 2.2, relative luminance). */
function contrast(one: Colour, other: Colour): number {
  const luminance = (colour: Colour): number => {
    const [red, green, blue] = colour.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

describe('colours', () => {
  it('reads and writes hexadecimal colours and nothing else', () => {
    expect(parseColour('#0e1217')).toEqual([14, 18, 23]);
    expect(parseColour(' #fff ')).toEqual([255, 255, 255]);
    expect(parseColour('red')).toBeUndefined();
    expect(parseColour('')).toBeUndefined();
    expect(formatColour([14, 18, 23])).toBe('#0e1217');
    expect(mix([255, 0, 0], [0, 0, 0], 0.5)).toEqual([128, 0, 0]);
  });
  it('makes a palette without any variable', () => {
    expect(paletteOf(() => '').looks.length).toBe(LOOK_STYLES.length);
  });
});

describe.each(['dark', 'light'] as const)('the %s theme', (theme) => {
  const values = variables(theme);
  const palette = paletteOf((name) => values.get(name) ?? '');
  const colour = (text: string): Colour => parseColour(text)!;

  it('sets the hue of every look', () => {
    for (const style of LOOK_STYLES)
      expect(parseColour(values.get(style.variable) ?? ''), style.variable).toBeDefined();
  });
  it('keeps text on every bar at 4.5 to 1 or more', () => {
    LOOK_STYLES.forEach((style, look) => {
      const { tint, weakTint } = palette.looks[look]!;
      for (const ground of [tint, weakTint]) {
        expect(contrast(colour(palette.text), colour(ground)), style.name).toBeGreaterThanOrEqual(4.5);
      }
    });
  });
  it('keeps marks and edges at 3 to 1 or more on the ground', () => {
    LOOK_STYLES.forEach((style, look) => {
      expect(
        contrast(colour(palette.looks[look]!.hue), colour(palette.ground)),
        style.name,
      ).toBeGreaterThanOrEqual(3);
    });
    for (const mark of [palette.accent, palette.focus, palette.error]) {
      expect(contrast(colour(mark), colour(palette.ground))).toBeGreaterThanOrEqual(3);
    }
  });
  it('keeps heads and axis readable', () => {
    for (const ground of [palette.ground, palette.head, palette.outside]) {
      expect(contrast(colour(palette.muted), colour(ground))).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(colour(palette.onAccent), colour(palette.accent))).toBeGreaterThanOrEqual(4.5);
  });
});
