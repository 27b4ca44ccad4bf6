import { OUTCOME_NAMES } from '../../capture/outcome.ts';
import type { MessageRow } from '../../capture/units.ts';
import { NO_ROW } from '../../capture/units.ts';
import { codeText, isRequest, TYPE_NAMES } from '../../coap/code.ts';
import {
  blockMore,
  blockNumber,
  blockSize,
  messageFault,
  type MessageView,
  NO_FORMAT,
  NO_OPTION,
  OptionCursor,
  readUint,
} from '../../coap/message.ts';
import { type OptionDefinition, OptionNumber } from '../../coap/option.ts';
import { optionDefinitionIn, optionNameIn } from '../../coap/signal-option.ts';
import { isWhole, receivedBytes } from '../../coap/transfer.ts';
import { contentFormatName } from '../../lwm2m/content-format.ts';
import { incompleteText } from '../../lwm2m/created-instances.ts';
import { INTERFACE_NAMES, interfaceOf, OPERATION_NAMES, type OperationCode } from '../../lwm2m/operation.ts';
import { PathKind } from '../../lwm2m/path.ts';
import { queryWithoutSecrets, sensitiveKind, withoutCredentials } from '../../lwm2m/sensitive-data.ts';
import { hexText, readValue } from '../../lwm2m/value-text.ts';
import { Doubt, isRelativeTime, VALUE_TYPE_NAMES, type ValueTypeCode } from '../../lwm2m/value.ts';
import type { Analysis } from '../analysis.ts';
import { ContentsAgain } from '../contents-again.ts';
import { incompleteOfCreate } from '../create-check.ts';
import { FrameComments } from '../frame-comments.ts';
import type { MessageBytes } from '../message-bytes.ts';
import type { MessageFacts } from '../message-facts.ts';
import { decimalText } from '../seconds-text.ts';
import { Transport, TRANSPORT_NAMES } from '../../network/flow.ts';
import { MessageFlag } from '../message-table.ts';
import type { DeviceIndex } from '../device-index.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { doubtText } from './doubt-text.ts';
import type { RecordContext } from './record-context.ts';
import { mayHash } from './redaction.ts';
import { sha256OfPieces } from './sha256.ts';

/** Proxy-Uri (RFC 7252 §5.10.2). */
const PROXY_URI = 35;
const decoder = new TextDecoder();

/** Makes the record of one message (`messages`), reading its bytes again. */
export class MessageRecords {
  readonly #cursor = new OptionCursor();
  readonly #comments: FrameComments;
  readonly #contents: ContentsAgain;

  private readonly analysis: Analysis;
  private readonly facts: MessageFacts;
  private readonly bytes: MessageBytes;
  private readonly devices: DeviceIndex;
  private readonly redact: boolean;

  constructor({ analysis, facts, bytes, devices, redact }: RecordContext) {
    this.analysis = analysis;
    this.facts = facts;
    this.bytes = bytes;
    this.devices = devices;
    this.redact = redact;
    this.#comments = new FrameComments(analysis.files);
    this.#contents = new ContentsAgain(analysis, facts, bytes);
  }

  /** The record of a row. `late` is false where keys that only later frames decide are left out. */
  async record(row: MessageRow, late = true): Promise<JsonObject> {
    const { messages } = this.analysis.tracking;
    const { flows } = this.analysis.frames;
    const source = this.facts.source(row);
    const destination = this.facts.destination(row);
    const record: JsonObject = { id: this.facts.id(row), frame: this.#frame(row) };
    const transport = this.facts.transport(row);
    const version = flows.ipVersion(source);
    if (version === 0 || flows.ipVersion(destination) === 0) {
      record.log = { src: flows.endpointText(source), dst: flows.endpointText(destination) };
    } else {
      record[version === 4 ? 'ip' : 'ipv6'] = {
        src: flows.endpointAddressText(source),
        dst: flows.endpointAddressText(destination),
      };
      record[transport === Transport.udp ? 'udp' : 'tcp'] = {
        srcport: flows.endpointPort(source),
        dstport: flows.endpointPort(destination),
      };
    }
    record.transport = TRANSPORT_NAMES[transport]!;
    record.security = this.analysis.frames.conversations.securityOf(messages.conversation.get(row));
    const sightings = this.analysis.tracking.sightings.countOf(row);
    if (sightings > 1 && late) record.sightings = sightings;
    record.outcome = OUTCOME_NAMES[messages.outcome.get(row)]!;
    const fault = messageFault(messages.fault.get(row), messages.faultOffset.get(row));
    if (fault !== undefined) record.fault = { ...fault };
    const view = await this.bytes.view(row);
    if (view === undefined) return record;
    record.coap = this.#coap(row, view, late);
    const icmp = late ? this.analysis.tracking.icmpErrors.of(row) : [];
    if (icmp.length > 0)
      record.icmp = icmp.map(({ kind, mtu, frame, from, time }) => ({
        kind,
        ...(mtu === undefined ? {} : { mtu }),
        from,
        frame,
        time: this.facts.timeText(time),
      }));
    const transfer = await this.#transfer(row);
    if (transfer !== undefined) record.transfer = transfer;
    const lwm2m = await this.#lwm2m(row, late);
    if (lwm2m !== undefined) record.lwm2m = lwm2m;
    return record;
  }

  #frame(row: MessageRow): JsonObject {
    const { messages } = this.analysis.tracking;
    const file = messages.file.get(row);
    const frame: JsonObject = { number: messages.frame.get(row) };
    // Where nothing in the capture has a time, none is made up.
    if (this.analysis.frames.hasEpoch) frame.time = this.facts.rowTimeText(row);
    frame.file = file + 1;
    const name = this.analysis.files[file]?.reader?.interfaces[messages.interfaceIndex.get(row)]?.name;
    if (name !== undefined && name !== '') frame.interface = name;
    const comments = this.#comments.idOf(file, messages.frame.get(row));
    if (comments >= 0) frame.comment = this.#comments.of(comments).join('\n');
    const source = messages.source.get(row);
    if (source < 0) {
      const pieces = this.analysis.frames.joined
        .pieces(source)
        .filter((piece) => (piece.file ?? file) === file);
      const numbers = [...new Set(pieces.map((piece) => piece.frame))];
      if (numbers.length > 1) frame.numbers = numbers.sort((a, b) => a - b);
    }
    return frame;
  }

  #coap(row: MessageRow, view: MessageView, late: boolean): JsonObject {
    const { messages } = this.analysis.tracking;
    const token = hexText(view.bytes, view.tokenStart, view.tokenStart + view.tokenLength);
    const type = TYPE_NAMES[view.type];
    const coap: JsonObject =
      type === undefined
        ? { code: codeText(view.code), token }
        : { type, code: codeText(view.code), mid: view.messageId, token };
    const options = this.#options(view);
    if (options.length > 0) coap.opt = options;
    if (view.pathCount > 0) coap.uri_path = this.#joined(view, OptionNumber.uriPath, '/', '/');
    if (view.queryCount > 0) {
      const query = this.#joined(view, OptionNumber.uriQuery, '', '&');
      coap.uri_query = this.redact ? queryWithoutSecrets(query) : query;
    }
    if (view.contentFormat !== NO_FORMAT) coap.content_format = view.contentFormat;
    if (view.accept !== NO_FORMAT) coap.accept = view.accept;
    if (view.observe !== NO_OPTION) coap.observe = view.observe;
    if (view.block1 !== NO_OPTION) coap.block1 = blockRecord(view.block1);
    if (view.block2 !== NO_OPTION) coap.block2 = blockRecord(view.block2);
    if (view.qBlock1 !== NO_OPTION) coap.q_block1 = blockRecord(view.qBlock1);
    if (view.qBlock2 !== NO_OPTION) coap.q_block2 = blockRecord(view.qBlock2);
    coap.payload_length = messages.payloadLength.get(row);
    this.#links(row, coap, late);
    return coap;
  }

  #links(row: MessageRow, coap: JsonObject, late: boolean): void {
    const { messages } = this.analysis.tracking;
    const of = this.facts.partner(row);
    // What is no longer held has no number to be named by.
    const partner = messages.isHeld(of) ? of : NO_ROW;
    const code = messages.code.get(row);
    const asks = isRequest(code) || this.facts.exchangeKind(row) === 'ping';
    const first = messages.firstOf(row);
    const links: JsonObject = {};
    if (partner !== NO_ROW && !asks) {
      coap.request_in = messages.frame.get(partner);
      links.request = this.facts.id(partner);
    }
    if (partner !== NO_ROW && asks && late) {
      coap.response_in = messages.frame.get(partner);
      links.response = this.facts.id(partner);
    }
    const time = this.facts.responseTime(row);
    if (!Number.isNaN(time) && (late || !asks)) coap.response_time = time;
    if (messages.isHeld(first)) {
      coap.duplicate_of = messages.frame.get(first);
      links.first = this.facts.id(first);
    }
    if (asks && first === NO_ROW && late) {
      const exchange: JsonObject = {};
      const kind = this.facts.exchangeKind(row);
      if (kind !== '') exchange.kind = kind;
      exchange.transmissions = messages.transmissions.get(row);
      exchange.ended = this.facts.exchangeEnd(row) ?? 'unknown';
      if (partner !== NO_ROW && messages.has(partner, MessageFlag.fromOtherAddress))
        exchange.from_other_address = true;
      coap.exchange = exchange;
    }
    if (Object.keys(links).length > 0) coap.links = links;
  }

  #options(view: MessageView): JsonValue[] {
    const options: JsonValue[] = [];
    const cursor = this.#cursor;
    cursor.start(view);
    while (cursor.next()) {
      options.push({
        number: cursor.number,
        name: optionNameIn(view.code, cursor.number),
        value: this.#withoutSecret(
          cursor.number,
          optionValue(view.bytes, cursor, optionDefinitionIn(view.code, cursor.number)),
        ),
      });
    }
    return options;
  }

  #withoutSecret(number: number, value: JsonValue): JsonValue {
    if (!this.redact || typeof value !== 'string') return value;
    if (number === OptionNumber.uriQuery) return queryWithoutSecrets(value);
    return number === PROXY_URI ? withoutCredentials(value) : value;
  }

  #joined(view: MessageView, number: number, leading: string, separator: string): string {
    const segments: string[] = [];
    const cursor = this.#cursor;
    cursor.start(view);
    while (cursor.next()) {
      if (cursor.number === number)
        segments.push(
          decoder.decode(view.bytes.subarray(cursor.valueStart, cursor.valueStart + cursor.valueLength)),
        );
    }
    return leading + segments.join(separator);
  }

  async #transfer(row: MessageRow): Promise<JsonObject | undefined> {
    const transfer = this.facts.endedTransfer(row);
    if (transfer === undefined) return undefined;
    const complete = transfer.ended === 'complete' && isWhole(transfer);
    const record: JsonObject = { direction: transfer.direction, length: receivedBytes(transfer) };
    if (complete && (!this.redact || mayHash(this.analysis, transfer))) {
      const sha256 = await sha256OfPieces(this.bytes.transferPieces(transfer), transfer.length);
      if (sha256 !== undefined) record.sha256 = sha256;
    }
    record.complete = complete;
    return record;
  }

  async #lwm2m(row: MessageRow, late: boolean): Promise<JsonObject | undefined> {
    const { messages, paths } = this.analysis.tracking;
    const operation = messages.operation.get(row) as OperationCode;
    if (operation === 0) return undefined;
    const record: JsonObject = {};
    const interfaceName = INTERFACE_NAMES[interfaceOf(operation)]!;
    if (interfaceName !== '') record.interface = interfaceName;
    record.operation = OPERATION_NAMES[operation]!;
    const request = messages.requestOf(row);
    if (request !== NO_ROW) {
      const pathId = messages.path.get(request);
      if (paths.path(pathId).kind === PathKind.numeric) record.path = paths.text(pathId);
    }
    const listed = await this.#contents.listedPaths(row);
    if (listed !== undefined) record.paths = listed;
    if (late) {
      const device = this.devices.nameOf(row);
      if (device !== undefined) record.device = device;
    }
    const format = this.facts.readFormat(row);
    const hasContent = messages.payloadLength.get(row) > 0 || messages.has(row, MessageFlag.hasValues);
    if (format !== NO_FORMAT && hasContent) record.format = contentFormatName(format);
    if (this.facts.isGuessed(row)) record.guessed = true;
    if (messages.has(row, MessageFlag.contentFault))
      record.fault = { text: 'the content is damaged', ...(await this.#contents.read(row, request)) };
    const incomplete = await incompleteOfCreate(this.analysis, this.facts, this.bytes, row);
    if (incomplete.length > 0) record.incomplete = incomplete.map(incompleteText).join('; ');
    const values = await this.#values(row);
    if (values !== undefined) record.values = values;
    return record;
  }

  async #values(row: MessageRow): Promise<JsonValue[] | undefined> {
    const { messages, values } = this.analysis.tracking;
    if (!messages.has(row, MessageFlag.hasValues)) return undefined;
    const first = values.firstOf(row);
    const body = await this.bytes.body(row);
    if (first < 0 || body === undefined) return undefined;
    const format = this.facts.bodyFormat(row);
    const records: JsonValue[] = [];
    const model = this.analysis.tracking.modelOf(row);
    for (let index = first; index < values.count && values.message.get(index) === row; index++) {
      const path = values.path.get(index);
      const objectId = values.paths.id(path, 0);
      const resourceId = values.paths.id(path, 2);
      const type = values.type.get(index) as ValueTypeCode;
      const start = values.start.get(index);
      const record: JsonObject = { path: values.paths.text(path) };
      const definition = model.resource(objectId, resourceId);
      if (definition !== undefined) record.name = definition.name;
      record.type = VALUE_TYPE_NAMES[type]!;
      const end = values.end(index, body.length);
      const doubts = values.doubts.get(index);
      const value =
        doubts & Doubt.baseAdded ? values.number.get(index) : readValue(type, format, body, start, end);
      const isSecret = this.redact && sensitiveKind(objectId, resourceId, definition, value) !== undefined;
      record.value = isSecret ? '' : value;
      if (isSecret) {
        record.redacted = true;
        record.length = end - start;
      }
      if (definition !== undefined && definition.unit !== '') record.unit = definition.unit;
      const time = values.time.get(index);
      if (!Number.isNaN(time)) {
        if (isRelativeTime(time)) record.value_time_relative = time;
        else record.value_time = decimalText(time);
      }
      const doubt = doubtText(doubts);
      if (doubt !== '') record.doubt = doubt;
      records.push(record);
    }
    return records;
  }
}

/** A Block option as records show it. */
function blockRecord(value: number): JsonObject {
  return { num: blockNumber(value), more: blockMore(value), size: blockSize(value) };
}

function optionValue(
  bytes: Uint8Array,
  cursor: OptionCursor,
  definition: OptionDefinition | undefined,
): JsonValue {
  const { valueStart, valueLength } = cursor;
  const format = definition?.format ?? 'opaque';
  if (format === 'string') return decoder.decode(bytes.subarray(valueStart, valueStart + valueLength));
  if ((format === 'uint' || format === 'block') && valueLength <= 4)
    return readUint(bytes, valueStart, valueLength);
  return hexText(bytes, valueStart, valueStart + valueLength);
}
