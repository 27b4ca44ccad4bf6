import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { JoinReason } from '../device/device-record.ts';

/** What became of a device's last registration; `unknown` where the capture does not show it. */
export type DeviceState = 'registered' | 'expired' | 'deregistered' | 'refused' | 'lost' | 'unknown';

/** Columns of the table of devices, by what a line is sorted by. */
export const DEVICE_COLUMNS = [
  'name',
  'state',
  'version',
  'binding',
  'security',
  'addresses',
  'servers',
  'seen',
  'messages',
  'errors',
  'observations',
  'firmware',
  'failedUpdates',
] as const;
export type DeviceColumn = (typeof DEVICE_COLUMNS)[number];

/** One device in the table; texts are empty where nothing was told. */
export interface DeviceLine {
  /** Index of the device. */
  device: number;
  name: string;
  state: DeviceState;
  /** LwM2M version of its last registration. */
  version: string;
  /** Binding mode in force, with `queue` where the device sleeps. */
  binding: string;
  security: string;
  /** Own addresses and those of servers, the last one first, joined by spaces. */
  addresses: string;
  servers: string;
  /** Time of its last message; NaN where there is none. */
  seen: Nanoseconds;
  messages: number;
  /** Answers of class 4 and 5, repeats left out, from and to the device; and ICMP errors about its messages. */
  errors: number;
  icmpErrors: number;
  /** Observations, and those of them that are open. */
  observations: number;
  openObservations: number;
  /** Firmware version that it told last. */
  firmware: string;
  updates: number;
  failedUpdates: number;
  firstRow: MessageRow;
}

export interface DeviceTableQuery {
  /** Shows only devices of which one of the texts holds this text, upper and lower case alike. */
  text: string;
  /** Absent: the order in which devices were found. */
  sort?: DeviceColumn;
  descending: boolean;
  first: number;
  count: number;
}

export interface DeviceTableWindow {
  revision: number;
  /** Devices that are shown, and all. */
  total: number;
  devices: number;
  first: number;
  lines: DeviceLine[];
}

/** Why something that was seen is taken for a device. */
export interface DeviceJoin {
  by: JoinReason;
  /** In words, such as `same as 10.0.0.7:40112: Update to /rd/5a3f from 10.0.0.9:51877`. */
  text: string;
  /** Messages that show it, the one that made the join last; none where sealed records show it. */
  messages: { row: MessageRow; id: string }[];
  /** The end that was joined, and the one at which the device was known, as `address:port`. */
  of: string;
  to: string;
  time: Nanoseconds;
}

/** What is known of who a device is. */
export interface DeviceDetails {
  revision: number;
  device: number;
  name: string;
  /** Identities towards security protocols, such as `psk:dev1`. */
  identities: string[];
  joins: DeviceJoin[];
  /** Joins in all, those that are not kept among them. */
  joinCount: number;
  /** Name of the gateway that stands before the device; empty where none does. */
  gateway: string;
}

/** Commands of the page that concern the table of devices. */
export interface DeviceQuestions {
  deviceTable(query: DeviceTableQuery): Promise<DeviceTableWindow>;
  /** Who a device is and why; undefined where there is none of this index. */
  deviceDetails(device: number): Promise<DeviceDetails | undefined>;
  /** The records of the devices that are shown, in their order, as CSV. */
  exportDevices(query: DeviceTableQuery): Promise<Blob>;
}
