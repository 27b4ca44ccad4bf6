import { Outcome, OUTCOME_NAMES } from '../../capture/outcome.ts';
import { codeName, codeText, isSignal, MessageType, TYPE_NAMES } from '../../coap/code.ts';
import {
  blockMore,
  blockNumber,
  blockSize,
  messageFault,
  type MessageView,
  OptionCursor,
  readUint,
} from '../../coap/message.ts';
import {
  isCritical,
  isNoCacheKey,
  isUnsafe,
  type OptionDefinition,
  OptionNumber,
} from '../../coap/option.ts';
import { headLength } from '../../coap/framing-tcp.ts';
import { optionDefinitionIn, optionNameIn } from '../../coap/signal-option.ts';
import { contentFormatName } from '../../lwm2m/content-format.ts';
import { hexText } from '../../lwm2m/value-text.ts';
import { writeValue } from '../filter/word.ts';
import type { FieldBuilder, FieldDetail } from './field-builder.ts';

const decoder = new TextDecoder();

/**
 * Adds the fields of a CoAP message, read through the same view as the fast path; `isSecret` where the payload may hold
 * secrets and is not read as values of its own.
 */
export function addCoapFields(view: MessageView, builder: FieldBuilder, isSecret = false): void {
  const { start, end, bytes } = view;
  const name = codeName(view.code);
  const code = `${codeText(view.code)}${name === '' ? '' : ` ${name}`}`;
  const isReliable = view.type === MessageType.none;
  builder.open('CoAP', start, end, {
    value: isReliable ? code : `${TYPE_NAMES[view.type]} ${code} · MID ${view.messageId}`,
  });
  if (isReliable) {
    addReliableHead(view, code, builder);
    addToken(view, builder);
    addRest(view, builder, isSecret);
  } else if (end - start >= 1) {
    builder.add('Version', start, start + 1, { value: String(bytes[start]! >> 6), clause: 'RFC 7252 §3' });
    builder.add('Type', start, start + 1, {
      value: TYPE_NAMES[view.type]!,
      filter: `coap.type == ${TYPE_NAMES[view.type]}`,
      clause: 'RFC 7252 §3',
    });
  }
  if (!isReliable && end - start >= 4) {
    builder.add('Code', start + 1, start + 2, {
      value: code,
      filter: `coap.code == ${codeText(view.code)}`,
      clause: 'RFC 7252 §12.1',
    });
    builder.add('Message ID', start + 2, start + 4, {
      value: String(view.messageId),
      filter: `coap.mid == ${view.messageId}`,
      clause: 'RFC 7252 §4.4',
    });
    addToken(view, builder);
    addRest(view, builder, isSecret);
  }
  const fault = messageFault(view.fault, view.faultOffset);
  if (fault !== undefined) {
    const at = Math.min(end, start + view.faultOffset);
    const detail: FieldDetail = {
      value: fault.text,
      severity: view.outcome === Outcome.truncated ? 'note' : 'error',
    };
    if (fault.clause !== undefined) detail.clause = fault.clause;
    builder.add(`Outcome: ${OUTCOME_NAMES[view.outcome]}`, at, Math.min(end, at + 1), detail);
  }
  builder.close();
}

/** Length, token length and code of a reliable transport (RFC 8323 §3.2). */
function addReliableHead(view: MessageView, code: string, builder: FieldBuilder): void {
  const { bytes, start, end } = view;
  const head = headLength(bytes, start, end);
  if (head === 0 || start + head > end) return;
  const content = Math.max(0, start + view.wireLength - view.optionsStart);
  builder.add('Length', start, start + head - 1, { value: `${content} bytes`, clause: 'RFC 8323 §3.2' });
  builder.add('Token length', start, start + 1, {
    value: String(bytes[start]! & 15),
    clause: 'RFC 8323 §3.2',
  });
  builder.add('Code', start + head - 1, start + head, {
    value: code,
    filter: `coap.code == ${codeText(view.code)}`,
    clause: 'RFC 8323 §3.2',
  });
}

function addToken(view: MessageView, builder: FieldBuilder): void {
  if (view.tokenLength === 0) return;
  const token = hexText(view.bytes, view.tokenStart, view.tokenStart + view.tokenLength);
  const detail: FieldDetail = { value: token, clause: 'RFC 7252 §5.3.1' };
  if (view.tokenLength <= 8) detail.filter = `coap.token == "${token}"`;
  builder.add('Token', view.tokenStart, view.tokenStart + view.tokenLength, detail);
}

function addRest(view: MessageView, builder: FieldBuilder, isSecret: boolean): void {
  addOptions(view, builder);
  if (view.payloadLength === 0) return;
  const shown = view.payloadEnd - view.payloadStart;
  const detail: FieldDetail = {
    value: view.payloadLength > shown ? `${shown} of ${view.payloadLength} bytes` : `${shown} bytes`,
    clause: 'RFC 7252 §3',
  };
  if (isSecret) detail.sensitive = 'key';
  builder.add('Payload', view.payloadStart, view.payloadEnd, detail);
}

function addOptions(view: MessageView, builder: FieldBuilder): void {
  const cursor = new OptionCursor();
  cursor.start(view);
  while (cursor.next()) {
    const { number, headStart, valueStart, valueLength } = cursor;
    const end = valueStart + valueLength;
    const definition = optionDefinitionIn(view.code, number);
    const detail: FieldDetail = { value: optionText(view.bytes, cursor, definition) };
    const filter = isSignal(view.code) ? undefined : optionFilter(view.bytes, cursor);
    if (filter !== undefined) detail.filter = filter;
    if (definition !== undefined) {
      detail.clause = definition.clause;
      if (valueLength < definition.minimum || valueLength > definition.maximum) detail.severity = 'warning';
    }
    builder.open(optionNameIn(view.code, number), headStart, end, detail);
    const properties = isSignal(view.code)
      ? isCritical(number)
        ? 'critical'
        : 'elective'
      : propertiesText(number);
    builder.add('Number', headStart, valueStart, { value: `${number}, ${properties}` });
    builder.add('Value', valueStart, end, { value: `${valueLength} bytes` });
    builder.close();
  }
}

function propertiesText(number: number): string {
  const parts = [isCritical(number) ? 'critical' : 'elective'];
  parts.push(
    isUnsafe(number) ? 'unsafe to forward' : isNoCacheKey(number) ? 'no cache key' : 'safe to forward',
  );
  return parts.join(', ');
}

function optionText(
  bytes: Uint8Array,
  cursor: OptionCursor,
  definition: OptionDefinition | undefined,
): string {
  const { number, valueStart, valueLength } = cursor;
  if (definition === undefined) return hexText(bytes, valueStart, valueStart + valueLength);
  switch (definition.format) {
    case 'empty':
      return '';
    case 'string':
      return decoder.decode(bytes.subarray(valueStart, valueStart + valueLength));
    case 'block': {
      if (valueLength > 3) break;
      const value = readUint(bytes, valueStart, valueLength);
      const more = blockMore(value) ? 'more' : 'last';
      return `number ${blockNumber(value)} · ${more} · ${blockSize(value)} bytes`;
    }
    case 'uint': {
      if (valueLength > 4) break;
      const value = readUint(bytes, valueStart, valueLength);
      if (number === OptionNumber.contentFormat || number === OptionNumber.accept)
        return `${value} ${contentFormatName(value)}`;
      return String(value);
    }
  }
  return hexText(bytes, valueStart, valueStart + valueLength);
}

function optionFilter(bytes: Uint8Array, cursor: OptionCursor): string | undefined {
  const { number, valueStart, valueLength } = cursor;
  const text = (): string => decoder.decode(bytes.subarray(valueStart, valueStart + valueLength));
  switch (number) {
    case OptionNumber.uriPath:
      return `coap.opt.uri_path == ${writeValue(text())}`;
    case OptionNumber.uriQuery:
      return `coap.opt.uri_query == ${writeValue(text())}`;
    case OptionNumber.contentFormat:
      return valueLength <= 2
        ? `coap.content_format == ${readUint(bytes, valueStart, valueLength)}`
        : undefined;
    case OptionNumber.accept:
      return valueLength <= 2 ? `coap.accept == ${readUint(bytes, valueStart, valueLength)}` : undefined;
    case OptionNumber.observe:
      return valueLength <= 3 ? `coap.observe == ${readUint(bytes, valueStart, valueLength)}` : undefined;
    default:
      return undefined;
  }
}
