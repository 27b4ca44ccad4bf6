import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import type { Bootstrap, BootstrapState } from '../device/bootstrap-record.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import type { Registration, RegistrationState } from '../device/registration-record.ts';
import { type Evidence, OPEN_END, type Span } from '../device/span.ts';
import type { UpdateState } from '../device/update-object.ts';
import type { Analysis } from './analysis.ts';
import { type DatedSpan, DatedSpans } from './dated-spans.ts';
import type { DeviceIndex } from './device-index.ts';
import type { SessionFacts } from './filter/spans-access.ts';

/** A registration or a bootstrap with what is asked of either; what changes is read from it when somebody asks. */
export class SessionSpan implements DatedSpan, SessionFacts {
  readonly kind: 'registration' | 'bootstrap';
  /** Texts that a filter asks for, once they are made. */
  idText: string | undefined;
  serverText: string | undefined;
  /** Where states that go on after the end are over: another session with the server begins. */
  #until: Nanoseconds = OPEN_END;

  constructor(
    readonly subject: Registration | Bootstrap,
    readonly device: number,
    readonly from: Nanoseconds,
  ) {
    this.kind = 'lifetime' in subject ? 'registration' : 'bootstrap';
  }

  /** A registration that was there goes on as one that expired or was lost, until the next one begins. */
  get to(): Nanoseconds {
    const { to, ended, spans } = this.subject;
    if (ended !== 'expired' && ended !== 'lost') return to;
    const last = spans.at(-1);
    return Math.max(to, Math.min(last?.to ?? to, this.#until));
  }

  /** Notes that another session with the same server begins. */
  endBefore(time: Nanoseconds): void {
    this.#until = time - 1;
  }

  get #registration(): Registration | undefined {
    return this.kind === 'registration' ? (this.subject as Registration) : undefined;
  }

  get evidence(): Evidence {
    return this.subject.evidence;
  }
  get server(): number {
    return this.subject.serverEndpoint;
  }
  get endpoint(): string | undefined {
    return this.subject.endpoint;
  }
  get ended(): string {
    return this.subject.ended;
  }
  get location(): string | undefined {
    return this.#registration?.location;
  }
  get version(): string | undefined {
    return this.#registration?.version;
  }
  get lifetime(): number | undefined {
    return this.#registration?.lifetime;
  }
  get binding(): string | undefined {
    return this.#registration?.binding;
  }
  get queue(): boolean | undefined {
    return this.#registration?.queue;
  }

  /** State at a time; undefined where none is known. */
  stateAt(time: Nanoseconds): RegistrationState | BootstrapState | undefined {
    const spans: readonly Span<RegistrationState | BootstrapState>[] = this.subject.spans;
    for (let at = spans.length - 1; at >= 0; at--) if (spans[at]!.from <= time) return spans[at]!.state;
    return undefined;
  }

  /** Whether a conversation is with its server. */
  isIn(conversation: number, server: number): boolean {
    if (server === this.server) return true;
    return 'conversation' in this.subject
      ? this.subject.conversation === conversation
      : this.subject.conversations.includes(conversation);
  }
}

/** An update with the device that it is of. */
export interface UpdateSpan extends DatedSpan {
  attempt: FirmwareAttempt;
}

/** State of an update at a time; undefined where none is known yet. */
export function updateStateAt({ states }: FirmwareAttempt, time: Nanoseconds): UpdateState | undefined {
  for (let at = states.length - 1; at >= 0; at--) if (states[at]!.time <= time) return states[at]!.state;
  return undefined;
}

/** The registrations and bootstraps of all devices, as the tables have them now. */
export function sessionSpans(analysis: Analysis, devices: DeviceIndex): DatedSpans<SessionSpan> {
  const { messages, transfers } = analysis.tracking;
  const { devices: table, registrations, bootstraps } = analysis.tracking.devices;
  const timeOf = (row: MessageRow): Nanoseconds => messages.time.get(row);
  /** A request that came in blocks began with the first of them. */
  const begin = (row: MessageRow, from: Nanoseconds): Nanoseconds => {
    const transfer = row === NO_ROW ? undefined : transfers.transfers[messages.transfer.get(row) - 1];
    return transfer === undefined ? from : Math.min(from, transfer.from);
  };
  const spans: SessionSpan[] = [];
  const last = new Map<string, SessionSpan>();
  for (const registration of registrations.registrations) {
    if (registration.duplicateOf >= 0) continue;
    const device = table.resolve(registration.device);
    const from = begin(registration.requestRow, registration.from);
    const span = new SessionSpan(registration, device, from);
    const key = `${device} ${registration.serverEndpoint}`;
    last.get(key)?.endBefore(from);
    last.set(key, span);
    spans.push(span);
  }
  for (const bootstrap of bootstraps.bootstraps) {
    if (bootstrap.isSecondView) continue;
    spans.push(new SessionSpan(bootstrap, bootstraps.deviceOf(bootstrap), bootstrap.from));
  }
  return new DatedSpans(spans, timeOf, (row) => devices.deviceOf(row));
}

/** The updates of all devices, as the tables have them now. */
export function updateSpans(analysis: Analysis, devices: DeviceIndex): DatedSpans<UpdateSpan> {
  const { messages } = analysis.tracking;
  const { devices: table, firmware } = analysis.tracking.devices;
  const spans = firmware.attempts.map((attempt) => ({
    attempt,
    device: table.resolve(attempt.device),
    evidence: attempt.evidence,
    from: attempt.from,
    to: attempt.to,
  }));
  return new DatedSpans(
    spans,
    (row) => messages.time.get(row),
    (row) => devices.deviceOf(row),
  );
}
