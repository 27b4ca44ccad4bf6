import type { Fault } from '../capture/outcome.ts';
import type { Sensitive } from '../lwm2m/sensitive-data.ts';
import type { ClockEstimate } from './clock-estimate.ts';
import type { DeviceQuestions, DeviceState } from './device-protocol.ts';
import type { UpdateQuestions } from './firmware-protocol.ts';
import type { AnalysisSettings } from './settings.ts';
import type { SequenceQuestions } from './sequence-protocol.ts';
import type { SpanQuestions } from './span-protocol.ts';
import type { TimelineQuestions } from './timeline-protocol.ts';
import type { StartCommand, TapCommand } from './live-tap-protocol.ts';
import type { TapNews } from './tap-link.ts';
import type { AlertStatus, RecordingQuestions, RecordingStatus } from './recording-protocol.ts';
import type { ValueProtocol } from './value-protocol.ts';
import type { Dropped } from './memory-bound.ts';
import type { FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';

/**
 * The one protocol between page and worker: commands by method call, rows and spans as transferred typed
 * arrays, news as `AnalysisEvent`s on a port. The page holds only what it shows.
 */

/** What is opened: a file of the person, or an endless stream from the relay. */
export type OpenSource =
  /** `recording` is its name where it is a recording of this browser. */
  | { kind: 'file'; name: string; blob: Blob; recording?: string }
  /** `url` is a WebSocket on loopback that sends a capture's bytes in binary messages. */
  /** `start` is what the relay is asked to capture, where that can be chosen. */
  | { kind: 'live'; name: string; url: string; start?: StartCommand };

export type AnalysisState = 'idle' | 'loading' | 'live' | 'done' | 'stopped' | 'failed';

/** Where one opened file stands. */
export interface FileStatus {
  name: string;
  /** Bytes of the file as it lies there (compressed where it is), or 0 for an endless stream. */
  bytes: number;
  /** How many of `bytes` were read. */
  bytesRead: number;
  /** `pcap`, `pcapng`, …, `''` before it is known. */
  container: string;
  compression: 'none' | 'gzip';
  frames: number;
  /** Messages of the file that another capture point had shown before. */
  sightings?: number;
  /** Of a stream whose storage is full: since when bytes are no longer kept, and why. */
  unkept?: { since: Nanoseconds; why: string };
  /** Why it was not merged with the others by time. */
  alone?: 'live' | 'no times';
  /** What is wrong with the file; everything before it was read. */
  fault?: Fault;
  /** For a file that is no capture: what it seems to be, one sentence. */
  unreadable?: string;
  /** Capture points that dropped frames, by name, and how many. */
  dropped?: { name: string; frames: number }[];
}

/** Counts and times of the analysis; small, sent at most four times a second while loading, ten while live. */
export interface AnalysisStatus {
  state: AnalysisState;
  paused: boolean;
  /** Grows with each change of the tables. */
  revision: number;
  files: FileStatus[];
  frames: number;
  messages: number;
  /** What a live stream has dropped to stay below its limit; those are counted in the other numbers all the same. */
  dropped: Dropped;
  /** First row held, and its time: of a live stream the oldest go. */
  firstRow: MessageRow;
  heldFrom: Nanoseconds;
  /** What the tables take, about, and what they may take while a stream is live; in bytes. */
  memory: { bytes: number; limit: number };
  /** True where there are more different paths and queries than are kept: further ones are not shown. */
  textsFull?: true;
  /** Messages held that pass the filter in force; without one all that are held. */
  shown: number;
  /** While a filter goes through the messages: how many it has looked at. */
  filtering?: { tested: number; total: number };
  /** Frames that hold no CoAP message. */
  foreign: number;
  devices: number;
  registrations: number;
  values: number;
  transfers: number;
  firmwareUpdates: number;
  /** Those of them that failed. */
  failedUpdates: number;
  /** Things seen and not read, each with how often; at most 20, most frequent first. */
  notRead: { what: string; frames: number }[];
  sealed: { what: string; records: number; handshake: boolean }[];
  /** The capture's epoch: seconds since 1970 and nanoseconds; times are offsets from it. */
  epochSeconds: number;
  epochNanoseconds: number;
  firstTime: Nanoseconds;
  lastTime: Nanoseconds;
  /** Of a live source: how the connection and the relay stand. */
  tap?: TapNews;
  /** Marks in all files; ask for them by `marks` when this has grown. */
  marks?: number;
  /** Of a live source: where its recording stands. */
  recording?: RecordingStatus;
  /** The alert that is on. */
  alert?: AlertStatus;
  /** Why the analysis as a whole failed, one sentence. */
  failure?: string;
}

/** Totals for comparison with an independent count. */
export interface AnalysisTotals {
  frames: number;
  messages: number;
  foreign: number;
  values: number;
  devices: number;
  registrations: number;
  updates: number;
  notifications: number;
  /** Requests that were answered. */
  exchanges: number;
  transfers: number;
  /** Those of them by Block2, and the transfers of either kind that are complete. */
  block2Transfers: number;
  bodies: number;
  duplicates: number;
  /** Messages over TCP and WebSocket, and those over UDP that were put together from fragments. */
  tcpMessages: number;
  reassembled: number;
}

/** What the worker posts events to: a MessagePort, named by what is used of it so that every platform has it. */
export interface EventPort {
  postMessage(event: AnalysisEvent): void;
}

export type AnalysisEvent = { type: 'status'; status: AnalysisStatus };

/** Bits of `RowWindow.marks`. */
export const RowMark = {
  /** A repeat of an earlier message. */
  duplicate: 1,
  /** An answer of class 4 or 5. */
  errorAnswer: 2,
  /** A request that the capture shows to have no answer. */
  unanswered: 4,
  /** The capture continues long enough to know, or not: the request is still open. */
  open: 8,
  /** Seen at more than one capture point. */
  sighted: 16,
} as const;

/** Text columns of a row window, in the order in which they stand in `texts`. */
export const ROW_TEXT_COLUMNS = [
  'id',
  'source',
  'destination',
  'device',
  'path',
  'format',
  'summary',
] as const;
export type RowTextColumn = (typeof ROW_TEXT_COLUMNS)[number];

/** A window of the filtered message list; arrays are parallel, one entry a row, and transferred. */
export interface RowWindow {
  revision: number;
  /** Index of the first row in the filtered list. */
  first: number;
  count: number;
  /** Rows in the filtered list. */
  total: number;
  rows: Uint32Array<ArrayBuffer>;
  time: Float64Array<ArrayBuffer>;
  /** Time of the row before in the filtered list; NaN for the first. */
  previousTime: Float64Array<ArrayBuffer>;
  frame: Uint32Array<ArrayBuffer>;
  /** 0 CON, 1 NON, 2 ACK, 3 RST; 255 where the transport has none. */
  type: Uint8Array<ArrayBuffer>;
  code: Uint8Array<ArrayBuffer>;
  /** `Operation` code of the lwm2m stage; 0 none. */
  operation: Uint8Array<ArrayBuffer>;
  /** 0 unknown, 1 from the device, 2 to the device. */
  direction: Uint8Array<ArrayBuffer>;
  outcome: Uint8Array<ArrayBuffer>;
  marks: Uint8Array<ArrayBuffer>;
  /** Length of the CoAP message in bytes. */
  length: Uint32Array<ArrayBuffer>;
  /** UTF-8 of the text columns, row by row in the order of `ROW_TEXT_COLUMNS`. */
  texts: Uint8Array<ArrayBuffer>;
  /** Where each text starts; `count × ROW_TEXT_COLUMNS.length + 1` entries. */
  textOffsets: Uint32Array<ArrayBuffer>;
}

/** One field of a dissected message: a range of bytes and what it means. */
export interface FieldNode {
  label: string;
  value?: string;
  /** Filter field with a literal that selects this value, such as `coap.code == 2.05`. */
  filter?: string;
  /** Index in `Dissection.views`; `start` and `length` count in its bytes. Length 0: derived, no bytes of its own. */
  view: number;
  start: number;
  length: number;
  clause?: string;
  severity?: 'note' | 'warning' | 'error';
  /** What the value gives away; it and its bytes are covered until somebody asks. */
  sensitive?: Sensitive;
  /** Message this field leads to, such as the request of an answer. */
  link?: MessageRow;
  children?: FieldNode[];
}

/** A run of bytes to show in hex: the frame, a datagram joined from fragments, a body put together from blocks. */
export interface ByteView {
  title: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Another message that belongs to a message. */
export interface RelatedMessage {
  row: MessageRow;
  id: string;
  /** Such as `Request`, `Answer`, `First copy`, `Block 12`. */
  role: string;
  summary: string;
  /** What the network said of it, such as `port unreachable from 10.0.0.1`. */
  note?: string;
  time: Nanoseconds;
  /** True where it goes from the device. */
  fromDevice: boolean;
  /** True where it is no longer held: then there is nothing to select. */
  isGone?: true;
}

/** All that one message says, read again from its bytes. */
export interface Dissection {
  row: MessageRow;
  id: string;
  frame: FrameNumber;
  time: Nanoseconds;
  title: string;
  views: ByteView[];
  fields: FieldNode[];
  /** Why there are no bytes and no fields, one sentence: no longer held, or not kept. */
  missing?: string;
  /** The messages of its exchange in capture order, this one included. */
  exchange: RelatedMessage[];
  /** What else belongs to it: transfer, observation, registration, update. */
  related: {
    label: string;
    detail: string;
    messages: RelatedMessage[];
    /** Number of the attempt, where the group is an update. */
    update?: number;
    /** Filter that chooses all its messages, where there is one. */
    filter?: string;
  }[];
}

/** One device in the list at the left. */
export interface DeviceSummary {
  device: number;
  name: string;
  /** One line: manufacturer, version, security, as far as known. */
  detail: string;
  address: string;
  state: DeviceState;
  messages: number;
  firstRow: MessageRow;
  failedUpdates: number;
  icmpErrors: number;
}

export type FilterAnswer =
  | { ok: true; shown: number; revision: number }
  /** What is wrong in the filter and where: offset and length in UTF-16 units. */
  | { ok: false; message: string; offset: number; length: number };

export interface FilterCompletion {
  text: string;
  detail: string;
  /** Range of the input that `text` replaces. */
  start: number;
  end: number;
}

/** Commands of the page to the worker. Every method answers within 50 ms while a capture loads. */
export interface AnalysisProtocol
  extends
    ValueProtocol,
    UpdateQuestions,
    DeviceQuestions,
    SequenceQuestions,
    SpanQuestions,
    TimelineQuestions,
    RecordingQuestions {
  /** Closes what is open and starts to read; answers at once, news come as events. */
  open(sources: OpenSource[], settings?: AnalysisSettings): Promise<void>;
  /**
   * Analyses what is open by other settings: the bytes that are kept from the beginning, then what a live stream goes on
   * to bring, with nothing left out and nothing twice. The filter stays in force. Gives why not where it cannot, one
   * sentence: then all stays as it is.
   */
  analyseAnew(settings: AnalysisSettings): Promise<string | undefined>;
  /** Stops reading; what was read stays and can be looked at. */
  stop(): Promise<void>;
  /** Live only: asks the relay to capture something else, or to stop. What came stays, and the stream goes on. */
  tap(command: TapCommand): Promise<void>;
  /** Live only: hold, or go on. While held, bytes are kept and not analysed. */
  pause(paused: boolean): Promise<void>;
  close(): Promise<void>;
  status(): Promise<AnalysisStatus>;
  totals(): Promise<AnalysisTotals>;
  /** Where events go; one listener. */
  listen(port: EventPort): Promise<void>;
  rows(first: number, count: number): Promise<RowWindow>;
  setFilter(text: string): Promise<FilterAnswer>;
  completeFilter(text: string, cursor: number): Promise<FilterCompletion[]>;
  /** Index in the filtered list of a row, or of the nearest one after it; -1 when none is shown. */
  indexOfRow(row: MessageRow): Promise<number>;
  /** Index in the filtered list of the first message at or after a time; -1 when none. */
  indexAtTime(time: Nanoseconds): Promise<number>;
  /** Row of a message id (`file.frame.ordinal`), or -1. */
  rowOfId(id: string): Promise<number>;
  dissect(row: MessageRow): Promise<Dissection | undefined>;
  devices(first: number, count: number): Promise<DeviceSummary[]>;
  /** By file, what its clock seems to be wrong by; undefined where no earlier file saw messages of it. */
  clockEstimates(): Promise<(ClockEstimate | undefined)[]>;
  /**
   * Records as the command line prints them (newline-delimited JSON), for export; kind as in output.md. Secrets are
   * left out unless `redact` is false.
   */
  records(kind: string, redact?: boolean): Promise<Blob>;
}
