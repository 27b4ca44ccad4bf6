import type { Analysis } from '../../../src/analysis/analysis.ts';
import { DeviceAnswers } from '../../../src/analysis/device-answers.ts';
import { DeviceIndex } from '../../../src/analysis/device-index.ts';
import type { DeviceLine } from '../../../src/analysis/device-protocol.ts';
import type { JsonObject } from '../../../src/analysis/records/json.ts';
import type { MessageRow, Nanoseconds } from '../../../src/capture/units.ts';
import { NO_ROW } from '../../../src/capture/units.ts';
import type { Device } from '../../../src/device/device-record.ts';
import type { UpdateInstance } from '../../../src/device/update-instance.ts';
import { recordsOf } from '../analyse.ts';

/** What is said of lives in a capture, with frames and times as the whole capture counts them. */
export interface Lives {
  analysis: Analysis;
  /** Packets that are left out at the beginning. */
  left: number;
  /** Nanoseconds by which times lie behind those of the whole. */
  shift: Nanoseconds;
  sessions: JsonObject[];
  observations: JsonObject[];
  firmware: JsonObject[];
  lines: DeviceLine[];
  devices: Device[];
  nameOf(device: number): string;
}

/** Reads what an analysis says. `epoch` is that of the whole. */
export async function livesOf(analysis: Analysis, left: number, epoch: Epoch): Promise<Lives> {
  const index = new DeviceIndex(analysis);
  const table = new DeviceAnswers(analysis, index, () => undefined);
  const { lines } = await table.window({ text: '', descending: false, first: 0, count: 200 }, 1);
  const read = async (kind: 'sessions' | 'observations' | 'firmware'): Promise<JsonObject[]> =>
    (await recordsOf(analysis, kind)).map((record) => numbered(record, left) as JsonObject);
  return {
    analysis,
    left,
    shift: (analysis.frames.epochSeconds - epoch[0]) * 1e9 + analysis.frames.epochNanoseconds - epoch[1],
    sessions: await read('sessions'),
    observations: await read('observations'),
    firmware: await read('firmware'),
    lines,
    devices: index.all().slice(),
    nameOf: (device) => index.name(device),
  };
}

/** Seconds and nanoseconds of the first frame. */
export type Epoch = readonly [number, number];

const ID = /^1\.(\d+)\.(\d+)$/;

/** A record with the numbers of frames that the whole capture has. */
function numbered(value: unknown, left: number): unknown {
  if (typeof value === 'string') {
    const match = ID.exec(value);
    return match === null ? value : `1.${Number(match[1]) + left}.${match[2]!}`;
  }
  if (Array.isArray(value)) return value.map((one) => numbered(one, left));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, numbered(one, left)]));
}

/** Frame that an id speaks of. */
export function frameOf(id: unknown): number {
  return Number(ID.exec(String(id))?.[1] ?? 0);
}

/** Frame of a row as the whole counts it; 0 for none. */
export function frameOfRow({ analysis, left }: Lives, row: MessageRow): number {
  return row === NO_ROW ? 0 : analysis.tracking.messages.frame.get(row) + left;
}

/** Addresses of a device as text. */
export function addressesOf({ analysis }: Lives, device: Device): string[] {
  return device.addresses.map((end) => analysis.frames.flows.endpointText(end));
}

/** Devices of the whole that have an address of a device of the part. */
export function akinDevices(whole: Lives, part: Lives, device: Device): Device[] {
  const own = new Set(addressesOf(part, device));
  return whole.devices.filter((one) => addressesOf(whole, one).some((address) => own.has(address)));
}

/** Instances of update objects of a device. */
export function instancesOf({ analysis }: Lives, device: Device): readonly UpdateInstance[] {
  return analysis.tracking.devices.firmware.instancesOf(device.index);
}
