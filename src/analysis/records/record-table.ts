import type { JsonObject, JsonValue } from './json.ts';
import type { RecordKind } from './records.ts';

/** Columns of a table for spreadsheets: dotted paths of the record, in order. */
const COLUMNS: Record<RecordKind, readonly string[]> = {
  info: [
    'file',
    'container',
    'compression',
    'bytes',
    'frames',
    'from',
    'to',
    'messages',
    'sightings',
    'offset',
    'offset_estimate.offset',
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
    'sightings',
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
  values: [
    'time',
    'value_time',
    'device',
    'server',
    'path',
    'name',
    'value',
    'unit',
    'type',
    'format',
    'operation',
    'id',
    'doubt',
  ],
};

/** The head of a table of records of one kind: the dotted paths of its columns, separated by commas (RFC 4180). */
export function tableHead(kind: RecordKind): string {
  return COLUMNS[kind].join(',') + '\n';
}

/** One record as a line of that table. */
export function tableLine(kind: RecordKind, record: JsonObject): string {
  return COLUMNS[kind].map((path) => csvCell(valueAt(record, path))).join(',') + '\n';
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
