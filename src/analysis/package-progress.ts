import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import { blockSize, NO_OPTION } from '../coap/message.ts';
import type { Transfer } from '../coap/transfer.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import type { Analysis } from './analysis.ts';
import type { BlockColumns, UpdateProgress, UpdateRepeat, UpdateStall } from './firmware-protocol.ts';

/** No progress for longer than this is a stall: ACK_TIMEOUT, after which what was lost is sent again (RFC 7252 §4.8). */
const STALL_AFTER: Nanoseconds = 2e9;
/** Share of a transfer's time in which another one must run too to be the same seen twice. */
const BESIDE_SHARE = 0.8;
/** Bins of the rate over one download. */
const RATE_BINS = 72;
/** Repeats, stalls and block sizes that are told one by one. */
const MAX_REPEATS = 1000;
const MAX_STALLS = 200;
const MAX_SIZES = 16;

/** One block that was answered. */
interface Block {
  time: Nanoseconds;
  asked: Nanoseconds;
  offset: number;
  length: number;
  copies: number;
  row: MessageRow;
  request: MessageRow;
}

/**
 * How the package of an attempt came, by the blocks of its transfers. `rows` are the messages of the device in the
 * attempt's time, for the repeats among them; `pixel` is the time that one pixel shows.
 */
export function packageProgress(
  analysis: Analysis,
  attempt: FirmwareAttempt,
  rows: Uint32Array,
  pixel: Nanoseconds,
): UpdateProgress {
  const blocks = blocksOf(analysis, attempt);
  const { messages } = analysis.tracking;
  const first = blocks[0];
  const last = blocks.at(-1);
  const repeats = repeatsOf(analysis, attempt, rows);
  const took = first === undefined || last === undefined ? 0 : last.time - first.asked;
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
  const binWidth = Math.max(1, took / RATE_BINS);
  const bytesPerBin = new Float64Array(first === undefined ? 0 : RATE_BINS);
  for (const block of blocks) {
    const bin = Math.min(RATE_BINS - 1, Math.floor((block.time - first!.asked) / binWidth));
    bytesPerBin[bin]! += block.length;
  }
  return {
    blocks: thinned(blocks, pixel),
    bytesPerBin,
    binWidth,
    firstBlock: first?.asked ?? NaN,
    lastBlock: last?.time ?? NaN,
    count: blocks.length,
    repeatedBlocks: blocks.filter((block) => block.copies > 1).length,
    repeatsCount: repeats.length,
    repeats: repeats.slice(0, MAX_REPEATS),
    restarts: attempt.restarts,
    stalls: stallsOf(attempt, blocks, analysis.tracking.clock),
    medianResponse: median(blocks.map((block) => (block.time - block.asked) / 1e9)),
    meanRate: took > 0 ? bytes / (took / 1e9) : NaN,
    sizes: sizesOf(blocks, (row) =>
      isRequest(messages.code.get(row)) ? messages.block1(row) : messages.block2(row),
    ),
    lastRow: last?.row ?? NO_ROW,
  };
}

/** The blocks of an attempt's transfers in the order in which they were answered. */
function blocksOf(analysis: Analysis, attempt: FirmwareAttempt): Block[] {
  const { messages, transfers } = analysis.tracking;
  const blocks: Block[] = [];
  for (const transfer of onceOnly(attempt.transfers.map((index) => transfers.transfers[index]))) {
    transfer.rows.forEach((row, at) => {
      if (!messages.isHeld(row)) return;
      const isAsked = isRequest(messages.code.get(row));
      const request = isAsked ? row : messages.requestOf(row);
      const answer = isAsked ? messages.partnerOf(row) : row;
      if (answer === NO_ROW) return;
      // A block that was refused did not arrive.
      if (isAsked && messages.code.get(answer) >> 5 !== 2) return;
      const time = messages.time.get(answer);
      blocks.push({
        time,
        asked: request === NO_ROW ? time : messages.time.get(request),
        offset: transfer.offsets[at]!,
        length: messages.payloadLength.get(row),
        copies: request === NO_ROW ? 1 : messages.transmissions.get(request),
        row,
        request,
      });
    });
  }
  return blocks.sort((a, b) => a.time - b.time);
}

/**
 * Transfers without those that run beside another one in a conversation of their own: where a capture shows both
 * sides of a forwarder, the package is seen twice.
 */
function onceOnly(transfers: (Transfer | undefined)[]): Transfer[] {
  const kept: Transfer[] = [];
  for (const transfer of transfers) {
    if (transfer === undefined) continue;
    const isBeside = kept.some((other) => {
      if (other.conversation === transfer.conversation) return false;
      const shared = Math.min(other.to, transfer.to) - Math.max(other.from, transfer.from);
      return shared > (transfer.to - transfer.from) * BESIDE_SHARE;
    });
    if (!isBeside) kept.push(transfer);
  }
  return kept;
}

/** Index of the transfer that a message or its answer carries a block of, or -1. */
export function transferOf(analysis: Analysis, row: MessageRow): number {
  const { messages } = analysis.tracking;
  const own = messages.transfer.get(row);
  if (own > 0 || !isRequest(messages.code.get(row))) return own - 1;
  const answer = messages.partnerOf(row);
  return answer === NO_ROW ? -1 : messages.transfer.get(answer) - 1;
}

function repeatsOf(analysis: Analysis, attempt: FirmwareAttempt, rows: Uint32Array): UpdateRepeat[] {
  const { messages } = analysis.tracking;
  const own = new Set(attempt.transfers);
  const repeats: UpdateRepeat[] = [];
  for (const row of rows) {
    const first = messages.firstOf(row);
    if (first === NO_ROW || !own.has(transferOf(analysis, first))) continue;
    repeats.push({ time: messages.time.get(row), firstTime: messages.time.get(first), row });
  }
  return repeats;
}

function stallsOf(attempt: FirmwareAttempt, blocks: readonly Block[], clock: Nanoseconds): UpdateStall[] {
  const stalls: UpdateStall[] = [];
  blocks.forEach((block, index) => {
    const before = blocks[index - 1]?.time ?? block.asked;
    if (block.time - before <= STALL_AFTER || stalls.length === MAX_STALLS) return;
    const isLate = block.asked - before > block.time - block.asked;
    stalls.push({
      from: before,
      to: block.time,
      row: block.row,
      why: isLate ? 'asked late' : block.copies > 1 ? 'sent again' : 'answered late',
      block: index + 1,
      copies: block.copies,
    });
  });
  const last = blocks.at(-1);
  const end = Number.isFinite(attempt.to) ? attempt.to : clock;
  if (last !== undefined && !attempt.complete && end - last.time > STALL_AFTER)
    stalls.push({
      from: last.time,
      to: end,
      row: last.row,
      why: 'never went on',
      block: blocks.length,
      copies: last.copies,
    });
  return stalls;
}

/** Of the blocks within one pixel the first, the last, the slowest, and those that begin anew. */
function thinned(blocks: readonly Block[], pixel: Nanoseconds): BlockColumns {
  const kept: Block[] = [];
  let start = 0;
  while (start < blocks.length) {
    const until = blocks[start]!.time + pixel;
    let end = start + 1;
    let slowest = start;
    while (end < blocks.length && blocks[end]!.time < until) {
      if (responseOf(blocks[end]!) > responseOf(blocks[slowest]!)) slowest = end;
      end++;
    }
    for (let at = start; at < end; at++) {
      const isAnew = at > 0 && blocks[at]!.offset < blocks[at - 1]!.offset;
      if (at === start || at === end - 1 || at === slowest || isAnew) kept.push(blocks[at]!);
    }
    start = end;
  }
  return {
    time: Float64Array.from(kept, (block) => block.time),
    offset: Float64Array.from(kept, (block) => block.offset + block.length),
    responseTime: Float64Array.from(kept, responseOf),
    copies: Uint8Array.from(kept, (block) => block.copies),
    row: Uint32Array.from(kept, (block) => block.row),
  };
}

function responseOf(block: Block): number {
  return (block.time - block.asked) / 1e9;
}

function sizesOf(
  blocks: readonly Block[],
  optionOf: (row: MessageRow) => number,
): { size: number; row: MessageRow }[] {
  const sizes: { size: number; row: MessageRow }[] = [];
  for (const { row } of blocks) {
    const option = optionOf(row);
    const size = option === NO_OPTION ? 0 : blockSize(option);
    if (size === 0 || sizes.some((one) => one.size === size)) continue;
    if (sizes.length < MAX_SIZES) sizes.push({ size, row });
  }
  return sizes;
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
