import type { Frame } from '../capture/frame.ts';
import { Outcome } from '../capture/outcome.ts';
import type { ByteCount, Nanoseconds } from '../capture/units.ts';
import { frameLength, NEEDS_MORE, NO_FRAME } from '../coap/framing-tcp.ts';
import { MessageView } from '../coap/message.ts';
import { COAP_PORT } from '../coap/recogniser.ts';
import { StreamRecogniser } from '../coap/stream-recogniser.ts';
import { readHttpHead } from '../coap/websocket.ts';
import { type InflaterCount, WebSocketReader, WsFound } from '../coap/websocket-reader.ts';
import { Datagram, type Piece } from '../network/datagram.ts';
import { type FlowTable, Transport } from '../network/flow.ts';
import { IpProtocol } from '../network/ip.ts';
import { NotRead, type NotReadCounter } from '../network/not-read.ts';
import { TcpFlag } from '../network/tcp.ts';
import { StreamBudget, UNKNOWN_GAP } from '../network/tcp-stream.ts';
import type { SecurityReader } from '../security/association.ts';
import type { ConversationTable } from '../security/conversation.ts';
import type { DecodeAs } from './settings.ts';
import { HttpExchanges, type HttpMoment } from './http-exchanges.ts';
import { beginHttp, Connection, feed, type Half } from './stream-connection.ts';
import { judge, RESYNC_BYTES, synchronise, Verdict } from './stream-verdict.ts';

/** Longest message that is kept whole; of a longer one the beginning is read. */
export const LONGEST_MESSAGE: ByteCount = 1 << 20;
/** Connections of which it is not known what they carry; beyond, the oldest is forgotten. */
const MAX_UNDECIDED = 4096;
/** Connections of HTTP that are read at the same time; beyond, the oldest is left. */
const MAX_HTTP = 1024;

/** Takes what connections give. */
export interface StreamTaker {
  /** A message, in the frame that is being read; `pieces` say where its bytes lie. */
  message(view: MessageView, conversation: number, fromA: boolean, pieces: Piece[]): void;
  /** The connection of a conversation is closed. */
  closed(conversation: number): void;
}

/**
 * TCP segments become messages: joins streams, what they carry, and the framings of CoAP over TCP and WebSocket
 * (RFC 8323 §3.2, §4.2). Each connection is a conversation.
 */
export class StreamMessages {
  /** Times that bytes of a connection with CoAP were missing, and how many as far as known. */
  gaps = 0;
  lostBytes: ByteCount = 0;
  /** What was asked and answered over HTTP. */
  readonly http = new HttpExchanges();
  /** `Verdict` by flow. */
  #verdicts = new Uint8Array(256);
  readonly #undecided = new Map<number, Connection>();
  readonly #open = new Map<number, Connection>();
  readonly #http = new Map<number, Connection>();
  readonly #budget = new StreamBudget();
  readonly #moment: HttpMoment = { time: 0, file: 0, frame: 0 };
  readonly #inflaters: InflaterCount = { inflaters: 0 };
  readonly #recogniser = new StreamRecogniser();
  readonly #view = new MessageView();
  readonly #scratch = new Datagram();

  constructor(
    private readonly flows: FlowTable,
    private readonly conversations: ConversationTable,
    private readonly security: SecurityReader,
    private readonly notRead: NotReadCounter,
    private readonly taker: StreamTaker,
    /** What a person has said that a flow carries. */
    private readonly told: (flow: number) => DecodeAs | undefined = () => undefined,
  ) {}

  /** Takes a TCP segment of a frame of file `file`, captured at `time`. */
  segment(segment: Datagram, frame: Frame, file: number, time: Nanoseconds = 0): void {
    const flow = this.flows.lookup(segment, Transport.tcp);
    const { fromA } = this.flows;
    this.#moment.time = time;
    this.#moment.file = file;
    this.#moment.frame = frame.number;
    if (flow >= this.#verdicts.length) this.#grow(flow);
    if ((segment.tcpFlags & TcpFlag.syn) !== 0) this.#begin(flow, fromA, segment);
    if (this.#verdicts[flow] === Verdict.fresh && this.told(flow) === 'none')
      this.#verdicts[flow] = Verdict.other;
    switch (this.#verdicts[flow]) {
      case Verdict.tls:
        this.security.countTls(segment, flow, fromA);
        this.security.sealedBytes.add(flow, fromA, segment.payloadLength, time);
        return;
      case Verdict.other:
        this.notRead.count(NotRead.ipProtocol, IpProtocol.tcp);
        return;
      case Verdict.http:
        this.notRead.count(NotRead.http, 0);
        if (!this.#http.has(flow)) return;
        break;
      case Verdict.closed:
        return;
    }
    const connection = this.#known(flow) ?? this.#add(flow, segment);
    const half = fromA ? connection.a : connection.b;
    const peer = fromA ? connection.b : connection.a;
    feed(half, peer, segment, frame, file);
    if (connection.http !== undefined) connection.http.pump(this.#moment, false);
    else if (connection.conversation < 0) {
      connection.frames++;
      this.notRead.count(NotRead.ipProtocol, IpProtocol.tcp);
      this.#decide(connection, half, peer);
    }
    if (connection.conversation >= 0) {
      this.#pump(connection, half, false);
      this.#pump(connection, peer, false);
    }
    const isOver = connection.a.stream.finished && connection.b.stream.finished;
    if (isOver || (segment.tcpFlags & TcpFlag.rst) !== 0) this.#close(connection);
  }

  /** No more segments come: what waits is given as far as it is there. */
  end(): void {
    for (const connection of this.#open.values()) {
      this.#finish(connection);
      connection.release();
    }
    for (const connection of this.#http.values()) {
      connection.http?.end(this.#moment);
      connection.release();
    }
    this.#open.clear();
    this.#undecided.clear();
    this.#http.clear();
  }

  #known(flow: number): Connection | undefined {
    return this.#open.get(flow) ?? this.#undecided.get(flow) ?? this.#http.get(flow);
  }

  /** A SYN: a new connection, unless it is a repeat or the other side's. */
  #begin(flow: number, fromA: boolean, segment: Datagram): void {
    const known = this.#known(flow);
    if (known !== undefined) {
      const { stream } = fromA ? known.a : known.b;
      if (!stream.known && (segment.tcpFlags & TcpFlag.ack) !== 0) return;
      if (stream.fromBeginning && stream.first === (segment.sequence + 1) >>> 0) return;
      // A SYN that the capture shows behind the first bytes.
      const behind = (stream.next - segment.sequence) | 0;
      if (!stream.fromBeginning && stream.known && behind > 0 && behind < RESYNC_BYTES) return;
      this.#close(known);
    }
    this.#verdicts[flow] = Verdict.fresh;
    this.security.forgetTls(flow);
  }

  #add(flow: number, segment: Datagram): Connection {
    if (this.#undecided.size >= MAX_UNDECIDED) {
      for (const [oldest, connection] of this.#undecided) {
        connection.release();
        this.#undecided.delete(oldest);
        this.#verdicts[oldest] = Verdict.fresh;
        break;
      }
    }
    const coapPort =
      segment.sourcePort === COAP_PORT || segment.destinationPort === COAP_PORT || this.told(flow) === 'coap';
    const connection = new Connection(flow, coapPort, this.#budget);
    this.#undecided.set(flow, connection);
    this.#verdicts[flow] = Verdict.undecided;
    return connection;
  }

  #decide(connection: Connection, half: Half, peer: Half): void {
    for (const one of [half, peer]) {
      const { stream } = one;
      const before = stream.end - stream.start;
      const gap = stream.takeGap(false);
      if (gap !== 0) {
        if (gap !== UNKNOWN_GAP) stream.consume(before);
        stream.fromBeginning = false;
      }
      const verdict = judge(connection, one, this.#recogniser);
      if (verdict === Verdict.undecided) continue;
      const { flow } = connection;
      this.#undecided.delete(flow);
      this.#verdicts[flow] = verdict;
      if (verdict === Verdict.coap || verdict === Verdict.webSocket) {
        this.#accept(connection, one, verdict === Verdict.webSocket);
        return;
      }
      if (verdict !== Verdict.other)
        this.notRead.count(NotRead.ipProtocol, IpProtocol.tcp, -connection.frames);
      if (verdict === Verdict.http) {
        this.notRead.count(NotRead.http, 0, connection.frames);
        this.#beginHttp(connection, one);
        return;
      }
      if (verdict === Verdict.tls) this.#countTls(connection);
      connection.release();
      return;
    }
  }

  /** `proof` is the direction that begins as HTTP. */
  #beginHttp(connection: Connection, proof: Half): void {
    if (this.#http.size >= MAX_HTTP) {
      for (const oldest of this.#http.values()) {
        this.#close(oldest);
        break;
      }
    }
    const http = beginHttp(connection, proof, this.http, this.flows);
    this.#http.set(connection.flow, connection);
    http.pump(this.#moment, false);
  }

  /** Counts the records in what has come before it was known that this is TLS. */
  #countTls(connection: Connection): void {
    const scratch = this.#scratch;
    for (const { stream, fromA } of [connection.a, connection.b]) {
      scratch.bytes = stream.bytes;
      scratch.start = stream.start;
      scratch.end = stream.end;
      scratch.payloadLength = stream.end - stream.start;
      scratch.sequence = (stream.next - scratch.payloadLength) >>> 0;
      if (scratch.payloadLength > 0) this.security.countTls(scratch, connection.flow, fromA);
    }
  }

  /** From here on the connection is known for CoAP. `proof` is the direction that shows it. */
  #accept(connection: Connection, proof: Half, isWebSocket: boolean): void {
    this.notRead.count(NotRead.ipProtocol, IpProtocol.tcp, -connection.frames);
    this.#open.set(connection.flow, connection);
    connection.isWebSocket = isWebSocket;
    connection.conversation = this.conversations.open(
      connection.flow,
      isWebSocket ? Transport.ws : Transport.tcp,
    );
    for (const half of [connection.a, connection.b])
      half.synced = half === proof || half.stream.fromBeginning || isWebSocket;
    if (!isWebSocket) return;
    const { stream } = proof;
    const head = readHttpHead(stream.bytes, stream.start, stream.end);
    const client = proof === connection.a ? connection.b : connection.a;
    client.masks = true;
    proof.webSocket = new WebSocketReader(head.deflate, head.serverFresh, this.#inflaters);
    client.webSocket = new WebSocketReader(head.deflate, head.clientFresh, this.#inflaters);
  }

  /** Reads all messages that are there, and goes on behind gaps. */
  #pump(connection: Connection, half: Half, atEnd: boolean): void {
    const { stream } = half;
    for (;;) {
      if (half.webSocket === undefined) this.#readMessages(connection, half);
      else this.#readWebSocket(connection, half, half.webSocket);
      const before = stream.end - stream.start;
      const gap = stream.takeGap(atEnd);
      if (gap === 0) return;
      this.#lose(connection, half, before, gap);
    }
  }

  #readMessages(connection: Connection, half: Half): void {
    const { stream } = half;
    for (;;) {
      if (half.skip > 0) {
        const skipped = Math.min(half.skip, stream.end - stream.start);
        half.skip -= skipped;
        stream.consume(skipped);
      }
      if (stream.start === stream.end) return;
      if (!half.synced && !synchronise(half, this.#recogniser)) return;
      const { bytes, start, end } = stream;
      const length = frameLength(bytes, start, end);
      if (length === NO_FRAME) {
        this.#give(connection, half, start, end, false);
        stream.consume(end - start);
        half.synced = false;
      } else if (length !== NEEDS_MORE && start + length <= end) {
        this.#give(connection, half, start, start + length, false);
        stream.consume(length);
      } else {
        if (!stream.isOverfull(LONGEST_MESSAGE)) return;
        this.#give(connection, half, start, end, true);
        half.skip = Math.max(0, length - (end - start));
        half.synced = length !== NEEDS_MORE;
        stream.consume(end - start);
      }
    }
  }

  /** Gives the message at `bytes[start..end)` of a stream; `isCut` where that is not all of it. */
  #give(connection: Connection, half: Half, start: number, end: number, isCut: boolean): void {
    const view = this.#view;
    view.readReliable(half.stream.bytes, start, end, false);
    if (isCut || view.outcome === Outcome.truncated) view.markLost();
    const pieces = half.stream.origins(start, end);
    this.taker.message(view, connection.conversation, half.fromA, pieces);
  }

  /** `gap` bytes are missing behind the first `before` unread ones. */
  #lose(connection: Connection, half: Half, before: ByteCount, gap: ByteCount): void {
    const { stream } = half;
    this.gaps++;
    if (gap === UNKNOWN_GAP) {
      half.skip = 0;
      half.synced = false;
      half.webSocket?.lose();
      return;
    }
    this.lostBytes += gap;
    if (half.webSocket !== undefined) {
      half.webSocket.lose();
      half.synced = false;
      stream.consume(before);
      return;
    }
    let left = half.skip;
    if (before > 0) {
      const length = frameLength(stream.bytes, stream.start, stream.start + before);
      if (half.synced) this.#give(connection, half, stream.start, stream.start + before, true);
      left = length < 0 ? 0 : length - before;
      stream.consume(before);
    }
    // Len says where the message ends: what follows it is a boundary, if the gap does not reach beyond.
    half.synced = half.synced && left >= gap && left > 0;
    half.skip = half.synced ? left - gap : 0;
  }

  #readWebSocket(connection: Connection, half: Half, reader: WebSocketReader): void {
    const { stream } = half;
    while (stream.end > stream.start) {
      const { bytes, start, end } = stream;
      if (!half.headRead) {
        const head = readHttpHead(bytes, start, end);
        half.headRead = true;
        stream.consume(head.length);
        continue;
      }
      if (!half.synced && !reader.canBegin(bytes, start, end, half.masks)) {
        stream.consume(end - start);
        return;
      }
      half.synced = true;
      const found = reader.next(bytes, start, end);
      if (found === WsFound.none && !stream.isOverfull(LONGEST_MESSAGE + 16)) return;
      if (found === WsFound.none || found === WsFound.broken) {
        reader.lose();
        half.synced = false;
        stream.consume(end - start);
        return;
      }
      this.#takeFrame(connection, half, reader, found === WsFound.message);
      stream.consume(reader.frameBytes);
    }
  }

  #takeFrame(connection: Connection, half: Half, reader: WebSocketReader, isMessage: boolean): void {
    const { stream } = half;
    const { start } = stream;
    const { message } = reader;
    if (!isMessage && reader.isControl) return;
    const from = isMessage && reader.plainFrom >= 0 ? reader.plainFrom : 0;
    half.parts.push(...stream.origins(start + from, start + reader.frameBytes));
    if (!isMessage) return;
    const { parts } = half;
    half.parts = [];
    if (message === undefined || message.length === 0) return;
    const view = this.#view;
    view.readReliable(message, 0, message.length, true);
    if (reader.plainFrom < 0)
      parts.forEach((part, index) => {
        part.length = index === 0 ? message.length : 0;
        if (index === 0) part.bytes = message;
      });
    this.taker.message(view, connection.conversation, half.fromA, parts);
  }

  /** Gives what is left of a connection's messages. */
  #finish(connection: Connection): void {
    for (const half of [connection.a, connection.b]) {
      this.#pump(connection, half, true);
      const { stream } = half;
      if (stream.end > stream.start && half.synced && half.webSocket === undefined)
        this.#give(connection, half, stream.start, stream.end, true);
    }
  }

  #close(connection: Connection): void {
    const { flow, conversation, http } = connection;
    if (conversation >= 0) this.#finish(connection);
    http?.end(this.#moment);
    connection.release();
    this.#undecided.delete(flow);
    this.#open.delete(flow);
    this.#http.delete(flow);
    if (http === undefined) this.#verdicts[flow] = conversation >= 0 ? Verdict.closed : Verdict.other;
    if (conversation >= 0) this.taker.closed(conversation);
  }

  #grow(flow: number): void {
    const verdicts = new Uint8Array(Math.max(flow + 1, this.#verdicts.length * 2));
    verdicts.set(this.#verdicts);
    this.#verdicts = verdicts;
  }
}
