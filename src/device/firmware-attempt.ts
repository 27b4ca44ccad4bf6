import type { ByteCount, FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Evidence, OPEN_END, type Span } from './span.ts';
import {
  FIRST_SOFTWARE_FAILURE,
  FirmwareResult,
  type FirmwareState,
  SoftwareResult,
  type UpdateState,
} from './update-object.ts';

/** How a state is known; `inferred` is what no message said but the state machine demands. */
export type StateSource = 'notified' | 'read' | 'written' | 'inferred';

export type FirmwareEnd = 'updated' | 'failed' | 'cancelled' | 'deferred' | 'open' | 'unknown';

export interface StateChange {
  time: Nanoseconds;
  state: UpdateState;
  how: StateSource;
  row: MessageRow;
}

export interface FirmwareSpan extends Span<UpdateState> {
  how: StateSource;
  /** True where the state machine forbids the step to this state. */
  illegal: boolean;
  /** Share of the package that was transferred, 0 to 1, while it is downloaded; NaN where it is not known. */
  progress: number;
}

/** A step that the state machine forbids: as the device told it, or by a request that it must not have accepted. */
export interface IllegalStep {
  time: Nanoseconds;
  from: UpdateState;
  to: UpdateState;
  row: MessageRow;
  /** Where the specification says so. */
  clause: string;
}

/** What happened around an attempt, besides states and results. */
export type UpdateEventKind =
  | 'package written'
  | 'uri written'
  | 'download started'
  | 'transfer ended'
  | 'update executed'
  | 'install executed'
  | 'uninstall executed'
  | 'activate executed'
  | 'deactivate executed'
  | 'cancel executed'
  | 'reset'
  | 'reboot executed'
  | 'handshake'
  | 'registered'
  | 'registration updated'
  | 'version told';

export interface UpdateEvent {
  time: Nanoseconds;
  kind: UpdateEventKind;
  row: MessageRow;
  /** Code byte of the answer where a request was refused; 0 where it was accepted. */
  refused: number;
  /** The frame, for what is no message: of a file, counted from 0. */
  frame?: { file: number; number: FrameNumber };
}

/** What a device told of how it updates, or a server wrote; absent where nobody said. */
export interface UpdateTerms {
  /** Values of Protocol Support: 0 CoAP, 1 CoAPS, 2 HTTP, 3 HTTPS, 4 CoAP over TCP, 5 CoAP over TLS. */
  protocols?: number[];
  /** Delivery Method: 0 pull, 1 push, 2 both. */
  delivery?: number;
  /** 0 critical, 1 mandatory, 2 optional. */
  severity?: number;
  /** Maximum Defer Period in seconds. */
  deferPeriod?: number;
  /** The device updates as soon as the package is there (1.2). */
  automatic?: boolean;
  /** Instances that are updated with this one, and those that stand in its way, as `33629:1`. */
  linked?: string[];
  conflicting?: string[];
}

/** Name and version of what runs on the device. */
export interface FirmwareVersion {
  name?: string;
  version?: string;
}

/** State changes kept for one attempt; a device that goes round in circles does not fill the memory. */
const MAX_STATES = 256;
/** Events kept for one attempt, and steps that are illegal. */
const MAX_EVENTS = 64;
const MAX_ILLEGAL = 32;
/** Block-wise transfers kept for one attempt. */
const MAX_TRANSFERS = 32;

/** One attempt to update the firmware: from the first package byte or URI to a result. */
export class FirmwareAttempt {
  readonly index: number;
  /** Index in `DeviceTable.devices`, to be resolved there. */
  device: number;
  readonly objectId: number;
  readonly instanceId: number;
  readonly serverEndpoint: number;
  /** Undefined where the capture did not see how the package came. */
  method: 'push' | 'pull' | undefined;
  uri: string | undefined;
  /** Endpoint id of the server that a package was fetched from; -1 where that was not seen. */
  sourceEndpoint = -1;
  readonly from: Nanoseconds;
  to: Nanoseconds = OPEN_END;
  /** Length of the package: what Size1 or Size2 said, or the whole once it is complete; -1 while unknown. */
  length: ByteCount = -1;
  /** Bytes that were transferred and acknowledged, from the package's beginning or from the first block seen. */
  received: ByteCount = 0;
  complete = false;
  /** Times that the package's first block came again. */
  restarts = 0;
  /** Indexes of the block-wise transfers that carried the package. */
  readonly transfers: number[] = [];
  readonly before: FirmwareVersion = {};
  readonly after: FirmwareVersion = {};
  /** Name and version of the package, as the device told (resources 6 and 7). */
  readonly package: FirmwareVersion = {};
  readonly states: StateChange[] = [];
  result: { value: number; name: string; row: MessageRow; time: Nanoseconds } | undefined;
  ended: FirmwareEnd = 'open';
  /** Code byte of the answer that refused the package or its URI; 0 for none. */
  refusal = 0;
  /** Row that decided the end; `NO_ROW` while it is open. */
  endRow: MessageRow = NO_ROW;
  readonly evidence = new Evidence();
  readonly events: UpdateEvent[] = [];
  readonly illegal: IllegalStep[] = [];
  /** What was known of the terms when the attempt began, and was told during it. */
  terms: UpdateTerms = {};
  /** Message that carried the whole package; `NO_ROW` where it came in blocks. */
  packageRow: MessageRow = NO_ROW;
  /** Index of the attempt whose package, or whose Execute, updates this instance too; -1 for none. */
  leader = -1;
  /** True once the device was seen to set the result back to 0 (it must at the start of an attempt). */
  resultReset = false;
  /** True once the device said Idle although the package was on its way: it changes its state only afterwards. */
  isDownloadSilent = false;
  /** Offset of the first block seen, -1 before it, and the end of the last one. */
  #start: ByteCount = -1;
  #position: ByteCount = 0;
  #hasGap = false;

  constructor(
    index: number,
    device: number,
    objectId: number,
    instanceId: number,
    serverEndpoint: number,
    time: Nanoseconds,
  ) {
    this.index = index;
    this.device = device;
    this.objectId = objectId;
    this.instanceId = instanceId;
    this.serverEndpoint = serverEndpoint;
    this.from = time;
  }

  get lastState(): UpdateState | undefined {
    return this.states.at(-1)?.state;
  }

  /** Share of the package that was transferred, or NaN. */
  get progress(): number {
    if (this.complete) return 1;
    return this.length > 0 ? Math.min(1, this.received / this.length) : NaN;
  }

  /** Notes a state. One that was inferred is told again by the message that proves it. */
  addState(state: UpdateState, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const last = this.states.at(-1);
    if (last?.state === state) {
      if (last.how !== 'inferred' || how === 'inferred') return;
      last.how = how;
      last.row = row;
      last.time = time;
    } else if (this.states.length < MAX_STATES) this.states.push({ time, state, how, row });
    this.evidence.decide(row);
  }

  /** Takes a block that was transferred. The first block of all, come again after others, begins the package anew. */
  addBlock(offset: ByteCount, end: ByteCount): void {
    if (this.#start < 0) {
      this.#start = offset;
      this.#position = offset;
    } else if (offset === 0 && this.#position > end) {
      this.restarts++;
      this.#start = 0;
      this.#position = 0;
      this.#hasGap = false;
    }
    if (offset > this.#position) this.#hasGap = true;
    this.#position = Math.max(this.#position, end);
    this.received = this.#position - this.#start;
  }

  /** The last block was transferred: the length is known, and whether all came that is needed. */
  finishBlocks(): void {
    this.length = this.#position;
    this.complete = this.#start === 0 && !this.#hasGap;
  }

  addEvent(kind: UpdateEventKind, row: MessageRow, time: Nanoseconds, refused = 0): void {
    if (this.events.length === MAX_EVENTS || this.events.at(-1)?.row === row) return;
    this.events.push({ time, kind, row, refused });
    this.evidence.decide(row);
  }

  /** The device began a handshake of DTLS, which is no message. */
  addHandshake(time: Nanoseconds, file: number, number: FrameNumber): void {
    if (this.events.length === MAX_EVENTS || this.has('handshake')) return;
    this.events.push({ time, kind: 'handshake', row: NO_ROW, refused: 0, frame: { file, number } });
  }

  /** Whether something of a kind happened and was not refused. */
  has(kind: UpdateEventKind): boolean {
    return this.events.some((event) => event.kind === kind && event.refused === 0);
  }

  addIllegal(step: IllegalStep): void {
    if (this.illegal.length < MAX_ILLEGAL) this.illegal.push(step);
    this.evidence.decide(step.row);
  }

  addTransfer(transfer: number): void {
    if (transfer < 0 || this.transfers.length === MAX_TRANSFERS || this.transfers.includes(transfer)) return;
    this.transfers.push(transfer);
  }

  end(ended: FirmwareEnd, time: Nanoseconds, row: MessageRow): void {
    this.ended = ended;
    this.to = time;
    this.endRow = row;
    this.evidence.decide(row);
  }

  /** It goes on after all: the device tries again with the same package. */
  reopen(): void {
    this.result = undefined;
    this.resultReset = false;
    this.ended = 'open';
    this.to = OPEN_END;
    this.endRow = NO_ROW;
  }
}

/** How an attempt on /9 ended by its result; undefined for one that says how far it is. */
export function endOfSoftwareResult(value: number): FirmwareEnd | undefined {
  if (value === SoftwareResult.installed) return 'updated';
  // Nothing that was to be installed failed.
  if (value === SoftwareResult.uninstallFailed) return undefined;
  return value >= FIRST_SOFTWARE_FAILURE ? 'failed' : undefined;
}

/** How an attempt ended by its result; undefined for the initial value. */
export function endOfResult(value: number): FirmwareEnd | undefined {
  switch (value) {
    case FirmwareResult.initial:
      return undefined;
    case FirmwareResult.updated:
      return 'updated';
    case FirmwareResult.cancelled:
      return 'cancelled';
    case FirmwareResult.deferred:
      return 'deferred';
    default:
      return 'failed';
  }
}

/**
 * The state that the state machine demands with a result (Firmware Update object, state diagram); undefined where
 * there is more than one.
 */
export function stateOfResult(value: number): FirmwareState | undefined {
  if (value === FirmwareResult.initial || value > FirmwareResult.conflictingState) return undefined;
  // A failed update goes back to Idle or to Downloaded.
  if (value === FirmwareResult.updateFailed) return undefined;
  return value === FirmwareResult.deferred ? 'Downloaded' : 'Idle';
}
