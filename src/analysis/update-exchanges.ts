import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { codeText, isRequest } from '../coap/code.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import { Interface, interfaceOf, type OperationCode } from '../lwm2m/operation.ts';
import { NO_ID } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import type { UpdateExchange } from './firmware-protocol.ts';
import type { MessageFacts } from './message-facts.ts';
import { transferOf } from './package-progress.ts';
import type { MessageSummary } from './message-summary.ts';
import { MessageFlag } from './message-table.ts';

/** Exchanges that are listed; further ones are counted. */
const MAX_EXCHANGES = 300;
const DEVICE_OBJECT = 3;

/** The exchanges of a device that have to do with an attempt, those of a transfer as one; and how many are left out. */
export async function updateExchanges(
  analysis: Analysis,
  facts: MessageFacts,
  summaries: MessageSummary,
  attempt: FirmwareAttempt,
  rows: Uint32Array,
): Promise<{ exchanges: UpdateExchange[]; leftOut: number }> {
  const { messages } = analysis.tracking;
  const ofTransfer = new Map<number, UpdateExchange>();
  const exchanges: UpdateExchange[] = [];
  let leftOut = 0;
  for (const row of rows) {
    const first = facts.firstCopy(row);
    const transfer = transferOf(analysis, first);
    if (transfer >= 0) {
      const line = ofTransfer.get(transfer);
      if (line !== undefined) {
        takeBlock(analysis, line, row);
        continue;
      }
    }
    const isStart = isRequest(messages.code.get(row)) || messages.has(row, MessageFlag.notification);
    if (!isStart || messages.has(row, MessageFlag.duplicate)) continue;
    if (!attempt.transfers.includes(transfer) && !concerns(analysis, attempt, row)) continue;
    if (exchanges.length === MAX_EXCHANGES) {
      leftOut++;
      continue;
    }
    const line = await exchangeOf(analysis, facts, summaries, row, transfer >= 0);
    exchanges.push(line);
    if (transfer >= 0) ofTransfer.set(transfer, line);
  }
  for (const [index, line] of ofTransfer) {
    const transfer = analysis.tracking.transfers.transfers[index]!;
    line.count = transfer.blocks;
    const size = transfer.size > 0 ? ` of at most ${transfer.size} B` : '';
    line.summary = `${transfer.blocks} blocks${size} · ${transfer.received} B · ${transfer.ended}`;
  }
  return { exchanges, leftOut };
}

function concerns(analysis: Analysis, attempt: FirmwareAttempt, row: MessageRow): boolean {
  const { messages, paths } = analysis.tracking;
  const side = interfaceOf(messages.operation.get(row) as OperationCode);
  if (side === Interface.registration || side === Interface.bootstrap) return true;
  const request = messages.requestOf(row);
  if (request === NO_ROW) return false;
  const { objectId, instanceId } = paths.path(messages.path.get(request));
  if (objectId === DEVICE_OBJECT) return true;
  if (objectId !== attempt.objectId) return false;
  return instanceId === attempt.instanceId || instanceId === NO_ID;
}

async function exchangeOf(
  analysis: Analysis,
  facts: MessageFacts,
  summaries: MessageSummary,
  row: MessageRow,
  isTransfer: boolean,
): Promise<UpdateExchange> {
  const { messages } = analysis.tracking;
  const isAsked = isRequest(messages.code.get(row));
  const answer = isAsked ? messages.partnerOf(row) : NO_ROW;
  const code = answer === NO_ROW ? 0 : messages.code.get(answer);
  const request = messages.requestOf(row);
  let summary = '';
  if (!isTransfer) {
    if (answer !== NO_ROW) summary = await summaries.values(answer, 4);
    if (summary === '') summary = await summaries.values(row, 4);
    if (summary === '') summary = await summaries.text(row);
  }
  return {
    row,
    frame: messages.frame.get(row),
    time: messages.time.get(row),
    fromDevice: facts.direction(row) === 1,
    operation: messages.operation.get(row),
    path: request === NO_ROW ? '' : messages.texts.text(messages.path.get(request)),
    answer: code === 0 ? (answer === NO_ROW ? '' : 'ACK') : codeText(code),
    responseTime: facts.responseTime(row),
    summary,
    count: 1,
    repeats: 0,
    isError: code >> 5 >= 4,
  };
}

/** A further message of a transfer that has its line. */
function takeBlock(analysis: Analysis, line: UpdateExchange, row: MessageRow): void {
  const { messages } = analysis.tracking;
  if (messages.has(row, MessageFlag.duplicate)) line.repeats++;
  const code = messages.code.get(row);
  if (isRequest(code)) return;
  // What the last block was answered with, and the time until then.
  line.answer = codeText(code);
  line.isError = code >> 5 >= 4;
  line.responseTime = (messages.time.get(row) - line.time) / 1e9;
}
