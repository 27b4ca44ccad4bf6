import { HexDumpReader, LOG_DATAGRAM } from '../../capture/hex-dump.ts';
import { linkTypeName } from '../../capture/link-types.ts';
import { type AnalysedFile, type Analysis, faultOf } from '../analysis.ts';
import type { ClockEstimate } from '../clock-estimate.ts';
import type { HttpExchange } from '../http-exchanges.ts';
import { MessageFacts } from '../message-facts.ts';
import { secondsText } from '../seconds-text.ts';
import { correctionOf, offsetText } from '../settings.ts';
import type { JsonObject } from './json.ts';

/** Exchanges over HTTP that are listed. */
const LISTED_EXCHANGES = 100;

/**
 * The record of one file (`info`). What was not read and what is sealed stands with the last file, for all.
 * `estimate` is how far its clock seems to be off.
 */
export function infoRecord(analysis: Analysis, file: AnalysedFile, estimate?: ClockEstimate): JsonObject {
  const index = analysis.files.indexOf(file);
  const last = index === analysis.files.length - 1;
  const { frames, tracking } = analysis;
  const record: JsonObject = {
    file: file.name,
    container: file.reader?.container ?? 'unknown',
    compression: file.compression,
    bytes: file.bytes > 0 ? file.bytes : file.bytesRead,
    frames: file.reader?.frames ?? 0,
  };
  if (last && frames.hasEpoch && Number.isFinite(frames.firstTime)) {
    record.from = secondsText(frames.firstSeconds, frames.firstNanoseconds);
    record.to = secondsText(frames.lastSeconds, frames.lastNanoseconds);
  }
  record.interfaces = (file.reader?.interfaces ?? []).map((point) => {
    const entry: JsonObject = {};
    if (point.name !== '') entry.name = point.name;
    entry.link = linkTypeName(point.linkType);
    if (point.linkType !== LOG_DATAGRAM) entry.link_number = point.linkType;
    entry.frames = point.frames;
    if (point.dropped !== undefined) entry.dropped = point.dropped;
    return entry;
  });
  record.messages = messagesOf(analysis, index);
  const sightings = tracking.sightings.inFile(index);
  if (sightings > 0) record.sightings = sightings;
  const offset = offsetText(correctionOf(analysis.settings, index));
  if (offset !== '0') record.offset = offset;
  if (estimate !== undefined)
    record.offset_estimate = {
      offset: offsetText(estimate),
      against: analysis.files[estimate.against]!.name,
      messages: estimate.messages,
    };
  if (file.alone !== undefined) record.alone = file.alone;
  const comments = file.reader?.comments?.length ?? 0;
  if (comments > 0) record.comments = comments;
  const names = file.reader?.names?.size ?? 0;
  if (names > 0) record.names = names;
  const secrets = frames.secretBlocks.filter((block) => block.file === index).length;
  if (secrets > 0) record.secrets = secrets;
  if (last) {
    record.not_read = notRead(analysis).map(({ what, frames: count }) => ({ what, frames: count }));
    record.sealed = frames.security
      .sealed()
      .map(({ what, records, handshake }) => ({ what, records, handshake }));
    const { gaps, lostBytes } = frames.streams;
    if (gaps > 0) record.tcp = { gaps, lost_bytes: lostBytes };
    const { http } = frames.streams;
    if (http.count > 0) {
      record.http_exchanges = http.count;
      record.http = http.kept.slice(0, LISTED_EXCHANGES).map((one) => httpRecord(analysis, one));
    }
    const { icmpErrors } = frames;
    if (icmpErrors > 0)
      record.icmp = { errors: icmpErrors, about_messages: tracking.icmpErrors.aboutMessages };
    record.clock_breaks = tracking.clockBreaks;
  }
  const fault = faultOf(file);
  if (fault !== undefined) record.fault = { ...fault };
  if (file.unreadable !== undefined) record.fault = { text: file.unreadable };
  return record;
}

/** What was seen and not read, by name, most frames first. */
export function notRead(analysis: Analysis): { what: string; frames: number }[] {
  const { network } = analysis.frames;
  const entries = [...network.notRead.entries(), ...network.unknownContexts.entries()];
  if (analysis.frames.notCoap > 0)
    entries.push({ what: 'UDP that is not CoAP', frames: analysis.frames.notCoap });
  let dumps = 0;
  for (const { reader } of analysis.files) if (reader instanceof HexDumpReader) dumps += reader.notFrames;
  if (dumps > 0) entries.push({ what: 'hex dumps that are no message', frames: dumps });
  return entries.sort((a, b) => b.frames - a.frames);
}

/** What was asked over HTTP, and how much of the answer came. */
function httpRecord(analysis: Analysis, exchange: HttpExchange): JsonObject {
  const { flows } = analysis.frames;
  const facts = new MessageFacts(analysis);
  const record: JsonObject = {};
  const { method, target, host, range, status, contentLength, contentRange } = exchange;
  if (method !== undefined) record.method = method;
  if (target !== undefined) record.target = target;
  if (host !== undefined) record.host = host;
  if (range !== undefined) record.range = range;
  if (status !== undefined) record.status = status;
  if (contentLength >= 0) record.content_length = contentLength;
  if (contentRange !== undefined) record.content_range = contentRange;
  if (exchange.isChunked) record.chunked = true;
  record.received = exchange.received;
  if (exchange.missing > 0) record.missing = exchange.missing;
  record.client = flows.endpointText(exchange.client);
  record.server = flows.endpointText(exchange.server);
  record.from = facts.timeText(exchange.from);
  record.to = facts.timeText(exchange.to);
  record.frame = exchange.frame;
  record.complete = exchange.isComplete;
  return record;
}

function messagesOf(analysis: Analysis, file: number): number {
  const { messages } = analysis.tracking;
  if (analysis.files.length === 1) return messages.count;
  let count = 0;
  for (let row = messages.firstRow; row < messages.count; row++) if (messages.file.get(row) === file) count++;
  return count;
}
