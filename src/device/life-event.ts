import type { FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';

/** After a trigger, a disable or a changed parameter the client acts within this time: 60 s, as testers check it. */
export const FOLLOW_UP_TIME: Nanoseconds = 60e9;

/** What can happen in a device's life beside registrations, bootstraps and updates of its software. */
export type LifeEventKind =
  | 'disable'
  | 'updateTrigger'
  | 'bootstrapTrigger'
  | 'lifetimeWritten'
  | 'bindingWritten'
  | 'objectsChanged'
  | 'reboot'
  | 'factoryReset'
  | 'errorCode'
  | 'handshake';

/** What is said of an event, in words. */
export const LIFE_EVENT_NAMES: Readonly<Record<LifeEventKind, string>> = {
  disable: 'Disable',
  updateTrigger: 'Registration Update Trigger',
  bootstrapTrigger: 'Bootstrap-Request Trigger',
  lifetimeWritten: 'Lifetime written',
  bindingWritten: 'Binding written',
  objectsChanged: 'Object instances changed',
  reboot: 'Reboot',
  factoryReset: 'Factory Reset',
  errorCode: 'Error code',
  handshake: 'DTLS handshake',
};

/** What an event lets expect: the operation of the device that follows. */
export type FollowUp = 'De-register' | 'Update' | 'Bootstrap-Request' | 'Register';

/**
 * Whether what was expected came. `met`: in time. `late`: after it. `not seen`: the time has passed and the capture
 * does not show it. `waiting`: the capture ends before, or could not tell. `none`: nothing is expected.
 */
export type LifeEventOutcome = 'met' | 'late' | 'not seen' | 'waiting' | 'none';

/** How long a client stays away after a Disable whose timeout was not seen: 86,400 s (LwM2M Core §E.2, resource 5). */
export const DEFAULT_DISABLE_TIME: Nanoseconds = 86_400e9;

/** The time for which a client that was disabled stays silent towards a server. */
export interface DisabledTime {
  from: Nanoseconds;
  /** When it is expected back. */
  until: Nanoseconds;
  /** When it registered; NaN while that was not seen. */
  backAt: Nanoseconds;
  backRow: MessageRow;
}

/** One event in the life of a device, with the messages that prove it. */
export class LifeEvent {
  readonly kind: LifeEventKind;
  /** Index in `DeviceTable.devices`, to be resolved there. */
  device: number;
  readonly serverEndpoint: number;
  /** The request, or the message with the value. */
  readonly row: MessageRow;
  readonly time: Nanoseconds;
  /** What the kind does not say, such as `60 s`; empty for nothing. */
  readonly detail: string;
  /** Operation that is expected to follow; undefined for none. */
  expects: FollowUp | undefined;
  /** When it is late; infinite where no rule says. */
  due: Nanoseconds;
  /** True where the operation would be known to be the device's own, wherever it came from: its name is known. */
  readonly isNamed: boolean;
  /** Code byte of the answer to the request; 0 where none was seen. */
  code = 0;
  answerRow: MessageRow = NO_ROW;
  /** The operation that followed; `NO_ROW` while none was seen. */
  followedBy: MessageRow = NO_ROW;
  followedAt: Nanoseconds = NaN;
  /** Name of the operation that followed; of a reboot also a handshake, which is no message. */
  followedAs = '';
  /** Frame of what is no message; 0 for none. */
  frame: FrameNumber = 0;
  /** Of a Disable: how long the client is to stay away, and whether that was seen written or read. */
  timeout: Nanoseconds = DEFAULT_DISABLE_TIME;
  isTimeoutKnown = false;
  /** Of a Disable that was followed: the silence. */
  disabled: DisabledTime | undefined;

  constructor(
    kind: LifeEventKind,
    device: number,
    message: { serverEndpoint: number; row: MessageRow; time: Nanoseconds },
    detail: string,
    expects: FollowUp | undefined,
    due: Nanoseconds,
    isNamed: boolean,
  ) {
    this.kind = kind;
    this.device = device;
    this.serverEndpoint = message.serverEndpoint;
    this.row = message.row;
    this.time = message.time;
    this.detail = detail;
    this.expects = expects;
    this.due = due;
    this.isNamed = isNamed;
  }

  /** What became of it by a time of the capture clock. */
  outcome(clock: Nanoseconds): LifeEventOutcome {
    if (this.expects === undefined) return 'none';
    if (!Number.isNaN(this.followedAt)) return this.followedAt <= this.due ? 'met' : 'late';
    return clock > this.due && this.isNamed ? 'not seen' : 'waiting';
  }
}
