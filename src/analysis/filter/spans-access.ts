import type { MessageRow } from '../../capture/units.ts';
import type { BootstrapState } from '../../device/bootstrap-record.ts';
import type { RegistrationState } from '../../device/registration-record.ts';
import type { UpdateState } from '../../device/update-object.ts';
import type { DeviceState } from '../device-protocol.ts';
import type { EachValue } from './field.ts';

/** A session that a message belongs to, as a filter asks for it; texts are undefined where nothing told them. */
export interface SessionFacts {
  kind: 'registration' | 'bootstrap';
  endpoint: string | undefined;
  location: string | undefined;
  version: string | undefined;
  lifetime: number | undefined;
  binding: string | undefined;
  /** Undefined for a bootstrap. */
  queue: boolean | undefined;
  ended: string;
}

/** An update that a message belongs to, as a filter asks for it. */
export interface UpdateFacts {
  index: number;
  objectId: number;
  instanceId: number;
  method: string | undefined;
  uri: string | undefined;
  ended: string;
  result: { value: number; name: string } | undefined;
  package: { name?: string; version?: string };
  before: { version?: string };
  after: { version?: string };
}

/** What is known of a device; lists hold each text once. */
export interface DeviceFacts {
  endpoint: string | undefined;
  manufacturer: string | undefined;
  model: string | undefined;
  firmware: string | undefined;
  addresses: readonly string[];
  servers: readonly string[];
  versions: readonly string[];
  bindings: readonly string[];
  security: readonly string[];
}

/** Texts that occur in the capture, to be offered while a filter is written; a bounded number each. */
export type KnownSpanText =
  | `device.${keyof DeviceFacts}`
  | `session.${'id' | 'server' | 'endpoint' | 'location' | 'version' | 'binding'}`
  | `firmware.${'id' | 'object' | 'uri' | 'package' | 'version' | 'before' | 'after' | 'result'}`;

/**
 * What a message filter reads of devices, sessions and updates. A walk makes one session or update of the message after
 * the other the one at hand.
 */
export interface MessageSpansAccess {
  /** Sessions of the message's device: those in whose time it lies, at the same server, and those that it proves. */
  readonly eachSession: EachValue;
  /** Updates of the message's device: those in whose time it lies, and those that it proves or carries a block of. */
  readonly eachUpdate: EachValue;
  /** The session and the update at hand, while a walk visits it. */
  readonly session: () => SessionFacts;
  readonly update: () => UpdateFacts;
  /** State of the session, or the update, at hand at the time of the message; undefined where nothing told it. */
  readonly sessionState: (row: MessageRow) => RegistrationState | BootstrapState | undefined;
  readonly updateState: (row: MessageRow) => UpdateState | undefined;
  /** Endpoint of the server of the session at hand, such as `10.0.0.1:5683`. */
  readonly sessionServer: () => string;
  /** Id of the first message of the session at hand, or of an update: `file.frame.ordinal`. */
  readonly sessionId: () => string;
  readonly updateId: (index: number) => string;
  /** What became of the device of a message; undefined where it has no device. */
  readonly deviceState: (row: MessageRow) => DeviceState | undefined;
  /** How many messages the device of a message has; NaN where it has no device. */
  readonly deviceMessages: (row: MessageRow) => number;
  readonly device: (device: number) => DeviceFacts;
  readonly known: (what: KnownSpanText) => readonly string[];
}

const nothing = (): never => {
  throw new Error('a field that is only named was asked');
};

const NO_FACTS: DeviceFacts = {
  endpoint: undefined,
  manufacturer: undefined,
  model: undefined,
  firmware: undefined,
  addresses: [],
  servers: [],
  versions: [],
  bindings: [],
  security: [],
};

/** For fields that are only named, not asked: every walk is empty. */
export const NO_SPANS: MessageSpansAccess = {
  eachSession: () => false,
  eachUpdate: () => false,
  session: nothing,
  update: nothing,
  sessionState: () => undefined,
  updateState: () => undefined,
  sessionServer: () => '',
  sessionId: () => '',
  updateId: () => '',
  deviceState: () => undefined,
  deviceMessages: () => NaN,
  device: () => NO_FACTS,
  known: () => [],
};
