import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { isRequest, isResponse } from '../coap/code.ts';
import {
  EXCHANGE_KIND_NAMES,
  EXCHANGE_LIFETIME,
  ExchangeEnd,
  ExchangeKind,
  MAX_TRANSMIT_WAIT,
} from '../coap/exchange.ts';
import type { Transfer } from '../coap/transfer.ts';
import type { Analysis } from './analysis.ts';
import { MessageFlag } from './message-table.ts';
import { secondsText } from './seconds-text.ts';

/** How an exchange ended, as records name it. */
export type ExchangeEndName = 'answered' | 'reset' | 'timeout' | 'open' | 'unknown';

/** What follows from the columns for one row; nothing of it is stored. */
export class MessageFacts {
  readonly #rowsOfFiles: MessageRow[][] = [];
  /** Rows that stand in them, and the first one that does. */
  #filed = 0;
  #first: MessageRow = 0;

  constructor(private readonly analysis: Analysis) {}

  /** A message's id: file, frame, ordinal; empty where there is no message, or it is no longer held. */
  id(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    if (!(row >= messages.firstRow ? row < messages.count : messages.isHeld(row))) return '';
    return `${messages.file.get(row) + 1}.${messages.frame.get(row)}.${messages.ordinal.get(row)}`;
  }

  /** Ids of those of some messages that are held. */
  ids(rows: readonly MessageRow[]): string[] {
    return rows.map((row) => this.id(row)).filter((id) => id !== '');
  }

  /** Row of an id, or -1. That of a frame which showed a message again leads to the message. */
  rowOfId(id: string): number {
    const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(id);
    if (parts === null) return -1;
    const [file, frame, ordinal] = [Number(parts[1]) - 1, Number(parts[2]), Number(parts[3])];
    const { messages, sightings } = this.analysis.tracking;
    const rows = this.analysis.files.length > 1 ? this.#rowsOf(file) : undefined;
    let low = rows === undefined ? messages.firstRow : 0;
    let high = rows === undefined ? messages.count : rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = rows === undefined ? middle : rows[middle]!;
      const before = messages.frame.get(row) - frame || messages.ordinal.get(row) - ordinal;
      if (before < 0) low = middle + 1;
      else high = middle;
    }
    const row = rows === undefined ? low : (rows[low] ?? messages.count);
    if (row < messages.count && this.id(row) === `${file + 1}.${frame}.${ordinal}`) return row;
    return sightings.rowOfFrame(file, frame, ordinal);
  }

  /** Rows of a file in the order of its frames, which others may stand between; built when first asked for. */
  #rowsOf(file: number): readonly MessageRow[] {
    const { messages } = this.analysis.tracking;
    if (messages.firstRow > this.#first) {
      this.#first = this.#filed = messages.firstRow;
      this.#rowsOfFiles.length = 0;
    }
    for (; this.#filed < messages.count; this.#filed++)
      (this.#rowsOfFiles[messages.file.get(this.#filed)] ??= []).push(this.#filed);
    return this.#rowsOfFiles[file] ?? [];
  }

  /** A time as seconds since 1970 with nine digits. */
  timeText(time: Nanoseconds): string {
    const { frames } = this.analysis;
    const total = frames.epochNanoseconds + time;
    const carry = Math.floor(total / 1e9);
    return secondsText(frames.epochSeconds + carry, total - carry * 1e9);
  }

  /** Time of a row, exact. */
  rowTimeText(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const wide = messages.wideTimes.get(row);
    return wide === undefined
      ? this.timeText(messages.time.get(row))
      : secondsText(wide.seconds, wide.nanoseconds);
  }

  /** Endpoint ids of sender and receiver. */
  source(row: MessageRow): number {
    const { conversations, flows } = this.analysis.frames;
    const { messages } = this.analysis.tracking;
    const flow = conversations.flowOf(messages.conversation.get(row));
    return messages.has(row, MessageFlag.fromA) ? flows.endpointA(flow) : flows.endpointB(flow);
  }
  destination(row: MessageRow): number {
    const { conversations, flows } = this.analysis.frames;
    const { messages } = this.analysis.tracking;
    const flow = conversations.flowOf(messages.conversation.get(row));
    return messages.has(row, MessageFlag.fromA) ? flows.endpointB(flow) : flows.endpointA(flow);
  }

  /** `Transport` code of what carries a row. */
  transport(row: MessageRow): number {
    return this.analysis.frames.conversations.transportOf(
      this.analysis.tracking.messages.conversation.get(row),
    );
  }

  /** 0 unknown, 1 from the device, 2 to the device. */
  direction(row: MessageRow): 0 | 1 | 2 {
    const { messages, operations } = this.analysis.tracking;
    const end = operations.deviceEnd(messages.conversation.get(row));
    if (end === 0) return 0;
    return (end === 1) === messages.has(row, MessageFlag.fromA) ? 1 : 2;
  }

  /** First copy of a message: itself unless it is a repeat. */
  firstCopy(row: MessageRow): MessageRow {
    const first = this.analysis.tracking.messages.firstOf(row);
    return first === NO_ROW ? row : first;
  }

  /** The other half of a message; of a repeat the one of its first copy, which may have come later. */
  partner(row: MessageRow): MessageRow {
    return this.analysis.tracking.messages.partnerOf(this.firstCopy(row));
  }

  /** Content format that a message's content was read as: the one its shape tells, or that of its option. */
  readFormat(row: MessageRow): number {
    const { messages } = this.analysis.tracking;
    const guessed = messages.guessedFormatOf(this.firstCopy(row));
    return Number.isNaN(guessed) ? messages.contentFormat.get(row) : guessed;
  }

  /** Whether the content format of a message was told by the shape of its content alone. */
  isGuessed(row: MessageRow): boolean {
    return !Number.isNaN(this.analysis.tracking.messages.guessedFormatOf(this.firstCopy(row)));
  }

  /** Whether a message is a Create that leaves out mandatory resources. */
  isIncomplete(row: MessageRow): boolean {
    return this.analysis.tracking.messages.has(this.firstCopy(row), MessageFlag.incomplete);
  }

  /** Content format of the body whose values a message holds: the one that its shape tells, that of its transfer's request, or its own. */
  bodyFormat(row: MessageRow): number {
    const { messages, transfers } = this.analysis.tracking;
    const transfer = messages.transfer.get(row);
    if (this.isGuessed(row)) return this.readFormat(row);
    return transfer > 0 && isRequest(messages.code.get(row))
      ? transfers.transfers[transfer - 1]!.contentFormat
      : messages.contentFormat.get(row);
  }

  /** Seconds from a request to its answer, where `row` is the request or the answer; NaN where there is none. */
  responseTime(row: MessageRow): number {
    const { messages } = this.analysis.tracking;
    const partner = messages.partnerOf(row);
    // Where nothing has a time, nothing says how long an answer took.
    if (!this.analysis.frames.hasEpoch) return NaN;
    if (partner === NO_ROW || messages.has(row, MessageFlag.duplicate)) return NaN;
    const code = messages.code.get(row);
    if (isRequest(code) || messages.kindOf(row) === ExchangeKind.ping)
      return (messages.time.get(partner) - messages.time.get(row)) / 1e9;
    if (isResponse(code) && messages.partnerOf(partner) === row)
      return (messages.time.get(row) - messages.time.get(partner)) / 1e9;
    return NaN;
  }

  /**
   * The transfer that ended on a row. An answer may end that of its request and begin one of its own
   * (RFC 7959 §2.7).
   */
  endedTransfer(row: MessageRow): Transfer | undefined {
    const { messages, transfers } = this.analysis.tracking;
    const own = transfers.transfers[messages.transfer.get(row) - 1];
    if (own?.endRow === row) return own;
    const partner = messages.partnerOf(row);
    if (partner === NO_ROW) return undefined;
    const asked = transfers.transfers[messages.transfer.get(partner) - 1];
    return asked?.endRow === row ? asked : undefined;
  }

  /** Kind of an exchange by name; empty where the message is no request and no ping, or nothing shows it. */
  exchangeKind(row: MessageRow): string {
    return EXCHANGE_KIND_NAMES[this.analysis.tracking.messages.kindOf(this.firstCopy(row))]!;
  }

  /** How the exchange of a request or ping ended; undefined for other messages. */
  exchangeEnd(copy: MessageRow): ExchangeEndName | undefined {
    const { messages, clock } = this.analysis.tracking;
    const row = this.firstCopy(copy);
    const kind = messages.kindOf(row);
    if (kind === ExchangeKind.none) return undefined;
    const end = messages.endOf(row);
    if (end === ExchangeEnd.answered) return 'answered';
    if (end === ExchangeEnd.reset) return 'reset';
    const unsure =
      kind === ExchangeKind.non || kind === ExchangeKind.multicast || kind === ExchangeKind.reliable;
    const acknowledged = messages.has(row, MessageFlag.acknowledged);
    // Where no answer was wanted, none is missing, and nothing says how it went; a CON must be acknowledged all the
    // same (RFC 7967 §2.1).
    if (end === ExchangeEnd.unwanted && (unsure || acknowledged)) return 'unknown';
    if (unsure) return 'open';
    const wait = acknowledged ? EXCHANGE_LIFETIME : MAX_TRANSMIT_WAIT;
    return clock - messages.time.get(row) > wait * 1e9 ? 'timeout' : 'open';
  }
}
