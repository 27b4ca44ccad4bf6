import type { TapInterface, TapOffer } from '../../analysis/live-tap-protocol.ts';
import type { TapNews } from '../../analysis/tap-link.ts';
import { countText, plural } from '../number-text.ts';

/** How bad what is said is; colour and shape follow it. */
export type TapTone = 'good' | 'waiting' | 'bad';

/** Where a live tap stands, in a few words. */
export function tapState({ connection, attempts, status }: TapNews): { text: string; tone: TapTone } {
  switch (connection) {
    case 'connecting':
      return { text: 'Connecting…', tone: 'waiting' };
    case 'lost':
      return { text: `Relay lost, tried ${attempts === 1 ? 'once' : `${attempts} times`}`, tone: 'bad' };
    case 'over':
      return { text: 'Over', tone: 'waiting' };
    case 'connected':
      break;
  }
  if (status === undefined) return { text: 'Live', tone: 'good' };
  switch (status.state) {
    case 'idle':
      return { text: 'Not capturing', tone: 'waiting' };
    case 'starting':
      return { text: 'Starting…', tone: 'waiting' };
    case 'capturing':
      return { text: 'Capturing', tone: 'good' };
    case 'ended':
      return { text: 'The stream is over', tone: 'waiting' };
    case 'failed':
      return { text: 'The capture failed', tone: 'bad' };
  }
}

/** What was lost on the way, one line for each place that lost something. */
export function tapLosses({ status, missed, gaps, refused }: TapNews): string[] {
  const losses: string[] = [];
  const drops = status?.drops;
  if (drops && drops.kernel > 0) losses.push(`${countText(drops.kernel)} dropped by the kernel`);
  if (drops && drops.file > 0) losses.push(`${countText(drops.file)} not written to the file`);
  if (missed > 0) losses.push(`${plural(missed, 'packet')} did not come here`);
  else if (gaps > 0) losses.push('the relay was started again; what passed meanwhile is not here');
  if (refused > 0) losses.push(`${plural(refused, 'message')} of the relay not understood`);
  return losses;
}

/** The interface that is chosen where the person has not chosen: all of them at once, else the first that is up. */
export function usualInterface({ interfaces }: TapOffer): string | undefined {
  const up = interfaces.filter((one: TapInterface) => one.up);
  return (up.find(({ name }) => name === 'any') ?? up.find(({ loopback }) => !loopback) ?? up[0])?.name;
}
