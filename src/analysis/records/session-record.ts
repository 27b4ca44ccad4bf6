import { codeText } from '../../coap/code.ts';
import type { Registration } from '../../device/registration-record.ts';
import type { RegistrationUpdate } from '../../device/registration-update.ts';
import type { Evidence } from '../../device/span.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';

/** The record of one registration (`sessions`). */
export function sessionRecord(context: RecordContext, registration: Registration): JsonObject {
  const { analysis, facts, devices } = context;
  const { flows, conversations } = analysis.frames;
  const record: JsonObject = { session: 'registration' };
  if (registration.device >= 0) record.device = devices.name(registration.device);
  if (registration.endpoint !== undefined) record.endpoint = registration.endpoint;
  record.server = flows.endpointText(registration.serverEndpoint);
  record.address = flows.endpointText(registration.deviceEndpoints[0]!);
  record.security = conversations.securityOf(registration.conversations[0]!);
  if (registration.location !== undefined) record.location = registration.location;
  if (registration.version !== undefined) record.version = registration.version;
  if (registration.lifetime !== undefined) record.lifetime = registration.lifetime;
  if (registration.binding !== undefined) record.binding = registration.binding;
  record.queue = registration.queue;
  record.queries = [...registration.queries];
  record.objects = registration.objects.map((object) => object.path);
  record.from = facts.timeText(registration.from);
  if (Number.isFinite(registration.to)) record.to = facts.timeText(registration.to);
  if (Number.isFinite(registration.expires)) record.expires = facts.timeText(registration.expires);
  record.ended = registration.ended;
  record.updates = registration.updates;
  if (registration.code !== 0) record.code = codeText(registration.code);
  if (registration.sms !== undefined) record.sms = registration.sms;
  if (registration.changeCount > 0) {
    record.changes = registration.changes.map((change) => changeRecord(change, facts));
    if (registration.changeCount > registration.changes.length)
      record.changes_count = registration.changeCount;
  }
  addEvidence(record, registration.evidence, facts);
  return record;
}

/** What one Update changed. */
function changeRecord(change: RegistrationUpdate, facts: MessageFacts): JsonObject {
  const record: JsonObject = { id: facts.id(change.row), time: facts.timeText(change.time) };
  if (change.lifetime !== undefined) record.lifetime = change.lifetime.to;
  if (change.binding?.to !== undefined) record.binding = change.binding.to;
  if (change.sms?.to !== undefined) record.sms = change.sms.to;
  if (change.added !== undefined) record.added = change.added;
  if (change.removed !== undefined) record.removed = change.removed;
  if (change.versions !== undefined)
    record.versions = change.versions.map(({ path, version }) => ({ path, version: version ?? '' }));
  if (change.late !== undefined) record.late = change.late / 1e9;
  return record;
}

/** Adds the messages that prove a record and are held, with their count where there are more. */
export function addEvidence(record: JsonObject, evidence: Evidence, facts: MessageFacts): void {
  const rows = evidence.rows();
  record.evidence = facts.ids(rows);
  if (evidence.count > (record.evidence as string[]).length) record.evidence_count = evidence.count;
}
