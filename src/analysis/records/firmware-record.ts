import { codeText } from '../../coap/code.ts';
import type { FirmwareAttempt, FirmwareVersion, UpdateTerms } from '../../device/firmware-attempt.ts';
import { withoutCredentials } from '../../lwm2m/sensitive-data.ts';
import { packageSize } from '../package-size.ts';
import { packageBody } from '../package-body.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';
import { addEvidence } from './session-record.ts';
import { sha256Text } from './sha256.ts';

const DELIVERY = ['pull', 'push', 'both'] as const;
const SEVERITY = ['critical', 'mandatory', 'optional'] as const;

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
  const size = packageSize(analysis, attempt);
  if (size.source >= 0) record.source = flows.endpointText(size.source);
  record.from = facts.timeText(attempt.from);
  if (Number.isFinite(attempt.to)) record.to = facts.timeText(attempt.to);
  const parcel: JsonObject = {};
  if (size.length >= 0) parcel.length = size.length;
  parcel.received = size.received;
  const body = await packageBody(analysis, bytes, attempt);
  if (body !== undefined) {
    // What was written in a format of its own is as long as what the format holds.
    parcel.length = parcel.received = body.length;
    parcel.sha256 = sha256Text(body);
  }
  parcel.complete = size.isComplete;
  if (size.isSealed) parcel.sealed = true;
  if (attempt.package.name !== undefined) parcel.name = attempt.package.name;
  if (attempt.package.version !== undefined) parcel.version = attempt.package.version;
  if (attempt.restarts > 0) parcel.restarts = attempt.restarts;
  record.package = parcel;
  addTerms(record, attempt.terms);
  addVersion(record, 'before', attempt.before);
  addVersion(record, 'after', attempt.after);
  record.states = attempt.states.map(({ time, state, how, row }) => ({
    time: facts.timeText(time),
    state,
    how,
    id: facts.id(row),
  }));
  if (attempt.illegal.length > 0)
    record.illegal = attempt.illegal.map(({ from, to, row, clause }) => ({
      from,
      to,
      id: facts.id(row),
      clause,
    }));
  if (attempt.events.length > 0)
    record.events = attempt.events.map(({ time, kind, row, refused, frame }) => ({
      time: facts.timeText(time),
      event: kind,
      ...(frame === undefined ? { id: facts.id(row) } : { frame: `${frame.file + 1}.${frame.number}` }),
      ...(refused === 0 ? {} : { refused: codeText(refused) }),
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

/** Adds how the device updates, as far as it was told (Firmware Update object, resources 8, 9, 11, 13 and 14). */
function addTerms(record: JsonObject, terms: UpdateTerms): void {
  const known: JsonObject = {};
  if (terms.protocols !== undefined) known.protocols = [...terms.protocols];
  if (terms.delivery !== undefined) known.delivery = DELIVERY[terms.delivery] ?? terms.delivery;
  if (terms.severity !== undefined) known.severity = SEVERITY[terms.severity] ?? terms.severity;
  if (terms.deferPeriod !== undefined) known.defer_period = terms.deferPeriod;
  if (terms.automatic !== undefined) known.automatic = terms.automatic;
  if (terms.linked !== undefined) known.linked = [...terms.linked];
  if (terms.conflicting !== undefined) known.conflicting = [...terms.conflicting];
  if (Object.keys(known).length > 0) record.terms = known;
}
