import { BlobStore } from '../capture/byte-store.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import type { ByteCount, MessageRow } from '../capture/units.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { statusOf, totalsOf } from './analysis-status.ts';
import { AlertRows, compileAlert } from './alert-rows.ts';
import { Analysis } from './analysis.ts';
import { CaptureMarks } from './capture-marks.ts';
import { type ClockEstimate, estimateClock } from './clock-estimate.ts';
import { DeviceAnswers } from './device-answers.ts';
import { DeviceIndex } from './device-index.ts';
import type { DeviceDetails, DeviceTableQuery, DeviceTableWindow } from './device-protocol.ts';
import { deviceSummaries } from './device-summary.ts';
import { Dissector } from './dissection/dissect.ts';
import { FirmwareAnswers } from './firmware-answers.ts';
import type { UpdateDetail, UpdateList } from './firmware-protocol.ts';
import { completeFilter } from './filter/complete.ts';
import { MessageBytes } from './message-bytes.ts';
import { MessageFacts } from './message-facts.ts';
import { compileMessageFilter, messageFilterFields } from './message-filter.ts';
import { MessageSummary } from './message-summary.ts';
import { readSources, type ReadingHost } from './open.ts';
import { OpenedSources, type SourceHost } from './opened-sources.ts';
import { OverviewCounts } from './overview.ts';
import type { TapCommand } from './live-tap-protocol.ts';
import type {
  AnalysisProtocol,
  AnalysisState,
  AnalysisStatus,
  AnalysisTotals,
  DeviceSummary,
  Dissection,
  EventPort,
  FilterAnswer,
  FilterCompletion,
  OpenSource,
  Overview,
  RowWindow,
  TrackQuery,
  TrackWindow,
} from './protocol.ts';
import { recordingFacts } from './recording-facts.ts';
import type { AlertAnswer, CaptureMark, RecordingFacts } from './recording-protocol.ts';
import { recordFile } from './records/record-file.ts';
import { RECORD_KINDS, Records } from './records/records.ts';
import { RowWindows } from './row-window.ts';
import { SequenceAnswers } from './sequence-answers.ts';
import type { SequenceChoice, SequenceQuery, SequenceWindow } from './sequence-protocol.ts';
import { type AnalysisSettings, DEFAULT_SETTINGS } from './settings.ts';
import { ShownRows } from './shown-rows.ts';
import type { SpanQuery, SpanScope, TimelineLayout } from './span-protocol.ts';
import { SpanScopes } from './span-scopes.ts';
import { AS_FOUND } from './timeline-order.ts';
import { Timeline } from './timeline.ts';
import { ValueAnswers } from './value-answers.ts';
import type {
  ChartQuery,
  NamedSeries,
  SeriesKey,
  ValueChart,
  ValueLineQuery,
  ValueLineWindow,
  ValueSamples,
} from './value-protocol.ts';

/**
 * News go to the page at most this often, in milliseconds: with each of them it asks anew for all that it shows, which
 * takes time from reading a file. A live stream leaves that time.
 */
const STATUS_INTERVAL = 250;
const LIVE_STATUS_INTERVAL = 100;
/** Work between two turns for others, in milliseconds. */
const WORK_INTERVAL = 10;

/** What the platform gives: clocks and storage are not the analysis's own. */
export interface ServiceHost extends SourceHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves when waiting events have had their turn. */
  yieldTurn(): Promise<void>;
  after(milliseconds: number): Promise<void>;
}

/** All that one analysis of what is open needs; replaced as a whole by the next. */
interface Opened {
  analysis: Analysis;
  facts: MessageFacts;
  devices: DeviceIndex;
  bytes: MessageBytes;
  shown: ShownRows;
  windows: RowWindows;
  dissector: Dissector;
  overview: OverviewCounts;
  timeline: Timeline;
  values: ValueAnswers;
  firmware: FirmwareAnswers;
  deviceTable: DeviceAnswers;
  sequence: SequenceAnswers;
  marks: CaptureMarks;
  scopes: SpanScopes;
  sources: OpenedSources;
  /** Where the analysis is held while it is paused: after as many bytes as the one before it had read. */
  holdAt: ByteCount;
  stopped: boolean;
}

/** Answers the page's commands: one analysis at a time, read in steps so that every question gets its turn. */
export class AnalysisService implements AnalysisProtocol {
  #opened: Opened | undefined;
  #state: AnalysisState = 'idle';
  #failure: string | undefined;
  #port: EventPort | undefined;
  #revision = 0;
  #knownMessages = 0;
  #lastStatus = -Infinity;
  #lastTurn = 0;
  #filterText = '';
  /** How the person arranges the timeline, whatever is open. */
  #layout = AS_FOUND;
  #paused = false;
  #resume: (() => void) | undefined;
  /** A status was held back and will be told when its time has come. */
  #owed = false;
  /** The alert that is on; it goes on with the next live source. */
  #alert: AlertRows | undefined;
  /** Questions that are being answered; reading waits for them. */
  #questions = 0;
  /** Exports that are under way. */
  #walks = 0;
  #waiting: (() => void)[] = [];
  readonly #registry = ObjectRegistry.core();

  constructor(private readonly host: ServiceHost) {}

  async listen(port: EventPort): Promise<void> {
    this.#port = port;
    // Fetched while the person chooses a file; where that fails, opening tries again and says why.
    this.#registry.loadAll().catch(() => {});
    this.#tell(true);
  }

  async open(sources: OpenSource[], settings: AnalysisSettings = DEFAULT_SETTINGS): Promise<void> {
    await this.close();
    const opened = this.#prepare(settings, new OpenedSources(sources, this.host));
    this.#paused = false;
    this.#begin(opened);
    if (this.#alert?.follow(opened.analysis, true) === false) this.#alert = undefined;
  }

  async analyseAnew(settings: AnalysisSettings): Promise<string | undefined> {
    const before = this.#opened;
    if (before === undefined) return undefined;
    const why = await before.sources.whyNotAgain();
    if (why !== undefined || this.#opened !== before) return why;
    before.stopped = true;
    const goOn = this.#resume;
    this.#resume = undefined;
    goOn?.();
    const opened = this.#prepare(settings, before.sources);
    opened.holdAt = bytesRead(before.analysis);
    const filter = this.#filterText;
    this.#filterText = '';
    this.#knownMessages = 0;
    this.#begin(opened);
    if (this.#alert?.follow(opened.analysis, false) === false) this.#alert = undefined;
    if (filter !== '') await this.setFilter(filter);
    return undefined;
  }

  #begin(opened: Opened): void {
    this.#opened = opened;
    const { link } = opened.sources;
    if (link !== undefined) link.onNews = () => this.#opened?.sources.link === link && this.#tell(false);
    this.#failure = undefined;
    this.#state = opened.sources.isLive ? 'live' : 'loading';
    this.#tell(true);
    void this.#read(opened);
  }

  async stop(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined || (this.#state !== 'loading' && this.#state !== 'live')) return;
    opened.stopped = true;
    opened.sources.stop();
    this.#release();
    this.#state = 'stopped';
    this.#tell(true);
  }

  async pause(paused: boolean): Promise<void> {
    if (this.#state !== 'live') return;
    this.#paused = paused;
    if (!paused) this.#release();
    this.#tell(true);
  }

  async tap(command: TapCommand): Promise<void> {
    this.#opened?.sources.link?.ask(command);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#state = 'idle';
    this.#filterText = '';
    if (opened === undefined) return;
    opened.stopped = true;
    opened.sources.stop();
    this.#release();
    await opened.sources.close();
    this.#tell(true);
  }

  async status(): Promise<AnalysisStatus> {
    return this.#status();
  }

  async totals(): Promise<AnalysisTotals> {
    return totalsOf((this.#opened ?? this.#prepare()).analysis);
  }

  async rows(first: number, count: number): Promise<RowWindow> {
    const opened = this.#opened ?? this.#prepare();
    return this.#answer(opened.windows.window(first, count, this.#revision));
  }

  async setFilter(text: string): Promise<FilterAnswer> {
    const opened = this.#opened;
    if (opened === undefined) return { ok: true, shown: 0, revision: this.#revision };
    if (text.trim() === '') {
      this.#filterText = '';
      await opened.shown.setFilter(undefined, () => this.#breathe());
    } else {
      const filter = compileMessageFilter(text, opened.analysis);
      if (!filter.ok) return filter;
      this.#filterText = text;
      if (!(await opened.shown.setFilter(filter, () => this.#breatheFiltering(opened))))
        return { ok: true, shown: opened.shown.count, revision: this.#revision };
    }
    this.#revision++;
    this.#tell(true);
    return { ok: true, shown: opened.shown.count, revision: this.#revision };
  }

  async completeFilter(text: string, cursor: number): Promise<FilterCompletion[]> {
    const opened = this.#opened ?? this.#prepare();
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
    return this.#opened === undefined ? undefined : this.#answer(this.#opened.dissector.dissect(row));
  }

  async devices(first: number, count: number): Promise<DeviceSummary[]> {
    const opened = this.#opened;
    return opened === undefined ? [] : deviceSummaries(opened.analysis, opened.devices, first, count);
  }

  async overview(bins: number): Promise<Overview> {
    const opened = this.#opened ?? this.#prepare();
    return opened.overview.overview(bins, this.#revision);
  }

  async tracks(query: TrackQuery): Promise<TrackWindow> {
    const opened = this.#opened;
    if (opened === undefined) return { revision: this.#revision, totalTracks: 0, hidden: 0, rows: [] };
    const revision = this.#revision;
    return opened.timeline.window(query, revision, await this.#order(opened, revision));
  }

  async arrange(layout: TimelineLayout): Promise<void> {
    this.#layout = layout;
    this.#opened?.timeline.arrange(layout);
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
    return this.#answer((this.#opened ?? this.#prepare()).values.lines(query, this.#revision));
  }

  async foldValues(device: number, pathText: string, folded: boolean): Promise<void> {
    this.#opened?.values.fold(device, pathText, folded);
  }

  async valueChart(query: ChartQuery): Promise<ValueChart> {
    return this.#answer((this.#opened ?? this.#prepare()).values.chart(query, this.#revision));
  }

  async valueSamples(key: SeriesKey, first: number, count: number): Promise<ValueSamples> {
    const { values } = this.#opened ?? this.#prepare();
    return this.#answer(values.samples(key, first, count, this.#revision));
  }

  async seriesOfRow(row: MessageRow): Promise<SeriesKey[]> {
    return this.#opened?.values.seriesOfRow(row) ?? [];
  }

  async sampleOfRow(key: SeriesKey, row: MessageRow): Promise<number> {
    return (await this.#opened?.values.sampleOfRow(key, row)) ?? -1;
  }

  async findSeries(named: readonly NamedSeries[]): Promise<(SeriesKey | undefined)[]> {
    return this.#answer((this.#opened ?? this.#prepare()).values.find(named));
  }

  async exportValues(series: SeriesKey[], format: 'csv' | 'ndjson', redact: boolean): Promise<Blob> {
    return this.#opened === undefined
      ? new Blob([])
      : this.#walk(this.#opened.values.export(series, format, redact));
  }

  async deviceTable(query: DeviceTableQuery): Promise<DeviceTableWindow> {
    return this.#answer((this.#opened ?? this.#prepare()).deviceTable.window(query, this.#revision));
  }

  async deviceDetails(device: number): Promise<DeviceDetails | undefined> {
    return (this.#opened ?? this.#prepare()).deviceTable.details(device, this.#revision);
  }

  async exportDevices(query: DeviceTableQuery): Promise<Blob> {
    const { deviceTable } = this.#opened ?? this.#prepare();
    return this.#answer(deviceTable.export(query, this.#revision));
  }

  async clockEstimates(): Promise<(ClockEstimate | undefined)[]> {
    const opened = this.#opened;
    if (opened === undefined) return [];
    const estimates = [];
    for (let file = 0; file < opened.analysis.files.length; file++)
      estimates.push(await this.#answer(estimateClock(opened.analysis, opened.bytes, file)));
    return estimates;
  }

  async updates(first: number, count: number): Promise<UpdateList> {
    return (this.#opened ?? this.#prepare()).firmware.list(first, count, this.#revision);
  }

  async update(attempt: number, pixels: number): Promise<UpdateDetail | undefined> {
    const opened = this.#opened;
    if (opened === undefined) return undefined;
    return this.#answer(opened.firmware.detail(attempt, pixels, this.#revision));
  }

  async updateOfRow(row: MessageRow): Promise<number> {
    return this.#opened?.firmware.ofRow(row) ?? -1;
  }

  async updatePackage(attempt: number): Promise<Blob | undefined> {
    return this.#opened === undefined ? undefined : this.#answer(this.#opened.firmware.package(attempt));
  }

  async sequence(query: SequenceQuery): Promise<SequenceWindow> {
    return this.#answer((this.#opened ?? this.#prepare()).sequence.window(query, this.#revision));
  }

  async sequenceLine(choice: SequenceChoice, row: MessageRow): Promise<number> {
    return this.#answer((this.#opened ?? this.#prepare()).sequence.lineOf(choice, row));
  }

  async deviceOfRow(row: MessageRow): Promise<number> {
    return this.#opened?.sequence.deviceOf(row) ?? -1;
  }

  async records(kind: string, redact = true): Promise<Blob> {
    const opened = this.#opened;
    const known = RECORD_KINDS.find((candidate) => candidate === kind);
    if (opened === undefined || known === undefined) return new Blob([]);
    const records = new Records(opened.analysis, redact).of(known);
    return this.#walk(recordFile(known, records, 'ndjson', () => this.#breathe()));
  }

  async saveRecording(): Promise<Blob | undefined> {
    const saved = await this.#opened?.sources.recording?.save();
    this.#tell(true);
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
    if (text.trim() === '') this.#alert = undefined;
    else {
      const { analysis } = this.#opened ?? this.#prepare();
      const filter = compileAlert(text, analysis);
      if (!filter.ok) return filter;
      this.#opened?.analysis.flush();
      this.#alert = new AlertRows(text, analysis, filter);
    }
    this.#tell(true);
    return { ok: true };
  }

  async recordingFacts(blob: Blob): Promise<RecordingFacts> {
    return recordingFacts(new BlobStore(blob));
  }

  /** Order of the devices on the timeline, where it is about to ask for one. */
  async #order(opened: Opened, revision: number): Promise<number[] | undefined> {
    const { sort, descending } = this.#layout;
    if (sort === 'first' || !opened.timeline.isDue(revision)) return undefined;
    return this.#answer(opened.deviceTable.order(sort, descending, revision));
  }

  #prepare(settings = DEFAULT_SETTINGS, sources = new OpenedSources([], this.host)): Opened {
    // One analysis at a time asks the registry, and the one before is closed.
    this.#registry.use(settings.objects);
    const analysis = new Analysis(this.#registry, settings);
    const facts = new MessageFacts(analysis);
    const devices = new DeviceIndex(analysis);
    const bytes = new MessageBytes(analysis);
    const summaries = new MessageSummary(analysis, facts, bytes);
    const shown = new ShownRows(analysis.tracking.messages);
    return {
      analysis,
      facts,
      devices,
      bytes,
      shown,
      windows: new RowWindows(analysis, facts, devices, summaries, shown),
      dissector: new Dissector(analysis, facts, bytes, devices, summaries),
      overview: new OverviewCounts(analysis, shown),
      timeline: new Timeline(analysis, facts, devices, () => this.#state !== 'loading', shown, this.#layout),
      values: new ValueAnswers(analysis, facts, devices, bytes, () => this.#pause()),
      firmware: new FirmwareAnswers(analysis, facts, devices, bytes, summaries),
      deviceTable: new DeviceAnswers(analysis, devices, () => this.#pause()),
      sequence: new SequenceAnswers(analysis, facts, devices, summaries, shown, () => this.#pause()),
      marks: new CaptureMarks(analysis),
      scopes: new SpanScopes(analysis, facts, devices),
      sources,
      holdAt: 0,
      stopped: false,
    };
  }

  async #read(opened: Opened): Promise<void> {
    try {
      const readable = await opened.sources.readable();
      await this.#registry.loadAll();
      if (opened.stopped) return;
      await readSources(opened.analysis, readable, this.#hostOf(opened));
      if (this.#opened !== opened || opened.stopped) return;
      // A filter may have tested rows whose answers came later.
      if (this.#filterText !== '') await this.setFilter(this.#filterText);
      this.#state = 'done';
    } catch (error) {
      if (this.#opened !== opened || opened.stopped) return;
      this.#state = 'failed';
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    this.#tell(true);
  }

  #hostOf(opened: Opened): ReadingHost {
    return {
      createSpool: () => opened.sources.createSpool(),
      mayDrop: () => this.#questions === 0 && this.#walks === 0 && this.#opened === opened,
      held: (waiting) => this.#hold(opened, waiting),
      breathe: () => this.#hold(opened, 0) ?? this.#breathe(),
      stopped: () => opened.stopped,
      progress: () => {
        if (this.#opened === opened) this.#tell(false);
      },
    };
  }

  /** Holds the reading of what came after it was paused; `waiting` bytes that count as read are not shown yet. */
  #hold(opened: Opened, waiting: ByteCount): Promise<void> | undefined {
    if (!this.#paused || opened.stopped || bytesRead(opened.analysis) - waiting < opened.holdAt)
      return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Holds the reading until a question that must wait for bytes is answered. */
  async #answer<T>(answer: Promise<T>): Promise<T> {
    this.#questions++;
    try {
      return await answer;
    } finally {
      this.#questions--;
      if (this.#questions === 0) for (const goOn of this.#waiting.splice(0)) goOn();
    }
  }

  /** Keeps a live stream from dropping what is walked over, while reading goes on. */
  async #walk<T>(answer: Promise<T>): Promise<T> {
    this.#walks++;
    try {
      return await answer;
    } finally {
      this.#walks--;
    }
  }

  /** Tells how far a filter is that reads bytes, and gives others their turn. */
  #breatheFiltering(opened: Opened): Promise<void> | undefined {
    if (this.#opened === opened && opened.shown.progress !== undefined) this.#tell(false);
    return this.#breathe();
  }

  /** Tests the rows that came since by what their bytes say. */
  #catchUp(opened: Opened): void {
    if (!opened.shown.isBehind) return;
    const done = opened.shown.catchUp(() => this.#breathe());
    void done.then(() => this.#opened === opened && this.#tell(false));
  }

  /** Tests messages of a live source that came since, the last ones too. */
  #watch(): void {
    const alert = this.#alert;
    if (alert?.isBehind !== true || this.#opened?.sources.recording === undefined) return;
    void alert
      .catchUp(() => this.#breathe())
      .then((found) => {
        if (found && this.#alert === alert) this.#tell(false);
      });
  }

  /** Gives waiting questions their turn when enough work was done; undefined where it is not time yet. */
  #breathe(): Promise<void> | undefined {
    if (this.host.now() - this.#lastTurn < WORK_INTERVAL) return undefined;
    return this.#turn();
  }

  /** As `#breathe`, for work that a question waits for: it must not wait for questions, itself among them. */
  #pause(): Promise<void> | undefined {
    if (this.host.now() - this.#lastTurn < WORK_INTERVAL) return undefined;
    this.#lastTurn = this.host.now();
    return this.host.yieldTurn();
  }

  async #turn(): Promise<void> {
    await this.host.yieldTurn();
    while (this.#questions > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
      await this.host.yieldTurn();
    }
    this.#lastTurn = this.host.now();
  }

  #release(): void {
    this.#paused = false;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** Tells the page how things stand: at once where it must know, else when its time has come. */
  #tell(now: boolean): void {
    if (this.#port === undefined) return;
    const time = this.host.now();
    const first = this.#knownMessages === 0 && (this.#opened?.analysis.tracking.messages.count ?? 0) > 0;
    const wait = this.#lastStatus + (this.#state === 'live' ? LIVE_STATUS_INTERVAL : STATUS_INTERVAL) - time;
    if (!now && !first && wait > 0) {
      this.#owe(wait);
      return;
    }
    this.#lastStatus = time;
    this.#opened?.analysis.flush();
    this.#opened?.shown.extend();
    if (this.#opened !== undefined) this.#catchUp(this.#opened);
    this.#watch();
    this.#revision++;
    const status = this.#status();
    this.#knownMessages = status.messages;
    this.#port.postMessage({ type: 'status', status });
  }

  /** A live source may fall silent after a burst: its last status is told when its time has come. */
  #owe(wait: number): void {
    if (this.#owed || this.#state !== 'live') return;
    this.#owed = true;
    void this.host.after(wait).then(() => {
      this.#owed = false;
      this.#tell(false);
    });
  }

  #status(): AnalysisStatus {
    const status = statusOf(this.#opened?.analysis, {
      state: this.#state,
      paused: this.#paused,
      revision: this.#revision,
      shown: this.#opened?.shown.count ?? 0,
    });
    const tap = this.#opened?.sources.link?.news;
    if (tap !== undefined) status.tap = tap;
    const { marks, sources } = this.#opened ?? {};
    if (marks !== undefined && marks.count > 0) status.marks = marks.count;
    if (sources?.recording !== undefined) status.recording = sources.recording.status;
    if (this.#alert !== undefined) status.alert = this.#alert.status;
    if (this.#failure !== undefined) status.failure = this.#failure;
    if (this.#opened?.shown.progress !== undefined) status.filtering = this.#opened.shown.progress;
    return status;
  }
}

function bytesRead({ files }: Analysis): ByteCount {
  return files.reduce((sum, file) => sum + file.bytesRead, 0);
}
