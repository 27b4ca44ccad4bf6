import { SpanLook } from '../../analysis/timeline-protocol.ts';

/** Form of a mark, so that its colour never has to tell what it is. */
export type MarkShape =
  | 'dot'
  | 'ring'
  | 'square'
  | 'hollow'
  | 'down'
  | 'right'
  | 'up'
  | 'diamond'
  | 'warning'
  | 'error'
  | 'tick'
  | 'comb';
/** What lies over a bar's tint. */
export type BarPattern = 'plain' | 'hatched' | 'dense' | 'dashed' | 'comb';

/** How one look is drawn and called. */
export interface LookStyle {
  /** Name in the legend, in tooltips and for screen readers. */
  name: string;
  /** CSS variable with its full hue. */
  variable: string;
  shape: MarkShape;
  pattern: BarPattern;
  /** Which mark stays where several fall on one pixel: the highest. */
  rank: number;
}

const look = (
  name: string,
  variable: string,
  shape: MarkShape,
  pattern: BarPattern = 'plain',
  rank = 1,
): LookStyle => ({ name, variable: `--span-${variable}`, shape, pattern, rank });

/** Styles by `SpanLook` number. */
export const LOOK_STYLES: readonly LookStyle[] = (() => {
  const styles: Record<number, LookStyle> = {
    [SpanLook.registered]: look('Registered', 'registered', 'square'),
    [SpanLook.registering]: look('Registering', 'registering', 'hollow', 'hatched'),
    [SpanLook.expired]: look('Registration expired', 'expired', 'warning', 'hatched', 2),
    [SpanLook.refused]: look('Registration refused', 'refused', 'error', 'dense', 3),
    [SpanLook.lost]: look('Lost', 'lost', 'error', 'dense', 3),
    [SpanLook.bootstrap]: look('Bootstrap', 'bootstrap', 'hollow'),
    [SpanLook.idle]: look('Idle', 'idle', 'square'),
    [SpanLook.downloading]: look('Downloading', 'downloading', 'down'),
    [SpanLook.downloaded]: look('Downloaded', 'downloaded', 'square'),
    [SpanLook.updating]: look('Updating', 'updating', 'right'),
    [SpanLook.failed]: look('Failed', 'failed', 'error', 'plain', 3),
    [SpanLook.updated]: look('Updated', 'updated', 'square'),
    [SpanLook.registration]: look('Registration', 'registration', 'square'),
    [SpanLook.read]: look('Read', 'read', 'ring'),
    [SpanLook.write]: look('Write', 'write', 'down'),
    [SpanLook.execute]: look('Execute', 'execute', 'right'),
    [SpanLook.notify]: look('Notify', 'notify', 'dot'),
    [SpanLook.send]: look('Send', 'send', 'up'),
    [SpanLook.errorAnswer]: look('Error answer', 'error-answer', 'error', 'plain', 4),
    [SpanLook.unanswered]: look('Unanswered', 'unanswered', 'warning', 'dashed', 3),
    [SpanLook.otherCoap]: look('Other CoAP', 'other-coap', 'tick', 'plain', 0),
    [SpanLook.transfer]: look('Transfer', 'transfer', 'diamond'),
    [SpanLook.unproven]: look('Not proven by a message', 'unproven', 'hollow', 'dashed', 0),
    [SpanLook.cluster]: look('Several messages', 'cluster', 'comb', 'comb', 0),
  };
  return Object.values(SpanLook).map((number) => styles[number]!);
})();

/** Style of a look; one the page does not know is drawn as other CoAP. */
export function lookStyle(number: number): LookStyle {
  return LOOK_STYLES[number] ?? LOOK_STYLES[SpanLook.otherCoap]!;
}

/** Whether a look is a mark of an exchange: its bars carry its mark. */
export function isExchangeLook(number: number): boolean {
  return number >= SpanLook.registration && number <= SpanLook.otherCoap;
}
