import type { MessageRow } from '../capture/units.ts';

/** Changes of the device inside one conversation that are followed. */
const MAX_INTERVALS = 1024;

/** From `rows[i]` on, a conversation belongs to `devices[i]`; before `rows[0]` too. */
interface Intervals {
  rows: MessageRow[];
  devices: number[];
}

/** Which device, by index, a conversation belongs to: the first one from its beginning, each later one from a row on. */
export class ConversationOwners {
  readonly #current: number[] = [];
  readonly #intervals = new Map<number, Intervals>();

  /** The device that a conversation belongs to now; undefined where it has none. */
  current(conversation: number): number | undefined {
    return this.#current[conversation];
  }

  /** The device that a conversation belonged to at a row; undefined where it has none. */
  at(conversation: number, row: MessageRow): number | undefined {
    const intervals = this.#intervals.size > 0 ? this.#intervals.get(conversation) : undefined;
    if (intervals === undefined) return this.#current[conversation];
    const { rows, devices } = intervals;
    let at = rows.length - 1;
    while (at > 0 && rows[at]! > row) at--;
    return devices[at];
  }

  /** Whether a conversation belonged to several devices, one after the other. */
  isShared(conversation: number): boolean {
    return this.#intervals.has(conversation);
  }

  /** From a row on, a conversation belongs to a device; the first one has it from its beginning. */
  begin(conversation: number, device: number, row: MessageRow): void {
    const before = this.#current[conversation];
    if (before !== undefined) {
      let intervals = this.#intervals.get(conversation);
      if (intervals === undefined) {
        intervals = { rows: [0], devices: [before] };
        this.#intervals.set(conversation, intervals);
      }
      if (intervals.rows.length === MAX_INTERVALS) return;
      intervals.rows.push(row);
      intervals.devices.push(device);
    }
    this.#current[conversation] = device;
  }
}
