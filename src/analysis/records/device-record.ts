import type { Device } from '../../device/device-record.ts';
import { deviceJoins } from '../device-joins.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';

/** The record of one device (`devices`). */
export function deviceRecord(context: RecordContext, device: Device): JsonObject {
  const { analysis, facts, devices, redact } = context;
  const { flows } = analysis.frames;
  const record: JsonObject = { device: devices.name(device.index) };
  if (device.endpoint !== undefined) record.endpoint = device.endpoint;
  record.addresses = device.addresses.map((end) => flows.endpointText(end));
  record.identities = device.identities.map((identity) =>
    redact ? identity.replace(/:.*/s, ':…') : identity,
  );
  record.versions = [...device.versions];
  record.bindings = [...device.bindings];
  record.messages = devices.messagesOf(device);
  record.security = devices.securityOf(device).join(', ');
  record.servers = device.servers.map((end) => flows.endpointText(end));
  if (device.manufacturer !== undefined) record.manufacturer = device.manufacturer.text;
  if (device.model !== undefined) record.model = device.model.text;
  if (device.firmware !== undefined) record.firmware = device.firmware.text;
  record.joined = deviceJoins(analysis, facts, device).map(({ by, text, of, to, time, messages }) => ({
    by,
    text: redact && (by === 'security identity' || by === 'OSCORE key id') ? '' : text,
    address: of,
    same_as: to,
    time: facts.timeText(time),
    evidence: messages.map(({ id }) => id),
  }));
  if (device.joinCount > device.joined.length) record.joined_count = device.joinCount;
  if (device.gateway !== undefined) {
    record.gateway = devices.name(device.gateway.index);
    record.prefix = device.prefix;
    record.gateway_id = device.gatewayId;
  }
  return record;
}
