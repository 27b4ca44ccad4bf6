import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { MessageType } from '../coap/code.ts';
import { NO_OPTION } from '../coap/message.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { SequenceLanes } from './sequence-lanes.ts';
import type { SequenceChoice, SequenceLane } from './sequence-protocol.ts';

/** A wait from here on has a line of its own. */
export const LEAST_WAIT: Nanoseconds = 1e9;
/** Nothing shown for so long is a silence. */
export const SILENT_GAP: Nanoseconds = 10e9;
/** Messages of one transfer in a row that become one line: two blocks are read as quickly as a line about them. */
const LEAST_RUN = 5;
/** Rows walked over between two looks at the clock. */
const ROWS_A_STEP = 4096;

/** Kinds of lines as the plan keeps them. */
export const LineKind = { message: 0, transfer: 1, wait: 2, gap: 3 } as const;

/** A run of messages of one transfer, by position in the rows that are shown. */
export interface TransferRun {
  /** Index in the transfer table. */
  transfer: number;
  first: MessageRow;
  last: MessageRow;
  isUnfolded: boolean;
  messages: number;
  blocks: number;
  bytes: ByteCount;
  repeats: number;
  longestWait: Nanoseconds;
}

/** The lines of a ladder: what stands on each, in columns. Made in one walk over the rows. */
export class SequencePlan {
  total = 0;
  messages = 0;
  hidden = 0;
  lanes: readonly SequenceLane[] = [];
  readonly runs: TransferRun[] = [];
  /** By line: its row, its kind, and the time since the message before it. */
  rows = new Uint32Array(1024);
  kinds = new Uint8Array(1024);
  since = new Float64Array(1024);
  /** Of repeats: which copy of its message it is. */
  readonly copy = new Map<MessageRow, number>();
  /** Copies after which the same message was sent again before anything came back. */
  readonly overtaken = new Set<MessageRow>();
  readonly laneBook: SequenceLanes;

  readonly #run: MessageRow[] = [];
  #runTransfer = -1;
  #lastCopy = new Map<MessageRow, MessageRow>();
  readonly #turned: ReadonlySet<MessageRow>;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    devices: DeviceIndex,
    private readonly choice: SequenceChoice,
  ) {
    this.laneBook = new SequenceLanes(analysis, facts, devices);
    this.#turned = new Set(choice.turned);
  }

  /** Walks over `count` rows, which `rowAt` gives rising, and takes those that `passes` lets pass. */
  async build(
    count: number,
    rowAt: (index: number) => MessageRow,
    passes: (row: MessageRow) => boolean,
    breathe: () => Promise<void> | undefined,
  ): Promise<void> {
    for (let index = 0; index < count; index++) {
      const row = rowAt(index);
      if (passes(row)) this.#take(row);
      if (index % ROWS_A_STEP === ROWS_A_STEP - 1) {
        const pause = breathe();
        if (pause !== undefined) await pause;
      }
    }
    this.#endRun();
    this.#lastCopy = new Map();
    this.lanes = this.laneBook.arrange();
  }

  /** The run that begins with a row. */
  runOf(row: MessageRow): TransferRun | undefined {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.runs[middle]!.first < row) low = middle + 1;
      else high = middle;
    }
    const run = this.runs[low];
    return run?.first === row ? run : undefined;
  }

  /** The last line that begins with a message at or before a row; of an unfolded transfer the message itself. */
  lineOf(row: MessageRow): number {
    let low = 0;
    let high = this.total;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return low > 0 ? low - 1 : this.total > 0 ? 0 : -1;
  }

  #take(row: MessageRow): void {
    const { messages } = this.analysis.tracking;
    this.messages++;
    this.#noteCopy(row);
    if (this.choice.hideAcks && this.#isPlainAck(row)) {
      this.hidden++;
      return;
    }
    const transfer = this.#transferOf(row);
    const last = this.#run.at(-1);
    const isFar = last !== undefined && messages.time.get(row) - messages.time.get(last) >= SILENT_GAP;
    if (transfer !== this.#runTransfer || isFar) this.#endRun();
    this.#runTransfer = transfer;
    this.#run.push(row);
    if (transfer < 0) this.#endRun();
  }

  /** An empty ACK of a message that the capture has. One that repeats itself, or acknowledges nothing, is told. */
  #isPlainAck(row: MessageRow): boolean {
    const { messages } = this.analysis.tracking;
    return (
      messages.code.get(row) === 0 &&
      messages.type.get(row) === MessageType.ack &&
      !messages.has(row, MessageFlag.duplicate) &&
      messages.partnerOf(row) !== NO_ROW
    );
  }

  #noteCopy(row: MessageRow): void {
    const { messages } = this.analysis.tracking;
    const first = messages.firstOf(row);
    if (first === NO_ROW) return;
    const before = this.#lastCopy.get(first) ?? first;
    this.#lastCopy.set(first, row);
    this.copy.set(row, (this.copy.get(before) ?? 1) + 1);
    if (messages.type.get(row) !== MessageType.con) return;
    // An empty ACK is not led to from what it acknowledges, so of what has one nothing is said.
    if (messages.has(first, MessageFlag.acknowledged)) return;
    const answer = messages.partnerOf(first);
    const isRequest = messages.requestOf(first) === first;
    if (!isRequest || answer === NO_ROW || answer > row) this.overtaken.add(before);
  }

  /** The transfer that a message belongs to: its own, or that of what it answers or asks for; -1 for none. */
  #transferOf(row: MessageRow): number {
    const { messages } = this.analysis.tracking;
    const own = messages.transfer.get(this.facts.firstCopy(row));
    if (own > 0) return own - 1;
    const partner = this.facts.partner(row);
    return partner === NO_ROW ? -1 : messages.transfer.get(partner) - 1;
  }

  #endRun(): void {
    const run = this.#run;
    if (run.length >= LEAST_RUN) {
      const first = run[0]!;
      const isUnfolded = this.choice.unfoldAll !== this.#turned.has(first);
      this.runs.push(this.#facts(isUnfolded));
      this.#line(first, LineKind.transfer, first);
      if (isUnfolded) {
        this.#before = first;
        for (const row of run) this.#line(row, LineKind.message, row);
      } else for (const row of run) this.laneBook.add(row);
    } else for (const row of run) this.#line(row, LineKind.message, row);
    if (run.length > 0) this.#before = run.at(-1)!;
    run.length = 0;
    this.#runTransfer = -1;
  }

  #facts(isUnfolded: boolean): TransferRun {
    const { messages } = this.analysis.tracking;
    const run = this.#run;
    const found: TransferRun = {
      transfer: this.#runTransfer,
      first: run[0]!,
      last: run.at(-1)!,
      isUnfolded,
      messages: run.length,
      blocks: 0,
      bytes: 0,
      repeats: 0,
      longestWait: 0,
    };
    const isBlock1 = this.analysis.tracking.transfers.transfers[found.transfer]!.direction === 'block1';
    let before = messages.time.get(found.first);
    for (const row of run) {
      const time = messages.time.get(row);
      found.longestWait = Math.max(found.longestWait, time - before);
      before = time;
      const isRequest = messages.requestOf(row) === row;
      if (messages.has(row, MessageFlag.duplicate)) found.repeats++;
      else if (isRequest === isBlock1 && this.#isBlock(row, isBlock1)) {
        found.blocks++;
        found.bytes += messages.payloadLength.get(row);
      }
    }
    return found;
  }

  #isBlock(row: MessageRow, isBlock1: boolean): boolean {
    const { messages } = this.analysis.tracking;
    if (messages.payloadLength.get(row) === 0 || messages.code.get(row) >> 5 > 2) return false;
    return (isBlock1 ? messages.block1(row) : messages.block2(row)) !== NO_OPTION;
  }

  /** The message before the next line; `NO_ROW` at the beginning. */
  #before: MessageRow = NO_ROW;

  #line(row: MessageRow, kind: number, shown: MessageRow): void {
    const { time } = this.analysis.tracking.messages;
    const since = this.#before === NO_ROW ? NaN : time.get(shown) - time.get(this.#before);
    if (since >= LEAST_WAIT) this.#append(row, since >= SILENT_GAP ? LineKind.gap : LineKind.wait, since);
    this.#append(row, kind, since);
    this.laneBook.add(row);
    this.#before = shown;
  }

  #append(row: MessageRow, kind: number, since: Nanoseconds): void {
    if (this.total === this.rows.length) {
      const size = this.total * 2;
      const [rows, kinds, times] = [new Uint32Array(size), new Uint8Array(size), new Float64Array(size)];
      rows.set(this.rows);
      kinds.set(this.kinds);
      times.set(this.since);
      [this.rows, this.kinds, this.since] = [rows, kinds, times];
    }
    this.rows[this.total] = row;
    this.kinds[this.total] = kind;
    this.since[this.total++] = since;
  }
}
