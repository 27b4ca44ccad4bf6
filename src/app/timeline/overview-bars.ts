/** A run of bins, from `first` to before `past`. */
export interface BinRun {
  first: number;
  past: number;
}

/** The part of a `d3-scale` factory that bars need. */
type ScaleFactory = (domain: [number, number], range: [number, number]) => (value: number) => number;

/** A silent stretch is shown from this share of the capture on. */
const SILENT_SHARE = 0.02;

/** Height of each bin's bar, up to `tallest`; a bin with a single message keeps 2 pixels, an empty one has none. */
export function barHeights(counts: Uint32Array, scale: ScaleFactory, tallest: number): Float64Array {
  let most = 1;
  for (const count of counts) if (count > most) most = count;
  const height = scale([0, most], [0, tallest]);
  const heights = new Float64Array(counts.length);
  counts.forEach((count, bin) => {
    heights[bin] = count === 0 ? 0 : Math.max(2, height(count));
  });
  return heights;
}

/** Bins that get an error mark: those with errors, at least `distance` pixels apart by `x`; the one with most errors of its neighbours. */
export function errorMarks(errors: Uint32Array, x: (bin: number) => number, distance: number): number[] {
  const marks: number[] = [];
  for (let bin = 0; bin < errors.length; bin++) {
    if (errors[bin] === 0) continue;
    const last = marks[marks.length - 1];
    if (last === undefined || x(bin) - x(last) >= distance) marks.push(bin);
    else if (
      errors[bin]! > errors[last]! &&
      (marks.length < 2 || x(bin) - x(marks[marks.length - 2]!) >= distance)
    ) {
      marks[marks.length - 1] = bin;
    }
  }
  return marks;
}

/** Stretches without a message that are long enough to be seen as a gap. */
export function silentRuns(counts: Uint32Array): BinRun[] {
  const least = Math.max(3, counts.length * SILENT_SHARE);
  const runs: BinRun[] = [];
  let first = 0;
  for (let bin = 0; bin <= counts.length; bin++) {
    if (bin < counts.length && counts[bin] === 0) continue;
    if (bin - first >= least) runs.push({ first, past: bin });
    first = bin + 1;
  }
  return runs;
}
