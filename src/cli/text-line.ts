import type { JsonObject, JsonValue } from '../analysis/records/json.ts';
import type { RecordKind } from '../analysis/records/records.ts';

/** One record as a line for people. */
export function textLine(kind: RecordKind, record: JsonObject): string {
  switch (kind) {
    case 'messages':
      return messageLine(record);
    case 'info':
      return infoLines(record);
    case 'values':
      return valueLine(record);
    default:
      return genericLine(record);
  }
}

function messageLine(record: JsonObject): string {
  const frame = record.frame as JsonObject;
  const coap = (record.coap ?? {}) as JsonObject;
  const lwm2m = (record.lwm2m ?? {}) as JsonObject;
  const parts = [
    String(frame.number).padStart(6),
    frame.time === undefined ? '(no time)' : String(frame.time),
    ends(record),
    coap.type === undefined ? text(coap.code) : `${text(coap.type)} ${text(coap.code)}`,
  ];
  if (coap.mid !== undefined) parts.push(`mid ${text(coap.mid)}`);
  if (coap.token !== undefined && coap.token !== '') parts.push(`token ${text(coap.token)}`);
  if (lwm2m.operation !== undefined) parts.push(text(lwm2m.operation));
  if (coap.uri_path !== undefined) parts.push(text(coap.uri_path) + query(coap));
  else if (lwm2m.path !== undefined) parts.push(`(${text(lwm2m.path)})`);
  if (lwm2m.device !== undefined) parts.push(`[${text(lwm2m.device)}]`);
  if (coap.duplicate_of !== undefined) parts.push(`repeat of ${text(coap.duplicate_of)}`);
  if (record.sightings !== undefined) parts.push(`seen at ${text(record.sightings)} points`);
  if (Array.isArray(lwm2m.values)) parts.push(lwm2m.values.map(value).join(' '));
  if (record.outcome !== 'ok')
    parts.push(`${text(record.outcome)}: ${text((record.fault as JsonObject)?.text)}`);
  return parts.join('  ');
}

/** Sender and receiver; those of a log that names no address as it calls them. */
function ends(record: JsonObject): string {
  const ip = (record.ip ?? record.ipv6) as JsonObject | undefined;
  const ports = (record.udp ?? record.tcp) as JsonObject | undefined;
  if (ip !== undefined && ports !== undefined)
    return `${endpoint(ip.src, ports.srcport)} → ${endpoint(ip.dst, ports.dstport)}`;
  const log = (record.log ?? {}) as JsonObject;
  return `${text(log.src)} → ${text(log.dst)}`;
}

function endpoint(address: JsonValue | undefined, port: JsonValue | undefined): string {
  const host = text(address);
  return host.includes(':') ? `[${host}]:${text(port)}` : `${host}:${text(port)}`;
}

function query(coap: JsonObject): string {
  return coap.uri_query === undefined ? '' : `?${text(coap.uri_query)}`;
}

function value(item: JsonValue): string {
  const entry = item as JsonObject;
  const unit = entry.unit === undefined ? '' : ` ${text(entry.unit)}`;
  const said = entry.redacted === true ? 'redacted' : `${text(entry.value)}${unit}`;
  return `${text(entry.name ?? entry.path)} = ${said}`;
}

function valueLine(record: JsonObject): string {
  const parts = [
    record.time === undefined ? '(no time)' : text(record.time),
    text(record.device ?? '?'),
    text(record.path),
    value(record),
    text(record.operation),
    text(record.id),
  ];
  if (record.doubt !== undefined) parts.push(`doubt: ${text(record.doubt)}`);
  return parts.join('  ');
}

function infoLines(record: JsonObject): string {
  const lines = [
    `${text(record.file)}: ${text(record.container)}${record.compression === 'gzip' ? ', gzip' : ''}, ${text(record.frames)} frames, ${text(record.messages)} CoAP messages`,
  ];
  if (record.from !== undefined) lines.push(`  from ${text(record.from)} to ${text(record.to)}`);
  if (record.sightings !== undefined)
    lines.push(`  ${text(record.sightings)} messages more that another capture point had shown before`);
  if (record.offset !== undefined) lines.push(`  ${text(record.offset)} s added to its times`);
  const estimate = record.offset_estimate as JsonObject | undefined;
  if (estimate !== undefined)
    lines.push(
      `  ${text(estimate.messages)} messages are in ${text(estimate.against)} too; its clock agrees with --offset ${text(record.file)}=${text(estimate.offset)}`,
    );
  if (record.alone !== undefined)
    lines.push(`  read by itself, not merged with the others: ${text(record.alone)}`);
  for (const item of (record.interfaces ?? []) as JsonObject[]) {
    const dropped = item.dropped === undefined ? '' : `, ${text(item.dropped)} dropped`;
    lines.push(
      `  interface ${text(item.name ?? '(no name)')}: ${text(item.link)}, ${text(item.frames)} frames${dropped}`,
    );
  }
  for (const item of (record.not_read ?? []) as JsonObject[])
    lines.push(`  ${text(item.what)}: ${text(item.frames)} frames not read`);
  for (const item of (record.sealed ?? []) as JsonObject[])
    lines.push(
      `  ${text(item.what)}: ${text(item.records)} records sealed${item.handshake === true ? '' : ', handshake not seen'}`,
    );
  const tcp = record.tcp as JsonObject | undefined;
  if (tcp !== undefined)
    lines.push(`  ${text(tcp.gaps)} gaps in TCP connections with CoAP, ${text(tcp.lost_bytes)} bytes lost`);
  return lines.join('\n');
}

function genericLine(record: JsonObject): string {
  return Object.entries(record)
    .filter(([key]) => key !== 'evidence' && key !== 'queries')
    .map(([key, item]) => `${key}=${typeof item === 'object' ? printable(JSON.stringify(item)) : text(item)}`)
    .join('  ');
}

function text(item: JsonValue | undefined): string {
  return item === undefined ? '' : printable(String(item));
}

/** Control characters (C0, DEL, C1), breaks of lines and paragraphs, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A text from a capture or a file name without what would move a terminal's cursor: such characters as `\u001b`. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
