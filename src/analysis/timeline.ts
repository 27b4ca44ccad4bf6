import type { Nanoseconds } from '../capture/units.ts';
import { blockNumber, blockSize, NO_OPTION } from '../coap/message.ts';
import { codeText, isRequest } from '../coap/code.ts';
import type { Device } from '../device/device-record.ts';
import type { FirmwareSpan } from '../device/firmware-attempt.ts';
import { OPEN_END } from '../device/span.ts';
import {
  Interface,
  interfaceOf,
  Operation,
  OPERATION_NAMES,
  type OperationCode,
} from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { DeviceRows } from './device-rows.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { SpanLook, type TrackQuery, type TrackRow, type TrackWindow } from './protocol.ts';
import { SpanBuilder } from './span-builder.ts';

/** Marks closer than this many pixels become one cluster. */
const CLUSTER_PIXELS = 3;
/** Observations of one device that get a track of their own. */
const OBSERVATION_TRACKS = 24;
/** Tracks that one query may ask for. */
const MAXIMUM_TRACKS = 200;

/** What one line of the timeline is. */
interface Line {
  kind: TrackRow['kind'];
  device: Device;
  title: string;
  detail: string;
  /** Observations of an observation track; index in the firmware instances of a firmware track. */
  members: readonly number[];
}

/** The timeline: lines of all devices, and the spans of the lines that are seen, thinned to their pixels. */
export class Timeline {
  readonly #rows: DeviceRows;
  readonly #collapsed = new Set<number>();
  #lines: Line[] = [];
  #linesRevision = -1;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
  ) {
    this.#rows = new DeviceRows(analysis);
  }

  setCollapsed(device: number, collapsed: boolean): void {
    if (collapsed) this.#collapsed.add(device);
    else this.#collapsed.delete(device);
    this.#linesRevision = -1;
  }

  /** Index of the line that heads a device, or -1. */
  lineOf(device: number, revision: number): number {
    return this.#update(revision).findIndex((line) => line.kind === 'device' && line.device.index === device);
  }

  /** The lines that a view shows, each with its spans. */
  window(query: TrackQuery, revision: number): TrackWindow {
    const lines = this.#update(revision);
    const first = Math.max(0, query.firstTrack);
    const end = Math.min(lines.length, first + Math.min(query.trackCount, MAXIMUM_TRACKS));
    const rows: TrackRow[] = [];
    for (let index = first; index < end; index++) rows.push(this.#row(lines[index]!, index, query));
    return { revision, totalTracks: lines.length, rows };
  }

  #row(line: Line, index: number, query: TrackQuery): TrackRow {
    const row: TrackRow = {
      index,
      kind: line.kind,
      device: line.device.index,
      title: line.title,
      detail: line.detail,
      collapsed: this.#collapsed.has(line.device.index),
    };
    const builder = new SpanBuilder();
    switch (line.kind) {
      case 'device':
        if (row.collapsed) this.#exchanges(line.device, query, builder);
        break;
      case 'registration':
        this.#registration(line.device, query, builder);
        break;
      case 'exchanges':
        this.#exchanges(line.device, query, builder);
        break;
      case 'observation':
        this.#observation(line, query, builder);
        break;
      case 'transfers':
        this.#transfers(line, query, builder);
        break;
      case 'firmware':
        this.#firmware(line, query, builder);
        break;
    }
    row.spans = builder.columns();
    return row;
  }

  #update(revision: number): Line[] {
    if (this.#linesRevision === revision) return this.#lines;
    this.#linesRevision = revision;
    const { tracking, frames } = this.analysis;
    const observations = new Map<number, Map<string, number[]>>();
    tracking.observations.observations.forEach((observation, index) => {
      if (observation.ended === 'refused') return;
      const device = this.devices.deviceOf(observation.request);
      if (device < 0) return;
      let paths = observations.get(device);
      if (paths === undefined) observations.set(device, (paths = new Map()));
      const path = observation.pathId === 0 ? '/' : tracking.messages.texts.text(observation.pathId);
      const list = paths.get(path);
      if (list === undefined) paths.set(path, [index]);
      else list.push(index);
    });
    const transfers = new Map<number, number[]>();
    tracking.transfers.transfers.forEach((transfer, index) => {
      const device = this.devices.deviceOf(transfer.first);
      const list = transfers.get(device);
      if (list === undefined) transfers.set(device, [index]);
      else list.push(index);
    });
    const registered = this.#registrationDetails();
    this.#lines = [];
    for (const device of this.devices.all()) {
      const address = device.addresses[0];
      const line = (
        kind: Line['kind'],
        title: string,
        detail: string,
        members: readonly number[] = [],
      ): void => {
        this.#lines.push({ kind, device, title, detail, members });
      };
      line(
        'device',
        this.devices.name(device.index),
        address === undefined ? '' : frames.flows.endpointText(address),
      );
      if (this.#collapsed.has(device.index)) continue;
      const registration = registered.get(device.index);
      if (registration !== undefined) line('registration', 'Registration', registration);
      const count = device.conversations.reduce((sum, one) => sum + tracking.messages.countOf(one), 0);
      line('exchanges', 'Exchanges', String(count));
      const paths = [...(observations.get(device.index) ?? [])];
      for (const [path, members] of paths.slice(0, OBSERVATION_TRACKS)) {
        const notifications = members.reduce(
          (sum, index) => sum + tracking.observations.observations[index]!.notifications,
          0,
        );
        line('observation', `Observe ${path}`, String(notifications), members);
      }
      if (paths.length > OBSERVATION_TRACKS) {
        const rest = paths.slice(OBSERVATION_TRACKS);
        line(
          'observation',
          `${rest.length} further observations`,
          '',
          rest.flatMap(([, members]) => members),
        );
      }
      const own = transfers.get(device.index);
      if (own !== undefined) line('transfers', 'Transfers', String(own.length), own);
      tracking.devices.firmware.instancesOf(device.index).forEach((instance, index) => {
        line('firmware', `Firmware /${instance.objectId}/${instance.instanceId}`, '', [index]);
      });
    }
    return this.#lines;
  }

  #registrationDetails(): Map<number, string> {
    const { devices } = this.analysis.tracking;
    const details = new Map<number, string>();
    for (const registration of devices.registrations.registrations) {
      const device = devices.devices.resolve(registration.device);
      if (device < 0) continue;
      details.set(device, registration.location ?? details.get(device) ?? '');
    }
    return details;
  }

  #registration(device: Device, query: TrackQuery, builder: SpanBuilder): void {
    const { devices, clock } = this.analysis.tracking;
    for (const registration of devices.registrations.registrations) {
      if (registration.duplicateOf >= 0 || devices.devices.resolve(registration.device) !== device.index)
        continue;
      for (const span of registration.spans) {
        const to = span.to === OPEN_END ? Math.max(clock, span.from) : span.to;
        if (to < query.from || span.from > query.to) continue;
        let label: string = span.state;
        let look: number = SpanLook.registered;
        switch (span.state) {
          case 'registered':
            label = `Registered · lifetime ${registration.lifetime ?? '?'} s · binding ${registration.binding ?? '?'}`;
            break;
          case 'assumed':
            label = 'Registered (answer not seen)';
            look = SpanLook.unproven;
            break;
          case 'registering':
            label = 'Registering';
            look = SpanLook.registering;
            break;
          case 'expired':
            label = 'Expired';
            look = SpanLook.expired;
            break;
          case 'lost':
            label = 'Lost: 4.04 to an Update';
            look = SpanLook.lost;
            break;
          case 'refused':
            label = `Refused ${codeText(registration.code)}`;
            look = SpanLook.refused;
            break;
          case 'unanswered':
            label = 'Register unanswered';
            look = SpanLook.unanswered;
            break;
        }
        builder.add(span.from, to, look, span.row, label);
      }
    }
  }

  #exchanges(device: Device, query: TrackQuery, builder: SpanBuilder): void {
    const { messages } = this.analysis.tracking;
    const rows = this.#rows.of(device);
    const apart = ((query.to - query.from) / Math.max(1, query.pixels)) * CLUSTER_PIXELS;
    let at = this.#rows.lowerBound(rows, query.from - apart);
    while (at < rows.length) {
      const row = rows[at]!;
      const time = messages.time.get(row);
      if (time > query.to) break;
      if (!this.#isMark(row)) {
        at++;
        continue;
      }
      let count = 1;
      let last = time;
      let worst = this.#lookOf(row);
      let next = at + 1;
      for (; next < rows.length; next++) {
        const other = messages.time.get(rows[next]!);
        if (other - time > apart) break;
        if (!this.#isMark(rows[next]!)) continue;
        count++;
        last = other;
        const look = this.#lookOf(rows[next]!);
        if (look === SpanLook.errorAnswer || look === SpanLook.unanswered) worst = look;
      }
      if (count === 1) builder.add(time, time, worst, row, this.#labelOf(row));
      else {
        const look =
          worst === SpanLook.errorAnswer || worst === SpanLook.unanswered ? worst : SpanLook.cluster;
        builder.add(time, last, look, row, `${count} exchanges`);
      }
      at = next;
    }
  }

  /** Requests and notifications stand for their exchange. */
  #isMark(row: number): boolean {
    const { messages } = this.analysis.tracking;
    if (messages.has(row, MessageFlag.duplicate)) return false;
    return isRequest(messages.code.get(row)) || messages.has(row, MessageFlag.notification);
  }

  #lookOf(row: number): number {
    const { messages } = this.analysis.tracking;
    if (isRequest(messages.code.get(row))) {
      const end = this.facts.exchangeEnd(row);
      if (end === 'timeout') return SpanLook.unanswered;
      const partner = messages.partner.get(row);
      const answer = end === 'answered' ? messages.code.get(partner) >> 5 : 0;
      if (answer === 4 || answer === 5 || end === 'reset') return SpanLook.errorAnswer;
    }
    const operation = messages.operation.get(row) as OperationCode;
    switch (interfaceOf(operation)) {
      case Interface.bootstrap:
        return SpanLook.bootstrap;
      case Interface.registration:
        return SpanLook.registration;
      case Interface.reporting:
        return operation === Operation.send ? SpanLook.send : SpanLook.notify;
      case Interface.management:
        if (operation === Operation.execute) return SpanLook.execute;
        if (
          operation === Operation.read ||
          operation === Operation.readComposite ||
          operation === Operation.discover
        )
          return SpanLook.read;
        return SpanLook.write;
      default:
        return SpanLook.otherCoap;
    }
  }

  #labelOf(row: number): string {
    const { messages } = this.analysis.tracking;
    const operation = OPERATION_NAMES[messages.operation.get(row)] ?? '';
    const request = messages.requestOf(row);
    const path = request === 0xffffffff ? '' : messages.texts.text(messages.path.get(request));
    const partner = messages.partner.get(row);
    const answer =
      isRequest(messages.code.get(row)) && partner !== 0xffffffff
        ? ` → ${codeText(messages.code.get(partner))}`
        : '';
    return `${operation === '' ? codeText(messages.code.get(row)) : operation} ${path}${answer}`.trim();
  }

  #observation(line: Line, query: TrackQuery, builder: SpanBuilder): void {
    const { messages, observations, clock } = this.analysis.tracking;
    for (const index of line.members) {
      const observation = observations.observations[index]!;
      const to = observation.ended === 'open' ? clock : observation.to;
      if (to < query.from || observation.from > query.to) continue;
      builder.add(
        observation.from,
        to,
        SpanLook.notify,
        observation.request,
        `Observation, ${observation.ended}`,
      );
    }
    const members = new Set(line.members.map((index) => index + 1));
    const rows = this.#rows.of(line.device);
    const apart = ((query.to - query.from) / Math.max(1, query.pixels)) * CLUSTER_PIXELS;
    let lastTime: Nanoseconds = -Infinity;
    for (let at = this.#rows.lowerBound(rows, query.from); at < rows.length; at++) {
      const row = rows[at]!;
      const time = messages.time.get(row);
      if (time > query.to) break;
      if (!messages.has(row, MessageFlag.notification) || messages.has(row, MessageFlag.duplicate)) continue;
      if (!members.has(messages.observation.get(row)) || time - lastTime < apart) continue;
      lastTime = time;
      builder.add(time, time, SpanLook.notify, row, 'Notify');
    }
  }

  #transfers(line: Line, query: TrackQuery, builder: SpanBuilder): void {
    const { transfers, messages } = this.analysis.tracking;
    for (const index of line.members) {
      const transfer = transfers.transfers[index]!;
      if (transfer.to < query.from || transfer.from > query.to) continue;
      const total = transfer.announced > 0 ? transfer.announced : transfer.received;
      const complete = transfer.ended === 'complete';
      const path = transfer.pathId === 0 ? '/' : messages.texts.text(transfer.pathId);
      const look = transfer.ended === 'refused' ? SpanLook.failed : SpanLook.transfer;
      const value = transfer.direction === 'block1' ? messages.block1.get(transfer.first) : NO_OPTION;
      const size = value === NO_OPTION ? transfer.size : blockSize(value) || blockNumber(value);
      builder.add(
        transfer.from,
        transfer.to,
        look,
        transfer.first,
        `${path} · ${transfer.received} B in ${transfer.blocks} × ${size} B · ${transfer.ended}`,
        complete ? 1 : total > 0 && transfer.announced > 0 ? transfer.received / total : NaN,
      );
    }
  }

  #firmware(line: Line, query: TrackQuery, builder: SpanBuilder): void {
    const { devices, clock } = this.analysis.tracking;
    const instance = devices.firmware.instancesOf(line.device.index)[line.members[0] ?? -1];
    for (const span of instance?.spans ?? []) {
      const to = span.to === OPEN_END ? Math.max(clock, span.from) : span.to;
      if (to < query.from || span.from > query.to) continue;
      builder.add(span.from, to, firmwareLook(span), span.row, firmwareLabel(span), span.progress);
    }
  }
}

function firmwareLook(span: FirmwareSpan): number {
  if (span.how === 'inferred') return SpanLook.unproven;
  switch (span.state) {
    case 'Idle':
      return SpanLook.idle;
    case 'Downloading':
      return SpanLook.downloading;
    case 'Downloaded':
      return SpanLook.downloaded;
    case 'Updating':
      return SpanLook.updating;
  }
}

function firmwareLabel(span: FirmwareSpan): string {
  const share =
    span.state === 'Downloading' && !Number.isNaN(span.progress)
      ? ` · ${Math.round(span.progress * 100)} %`
      : '';
  return `${span.state}${share}${span.how === 'inferred' ? ' ?' : ''}`;
}
