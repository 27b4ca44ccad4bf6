import type { FirmwareAttempt, FirmwareVersion } from '../../device/firmware-attempt.ts';
import { withoutCredentials } from '../../lwm2m/sensitive-data.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';
import { addEvidence } from './session-record.ts';
import { sha256Text } from './sha256.ts';

/** The record of one update attempt (`firmware`). */
export async function firmwareRecord(context: RecordContext, attempt: FirmwareAttempt): Promise<JsonObject> {
  const { analysis, facts, bytes, devices } = context;
  const { flows } = analysis.frames;
  const record: JsonObject = {};
  if (attempt.device >= 0) record.device = devices.name(attempt.device);
  record.object = `/${attempt.objectId}/${attempt.instanceId}`;
  record.server = flows.endpointText(attempt.serverEndpoint);
  if (attempt.method !== undefined) record.method = attempt.method;
  if (attempt.uri !== undefined) record.uri = context.redact ? withoutCredentials(attempt.uri) : attempt.uri;
  if (attempt.sourceEndpoint >= 0) record.source = flows.endpointText(attempt.sourceEndpoint);
  record.from = facts.timeText(attempt.from);
  if (Number.isFinite(attempt.to)) record.to = facts.timeText(attempt.to);
  const parcel: JsonObject = {};
  if (attempt.length >= 0) parcel.length = attempt.length;
  parcel.received = attempt.received;
  if (attempt.complete) {
    const transfer = analysis.tracking.transfers.transfers[attempt.transfers.at(-1) ?? -1];
    const body = transfer?.ended === 'complete' ? await bytes.transferBody(transfer) : undefined;
    if (body !== undefined) parcel.sha256 = sha256Text(body);
  }
  parcel.complete = attempt.complete;
  record.package = parcel;
  addVersion(record, 'before', attempt.before);
  addVersion(record, 'after', attempt.after);
  record.states = attempt.states.map(({ time, state, how, row }) => ({
    time: facts.timeText(time),
    state,
    how,
    id: facts.id(row),
  }));
  if (attempt.result !== undefined)
    record.result = {
      value: attempt.result.value,
      name: attempt.result.name,
      id: facts.id(attempt.result.row),
    };
  record.ended = attempt.ended;
  addEvidence(record, attempt.evidence, facts);
  return record;
}

/** Adds what is known of the firmware; nothing where nothing is. */
function addVersion(record: JsonObject, key: 'before' | 'after', version: FirmwareVersion): void {
  const known: JsonObject = {};
  if (version.name !== undefined) known.name = version.name;
  if (version.version !== undefined) known.version = version.version;
  if (Object.keys(known).length > 0) record[key] = known;
}
