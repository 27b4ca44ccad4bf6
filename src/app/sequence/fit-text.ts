let context: CanvasRenderingContext2D | null | undefined;

/** Width of a text in the page's type, in pixels. */
export function textWidth(text: string, font: string): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return text.length * 6;
  if (context.font !== font) context.font = font;
  return context.measureText(text).width;
}

/** As much of a text as fits into a width, with an ellipsis where it was cut. */
export function fitText(text: string, width: number, font: string): string {
  if (textWidth(text, font) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(`${text.slice(0, middle)}…`, font) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}
