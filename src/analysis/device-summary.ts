import type { Registration } from '../device/registration-record.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
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
  const { tracking, frames } = analysis;
  const all = devices.all().slice(first, first + Math.min(count, MAXIMUM_DEVICES));
  const latest = latestRegistrations(analysis, new Set(all.map((device) => device.index)));
  return all.map((device) => {
    const registration = latest.get(device.index);
    const address = device.addresses[0];
    const version = device.versions.at(-1);
    const parts = [
      device.manufacturer?.text ?? '',
      device.model?.text ?? '',
      version === undefined ? '' : `LwM2M ${version}`,
      'NoSec',
    ];
    return {
      device: device.index,
      name: devices.name(device.index),
      detail: parts.filter((part) => part !== '').join(' · '),
      address: address === undefined ? '' : frames.flows.endpointText(address),
      state: stateOf(registration),
      messages: device.conversations.reduce((sum, one) => sum + tracking.messages.countOf(one), 0),
      firstRow: device.firstRow,
    };
  });
}

function latestRegistrations(analysis: Analysis, wanted: ReadonlySet<number>): Map<number, Registration> {
  const { devices } = analysis.tracking;
  const latest = new Map<number, Registration>();
  for (const registration of devices.registrations.registrations) {
    const device = devices.devices.resolve(registration.device);
    if (wanted.has(device)) latest.set(device, registration);
  }
  return latest;
}

function stateOf(registration: Registration | undefined): DeviceSummary['state'] {
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
