import type { ByteCount, ByteOffset, FrameNumber } from '../capture/units.ts';
import type { Piece } from './datagram.ts';
import type { IpHeader } from './ip.ts';
import { IpProtocol } from './ip.ts';
import type { Layer } from './layer.ts';
import type { LowpanReader } from './lowpan.ts';
import { NotRead } from './not-read.ts';
import type { LinkAddress } from './wpan.ts';

/** Most datagrams whose fragments wait for the rest. */
export const MAX_WAITING_DATAGRAMS = 256;
/** Most bytes of fragments that wait. */
export const MAX_WAITING_BYTES: ByteCount = 4 * 1024 * 1024;
/** Most parts of one datagram. At an MTU of 296 bytes, the least in use on slow links, the longest datagram has 241. */
export const MAX_PARTS = 256;
/**
 * Longest time between fragments of one datagram, in seconds of the capture: identifications come round again.
 * Linux waits this long; RFC 8200 §4.5 says 60 s, RFC 791 §3.2 suggests 15 s.
 */
export const FRAGMENT_TIMEOUT = 30;
/** Longest payload of IP, in bytes. RFC 791 §3.1, RFC 8200 §3. */
const MAX_IP_PAYLOAD: ByteCount = 65_535;

/** Bytes `start` to `end` of a datagram, of which those up to `capturedEnd` were captured. */
interface Part {
  start: number;
  end: number;
  capturedEnd: number;
  bytes: Uint8Array;
  fileOffset: ByteOffset;
  frame: FrameNumber;
  file: number;
}

/** A datagram in parts: sorted, without overlap. */
interface Waiting {
  parts: Part[];
  /** Bytes held in `parts`. */
  held: ByteCount;
  /** Bytes of the datagram in `parts`, captured or not. */
  covered: ByteCount;
  /** Length of the datagram, known from its last fragment; -1 before. */
  length: ByteCount;
  /** Protocol of the first fragment's bytes; -1 before it. */
  protocol: number;
  seconds: number;
  /** Frames that gave a part and are not yet counted as read or not read. */
  frames: number;
  /** A `NotRead` code once the datagram is given up; its later fragments get the same. */
  spoilt: number;
}

/** What a fragment header says. One object for all, filled for each. */
interface FragmentFields {
  /** What the fragments of one datagram have in common. */
  key: string;
  /** Place of the fragment's first byte in the datagram. */
  start: number;
  moreFragments: boolean;
  protocol: number;
  /** A `NotRead` code for what cannot be. */
  malformed: number;
  /** What an overlap does that is no exact repetition. */
  overlap: number;
}

/** Takes the bytes that came first (IPv4), spoils the datagram (IPv6), or begins again (6LoWPAN). */
const OnOverlap = { keep: 0, spoil: 1, restart: 2 } as const;

/** A datagram put together from its fragments. */
export interface Joined {
  bytes: Uint8Array;
  /** Bytes from the start that are there without a hole; less than `bytes.length` where the capture cut a fragment. */
  captured: ByteCount;
  protocol: number;
  parts: readonly Part[];
}

/** Where the bytes `start` to `end` of a joined datagram lie; `file` is the one whose frame completed it. */
export function piecesOf(joined: Joined, start: number, end: number, file: number): Piece[] {
  const pieces: Piece[] = [];
  for (const part of joined.parts) {
    const from = Math.max(start, part.start);
    const length = Math.min(end, part.capturedEnd) - from;
    if (length <= 0) continue;
    const piece: Piece = { fileOffset: part.fileOffset + from - part.start, length, frame: part.frame };
    if (part.file !== file) piece.file = part.file;
    pieces.push(piece);
  }
  return pieces;
}

/**
 * Puts fragments together, in any order. Repeated bytes are taken once: in IPv4 those that came first stay
 * (RFC 791 §3.2 allows either), in IPv6 an overlap other than an exact repetition spoils the datagram (RFC 8200
 * §4.5), in 6LoWPAN it begins the datagram anew (RFC 4944 §5.3). What waits is bounded in datagrams, bytes and
 * time of the capture; beyond, the oldest goes.
 */
export class FragmentTable {
  /** In the order of the first fragments. */
  readonly #waiting = new Map<string, Waiting>();
  #held: ByteCount = 0;
  #seconds = 0;
  /** File and capture point of the fragments to come. */
  file = 0;
  capturePoint = 0;
  readonly #fields: FragmentFields = {
    key: '',
    start: 0,
    moreFragments: false,
    protocol: 0,
    malformed: NotRead.malformedFragment,
    overlap: OnOverlap.keep,
  };

  /** `onLost` is told of frames whose datagram never became complete; `timeout` is in seconds. */
  constructor(
    private readonly onLost: (frames: number) => void,
    private readonly timeout = FRAGMENT_TIMEOUT,
  ) {}

  /**
   * Takes the fragment that `header` describes, its bytes from `layer.at` on. Gives the datagram where this
   * completes it; else undefined, with `layer.notRead` set where the fragment was not kept.
   */
  add(
    layer: Layer,
    header: IpHeader,
    fileOffset: ByteOffset,
    frame: FrameNumber,
    seconds: number | undefined,
  ): Joined | undefined {
    const fields = this.#fields;
    fields.key = `${this.capturePoint},${keyOf(header)}`;
    fields.start = header.fragmentOffset;
    fields.moreFragments = header.moreFragments;
    fields.protocol = header.protocol;
    fields.malformed = NotRead.malformedFragment;
    fields.overlap = header.version === 6 ? OnOverlap.spoil : OnOverlap.keep;
    return this.#add(layer, fields, fileOffset, frame, seconds);
  }

  /**
   * Takes the fragment of 6LoWPAN that `lowpan` describes (RFC 4944 §5.3), its bytes from `layer.at` on, compressed
   * headers in full. Outcomes as of `add`; the protocol of what is joined is IPv6.
   */
  addLowpan(
    layer: Layer,
    lowpan: LowpanReader,
    fileOffset: ByteOffset,
    frame: FrameNumber,
    seconds: number | undefined,
  ): Joined | undefined {
    const end = lowpan.offset + layer.wireEnd - layer.at;
    if (end > lowpan.size) {
      layer.fail(NotRead.malformedLowpan);
      return undefined;
    }
    const fields = this.#fields;
    fields.key = `${lowpan.tag},${lowpan.size},${this.capturePoint},${linkText(lowpan.link.source)},${linkText(lowpan.link.destination)}`;
    fields.start = lowpan.offset;
    fields.moreFragments = end < lowpan.size;
    fields.protocol = IpProtocol.ipv6;
    fields.malformed = NotRead.malformedLowpan;
    fields.overlap = OnOverlap.restart;
    return this.#add(layer, fields, fileOffset, frame, seconds);
  }

  #add(
    layer: Layer,
    fields: FragmentFields,
    fileOffset: ByteOffset,
    frame: FrameNumber,
    seconds: number | undefined,
  ): Joined | undefined {
    if (seconds !== undefined) this.#seconds = seconds;
    this.#dropLate();
    const { key, start, moreFragments } = fields;
    const length = layer.wireEnd - layer.at;
    const end = start + length;
    if (length === 0 || end > MAX_IP_PAYLOAD || (moreFragments && length % 8 !== 0)) {
      layer.fail(fields.malformed);
      return undefined;
    }
    let waiting = this.#waiting.get(key);
    if (waiting !== undefined && this.#isLate(waiting)) {
      this.#drop(key, waiting);
      waiting = undefined;
    }
    waiting ??= this.#begin(key);
    if (waiting.spoilt !== NotRead.none) {
      layer.fail(waiting.spoilt);
      return undefined;
    }
    if (contradicts(waiting, end, moreFragments) || waiting.parts.length >= MAX_PARTS) {
      this.#spoil(waiting, fields.malformed);
      layer.fail(fields.malformed);
      return undefined;
    }
    const overlap = overlapOf(waiting, start, end);
    if (overlap === Overlap.partial && fields.overlap === OnOverlap.spoil) {
      this.#spoil(waiting, NotRead.overlappingFragments);
      layer.fail(NotRead.overlappingFragments);
      return undefined;
    }
    if (overlap === Overlap.partial && fields.overlap === OnOverlap.restart) {
      this.#drop(key, waiting);
      waiting = this.#begin(key);
    }
    waiting.frames++;
    if (!moreFragments) waiting.length = end;
    if (start === 0 && waiting.protocol < 0) waiting.protocol = fields.protocol;
    if (overlap !== Overlap.repeated) this.#fill(waiting, layer, start, end, fileOffset, frame);
    if (waiting.covered === waiting.length) {
      this.#waiting.delete(key);
      this.#held -= waiting.held;
      return join(waiting);
    }
    while (this.#held > MAX_WAITING_BYTES) this.#dropOldest();
    return undefined;
  }

  #begin(key: string): Waiting {
    const waiting: Waiting = {
      parts: [],
      held: 0,
      covered: 0,
      length: -1,
      protocol: -1,
      seconds: this.#seconds,
      frames: 0,
      spoilt: NotRead.none,
    };
    if (this.#waiting.size === MAX_WAITING_DATAGRAMS) this.#dropOldest();
    this.#waiting.set(key, waiting);
    return waiting;
  }

  /** Gives up what still waits; for the end of the input. */
  end(): void {
    while (this.#waiting.size > 0) this.#dropOldest();
  }

  /** Adds parts for those bytes of `start` to `end` that are not there yet. */
  #fill(
    waiting: Waiting,
    layer: Layer,
    start: number,
    end: number,
    fileOffset: ByteOffset,
    frame: FrameNumber,
  ): void {
    const { parts } = waiting;
    const captured = start + layer.end - layer.at;
    let from = start;
    for (let index = 0; from < end; index++) {
      const next = parts[index];
      const to = next === undefined ? end : Math.min(end, next.start);
      if (from < to) {
        const capturedEnd = Math.max(from, Math.min(to, captured));
        const at = layer.at - start;
        const bytes = layer.bytes.slice(at + from, at + capturedEnd);
        parts.splice(index, 0, {
          start: from,
          end: to,
          capturedEnd,
          bytes,
          fileOffset: fileOffset + from - start,
          frame,
          file: this.file,
        });
        waiting.covered += to - from;
        waiting.held += bytes.length;
        this.#held += bytes.length;
        index++;
      }
      if (next === undefined) break;
      if (next.end > from) from = next.end;
    }
  }

  #isLate(waiting: Waiting): boolean {
    return Math.abs(this.#seconds - waiting.seconds) > this.timeout;
  }

  /** Entries stand in the order of their first fragments: where the first is not late, the others are not. */
  #dropLate(): void {
    for (const [key, waiting] of this.#waiting) {
      if (!this.#isLate(waiting)) return;
      this.#drop(key, waiting);
    }
  }

  #dropOldest(): void {
    for (const [key, waiting] of this.#waiting) {
      this.#drop(key, waiting);
      return;
    }
  }

  #drop(key: string, waiting: Waiting): void {
    this.#waiting.delete(key);
    this.#held -= waiting.held;
    if (waiting.frames > 0) this.onLost(waiting.frames);
  }

  /** Frees the parts of a datagram that cannot become whole, and remembers why. */
  #spoil(waiting: Waiting, reason: number): void {
    waiting.spoilt = reason;
    this.#held -= waiting.held;
    waiting.held = 0;
    waiting.parts = [];
  }
}

const Overlap = { none: 0, repeated: 1, partial: 2 } as const;

function overlapOf(waiting: Waiting, start: number, end: number): number {
  for (const part of waiting.parts) {
    if (part.start === start && part.end === end) return Overlap.repeated;
    if (part.start < end && start < part.end) return Overlap.partial;
  }
  return Overlap.none;
}

/** True where a fragment that ends at `end` does not agree with the datagram's length. */
function contradicts(waiting: Waiting, end: number, moreFragments: boolean): boolean {
  if (waiting.length >= 0) return moreFragments ? end > waiting.length : end !== waiting.length;
  const last = waiting.parts[waiting.parts.length - 1];
  return !moreFragments && last !== undefined && end < last.end;
}

function join(waiting: Waiting): Joined {
  const bytes = new Uint8Array(waiting.length);
  let captured = 0;
  for (const part of waiting.parts) {
    bytes.set(part.bytes, part.start);
    if (captured === part.start) captured = part.capturedEnd;
  }
  return { bytes, captured, protocol: waiting.protocol, parts: waiting.parts };
}

/**
 * What the fragments of one datagram have in common: addresses and identification, in IPv4 the protocol too
 * (RFC 791 §3.2, RFC 8200 §4.5).
 */
function keyOf(header: IpHeader): string {
  const length = header.version === 4 ? 8 : 32;
  const protocol = header.version === 4 ? header.protocol : IpProtocol.fragment;
  let key = `${header.version},${protocol},${header.identification},`;
  for (let index = 0; index < length; index++)
    key += String.fromCharCode(header.addressBytes[header.source + index]!);
  return key;
}

/** A link address as text of its bytes, for keys. */
function linkText(address: LinkAddress): string {
  let text = `${address.length}`;
  for (let index = 0; index < address.length; index++) text += String.fromCharCode(address.bytes[index]!);
  return text;
}
