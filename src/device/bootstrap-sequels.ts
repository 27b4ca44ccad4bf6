import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { Bootstrap } from './bootstrap-record.ts';
import type { DeviceTable } from './identity.ts';
import type { Registration } from './registration-record.ts';

/** What comes after bootstraps: whether the client was seen to go on, and which registration it made. */
export class BootstrapSequels {
  readonly #devices: DeviceTable;
  /** By conversation, bootstraps whose client was not seen to go on; the later ones last. */
  readonly #waiting = new Map<number, Bootstrap[]>();

  constructor(devices: DeviceTable) {
    this.#devices = devices;
  }

  /** Index of the device of a bootstrap, or -1. */
  deviceOf(bootstrap: Bootstrap): number {
    return this.#devices.deviceOf(bootstrap.conversation, bootstrap.requestRow);
  }

  /** Takes a bootstrap that something may come of. */
  begin(bootstrap: Bootstrap): void {
    const waiting = this.#waiting.get(bootstrap.conversation);
    if (waiting === undefined) this.#waiting.set(bootstrap.conversation, [bootstrap]);
    else waiting.push(bootstrap);
  }

  /** The client goes on: nothing more comes of a bootstrap. */
  leave(bootstrap: Bootstrap): void {
    bootstrap.isLeft = true;
    const rest = this.#waiting.get(bootstrap.conversation)?.filter((one) => one !== bootstrap) ?? [];
    if (rest.length === 0) this.#waiting.delete(bootstrap.conversation);
    else this.#waiting.set(bootstrap.conversation, rest);
  }

  /** A client that registers has left its bootstraps; the registration came of one that was not refused. */
  registers(registration: Registration, time: Nanoseconds, row: MessageRow): void {
    if (this.#waiting.size === 0) return;
    const index = this.#devices.resolve(registration.device);
    for (const conversation of this.#devices.devices[index]?.conversations ?? []) {
      for (const bootstrap of this.#waiting.get(conversation) ?? []) {
        if (this.deviceOf(bootstrap) !== index) continue;
        this.leave(bootstrap);
        if (bootstrap.ended === 'open') bootstrap.enter(undefined, time, row);
        if (bootstrap.ended === 'open' || bootstrap.ended === 'finished')
          bootstrap.registration = registration.index;
      }
    }
  }
}
