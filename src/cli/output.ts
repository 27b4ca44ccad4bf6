import type { JsonObject, JsonValue } from '../analysis/records/json.ts';
import type { RecordKind } from '../analysis/records/records.ts';
import type { Format } from './arguments.ts';
import { textLine } from './text-line.ts';

/** Columns of a table for spreadsheets: dotted paths of the record, in order. */
const CSV_COLUMNS: Record<RecordKind, readonly string[]> = {
  info: [
    'file',
    'container',
    'compression',
    'bytes',
    'frames',
    'from',
    'to',
    'messages',
    'fault.text',
    'fault.offset',
  ],
  messages: [
    'id',
    'frame.number',
    'frame.time',
    'ip.src',
    'ip.dst',
    'ipv6.src',
    'ipv6.dst',
    'udp.srcport',
    'udp.dstport',
    'tcp.srcport',
    'tcp.dstport',
    'log.src',
    'log.dst',
    'frame.comment',
    'outcome',
    'coap.type',
    'coap.code',
    'coap.mid',
    'coap.token',
    'coap.uri_path',
    'coap.uri_query',
    'coap.content_format',
    'coap.accept',
    'coap.observe',
    'coap.payload_length',
    'coap.request_in',
    'coap.response_in',
    'coap.response_time',
    'coap.duplicate_of',
    'lwm2m.operation',
    'lwm2m.path',
    'lwm2m.device',
    'lwm2m.format',
  ],
  devices: [
    'device',
    'endpoint',
    'addresses',
    'versions',
    'bindings',
    'messages',
    'servers',
    'manufacturer',
    'model',
    'firmware',
  ],
  sessions: [
    'session',
    'device',
    'endpoint',
    'server',
    'address',
    'location',
    'version',
    'lifetime',
    'binding',
    'from',
    'to',
    'expires',
    'ended',
    'updates',
    'code',
    'wrote',
    'deleted',
  ],
  transfers: [
    'transfer',
    'device',
    'method',
    'path',
    'from',
    'to',
    'length',
    'blocks',
    'repeated',
    'restarts',
    'size',
    'sha256',
    'ended',
    'code',
  ],
  observations: [
    'observation',
    'device',
    'server',
    'token',
    'from',
    'to',
    'ended',
    'notifications',
    'missing',
    'reordered',
  ],
  firmware: [
    'device',
    'object',
    'server',
    'method',
    'uri',
    'from',
    'to',
    'package.length',
    'package.received',
    'result.value',
    'result.name',
    'ended',
  ],
};

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
    if (this.format === 'csv') return CSV_COLUMNS[this.kind].join(',') + '\n';
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
        return CSV_COLUMNS[this.kind].map((path) => csvCell(valueAt(record, path))).join(',') + '\n';
      default:
        return textLine(this.kind, record) + '\n';
    }
  }

  /** What stands after the last record. */
  end(): string {
    return this.format === 'json' ? (this.#first ? ']\n' : '\n]\n') : '';
  }
}

function valueAt(record: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = record;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

function csvCell(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  const text = Array.isArray(value)
    ? value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(' ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
  // A spreadsheet takes cells that begin like this for formulas.
  const safe = typeof value === 'string' && /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
