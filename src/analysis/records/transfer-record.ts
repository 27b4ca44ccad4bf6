import type { Transfer } from '../../coap/block-wise.ts';
import { codeName, codeText } from '../../coap/code.ts';
import { EXCHANGE_LIFETIME } from '../../coap/exchange.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';
import { sha256Text } from './sha256.ts';

/** The record of one block-wise transfer (`transfers`). */
export async function transferRecord(context: RecordContext, transfer: Transfer): Promise<JsonObject> {
  const { analysis, facts, bytes, devices } = context;
  const { messages } = analysis.tracking;
  const record: JsonObject = { transfer: transfer.direction };
  const device = devices.nameOf(transfer.first);
  if (device !== undefined) record.device = device;
  record.method = codeName(transfer.method);
  record.path = transfer.pathId === 0 ? '/' : messages.texts.text(transfer.pathId);
  record.from = facts.timeText(transfer.from);
  record.to = facts.timeText(transfer.to);
  record.length = transfer.received - transfer.start;
  record.received = [[transfer.start, transfer.received]];
  record.blocks = transfer.blocks;
  record.repeated = transfer.repeated;
  record.restarts = transfer.restarts;
  record.size = transfer.size;
  if (transfer.ended === 'complete' && transfer.start === 0) {
    const body = await bytes.transferBody(transfer);
    if (body !== undefined) record.sha256 = sha256Text(body);
  }
  const silent = analysis.tracking.clock - transfer.to > EXCHANGE_LIFETIME * 1e9;
  // What nothing was heard of for so long, the other side has forgotten (RFC 7959 §2.5).
  record.ended = transfer.ended === 'open' && silent ? 'abandoned' : transfer.ended;
  if (transfer.code !== undefined) record.code = codeText(transfer.code);
  const rows = new Set([
    transfer.first,
    ...transfer.rows.slice(-1),
    transfer.endRow ?? transfer.last,
    transfer.last,
  ]);
  record.evidence = [...rows].sort((a, b) => a - b).map((row) => facts.id(row));
  if (transfer.blocks > rows.size) record.evidence_count = transfer.blocks;
  return record;
}
