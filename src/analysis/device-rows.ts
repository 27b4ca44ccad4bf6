import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import type { Device } from '../device/device-record.ts';
import type { Analysis } from './analysis.ts';

/** Devices whose rows are kept; the ones asked for longest ago go first. */
const DEVICES_KEPT = 64;

interface KeptRows {
  rows: Uint32Array<ArrayBuffer>;
  /** Messages of its conversations when it was made. */
  messages: number;
  /** First row held then. */
  first: MessageRow;
}

/** The messages of one device in capture order, made when a view needs them and kept for a while. */
export class DeviceRows {
  readonly #kept = new Map<number, KeptRows>();

  constructor(private readonly analysis: Analysis) {}

  /** Rows of a device, rising. */
  of(device: Device): Uint32Array<ArrayBuffer> {
    const { messages, devices } = this.analysis.tracking;
    let count = 0;
    for (const conversation of device.conversations) count += messages.countOf(conversation);
    const kept = this.#kept.get(device.index);
    if (kept !== undefined && kept.messages === count && kept.first === messages.firstRow) return kept.rows;
    const rows = new Uint32Array(Math.min(count, messages.count - messages.firstRow));
    let used = 0;
    for (const conversation of device.conversations) {
      for (
        let row = messages.lastOf(conversation);
        row !== NO_ROW && row >= messages.firstRow;
        row = messages.previous.get(row)
      )
        if (devices.devices.deviceOf(conversation, row) === device.index) rows[used++] = row;
    }
    const own = rows.slice(0, used).sort();
    this.#kept.delete(device.index);
    this.#kept.set(device.index, { rows: own, messages: count, first: messages.firstRow });
    if (this.#kept.size > DEVICES_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return own;
  }

  /** Position of the first row at or after a time, taking the times of a device's rows as rising. */
  lowerBound(rows: Uint32Array, time: Nanoseconds): number {
    const { messages } = this.analysis.tracking;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (messages.time.get(rows[middle] as MessageRow) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
