import type { MessageRow } from '../../capture/units.ts';
import { NO_ROW } from '../../capture/units.ts';
import { codeText, isRequest, isResponse, TYPE_NAMES } from '../../coap/code.ts';
import { ExchangeKind } from '../../coap/exchange.ts';
import { receivedBytes, transferEnd } from '../../coap/transfer.ts';
import { SOFTWARE_OBJECT } from '../../device/update-object.ts';
import type { Analysis } from '../analysis.ts';
import type { DeviceIndex } from '../device-index.ts';
import { icmpErrorText } from '../icmp-errors.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { MessageSummary } from '../message-summary.ts';
import { MessageFlag } from '../message-table.ts';
import type { Dissection, RelatedMessage } from '../protocol.ts';
import { observedPath } from '../records/observation-record.ts';
import { relatedLife } from './related-life.ts';

/** Messages listed for one thing that a message belongs to; the first and the last of more. */
const LISTED_MESSAGES = 12;
/** A live stream keeps what its limit of memory allows. */
export const NO_LONGER_HELD = 'This message is no longer held: a live stream keeps the newest.';

/** Finds the messages that belong with a message: its exchange, and all that it is a part of. */
export class RelatedMessages {
  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
    private readonly summaries: MessageSummary,
  ) {}

  /** The messages of the exchange: request, acknowledgement, answer, their repeats; in capture order. */
  async exchange(row: MessageRow): Promise<RelatedMessage[]> {
    const { messages } = this.analysis.tracking;
    const first = this.facts.firstCopy(row);
    const partner = messages.partnerOf(first);
    const roles = new Map<MessageRow, string>();
    const code = messages.code.get(first);
    if (isRequest(code) || messages.kindOf(first) === ExchangeKind.ping) {
      roles.set(first, messages.kindOf(first) === ExchangeKind.ping ? 'Ping' : 'Request');
      if (partner !== NO_ROW) roles.set(partner, 'Answer');
    } else {
      roles.set(first, isResponse(code) ? 'Answer' : 'Empty');
      if (partner !== NO_ROW)
        roles.set(partner, isRequest(messages.code.get(partner)) ? 'Request' : 'Acknowledged');
      const isNotification = messages.has(first, MessageFlag.notification);
      if (isNotification) roles.set(first, 'Notification');
      else if (partner !== NO_ROW && isRequest(messages.code.get(partner))) {
        const answer = messages.partnerOf(partner);
        if (answer !== NO_ROW && !roles.has(answer)) roles.set(answer, 'Answer');
      }
    }
    this.#addNeighbours(roles);
    const rows = [...roles.keys()].sort((a, b) => a - b);
    return this.#messages(rows, (one) => roles.get(one)!);
  }

  /** What else it belongs to, the narrowest first: transfer, observation, registration, life, updates. */
  async related(row: MessageRow): Promise<Dissection['related']> {
    const { messages, transfers, observations, devices, clock } = this.analysis.tracking;
    const related: Dissection['related'] = [];
    const transfer = messages.transfer.get(row);
    if (transfer > 0) {
      const known = transfers.transfers[transfer - 1]!;
      related.push({
        label: `Transfer by ${known.isQuick ? 'Q-' : ''}${known.direction === 'block1' ? 'Block1' : 'Block2'}`,
        detail: `${receivedBytes(known)} bytes in ${known.blocks} blocks of ${known.size}, ${transferEnd(known, clock)}`,
        messages: await this.#listed(
          [...new Set([known.first, ...known.rows, known.endRow ?? known.last])],
          'Block',
        ),
        filter: `transfer == ${known.number}`,
      });
    }
    const observation = messages.observation.get(row);
    if (observation > 0) {
      const known = observations.observations[observation - 1]!;
      related.push({
        label: `Observation of ${observedPath(known, this.analysis.tracking.paths)}`,
        detail: `${known.notifications} notifications, ${known.ended}`,
        messages: await this.#listed(
          [known.first, known.established ?? known.first, known.last],
          'Observation',
        ),
        filter: `observation == ${known.number}`,
      });
    }
    const device = this.devices.deviceOf(row);
    for (const registration of devices.registrations.registrations) {
      if (device < 0 || devices.devices.resolve(registration.device) !== device) continue;
      const time = messages.time.get(row);
      if (time < registration.from || time > registration.to) continue;
      related.push({
        label: `Registration ${registration.location ?? ''}`.trim(),
        detail: `lifetime ${registration.lifetime ?? '?'} s, ${registration.updates} updates, ${registration.ended}`,
        messages: await this.#listed(registration.evidence.rows(), 'Registration'),
        ...this.#filterById('session.id', registration.evidence.first),
      });
      break;
    }
    for (const { label, detail, rows, role, session } of relatedLife(this.analysis, row, device))
      related.push({
        label,
        detail,
        messages: await this.#listed(rows, role),
        ...this.#filterById('session.id', session),
      });
    for (const attempt of devices.firmware.attempts) {
      const rows = attempt.evidence.rows();
      const isOne = rows.includes(row) || (transfer > 0 && attempt.transfers.includes(transfer - 1));
      if (!isOne) continue;
      related.push({
        label: `${attempt.objectId === SOFTWARE_OBJECT ? 'Software' : 'Firmware'} update /${attempt.objectId}/${attempt.instanceId}`,
        update: attempt.index,
        detail: `${attempt.method ?? 'unknown way'}, ${attempt.ended}${attempt.result === undefined ? '' : `: ${attempt.result.name}`}`,
        messages: await this.#listed(rows, 'Update'),
        ...this.#filterById('firmware.id', attempt.evidence.first),
      });
    }
    return related;
  }

  /** The filter for what is named by its first message; none where that is not there, or no longer. */
  #filterById(field: string, first: MessageRow | undefined): { filter?: string } {
    const id = first === undefined ? '' : this.facts.id(first);
    return id === '' ? {} : { filter: `${field} == ${id}` };
  }

  /** Empty messages and repeats stand close to what they belong to: looks along the conversation, bounded. */
  #addNeighbours(roles: Map<MessageRow, string>): void {
    const { messages } = this.analysis.tracking;
    const known = [...roles.keys()];
    const from = Math.min(...known);
    const conversation = messages.conversation.get(from);
    let looked = 0;
    for (
      let row = messages.lastOf(conversation);
      row !== NO_ROW && row > from && row >= messages.firstRow && looked < 100_000;
      row = messages.previous.get(row), looked++
    ) {
      if (roles.has(row)) continue;
      const first = messages.firstOf(row);
      if (first !== NO_ROW && roles.has(first)) roles.set(row, `${roles.get(first)!} again`);
      else if (messages.code.get(row) === 0 && roles.has(messages.partnerOf(row)))
        roles.set(row, messages.type.get(row) === 3 ? 'Reset' : 'Acknowledgement');
    }
  }

  async #listed(rows: readonly MessageRow[], role: string): Promise<RelatedMessage[]> {
    const sorted = [...new Set(rows)].sort((a, b) => a - b);
    const half = LISTED_MESSAGES / 2;
    const listed =
      sorted.length <= LISTED_MESSAGES ? sorted : [...sorted.slice(0, half), ...sorted.slice(-half)];
    return this.#messages(listed, () => role);
  }

  /** One after the other, since the bytes of a message are only there until the next one's are asked for. */
  async #messages(rows: readonly MessageRow[], role: (row: MessageRow) => string): Promise<RelatedMessage[]> {
    const messages: RelatedMessage[] = [];
    for (const row of rows) messages.push(await this.#message(row, role(row)));
    return messages;
  }

  async #message(row: MessageRow, role: string): Promise<RelatedMessage> {
    const { messages } = this.analysis.tracking;
    if (!messages.isHeld(row))
      return { row, id: '', role, summary: NO_LONGER_HELD, time: NaN, fromDevice: false, isGone: true };
    const errors = this.analysis.tracking.icmpErrors.of(row);
    return {
      row,
      id: this.facts.id(row),
      ...(errors.length === 0 ? {} : { note: errors.map(icmpErrorText).join(', ') }),
      role,
      summary:
        `${TYPE_NAMES[messages.type.get(row)] ?? ''} ${codeText(messages.code.get(row))} ${await this.summaries.text(row)}`.trim(),
      time: messages.time.get(row),
      fromDevice: this.facts.direction(row) === 1,
    };
  }
}
