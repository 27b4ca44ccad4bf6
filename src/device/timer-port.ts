import type { Nanoseconds } from '../capture/units.ts';

/** What a device reducer asks to be woken for. */
export const TimerKind = {
  registrationExpiry: 0,
  bootstrapFinish: 1,
  /** A Register or De-register that could still be answered. */
  registrationAnswer: 2,
} as const;
export type TimerKindCode = (typeof TimerKind)[keyof typeof TimerKind];

/**
 * Timers run on the capture clock and are owned by the analysis. A timer is never taken back: the reducer that
 * is woken looks whether its subject still waits, and asks again if its time has moved.
 */
export interface TimerPort {
  schedule(time: Nanoseconds, kind: TimerKindCode, subject: number): void;
  /** Gives the subjects of timers of some kinds other numbers; with a negative one the timer is gone. */
  renumber(kinds: readonly TimerKindCode[], numberOf: (subject: number) => number): void;
}
