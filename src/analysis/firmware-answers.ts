import { type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import { codeText } from '../coap/code.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import { OPEN_END } from '../device/span.ts';
import { withoutCredentials } from '../lwm2m/sensitive-data.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { DeviceRows } from './device-rows.ts';
import type {
  UpdateDetail,
  UpdateList,
  UpdateRegistration,
  UpdateStateSpan,
  UpdateSummary,
} from './firmware-protocol.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import type { MessageSummary } from './message-summary.ts';
import { packageBody } from './package-body.ts';
import { packageSize } from './package-size.ts';
import { packageProgress } from './package-progress.ts';
import { sha256Text } from './records/sha256.ts';
import { updateExchanges } from './update-exchanges.ts';

/** Attempts that one query may ask for. */
const MAXIMUM_UPDATES = 500;
/** Share of an attempt's time that is shown before and after it, and the least of it. */
const MARGIN = 0.04;
const LEAST_MARGIN: Nanoseconds = 50e6;
/** Width for which an update is thinned at most: of a long update the transfer alone may be looked at. */
const MAXIMUM_PIXELS = 65_536;
/** A package no longer than this is hashed when it is looked at, in bytes. */
const HASHED_AT_ONCE = 4 << 20;
/** A device that said nothing for longer than this was silent. */
const SILENCE: Nanoseconds = 2e9;

/** Answers what the page asks of updates; nothing is kept, all is made from the tables. */
export class FirmwareAnswers {
  readonly #rows: DeviceRows;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
    private readonly bytes: MessageBytes,
    private readonly summaries: MessageSummary,
  ) {
    this.#rows = new DeviceRows(analysis);
  }

  /** A part of the list of attempts, with counts of all. */
  list(first: number, count: number, revision: number): UpdateList {
    const attempts = this.#attempts();
    const newest = attempts.findLast(({ ended }) => ended === 'failed') ?? attempts.at(-1);
    return {
      revision,
      total: attempts.length,
      devices: new Set(attempts.map(({ device }) => this.#deviceOf(device))).size,
      failed: attempts.filter(({ ended }) => ended === 'failed').length,
      open: attempts.filter(({ ended }) => ended === 'open').length,
      first: newest?.index ?? -1,
      updates: attempts
        .slice(first, first + Math.min(count, MAXIMUM_UPDATES))
        .map((attempt) => this.#summary(attempt)),
    };
  }

  /** One attempt in full; `pixels` is the width on which it is drawn. */
  async detail(index: number, pixels: number, revision: number): Promise<UpdateDetail | undefined> {
    const attempt = this.#attempts()[index];
    if (attempt === undefined) return undefined;
    const { flows } = this.analysis.frames;
    const view = this.#view(attempt);
    const rows = this.#rowsOf(attempt, view.from, view.to);
    const { exchanges, leftOut } = await updateExchanges(
      this.analysis,
      this.facts,
      this.summaries,
      attempt,
      rows,
    );
    const detail: UpdateDetail = {
      ...this.#summary(attempt),
      revision,
      viewFrom: view.from,
      viewTo: view.to,
      server: flows.endpointText(attempt.serverEndpoint),
      terms: attempt.terms,
      events: attempt.events,
      illegal: attempt.illegal,
      endRow: attempt.endRow,
      registrations: this.#registrations(attempt, view.from, view.to),
      progress: packageProgress(
        this.analysis,
        attempt,
        rows,
        (view.to - view.from) / Math.max(1, Math.min(pixels, MAXIMUM_PIXELS)),
      ),
      exchanges,
      exchangesLeftOut: leftOut,
      frames: new Map(),
      leader: attempt.leader,
    };
    if (attempt.uri !== undefined) detail.uri = withoutCredentials(attempt.uri);
    const { source } = packageSize(this.analysis, attempt);
    if (source >= 0) detail.source = flows.endpointText(source);
    if (attempt.package.name !== undefined) detail.packageName = attempt.package.name;
    const silence = this.#silence(attempt, rows);
    if (silence !== undefined) detail.silence = silence;
    if (attempt.received <= HASHED_AT_ONCE) {
      const body = await packageBody(this.analysis, this.bytes, attempt);
      if (body !== undefined) detail.sha256 = sha256Text(body);
    }
    this.#nameRows(detail);
    return detail;
  }

  /** The package of an attempt as a file; undefined where it did not come whole. */
  async package(index: number): Promise<Blob | undefined> {
    const attempt = this.#attempts()[index];
    if (attempt === undefined) return undefined;
    const body = await packageBody(this.analysis, this.bytes, attempt);
    return body === undefined
      ? undefined
      : new Blob([body as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' });
  }

  /** The last attempt that a message belongs to, or -1: as evidence, as a block, or by its time and object. */
  ofRow(row: MessageRow): number {
    const { messages, paths } = this.analysis.tracking;
    const transfer = messages.transfer.get(this.facts.firstCopy(row)) - 1;
    const attempts = this.#attempts();
    const proven = attempts.findLast(
      (attempt) =>
        (transfer >= 0 && attempt.transfers.includes(transfer)) || attempt.evidence.rows().includes(row),
    );
    if (proven !== undefined) return proven.index;
    const request = messages.requestOf(row);
    const device = this.devices.deviceOf(row);
    if (request === NO_ROW || device < 0) return -1;
    const { objectId } = paths.path(messages.path.get(request));
    const time = messages.time.get(row);
    const beside = attempts.findLast(
      (attempt) =>
        attempt.objectId === objectId && this.#deviceOf(attempt.device) === device && attempt.from <= time,
    );
    return beside?.index ?? -1;
  }

  /** Notes the frames of all messages that the facts of an update lead to. */
  #nameRows(detail: UpdateDetail): void {
    const { messages } = this.analysis.tracking;
    const { progress, events, illegal, states, result, endRow, silence, frames } = detail;
    const rows = [endRow, progress.lastRow, result?.row ?? NO_ROW, silence?.row ?? NO_ROW];
    for (const list of [events, illegal, states, progress.sizes, progress.stalls])
      for (const { row } of list) rows.push(row);
    for (const row of rows) if (messages.isHeld(row)) frames.set(row, messages.frame.get(row));
  }

  #attempts(): readonly FirmwareAttempt[] {
    return this.analysis.tracking.devices.firmware.attempts;
  }

  #deviceOf(device: number): number {
    return this.analysis.tracking.devices.devices.resolve(device);
  }

  #summary(attempt: FirmwareAttempt): UpdateSummary {
    const { clock } = this.analysis.tracking;
    const to = attempt.to === OPEN_END ? Math.max(clock, attempt.from) : attempt.to;
    const size = packageSize(this.analysis, attempt);
    const summary: UpdateSummary = {
      attempt: attempt.index,
      device: this.#deviceOf(attempt.device),
      deviceName: attempt.device < 0 ? '' : this.devices.name(attempt.device),
      object: `/${attempt.objectId}/${attempt.instanceId}`,
      length: size.length,
      received: size.received,
      complete: size.isComplete,
      ended: attempt.ended,
      from: attempt.from,
      to,
      illegalSteps: attempt.illegal.length,
      states: this.#states(attempt, Math.max(to, attempt.states.at(-1)?.time ?? to)),
    };
    if (attempt.method !== undefined) summary.method = attempt.method;
    if (attempt.result !== undefined) summary.result = attempt.result;
    if (attempt.refusal !== 0) summary.refusal = codeText(attempt.refusal);
    if (attempt.before.version !== undefined) summary.before = attempt.before.version;
    if (attempt.package.version !== undefined) summary.parcel = attempt.package.version;
    if (attempt.after.version !== undefined) summary.after = attempt.after.version;
    return summary;
  }

  #states(attempt: FirmwareAttempt, end: Nanoseconds): UpdateStateSpan[] {
    return attempt.states.map(({ time, state, how, row }, index) => ({
      from: time,
      to: attempt.states[index + 1]?.time ?? end,
      state,
      how,
      row,
    }));
  }

  /** The time in which everything lies that belongs to an attempt, with a margin. */
  #view(attempt: FirmwareAttempt): { from: Nanoseconds; to: Nanoseconds } {
    const { clock, messages } = this.analysis.tracking;
    const times = [attempt.from, ...attempt.events.map(({ time }) => time)];
    for (const { time } of attempt.states) times.push(time);
    if (attempt.result !== undefined) times.push(attempt.result.time);
    if (messages.isHeld(attempt.evidence.last)) times.push(messages.time.get(attempt.evidence.last));
    times.push(attempt.to === OPEN_END ? clock : attempt.to);
    const from = Math.min(...times);
    const to = Math.max(...times);
    const margin = Math.max(LEAST_MARGIN, (to - from) * MARGIN);
    return { from: from - margin, to: to + margin };
  }

  #rowsOf(attempt: FirmwareAttempt, from: Nanoseconds, to: Nanoseconds): Uint32Array {
    const device = this.analysis.tracking.devices.devices.devices[this.#deviceOf(attempt.device)];
    if (device === undefined) return new Uint32Array(0);
    const rows = this.#rows.of(device);
    return rows.subarray(this.#rows.lowerBound(rows, from), this.#rows.lowerBound(rows, to));
  }

  #registrations(attempt: FirmwareAttempt, from: Nanoseconds, to: Nanoseconds): UpdateRegistration[] {
    const device = this.#deviceOf(attempt.device);
    const found: UpdateRegistration[] = [];
    for (const registration of this.analysis.tracking.devices.registrations.registrations) {
      if (registration.duplicateOf >= 0 || this.#deviceOf(registration.device) !== device) continue;
      for (const span of registration.spans) {
        if (span.to < from || span.from > to) continue;
        const isLive = span.state === 'registered' || span.state === 'assumed';
        const label = isLive
          ? ['Registered', registration.location].filter((part) => part !== undefined).join(' · ')
          : span.state;
        found.push({
          from: Math.max(from, span.from),
          to: Math.min(to, span.to),
          label,
          isLive,
          row: span.row,
        });
      }
    }
    return found;
  }

  /** The longest time in which nothing came from the device after Update or Install was executed. */
  #silence(
    attempt: FirmwareAttempt,
    rows: Uint32Array,
  ): { from: Nanoseconds; to: Nanoseconds; row: MessageRow } | undefined {
    const { messages } = this.analysis.tracking;
    const executed = attempt.events.find(
      ({ kind, refused }) => refused === 0 && (kind === 'update executed' || kind === 'install executed'),
    );
    if (executed === undefined) return undefined;
    let silence: { from: Nanoseconds; to: Nanoseconds; row: MessageRow } | undefined;
    let last = executed.time;
    for (const row of rows) {
      const time = messages.time.get(row);
      if (time < executed.time || this.facts.direction(row) !== 1) continue;
      if (time - last > SILENCE && time - last > (silence === undefined ? 0 : silence.to - silence.from))
        silence = { from: last, to: time, row };
      last = time;
    }
    return silence;
  }
}
