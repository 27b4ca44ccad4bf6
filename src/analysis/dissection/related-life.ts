import type { MessageRow } from '../../capture/units.ts';
import { NO_ROW } from '../../capture/units.ts';
import { evidenceRows } from '../../device/life-events.ts';
import { Operation } from '../../lwm2m/operation.ts';
import type { Analysis } from '../analysis.ts';
import { endLabel, eventLabel, operationCounts, secondsText } from '../life-tracks.ts';
import type { MessageFacts } from '../message-facts.ts';
import { updateText } from '../registration-track.ts';

/** Something that a message belongs to, with the messages that prove it. */
export interface RelatedThing {
  label: string;
  detail: string;
  rows: MessageRow[];
  role: string;
  /** First message of the session that it is. */
  session?: MessageRow;
}

/** The bootstrap, the events of the device's life and the sleep that a message of a device has to do with. */
export function relatedLife(analysis: Analysis, row: MessageRow, device: number): RelatedThing[] {
  const { messages, devices, clock } = analysis.tracking;
  const related: RelatedThing[] = [];
  if (device < 0) return related;
  const conversation = messages.conversation.get(row);
  const time = messages.time.get(row);
  for (const bootstrap of devices.bootstraps.bootstraps) {
    const isEvidence = bootstrap.endRow === row || bootstrap.requestRow === row;
    const isWithin =
      bootstrap.conversation === conversation && time >= bootstrap.from && time <= bootstrap.to;
    if ((!isEvidence && !isWithin) || bootstrap.isSecondView) continue;
    const rows = bootstrap.evidence.rows();
    related.push({
      label: 'Bootstrap',
      detail: `${operationCounts(bootstrap)}; ${endLabel(bootstrap)}`,
      rows: [...rows, ...bootstrap.steps.map((step) => step.row)],
      role: 'Bootstrap',
      session: bootstrap.evidence.first,
    });
    break;
  }
  for (const event of devices.life.events) {
    if (devices.devices.resolve(event.device) !== device) continue;
    const rows = evidenceRows(event);
    if (!rows.includes(row)) continue;
    related.push({ label: 'Event', detail: eventLabel(event, clock), rows, role: 'Event' });
  }
  for (const window of devices.queueMode.windowsOf(device)) {
    const request = window.requests.find((one) => one.row === row || one.answerRow === row);
    if (request === undefined) continue;
    related.push({
      label: 'Queue mode',
      detail: `sent when the client was to be asleep: ${secondsText(window.window)} after its last message it need not listen`,
      rows: request.answerRow === NO_ROW ? [request.row] : [request.row, request.answerRow],
      role: 'Request into sleep',
    });
  }
  return related;
}

/** What a Register or an Update means for its registration, for the tree of fields. */
export function updateFields(
  analysis: Analysis,
  facts: MessageFacts,
  row: MessageRow,
): { label: string; value: string }[] {
  const { messages, devices } = analysis.tracking;
  const operation = messages.operation.get(row);
  if (operation !== Operation.update && operation !== Operation.register) return [];
  const conversation = messages.conversation.get(row);
  const fields: { label: string; value: string }[] = [];
  for (const registration of devices.registrations.registrations) {
    if (registration.duplicateOf >= 0 || !registration.conversations.includes(conversation)) continue;
    const change = registration.changes.find((one) => one.row === row || one.answerRow === row);
    if (change !== undefined) fields.push({ label: 'Changes', value: updateText(change) });
    const isLast =
      registration.live && messages.requestOf(registration.evidence.last) === messages.requestOf(row);
    if (isLast && Number.isFinite(registration.expires))
      fields.push({ label: 'Next Update before', value: facts.timeText(registration.expires) });
  }
  return fields;
}
