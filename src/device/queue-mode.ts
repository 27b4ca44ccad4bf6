import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import type { OperationEvent } from '../lwm2m/operation-event.ts';
import type { DeviceTable } from './identity.ts';
import {
  RegistrationChange,
  type RegistrationChangeCode,
  type RegistrationListener,
} from './registration-book.ts';
import type { Registration } from './registration-record.ts';
import { closeLastSpan, OPEN_END, type Span } from './span.ts';

/** How long a client in queue mode listens after its last message: MAX_TRANSMIT_WAIT, 93 s (LwM2M Transport §6.5). */
export const AWAKE_TIME: Nanoseconds = 93e9;
/** An answer within this time shows that the client was awake all along, and did not wake up meanwhile. */
const AWAKE_ANSWER: Nanoseconds = 2e9;
/** Spans, and requests into sleep, that are kept for one registration. */
const MAX_SPANS = 256;
const MAX_REQUESTS = 64;

/** `awake`: proven by a message; `asleep`: the window has passed. */
export type QueueState = 'awake' | 'asleep';

/** A request that a server sent while its client had to be taken for asleep. */
export interface RequestIntoSleep {
  row: MessageRow;
  time: Nanoseconds;
  /** `NO_ROW` while no answer was seen. */
  answerRow: MessageRow;
  answerTime: Nanoseconds;
}

/** When the client of one registration in queue mode listens. */
export class QueueModeWindow {
  readonly registration: Registration;
  /** How long it stays awake after its last message, as far as is known; 93 s where no answer showed more. */
  window: Nanoseconds;
  readonly spans: Span<QueueState>[] = [];
  readonly requests: RequestIntoSleep[] = [];
  /** Requests into sleep, those that are not kept included. */
  requestCount = 0;
  /** Time of the last message that keeps it awake. */
  lastTime: Nanoseconds;
  /** Time of its end; `OPEN_END` while it lasts. */
  to: Nanoseconds = OPEN_END;

  constructor(registration: Registration, time: Nanoseconds, row: MessageRow, window: Nanoseconds) {
    this.registration = registration;
    this.window = window;
    this.lastTime = time;
    this.spans.push({ from: time, to: OPEN_END, state: 'awake', row, proven: true });
  }

  /**
   * The spans up to a time of the capture clock: where its last message is longer ago than the window, it is asleep
   * since then.
   */
  spansUntil(clock: Nanoseconds): readonly Span<QueueState>[] {
    const last = this.spans.at(-1);
    const asleepFrom = this.lastTime + this.window;
    if (last === undefined || last.to !== OPEN_END || last.state !== 'awake' || clock <= asleepFrom)
      return this.spans;
    const sleep: Span<QueueState> = {
      from: asleepFrom,
      to: OPEN_END,
      state: 'asleep',
      row: NO_ROW,
      proven: false,
    };
    return [...this.spans.slice(0, -1), { ...last, to: asleepFrom }, sleep];
  }

  /** Whether the client has to be taken for asleep at a time. */
  isAsleep(time: Nanoseconds): boolean {
    return time > this.lastTime + this.window;
  }

  /** Takes a message that keeps the client awake, or shows that it is. */
  heard(time: Nanoseconds, row: MessageRow): void {
    if (this.isAsleep(time)) {
      closeLastSpan(this.spans, this.lastTime + this.window);
      if (this.spans.length + 2 <= MAX_SPANS) {
        const from = this.lastTime + this.window;
        this.spans.push({ from, to: time, state: 'asleep', row: NO_ROW, proven: false });
        this.spans.push({ from: time, to: OPEN_END, state: 'awake', row, proven: true });
      }
    }
    this.lastTime = Math.max(this.lastTime, time);
  }

  /** A request that was answered at once when the client had to be asleep: it listens longer than was assumed. */
  learn(asked: Nanoseconds): void {
    this.window = Math.max(this.window, asked - this.lastTime);
  }

  /** The registration is over. */
  end(time: Nanoseconds): void {
    if (this.to !== OPEN_END) return;
    const spans = this.spansUntil(time);
    if (spans !== this.spans && this.spans.length < MAX_SPANS) {
      closeLastSpan(this.spans, this.lastTime + this.window);
      this.spans.push(spans.at(-1)!);
    }
    closeLastSpan(this.spans, time);
    this.to = time;
  }
}

/**
 * Follows when clients in queue mode listen (LwM2M Core §6.2.1.2, Transport §6.5). Hears of registrations as their
 * listener, and of every message of the conversations it follows. That a client sleeps no message says: such spans
 * are not proven, and an answer that comes at once takes them back.
 */
export class QueueModeTracker implements RegistrationListener {
  /** All windows in the order of their registrations. */
  readonly windows: QueueModeWindow[] = [];

  readonly #devices: DeviceTable;
  /** By conversation: the window of the registration in force. */
  readonly #byConversation: (QueueModeWindow | undefined)[] = [];
  readonly #byRegistration = new Map<Registration, QueueModeWindow>();
  /** By device: the longest time that it was seen to listen. */
  readonly #learned = new Map<number, Nanoseconds>();
  #live = 0;

  constructor(devices: DeviceTable) {
    this.#devices = devices;
  }

  /** True where no client in queue mode is registered: then no message needs to be told. */
  get isIdle(): boolean {
    return this.#live === 0;
  }

  /** The windows of a device. */
  windowsOf(device: number): QueueModeWindow[] {
    return this.windows.filter(
      ({ registration }) =>
        registration.duplicateOf < 0 && this.#devices.resolve(registration.device) === device,
    );
  }

  /**
   * Takes any message of a conversation, repeats and empty ones included. `partner` is the request that it answers,
   * `NO_ROW` for a request or an answer to nothing seen; `asks` is true for a request.
   */
  on(
    conversation: number,
    row: MessageRow,
    time: Nanoseconds,
    fromDevice: boolean,
    asks: boolean,
    partner: MessageRow,
  ): void {
    const window = this.#byConversation[conversation];
    if (window === undefined) return;
    if (!fromDevice) {
      // What a server asks does not prove that anybody listens; its answer to a client that is awake does.
      if (asks && window.isAsleep(time)) this.#ask(window, row, time);
      else if (!asks && !window.isAsleep(time)) window.heard(time, row);
      return;
    }
    const asked = partner === NO_ROW ? undefined : window.requests.find((request) => request.row === partner);
    if (asked?.answerRow === NO_ROW) {
      asked.answerRow = row;
      asked.answerTime = time;
      if (window.isAsleep(time) && time - asked.time <= AWAKE_ANSWER) this.#learn(window, asked);
    }
    window.heard(time, row);
  }

  /** A registration comes in force, changes its binding, moves, or ends. */
  onRegistration(
    change: RegistrationChangeCode,
    registration: Registration,
    row: MessageRow,
    requestRow: MessageRow,
    event: OperationEvent | undefined,
  ): void {
    if (change === RegistrationChange.requested) return;
    let window = this.#byRegistration.get(registration);
    const isSleepy = registration.live && registration.queue && event !== undefined;
    if (!isSleepy) {
      if (window !== undefined)
        this.#end(window, registration.live && event !== undefined ? event.time : registration.to);
      return;
    }
    if (window === undefined) {
      const learned = this.#learned.get(this.#devices.resolve(registration.device)) ?? AWAKE_TIME;
      window = new QueueModeWindow(registration, event.time, row, learned);
      this.windows.push(window);
      this.#byRegistration.set(registration, window);
      this.#live++;
    } else window.heard(event.time, requestRow === NO_ROW ? row : requestRow);
    // An Update may have come from another port: then nobody listened there yet.
    for (const conversation of registration.conversations) this.#byConversation[conversation] = window;
  }

  /** Forgets windows that are over. Gives how many went. */
  forget(isForgotten: (window: QueueModeWindow) => boolean): number {
    const kept = this.windows.filter(
      (window) => this.#byRegistration.get(window.registration) === window || !isForgotten(window),
    );
    const gone = this.windows.length - kept.length;
    this.windows.length = 0;
    for (const window of kept) this.windows.push(window);
    return gone;
  }

  #ask(window: QueueModeWindow, row: MessageRow, time: Nanoseconds): void {
    window.requestCount++;
    if (window.requests.length === MAX_REQUESTS) window.requests.shift();
    window.requests.push({ row, time, answerRow: NO_ROW, answerTime: NaN });
  }

  #learn(window: QueueModeWindow, asked: RequestIntoSleep): void {
    window.learn(asked.time);
    const device = this.#devices.resolve(window.registration.device);
    this.#learned.set(device, Math.max(this.#learned.get(device) ?? 0, window.window));
    // It was awake when they were sent, so none of them went into sleep.
    window.requests.splice(window.requests.indexOf(asked), 1);
    window.requestCount--;
    // The answer itself came a little later than what it answers.
    window.lastTime = Math.max(window.lastTime, asked.time);
  }

  #end(window: QueueModeWindow, time: Nanoseconds): void {
    window.end(time);
    this.#byRegistration.delete(window.registration);
    this.#live--;
    window.registration.conversations.forEach((conversation) => {
      if (this.#byConversation[conversation] === window) this.#byConversation[conversation] = undefined;
    });
  }
}
