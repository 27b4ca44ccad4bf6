import type { CaptureInterface, CaptureReader, FrameSink } from './frame.ts';
import { Frame, LogEnds } from './frame.ts';
import type { HexLine } from './hex-line.ts';
import { onlyOffset, readHexLine } from './hex-line.ts';
import { LogDirection, type LogTime, type LogWords, noWords, readWords, takeTime } from './log-line.ts';
import type { ByteCount, ByteOffset, FrameNumber } from './units.ts';

/**
 * Link type of a datagram's payload that stands in a log without its headers. Ours alone: it lies outside of the 16
 * bits that files have for link types, so that no file can name it.
 */
export const LOG_DATAGRAM = 0x10000;

/** Longest frame that is put together; a UDP datagram is no longer. */
const MOST_FRAME: ByteCount = 65_575;
/** Most characters of a line that are looked at: the longest frame in groups of two, and words around it. */
const MOST_LINE = 262_144;
/** Least bytes of a dump: CoAP's header (RFC 7252 §3). */
const LEAST_FRAME: ByteCount = 4;
/** Least bytes of one word within a sentence; shorter ones are numbers and identifiers. */
const LEAST_EMBEDDED: ByteCount = 7;
/** Bytes from which a dump that is no frame is counted. */
const LEAST_COUNTED: ByteCount = 8;
/** Bases of the offsets that `od` writes. */
const OFFSET_BASES = [16, 10, 8];
const DAY = 86_400;

/** How sure it is that bytes are a message at all. */
export const LogEvidence = {
  /** They stand within a sentence. */
  sentence: 0,
  /** They stand alone, as a dump does. */
  dump: 1,
  /** And the log says that they were sent or received. */
  sent: 2,
} as const;

/** Says what `bytes[start..end)` are, given a `LogEvidence`: a link type, or −1 where they are no frame. */
export type LinkTypeOf = (bytes: Uint8Array, start: number, end: number, evidence: number) => number;

/** One line of a dump. */
interface DumpLine {
  start: number;
  end: number;
  words: LogWords;
}

/**
 * Reads frames from the text of a log: dumps as `od -Ax -tx1`, `hexdump -C`, `xxd`, `tcpdump -x`, Wireshark, text2pcap
 * and LwM2M stacks write them, with an offset before the bytes or without, with their text behind or without, and
 * messages in one line. Time, direction and the peer's address are taken from the same line or from the lines since
 * the dump before. A time without a date counts from 1970-01-01, and a day later where it falls back by more than
 * half of one; without a zone it is UTC; a frame without a time says so.
 *
 * Takes the text in pieces of any size, UTF-8 or marked UTF-16. The bytes of a frame do not stand in the text as such,
 * so they are given apart: `takeDecoded` hands over what was decoded since the last call, and `fileOffset` of a frame
 * counts in all that was handed over. Lines that follow one another without an offset are messages of their own
 * where each of them is one, else one message. There is no fault: what is no dump is text.
 */
export class HexDumpReader implements CaptureReader {
  readonly container = 'hex dump';
  readonly interfaces: CaptureInterface[] = [];
  readonly fault = undefined;
  /** Dumps that are neither a message nor a packet. */
  notFrames = 0;
  #frames: FrameNumber = 0;
  readonly #frame = new Frame();
  readonly #ends = new LogEnds();
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #head = new Uint8Array(0);
  #text = '';
  /** The rest of a line that was too long is passed over. */
  #tooLong = false;
  #decoded: Uint8Array[] = [];
  #decodedSize: ByteOffset = 0;

  /** The dump that is being read. */
  #bytes = new Uint8Array(4096);
  #length = 0;
  #lines: DumpLine[] = [];
  #shape: HexLine | undefined;
  #evidence: number = LogEvidence.dump;
  /** Base of the offsets, once the second one has shown it. */
  #base = 0;
  /** A line `*` stands for repeats of the line before, up to the next offset. */
  #starred = false;

  /** What the lines since the last dump say. */
  #context: LogWords = noWords();
  #day = 0;
  #lastClock = -Infinity;

  /** `log` tells the ends of this log from those of others. */
  constructor(
    private readonly sink: FrameSink,
    private readonly linkTypeOf: LinkTypeOf,
    log = 0,
  ) {
    this.#ends.log = log;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Gives the bytes of frames decoded since the last call. */
  takeDecoded(): Uint8Array {
    const chunks = this.#decoded;
    this.#decoded = [];
    if (chunks.length === 1) return chunks[0]!;
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  push(bytes: Uint8Array): void {
    let piece = bytes;
    if (this.#decoder === undefined) {
      if (this.#head.length > 0) {
        piece = new Uint8Array(this.#head.length + bytes.length);
        piece.set(this.#head);
        piece.set(bytes, this.#head.length);
      }
      if (piece.length < 2) {
        this.#head = piece.slice();
        return;
      }
      this.#decoder = decoderOf(piece);
    }
    this.#take(this.#decoder.decode(piece, { stream: true }));
  }

  end(): void {
    if (this.#decoder === undefined) this.#take(decoderOf(this.#head).decode(this.#head));
    else this.#take(this.#decoder.decode());
    if (this.#text !== '') this.#line(this.#text);
    this.#text = '';
    this.#close();
  }

  #take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = this.#text + text.slice(start, end);
      this.#text = '';
      if (!this.#tooLong) this.#line(line.slice(0, MOST_LINE));
      this.#tooLong = false;
      start = end + 1;
    }
    if (this.#tooLong) return;
    this.#text += text.slice(start);
    if (this.#text.length > MOST_LINE) {
      this.#line(this.#text.slice(0, MOST_LINE));
      this.#text = '';
      this.#tooLong = true;
    }
  }

  #line(raw: string): void {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '') {
      this.#close();
      return;
    }
    const shape = this.#shape;
    if (shape?.offset !== undefined) {
      if (line.trim() === '*') {
        this.#starred = true;
        return;
      }
      const last = onlyOffset(line);
      if (last !== undefined && this.#fits(last, true)) {
        this.#close();
        return;
      }
    }
    const words = takeTime(line);
    const hex = readHexLine(words.rest);
    if (hex === undefined || !this.#dump(hex, words)) {
      this.#close();
      readWords(words.rest, words);
      this.#remember(words);
    }
  }

  /** Takes the bytes of a line; false where they are no part of a dump, so that the line is text. */
  #dump(found: HexLine, words: LogWords): boolean {
    let hex = found;
    readWords(hex.before, words);
    if (this.#continues(hex, words)) {
      // Messages in one line each may follow one another without end.
      if (this.#length > MOST_FRAME && hex.offset === undefined) this.#close();
      else {
        this.#append(hex, words);
        return true;
      }
    }
    // A number within a sentence is no offset: `message 1234: 4401…`.
    if (hex.offset !== undefined && !isZero(hex.offset) && /\w/.test(hex.before))
      hex = { ...hex, offset: undefined, embedded: true };
    const starts = hex.offset === undefined || isZero(hex.offset);
    const isWord = hex.embedded && hex.width > 2 && words.direction === LogDirection.unknown;
    if (hex.offset === undefined && hex.bytes.length < (isWord ? LEAST_EMBEDDED : LEAST_FRAME)) return false;
    this.#close();
    // The rest of a dump whose beginning was not seen says nothing.
    if (!starts) return true;
    this.#shape = hex;
    const said = words.direction !== 0 || this.#context.direction !== 0;
    this.#evidence = said ? LogEvidence.sent : hex.embedded ? LogEvidence.sentence : LogEvidence.dump;
    this.#append(hex, words);
    return true;
  }

  #continues(hex: HexLine, words: LogWords): boolean {
    const shape = this.#shape;
    if (shape === undefined) return false;
    if (shape.offset !== undefined) return hex.offset !== undefined && this.#fits(hex.offset, this.#starred);
    if (hex.offset !== undefined || hex.width !== shape.width) {
      // One long word has the width of its line; the last one is shorter.
      if (hex.offset !== undefined || hex.width > shape.width || hex.bytes.length * 2 !== hex.width)
        return false;
    }
    const first = this.#lines[0]!;
    const last = this.#lines.at(-1)!;
    const full = first.end - first.start;
    return (
      hex.embedded === shape.embedded &&
      !hex.isFollowed &&
      last.end - last.start === full &&
      hex.bytes.length <= full &&
      words.direction === first.words.direction &&
      words.peer === first.words.peer &&
      withoutDigits(hex.before) === withoutDigits(shape.before)
    );
  }

  /** Whether an offset, hexadecimal, decimal or octal, is where the dump stands; or beyond it, after a `*`. */
  #fits(offset: string, beyond: boolean): boolean {
    for (const base of this.#base === 0 ? OFFSET_BASES : [this.#base]) {
      const value = parseInt(offset, base);
      if (value === this.#length) {
        this.#base = base;
        return this.#length > 0;
      }
      if (beyond && this.#starred && value > this.#length && value <= MOST_FRAME) {
        const { start, end } = this.#lines.at(-1)!;
        const repeated = this.#bytes.slice(start, end);
        if (repeated.length === 0 || (value - this.#length) % repeated.length !== 0) continue;
        while (this.#length < value) this.#add(repeated);
        this.#starred = false;
        return true;
      }
    }
    return false;
  }

  #append(hex: HexLine, words: LogWords): void {
    // What is longer is no frame, and must not fill the memory.
    if (this.#length > MOST_FRAME) return;
    const start = this.#length;
    this.#add(hex.bytes);
    this.#lines.push({ start, end: this.#length, words });
    this.#starred = false;
  }

  #add(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #remember(words: LogWords): void {
    const context = this.#context;
    if (words.time !== undefined) context.time = words.time;
    if (words.direction !== 0) {
      context.direction = words.direction;
      context.peer = words.peer;
      context.peerPort = words.peerPort;
    } else if (context.peer === '' && words.peer !== '') {
      context.peer = words.peer;
      context.peerPort = words.peerPort;
    }
  }

  /** Ends the dump and gives its frames. */
  #close(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    const isOne = lines.length === 1 || this.#shape?.offset !== undefined;
    const given =
      (isOne || !this.#areAllFrames(lines)) && this.#give(lines[0]!.start, this.#length, lines[0]!.words);
    if (!given && !isOne) for (const line of lines) this.#give(line.start, line.end, line.words);
    else if (!given && this.#length >= LEAST_COUNTED && this.#evidence !== LogEvidence.sentence)
      this.notFrames++;
    this.#length = 0;
    this.#shape = undefined;
    this.#starred = false;
    this.#base = 0;
    this.#context = noWords();
  }

  /** Whether each line is a frame by itself; a damaged one is not, for it may go on in the next line. */
  #areAllFrames(lines: readonly DumpLine[]): boolean {
    const evidence = Math.min(this.#evidence, LogEvidence.dump);
    return lines.every(({ start, end }) => this.#linkTypeOf(start, end, evidence) >= 0);
  }

  /** Gives the frame in a range of the dump; false where it is none. */
  #give(from: number, end: number, words: LogWords): boolean {
    let start = from;
    let linkType = this.#linkTypeOf(start, end);
    if (linkType < 0 && this.#shape?.embedded === true && end - start > LEAST_FRAME) {
      // A number of the sentence, such as a length, may stand right before the bytes.
      linkType = this.#linkTypeOf(start + 1, end);
      if (linkType >= 0) start++;
    }
    if (linkType < 0) return false;
    const frame = this.#frame;
    const bytes = this.#bytes.slice(start, end);
    frame.bytes = bytes;
    frame.start = 0;
    frame.end = bytes.length;
    frame.originalLength = bytes.length;
    frame.fileOffset = this.#decodedSize;
    frame.linkType = linkType;
    frame.interfaceIndex = this.#interface(linkType);
    this.#setTime(words.time ?? this.#context.time);
    const ends = this.#ends;
    const said = words.direction === LogDirection.unknown ? this.#context : words;
    ends.direction = said.direction;
    const named = words.peer === '' ? this.#context : words;
    ends.peer = named.peer;
    ends.peerPort = named.peerPort;
    frame.ends = ends;
    frame.number = ++this.#frames;
    this.interfaces[frame.interfaceIndex]!.frames++;
    this.#decoded.push(bytes);
    this.#decodedSize += bytes.length;
    // The time of the words above holds for the first message below them only.
    delete this.#context.time;
    this.sink.frame(frame);
    return true;
  }

  #linkTypeOf(start: number, end: number, evidence = this.#evidence): number {
    if (end - start < LEAST_FRAME || end - start > MOST_FRAME) return -1;
    return this.linkTypeOf(this.#bytes, start, end, evidence);
  }

  #setTime(time: LogTime | undefined): void {
    const frame = this.#frame;
    frame.hasTime = time !== undefined;
    frame.seconds = 0;
    frame.nanoseconds = 0;
    if (time === undefined) return;
    let { seconds } = time;
    if (!time.hasDate) {
      if (seconds < this.#lastClock - DAY / 2) this.#day += DAY;
      this.#lastClock = seconds;
      seconds += this.#day;
    }
    frame.seconds = seconds;
    frame.nanoseconds = time.nanoseconds;
  }

  #interface(linkType: number): number {
    const known = this.interfaces.findIndex((point) => point.linkType === linkType);
    if (known >= 0) return known;
    return (
      this.interfaces.push({ name: '', description: '', linkType, snapLength: MOST_FRAME, frames: 0 }) - 1
    );
  }
}

function isZero(offset: string): boolean {
  return parseInt(offset, 16) === 0;
}

/** Words before bytes without what changes from line to line. */
function withoutDigits(before: string): string {
  return before.replace(/\d+/g, '').trim();
}

function decoderOf(bytes: Uint8Array): InstanceType<typeof TextDecoder> {
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  const big = bytes[0] === 0xfe && bytes[1] === 0xff;
  return new TextDecoder(little ? 'utf-16le' : big ? 'utf-16be' : 'utf-8');
}
