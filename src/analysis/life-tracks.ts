import type { Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { codeText } from '../coap/code.ts';
import type { Bootstrap } from '../device/bootstrap-record.ts';
import { LIFE_EVENT_NAMES, type LifeEvent } from '../device/life-event.ts';
import type { QueueModeWindow } from '../device/queue-mode.ts';
import { OPEN_END } from '../device/span.ts';
import { OPERATION_NAMES } from '../lwm2m/operation.ts';
import type { DeviceTracking } from './device-tracking.ts';
import { SpanLook } from './timeline-protocol.ts';
import type { SpanBuilder } from './span-builder.ts';

/** The stretch of time that a view shows. */
interface Window {
  from: Nanoseconds;
  to: Nanoseconds;
}

/** Bootstraps, events and queue-mode windows by device, as the lines of the timeline are made from them. */
export class LifeTracks {
  readonly #bootstraps = new Map<number, Bootstrap[]>();
  readonly #events = new Map<number, LifeEvent[]>();
  readonly #windows = new Map<number, QueueModeWindow[]>();

  constructor({ devices, bootstraps, life, queueMode }: DeviceTracking) {
    for (const bootstrap of bootstraps.bootstraps)
      if (!bootstrap.isSecondView) append(this.#bootstraps, bootstraps.deviceOf(bootstrap), bootstrap);
    for (const event of life.events) append(this.#events, devices.resolve(event.device), event);
    for (const window of queueMode.windows) {
      const { registration } = window;
      if (registration.duplicateOf < 0) append(this.#windows, devices.resolve(registration.device), window);
    }
  }

  /** Bootstraps of a device; none where it had none. */
  bootstrapsOf(device: number): readonly Bootstrap[] {
    return this.#bootstraps.get(device) ?? [];
  }

  /** Events in the life of a device. */
  eventsOf(device: number): readonly LifeEvent[] {
    return this.#events.get(device) ?? [];
  }

  /** Queue-mode windows of a device's registrations. */
  windowsOf(device: number): readonly QueueModeWindow[] {
    return this.#windows.get(device) ?? [];
  }
}

function append<Item>(lists: Map<number, Item[]>, key: number, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** Adds the bootstraps of a device: what was going on, and how it ended. */
export function addBootstraps(
  bootstraps: readonly Bootstrap[],
  window: Window,
  clock: Nanoseconds,
  builder: SpanBuilder,
): void {
  for (const bootstrap of bootstraps) {
    for (const { from, to, state, row } of bootstrap.spans) {
      const end = to === OPEN_END ? Math.max(clock, from) : to;
      if (end < window.from || from > window.to || end === from) continue;
      const label =
        state === 'requested' ? 'Bootstrap requested' : `Bootstrapping · ${operationCounts(bootstrap)}`;
      builder.add(from, end, SpanLook.bootstrap, row, label);
    }
    const { to, ended } = bootstrap;
    if (ended === 'open' || to < window.from || to > window.to) continue;
    const row = bootstrap.endRow === NO_ROW ? bootstrap.evidence.last : bootstrap.endRow;
    builder.add(to, to, END_LOOKS[ended], row, endLabel(bootstrap));
  }
}

const END_LOOKS = {
  finished: SpanLook.bootstrap,
  refused: SpanLook.refused,
  failed: SpanLook.failed,
  abandoned: SpanLook.unanswered,
} as const;

/** How a bootstrap ended, in words. */
export function endLabel({ ended, code, endRow }: Bootstrap): string {
  switch (ended) {
    case 'finished':
      return 'Bootstrap finished';
    case 'refused':
      return `Bootstrap refused ${codeText(code)}`;
    case 'failed':
      return endRow === NO_ROW
        ? 'No Bootstrap-Finish within 247 s'
        : `Bootstrap-Finish refused ${codeText(code)}`;
    case 'abandoned':
      return 'Given up: the client asked anew';
    case 'open':
      return 'No end seen';
  }
}

/** What a bootstrap server did, such as `2 × Bootstrap-Write`. */
export function operationCounts({ steps }: Bootstrap): string {
  const counts = new Map<string, number>();
  for (const { operation } of steps) {
    const name = OPERATION_NAMES[operation]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts].map(([name, count]) => `${count} × ${name.replace('Bootstrap-', '')}`);
  return parts.length === 0 ? 'no operation' : parts.join(', ');
}

/** Adds a mark for each event of a device. */
export function addEvents(
  events: readonly LifeEvent[],
  window: Window,
  clock: Nanoseconds,
  builder: SpanBuilder,
): void {
  for (const event of events) {
    const { disabled } = event;
    if (disabled !== undefined) {
      const to = Number.isNaN(disabled.backAt)
        ? Math.min(disabled.until, Math.max(clock, disabled.from))
        : disabled.backAt;
      if (to >= window.from && disabled.from <= window.to)
        builder.add(disabled.from, to, SpanLook.unproven, event.followedBy, disabledLabel(event));
    }
    if (event.time < window.from || event.time > window.to) continue;
    builder.add(event.time, event.time, eventLook(event), event.row, eventLabel(event, clock));
  }
}

function eventLook({ kind, code }: LifeEvent): number {
  if (code >> 5 > 2) return SpanLook.errorAnswer;
  switch (kind) {
    case 'errorCode':
      return SpanLook.failed;
    case 'lifetimeWritten':
    case 'bindingWritten':
      return SpanLook.write;
    default:
      return SpanLook.execute;
  }
}

/** What an event was and what came of it, in words. */
export function eventLabel(event: LifeEvent, clock: Nanoseconds): string {
  const name = LIFE_EVENT_NAMES[event.kind];
  const frame = event.frame === 0 ? '' : ` (frame ${event.frame})`;
  const isHandshake = event.kind === 'handshake';
  const what = `${name}${event.detail === '' ? '' : ` ${event.detail}`}${isHandshake ? frame : ''}`;
  const followed = event.followedBy === NO_ROW ? `${event.followedAs}${frame}` : event.followedAs;
  if (event.code >> 5 > 2) return `${what}: refused ${codeText(event.code)}`;
  switch (event.outcome(clock)) {
    case 'met':
      return `${what}: ${followed} after ${secondsText(event.followedAt - event.time)}`;
    case 'late':
      return `${what}: ${followed} late, after ${secondsText(event.followedAt - event.time)}`;
    case 'not seen':
      return `${what}: no ${event.expects ?? ''} seen within ${secondsText(event.due - event.time)}`;
    case 'waiting':
      return `${what}: no ${event.expects ?? ''} seen yet`;
    case 'none':
      return what;
  }
}

/** For how long a client was disabled, and whether it came back, in words. */
export function disabledLabel({ disabled, timeout, isTimeoutKnown }: LifeEvent): string {
  const time = `Disabled for ${secondsText(timeout)}${isTimeoutKnown ? '' : ', as no Disable Timeout was seen'}`;
  if (disabled === undefined || Number.isNaN(disabled.backAt)) return time;
  return `${time}: registered after ${secondsText(disabled.backAt - disabled.from)}`;
}

/** Adds when a client in queue mode listens, and what was sent to it while it did not. */
export function addAwake(
  windows: readonly QueueModeWindow[],
  window: Window,
  clock: Nanoseconds,
  builder: SpanBuilder,
): void {
  for (const queue of windows) {
    for (const { from, to, state, row } of queue.spansUntil(clock)) {
      const end = to === OPEN_END ? Math.max(clock, from) : to;
      if (end < window.from || from > window.to) continue;
      if (state === 'awake') builder.add(from, end, SpanLook.registered, row, 'Awake');
      else
        builder.add(
          from,
          end,
          SpanLook.unproven,
          row,
          `Asleep? No message for ${secondsText(queue.window)} before`,
        );
    }
    for (const { time, row, answerRow, answerTime } of queue.requests) {
      if (time < window.from || time > window.to) continue;
      const label =
        answerRow === NO_ROW
          ? 'Request into sleep, no answer seen'
          : `Request into sleep, answered after ${secondsText(answerTime - time)}`;
      builder.add(time, time, answerRow === NO_ROW ? SpanLook.unanswered : SpanLook.read, row, label);
    }
  }
}

/** A duration for people, such as `0.25 s` or `93 s`. */
export function secondsText(duration: Nanoseconds): string {
  const seconds = duration / 1e9;
  return `${seconds < 10 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`;
}
