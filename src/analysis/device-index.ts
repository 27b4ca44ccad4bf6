import { type MessageRow, NO_ROW } from '../capture/units.ts';
import type { Device } from '../device/device-record.ts';
import type { Analysis } from './analysis.ts';

/** Joins messages with devices, and devices with their names, when somebody asks. */
export class DeviceIndex {
  constructor(private readonly analysis: Analysis) {}

  /** Index of the device at one end of a message's conversation, or -1. */
  deviceOf(row: MessageRow): number {
    const { messages, devices } = this.analysis.tracking;
    return devices.devices.deviceOf(messages.conversation.get(row), row);
  }

  /** Unique name of a device: its endpoint client name, or its first address. */
  name(device: number): string {
    const { devices } = this.analysis.tracking.devices;
    const known = devices.devices[devices.resolve(device)];
    return known === undefined ? '' : known.nameWith((end) => this.analysis.frames.flows.endpointText(end));
  }

  /** Name of the device of a message; undefined where none is known. */
  nameOf(row: MessageRow): string | undefined {
    const device = this.deviceOf(row);
    return device < 0 ? undefined : this.name(device);
  }

  /** How a device's conversations are protected, each kind once, in the order seen. */
  securityOf(device: Device): string[] {
    const kinds = new Set<string>();
    const { conversations } = this.analysis.frames;
    for (const conversation of device.conversations) kinds.add(conversations.securityOf(conversation));
    if (!device.identities.some((identity) => identity.startsWith('oscore:'))) return [...kinds];
    return [...kinds].filter((kind) => kind !== 'none').concat('oscore');
  }

  /** Messages of a device. */
  messagesOf(device: Device): number {
    const { messages, devices } = this.analysis.tracking;
    let count = 0;
    for (const conversation of device.conversations) {
      if (!devices.devices.isShared(conversation)) {
        count += messages.countOf(conversation);
        continue;
      }
      for (let row = messages.lastOf(conversation); row !== NO_ROW; row = messages.previous.get(row))
        if (devices.devices.deviceOf(conversation, row) === device.index) count++;
    }
    return count;
  }

  /** Devices of their own, in the order found. */
  all(): Device[] {
    return this.analysis.tracking.devices.devices.devices.filter((device) => device.mergedInto < 0);
  }

  /** Names of some devices, for completion. */
  names(count: number): string[] {
    const names: string[] = [];
    for (const device of this.analysis.tracking.devices.devices.devices) {
      if (names.length === count) break;
      if (device.mergedInto < 0) names.push(this.name(device.index));
    }
    return names;
  }
}
