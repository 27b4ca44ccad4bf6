import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import { SOFTWARE_OBJECT } from '../device/update-object.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { quoteText, writeValue } from './filter/word.ts';
import type { MessageFacts } from './message-facts.ts';
import { observedPath } from './records/observation-record.ts';
import { type SessionSpan, sessionSpans, updateSpans } from './session-spans.ts';
import type { SpanQuery, SpanScope } from './span-protocol.ts';

/** Says by which filter the messages of a span are chosen, in words that can be typed as well. */
export class SpanScopes {
  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
  ) {}

  /** What a span of the timeline stands for; undefined for a moment that is more than a message. */
  ofSpan(query: SpanQuery): SpanScope | undefined {
    const { row, device, kind, from, to } = query;
    switch (kind) {
      case 'device':
        // A folded device: its marks are those of the tracks below.
        return to > from
          ? (this.#session({ ...query, kind: 'registration' }) ?? this.#stretch(query))
          : (this.#exchange(row) ?? this.#device(device));
      case 'registration':
      case 'bootstrap':
        return this.#session(query) ?? this.#stretch(query);
      case 'observation':
        return this.#observation(row);
      case 'transfers':
        return this.#transfer(row);
      case 'firmware':
        return this.#updateAt(query) ?? this.#stretch(query);
      default:
        return to > from ? this.#stretch(query) : this.#exchange(row);
    }
  }

  /** All that a message belongs to, the narrowest first. */
  ofRow(row: MessageRow): SpanScope[] {
    const { messages } = this.analysis.tracking;
    if (!messages.isHeld(row)) return [];
    const device = this.devices.deviceOf(row);
    const time = messages.time.get(row);
    const found = [this.#exchange(row), this.#transfer(row), this.#observation(row)];
    const updates = updateSpans(this.analysis, this.devices);
    const attempts = new Set<FirmwareAttempt>();
    updates.some(device, time, ({ attempt }) => {
      attempts.add(attempt);
      return false;
    });
    for (const { attempt } of updates.provenBy(row) ?? []) attempts.add(attempt);
    for (const attempt of attempts) found.push(this.#update(attempt));
    const sessions = sessionSpans(this.analysis, this.devices);
    const own = new Set<SessionSpan>(sessions.provenBy(row));
    const conversation = messages.conversation.get(row);
    const server = this.analysis.tracking.operations.serverEndpoint(conversation);
    sessions.some(device, time, (span) => {
      if (span.isIn(conversation, server)) own.add(span);
      return false;
    });
    for (const span of own) found.push(this.#sessionScope(span));
    found.push(this.#device(device));
    return found.filter((scope) => scope !== undefined);
  }

  /** The messages of an update. */
  ofUpdate(attempt: number): SpanScope | undefined {
    const known = this.analysis.tracking.devices.firmware.attempts[attempt];
    return known === undefined ? undefined : this.#update(known);
  }

  #of(device: number): string {
    return device < 0 ? '' : ` of ${this.devices.name(device)}`;
  }

  #device(device: number): SpanScope | undefined {
    if (device < 0) return undefined;
    const name = this.devices.name(device);
    return { title: name, filter: `device.name == ${writeValue(name)}`, device };
  }

  /** All messages of a device in a stretch of time. */
  #stretch({ device, from, to }: SpanQuery): SpanScope | undefined {
    const whole = this.#device(device);
    if (whole === undefined) return undefined;
    const range = `frame.time >= ${this.facts.timeText(from)} && frame.time <= ${this.facts.timeText(Math.min(to, this.analysis.tracking.clock))}`;
    return { title: `${whole.title}, a stretch of time`, filter: `${whole.filter} && ${range}`, device };
  }

  /** A request and its answer. */
  #exchange(row: MessageRow): SpanScope | undefined {
    const { messages } = this.analysis.tracking;
    if (!messages.isHeld(row)) return undefined;
    const first = this.facts.firstCopy(row);
    const partner = this.facts.partner(row);
    const frames = [first, partner]
      .filter((one) => messages.isHeld(one))
      .map((one) => messages.frame.get(one))
      .sort((a, b) => a - b);
    const repeats = `coap.duplicate_of in {${frames.join(', ')}}`;
    const own = `frame.number in {${frames.join(', ')}} || ${repeats}`;
    const file =
      this.analysis.files.length > 1 ? `frame.file == ${messages.file.get(first) + 1} && (${own})` : own;
    return {
      title: `Exchange of message ${frames[0]!}`,
      filter: file,
      device: this.devices.deviceOf(row),
    };
  }

  #transfer(row: MessageRow): SpanScope | undefined {
    const { messages, transfers, paths } = this.analysis.tracking;
    const number = row === NO_ROW ? 0 : messages.transfer.get(row);
    const transfer = transfers.transfers[number - 1];
    if (transfer === undefined) return undefined;
    const device = this.devices.deviceOf(row);
    const path = transfer.pathId === 0 ? '/' : paths.text(transfer.pathId);
    return {
      title: `Transfer of ${path}${this.#of(device)}`,
      filter: `transfer == ${transfer.number}`,
      device,
    };
  }

  #observation(row: MessageRow): SpanScope | undefined {
    const { messages, observations, paths } = this.analysis.tracking;
    const number = row === NO_ROW ? 0 : messages.observation.get(row);
    const observation = observations.observations[number - 1];
    if (observation === undefined) return undefined;
    const device = this.devices.deviceOf(row);
    return {
      title: `Observation of ${observedPath(observation, paths)}${this.#of(device)}`,
      filter: `observation == ${observation.number}`,
      device,
    };
  }

  #session({ device, kind, row, from }: SpanQuery): SpanScope | undefined {
    const spans = sessionSpans(this.analysis, this.devices).of(device);
    const one = spans.find(({ kind: own, subject }) => {
      if (own !== kind) return false;
      if (subject.spans.some((span) => span.row === row && span.from === from)) return true;
      if ('changes' in subject) return subject.changes.some((change) => change.row === row);
      return subject.endRow === row && subject.to === from;
    });
    return one === undefined ? undefined : this.#sessionScope(one);
  }

  /** Undefined where the message that its id is made of is no longer held. */
  #sessionScope(span: SessionSpan): SpanScope | undefined {
    const id = this.facts.id(span.evidence.first);
    if (id === '') return undefined;
    const name = span.kind === 'bootstrap' ? 'Bootstrap' : `Registration ${span.location ?? ''}`.trim();
    return {
      title: `${name}${this.#of(span.device)}`,
      filter: `session.id == ${id}`,
      device: span.device,
    };
  }

  /** The update that a state or a result is of: the one that has it, or in whose time it lies. */
  #updateAt({ device, row, from }: SpanQuery): SpanScope | undefined {
    const spans = updateSpans(this.analysis, this.devices).of(device);
    const has = (attempt: FirmwareAttempt): boolean =>
      attempt.result?.row === row ||
      attempt.states.some((state) => state.row === row && state.time === from) ||
      attempt.evidence.rows().includes(row);
    const one =
      spans.findLast(({ attempt }) => has(attempt) && isWithin(attempt, from)) ??
      spans.findLast(({ attempt }) => isWithin(attempt, from) && from < attempt.to);
    return one === undefined ? undefined : this.#update(one.attempt);
  }

  #update(attempt: FirmwareAttempt): SpanScope | undefined {
    const { attempts } = this.analysis.tracking.devices.firmware;
    const object = `/${attempt.objectId}/${attempt.instanceId}`;
    const { first } = attempt.evidence;
    const firstId = this.facts.id(first);
    if (firstId === '') return undefined;
    const isShared = attempts.some((other) => other !== attempt && other.evidence.first === first);
    const device = this.analysis.tracking.devices.devices.resolve(attempt.device);
    const name = attempt.objectId === SOFTWARE_OBJECT ? 'Software update' : 'Firmware update';
    const id = `firmware.id == ${firstId}`;
    return {
      title: `${name} ${object}${this.#of(device)}`,
      filter: isShared ? `${id} && firmware.object == ${quoteText(object)}` : id,
      device,
    };
  }
}

function isWithin({ from, to }: FirmwareAttempt, time: Nanoseconds): boolean {
  return from <= time && time <= to;
}
