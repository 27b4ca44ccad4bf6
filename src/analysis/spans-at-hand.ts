import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { withoutCredentials } from '../lwm2m/sensitive-data.ts';
import type { Bootstrap } from '../device/bootstrap-record.ts';
import type { Registration } from '../device/registration-record.ts';
import type { Evidence } from '../device/span.ts';
import type { Analysis } from './analysis.ts';
import type { DatedSpans } from './dated-spans.ts';
import type { DeviceIndex } from './device-index.ts';
import { stateOf } from './device-summary.ts';
import type { EachValue } from './filter/field.ts';
import type {
  DeviceFacts,
  KnownSpanText,
  MessageSpansAccess,
  SessionFacts,
  UpdateFacts,
} from './filter/spans-access.ts';
import type { MessageFacts } from './message-facts.ts';
import {
  type SessionSpan,
  sessionSpans,
  updateSpans,
  updateStateAt,
  type UpdateSpan,
} from './session-spans.ts';

/** Texts of one kind that completion offers, and things that are looked at for them. */
const OFFERED = 100;
const LOOKED_AT = 10_000;

/** What is made of the tables, how many messages they had then, and the first one that was held. */
interface Made {
  messages: number;
  first: MessageRow;
  sessions: DatedSpans<SessionSpan>;
  updates: DatedSpans<UpdateSpan>;
  /** By transfer index: updates whose package it carried. */
  carried: Map<number, UpdateSpan[]>;
  /** By device: its last registration. */
  latest: Map<number, Registration>;
  /** By device: how many messages it has, once that was asked. */
  counts: Map<number, number>;
}

/**
 * The sessions and updates of one message after the other, and what is known of its device: what fields ask that stands
 * in the tables of the device stage. They are gathered when a filter first asks, and again when messages have come since.
 */
export class SpansAtHand implements MessageSpansAccess {
  #made: Made | undefined;
  #session: SessionSpan | undefined;
  #update: UpdateFacts | undefined;
  #attempt: UpdateSpan | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
  ) {}

  /** The walk under way: its message, the conversation of that, and who is asked; kept so that a row makes no function. */
  #row: MessageRow = NO_ROW;
  #conversation = 0;
  #server = -1;
  #visit: (row: MessageRow) => boolean = () => false;

  readonly #takeSession = (span: SessionSpan): boolean => {
    this.#session = span;
    return this.#visit(this.#row);
  };
  readonly #takeOwnSession = (span: SessionSpan): boolean =>
    span.isIn(this.#conversation, this.#server) && this.#takeSession(span);
  readonly #takeUpdate = (span: UpdateSpan): boolean => {
    this.#attempt = span;
    this.#update = span.attempt;
    return this.#visit(this.#row);
  };

  readonly eachSession: EachValue = (row, visit) => {
    const { sessions } = this.#current();
    const { messages, operations } = this.analysis.tracking;
    const conversation = messages.conversation.get(row);
    this.#row = row;
    this.#visit = visit;
    this.#conversation = conversation;
    this.#server = operations.serverEndpoint(conversation);
    const device = this.devices.deviceOf(row);
    if (device >= 0 && sessions.some(device, messages.time.get(row), this.#takeOwnSession)) return true;
    return sessions.provenBy(row)?.some(this.#takeSession) ?? false;
  };

  readonly eachUpdate: EachValue = (row, visit) => {
    const { updates, carried } = this.#current();
    const { messages } = this.analysis.tracking;
    this.#row = row;
    this.#visit = visit;
    const device = this.devices.deviceOf(row);
    if (device >= 0 && updates.some(device, messages.time.get(row), this.#takeUpdate)) return true;
    if (updates.provenBy(row)?.some(this.#takeUpdate) === true) return true;
    const transfer = messages.transfer.get(row);
    return transfer > 0 && (carried.get(transfer - 1)?.some(this.#takeUpdate) ?? false);
  };

  readonly session = (): SessionFacts => this.#session!;
  readonly update = (): UpdateFacts => this.#update!;
  readonly sessionState: MessageSpansAccess['sessionState'] = (row) =>
    this.#session!.stateAt(this.analysis.tracking.messages.time.get(row));
  readonly updateState: MessageSpansAccess['updateState'] = (row) =>
    updateStateAt(this.#attempt!.attempt, this.analysis.tracking.messages.time.get(row));

  readonly sessionServer = (): string => {
    const session = this.#session!;
    return (session.serverText ??= this.analysis.frames.flows.endpointText(session.server));
  };
  readonly sessionId = (): string => (this.#session!.idText ??= this.#id(this.#session!.evidence));
  readonly updateId = (index: number): string =>
    this.#id(this.analysis.tracking.devices.firmware.attempts[index]?.evidence);

  readonly deviceState: MessageSpansAccess['deviceState'] = (row) => {
    const device = this.devices.deviceOf(row);
    return device < 0 ? undefined : stateOf(this.#current().latest.get(device));
  };

  readonly deviceMessages = (row: MessageRow): number => {
    const device = this.devices.deviceOf(row);
    if (device < 0) return NaN;
    const { counts } = this.#current();
    let count = counts.get(device);
    if (count === undefined) {
      count = this.devices.messagesOf(this.analysis.tracking.devices.devices.devices[device]!);
      counts.set(device, count);
    }
    return count;
  };

  readonly device = (index: number): DeviceFacts => {
    const { devices } = this.analysis.tracking.devices;
    const { flows } = this.analysis.frames;
    const device = devices.devices[devices.resolve(index)]!;
    return {
      endpoint: device.endpoint,
      manufacturer: device.manufacturer?.text,
      model: device.model?.text,
      firmware: device.firmware?.text,
      get addresses() {
        return device.addresses.map((end) => flows.endpointText(end));
      },
      get servers() {
        return device.servers.map((end) => flows.endpointText(end));
      },
      versions: device.versions,
      bindings: device.bindings,
      security: this.devices.securityOf(device),
    };
  };

  readonly known = (what: KnownSpanText): readonly string[] => {
    const found = new Set<string>();
    let looked = 0;
    for (const text of this.#texts(what)) {
      if (text !== undefined && text !== '') found.add(text);
      if (found.size === OFFERED || ++looked === LOOKED_AT) break;
    }
    return [...found];
  };

  *#texts(what: KnownSpanText): Generator<string | undefined> {
    const { registrations, bootstraps, firmware } = this.analysis.tracking.devices;
    const [thing, key] = what.split('.') as [string, string];
    if (thing === 'device') {
      for (const { index } of this.devices.all()) {
        const text = this.device(index)[key as keyof DeviceFacts];
        if (typeof text === 'object') yield* text;
        else yield text;
      }
    } else if (thing === 'session') {
      for (const one of registrations.registrations)
        if (one.duplicateOf < 0) yield this.#sessionText(one, key);
      for (const one of bootstraps.bootstraps) if (!one.isSecondView) yield this.#sessionText(one, key);
    } else {
      for (const attempt of firmware.attempts) yield this.#updateText(attempt, key);
    }
  }

  #sessionText(session: Registration | Bootstrap, key: string): string | undefined {
    switch (key) {
      case 'id':
        return this.#id(session.evidence);
      case 'server':
        return this.analysis.frames.flows.endpointText(session.serverEndpoint);
      case 'endpoint':
        return session.endpoint;
      default:
        return 'location' in session ? session[key as 'location' | 'version' | 'binding'] : undefined;
    }
  }

  #updateText(attempt: UpdateSpan['attempt'], key: string): string | undefined {
    switch (key) {
      case 'id':
        return this.#id(attempt.evidence);
      case 'object':
        return `/${attempt.objectId}/${attempt.instanceId}`;
      case 'uri':
        return attempt.uri === undefined ? undefined : withoutCredentials(attempt.uri);
      case 'package':
        return attempt.package.name;
      case 'version':
        return attempt.package.version;
      case 'before':
        return attempt.before.version;
      case 'after':
        return attempt.after.version;
      default:
        return attempt.result?.name;
    }
  }

  #id(evidence: Evidence | undefined): string {
    return evidence === undefined ? '' : this.facts.id(evidence.first);
  }

  #current(): Made {
    const { messages, devices } = this.analysis.tracking;
    const { count, firstRow } = messages;
    if (this.#made?.messages === count && this.#made.first === firstRow) return this.#made;
    const updates = updateSpans(this.analysis, this.devices);
    const carried = new Map<number, UpdateSpan[]>();
    for (const device of new Set(devices.firmware.attempts.map((one) => devices.devices.resolve(one.device))))
      for (const span of updates.of(device))
        for (const transfer of span.attempt.transfers)
          carried.set(transfer, [...(carried.get(transfer) ?? []), span]);
    const latest = new Map<number, Registration>();
    for (const registration of devices.registrations.registrations)
      latest.set(devices.devices.resolve(registration.device), registration);
    const sessions = sessionSpans(this.analysis, this.devices);
    this.#made = { messages: count, first: firstRow, sessions, updates, carried, latest, counts: new Map() };
    return this.#made;
  }
}
