import { codeName, codeText } from '../../coap/code.ts';
import { isWhole, receivedBytes, sortBlocks, type Transfer, transferEnd } from '../../coap/transfer.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';
import { mayHash } from './redaction.ts';
import { sha256OfPieces } from './sha256.ts';

/** The record of one block-wise transfer (`transfers`). */
export async function transferRecord(context: RecordContext, transfer: Transfer): Promise<JsonObject> {
  const { analysis, facts, bytes, devices, redact } = context;
  const { paths } = analysis.tracking;
  const record: JsonObject = { transfer: transfer.direction };
  const device = devices.nameOf(transfer.first);
  if (device !== undefined) record.device = device;
  record.method = codeName(transfer.method);
  record.path = transfer.pathId === 0 ? '/' : paths.text(transfer.pathId);
  record.from = facts.timeText(transfer.from);
  record.to = facts.timeText(transfer.to);
  record.length = receivedBytes(transfer);
  const { ranges } = transfer;
  const received: number[][] = [];
  for (let at = 0; at < ranges.length; at += 2) received.push([ranges[at]!, ranges[at + 1]!]);
  record.received = received;
  record.blocks = transfer.blocks;
  record.repeated = transfer.repeated;
  record.restarts = transfer.restarts;
  record.size = transfer.size;
  if (transfer.ended === 'complete' && isWhole(transfer) && (!redact || mayHash(analysis, transfer))) {
    const sha256 = await sha256OfPieces(bytes.transferPieces(transfer), transfer.length);
    if (sha256 !== undefined) record.sha256 = sha256;
  }
  record.ended = transferEnd(transfer, analysis.tracking.clock);
  if (transfer.code !== undefined) record.code = codeText(transfer.code);
  sortBlocks(transfer);
  const rows = new Set([
    transfer.first,
    ...transfer.rows.slice(-1),
    transfer.endRow ?? transfer.last,
    transfer.last,
  ]);
  record.evidence = facts.ids([...rows].sort((a, b) => a - b));
  if (transfer.blocks > rows.size) record.evidence_count = transfer.blocks;
  return record;
}
