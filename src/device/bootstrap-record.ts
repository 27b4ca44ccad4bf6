import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import type { OperationEvent } from '../lwm2m/operation-event.ts';
import { Operation, type OperationCode } from '../lwm2m/operation.ts';
import type { LwM2mPath } from '../lwm2m/path.ts';
import { ProvisionedInstances, type ProvisionedValue } from './provisioned-instances.ts';
import { closeLastSpan, Evidence, OPEN_END, type Span } from './span.ts';

/** Requests of a bootstrap server that are kept for one bootstrap; further ones are counted. */
const MAX_STEPS = 256;
/** Spans that are kept for one bootstrap. */
const MAX_SPANS = 32;

/**
 * How a bootstrap ended. `finished`: the client accepted the Finish, or the pack came. `refused`: the server refused
 * the request. `failed`: the client refused the Finish, or none came in time. `abandoned`: the client began another
 * one. `open`: the capture shows no end.
 */
export type BootstrapEnd = 'finished' | 'refused' | 'failed' | 'abandoned' | 'open';

/** State of a bootstrap for the timeline; `inconsistent`: the client refused a Finish, which may be repeated. */
export type BootstrapState = 'requested' | 'bootstrapping' | 'inconsistent';

/** Who began: the client by a request, the client by asking for a pack (1.2), the server (1.0). */
export type BootstrapStart = 'client' | 'pack' | 'server';

/** One request of the bootstrap server and what became of it. */
export interface BootstrapStep {
  operation: OperationCode;
  path: LwM2mPath;
  /** Canonical text; `/` for the root. */
  pathText: string;
  row: MessageRow;
  /** `NO_ROW` while no answer was seen. */
  answerRow: MessageRow;
  /** Code byte of the answer; 0 while none was seen. */
  code: number;
  /** What a Write carries; given to the table when it was accepted. */
  values: ProvisionedValue[];
}

/** One bootstrap of a client (LwM2M Core §6.1), from its request, or the first operation seen, to its end. */
export class Bootstrap {
  /** Index in `BootstrapTracker.bootstraps`; -1 while it is not known to be one. */
  index = -1;
  readonly serverEndpoint: number;
  readonly deviceEndpoint: number;
  readonly conversation: number;
  /** Endpoint client name that the request gave. */
  readonly endpoint: string | undefined;
  /** Undefined where the capture may have begun after the request. */
  initiated: BootstrapStart | undefined;
  /** True where the client had asked for a pack before, and got none or none that suited it. */
  isFallback = false;
  readonly from: Nanoseconds;
  /** Time of its end, `OPEN_END` while it lasts. */
  to: Nanoseconds = OPEN_END;
  ended: BootstrapEnd = 'open';
  /** Code byte of the answer that decided: to the Finish, or to the request. */
  code = 0;
  /** Code byte of the answer to the request; 0 where none was seen. */
  requestCode = 0;
  /** Row of the request, or of the first message that showed the bootstrap. */
  readonly requestRow: MessageRow;
  readonly steps: BootstrapStep[] = [];
  /** Requests of the server, those that are not kept included. */
  stepCount = 0;
  readonly instances = new ProvisionedInstances();
  readonly evidence = new Evidence();
  readonly spans: Span<BootstrapState>[] = [];
  /** Row that ended it; `NO_ROW` where the clock did, or nothing. */
  endRow: MessageRow = NO_ROW;
  /** Index of the registration that came of it; -1. */
  registration = -1;
  /** The same bootstrap seen on the other side of an address translation, asked for before this one. */
  twin: Bootstrap | undefined;
  /** True once the client was seen to go on: then a Finish that is not there was not seen. */
  isLeft = false;
  /** Row of a Finish that was not answered yet. */
  finishRow: MessageRow = NO_ROW;
  /** Time of its last message. */
  lastTime: Nanoseconds;
  /** Timer that will wake it; infinite for none. */
  timerAt: Nanoseconds = OPEN_END;

  constructor(event: OperationEvent, initiated: BootstrapStart | undefined, endpoint: string | undefined) {
    this.serverEndpoint = event.serverEndpoint;
    this.deviceEndpoint = event.deviceEndpoint;
    this.conversation = event.conversation;
    this.initiated = initiated;
    this.endpoint = endpoint;
    this.from = event.time;
    this.lastTime = event.time;
    this.requestRow = event.row;
  }

  /** True for a second view of a bootstrap: both had the same answer. */
  get isSecondView(): boolean {
    return this.twin !== undefined && this.requestCode !== 0 && this.twin.requestCode === this.requestCode;
  }

  /** Takes a request of the server; undefined where there are too many. */
  addStep(event: OperationEvent, row: MessageRow): BootstrapStep | undefined {
    this.stepCount++;
    if (this.steps.length === MAX_STEPS) return undefined;
    const { path } = event;
    const operation = event.operation as OperationCode;
    const pathText = event.pathText() || '/';
    const step = { operation, path, pathText, row, answerRow: NO_ROW, code: 0, values: [] };
    this.steps.push(step);
    return step;
  }

  /** What was written and has no answer in the capture, a client that accepts the Finish has taken. */
  takeUnanswered(): void {
    for (const { operation, code, path, values } of this.steps)
      if (code === 0 && operation === Operation.bootstrapWrite) this.instances.write(path, values);
  }

  end(end: BootstrapEnd, time: Nanoseconds, row: MessageRow): void {
    this.ended = end;
    this.to = Math.max(time, this.from);
    this.endRow = row;
    this.evidence.decide(row);
    this.enter(undefined, time, row);
  }

  /** The server goes on after its Finish was refused (LwM2M Core §6.1.7.2). */
  reopen(time: Nanoseconds, row: MessageRow): void {
    this.ended = 'open';
    this.to = OPEN_END;
    this.code = 0;
    this.endRow = NO_ROW;
    this.enter('bootstrapping', time, row);
  }

  /** Begins a state; without one, only ends the last. */
  enter(state: BootstrapState | undefined, time: Nanoseconds, row: MessageRow): void {
    closeLastSpan(this.spans, time);
    if (state === undefined || this.spans.length === MAX_SPANS) return;
    this.spans.push({ from: time, to: OPEN_END, state, row, proven: true });
  }
}
