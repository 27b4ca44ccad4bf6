import type { MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { NO_FORMAT } from '../coap/message.ts';
import { contentFormatName } from '../lwm2m/content-format.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import type { MessageFacts } from './message-facts.ts';
import type { MessageSummary } from './message-summary.ts';
import { MessageFlag } from './message-table.ts';
import { ROW_TEXT_COLUMNS, RowMark, type RowTextColumn, type RowWindow } from './protocol.ts';
import type { ShownRows } from './shown-rows.ts';

/** Rows that one window may hold. */
export const MAXIMUM_WINDOW_ROWS = 500;

/** Makes windows of the message list. */
export class RowWindows {
  readonly #encoder = new TextEncoder();

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
    private readonly summaries: MessageSummary,
    private readonly shown: ShownRows,
  ) {}

  /** The window of `count` rows from index `first` of the filtered list; shorter at its end. */
  async window(first: number, count: number, revision: number): Promise<RowWindow> {
    const { shown, analysis } = this;
    const { messages } = analysis.tracking;
    const total = shown.count;
    const start = Math.max(0, Math.min(first, total));
    const length = Math.max(0, Math.min(count, MAXIMUM_WINDOW_ROWS, total - start));
    const window: RowWindow = {
      revision,
      first: start,
      count: length,
      total,
      rows: new Uint32Array(length),
      time: new Float64Array(length),
      previousTime: new Float64Array(length),
      frame: new Uint32Array(length),
      type: new Uint8Array(length),
      code: new Uint8Array(length),
      operation: new Uint8Array(length),
      direction: new Uint8Array(length),
      outcome: new Uint8Array(length),
      marks: new Uint8Array(length),
      length: new Uint32Array(length),
      texts: new Uint8Array(0),
      textOffsets: new Uint32Array(length * ROW_TEXT_COLUMNS.length + 1),
    };
    const texts: string[] = [];
    for (let index = 0; index < length; index++) {
      const row = shown.row(start + index);
      const before = start + index > 0 ? shown.row(start + index - 1) : NO_ROW;
      window.rows[index] = row;
      window.time[index] = messages.time.get(row);
      window.previousTime[index] = before === NO_ROW ? NaN : messages.time.get(before);
      window.frame[index] = messages.frame.get(row);
      window.type[index] = messages.type.get(row);
      window.code[index] = messages.code.get(row);
      window.operation[index] = messages.operation.get(row);
      window.direction[index] = this.facts.direction(row);
      window.outcome[index] = messages.outcome.get(row);
      window.marks[index] = this.#marks(row);
      window.length[index] = messages.length.get(row);
      for (const column of ROW_TEXT_COLUMNS) texts.push(await this.#text(row, column));
    }
    this.#pack(window, texts);
    return window;
  }

  #pack(window: RowWindow, texts: readonly string[]): void {
    const parts = texts.map((text) => this.#encoder.encode(text));
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(size);
    let offset = 0;
    parts.forEach((part, index) => {
      window.textOffsets[index] = offset;
      bytes.set(part, offset);
      offset += part.length;
    });
    window.textOffsets[parts.length] = offset;
    window.texts = bytes;
  }

  #marks(row: MessageRow): number {
    const { messages } = this.analysis.tracking;
    let marks = 0;
    if (messages.has(row, MessageFlag.duplicate)) marks |= RowMark.duplicate;
    const codeClass = messages.code.get(row) >> 5;
    if (codeClass === 4 || codeClass === 5) marks |= RowMark.errorAnswer;
    const end = this.facts.exchangeEnd(row);
    if (end === 'timeout') marks |= RowMark.unanswered;
    else if (end === 'open') marks |= RowMark.open;
    if (this.analysis.tracking.sightings.has(row)) marks |= RowMark.sighted;
    return marks;
  }

  async #text(row: MessageRow, column: RowTextColumn): Promise<string> {
    const { messages } = this.analysis.tracking;
    const { flows } = this.analysis.frames;
    switch (column) {
      case 'id':
        return this.facts.id(row);
      case 'source':
        return flows.endpointText(this.facts.source(row));
      case 'destination':
        return flows.endpointText(this.facts.destination(row));
      case 'device':
        return this.devices.nameOf(row) ?? '';
      case 'path': {
        const request = messages.requestOf(row);
        if (request === NO_ROW || messages.code.get(row) === 0) return '';
        return messages.texts.text(messages.path.get(request));
      }
      case 'format': {
        const format = messages.contentFormat.get(row);
        return format === NO_FORMAT ? '' : contentFormatName(format);
      }
      case 'summary':
        return this.summaries.text(row);
    }
  }
}
