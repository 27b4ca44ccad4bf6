import type { Fault } from './outcome.ts';
import type { ByteCount, ByteOffset, FrameNumber } from './units.ts';

/** What a log says of the ends of a message in it. */
export class LogEnds {
  /** Number of the log, which tells its own end from that of another log. */
  log = 0;
  /** A `LogDirection` code. */
  direction = 0;
  /** The other end's IP address as the log writes it; empty where it names none. */
  peer = '';
  /** Port of `peer`; 0 where the log names none. */
  peerPort = 0;
}

/**
 * One captured frame, reused for every frame of a file: read it during the call, copy what must last.
 * The frame's bytes are `bytes[start..end)`.
 */
export class Frame {
  number: FrameNumber = 0;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Length on the wire; more than `end - start` where the snap length cut the frame. */
  originalLength: ByteCount = 0;
  /** Where the frame's first byte lies in the (decompressed) byte store. */
  fileOffset: ByteOffset = 0;
  /** Whole seconds since 1970; may be negative. */
  seconds = 0;
  /** Rest in nanoseconds, 0 to 999,999,999. */
  nanoseconds = 0;
  /** False where the container gives the frame no time (pcapng Simple Packet Block). */
  hasTime = true;
  /** Index in the reader's `interfaces`. */
  interfaceIndex = 0;
  /** Link type number (LINKTYPE_…). */
  linkType = 0;
  /** Set for `LOG_DATAGRAM` only, whose bytes hold no addresses. */
  ends: LogEnds | undefined = undefined;
}

/** A capture point: what the container says of an interface, and what was counted on it. */
export interface CaptureInterface {
  /** Name from the container; empty where it gives none. */
  name: string;
  description: string;
  linkType: number;
  snapLength: number;
  frames: number;
  /** Number of the file's section that describes it, where that is not the first: from 1. */
  section?: number;
  /** Frames the capture point dropped, where the container says so (Interface Statistics Block). */
  dropped?: number;
}

/**
 * A comment that somebody wrote into a capture file: on a frame, on an interface, on a section, or on a moment of an
 * interface, which is a mark.
 */
export interface CaptureComment {
  /** The frame it is on. */
  frame?: FrameNumber;
  /** Index of the interface it is on. */
  interface?: number;
  /** Number of the section it is on, from 0. */
  section?: number;
  /** The moment it is on: whole seconds since 1970 and the rest in nanoseconds, 0 to 999,999,999. */
  moment?: CaptureMoment;
  text: string;
}

/** A time as captures have it. */
export interface CaptureMoment {
  /** Whole seconds since 1970; may be negative. */
  seconds: number;
  /** Rest in nanoseconds, 0 to 999,999,999. */
  nanoseconds: number;
}

/** Receives frames in file order, synchronously. */
export interface FrameSink {
  frame(frame: Frame): void;
  /** A tick of the capture's clock without a frame (Interface Statistics Block of a live source). */
  tick?(seconds: number, nanoseconds: number): void;
  /** Secrets of a pcapng Decryption Secrets Block: its type (such as `TLSK`, a TLS key log) and bytes that last only for the call. */
  secrets?(type: number, bytes: Uint8Array): void;
}

/**
 * Reads one container from pieces of any size. `push` parses all complete records and keeps the rest;
 * `end` says that no more bytes come. After a fault nothing more is read; all frames before it were given.
 */
export interface CaptureReader {
  readonly container: 'pcap' | 'pcapng' | 'modified pcap' | 'hex dump';
  readonly interfaces: readonly CaptureInterface[];
  readonly frames: number;
  /** Set when the file is cut or damaged; its offset counts from the first byte of the (decompressed) file. */
  readonly fault: Fault | undefined;
  /** Comments in file order, so that those on frames are in order of their frames; absent where the container has none. */
  readonly comments?: readonly CaptureComment[];
  /** Names of addresses as the capture says them, by the address's bytes in lower-case hexadecimal. */
  readonly names?: ReadonlyMap<string, string>;
  push(bytes: Uint8Array): void;
  end(): void;
}
