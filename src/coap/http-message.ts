import type { ByteCount } from '../capture/units.ts';
import { beginsAsHttp, HttpHead } from './websocket.ts';

/** Longest head that is waited for, and longest line between chunks. */
const LONGEST_HEAD: ByteCount = 16 << 10;
const LONGEST_CHUNK_LINE: ByteCount = 1024;
/** Characters of a target and of a field that are kept. */
const LONGEST_TEXT = 2048;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

const decoder = new TextDecoder('latin1');

/** What the head of an HTTP/1 message says, as far as a download needs it (RFC 9112 §3, §4, §6). */
export interface HttpMessageHead {
  /** Bytes of the head with the empty line behind it. */
  length: ByteCount;
  /** Empty on an answer. */
  method: string;
  target: string;
  host: string | undefined;
  range: string | undefined;
  /** 0 on a request. */
  status: number;
  /** -1 where there is none, or none that can be. */
  contentLength: ByteCount;
  contentRange: string | undefined;
  isChunked: boolean;
}

/** The head is not whole yet. */
export const HEAD_OPEN = 'open';
/** The bytes are no HTTP/1 message. */
export const NO_HEAD = 'none';

/** Reads the head of an HTTP/1 message at `start` (RFC 9112 §2.1); lines may end in LF alone (§2.2). */
export function readHttpMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
): HttpMessageHead | typeof HEAD_OPEN | typeof NO_HEAD {
  const beginning = beginsAsHttp(bytes, start, end);
  if (beginning === HttpHead.none) return NO_HEAD;
  const length = headLength(bytes, start, end);
  if (length < 0) return end - start < LONGEST_HEAD ? HEAD_OPEN : NO_HEAD;
  const [first = '', ...lines] = decoder.decode(bytes.subarray(start, start + length)).split(/\r?\n/);
  const request = /^([A-Z]+) (\S+) HTTP\/1\.\d$/.exec(first);
  const answer = /^HTTP\/1\.\d (\d{3})(?: |$)/.exec(first);
  if (request === null && answer === null) return NO_HEAD;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const codings = fields.get('transfer-encoding');
  return {
    length,
    method: request?.[1] ?? '',
    target: (request?.[2] ?? '').slice(0, LONGEST_TEXT),
    host: fields.get('host')?.slice(0, LONGEST_TEXT),
    range: fields.get('range')?.slice(0, LONGEST_TEXT),
    status: Number(answer?.[1] ?? 0),
    // With Transfer-Encoding, Content-Length counts for nothing (RFC 9112 §6.3).
    contentLength: codings === undefined ? lengthOf(fields.get('content-length')) : -1,
    contentRange: fields.get('content-range')?.slice(0, LONGEST_TEXT),
    isChunked: codings !== undefined && /(?:^|,)\s*chunked$/i.test(codings),
  };
}

/** Length of a head with its empty line, -1 where that has not come. */
function headLength(bytes: Uint8Array, start: number, end: number): ByteCount {
  const limit = Math.min(end, start + LONGEST_HEAD);
  let lineStart = start;
  for (let at = start; at < limit; at++) {
    if (bytes[at] !== LINE_FEED) continue;
    const isEmpty = at === lineStart || (at === lineStart + 1 && bytes[lineStart] === CARRIAGE_RETURN);
    if (isEmpty && lineStart > start) return at + 1 - start;
    lineStart = at + 1;
  }
  return -1;
}

/** Content-Length, which may stand there more than once with one value (RFC 9110 §8.6); -1 where it cannot be. */
function lengthOf(text: string | undefined): ByteCount {
  const values = new Set((text ?? '').split(',').map((one) => one.trim()));
  const [value = ''] = values;
  return values.size === 1 && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}

/** Hears of the messages of one direction. */
export interface HttpSink {
  /** A message begins. False where no body can follow, whatever its fields say (RFC 9112 §6.3). */
  head(head: HttpMessageHead): boolean;
  /** So many bytes of its body have come, or are missing. */
  body(length: ByteCount): void;
  missing(length: ByteCount): void;
  /** The message is over; `isWhole` where its end was seen. */
  done(isWhole: boolean): void;
}

const State = {
  head: 0,
  length: 1,
  chunkSize: 2,
  chunk: 3,
  chunkEnd: 4,
  trailer: 5,
  toClose: 6,
  lost: 7,
} as const;

/**
 * Cuts one direction of a connection into HTTP/1 messages and counts their bodies (RFC 9112 §6, §7.1), from bytes in any
 * pieces. The bodies are not kept. Missing bytes are borne within a body whose length, or whose chunk's, is known;
 * beyond, reading goes on at the next segment that begins as a message.
 */
export class HttpReader {
  #state: number = State.lost;
  /** Bytes of the body or the chunk to come. */
  #left: ByteCount = 0;

  constructor(
    private readonly sink: HttpSink,
    isSynchronised: boolean,
  ) {
    if (isSynchronised) this.#state = State.head;
  }

  /**
   * Takes what it can of `bytes[start..end)` and gives how much that is; the rest must be given again, with more.
   * `startsSegment` tells where a segment begins.
   */
  take(bytes: Uint8Array, start: number, end: number, startsSegment: (at: number) => boolean): ByteCount {
    let at = start;
    for (;;) {
      const next = this.#step(bytes, at, end, startsSegment);
      if (next < 0) return at - start;
      at = next;
      if (at === end) return at - start;
    }
  }

  /** `length` bytes are missing here, or an unknown number (less than 0). */
  lose(length: ByteCount): void {
    const isCounted = this.#state === State.length || this.#state === State.chunk;
    if (this.#state === State.toClose && length >= 0) this.sink.missing(length);
    else if (isCounted && length >= 0 && length <= this.#left) {
      this.sink.missing(length);
      this.#pass(length);
    } else {
      if (isCounted && length >= 0) this.sink.missing(this.#left);
      this.#giveUp();
    }
  }

  /** The connection ends; `isOrderly` where all bytes up to its end have come (RFC 9112 §6.3, rule 8). */
  end(isOrderly: boolean): void {
    if (this.#state === State.toClose) this.#finish(isOrderly);
    else this.#giveUp();
  }

  /** One step from `at`; gives where to go on, -1 where more bytes are needed. */
  #step(bytes: Uint8Array, at: number, end: number, startsSegment: (at: number) => boolean): number {
    switch (this.#state) {
      case State.head:
        return this.#readHead(bytes, at, end);
      case State.length:
      case State.chunk: {
        const length = Math.min(this.#left, end - at);
        this.sink.body(length);
        this.#pass(length);
        return at + length;
      }
      case State.toClose:
        this.sink.body(end - at);
        return end;
      case State.lost:
        return this.#seek(bytes, at, end, startsSegment);
      default:
        return this.#readLine(bytes, at, end);
    }
  }

  #readHead(bytes: Uint8Array, at: number, end: number): number {
    if (at === end) return -1;
    // Empty lines before a request are passed over (RFC 9112 §2.2).
    if (bytes[at] === CARRIAGE_RETURN || bytes[at] === LINE_FEED) return at + 1;
    const head = readHttpMessage(bytes, at, end);
    if (head === HEAD_OPEN) return -1;
    if (head === NO_HEAD) {
      this.#state = State.lost;
      return at + 1;
    }
    const hasBody = this.sink.head(head);
    const isRequest = head.status === 0;
    if (hasBody && head.isChunked) this.#state = State.chunkSize;
    else if (hasBody && head.contentLength > 0) {
      this.#state = State.length;
      this.#left = head.contentLength;
    } else if (hasBody && head.contentLength < 0 && !isRequest) this.#state = State.toClose;
    else this.#finish(true);
    return at + head.length;
  }

  /** The lines of the chunked coding: a size, the end of a chunk, trailers (RFC 9112 §7.1). */
  #readLine(bytes: Uint8Array, at: number, end: number): number {
    const limit = Math.min(end, at + LONGEST_CHUNK_LINE);
    let feed = at;
    while (feed < limit && bytes[feed] !== LINE_FEED) feed++;
    if (feed === limit) {
      if (limit === end && end - at < LONGEST_CHUNK_LINE) return -1;
      this.#giveUp();
      return at + 1;
    }
    const line = decoder.decode(bytes.subarray(at, feed)).trim();
    if (this.#state === State.chunkEnd) {
      if (line === '') this.#state = State.chunkSize;
      else this.#giveUp();
    } else if (this.#state === State.trailer) {
      if (line === '') this.#finish(true);
    } else {
      const size = /^([0-9a-f]{1,12})\s*(?:;|$)/i.exec(line);
      if (size === null) this.#giveUp();
      else {
        this.#left = Number.parseInt(size[1]!, 16);
        this.#state = this.#left === 0 ? State.trailer : State.chunk;
      }
    }
    return feed + 1;
  }

  #seek(bytes: Uint8Array, start: number, end: number, startsSegment: (at: number) => boolean): number {
    for (let at = start; at < end; at++) {
      if (beginsAsHttp(bytes, at, end) === HttpHead.none || !startsSegment(at)) continue;
      if (at > start) return at;
      const head = readHttpMessage(bytes, at, end);
      if (head === HEAD_OPEN) return -1;
      if (head === NO_HEAD) continue;
      this.#state = State.head;
      return at;
    }
    return end;
  }

  /** So many bytes of a body or chunk are behind. */
  #pass(length: ByteCount): void {
    this.#left -= length;
    if (this.#left > 0) return;
    if (this.#state === State.chunk) this.#state = State.chunkEnd;
    else this.#finish(true);
  }

  #finish(isWhole: boolean): void {
    this.#state = State.head;
    this.sink.done(isWhole);
  }

  #giveUp(): void {
    if (this.#state !== State.head && this.#state !== State.lost) this.sink.done(false);
    this.#state = State.lost;
  }
}
