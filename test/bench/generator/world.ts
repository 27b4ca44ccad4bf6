import type { CoapMessageWriter } from './coap-message.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { Traffic } from './traffic.ts';

/** Microseconds in a second: times here count microseconds since the capture's start. */
export const SECOND = 1e6;

/** What the parts of a simulated fleet share. */
export interface World {
  random: Random;
  schedule: Schedule;
  traffic: Traffic;
  coap: CoapMessageWriter;
  /** True near the end of the capture: nothing is begun any more that waits for an answer. */
  calm(): boolean;
  /** A body of this many bytes has crossed the wire in full. */
  addBodyBytes(length: number): void;
}
