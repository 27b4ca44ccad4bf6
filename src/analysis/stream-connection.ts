import type { Frame } from '../capture/frame.ts';
import type { Datagram, Piece } from '../network/datagram.ts';
import { TcpFlag } from '../network/tcp.ts';
import { type StreamBudget, TcpStream } from '../network/tcp-stream.ts';
import type { FlowTable } from '../network/flow.ts';
import { HttpConnection, type HttpExchanges } from './http-exchanges.ts';
import type { WebSocketReader } from '../coap/websocket-reader.ts';

const origin = { fileOffset: 0, frame: 0, file: 0 };

/** One direction of a TCP connection and how far its messages are read. */
export class Half {
  readonly stream: TcpStream;
  /** The next unread byte is the first of a message. */
  synced = false;
  /** Bytes to come that belong to a message already given. */
  skip = 0;
  /** Over WebSocket: its reader, whether the HTTP head is behind, and what a message was put together from. */
  webSocket: WebSocketReader | undefined = undefined;
  headRead = false;
  /** A client's frames are masked (RFC 6455 §5.3). */
  masks = false;
  parts: Piece[] = [];

  constructor(
    readonly fromA: boolean,
    budget: StreamBudget,
  ) {
    this.stream = new TcpStream(budget);
  }
}

/** One TCP connection of which it is not known yet, or known, that it carries CoAP. */
export class Connection {
  readonly a: Half;
  readonly b: Half;
  /** Its conversation once it is known for CoAP; -1 before. */
  conversation = -1;
  isWebSocket = false;
  /** Its reader where it carries HTTP. */
  http: HttpConnection | undefined = undefined;
  /** Frames that were counted as not read, and places where its beginning was looked for. */
  frames = 0;
  tries = 0;

  constructor(
    readonly flow: number,
    /** One of its ports is CoAP's. */
    readonly coapPort: boolean,
    budget: StreamBudget,
  ) {
    this.a = new Half(true, budget);
    this.b = new Half(false, budget);
  }

  /** Gives all memory back. */
  release(): void {
    for (const half of [this.a, this.b]) {
      half.stream.release();
      half.webSocket?.release();
    }
  }
}

/** Puts a TCP segment of a frame of file `file` into the stream of its direction (RFC 9293 §3.4). */
export function feed(half: Half, peer: Half, segment: Datagram, frame: Frame, file: number): void {
  const { stream } = half;
  const { tcpFlags, bytes, start, end, payloadLength, pieces } = segment;
  let { sequence } = segment;
  if ((tcpFlags & TcpFlag.syn) !== 0) {
    if (!stream.known) stream.begin(sequence);
    sequence = (sequence + 1) >>> 0;
  }
  if ((tcpFlags & TcpFlag.ack) !== 0) peer.stream.acknowledge(segment.acknowledgement);
  origin.file = file;
  if (payloadLength > 0 && pieces === undefined) {
    origin.fileOffset = frame.fileOffset + start - frame.start;
    origin.frame = frame.number;
    stream.add(sequence, bytes, start, end, payloadLength - (end - start), origin);
  } else if (payloadLength > 0 && pieces !== undefined) {
    let at = start;
    for (const piece of pieces) {
      origin.file = piece.file ?? file;
      const to = Math.min(end, at + piece.length);
      origin.fileOffset = piece.fileOffset;
      origin.frame = piece.frame;
      stream.add((sequence + at - start) >>> 0, bytes, at, to, 0, origin);
      at = to;
    }
    origin.file = file;
    if (payloadLength > at - start)
      stream.add((sequence + at - start) >>> 0, bytes, at, at, payloadLength - (at - start), origin);
  }
  if ((tcpFlags & TcpFlag.fin) !== 0) stream.finish((sequence + payloadLength) >>> 0);
}

/** Gives a connection its reader of HTTP. `proof` is the direction that begins as HTTP: its first byte tells which one asks. */
export function beginHttp(
  connection: Connection,
  proof: Half,
  exchanges: HttpExchanges,
  flows: FlowTable,
): HttpConnection {
  const { flow, a, b } = connection;
  // An answer begins with its version.
  const asks =
    proof.stream.bytes[proof.stream.start] !== 0x48 || proof.stream.bytes[proof.stream.start + 1] !== 0x54;
  const up = asks === (proof === a) ? a : b;
  const down = up === a ? b : a;
  const endOf = (half: Half): number => (half === a ? flows.endpointA(flow) : flows.endpointB(flow));
  connection.http = new HttpConnection(exchanges, up.stream, down.stream, endOf(up), endOf(down), {
    up: up === proof || up.stream.fromBeginning,
    down: down === proof || down.stream.fromBeginning,
  });
  return connection.http;
}
