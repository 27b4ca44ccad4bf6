/** What may stand in the bar of a state, from long to short: `2 Downloaded`, `2`. */
export function labelChoices(text: string): string[] {
  const number = /^-?\d+(?= )/.exec(text)?.[0];
  return number === undefined ? [text] : [text, number];
}

const FIRMWARE_HUES = ['--fw-idle', '--fw-downloading', '--fw-downloaded', '--fw-updating'];
const HUES = ['--info', '--op-send', '--op-observe', '--op-execute', '--op-bootstrap', '--op-security'];

/** CSS variable with the colour of a state; `number` counts the states of a series. */
export function stateHue(pathText: string, text: string, number: number): string {
  // Package state of object 5 (LwM2M Core §E.6, resource 3).
  if (/^\/5\/\d+\/3$/.test(pathText)) return FIRMWARE_HUES[Number.parseInt(text, 10)] ?? '--fw-failed';
  if (text === 'false') return '--fw-idle';
  return HUES[number % HUES.length]!;
}
