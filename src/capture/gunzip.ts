import type { Fault } from './outcome.ts';
import type { ByteCount, ByteOffset } from './units.ts';
import { crc32 } from './crc32.ts';
import { InflateState, Inflater } from './inflate.ts';
import { readUint16, readUint32 } from './record-reader.ts';

/** Length of a member's fixed header (RFC 1952 §2.3). */
const HEADER_LENGTH: ByteCount = 10;
/** Length of a member's trailer: CRC-32 and size (RFC 1952 §2.3). */
const TRAILER_LENGTH: ByteCount = 8;
/** Flags of a member's header (RFC 1952 §2.3.1). */
const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
/** Longest header that is read, names and extra fields included. */
const MOST_HEADER_LENGTH: ByteCount = 131_072;

const Step = { header: 0, body: 1, trailer: 2, stopped: 3 } as const;

/**
 * Decompresses gzip (RFC 1952) that comes in pieces; several members one after the other give one stream. What was
 * decoded before damage or a cut is given, then `fault` says what is wrong, its offset counting compressed bytes.
 */
export class Gunzip {
  #fault: Fault | undefined;
  #step: number = Step.header;
  #members = 0;
  /** Compressed bytes taken so far. */
  #taken: ByteOffset = 0;
  /** Header or trailer that has begun. */
  #pending = new Uint8Array(0);
  readonly #inflater = new Inflater();
  #crc = 0;
  /** Decompressed bytes of this member, modulo 2^32. */
  #size = 0;

  /** What is wrong with the compressed file; undefined where nothing is. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Takes the next compressed bytes and gives what they decompress to, in pieces whose bytes never change. */
  *push(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    this.#taken += bytes.length;
    let input = bytes;
    while (this.#step !== Step.stopped) {
      if (this.#step === Step.body) {
        this.#inflater.feed(input);
        input = yield* this.#inflate();
        if (this.#step === Step.body) return;
        continue;
      }
      if (this.#pending.length > 0) input = join(this.#pending, input);
      this.#pending = new Uint8Array(0);
      const used = this.#step === Step.header ? this.#readHeader(input) : this.#readTrailer(input);
      if (used === 0) {
        this.#pending = input.slice();
        return;
      }
      input = input.subarray(used);
      if (input.length === 0 && this.#step === Step.header) return;
    }
  }

  /** Says that no more bytes come; a member begun and not ended becomes a fault. */
  end(): void {
    if (this.#step === Step.stopped) return;
    const between = this.#step === Step.header && this.#pending.length === 0 && this.#members > 0;
    if (!between) {
      this.#stop('the gzip file is cut', this.#taken, 'RFC 1952 §2.2');
    }
    this.#step = Step.stopped;
  }

  /** Runs the inflater dry; gives the input after the member's end. */
  *#inflate(): Generator<Uint8Array, Uint8Array, undefined> {
    for (;;) {
      const state = this.#inflater.run();
      const piece = this.#inflater.take();
      if (piece.length > 0) {
        this.#crc = crc32(this.#crc, piece);
        this.#size = (this.#size + piece.length) >>> 0;
        yield piece;
      }
      if (state === InflateState.full) continue;
      if (state === InflateState.ended) {
        this.#step = Step.trailer;
        return this.#inflater.rest;
      }
      if (state === InflateState.damaged) {
        const at = this.#taken - this.#inflater.rest.length;
        this.#stop(`the compressed data is damaged: ${this.#inflater.damage}`, at, 'RFC 1951 §3.2');
      }
      return new Uint8Array(0);
    }
  }

  /** Reads a member's header (RFC 1952 §2.3); gives its length, 0 where it is not complete. */
  #readHeader(input: Uint8Array): ByteCount {
    const start = this.#taken - input.length;
    const magic = input.length < 2 ? input[0] === 0x1f : input[0] === 0x1f && input[1] === 0x8b;
    if (input.length > 0 && !magic) {
      // Padding with zeros is usual on tapes and in flash; gzip passes over it too.
      if (this.#members > 0 && isZeros(input)) return input.length;
      const text = this.#members > 0 ? 'bytes follow the gzip data that are none' : 'this is no gzip data';
      this.#stop(text, start, 'RFC 1952 §2.3.1');
      return input.length;
    }
    if (input.length < HEADER_LENGTH) return 0;
    if (input[2] !== 8) {
      this.#stop(
        `the gzip compression method ${input[2]} is not known; 8 (deflate) is`,
        start + 2,
        'RFC 1952 §2.3.1',
      );
      return input.length;
    }
    const flags = input[3]!;
    let at = HEADER_LENGTH;
    if ((flags & FEXTRA) !== 0) {
      if (at + 2 > input.length) return 0;
      at += 2 + readUint16(input, at, false);
    }
    for (const flag of [FNAME, FCOMMENT]) {
      if ((flags & flag) === 0) continue;
      const end = at < input.length ? input.indexOf(0, at) : -1;
      if (end < 0) {
        if (input.length < MOST_HEADER_LENGTH) return 0;
        this.#stop(`the gzip header is longer than ${MOST_HEADER_LENGTH} bytes`, start, 'RFC 1952 §2.3');
        return input.length;
      }
      at = end + 1;
    }
    if ((flags & FHCRC) !== 0) at += 2;
    if (at > input.length) return 0;
    this.#step = Step.body;
    this.#inflater.reset();
    this.#crc = 0;
    this.#size = 0;
    return at;
  }

  /** Reads a member's trailer (RFC 1952 §2.3.1); gives its length, 0 where it is not complete. */
  #readTrailer(input: Uint8Array): ByteCount {
    if (input.length < TRAILER_LENGTH) return 0;
    const start = this.#taken - input.length;
    if (readUint32(input, 0, false) !== this.#crc) {
      this.#stop(
        'the decompressed data has a wrong checksum: something in it is damaged',
        start,
        'RFC 1952 §2.3.1',
      );
    } else if (readUint32(input, 4, false) !== this.#size) {
      this.#stop('the decompressed data has a wrong length', start + 4, 'RFC 1952 §2.3.1');
    } else {
      this.#step = Step.header;
      this.#members++;
    }
    return TRAILER_LENGTH;
  }

  #stop(text: string, offset: ByteOffset, clause: string): void {
    this.#fault = { text: `${text} (at compressed byte ${offset})`, offset, clause };
    this.#step = Step.stopped;
  }
}

/**
 * Decompresses a gzip file as it comes. Gives the decompressed pieces; a cut or damaged file ends early, after all
 * that could be decoded, and then `onFault` hears why (its offset counts compressed bytes). Rejects only where the
 * source does.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  onFault: (fault: Fault) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const member = new Gunzip();
  for await (const bytes of source) {
    yield* member.push(bytes);
    if (member.fault !== undefined) break;
  }
  member.end();
  if (member.fault !== undefined) onFault(member.fault);
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function isZeros(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
