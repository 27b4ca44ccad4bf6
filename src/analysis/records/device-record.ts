import type { Device } from '../../device/device-record.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';

/** The record of one device (`devices`). */
export function deviceRecord(context: RecordContext, device: Device): JsonObject {
  const { analysis, facts, devices } = context;
  const { flows } = analysis.frames;
  const { messages } = analysis.tracking;
  const record: JsonObject = { device: devices.name(device.index) };
  if (device.endpoint !== undefined) record.endpoint = device.endpoint;
  record.addresses = device.addresses.map((end) => flows.endpointText(end));
  record.identities = [];
  record.versions = [...device.versions];
  record.bindings = [...device.bindings];
  record.messages = device.conversations.reduce(
    (sum, conversation) => sum + messages.countOf(conversation),
    0,
  );
  record.security = 'none';
  record.servers = device.servers.map((end) => flows.endpointText(end));
  if (device.manufacturer !== undefined) record.manufacturer = device.manufacturer.text;
  if (device.model !== undefined) record.model = device.model.text;
  if (device.firmware !== undefined) record.firmware = device.firmware.text;
  record.joined = device.joined.map(({ by, rows }) => ({ by, evidence: facts.ids(rows) }));
  return record;
}
