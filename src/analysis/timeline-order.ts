import type { Device } from '../device/device-record.ts';
import type { DeviceIndex } from './device-index.ts';
import type { TimelineLayout } from './span-protocol.ts';

/** All devices as they were found. */
export const AS_FOUND: TimelineLayout = { sort: 'first', descending: false, pinned: [], hidden: [] };

/** The devices of the timeline in their order. */
export interface ArrangedDevices {
  devices: Device[];
  /** So many stand first because they are pinned. */
  pinned: number;
  /** So many are hidden. */
  hidden: number;
}

/**
 * Puts devices in order: those that are pinned first, as they were pinned; then the others as `order` has them, or as
 * they were found, backwards where that is wanted. Hidden ones are left out, pinned or not; names that no device has
 * do nothing.
 */
export function arrangedDevices(
  index: DeviceIndex,
  layout: TimelineLayout,
  order?: readonly number[],
): ArrangedDevices {
  let all = index.all();
  if (order !== undefined) {
    const place = new Map(order.map((device, at) => [device, at]));
    // A device that came since stands at the end.
    const at = (device: Device): number => place.get(device.index) ?? order.length + device.index;
    all.sort((one, other) => at(one) - at(other));
  } else if (layout.sort === 'first' && layout.descending) all.reverse();
  if (layout.pinned.length === 0 && layout.hidden.length === 0) return { devices: all, pinned: 0, hidden: 0 };
  const hidden = new Set(layout.hidden);
  const wanted = new Map(layout.pinned.map((name, at) => [name, at]));
  const pinned: [number, Device][] = [];
  const others: Device[] = [];
  const found = all.length;
  for (const device of all) {
    const name = index.name(device.index);
    if (hidden.has(name)) continue;
    const at = wanted.get(name);
    if (at === undefined) others.push(device);
    else pinned.push([at, device]);
  }
  pinned.sort(([one], [other]) => one - other);
  all = [...pinned.map(([, device]) => device), ...others];
  return { devices: all, pinned: pinned.length, hidden: found - all.length };
}
