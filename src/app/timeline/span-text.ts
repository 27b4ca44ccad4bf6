import type { SpanColumns, TrackRow } from '../../analysis/timeline-protocol.ts';
import { NO_ROW } from '../../capture/units.ts';
import { lookStyle } from './span-look.ts';
import { digitsForPixel, formatDuration, formatTime, type Clock } from './time-ticks.ts';

/** What is said of a span in its tooltip and to a screen reader, in parts of a line each. */
export interface SpanText {
  /** What it is: its label, or the name of its look. */
  title: string;
  /** The name of its look, where the title does not say it. */
  kind: string;
  /** From, to and length; the time alone for a moment. */
  time: string;
  /** Share done, such as `64 % done`; `''` where it has none. */
  progress: string;
  /** Whether a message can be opened from it. */
  opens: boolean;
}

/** Describes a span; `perPixel` is the number of nanoseconds on a pixel and decides the digits. */
export function spanText(spans: SpanColumns, index: number, clock: Clock, perPixel: number): SpanText {
  const from = spans.from[index] ?? 0;
  const to = spans.to[index] ?? from;
  const digits = digitsForPixel(perPixel);
  const style = lookStyle(spans.look[index] ?? 0);
  const label = spans.labels[spans.label[index] ?? 0] ?? '';
  const title = label || style.name;
  const progress = spans.progress[index] ?? Number.NaN;
  return {
    title,
    kind: title.toLowerCase().includes(style.name.toLowerCase()) ? '' : style.name,
    time:
      to > from
        ? `${formatTime(from, clock, digits)} – ${formatTime(to, clock, digits)} · ${formatDuration(to - from)}`
        : formatTime(from, clock, digits),
    // Rounded down, since 100 % is only what is complete; the sliver makes up for the Float32.
    progress: Number.isNaN(progress) ? '' : `${Math.floor(progress * 100 + 1e-4)} % done`,
    opens: spans.row[index] !== NO_ROW,
  };
}

/** One sentence for a screen reader: the span, its place in its line, and what can be done. */
export function spanSentence(text: SpanText): string {
  const parts = [text.title, text.kind, text.time, text.progress].filter((part) => part !== '');
  return `${parts.join(', ')}.${text.opens ? ' Enter opens its message.' : ''}`;
}

/** One sentence for a screen reader about a line. */
export function trackSentence(row: TrackRow): string {
  const name = row.detail ? `${row.title}, ${row.detail}` : row.title;
  if (row.kind === 'device') return `Device ${name}, ${row.collapsed ? 'collapsed' : 'expanded'}.`;
  const count = row.spans?.from.length ?? 0;
  return `${name}, ${count === 1 ? '1 span' : `${count} spans`} here.`;
}
