import type { JsonObject } from './json.ts';
import { tableHead, tableLine } from './record-table.ts';
import type { RecordKind } from './records.ts';

/** Records that are made between two looks at the clock. */
const RECORDS_A_STEP = 200;
/** Characters that are gathered before they become a piece of the file. */
const PIECE_CHARACTERS = 1 << 20;

/** Gives others their turn when it is time; undefined where it is not. */
export type Breathe = () => Promise<void> | undefined;

/** Records of one kind as a file: newline-delimited JSON, or a table (RFC 4180) with the columns of the kind. */
export async function recordFile(
  kind: RecordKind,
  records: Iterable<JsonObject> | AsyncIterable<JsonObject>,
  format: 'csv' | 'ndjson',
  breathe: Breathe,
): Promise<Blob> {
  const parts: Blob[] = [];
  let text = format === 'csv' ? tableHead(kind) : '';
  let count = 0;
  for await (const record of records) {
    text += format === 'csv' ? tableLine(kind, record) : `${JSON.stringify(record)}\n`;
    if (text.length > PIECE_CHARACTERS) {
      parts.push(new Blob([text]));
      text = '';
    }
    const pause = ++count % RECORDS_A_STEP === 0 ? breathe() : undefined;
    if (pause !== undefined) await pause;
  }
  parts.push(new Blob([text]));
  return new Blob(parts, { type: format === 'csv' ? 'text/csv' : 'application/x-ndjson' });
}
