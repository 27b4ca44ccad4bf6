import type { Nanoseconds } from '../../capture/units.ts';
import { type ChartSeries, SampleMark, type SeriesAttributes } from '../../analysis/value-protocol.ts';

/** Where a moment and a number lie, in CSS pixels. */
export interface PlotScale {
  x(time: Nanoseconds): number;
  y(value: number): number;
  width: number;
  top: number;
  height: number;
}

/** A sample that stands alone, by its index in the series. */
export interface PlacedSample {
  at: number;
  x: number;
  y: number;
}

/** What is drawn of a series of numbers; all texts are paths of SVG. */
export interface SeriesDrawing {
  line: string;
  /** Lines over times that were longer than pmax. */
  late: string;
  /** Where those times stand, with what is wrong. */
  lateTexts: { x: number; left: number; text: string }[];
  /** The points of the line. */
  points: { x: number; y: number }[];
  /** Full: told unasked. Rings: read. Squares: written by the server. */
  dots: string;
  rings: string;
  squares: string;
  doubts: (PlacedSample & { beyond: 'above' | 'below' | undefined })[];
  /** Last point that is in sight. */
  end: { x: number; y: number } | undefined;
}

/** Least distance between points that are marked, in CSS pixels; where they lie closer the line alone is drawn. */
const MARK_DISTANCE = 5;
const DOT = 2.4;
/** How far a line goes on beyond the plot, in CSS pixels. */
const OVERHANG = 20;

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function circle(x: number, y: number, radius: number): string {
  const r = fixed(radius);
  return `M${fixed(x - radius)} ${fixed(y)}a${r} ${r} 0 1 0 ${fixed(2 * radius)} 0a${r} ${r} 0 1 0 ${fixed(-2 * radius)} 0`;
}

function square(x: number, y: number): string {
  const side = fixed(2 * DOT);
  return `M${fixed(x - DOT)} ${fixed(y - DOT)}h${side}v${side}h-${side}z`;
}

/** The part of a line between two points that lies in the plot or close to it; undefined where none does. */
function clipped(
  from: { x: number; y: number },
  to: { x: number; y: number },
  width: number,
): [number, number, number, number] | undefined {
  const left = -OVERHANG;
  const right = width + OVERHANG;
  if (to.x < left || from.x > right) return undefined;
  const slope = to.x === from.x ? 0 : (to.y - from.y) / (to.x - from.x);
  const x1 = Math.max(from.x, left);
  const x2 = Math.min(to.x, right);
  return [x1, from.y + (x1 - from.x) * slope, x2, to.x > right ? from.y + (x2 - from.x) * slope : to.y];
}

/** pmax that was in force at a time, in seconds; NaN where none was. */
export function pmaxAt(attributes: readonly SeriesAttributes[], time: Nanoseconds): number {
  return attributes.findLast(({ from }) => from <= time)?.pmax ?? NaN;
}

/**
 * Draws a series of numbers: a line with a gap where registration or observation broke, dotted over times longer than
 * pmax; doubted samples stand beside the line, at the edge where they lie beyond the scale.
 */
export function drawSeries(series: ChartSeries, scale: PlotScale): SeriesDrawing {
  const drawing: SeriesDrawing = {
    line: '',
    late: '',
    lateTexts: [],
    points: [],
    dots: '',
    rings: '',
    squares: '',
    doubts: [],
    end: undefined,
  };
  const { time, value, marks } = series;
  const marked = series.samples <= scale.width / MARK_DISTANCE;
  let before: { x: number; y: number; time: number } | undefined;
  let pen: { x: number; y: number } | undefined;
  let broken = false;
  for (let at = 0; at < time.length; at++) {
    const mark = marks[at]!;
    broken ||= (mark & SampleMark.gap) !== 0;
    const number = value[at]!;
    const x = scale.x(time[at]!);
    if (Number.isNaN(number)) {
      // It could not be read as a number: it has no height, and is not kept quiet.
      if ((mark & SampleMark.doubt) !== 0 && x >= 0 && x <= scale.width)
        drawing.doubts.push({ at, x, y: scale.top + scale.height, beyond: undefined });
      continue;
    }
    const y = scale.y(number);
    const inside = x >= 0 && x <= scale.width;
    if ((mark & SampleMark.doubt) !== 0) {
      if (!inside) continue;
      const beyond = y < scale.top ? 'above' : y > scale.top + scale.height ? 'below' : undefined;
      const edge = beyond === 'above' ? scale.top : beyond === 'below' ? scale.top + scale.height : y;
      drawing.doubts.push({ at, x, y: edge, beyond });
      continue;
    }
    const part = before && !broken ? clipped(before, { x, y }, scale.width) : undefined;
    if (part && before) {
      const [x1, y1, x2, y2] = part;
      if ((mark & SampleMark.late) !== 0) {
        drawing.late += `M${fixed(x1)} ${fixed(y1)}L${fixed(x2)} ${fixed(y2)}`;
        if (x2 > 0 && x1 < scale.width) {
          const pmax = pmaxAt(series.attributes, before.time);
          const told = `${numberOfSeconds(series.since[at]!)} s without a notification`;
          drawing.lateTexts.push({
            x: Math.min(x2, scale.width),
            left: Math.max(0, x1),
            text: Number.isNaN(pmax) ? told : `${told}, pmax ${pmax} s`,
          });
        }
      } else {
        if (pen?.x !== before.x || pen.y !== before.y) drawing.line += `M${fixed(x1)} ${fixed(y1)}`;
        drawing.line += `L${fixed(x2)} ${fixed(y2)}`;
        pen = { x, y };
      }
    }
    broken = false;
    before = { x, y, time: time[at]! };
    drawing.points.push({ x, y });
    if (!inside) continue;
    drawing.end = { x, y };
    // Alone between two gaps a sample would not be seen as a line.
    const alone = !part && (at + 1 === time.length || (marks[at + 1]! & SampleMark.gap) !== 0);
    if (!marked && !alone) continue;
    if ((mark & SampleMark.written) !== 0) drawing.squares += square(x, y);
    else if ((mark & SampleMark.unasked) !== 0) drawing.dots += circle(x, y, DOT);
    else drawing.rings += circle(x, y, DOT);
  }
  return drawing;
}

/** Seconds with one decimal, whole ones from a thousand on. */
export function numberOfSeconds(seconds: number): string {
  return seconds >= 1000 ? seconds.toFixed(0) : seconds.toFixed(1);
}

/** Room that a text needs above and below a line, in CSS pixels. */
const TEXT_ABOVE = 7;
const TEXT_BELOW = 15;

/** Height for a text from `left` to `right` that leaves a line free: under it, else above it; undefined where neither fits. */
export function clearHeight(
  points: readonly { x: number; y: number }[],
  left: number,
  right: number,
  top: number,
  bottom: number,
): number | undefined {
  let high = Infinity;
  let low = -Infinity;
  points.forEach((point, at) => {
    // A line that passes over the text has points at both sides of it.
    const before = points[at - 1]?.x ?? point.x;
    const after = points[at + 1]?.x ?? point.x;
    if (after < left || before > right) return;
    high = Math.min(high, point.y);
    low = Math.max(low, point.y);
  });
  if (low + TEXT_BELOW <= bottom + 8) return low + TEXT_BELOW;
  return high - TEXT_ABOVE >= top - 4 ? high - TEXT_ABOVE : undefined;
}

/** Places labels that want to stand at some heights so that none lies on another; `room` apart, inside the panel. */
export function spread(wanted: readonly number[], room: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  let free = top;
  for (const index of order) {
    placed[index] = Math.max(free, wanted[index]!);
    free = placed[index] + room;
  }
  let most = bottom;
  for (const index of order.reverse()) {
    placed[index] = Math.min(most, placed[index]!);
    most = placed[index] - room;
  }
  return placed;
}
