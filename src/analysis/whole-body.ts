import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { blockMore, NO_OPTION } from '../coap/message.ts';
import { sortBlocks, type Transfer } from '../coap/transfer.ts';
import type { Analysis } from './analysis.ts';
import type { WholeBody } from './filter/message-columns.ts';

function transferOf(analysis: Analysis, row: MessageRow): Transfer | undefined {
  const { messages, transfers } = analysis.tracking;
  return transfers.transfers[messages.transfer.get(row) - 1];
}

/** The body that a message makes whole, from the table of transfers; undefined for every other message. */
export function wholeBody(analysis: Analysis, row: MessageRow): WholeBody | undefined {
  const transfer = transferOf(analysis, row);
  if (transfer?.wholeRow !== row) return undefined;
  const { messages } = analysis.tracking;
  sortBlocks(transfer);
  const { rows, offsets, direction, length } = transfer;
  const tails = new Set<number>();
  const tooLong: MessageRow[] = [];
  for (const [index, one] of rows.entries()) {
    const block = direction === 'block1' ? messages.block1(one) : messages.block2(one);
    const end = offsets[index]! + messages.payloadLength.get(one);
    if (block !== NO_OPTION && !blockMore(block)) tails.add(end);
    if (length >= 0 && end > length) tooLong.push(one);
  }
  return {
    rows,
    length: transfer.received - transfer.start,
    isRepeated: transfer.repeated > 0,
    isRestarted: transfer.restarts > 0,
    hasSecondTail: tails.size > 1,
    tooLong,
  };
}

/** Row that makes the body whole of which a message has a block; `NO_ROW` for that row itself, and where there is none. */
export function bodyWholeIn(analysis: Analysis, row: MessageRow): MessageRow {
  const transfer = transferOf(analysis, row);
  const whole = transfer?.wholeRow;
  if (transfer === undefined || whole === undefined || whole === row) return NO_ROW;
  return transfer.rows.includes(row) ? whole : NO_ROW;
}
