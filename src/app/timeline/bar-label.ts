import { SpanLook } from '../../analysis/timeline-protocol.ts';

/** Room between a bar's edge and its label, in the unit of the widths. */
export const LABEL_PADDING = 6;

/** The state's number in /5/0/3 (OMA-TS-LightweightM2M, object 5, resource 3) for a bar too narrow for its name. */
const STATE_NUMBER: Readonly<Record<number, string>> = {
  [SpanLook.idle]: '0',
  [SpanLook.downloading]: '1',
  [SpanLook.downloaded]: '2',
  [SpanLook.updating]: '3',
};

/**
 * What may stand in a bar, from long to short: the whole label, the label without its last parts, and for a firmware state its
 * number (for an end of an update its result). Parts are divided by ` · `. What no message proves ends in a question mark.
 */
export function labelChoices(label: string, look: number): string[] {
  const choices: string[] = [];
  for (let text = label; text !== '';) {
    choices.push(text);
    const cut = text.lastIndexOf(' · ');
    if (cut < 0) break;
    text = text.slice(0, cut);
  }
  const number =
    look === SpanLook.failed || look === SpanLook.updated
      ? /\bresult (\d{1,3})\b/i.exec(label)?.[1]
      : STATE_NUMBER[look];
  if (number !== undefined && choices[choices.length - 1] !== number) choices.push(number);
  if (look !== SpanLook.unproven) return choices;
  return [...choices.map((text) => (text.includes('?') ? text : `${text} ?`)), '?'];
}

/** Where a label stands: which of the choices, and its left edge. */
export interface PlacedLabel {
  choice: number;
  x: number;
}

/**
 * Places the longest choice that fits in the bar from `left` to `right` (already cut to what is in sight). A time cursor inside
 * the bar divides it: the label stands on the side where a longer text fits, left first.
 *
 * `widths` are the choices' widths, longest first; all numbers are in one unit. Undefined where nothing fits.
 */
export function placeLabel(
  widths: readonly number[],
  left: number,
  right: number,
  cursor?: number,
  padding = LABEL_PADDING,
): PlacedLabel | undefined {
  const inside = cursor !== undefined && cursor > left && cursor < right;
  for (let choice = 0; choice < widths.length; choice++) {
    const room = widths[choice]! + 2 * padding;
    if (!inside) {
      if (room <= right - left) return { choice, x: left + padding };
    } else {
      if (room <= cursor - left) return { choice, x: left + padding };
      if (room <= right - cursor) return { choice, x: cursor + padding };
    }
  }
  return undefined;
}

/** Cuts the middle out of a text until it fits: both ends of an endpoint name tell devices apart. */
export function cutMiddle(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const signs = Array.from(text);
  let low = 0;
  let high = signs.length - 1;
  const cut = (keep: number): string => {
    const head = Math.ceil(keep / 2);
    return `${signs.slice(0, head).join('')}…${signs.slice(signs.length - (keep - head)).join('')}`;
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(cut(middle))) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

/** Which of the ticks at `positions` may carry their label: those that stay clear of the label at `at`. */
export function clearOf(
  positions: readonly number[],
  halfWidth: number,
  at: number | undefined,
  atHalfWidth: number,
): boolean[] {
  return positions.map((x) => at === undefined || Math.abs(x - at) >= halfWidth + atHalfWidth);
}
