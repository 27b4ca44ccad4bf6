import { type AppendableByteStore, BlobStore } from '../capture/byte-store.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import type { MessageRow } from '../capture/units.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { statusOf, totalsOf } from './analysis-status.ts';
import { AlertRows, compileAlert } from './alert-rows.ts';
import { Analysis } from './analysis.ts';
import { CaptureMarks } from './capture-marks.ts';
import { type ClockEstimate, estimateClock } from './clock-estimate.ts';
import { DeviceAnswers } from './device-answers.ts';
import { DeviceIndex } from './device-index.ts';
import type { DeviceTableQuery, DeviceTableWindow } from './device-protocol.ts';
import { deviceSummaries } from './device-summary.ts';
import { Dissector } from './dissection/dissect.ts';
import { FirmwareAnswers } from './firmware-answers.ts';
import type { UpdateDetail, UpdateList } from './firmware-protocol.ts';
import { completeFilter } from './filter/complete.ts';
import { LiveRecording, type Recording } from './live-recording.ts';
import { MessageBytes } from './message-bytes.ts';
import { MessageFacts } from './message-facts.ts';
import { compileMessageFilter, messageFilterFields } from './message-filter.ts';
import { MessageSummary } from './message-summary.ts';
import { readSources, type ReadingHost, type Source } from './open.ts';
import { OverviewCounts } from './overview.ts';
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
import { Timeline } from './timeline.ts';
import { ValueAnswers } from './value-answers.ts';
import type {
  ChartQuery,
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
export interface ServiceHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves when waiting events have had their turn. */
  yieldTurn(): Promise<void>;
  after(milliseconds: number): Promise<void>;
  createSpool(): Promise<AppendableByteStore>;
  /** Where the bytes of a live source are kept until the person has saved them. */
  createRecording(): Promise<Recording>;
  /** The bytes that a relay sends; ends when the relay closes, or when `signal` says so. */
  connect(url: string, stopped: Promise<void>): AsyncIterable<Uint8Array>;
}

/** All that one opened set of captures needs; replaced as a whole by the next. */
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
  stores: AppendableByteStore[];
  /** Of a live source. */
  recording: LiveRecording | undefined;
  stopped: boolean;
  stop: () => void;
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
  #paused = false;
  #resume: (() => void) | undefined;
  /** A status was held back and will be told when its time has come. */
  #owed = false;
  /** The alert that is on; it goes on with the next live source. */
  #alert: AlertRows | undefined;
  /** Questions that are being answered; reading waits for them. */
  #questions = 0;
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
    const opened = this.#prepare(settings);
    this.#opened = opened;
    this.#failure = undefined;
    this.#paused = false;
    this.#state = sources.some((source) => source.kind === 'live') ? 'live' : 'loading';
    if (this.#alert?.follow(opened.analysis, true) === false) this.#alert = undefined;
    this.#tell(true);
    void this.#read(opened, sources);
  }

  async stop(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined || (this.#state !== 'loading' && this.#state !== 'live')) return;
    opened.stopped = true;
    opened.stop();
    opened.recording?.stop();
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

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#state = 'idle';
    this.#filterText = '';
    if (opened === undefined) return;
    opened.stopped = true;
    opened.stop();
    this.#release();
    opened.recording?.stop();
    await opened.recording?.ended;
    for (const store of opened.stores) await store.close();
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
    if (opened === undefined) return { revision: this.#revision, totalTracks: 0, rows: [] };
    return opened.timeline.window(query, this.#revision);
  }

  async setCollapsed(device: number, collapsed: boolean): Promise<void> {
    this.#opened?.timeline.setCollapsed(device, collapsed);
  }

  async trackOfDevice(device: number): Promise<number> {
    return this.#opened?.timeline.lineOf(device, this.#revision) ?? -1;
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

  async exportValues(series: SeriesKey[], format: 'csv' | 'ndjson'): Promise<Blob> {
    return (await this.#opened?.values.export(series, format)) ?? new Blob([]);
  }

  async deviceTable(query: DeviceTableQuery): Promise<DeviceTableWindow> {
    return this.#answer((this.#opened ?? this.#prepare()).deviceTable.window(query, this.#revision));
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
    return recordFile(known, records, 'ndjson', () => this.#breathe());
  }

  async saveRecording(): Promise<Blob | undefined> {
    const saved = await this.#opened?.recording?.save();
    this.#tell(true);
    return saved;
  }

  async captureMoment(): Promise<CaptureMoment | undefined> {
    const { recording } = this.#opened ?? {};
    return recording?.status.takesMarks ? recording.moment() : undefined;
  }

  async mark(text: string, moment: CaptureMoment): Promise<boolean> {
    return (await this.#opened?.recording?.mark(text, moment)) ?? false;
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

  #prepare(settings = DEFAULT_SETTINGS): Opened {
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
      timeline: new Timeline(analysis, facts, devices, () => this.#state !== 'loading', shown),
      values: new ValueAnswers(analysis, facts, devices, bytes, () => this.#pause()),
      firmware: new FirmwareAnswers(analysis, facts, devices, bytes, summaries),
      deviceTable: new DeviceAnswers(analysis, devices, () => this.#pause()),
      sequence: new SequenceAnswers(analysis, facts, devices, summaries, shown, () => this.#pause()),
      marks: new CaptureMarks(analysis),
      stores: [],
      recording: undefined,
      stopped: false,
      stop: () => {},
    };
  }

  async #read(opened: Opened, sources: OpenSource[]): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      opened.stop = resolve;
    });
    try {
      await this.#registry.loadAll();
      const readable: Source[] = [];
      for (const source of sources)
        readable.push(
          source.kind === 'file'
            ? { name: source.name, store: new BlobStore(source.blob) }
            : await this.#record(opened, source.name, this.host.connect(source.url, stopped)),
        );
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

  /** Keeps what a live source sends from now on; the analysis reads what is kept. */
  async #record(opened: Opened, name: string, stream: AsyncIterable<Uint8Array>): Promise<Source> {
    const store = await this.host.createRecording();
    if (opened.stopped) {
      await store.close();
      throw new Error('closed before it began');
    }
    opened.stores.push(store);
    const recording = new LiveRecording(store, stream, () => this.host.now());
    opened.recording = recording;
    return { name, stream: recording.pieces(), isLive: true, kept: store };
  }

  #hostOf(opened: Opened): ReadingHost {
    return {
      createSpool: async () => {
        const store = await this.host.createSpool();
        opened.stores.push(store);
        return store;
      },
      breathe: () => {
        if (this.#paused) {
          return new Promise((resolve) => {
            this.#resume = resolve;
          });
        }
        return this.#breathe();
      },
      stopped: () => opened.stopped,
      progress: () => {
        if (this.#opened === opened) this.#tell(false);
      },
    };
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
    if (alert?.isBehind !== true || this.#opened?.recording === undefined) return;
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
    const { marks, recording } = this.#opened ?? {};
    if (marks !== undefined && marks.count > 0) status.marks = marks.count;
    if (recording !== undefined) status.recording = recording.status;
    if (this.#alert !== undefined) status.alert = this.#alert.status;
    if (this.#failure !== undefined) status.failure = this.#failure;
    if (this.#opened?.shown.progress !== undefined) status.filtering = this.#opened.shown.progress;
    return status;
  }
}
