import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Outcome } from '../capture/outcome.ts';
import {
  codeName,
  codeText,
  isRequest,
  isResponse,
  isSignal,
  MessageType,
  TYPE_NAMES,
} from '../coap/code.ts';
import { MAX_TRANSMIT_WAIT } from '../coap/exchange.ts';
import { transferEnd } from '../coap/transfer.ts';
import { OPERATION_NAMES } from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { DeviceRows } from './device-rows.ts';
import type { MessageFacts } from './message-facts.ts';
import { type MessageSummary, SHOWN_VALUES } from './message-summary.ts';
import { MessageFlag } from './message-table.ts';
import { LineKind, SequencePlan, type TransferRun } from './sequence-plan.ts';
import {
  type SequenceChoice,
  type SequenceLine,
  SequenceMark,
  type SequenceQuery,
  type SequenceTransfer,
  type SequenceWindow,
} from './sequence-protocol.ts';
import { SequenceStates } from './sequence-states.ts';
import type { ShownRows } from './shown-rows.ts';

/** Lines that one window may hold. */
const MAXIMUM_LINES = 200;

const KIND_NAMES = ['message', 'transfer', 'wait', 'gap'] as const;

/** A plan with the states of its device, and what it was made of. */
interface Kept {
  key: string;
  plan: SequencePlan;
  states: SequenceStates;
}

/** Answers what the page asks of the ladder. The lines of the last choice are kept until the tables have grown. */
export class SequenceAnswers {
  readonly #rows: DeviceRows;
  #kept: Kept | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
    private readonly summaries: MessageSummary,
    private readonly shown: ShownRows,
    private readonly breathe: () => Promise<void> | undefined,
  ) {
    this.#rows = new DeviceRows(analysis);
  }

  /** A window of the lines. */
  async window(query: SequenceQuery, revision: number): Promise<SequenceWindow> {
    const { plan, states } = await this.#planOf(query);
    const first = Math.max(0, Math.min(query.first, plan.total));
    const end = Math.min(plan.total, first + Math.min(query.count, MAXIMUM_LINES));
    const lines: SequenceLine[] = [];
    for (let line = first; line < end; line++) lines.push(await this.#line(plan, states, line));
    return {
      revision,
      total: plan.total,
      messages: plan.messages,
      hidden: plan.hidden,
      transfers: plan.runs.length,
      first,
      lanes: [...plan.lanes],
      lines,
    };
  }

  /** Line on which a message stands, or the one nearest before it; -1 where there are no lines. */
  async lineOf(choice: SequenceChoice, row: MessageRow): Promise<number> {
    const { plan } = await this.#planOf(choice);
    return plan.lineOf(row);
  }

  /** Device at one end of a message, or -1. */
  deviceOf(row: MessageRow): number {
    return this.devices.deviceOf(row);
  }

  async #planOf(choice: SequenceChoice): Promise<Kept> {
    const { messages } = this.analysis.tracking;
    const table = this.analysis.tracking.devices.devices;
    const device = choice.device < 0 ? undefined : table.devices[table.resolve(choice.device)];
    const rows = device === undefined ? undefined : this.#rows.of(device);
    const { shown } = this;
    const total = rows?.length ?? (choice.device < 0 ? shown.count : 0);
    const key = JSON.stringify([
      device?.index ?? choice.device,
      choice.hideAcks,
      choice.unfoldAll,
      choice.turned,
      messages.count,
      messages.firstRow,
      shown.generation,
      shown.count,
      total,
    ]);
    if (this.#kept?.key === key) return this.#kept;
    const plan = new SequencePlan(this.analysis, this.facts, this.devices, choice);
    await plan.build(
      total,
      (index) => (rows === undefined ? shown.row(index) : rows[index]!),
      (row) => rows === undefined || shown.passes(row),
      this.breathe,
    );
    const kept: Kept = {
      key,
      plan,
      states: new SequenceStates(this.analysis, plan.laneBook, device?.index ?? -1),
    };
    this.#kept = kept;
    return kept;
  }

  async #line(plan: SequencePlan, states: SequenceStates, at: number): Promise<SequenceLine> {
    const { messages } = this.analysis.tracking;
    const row = plan.rows[at]!;
    const kind = plan.kinds[at]!;
    const type = messages.type.get(row);
    // While nothing is sent, what holds is what held until then.
    const isPause = kind === LineKind.wait || kind === LineKind.gap;
    const time = messages.time.get(row);
    const line: SequenceLine = {
      kind: KIND_NAMES[kind]!,
      row,
      id: this.facts.id(row),
      time,
      since: plan.since[at]!,
      from: -1,
      to: -1,
      form: this.#form(row),
      operation: messages.operation.get(row),
      type: type === MessageType.none ? '' : (TYPE_NAMES[type] ?? ''),
      label: '',
      detail: '',
      marks: 0,
      ...states.at(isPause ? time - 1 : time),
    };
    if (isPause) return line;
    Object.assign(line, plan.laneBook.ends(row));
    line.label = this.#label(row);
    if (kind === LineKind.transfer) {
      line.transfer = this.#transfer(plan.runOf(row)!);
      line.detail = this.#path(row);
      return line;
    }
    line.detail = await this.#detail(row);
    this.#mark(plan, row, line);
    return line;
  }

  #form(row: MessageRow): SequenceLine['form'] {
    const { messages } = this.analysis.tracking;
    const code = messages.code.get(row);
    if (isRequest(code)) return 'request';
    if (messages.has(row, MessageFlag.notification)) return 'notification';
    if (isResponse(code)) return 'answer';
    return code !== 0 && isSignal(code) ? 'signal' : 'empty';
  }

  #label(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const code = messages.code.get(row);
    if (code === 0) {
      const type = messages.type.get(row);
      return type === MessageType.con ? 'Ping' : type === MessageType.none ? 'Empty' : TYPE_NAMES[type]!;
    }
    const name = OPERATION_NAMES[messages.operation.get(row)] ?? '';
    if (isRequest(code)) return name === '' ? codeName(code) : name;
    if (messages.has(row, MessageFlag.notification)) return name === '' ? 'Notify' : name;
    return codeText(code);
  }

  #path(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const request = messages.requestOf(row);
    return request === NO_ROW ? '' : messages.texts.text(messages.path.get(request));
  }

  async #detail(row: MessageRow): Promise<string> {
    const { messages } = this.analysis.tracking;
    const code = messages.code.get(row);
    const says = await this.summaries.text(row);
    const isPathTold = isRequest(code) || messages.has(row, MessageFlag.notification);
    const path = isPathTold ? this.#path(row) : '';
    return [path, isResponse(code) ? await this.#valuesFirst(row, says) : says]
      .filter((part) => part !== '')
      .join(' · ');
  }

  /** What an answer says with its values first; that it went well need not be said beside them. */
  async #valuesFirst(row: MessageRow, says: string): Promise<string> {
    const values = await this.summaries.values(row, SHOWN_VALUES);
    if (values === '' || !says.endsWith(values)) return says;
    const rest = says
      .slice(0, -values.length)
      .split(' · ')
      .filter((part) => part !== '' && part !== codeName(this.analysis.tracking.messages.code.get(row)));
    return [values, ...rest].join(' · ');
  }

  #mark(plan: SequencePlan, row: MessageRow, line: SequenceLine): void {
    const { messages, sightings, icmpErrors, clock } = this.analysis.tracking;
    const first = messages.firstOf(row);
    const code = messages.code.get(row);
    let marks = 0;
    if (first !== NO_ROW) {
      marks |= SequenceMark.repeat;
      line.first = {
        row: first,
        id: this.facts.id(first),
        since: messages.time.get(row) - messages.time.get(first),
        copy: plan.copy.get(row) ?? 2,
      };
    } else if (messages.transmissions.get(row) > 1) line.copies = messages.transmissions.get(row);
    const end = this.facts.exchangeEnd(row);
    if (plan.overtaken.has(row)) marks |= SequenceMark.notAnsweredInTime;
    else if (end === 'timeout') marks |= SequenceMark.unanswered;
    if (end === 'reset' || (code === 0 && messages.type.get(row) === MessageType.rst))
      marks |= SequenceMark.reset;
    if (code >> 5 === 4 || code >> 5 === 5) marks |= SequenceMark.errorAnswer;
    if (this.#isMissingAck(row, clock)) marks |= SequenceMark.notAcknowledged;
    if (isResponse(code) && messages.partnerOf(row) === NO_ROW) marks |= SequenceMark.withoutRequest;
    if (sightings.has(row)) marks |= SequenceMark.sighted;
    if (messages.outcome.get(row) !== Outcome.ok) marks |= SequenceMark.faulty;
    const errors = icmpErrors.of(row);
    if (errors.length > 0) {
      marks |= SequenceMark.icmp;
      line.icmp = [...new Set(errors.map(({ kind }) => kind))].join(', ');
    }
    line.marks = marks;
  }

  /** A CON answer or notification whose last copy is not overtaken and that nothing acknowledged in time. */
  #isMissingAck(row: MessageRow, clock: Nanoseconds): boolean {
    const { messages } = this.analysis.tracking;
    if (messages.type.get(row) !== MessageType.con || !isResponse(messages.code.get(row))) return false;
    const first = this.facts.firstCopy(row);
    if (messages.has(first, MessageFlag.acknowledged)) return false;
    return clock - messages.time.get(first) > MAX_TRANSMIT_WAIT * 1e9;
  }

  #transfer(run: TransferRun): SequenceTransfer {
    const { transfers, messages, clock } = this.analysis.tracking;
    const transfer = transfers.transfers[run.transfer]!;
    return {
      lastRow: run.last,
      lastTime: messages.time.get(run.last),
      direction: transfer.direction,
      isUnfolded: run.isUnfolded,
      messages: run.messages,
      blocks: run.blocks,
      bytes: run.bytes,
      size: transfer.size,
      repeats: run.repeats,
      longestWait: run.longestWait,
      length: transfer.length,
      ended: transferEnd(transfer, clock),
    };
  }
}
