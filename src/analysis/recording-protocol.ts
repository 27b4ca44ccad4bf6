import type { CaptureMoment } from '../capture/frame.ts';
import type { ByteCount, Nanoseconds } from '../capture/units.ts';

/** Where the recording of a live source stands. */
export interface RecordingStatus {
  /** Its name among the recordings of this browser; undefined where it is in memory, and gone with the page. */
  id: string | undefined;
  bytes: ByteCount;
  /** How many of `bytes` were saved. */
  savedBytes: ByteCount;
  /** Why nothing more is kept, one sentence; absent while everything is. */
  failure?: string;
  /** True while a mark can be put behind it. */
  takesMarks: boolean;
}

/** A note on a moment: put into a live recording, or read from a file. */
export interface CaptureMark {
  /** File and number of the mark in it; the same whenever the file is read. */
  id: string;
  time: Nanoseconds;
  text: string;
}

/** An alert that is on, and what it has seen since. */
export interface AlertStatus {
  /** The filter expression. */
  text: string;
  /** Messages that came since and pass it. */
  messages: number;
  /** Id of the last of them. */
  last?: string;
}

/** What is to be known of a kept recording before it is opened or saved. */
export interface RecordingFacts {
  /** `pcapng`, …; `unknown` for a text. */
  container: string;
  /** Bytes of it that are whole blocks. */
  whole: ByteCount;
  /** Seconds since 1970 of its first frame; undefined where it has none. */
  firstSeconds?: number;
  /** False where there is neither a frame nor a mark in it. */
  holdsAnything: boolean;
}

export type AlertAnswer = { ok: true } | { ok: false; message: string; offset: number; length: number };

/** Questions and commands about what is live: its recording, marks and alerts. */
export interface RecordingQuestions {
  /** All bytes that a live source has sent so far, as a file; undefined where nothing live was opened. */
  saveRecording(): Promise<Blob | undefined>;
  /** The moment it is by the live capture's clock; undefined where a mark cannot be put in. */
  captureMoment(): Promise<CaptureMoment | undefined>;
  /** Puts a mark into the live capture; false where it cannot be put in. */
  mark(text: string, moment: CaptureMoment): Promise<boolean>;
  /** The marks of all files, in order of time; at most `MOST_MARKS`. */
  marks(): Promise<CaptureMark[]>;
  /**
   * Counts messages that come from now on and pass a filter expression, each tested once, when it comes; an empty text
   * ends it. It goes on with the next live source, until another text comes.
   */
  setAlert(text: string): Promise<AlertAnswer>;
  /** What a kept recording holds, read from its bytes. */
  recordingFacts(blob: Blob): Promise<RecordingFacts>;
}
