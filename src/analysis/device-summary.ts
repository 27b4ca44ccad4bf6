import { NO_ROW } from '../capture/units.ts';
import type { Registration } from '../device/registration-record.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import type { DeviceState } from './device-protocol.ts';
import type { DeviceSummary } from './protocol.ts';

/** Devices that one query may ask for. */
const MAXIMUM_DEVICES = 500;

/** A part of the device list, in the order in which the devices were found. */
export function deviceSummaries(
  analysis: Analysis,
  devices: DeviceIndex,
  first: number,
  count: number,
): DeviceSummary[] {
  const { frames } = analysis;
  const all = devices.all().slice(first, first + Math.min(count, MAXIMUM_DEVICES));
  const latest = latestRegistrations(analysis, new Set(all.map((device) => device.index)));
  const errors = icmpErrorsByDevice(analysis, devices);
  const failed = failedUpdates(analysis);
  return all.map((device) => {
    const registration = latest.get(device.index);
    const address = device.addresses[0];
    const version = device.versions.at(-1);
    const parts = [
      device.manufacturer?.text ?? '',
      device.model?.text ?? '',
      version === undefined ? '' : `LwM2M ${version}`,
      securityText(devices.securityOf(device)),
    ];
    return {
      device: device.index,
      name: devices.name(device.index),
      detail: parts.filter((part) => part !== '').join(' · '),
      address: address === undefined ? '' : frames.flows.endpointText(address),
      state: stateOf(registration),
      messages: devices.messagesOf(device),
      firstRow: Math.max(device.firstRow, analysis.tracking.messages.firstRow),
      failedUpdates: failed.get(device.index) ?? 0,
      icmpErrors: errors.get(device.index) ?? 0,
    };
  });
}

/** How many ICMP errors tell of messages of each device. */
export function icmpErrorsByDevice(analysis: Analysis, devices: DeviceIndex): Map<number, number> {
  const errors = new Map<number, number>();
  for (const { row, before } of analysis.tracking.icmpErrors.kept) {
    const near = row === NO_ROW ? before : row;
    const device = near === NO_ROW ? -1 : devices.deviceOf(near);
    errors.set(device, (errors.get(device) ?? 0) + 1);
  }
  return errors;
}

function failedUpdates(analysis: Analysis): Map<number, number> {
  const { devices, firmware } = analysis.tracking.devices;
  const failed = new Map<number, number>();
  for (const { device, ended } of firmware.attempts) {
    if (ended !== 'failed') continue;
    const resolved = devices.resolve(device);
    failed.set(resolved, (failed.get(resolved) ?? 0) + 1);
  }
  return failed;
}

function latestRegistrations(analysis: Analysis, wanted: ReadonlySet<number>): Map<number, Registration> {
  const { devices } = analysis.tracking;
  const latest = new Map<number, Registration>();
  for (const registration of devices.registrations.registrations) {
    // A second view of one, on the other side of an address translation, tells nothing of its end.
    if (registration.duplicateOf >= 0) continue;
    const device = devices.devices.resolve(registration.device);
    if (wanted.has(device)) latest.set(device, registration);
  }
  return latest;
}

/** Kinds of protection as people call them: `NoSec`, `DTLS, OSCORE`. */
export function securityText(kinds: readonly string[]): string {
  return kinds.map((kind) => (kind === 'none' ? 'NoSec' : kind.toUpperCase())).join(', ');
}

/** What became of a device's last registration, as far as the capture shows. */
export function stateOf(registration: Registration | undefined): DeviceState {
  if (registration === undefined) return 'unknown';
  switch (registration.ended) {
    case 'deregistered':
    case 'expired':
    case 'refused':
    case 'lost':
      return registration.ended;
    case 'open':
      return registration.live ? 'registered' : 'unknown';
    default:
      return 'unknown';
  }
}
