import { NO_ROW } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import { EXCHANGE_KIND_NAMES, ExchangeKind } from '../coap/exchange.ts';
import { contentFormats } from '../lwm2m/content-format.ts';
import { PathKind } from '../lwm2m/path.ts';
import { TRANSPORT_NAMES } from '../network/flow.ts';
import type { Analysis } from './analysis.ts';
import { DeviceIndex } from './device-index.ts';
import { type CompiledFilter, compileFilterText } from './filter/compile.ts';
import type { FilterFields } from './filter/field.ts';
import type { FilterError } from './filter/filter-error.ts';
import type { MessageColumnsAccess } from './filter/message-columns.ts';
import { messageFields } from './filter/message-fields.ts';
import { FrameComments } from './frame-comments.ts';
import { MessageAtHand } from './message-at-hand.ts';
import { MessageBytes } from './message-bytes.ts';
import { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { SpansAtHand } from './spans-at-hand.ts';
import { StreamNumbers } from './stream-numbers.ts';
import { ValuesAtHand } from './values-at-hand.ts';
import { bodyWholeIn, wholeBody } from './whole-body.ts';

const END_NAMES = ['', 'answered', 'reset', 'timeout', 'open', 'unknown'] as const;
/** Names of devices that completion offers. */
const OFFERED_DEVICES = 100;

/** Compiles a filter over the messages of an analysis, or says what is wrong in it and where. */
export function compileMessageFilter(text: string, analysis: Analysis): CompiledFilter | FilterError {
  const bytes = new MessageBytes(analysis);
  const atHand = new MessageAtHand(analysis, bytes);
  const columns = columnsAccess(analysis);
  const values = new ValuesAtHand(analysis, new MessageFacts(analysis), columns.lwm2mPath, atHand, bytes);
  const spans = spansOf(analysis);
  return compileFilterText(text, messageFields(columns, atHand, values, spans), { prepare: values.take });
}

/** The fields of a filter over the messages of an analysis, to be named and completed. */
export function messageFilterFields(analysis: Analysis): FilterFields {
  const columns = columnsAccess(analysis);
  const values = new ValuesAtHand(analysis, new MessageFacts(analysis), columns.lwm2mPath);
  return messageFields(columns, undefined, values, spansOf(analysis));
}

function spansOf(analysis: Analysis): SpansAtHand {
  return new SpansAtHand(analysis, new MessageFacts(analysis), new DeviceIndex(analysis));
}

function columnsAccess(analysis: Analysis): MessageColumnsAccess {
  const { messages, paths, transfers, observations } = analysis.tracking;
  const { frames } = analysis;
  const facts = new MessageFacts(analysis);
  const devices = new DeviceIndex(analysis);
  const streams = new StreamNumbers(frames.flows);
  const comments = new FrameComments(analysis.files);
  const asks = (row: number): boolean =>
    isRequest(messages.code.get(row)) || messages.kindOf(row) === ExchangeKind.ping;
  const exchangePath = (row: number): number => {
    const request = messages.requestOf(row);
    return request === NO_ROW || messages.path.get(request) === 0 ? -1 : messages.path.get(request);
  };
  const absentIsMinusOne = (id: number): number => (id === 0 ? -1 : id);
  const inExchange = (row: number): boolean => asks(row) && !messages.has(row, MessageFlag.duplicate);
  return {
    frame: (row) => messages.frame.get(row),
    file: (row) => messages.file.get(row) + 1,
    frameComment: (row) => comments.idOf(messages.file.get(row), messages.frame.get(row)),
    commentsOf: (id) => comments.of(id),
    time: (row) => messages.time.get(row),
    epoch: () => ({ seconds: frames.epochSeconds, nanoseconds: frames.epochNanoseconds }),
    firstTime: () => frames.firstTime,
    source: (row) => facts.source(row),
    destination: (row) => facts.destination(row),
    addressOf: (endpoint) => frames.flows.endpointAddressText(endpoint),
    portOf: (endpoint) =>
      frames.flows.ipVersion(endpoint) === 0 ? NaN : frames.flows.endpointPort(endpoint),
    transport: (row) => facts.transport(row),
    transportNames: TRANSPORT_NAMES,
    stream: (row) => streams.of(frames.conversations.flowOf(messages.conversation.get(row))),
    security: () => 0,
    securityNames: ['none'],
    sightings: (row) => analysis.tracking.sightings.countOf(row),
    outcome: (row) => messages.outcome.get(row),
    type: (row) => messages.type.get(row),
    code: (row) => messages.code.get(row),
    messageId: (row) => messages.messageId.get(row),
    tokenLength: (row) => messages.tokenLength.get(row),
    tokenHigh: (row) => messages.tokenHigh.get(row),
    tokenLow: (row) => messages.tokenLow.get(row),
    uriPath: (row) => absentIsMinusOne(messages.path.get(row)),
    exchangePath,
    uriQuery: (row) => absentIsMinusOne(messages.query.get(row)),
    pathText: (id) => messages.texts.text(id),
    queryText: (id) => messages.texts.text(id),
    contentFormat: (row) => messages.contentFormat.get(row),
    accept: (row) => messages.accept.get(row),
    observe: (row) => messages.observe.get(row),
    block1: (row) => messages.block1(row),
    block2: (row) => messages.block2(row),
    payloadLength: (row) => messages.payloadLength.get(row),
    length: (row) => messages.length.get(row),
    request: (row) => (asks(row) ? NO_ROW : messages.partnerOf(row)),
    response: (row) => (asks(row) ? messages.partnerOf(row) : NO_ROW),
    first: (row) => messages.firstOf(row),
    responseTime: (row) => facts.responseTime(row),
    transmissions: (row) => (inExchange(row) ? messages.transmissions.get(row) : 0),
    exchangeKind: (row) => (inExchange(row) ? messages.kindOf(row) : 0),
    exchangeKindNames: EXCHANGE_KIND_NAMES,
    exchangeEnd: (row) =>
      inExchange(row) ? Math.max(0, END_NAMES.indexOf(facts.exchangeEnd(row) ?? '')) : 0,
    exchangeEndNames: END_NAMES,
    icmp: (row) => analysis.tracking.icmpErrors.kindsId(row),
    icmpText: (id) => analysis.tracking.icmpErrors.kindsOf(id),
    icmpKinds: () => analysis.tracking.icmpErrors.kinds(),
    operation: (row) => messages.operation.get(row),
    lwm2mPath: (row) => {
      const path = exchangePath(row);
      if (path <= 0 || messages.operation.get(row) === 0 || paths.path(path).kind !== PathKind.numeric)
        return -1;
      return paths.plainId(path);
    },
    format: (row) => facts.readFormat(row),
    formatNames: [...contentFormats()].map(({ id, name, mediaType }) => ({
      value: id,
      names: name === mediaType ? [name] : [name, mediaType],
    })),
    direction: (row) => facts.direction(row),
    device: (row) => devices.deviceOf(row),
    deviceName: (device) => devices.name(device),
    deviceNames: () => devices.names(OFFERED_DEVICES),
    transfer: (row) => transfers.transfers[messages.transfer.get(row) - 1]?.number ?? -1,
    observation: (row) => observations.observations[messages.observation.get(row) - 1]?.number ?? -1,
    wholeBody: (row) => wholeBody(analysis, row),
    bodyWholeIn: (row) => bodyWholeIn(analysis, row),
  };
}
