import type { Nanoseconds } from '../capture/units.ts';
import type { OperationEvent } from '../lwm2m/operation-event.ts';

/** Age at which a notification is newer whatever its number says (RFC 7641 §3.4). */
const MAX_AGE: Nanoseconds = 128e9;
/** Half of the numbers of the Observe option (RFC 7641 §3.4). */
const HALF = 1 << 23;
/** Resources whose last notification is remembered; beyond it the oldest are forgotten. */
const MAX_REMEMBERED = 16_384;

/** Tells notifications that were overtaken on their way from those that say something new (RFC 7641 §3.4). */
export class NotificationOrder {
  readonly #last = new Map<string, { observe: number; time: Nanoseconds }>();

  /** Whether a notification is newer than the last one of its observation; takes it as the last one if so. */
  isNewer(event: OperationEvent, objectId: number, instanceId: number, resourceId: number): boolean {
    const { observation, observe, time } = event;
    if (observe < 0 || observation < 0) return true;
    const key = `${observation} ${objectId}/${instanceId}/${resourceId}`;
    const last = this.#last.get(key);
    if (last !== undefined && time <= last.time + MAX_AGE) {
      const step = observe - last.observe;
      const isLater = (step > 0 && step < HALF) || step < -HALF;
      if (!isLater) return false;
    }
    if (last === undefined) {
      if (this.#last.size === MAX_REMEMBERED) this.#last.clear();
      this.#last.set(key, { observe, time });
    } else {
      last.observe = observe;
      last.time = time;
    }
    return true;
  }

  /** Observations have other numbers: -1 for those that were forgotten. */
  renumber(numbers: Int32Array): void {
    const known = [...this.#last];
    this.#last.clear();
    for (const [key, last] of known) {
      const space = key.indexOf(' ');
      const number = numbers[Number(key.slice(0, space))] ?? -1;
      if (number >= 0) this.#last.set(`${number}${key.slice(space)}`, last);
    }
  }
}
