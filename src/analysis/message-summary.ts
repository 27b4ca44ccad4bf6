import { Outcome } from '../capture/outcome.ts';
import type { MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Code, codeName, isRequest, isResponse, isSignal, MessageType } from '../coap/code.ts';
import { ExchangeKind } from '../coap/exchange.ts';
import {
  blockMore,
  blockNumber,
  blockSize,
  messageFault,
  NO_OPTION,
  OptionCursor,
  readUint,
} from '../coap/message.ts';
import { optionDefinitionIn, optionNameIn } from '../coap/signal-option.ts';
import { contentFormatName } from '../lwm2m/content-format.ts';
import { Operation } from '../lwm2m/operation.ts';
import { sensitiveKind } from '../lwm2m/sensitive-data.ts';
import { describeValue, readValue } from '../lwm2m/value-text.ts';
import { Doubt, type ValueTypeCode } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';

/** Values written out in a summary; further ones are counted. */
export const SHOWN_VALUES = 3;

/** Says in one short line what a message means, for lists. */
export class MessageSummary {
  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly bytes: MessageBytes,
  ) {}

  /** The line for a row; reads bytes only where values are text or bytes. */
  async text(row: MessageRow): Promise<string> {
    const { messages } = this.analysis.tracking;
    const parts: string[] = [];
    const outcome = messages.outcome.get(row);
    const code = messages.code.get(row);
    if (messages.has(row, MessageFlag.duplicate))
      parts.push(`Repeat of ${messages.frame.get(messages.firstOf(row))}`);
    if (outcome !== Outcome.ok) {
      const fault = messageFault(messages.fault.get(row), messages.faultOffset.get(row));
      if (fault !== undefined) parts.push(fault.text);
    }
    if (code === 0) parts.push(this.#empty(row));
    else if (isRequest(code)) this.#request(row, parts);
    else if (isResponse(code)) this.#answer(row, parts);
    else if (isSignal(code)) parts.push(await this.#signal(row));
    if (this.facts.isGuessed(row)) parts.push(`${contentFormatName(this.facts.readFormat(row))} by a guess`);
    if (this.facts.isIncomplete(row)) parts.push('mandatory resources are missing');
    const values = await this.values(row, SHOWN_VALUES);
    if (values !== '') parts.push(values);
    return parts.filter((part) => part !== '').join(' · ');
  }

  /** The values of a message in words, such as `Battery Level 87 %`; empty where it has none. */
  async values(row: MessageRow, limit: number): Promise<string> {
    const { messages, values } = this.analysis.tracking;
    if (!messages.has(row, MessageFlag.hasValues)) return '';
    const first = values.firstOf(row);
    const body = await this.bytes.body(row);
    if (first < 0 || body === undefined) return '';
    const format = this.facts.bodyFormat(row);
    const model = this.analysis.tracking.modelOf(row);
    const texts: string[] = [];
    let more = 0;
    for (let index = first; index < values.count && values.message.get(index) === row; index++) {
      if (texts.length === limit) {
        more++;
        continue;
      }
      const path = values.path.get(index);
      const objectId = values.paths.id(path, 0);
      const resourceId = values.paths.id(path, 2);
      const start = values.start.get(index);
      const type = values.type.get(index) as ValueTypeCode;
      const value =
        values.doubts.get(index) & Doubt.baseAdded
          ? values.number.get(index)
          : readValue(type, format, body, start, values.end(index, body.length));
      const resource = model.resource(objectId, resourceId);
      const name = resource?.name ?? values.paths.text(path);
      // A list is seen in passing and by others; the details show a secret to who asks.
      const said =
        sensitiveKind(objectId, resourceId, resource, value) === undefined
          ? describeValue(objectId, resourceId, type, value, resource?.unit, resource?.limits?.names)
          : '••••';
      texts.push(`${name} ${said}`);
    }
    return texts.join(', ') + (more > 0 ? ` and ${more} more` : '');
  }

  /** A signal with the options it has (RFC 8323 §5). */
  async #signal(row: MessageRow): Promise<string> {
    const { messages } = this.analysis.tracking;
    const code = messages.code.get(row);
    const name = codeName(code);
    const partner = messages.partnerOf(row);
    if (code === Code.pong && partner !== NO_ROW) return `${name} of ${messages.frame.get(partner)}`;
    const view = await this.bytes.view(row);
    if (view === undefined) return name;
    const options: string[] = [];
    const cursor = new OptionCursor();
    cursor.start(view);
    while (cursor.next() && options.length < SHOWN_VALUES) {
      const definition = optionDefinitionIn(code, cursor.number);
      const value =
        definition?.format === 'uint' && cursor.valueLength <= 4
          ? ` ${readUint(view.bytes, cursor.valueStart, cursor.valueLength)}`
          : '';
      options.push(optionNameIn(code, cursor.number) + value);
    }
    return options.length === 0 ? name : `${name}: ${options.join(', ')}`;
  }

  #empty(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    if (messages.type.get(row) === MessageType.none) return 'Empty';
    const partner = messages.partnerOf(row);
    if (messages.kindOf(row) === ExchangeKind.ping) return 'Ping';
    if (partner === NO_ROW) return messages.type.get(row) === 3 ? 'Reset' : 'Acknowledgement';
    const of = `of ${messages.frame.get(partner)}`;
    return messages.type.get(row) === 3 ? `Reset ${of}` : `Acknowledgement ${of}`;
  }

  #request(row: MessageRow, parts: string[]): void {
    const { messages } = this.analysis.tracking;
    const query = messages.query.get(row);
    if (query !== 0) parts.push(messages.texts.text(query));
    this.#block('Block1', messages.block1(row), parts);
    this.#block('Block2', messages.block2(row), parts);
    const end = this.facts.exchangeEnd(row);
    if (end === 'timeout') parts.push('no answer');
    else if (end === 'reset') parts.push('answered by a reset');
    const sent = messages.transmissions.get(row);
    if (sent > 1 && !messages.has(row, MessageFlag.duplicate)) parts.push(`sent ${sent} times`);
    const payload = messages.payloadLength.get(row);
    if (payload > 0 && messages.operation.get(row) === Operation.register)
      parts.push(`${payload} B of links`);
  }

  #answer(row: MessageRow, parts: string[]): void {
    const { messages } = this.analysis.tracking;
    if (!messages.has(row, MessageFlag.notification)) parts.push(codeName(messages.code.get(row)));
    this.#block('Block1', messages.block1(row), parts);
    this.#block('Block2', messages.block2(row), parts);
    const transfer = this.facts.endedTransfer(row);
    if (transfer !== undefined && messages.has(row, MessageFlag.transferComplete))
      parts.push(`${transfer.length} B in ${transfer.blocks} blocks`);
    const time = this.facts.responseTime(row);
    if (!Number.isNaN(time)) parts.push(durationText(time));
    if (messages.partnerOf(row) === NO_ROW) parts.push('its request was not seen');
    if (messages.has(row, MessageFlag.contentNotRead)) parts.push('content not read yet');
    if (messages.has(row, MessageFlag.contentFault)) parts.push('content damaged');
  }

  #block(name: string, value: number, parts: string[]): void {
    if (value === NO_OPTION) return;
    parts.push(
      `${name} ${blockNumber(value)}${blockMore(value) ? ' · more' : ' · last'} · ${blockSize(value)} B`,
    );
  }
}

/** A span of seconds in a unit that suits it. */
export function durationText(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (size < 1) return `${(seconds * 1e3).toFixed(size < 0.01 ? 1 : 0)} ms`;
  if (size < 120) return `${seconds.toFixed(size < 10 ? 2 : 1)} s`;
  if (size < 7200) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
