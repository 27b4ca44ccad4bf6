import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { Evidence, OPEN_END, type Span } from './span.ts';

/** Names of the states of /5 and /33629, by value of resource 3 (Firmware Update object, LwM2M Core §E.6). */
export const FIRMWARE_STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'] as const;
export type FirmwareState = (typeof FIRMWARE_STATES)[number];

/** Values of resource 5, Update Result, that decide how an attempt ended (LwM2M Core §E.6). */
export const FirmwareResult = {
  initial: 0,
  updated: 1,
  updateFailed: 8,
  cancelled: 10,
  deferred: 11,
  conflictingState: 12,
  dependencyError: 13,
} as const;

const RESULT_NAMES = [
  'Initial value',
  'Firmware updated successfully',
  'Not enough flash memory',
  'Out of RAM during download',
  'Connection lost during download',
  'Integrity check failed',
  'Unsupported package type',
  'Invalid URI',
  'Firmware update failed',
  'Unsupported protocol',
  'Firmware update cancelled',
  'Firmware update deferred',
  'Conflicting state',
  'Dependency error',
] as const;

/** Name of an Update Result; 12 and 13 are those of /33629. Values that no object defines are named by number. */
export function firmwareResultName(value: number): string {
  return RESULT_NAMES[value] ?? `Result ${value}`;
}

/** How a state is known; `inferred` is what no message said but the state machine demands. */
export type StateSource = 'notified' | 'read' | 'written' | 'inferred';

export type FirmwareEnd = 'updated' | 'failed' | 'cancelled' | 'deferred' | 'open' | 'unknown';

export interface StateChange {
  time: Nanoseconds;
  state: FirmwareState;
  how: StateSource;
  row: MessageRow;
}

export interface FirmwareSpan extends Span<FirmwareState> {
  how: StateSource;
  /** Share of the package that was transferred, 0 to 1, while it is downloaded; NaN where it is not known. */
  progress: number;
}

/** Name and version of what runs on the device. */
export interface FirmwareVersion {
  name?: string;
  version?: string;
}

/** State changes kept for one attempt; a device that goes round in circles does not fill the memory. */
const MAX_STATES = 256;
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

  get lastState(): FirmwareState | undefined {
    return this.states.at(-1)?.state;
  }

  /** Share of the package that was transferred, or NaN. */
  get progress(): number {
    if (this.complete) return 1;
    return this.length > 0 ? Math.min(1, this.received / this.length) : NaN;
  }

  /** Notes a state. One that was inferred is told again by the message that proves it. */
  addState(state: FirmwareState, how: StateSource, row: MessageRow, time: Nanoseconds): void {
    const last = this.states.at(-1);
    if (last?.state === state) {
      if (last.how !== 'inferred' || how === 'inferred') return;
      last.how = how;
      last.row = row;
      last.time = time;
    } else if (this.states.length < MAX_STATES) this.states.push({ time, state, how, row });
    this.evidence.decide(row);
  }

  /** Takes a block that was transferred. The first block of all, come again, begins the package anew. */
  addBlock(offset: ByteCount, end: ByteCount): void {
    if (this.#start < 0) {
      this.#start = offset;
      this.#position = offset;
    } else if (offset === 0 && this.#position > 0) {
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
