import type { JsonObject } from '../analysis/records/json.ts';
import { tableHead, tableLine } from '../analysis/records/record-table.ts';
import type { RecordKind } from '../analysis/records/records.ts';
import type { Format } from './arguments.ts';
import { textLine } from './text-line.ts';

/** Writes records of one kind in one format; every call gives the text to print. */
export class RecordWriter {
  #first = true;

  constructor(
    private readonly kind: RecordKind,
    private readonly format: Format,
  ) {}

  /** What stands before the first record. */
  begin(): string {
    if (this.format === 'json') return '[';
    if (this.format === 'csv') return tableHead(this.kind);
    return '';
  }

  record(record: JsonObject): string {
    switch (this.format) {
      case 'ndjson':
        return JSON.stringify(record) + '\n';
      case 'json': {
        const separator = this.#first ? '\n' : ',\n';
        this.#first = false;
        return separator + JSON.stringify(record);
      }
      case 'csv':
        return tableLine(this.kind, record);
      default:
        return textLine(this.kind, record) + '\n';
    }
  }

  /** What stands after the last record. */
  end(): string {
    return this.format === 'json' ? (this.#first ? ']\n' : '\n]\n') : '';
  }
}
