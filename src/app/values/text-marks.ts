import type { Nanoseconds } from '../../capture/units.ts';
import { type ChartSeries, SampleMark } from '../../analysis/value-protocol.ts';

/** A text that a message told, in CSS pixels from the plot's left edge. */
export interface TextMark {
  at: number;
  x: number;
  /** The text in quotes, as far as there is room; empty where there is none. */
  label: string;
  changed: boolean;
}

const LETTER = 6.9;
const LABEL_GAP = 14;
const FEWEST_LETTERS = 5;

/** One mark for each message; a label reaches to the next mark that has another text, cut where it is too long. */
export function textMarks(series: ChartSeries, x: (time: Nanoseconds) => number, width: number): TextMark[] {
  const marks: TextMark[] = [];
  let shown: string | undefined;
  let free = -Infinity;
  for (let at = 0; at < series.time.length; at++) {
    const place = x(series.time[at]!);
    if (place < 0 || place > width) continue;
    const text = series.texts[series.text[at]!];
    marks.push({
      at,
      x: place,
      label: '',
      changed: at > 0 && (series.marks[at]! & SampleMark.changed) !== 0,
    });
    if (text === undefined || (text === shown && place < free)) continue;
    let next = at + 1;
    while (next < series.time.length && series.texts[series.text[next]!] === text) next++;
    const end = next < series.time.length ? Math.min(width, x(series.time[next]!)) : width;
    const letters = Math.floor((end - place - LABEL_GAP) / LETTER) - 2;
    if (text === shown || letters < Math.min(FEWEST_LETTERS, text.length)) continue;
    shown = text;
    const label = text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
    free = place + label.length * LETTER + LABEL_GAP;
    marks.at(-1)!.label = `“${label}”`;
  }
  return marks;
}
