import { setTimeout as sleep } from 'node:timers/promises';
import type { Seconds } from '../capture/units.ts';

/** A clock that replays are paced by. */
export interface ReplayClock {
  /** Seconds since any fixed moment. */
  now(): Seconds;
  /** Resolves after a wait, or early once the signal is aborted. */
  wait(seconds: Seconds, signal: AbortSignal): Promise<void>;
}

/** Longest single timer; a longer wait is made of several, for timers hold 31 bits of milliseconds. */
const LONGEST_TIMER: Seconds = 86_400;

/** The clock of the process. */
export const processClock: ReplayClock = {
  now: () => performance.now() / 1000,
  wait: (seconds, signal) =>
    // It rejects only when it is aborted, which its caller looks at.
    sleep(Math.min(seconds, LONGEST_TIMER) * 1000, undefined, { signal }).catch(() => undefined),
};
