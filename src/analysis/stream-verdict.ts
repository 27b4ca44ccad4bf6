import type { ByteCount } from '../capture/units.ts';
import { LIKELY, NO_RUN, type StreamRecogniser, SURE } from '../coap/stream-recogniser.ts';
import { HttpHead, readHttpHead } from '../coap/websocket.ts';
import { beginsAsTls } from '../security/tls-record.ts';
import type { Connection, Half } from './stream-connection.ts';

/** What a TCP connection carries. */
export const Verdict = {
  /** Nothing was seen of it. */
  fresh: 0,
  undecided: 1,
  coap: 2,
  webSocket: 3,
  tls: 4,
  http: 5,
  other: 6,
  /** It carried CoAP and is closed. */
  closed: 7,
} as const;

/** Bytes of one direction after which nothing is waited for. */
const LONGEST_BEGINNING: ByteCount = 80 << 10;
/** Bytes in which the next message is looked for behind a gap. */
export const RESYNC_BYTES: ByteCount = 64 << 10;
/** Segments at whose beginning a message is looked for where the connection's own beginning is not captured. */
const MAX_TRIES = 8;

/**
 * Says by its first bytes, on any port, what a connection carries: TLS, HTTP or an upgrade to a WebSocket of CoAP, or
 * CoAP, whose connections begin with a CSM (RFC 8323 §5.3). Where the beginning is missing, a run of messages at the
 * beginning of a segment is asked for.
 */
export function judge(connection: Connection, half: Half, recogniser: StreamRecogniser): number {
  const { stream } = half;
  const { bytes, start, end } = stream;
  if (start === end) return Verdict.undecided;
  const tls = beginsAsTls(bytes, start, end);
  if (tls === 1) return Verdict.tls;
  const head = readHttpHead(bytes, start, end);
  if (head.kind === HttpHead.other) return Verdict.http;
  // The answer to the upgrade decides, not the question.
  if (head.kind === HttpHead.webSocket) return bytes[start] === 0x48 ? Verdict.webSocket : Verdict.undecided;
  if (stream.fromBeginning && recogniser.beginsWithCsm(bytes, start, end)) return Verdict.coap;
  const bits = recogniser.weigh(bytes, start, end);
  if (bits >= (connection.coapPort ? LIKELY : SURE)) return Verdict.coap;
  const canWait = bits !== NO_RUN || tls < 0 || head.kind === HttpHead.open;
  if (canWait && end - start < LONGEST_BEGINNING) return Verdict.undecided;
  if (stream.fromBeginning || ++connection.tries >= MAX_TRIES) return Verdict.other;
  stream.consume(end - start);
  return Verdict.undecided;
}

/** Looks for the next sure beginning of a message and passes over what stands before it. False where there is none yet. */
export function synchronise(half: Half, recogniser: StreamRecogniser): boolean {
  const { stream } = half;
  const { bytes, start, end } = stream;
  let possible = end;
  for (let at = start; at < end; at++) {
    const bits = recogniser.weigh(bytes, at, end);
    if (bits === NO_RUN) continue;
    if (bits >= SURE || (bits >= LIKELY && stream.startsSegment(at))) {
      stream.consume(at - start);
      half.synced = true;
      return true;
    }
    if (possible === end) possible = at;
  }
  stream.consume(Math.max(possible - start, end - start - RESYNC_BYTES, 0));
  return false;
}
