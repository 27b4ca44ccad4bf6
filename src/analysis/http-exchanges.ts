import type { ByteCount, FrameNumber, Nanoseconds } from '../capture/units.ts';
import { type HttpMessageHead, HttpReader, type HttpSink } from '../coap/http-message.ts';
import { type TcpStream, UNKNOWN_GAP } from '../network/tcp-stream.ts';

/** Exchanges of HTTP that are kept; further ones are counted. */
export const MAX_HTTP_EXCHANGES = 1024;
/** Requests of one connection that wait for their answer. */
const MAX_WAITING = 64;

/** A request over HTTP and its answer, such as a download of firmware that a Package URI led to. */
export interface HttpExchange {
  /** Undefined where the request was not captured. */
  method: string | undefined;
  target: string | undefined;
  host: string | undefined;
  range: string | undefined;
  /** Undefined while no answer was seen. */
  status: number | undefined;
  /** -1 where the answer does not say. */
  contentLength: ByteCount;
  contentRange: string | undefined;
  isChunked: boolean;
  /** Bytes of the answer's body that were captured, each counted once, and those that the capture lacks. */
  received: ByteCount;
  missing: ByteCount;
  /** Endpoint ids of the ends. */
  client: number;
  server: number;
  /** Times of its first segment and of the last one with something of it. */
  from: Nanoseconds;
  to: Nanoseconds;
  /** Where it begins. */
  file: number;
  frame: FrameNumber;
  /** The answer was captured to its end, without a hole. */
  isComplete: boolean;
}

/** Where and when the segment that is read was captured. */
export interface HttpMoment {
  time: Nanoseconds;
  file: number;
  frame: FrameNumber;
}

/** The exchanges over HTTP/1 in the order of their beginnings. */
export class HttpExchanges {
  readonly kept: HttpExchange[] = [];
  count = 0;

  /** Counts an exchange, and keeps it while there is room. */
  add(exchange: HttpExchange): void {
    this.count++;
    if (this.kept.length < MAX_HTTP_EXCHANGES) this.kept.push(exchange);
  }
}

/** One connection of HTTP/1: requests one way, their answers in the same order the other way (RFC 9112 §9.3). */
export class HttpConnection {
  readonly #requests: HttpReader;
  readonly #answers: HttpReader;
  /** Requests whose answer has not begun. */
  readonly #waiting: HttpExchange[] = [];
  #answered: HttpExchange | undefined;
  /** An upgrade or a tunnel: what follows is no HTTP (RFC 9110 §7.8, §9.3.6). */
  #isOver = false;
  #moment: HttpMoment = { time: 0, file: 0, frame: 0 };

  /** `client` and `server` are endpoint ids; a direction is read from its first byte on where that is a message's. */
  constructor(
    private readonly exchanges: HttpExchanges,
    private readonly up: TcpStream,
    private readonly down: TcpStream,
    private readonly client: number,
    private readonly server: number,
    synchronised: { up: boolean; down: boolean },
  ) {
    this.#requests = new HttpReader(this.#requestSink(), synchronised.up);
    this.#answers = new HttpReader(this.#answerSink(), synchronised.down);
  }

  /** Reads what has come. `atEnd` says that no more segments come. */
  pump(moment: HttpMoment, atEnd: boolean): void {
    this.#moment = moment;
    this.#read(this.up, this.#requests, atEnd);
    this.#read(this.down, this.#answers, atEnd);
  }

  /** The connection is closed, or the capture ends. */
  end(moment: HttpMoment): void {
    this.pump(moment, true);
    this.#requests.end(this.up.finished);
    this.#answers.end(this.down.finished);
  }

  #read(stream: TcpStream, reader: HttpReader, atEnd: boolean): void {
    for (;;) {
      if (this.#isOver) stream.consume(stream.end - stream.start);
      if (stream.end > stream.start)
        stream.consume(reader.take(stream.bytes, stream.start, stream.end, (at) => stream.startsSegment(at)));
      const unread = stream.end - stream.start;
      const gap = stream.takeGap(atEnd);
      if (gap === 0) return;
      // Of a head that was cut nothing is known.
      if (gap !== UNKNOWN_GAP) stream.consume(unread);
      reader.lose(gap === UNKNOWN_GAP || unread > 0 ? UNKNOWN_GAP : gap);
    }
  }

  #requestSink(): HttpSink {
    return {
      head: (head) => {
        const exchange = this.#begin(head);
        if (this.#waiting.length < MAX_WAITING) this.#waiting.push(exchange);
        return true;
      },
      body: () => {},
      missing: () => {},
      done: () => {},
    };
  }

  #answerSink(): HttpSink {
    return {
      head: (head) => this.#answer(head),
      body: (length) => {
        if (this.#answered === undefined) return;
        this.#answered.received += length;
        this.#answered.to = this.#moment.time;
      },
      missing: (length) => {
        if (this.#answered !== undefined) this.#answered.missing += length;
      },
      done: (isWhole) => {
        if (this.#answered !== undefined) this.#answered.isComplete = isWhole && this.#answered.missing === 0;
        this.#answered = undefined;
      },
    };
  }

  /** False for an answer without a body. */
  #answer(head: HttpMessageHead): boolean {
    const { status } = head;
    // An interim answer: the final one is still to come (RFC 9110 §15.2).
    if (status >= 100 && status < 200 && status !== 101) return false;
    const exchange = this.#waiting.shift() ?? this.#begin(undefined);
    const { method } = exchange;
    exchange.status = status;
    exchange.contentLength = head.contentLength;
    exchange.contentRange = head.contentRange;
    exchange.isChunked = head.isChunked;
    exchange.to = this.#moment.time;
    this.#answered = exchange;
    if (status === 101 || (method === 'CONNECT' && status < 300)) this.#isOver = true;
    return !this.#isOver && method !== 'HEAD' && status !== 204 && status !== 304;
  }

  #begin(head: HttpMessageHead | undefined): HttpExchange {
    const { time, file, frame } = this.#moment;
    const exchange: HttpExchange = {
      method: head?.method,
      target: head?.target,
      host: head?.host,
      range: head?.range,
      status: undefined,
      contentLength: -1,
      contentRange: undefined,
      isChunked: false,
      received: 0,
      missing: 0,
      client: this.client,
      server: this.server,
      from: time,
      to: time,
      file,
      frame,
      isComplete: false,
    };
    this.exchanges.add(exchange);
    return exchange;
  }
}
