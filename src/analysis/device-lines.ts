import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { Device } from '../device/device-record.ts';
import type { Registration } from '../device/registration-record.ts';
import type { Analysis } from './analysis.ts';
import { Uint32Column } from './column.ts';
import type { DeviceIndex } from './device-index.ts';
import type { DeviceLine } from './device-protocol.ts';
import { icmpErrorsByDevice, securityText, stateOf } from './device-summary.ts';
import { MessageFlag } from './message-table.ts';
import type { Breathe } from './records/record-file.ts';

/** Messages, and other things, that are looked at between two looks at the clock. */
const MESSAGES_A_STEP = 50_000;
const THINGS_A_STEP = 1_000;
/** Messages at the end of a conversation among which the last one of a device is looked for. */
const LOOKED_AT = 256;

/** What is counted for a device. */
interface Counts {
  errors: number;
  observations: number;
  openObservations: number;
  updates: number;
  failedUpdates: number;
  registration: Registration | undefined;
}

/** Makes the lines of the table of devices, in steps. Error answers are found once, as messages come. */
export class DeviceLines {
  readonly #errorRows = new Uint32Column();
  #errors = 0;
  #looked = 0;
  /** First row held when errors were looked for. */
  #first: MessageRow = 0;

  constructor(
    private readonly analysis: Analysis,
    private readonly devices: DeviceIndex,
    private readonly breathe: Breathe,
  ) {}

  /** A line for each device, in the order found. */
  async all(): Promise<DeviceLine[]> {
    await this.#findErrors();
    const counts = await this.#counts();
    const icmp = icmpErrorsByDevice(this.analysis, this.devices);
    const lines: DeviceLine[] = [];
    await this.#inSteps(this.devices.all(), (device) => {
      lines.push(this.#line(device, counts.get(device.index), icmp.get(device.index) ?? 0));
    });
    return lines;
  }

  async #findErrors(): Promise<void> {
    const { messages } = this.analysis.tracking;
    if (messages.firstRow > this.#first) {
      // Errors of messages that are no longer held are found no more.
      this.#first = messages.firstRow;
      this.#looked = this.#first;
      this.#errors = 0;
    }
    while (this.#looked < messages.count) {
      const end = Math.min(messages.count, this.#looked + MESSAGES_A_STEP);
      for (let row = this.#looked; row < end; row++) {
        const codeClass = messages.code.get(row) >> 5;
        if ((codeClass === 4 || codeClass === 5) && !messages.has(row, MessageFlag.duplicate))
          this.#errorRows.set(this.#errors++, row);
      }
      this.#looked = end;
      const pause = this.breathe();
      if (pause !== undefined) await pause;
    }
  }

  async #counts(): Promise<Map<number, Counts>> {
    const counts = new Map<number, Counts>();
    const of = (device: number): Counts => {
      let known = counts.get(device);
      if (known === undefined) {
        known = {
          errors: 0,
          observations: 0,
          openObservations: 0,
          updates: 0,
          failedUpdates: 0,
          registration: undefined,
        };
        counts.set(device, known);
      }
      return known;
    };
    const { tracking } = this.analysis;
    const { devices, firmware, registrations } = tracking.devices;
    for (let at = 0; at < this.#errors; at++) {
      of(this.devices.deviceOf(this.#errorRows.get(at))).errors++;
      if (at % MESSAGES_A_STEP > 0) continue;
      const pause = this.breathe();
      if (pause !== undefined) await pause;
    }
    await this.#inSteps(tracking.observations.observations, ({ conversation, first, ended }) => {
      // A request that was answered without Observe began none.
      if (ended === 'refused') return;
      const known = of(devices.deviceOf(conversation, first));
      known.observations++;
      if (ended === 'open') known.openObservations++;
    });
    await this.#inSteps(registrations.registrations, (registration) => {
      if (registration.duplicateOf < 0) of(devices.resolve(registration.device)).registration = registration;
    });
    await this.#inSteps(firmware.attempts, ({ device, ended }) => {
      const known = of(devices.resolve(device));
      known.updates++;
      if (ended === 'failed') known.failedUpdates++;
    });
    return counts;
  }

  async #inSteps<Item>(items: readonly Item[], take: (item: Item) => void): Promise<void> {
    for (let at = 0; at < items.length; at++) {
      take(items[at]!);
      if ((at + 1) % THINGS_A_STEP > 0) continue;
      const pause = this.breathe();
      if (pause !== undefined) await pause;
    }
  }

  #line(device: Device, counts: Counts | undefined, icmpErrors: number): DeviceLine {
    const { frames } = this.analysis;
    const registration = counts?.registration;
    const endpoints = (ends: readonly number[]): string =>
      ends
        .map((end) => frames.flows.endpointText(end))
        .reverse()
        .join(' ');
    const binding = registration?.binding ?? device.bindings.at(-1) ?? '';
    return {
      device: device.index,
      name: this.devices.name(device.index),
      state: stateOf(registration),
      version: registration?.version ?? device.versions.at(-1) ?? '',
      binding: registration?.queue === true && binding !== '' ? `${binding} · queue` : binding,
      security: securityText(this.devices.securityOf(device)),
      addresses: endpoints(device.addresses),
      servers: endpoints(device.servers),
      seen: this.#lastSeen(device),
      messages: this.devices.messagesOf(device),
      errors: counts?.errors ?? 0,
      icmpErrors,
      observations: counts?.observations ?? 0,
      openObservations: counts?.openObservations ?? 0,
      firmware: device.firmware?.text ?? '',
      updates: counts?.updates ?? 0,
      failedUpdates: counts?.failedUpdates ?? 0,
      firstRow: Math.max(device.firstRow, this.analysis.tracking.messages.firstRow),
    };
  }

  #lastSeen(device: Device): Nanoseconds {
    const { messages, devices } = this.analysis.tracking;
    let last = NaN;
    for (const conversation of device.conversations) {
      let row: MessageRow = messages.lastOf(conversation);
      // A conversation that several devices used ends with a message of one of them.
      for (
        let looked = 0;
        messages.isHeld(row) &&
        looked < LOOKED_AT &&
        devices.devices.deviceOf(conversation, row) !== device.index;
        looked++
      )
        row = messages.previous.get(row);
      if (!messages.isHeld(row)) continue;
      const time = messages.time.get(row);
      if (!(last >= time)) last = time;
    }
    return last;
  }
}
