import { BlobStore } from '../capture/byte-store.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import type { MessageRow } from '../capture/units.ts';
import { totalsOf } from './analysis-status.ts';
import { type ClockEstimate, estimateClock } from './clock-estimate.ts';
import { CurrentAnalysis, type ServiceHost } from './current-analysis.ts';
import type { DeviceDetails, DeviceTableQuery, DeviceTableWindow } from './device-protocol.ts';
import { deviceSummaries } from './device-summary.ts';
import type { UpdateDetail, UpdateList } from './firmware-protocol.ts';
import { completeFilter } from './filter/complete.ts';
import type { TapCommand } from './live-tap-protocol.ts';
import { messageFilterFields } from './message-filter.ts';
import type { OpenedAnalysis } from './opened-analysis.ts';
import type {
  AnalysisProtocol,
  AnalysisStatus,
  AnalysisTotals,
  DeviceSummary,
  Dissection,
  EventPort,
  FilterAnswer,
  FilterCompletion,
  OpenSource,
  RowWindow,
} from './protocol.ts';
import type { Overview, TrackQuery, TrackWindow } from './timeline-protocol.ts';
import { recordingFacts } from './recording-facts.ts';
import type { AlertAnswer, CaptureMark, RecordingFacts } from './recording-protocol.ts';
import { recordFile } from './records/record-file.ts';
import { RECORD_KINDS, Records } from './records/records.ts';
import type { SequenceChoice, SequenceQuery, SequenceWindow } from './sequence-protocol.ts';
import { type AnalysisSettings, DEFAULT_SETTINGS } from './settings.ts';
import type { SpanQuery, SpanScope, TimelineLayout } from './span-protocol.ts';
import type { Turns } from './turns.ts';
import type {
  ChartQuery,
  NamedSeries,
  SeriesKey,
  ValueChart,
  ValueLineQuery,
  ValueLineWindow,
  ValueSamples,
} from './value-protocol.ts';

export type { ServiceHost } from './current-analysis.ts';

/**
 * The far side of the protocol: each command of the page goes to what is open, and each question to what answers it.
 * Reading waits while a question waits for bytes.
 */
export class AnalysisService implements AnalysisProtocol {
  readonly #current: CurrentAnalysis;
  readonly #turns: Turns;

  constructor(host: ServiceHost) {
    this.#current = new CurrentAnalysis(host);
    this.#turns = this.#current.turns;
  }

  get #opened(): OpenedAnalysis | undefined {
    return this.#current.opened;
  }

  get #revision(): number {
    return this.#current.news.revision;
  }

  async listen(port: EventPort): Promise<void> {
    this.#current.listen(port);
  }

  async open(sources: OpenSource[], settings: AnalysisSettings = DEFAULT_SETTINGS): Promise<void> {
    await this.#current.open(sources, settings);
  }

  async analyseAnew(settings: AnalysisSettings): Promise<string | undefined> {
    return this.#current.analyseAnew(settings);
  }

  async stop(): Promise<void> {
    this.#current.stop();
  }

  async pause(paused: boolean): Promise<void> {
    this.#current.pause(paused);
  }

  async tap(command: TapCommand): Promise<void> {
    this.#opened?.sources.link?.ask(command);
  }

  async close(): Promise<void> {
    await this.#current.close();
  }

  async status(): Promise<AnalysisStatus> {
    return this.#current.status();
  }

  async totals(): Promise<AnalysisTotals> {
    return totalsOf(this.#current.openedOrEmpty.analysis);
  }

  async rows(first: number, count: number): Promise<RowWindow> {
    const opened = this.#current.openedOrEmpty;
    return this.#turns.answer(opened.windows.window(first, count, this.#revision));
  }

  async setFilter(text: string): Promise<FilterAnswer> {
    return this.#current.setFilter(text);
  }

  async completeFilter(text: string, cursor: number): Promise<FilterCompletion[]> {
    const opened = this.#current.openedOrEmpty;
    return completeFilter(text, cursor, messageFilterFields(opened.analysis));
  }

  async indexOfRow(row: MessageRow): Promise<number> {
    return this.#opened?.shown.indexOf(row) ?? -1;
  }

  async indexAtTime(time: number): Promise<number> {
    return this.#opened?.shown.indexAt(time) ?? -1;
  }

  async rowOfId(id: string): Promise<number> {
    return this.#opened?.facts.rowOfId(id) ?? -1;
  }

  async dissect(row: MessageRow): Promise<Dissection | undefined> {
    return this.#opened === undefined ? undefined : this.#turns.answer(this.#opened.dissector.dissect(row));
  }

  async devices(first: number, count: number): Promise<DeviceSummary[]> {
    const opened = this.#opened;
    return opened === undefined ? [] : deviceSummaries(opened.analysis, opened.devices, first, count);
  }

  async overview(bins: number): Promise<Overview> {
    const opened = this.#current.openedOrEmpty;
    return opened.overview.overview(bins, this.#revision);
  }

  async tracks(query: TrackQuery): Promise<TrackWindow> {
    const opened = this.#opened;
    if (opened === undefined) return { revision: this.#revision, totalTracks: 0, hidden: 0, rows: [] };
    const revision = this.#revision;
    return opened.timeline.window(query, revision, await this.#order(opened, revision));
  }

  async arrange(layout: TimelineLayout): Promise<void> {
    this.#current.arrange(layout);
  }

  async foldAll(folded: boolean): Promise<void> {
    this.#opened?.timeline.foldAll(folded);
  }

  async scopeOfSpan(query: SpanQuery): Promise<SpanScope | undefined> {
    return this.#opened?.scopes.ofSpan(query);
  }

  async scopesOfRow(row: MessageRow): Promise<SpanScope[]> {
    return this.#opened?.scopes.ofRow(row) ?? [];
  }

  async scopeOfUpdate(attempt: number): Promise<SpanScope | undefined> {
    return this.#opened?.scopes.ofUpdate(attempt);
  }

  async setCollapsed(device: number, collapsed: boolean): Promise<void> {
    this.#opened?.timeline.setCollapsed(device, collapsed);
  }

  async trackOfDevice(device: number): Promise<number> {
    const opened = this.#opened;
    if (opened === undefined) return -1;
    const revision = this.#revision;
    return opened.timeline.lineOf(device, revision, await this.#order(opened, revision));
  }

  async valueLines(query: ValueLineQuery): Promise<ValueLineWindow> {
    return this.#turns.answer(this.#current.openedOrEmpty.values.lines(query, this.#revision));
  }

  async foldValues(device: number, pathText: string, folded: boolean): Promise<void> {
    this.#opened?.values.fold(device, pathText, folded);
  }

  async valueChart(query: ChartQuery): Promise<ValueChart> {
    return this.#turns.answer(this.#current.openedOrEmpty.values.chart(query, this.#revision));
  }

  async valueSamples(key: SeriesKey, first: number, count: number): Promise<ValueSamples> {
    const { values } = this.#current.openedOrEmpty;
    return this.#turns.answer(values.samples(key, first, count, this.#revision));
  }

  async seriesOfRow(row: MessageRow): Promise<SeriesKey[]> {
    return this.#opened?.values.seriesOfRow(row) ?? [];
  }

  async sampleOfRow(key: SeriesKey, row: MessageRow): Promise<number> {
    return (await this.#opened?.values.sampleOfRow(key, row)) ?? -1;
  }

  async findSeries(named: readonly NamedSeries[]): Promise<(SeriesKey | undefined)[]> {
    return this.#turns.answer(this.#current.openedOrEmpty.values.find(named));
  }

  async exportValues(series: SeriesKey[], format: 'csv' | 'ndjson', redact: boolean): Promise<Blob> {
    return this.#opened === undefined
      ? new Blob([])
      : this.#turns.walk(this.#opened.values.export(series, format, redact));
  }

  async deviceTable(query: DeviceTableQuery): Promise<DeviceTableWindow> {
    return this.#turns.answer(this.#current.openedOrEmpty.deviceTable.window(query, this.#revision));
  }

  async deviceDetails(device: number): Promise<DeviceDetails | undefined> {
    return this.#current.openedOrEmpty.deviceTable.details(device, this.#revision);
  }

  async exportDevices(query: DeviceTableQuery): Promise<Blob> {
    const { deviceTable } = this.#current.openedOrEmpty;
    return this.#turns.answer(deviceTable.export(query, this.#revision));
  }

  async clockEstimates(): Promise<(ClockEstimate | undefined)[]> {
    const opened = this.#opened;
    if (opened === undefined) return [];
    const estimates = [];
    for (let file = 0; file < opened.analysis.files.length; file++)
      estimates.push(await this.#turns.answer(estimateClock(opened.analysis, opened.bytes, file)));
    return estimates;
  }

  async updates(first: number, count: number): Promise<UpdateList> {
    return this.#current.openedOrEmpty.firmware.list(first, count, this.#revision);
  }

  async update(attempt: number, pixels: number): Promise<UpdateDetail | undefined> {
    const opened = this.#opened;
    if (opened === undefined) return undefined;
    return this.#turns.answer(opened.firmware.detail(attempt, pixels, this.#revision));
  }

  async updateOfRow(row: MessageRow): Promise<number> {
    return this.#opened?.firmware.ofRow(row) ?? -1;
  }

  async updatePackage(attempt: number): Promise<Blob | undefined> {
    return this.#opened === undefined
      ? undefined
      : this.#turns.answer(this.#opened.firmware.package(attempt));
  }

  async sequence(query: SequenceQuery): Promise<SequenceWindow> {
    return this.#turns.answer(this.#current.openedOrEmpty.sequence.window(query, this.#revision));
  }

  async sequenceLine(choice: SequenceChoice, row: MessageRow): Promise<number> {
    return this.#turns.answer(this.#current.openedOrEmpty.sequence.lineOf(choice, row));
  }

  async deviceOfRow(row: MessageRow): Promise<number> {
    return this.#opened?.sequence.deviceOf(row) ?? -1;
  }

  async records(kind: string, redact = true): Promise<Blob> {
    const opened = this.#opened;
    const known = RECORD_KINDS.find((candidate) => candidate === kind);
    if (opened === undefined || known === undefined) return new Blob([]);
    const records = new Records(opened.analysis, redact).of(known);
    return this.#turns.walk(recordFile(known, records, 'ndjson', () => this.#turns.breathe()));
  }

  async saveRecording(): Promise<Blob | undefined> {
    const saved = await this.#opened?.sources.recording?.save();
    this.#current.news.tell(true);
    return saved;
  }

  async captureMoment(): Promise<CaptureMoment | undefined> {
    const recording = this.#opened?.sources.recording;
    return recording?.status.takesMarks ? recording.moment() : undefined;
  }

  async mark(text: string, moment: CaptureMoment): Promise<boolean> {
    return (await this.#opened?.sources.recording?.mark(text, moment)) ?? false;
  }

  async marks(): Promise<CaptureMark[]> {
    return this.#opened?.marks.all() ?? [];
  }

  async setAlert(text: string): Promise<AlertAnswer> {
    return this.#current.setAlert(text);
  }

  async recordingFacts(blob: Blob): Promise<RecordingFacts> {
    return recordingFacts(new BlobStore(blob));
  }

  /** Order of the devices on the timeline, where it is about to ask for one. */
  async #order(opened: OpenedAnalysis, revision: number): Promise<number[] | undefined> {
    const { sort, descending } = this.#current.layout;
    if (sort === 'first' || !opened.timeline.isDue(revision)) return undefined;
    return this.#turns.answer(opened.deviceTable.order(sort, descending, revision));
  }
}
