import type { SequenceLane, SequenceLine } from '../../analysis/sequence-protocol.ts';

/** Height of one line, where its words stand and where its arrow, in pixels. */
export const LINE_HEIGHT = 28;
export const WORDS_AT = 13;
export const ARROW_AT = 21;
/** Height of the heads of lifelines. */
export const HEAD_HEIGHT = 46;
/** Columns of number, time and wait: where each ends or begins. */
export const NUMBER_END = 46;
export const TIME_START = 56;
export const SINCE_END = 192;
/** Where the ladder begins. */
export const LADDER_START = 200;
/** Room beside the outer lifelines, and between two. */
const SIDE = 74;
const LEAST_APART = 200;
const MOST_APART = 520;

/** Where a ladder's lifelines stand. */
export interface LadderPlaces {
  /** Width of the whole drawing, at least that of what it is seen in. */
  width: number;
  lanes: readonly SequenceLane[];
  x: readonly number[];
}

/** Places the lifelines in a width: as far apart as it lets them, but never closer than words need. */
export function ladderPlaces(lanes: readonly SequenceLane[], width: number): LadderPlaces {
  const room = width - LADDER_START - 2 * SIDE;
  const steps = Math.max(1, lanes.length - 1);
  const apart = Math.min(MOST_APART, Math.max(LEAST_APART, room / steps));
  const used = LADDER_START + 2 * SIDE + apart * (lanes.length - 1);
  // Few lifelines in a wide window stand in its middle.
  const start = LADDER_START + SIDE + Math.max(0, (width - used) / 2);
  return {
    width: Math.max(width, used),
    lanes,
    x: lanes.map((_, index) => Math.round(start + index * apart) + 0.5),
  };
}

/** Where a pause is told: between the first two lifelines, where it hides nothing. */
export function pausePlace({ x, width }: LadderPlaces): number {
  return x.length > 1 ? (x[0]! + x[1]!) / 2 : (LADDER_START + width) / 2;
}

/** The stretch that a transfer's box takes: beyond an outer lifeline that is no device's, for there is room. */
export function boxSpan(places: LadderPlaces, line: SequenceLine): { left: number; width: number } {
  const { from, to } = arrowSpan(places, line);
  const ends = [line.from, line.to];
  const isOuter = (lane: number): boolean => ends.includes(lane) && places.lanes[lane]?.device === -1;
  const left = isOuter(0) ? LADDER_START + 4 : Math.min(from, to) + 8;
  const right = isOuter(places.lanes.length - 1) ? places.width - 12 : Math.max(from, to) - 8;
  return { left, width: Math.max(0, right - left) };
}

/** The part of a stretch that is seen; the whole where too little is for words to stand there. */
export function seenPart(
  from: number,
  to: number,
  seen: { left: number; right: number },
): { left: number; right: number } {
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  const part = { left: Math.max(left, seen.left), right: Math.min(right, seen.right) };
  return part.right - part.left < LEAST_APART / 2 ? { left, right } : part;
}

/** Half the width of the band on a device's lifeline, and how far an arrow keeps from its end. */
const BAND = 7;
const CLEAR = 3;

/** The stretch that a line's arrow takes from its sender to its receiver. */
export function arrowSpan(places: LadderPlaces, line: SequenceLine): { from: number; to: number } {
  const from = places.x[line.from] ?? places.x[0]!;
  const to = places.x[line.to] ?? from;
  // Within one lifeline there is no way to draw but a stub.
  if (from === to) return { from: from + BAND, to: from + LEAST_APART / 2 };
  const sign = to > from ? 1 : -1;
  const keep = (index: number): number => (places.lanes[index]?.device === -1 ? CLEAR : BAND + 1);
  return { from: from + sign * keep(line.from), to: to - sign * keep(line.to) };
}
