import type { ByteCount, MessageRow } from '../../capture/units.ts';
import { Transport } from '../../network/flow.ts';
import { HeaderKind, type TracedHeader } from '../../network/header-trace.ts';
import type { Analysis } from '../analysis.ts';
import type { MessageAtHand } from '../message-at-hand.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { ByteView } from '../protocol.ts';
import type { ViewOf } from './header-nodes.ts';

/** Bytes of a body that are shown; of a larger one its beginning. */
export const MAXIMUM_SHOWN_BODY: ByteCount = 4 << 20;

/** The bytes of one message, by where they come from. View 0 holds the message itself. */
export interface MessageViews {
  views: ByteView[];
  /** Where the message stands in view 0. */
  messageAt: number;
  /** Index of the view of the frame; -1 where it is not known. */
  frame: number;
  headers: readonly TracedHeader[];
  viewOf: ViewOf;
}

/**
 * Makes the views of a message that is at hand: the frame; the datagram joined from fragments, the message of a stream,
 * or the packet that 6LoWPAN compressed, in full. Undefined where its bytes are gone.
 */
export function messageViews(
  analysis: Analysis,
  facts: MessageFacts,
  atHand: MessageAtHand,
  row: MessageRow,
): MessageViews | undefined {
  const message = atHand.message(row);
  if (message === undefined) return undefined;
  const { messages } = analysis.tracking;
  const bytes = message.bytes.slice(message.start, message.end);
  const frame = atHand.frame(row).slice();
  const title = `Frame ${messages.frame.get(row)}`;
  const headers = atHand.headers(row).map((header) => ({ ...header }));
  const head = atHand.head(row);
  const isDatagram = facts.transport(row) === Transport.udp;
  const isInFrame = isDatagram && messages.source.get(row) >= 0;
  if (isInFrame) {
    if (frame.length === 0)
      return { views: [{ title, bytes }], messageAt: 0, frame: 0, headers, viewOf: () => undefined };
    const views: ByteView[] = [{ title, bytes: frame }];
    const full = headers.find((header) => header.bytes !== atHand.frame(row));
    if (full !== undefined) views.push({ title: 'IPv6 in full', bytes: inFull(headers, full.bytes, bytes) });
    return {
      views,
      messageAt: messages.headerLength.get(row),
      frame: 0,
      headers,
      viewOf: (header) =>
        header.bytes === atHand.frame(row) ? 0 : header.bytes === full?.bytes ? 1 : undefined,
    };
  }
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  const views: ByteView[] = [{ title: isDatagram ? 'Joined datagram' : 'Message', bytes: whole }];
  if (frame.length > 0) views.push({ title, bytes: frame });
  return {
    views,
    messageAt: head.length,
    frame: views.length - 1,
    headers,
    viewOf: (header) =>
      header.bytes === head ? 0 : header.bytes === atHand.frame(row) ? views.length - 1 : undefined,
  };
}

/** The packet with the headers that were compressed written out, and the message behind them. */
function inFull(
  headers: readonly TracedHeader[],
  expanded: Uint8Array,
  message: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  for (const header of headers)
    if (header.bytes === expanded && header.kind !== HeaderKind.lowpan) end = Math.max(end, header.end);
  const whole = new Uint8Array(end + message.length);
  whole.set(expanded.subarray(0, end));
  whole.set(message, end);
  return whole;
}
