import type { Nanoseconds } from '../../capture/units.ts';
import type { BlockColumns, UpdateDetail, UpdateProgress } from '../../analysis/firmware-protocol.ts';

/** From time to a place on the axis and the ticks on it. */
export interface TimeScale {
  from: Nanoseconds;
  to: Nanoseconds;
  /** Time that counts as nought. */
  zero: Nanoseconds;
  width: number;
}

/** Widths of steps between two ticks, in seconds. */
const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600,
  7200, 21_600, 86_400, 604_800,
] as const;
/** Pixels that a tick with its label needs. */
const TICK_PIXELS = 76;

/** The time of an update that is shown: all of it, or only that in which its package came. */
export function shownTime(
  { viewFrom, viewTo, progress }: UpdateDetail,
  isClose: boolean,
): { from: Nanoseconds; to: Nanoseconds } {
  if (!isClose || progress.count === 0) return { from: viewFrom, to: viewTo };
  const margin = Math.max(1e5, (progress.lastBlock - progress.firstBlock) * 0.04);
  return { from: progress.firstBlock - margin, to: progress.lastBlock + margin };
}

/** Place of a time in pixels. */
export function place(scale: TimeScale, time: Nanoseconds): number {
  const span = Math.max(1, scale.to - scale.from);
  return Math.max(-8, Math.min(scale.width + 8, ((time - scale.from) / span) * scale.width));
}

/** The ticks of an axis, each with its label in seconds from the zero of the scale. */
export function ticks(scale: TimeScale): { x: number; label: string }[] {
  const seconds = (scale.to - scale.from) / 1e9;
  const most = Math.max(1, scale.width / TICK_PIXELS);
  const step = STEPS.find((candidate) => seconds / candidate <= most) ?? seconds;
  const first = Math.ceil((scale.from - scale.zero) / 1e9 / step);
  const last = Math.floor((scale.to - scale.zero) / 1e9 / step);
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  const found: { x: number; label: string }[] = [];
  for (let index = first; index <= last && found.length < 64; index++) {
    const value = index * step;
    found.push({ x: place(scale, scale.zero + value * 1e9), label: `${value.toFixed(digits)} s` });
  }
  return found;
}

/** Steps of the bytes received, as an SVG path; `height` is where all of `length` is. */
export function progressPath(
  scale: TimeScale,
  blocks: BlockColumns,
  length: number,
  top: number,
  height: number,
): string {
  const parts: string[] = [];
  let before = NaN;
  let reached = 0;
  for (let at = 0; at < blocks.time.length; at++) {
    const x = place(scale, blocks.time[at]!).toFixed(1);
    const offset = blocks.offset[at]!;
    const y = (top + height - Math.min(1, offset / Math.max(1, length)) * height).toFixed(1);
    // Of blocks that were sent again out of order the highest byte counts; one far behind begins anew.
    const isAnew = offset < reached / 2;
    if (offset < reached && !isAnew) continue;
    reached = offset;
    if (Number.isNaN(before)) parts.push(`M${x} ${top + height}V${y}`);
    else parts.push(isAnew ? `M${x} ${y}` : `H${x}V${y}`);
    before = offset;
  }
  return parts.join('');
}

/** Bars of the rate: where each stands, how wide and how high it is, and the highest rate in bytes a second. */
export function rateBars(
  scale: TimeScale,
  progress: UpdateProgress,
  top: number,
  height: number,
): { bars: { x: number; y: number; width: number; height: number }[]; most: number } {
  const { bytesPerBin, binWidth, firstBlock } = progress;
  const most = bytesPerBin.reduce((highest, bytes) => Math.max(highest, bytes), 0);
  const bars: { x: number; y: number; width: number; height: number }[] = [];
  bytesPerBin.forEach((bytes, index) => {
    if (bytes === 0) return;
    const x = place(scale, firstBlock + index * binWidth);
    const tall = (bytes / most) * height;
    const width = Math.max(0.8, place(scale, firstBlock + (index + 1) * binWidth) - x - 0.6);
    bars.push({ x, y: top + height - tall, width, height: tall });
  });
  return { bars, most: most === 0 ? NaN : most / (binWidth / 1e9) };
}

/** Height of a response time on an axis of three decades around the median, slow ones at the top. */
export function responseHeight(seconds: number, medianSeconds: number, height: number): number {
  const middle = medianSeconds > 0 ? medianSeconds : 0.001;
  const decades = Math.log10(Math.max(seconds, middle / 100) / middle);
  return Math.max(0, Math.min(1, (decades + 1.2) / 3.2)) * height;
}
