const HUES = [
  '--accent',
  '--info',
  '--op-send',
  '--op-execute',
  '--op-bootstrap',
  '--op-observe',
  '--op-security',
];

/** CSS value of the colour of a series. */
export function seriesHue(colour: number): string {
  return `var(${HUES[colour % HUES.length]!})`;
}

/** Lines that share a panel differ in their dashes too. */
const DASHES = ['', '5 3', '9 3 2 3', '2 2'];

/** Dashes of the line that stands at a place in its panel; empty for a solid one. */
export function seriesDash(place: number): string {
  return DASHES[place % DASHES.length]!;
}
