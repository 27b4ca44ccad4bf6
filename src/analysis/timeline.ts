import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { blockNumber, blockSize, NO_OPTION } from '../coap/message.ts';
import { isWhole, receivedBytes, transferEnd } from '../coap/transfer.ts';
import type { Device } from '../device/device-record.ts';
import type { Registration } from '../device/registration-record.ts';
import { OPEN_END } from '../device/span.ts';
import { SOFTWARE_OBJECT } from '../device/update-object.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { firmwareLabel, firmwareLook } from './firmware-look.ts';
import { DeviceRows } from './device-rows.ts';
import { CLUSTER_PIXELS, ExchangeMarks } from './exchange-marks.ts';
import { addAwake, addBootstraps, addEvents, LifeTracks } from './life-tracks.ts';
import { icmpErrorText } from './icmp-errors.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { SpanLook, type TrackQuery, type TrackRow, type TrackWindow } from './timeline-protocol.ts';
import type { ShownRows } from './shown-rows.ts';
import { SpanBuilder } from './span-builder.ts';
import type { TimelineLayout } from './span-protocol.ts';
import { arrangedDevices, AS_FOUND } from './timeline-order.ts';
import { addRegistrations } from './registration-track.ts';
import { observedPath } from './records/observation-record.ts';

/** Observations of one device that get a track of their own. */
const OBSERVATION_TRACKS = 24;
/** Lines that may be made anew with every revision while a capture loads. */
const LINES_A_REVISION = 4000;
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
  isPinned: boolean;
}

/** The timeline: lines of all devices, and the spans of the lines that are seen, thinned to their pixels. */
export class Timeline {
  readonly #rows: DeviceRows;
  readonly #marks: ExchangeMarks;
  /** Devices that are folded; those that are open where all are folded. */
  readonly #collapsed = new Set<number>();
  #allCollapsed = false;
  #layout: TimelineLayout;
  #hidden = 0;
  #lines: Line[] = [];
  #linesRevision = -1;
  /** First row held when the lines were made. */
  #firstRow: MessageRow = 0;
  /** Registrations of each device, as the lines were made. */
  #registrations = new Map<number, Registration[]>();
  #life: LifeTracks;

  constructor(
    private readonly analysis: Analysis,
    facts: MessageFacts,
    private readonly devices: DeviceIndex,
    /** True when nothing is added any more: then the lines are kept exact. */
    private readonly finished: () => boolean,
    private readonly shown: ShownRows,
    layout: TimelineLayout = AS_FOUND,
  ) {
    this.#layout = layout;
    this.#rows = new DeviceRows(analysis);
    this.#life = new LifeTracks(analysis.tracking.devices);
    this.#marks = new ExchangeMarks(analysis, facts, this.#rows, shown);
  }

  setCollapsed(device: number, collapsed: boolean): void {
    if (collapsed !== this.#allCollapsed) this.#collapsed.add(device);
    else this.#collapsed.delete(device);
    this.#linesRevision = -1;
  }

  /** Folds or opens all devices, those to come too. */
  foldAll(folded: boolean): void {
    this.#allCollapsed = folded;
    this.#collapsed.clear();
    this.#linesRevision = -1;
  }

  /** Puts the devices in another order, and hides some. */
  arrange(layout: TimelineLayout): void {
    this.#layout = layout;
    this.#linesRevision = -1;
  }

  /** Whether the lines will be made anew for a revision, so that they want to know the order of the devices. */
  isDue(revision: number): boolean {
    const { tracking } = this.analysis;
    // What is forgotten gives others its number.
    if (tracking.messages.firstRow !== this.#firstRow) return true;
    // Making the lines costs as much as there are devices and observations: the more there are, the less often.
    const size = tracking.observations.observations.length + tracking.devices.devices.devices.length;
    const age = revision - this.#linesRevision;
    return !(this.#linesRevision >= 0 && age < (this.finished() ? 1 : Math.max(1, size / LINES_A_REVISION)));
  }

  #isCollapsed(device: number): boolean {
    return this.#collapsed.has(device) !== this.#allCollapsed;
  }

  /** Index of the line that heads a device, or -1. */
  lineOf(device: number, revision: number, order?: readonly number[]): number {
    return this.#update(revision, order).findIndex(
      (line) => line.kind === 'device' && line.device.index === device,
    );
  }

  /** The lines that a view shows, each with its spans; `order` is that of the devices, as found where absent. */
  window(query: TrackQuery, revision: number, order?: readonly number[]): TrackWindow {
    const lines = this.#update(revision, order);
    const first = Math.max(0, query.firstTrack);
    const end = Math.min(lines.length, first + Math.min(query.trackCount, MAXIMUM_TRACKS));
    const rows: TrackRow[] = [];
    for (let index = first; index < end; index++) rows.push(this.#row(lines[index]!, index, query));
    return { revision, totalTracks: lines.length, hidden: this.#hidden, rows };
  }

  #row(line: Line, index: number, query: TrackQuery): TrackRow {
    const row: TrackRow = {
      index,
      kind: line.kind,
      device: line.device.index,
      deviceName: this.devices.name(line.device.index),
      title: line.title,
      detail: line.detail,
      collapsed: this.#isCollapsed(line.device.index),
      pinned: line.isPinned,
    };
    const builder = new SpanBuilder((query.to - query.from) / Math.max(1, query.pixels));
    const { clock } = this.analysis.tracking;
    switch (line.kind) {
      case 'bootstrap':
        addBootstraps(this.#life.bootstrapsOf(line.device.index), query, clock, builder);
        break;
      case 'awake':
        addAwake(this.#life.windowsOf(line.device.index), query, clock, builder);
        break;
      case 'events':
        addEvents(this.#life.eventsOf(line.device.index), query, clock, builder);
        break;
      case 'device':
        if (row.collapsed) this.#summary(line.device, query, builder);
        break;
      case 'registration':
        addRegistrations(this.#registrations.get(line.device.index) ?? [], query, clock, builder);
        break;
      case 'exchanges':
        this.#marks.add(line.device, query, builder);
        this.#icmpErrors(line.device, query, builder);
        break;
      case 'observation':
        this.#observation(line, query, builder);
        break;
      case 'transfers':
        this.#transfers(line, query, builder);
        break;
      case 'firmware': {
        const { firmware } = this.analysis.tracking.devices;
        const attempt = firmware.instancesOf(line.device.index)[line.members[0] ?? -1]?.attempt;
        if (attempt !== undefined) row.update = attempt.index;
        this.#firmware(line, query, builder);
        break;
      }
    }
    row.spans = builder.columns();
    return row;
  }

  #update(revision: number, order?: readonly number[]): Line[] {
    const { tracking, frames } = this.analysis;
    if (!this.isDue(revision)) return this.#lines;
    this.#firstRow = tracking.messages.firstRow;
    this.#linesRevision = revision;
    const { devices } = tracking.devices;
    const observations = new Map<number, Map<string, number[]>>();
    tracking.observations.observations.forEach((observation, index) => {
      if (observation.ended === 'refused') return;
      const device = devices.deviceOf(observation.conversation, observation.first);
      if (device < 0) return;
      let paths = observations.get(device);
      if (paths === undefined) observations.set(device, (paths = new Map()));
      const path = observedPath(observation, tracking.paths);
      const list = paths.get(path);
      if (list === undefined) paths.set(path, [index]);
      else list.push(index);
    });
    const transfers = new Map<number, number[]>();
    tracking.transfers.transfers.forEach((transfer, index) => {
      const device = devices.deviceOf(transfer.conversation, transfer.first);
      const list = transfers.get(device);
      if (list === undefined) transfers.set(device, [index]);
      else list.push(index);
    });
    this.#registrations = this.#registrationsByDevice();
    this.#life = new LifeTracks(tracking.devices);
    this.#lines = [];
    const arranged = arrangedDevices(this.devices, this.#layout, order);
    this.#hidden = arranged.hidden;
    for (const [at, device] of arranged.devices.entries()) {
      const isPinned = at < arranged.pinned;
      const address = device.addresses[0];
      const line = (
        kind: Line['kind'],
        title: string,
        detail: string,
        members: readonly number[] = [],
      ): void => {
        this.#lines.push({ kind, device, title, detail, members, isPinned });
      };
      line(
        'device',
        this.devices.name(device.index),
        address === undefined ? '' : frames.flows.endpointText(address),
      );
      if (this.#isCollapsed(device.index)) continue;
      const bootstraps = this.#life.bootstrapsOf(device.index);
      if (bootstraps.length > 0) line('bootstrap', 'Bootstrap', bootstraps.at(-1)!.ended);
      const registrations = this.#registrations.get(device.index);
      if (registrations !== undefined)
        line('registration', 'Registration', registrations.at(-1)?.location ?? '');
      const requests = this.#life
        .windowsOf(device.index)
        .reduce((sum, { requestCount }) => sum + requestCount, 0);
      if (this.#life.windowsOf(device.index).length > 0)
        line('awake', 'Awake', requests === 0 ? '' : `${requests} into sleep`);
      const events = this.#life.eventsOf(device.index);
      if (events.length > 0) line('events', 'Events', String(events.length));
      const count = device.conversations.reduce((sum, one) => sum + tracking.messages.countOf(one), 0);
      line('exchanges', 'Exchanges', `${count} messages`);
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
        line(
          'firmware',
          `${instance.objectId === SOFTWARE_OBJECT ? 'Software' : 'Firmware'} /${instance.objectId}/${instance.instanceId}`,
          '',
          [index],
        );
      });
    }
    return this.#lines;
  }

  /** A folded device in one line: where it was registered, its messages, and updates that ended. */
  #summary(device: Device, query: TrackQuery, builder: SpanBuilder): void {
    const { devices, clock } = this.analysis.tracking;
    addRegistrations(this.#registrations.get(device.index) ?? [], query, clock, builder);
    this.#marks.add(device, query, builder);
    for (const { instanceId, objectId } of devices.firmware.instancesOf(device.index))
      this.#results(device.index, objectId, instanceId, query, builder);
  }

  #registrationsByDevice(): Map<number, Registration[]> {
    const { devices } = this.analysis.tracking;
    const byDevice = new Map<number, Registration[]>();
    for (const registration of devices.registrations.registrations) {
      if (registration.duplicateOf >= 0) continue;
      const device = devices.devices.resolve(registration.device);
      const list = byDevice.get(device);
      if (list === undefined) byDevice.set(device, [registration]);
      else list.push(registration);
    }
    return byDevice;
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
        observation.first,
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
      if (!this.shown.passes(row)) continue;
      lastTime = time;
      builder.add(time, time, SpanLook.notify, row, 'Notify');
    }
  }

  /** What the network said of a device's messages; each mark leads to the message, or to the one before it. */
  #icmpErrors(device: Device, query: TrackQuery, builder: SpanBuilder): void {
    for (const error of this.analysis.tracking.icmpErrors.kept) {
      const row = error.row === NO_ROW ? error.before : error.row;
      if (error.time < query.from || error.time > query.to || row === NO_ROW) continue;
      if (this.devices.deviceOf(row) !== device.index || !this.shown.passes(row)) continue;
      const label = `ICMP: ${icmpErrorText(error)} (frame ${error.frame})`;
      builder.add(error.time, error.time, SpanLook.errorAnswer, row, label);
    }
  }

  #transfers(line: Line, query: TrackQuery, builder: SpanBuilder): void {
    const { transfers, messages, paths, clock } = this.analysis.tracking;
    for (const index of line.members) {
      const transfer = transfers.transfers[index]!;
      if (transfer.to < query.from || transfer.from > query.to) continue;
      const received = receivedBytes(transfer);
      const total = transfer.length > 0 ? transfer.length : transfer.announced;
      const complete = transfer.ended === 'complete' && isWhole(transfer);
      const path = transfer.pathId === 0 ? '/' : paths.text(transfer.pathId);
      const look = transfer.ended === 'refused' ? SpanLook.failed : SpanLook.transfer;
      const value = transfer.direction === 'block1' ? messages.block1(transfer.first) : NO_OPTION;
      const size = value === NO_OPTION ? transfer.size : blockSize(value) || blockNumber(value);
      builder.add(
        transfer.from,
        transfer.to,
        look,
        transfer.first,
        `${path} · ${received} B in ${transfer.blocks} × ${size} B · ${transferEnd(transfer, clock)}`,
        complete ? 1 : total > 0 ? Math.min(1, received / total) : NaN,
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
    if (instance !== undefined)
      this.#results(line.device.index, instance.objectId, instance.instanceId, query, builder);
  }

  /** The results of the updates of one instance. */
  #results(
    device: number,
    objectId: number,
    instanceId: number,
    query: TrackQuery,
    builder: SpanBuilder,
  ): void {
    const { devices } = this.analysis.tracking;
    for (const attempt of devices.firmware.attempts) {
      const { result } = attempt;
      if (result === undefined || devices.devices.resolve(attempt.device) !== device) continue;
      if (attempt.objectId !== objectId || attempt.instanceId !== instanceId) continue;
      if (result.time < query.from || result.time > query.to) continue;
      const look = attempt.ended === 'updated' ? SpanLook.updated : SpanLook.failed;
      builder.add(result.time, result.time, look, result.row, `Result ${result.value}: ${result.name}`);
    }
  }
}
