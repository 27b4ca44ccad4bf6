import type { DeviceColumn, DeviceLine } from '../../analysis/device-protocol.ts';
import { countText } from '../number-text.ts';

/** A column of the table of devices. */
export interface ColumnLook {
  id: DeviceColumn;
  title: string;
  /** What the title leaves open. */
  hint?: string;
  /** Width as a track of a grid. */
  width: string;
  /** Numbers stand at the right, and the largest comes first when one sorts by them. */
  isNumber?: boolean;
}

/** The columns in their order. */
export const COLUMN_LOOKS: readonly ColumnLook[] = [
  { id: 'name', title: 'Device', width: 'minmax(132px, 1.5fr)' },
  { id: 'state', title: 'State', width: '116px' },
  { id: 'version', title: 'LwM2M', width: '62px' },
  { id: 'binding', title: 'Binding', hint: 'Binding mode, and whether in queue mode', width: '82px' },
  { id: 'security', title: 'Security', width: '70px' },
  { id: 'addresses', title: 'Addresses', hint: 'The last one first', width: 'minmax(136px, 1fr)' },
  { id: 'servers', title: 'Servers', hint: 'The last one first', width: 'minmax(120px, 0.9fr)' },
  { id: 'seen', title: 'Last seen', width: '96px', isNumber: true },
  { id: 'messages', title: 'Messages', width: '80px', isNumber: true },
  {
    id: 'errors',
    title: 'Errors',
    hint: 'Answers of class 4 and 5, and ICMP errors behind +',
    width: '66px',
    isNumber: true,
  },
  {
    id: 'observations',
    title: 'Observed',
    hint: 'Observations, those that are open in brackets',
    width: '82px',
    isNumber: true,
  },
  { id: 'firmware', title: 'Firmware', hint: 'Version as told last', width: 'minmax(84px, 0.6fr)' },
  {
    id: 'failedUpdates',
    title: 'Failed',
    hint: 'Failed updates of firmware and software, of all',
    width: '70px',
    isNumber: true,
  },
];

/** Several addresses of which one is seen: the last, and how many there are besides. */
export function placesText(joined: string): string {
  const [first = '', ...others] = joined.split(' ');
  return others.length === 0 ? first : `${first} +${countText(others.length)}`;
}

/** Error answers, with ICMP errors behind a plus. */
export function errorsText({ errors, icmpErrors }: DeviceLine): string {
  if (icmpErrors === 0) return errors === 0 ? '' : countText(errors);
  return `${countText(errors)} +${countText(icmpErrors)}`;
}
