import type { ByteCount, FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';
import type { FirmwareEnd, StateSource, UpdateEvent, UpdateTerms } from '../device/firmware-attempt.ts';
import type { UpdateState } from '../device/update-object.ts';

/** What the page asks of updates, and the answers; part of the protocol between page and worker. */

/** A state of an update on the time axis. */
export interface UpdateStateSpan {
  from: Nanoseconds;
  /** The end of the view while it lasts. */
  to: Nanoseconds;
  state: UpdateState;
  how: StateSource;
  row: MessageRow;
}

/** One attempt in the list of all. */
export interface UpdateSummary {
  /** Number of the attempt, as the device stage has it. */
  attempt: number;
  device: number;
  deviceName: string;
  /** Such as `/5/0`. */
  object: string;
  method?: 'push' | 'pull';
  /** Length of the package in bytes, or -1. */
  length: ByteCount;
  received: ByteCount;
  complete: boolean;
  ended: FirmwareEnd;
  result?: { value: number; name: string; row: MessageRow; time: Nanoseconds };
  /** Code of the answer that refused the package or its URI, such as `4.00`. */
  refusal?: string;
  from: Nanoseconds;
  /** The capture's clock while the attempt is open. */
  to: Nanoseconds;
  /** Versions as far as they are known: what ran, what was sent, what runs then. */
  before?: string;
  parcel?: string;
  after?: string;
  /** Steps that the state machine forbids. */
  illegalSteps: number;
  states: UpdateStateSpan[];
}

/** A part of the list of attempts in the order in which they began, with counts of all. */
export interface UpdateList {
  revision: number;
  total: number;
  devices: number;
  failed: number;
  open: number;
  /** The newest attempt that failed, else the newest; -1 where there is none. */
  first: number;
  updates: UpdateSummary[];
}

/** Blocks of the package in capture order, thinned to what the pixels show; arrays are parallel. */
export interface BlockColumns {
  /** When the block was answered, or came. */
  time: Float64Array<ArrayBuffer>;
  /** End of the block in the package. */
  offset: Float64Array<ArrayBuffer>;
  /** Seconds from the first copy of its request to its answer. */
  responseTime: Float64Array<ArrayBuffer>;
  /** Times that its request was seen. */
  copies: Uint8Array<ArrayBuffer>;
  /** Message that carries the block. */
  row: Uint32Array<ArrayBuffer>;
}

/** A time in which the package did not go on. */
export interface UpdateStall {
  from: Nanoseconds;
  to: Nanoseconds;
  /** Message with which it went on; where it never did, the last one. */
  row: MessageRow;
  /** Lost and sent again; the answer took long; the next request came late; it never went on. */
  why: 'sent again' | 'answered late' | 'asked late' | 'never went on';
  /** Number of the block, counted from 1, and copies of its request. */
  block: number;
  copies: number;
}

/** A repeat of a message that carries the package. */
export interface UpdateRepeat {
  time: Nanoseconds;
  firstTime: Nanoseconds;
  row: MessageRow;
}

/** How the package came. */
export interface UpdateProgress {
  blocks: BlockColumns;
  /** Bytes in each bin of `binWidth`, from the first block on. */
  bytesPerBin: Float64Array<ArrayBuffer>;
  binWidth: Nanoseconds;
  /** NaN where nothing came. */
  firstBlock: Nanoseconds;
  lastBlock: Nanoseconds;
  count: number;
  /** Blocks whose message was seen more than once, and repeats in all. */
  repeatedBlocks: number;
  repeatsCount: number;
  repeats: UpdateRepeat[];
  restarts: number;
  stalls: UpdateStall[];
  /** Seconds; NaN where nothing was answered. */
  medianResponse: number;
  /** Bytes a second over the whole download; NaN where it took no time. */
  meanRate: number;
  /** Block sizes in the order of their first use, with the message that used them first. */
  sizes: { size: ByteCount; row: MessageRow }[];
  lastRow: MessageRow;
}

/** One line of the list of exchanges; a transfer is one line. */
export interface UpdateExchange {
  row: MessageRow;
  frame: number;
  time: Nanoseconds;
  fromDevice: boolean;
  operation: number;
  path: string;
  /** Code of the answer, such as `2.04`; empty where none was seen. */
  answer: string;
  /** Seconds; NaN where there is none. */
  responseTime: number;
  summary: string;
  /** Messages with blocks that the line stands for; 1 for a single exchange. */
  count: number;
  repeats: number;
  isError: boolean;
}

/** A registration on the time axis. */
export interface UpdateRegistration {
  from: Nanoseconds;
  to: Nanoseconds;
  label: string;
  isLive: boolean;
  row: MessageRow;
}

/** One attempt in full. */
export interface UpdateDetail extends UpdateSummary {
  revision: number;
  /** The time that is looked at. */
  viewFrom: Nanoseconds;
  viewTo: Nanoseconds;
  server: string;
  source?: string;
  /** Package URI without credentials. */
  uri?: string;
  packageName?: string;
  sha256?: string;
  terms: UpdateTerms;
  events: UpdateEvent[];
  illegal: { time: Nanoseconds; from: UpdateState; to: UpdateState; row: MessageRow; clause: string }[];
  endRow: MessageRow;
  /** Message that told the device's state last, and when. */
  registrations: UpdateRegistration[];
  progress: UpdateProgress;
  /** The longest time without a message of the device between the Execute and the end. */
  silence?: { from: Nanoseconds; to: Nanoseconds; row: MessageRow };
  exchanges: UpdateExchange[];
  /** Exchanges that are not listed. */
  exchangesLeftOut: number;
  /** Frame numbers of the messages that facts lead to. */
  frames: Map<MessageRow, FrameNumber>;
  /** Attempt of another instance whose package or Execute this one followed; -1 for none. */
  leader: number;
}

/** Questions about updates. */
export interface UpdateQuestions {
  updates(first: number, count: number): Promise<UpdateList>;
  /** One attempt in full, thinned to a width in pixels; undefined where there is none of that number. */
  update(attempt: number, pixels: number): Promise<UpdateDetail | undefined>;
  /** Number of the last attempt that a message belongs to, or -1. */
  updateOfRow(row: MessageRow): Promise<number>;
  /** The package as it was sent; undefined where it did not come whole. */
  updatePackage(attempt: number): Promise<Blob | undefined>;
}
