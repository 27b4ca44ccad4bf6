/** Height of one line of the timeline, in CSS pixels. */
export const ROW_HEIGHT = 23;
/** The tallest element that every browser lays out exactly, in CSS pixels; beyond it the scroll position is scaled. */
const TALLEST_ELEMENT = 8_000_000;

/** Height of the element that is scrolled through for so many rows. */
export function scrollHeight(rows: number): number {
  return Math.min(rows * ROW_HEIGHT, TALLEST_ELEMENT);
}

/** First pixel of the rows that is in sight, for a scroll position of the element. */
export function rowOffset(scrollTop: number, rows: number, viewport: number): number {
  const full = rows * ROW_HEIGHT;
  const range = scrollHeight(rows) - viewport;
  if (range <= 0) return 0;
  const position = Math.min(Math.max(scrollTop, 0), range);
  return full <= TALLEST_ELEMENT ? position : (position / range) * (full - viewport);
}

/** Scroll position of the element that shows the rows from this pixel on: the inverse of `rowOffset`. */
export function scrollTopOf(offset: number, rows: number, viewport: number): number {
  const full = rows * ROW_HEIGHT;
  const range = scrollHeight(rows) - viewport;
  if (range <= 0) return 0;
  const position = full <= TALLEST_ELEMENT ? offset : (offset / (full - viewport)) * range;
  return Math.min(Math.max(position, 0), range);
}

/** The nearest first pixel from which row `index` is wholly in sight. */
export function offsetShowing(index: number, offset: number, viewport: number): number {
  const top = index * ROW_HEIGHT;
  if (top < offset) return top;
  if (top + ROW_HEIGHT > offset + viewport) return top + ROW_HEIGHT - viewport;
  return offset;
}
