import { transfer, wrap } from 'comlink';
import workerUrl from '../../workers/analysis.worker.ts?worker&url';
import type {
  AnalysisEvent,
  AnalysisProtocol,
  AnalysisStatus,
  AnalysisTotals,
  DeviceSummary,
  Dissection,
  FilterAnswer,
  FilterCompletion,
  OpenSource,
  RowWindow,
} from '../analysis/protocol.ts';
import type { Overview, TrackQuery, TrackWindow } from '../analysis/timeline-protocol.ts';
import type { DeviceDetails, DeviceTableQuery, DeviceTableWindow } from '../analysis/device-protocol.ts';
import type { ClockEstimate } from '../analysis/clock-estimate.ts';
import type {
  ChartQuery,
  NamedSeries,
  SeriesKey,
  ValueChart,
  ValueLineQuery,
  ValueLineWindow,
  ValueSamples,
} from '../analysis/value-protocol.ts';
import type { UpdateDetail, UpdateList } from '../analysis/firmware-protocol.ts';
import type { SequenceChoice, SequenceQuery, SequenceWindow } from '../analysis/sequence-protocol.ts';
import type { SpanQuery, SpanScope, TimelineLayout } from '../analysis/span-protocol.ts';
import type { TapCommand } from '../analysis/live-tap-protocol.ts';
import type { AlertAnswer, CaptureMark, RecordingFacts } from '../analysis/recording-protocol.ts';
import type { AnalysisSettings } from '../analysis/settings.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import type { MessageRow, Nanoseconds } from '../capture/units.ts';

/** How long the worker may take to say that it is there, in milliseconds. */
const READY_LIMIT_MS = 20_000;

/** What the worker sends, outside the call protocol, once all its code has loaded. */
const READY = 'analysis-ready';

/** Rejects calls that were pending, or came after, when the worker ended. */
export class AnalysisEnded extends Error {
  override name = 'AnalysisEnded';
}

/**
 * The analysis as the page sees it: starts the worker, passes calls to it and tells of its news and its end.
 *
 * The worker is started from a blob of this origin that imports the real module. Such a worker inherits the
 * page's content security policy, on hosts that send no header too. A call never hangs: when the worker cannot
 * load, throws outside a call or is ended, every pending call is rejected with `AnalysisEnded`.
 */
export class AnalysisClient implements AnalysisProtocol {
  /** Called with every status, at most ten times a second, four while a file is read. */
  onStatus: (status: AnalysisStatus) => void = () => {};
  /** Called once when the worker has ended by itself, with a sentence that says why. */
  onEnd: (reason: string) => void = () => {};

  #worker: Worker | undefined;
  #remote: AnalysisProtocol | undefined;
  #news: MessagePort | undefined;
  #ready: Promise<void> = Promise.resolve();
  #isReady = false;
  #ended: string | undefined;
  readonly #pending = new Set<(reason: Error) => void>();

  constructor() {
    this.start();
  }

  /** Starts a new worker; one that still runs is ended first. */
  start(): void {
    this.#stopWorker('The analysis was started again.');
    this.#ended = undefined;

    const url = new URL(workerUrl, import.meta.url).href;
    const entry = URL.createObjectURL(
      new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' }),
    );
    const worker = new Worker(entry, { type: 'module', name: 'analysis' });
    this.#worker = worker;
    // Every method of the protocol is asynchronous, so the far side has the very same type.
    this.#remote = wrap<AnalysisProtocol>(worker) as AnalysisProtocol;
    this.#ready = new Promise((resolve, reject) => {
      const release = (): void => {
        clearTimeout(limit);
        URL.revokeObjectURL(entry);
      };
      const limit = setTimeout(
        () => this.#end(worker, `The analysis did not start within ${READY_LIMIT_MS / 1000} seconds.`),
        READY_LIMIT_MS,
      );
      const heard = (event: MessageEvent): void => {
        if (event.data !== READY) return;
        worker.removeEventListener('message', heard);
        this.#pending.delete(refused);
        release();
        this.#isReady = true;
        resolve();
      };
      const refused = (reason: Error): void => {
        release();
        reject(reason);
      };
      this.#pending.add(refused);
      worker.addEventListener('message', heard);
    });
    // Whoever calls hears of it; without a call, `onEnd` alone tells.
    this.#ready.catch(() => {});

    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(
        worker,
        event.message ? `The analysis ended: ${event.message}` : 'The analysis could not be loaded.',
      );
    });
    worker.addEventListener('messageerror', () =>
      this.#end(worker, 'The analysis sent something that cannot be read.'),
    );

    const { port1, port2 } = new MessageChannel();
    this.#news = port1;
    port1.onmessage = (event: MessageEvent<AnalysisEvent>) => {
      if (event.data.type === 'status') this.onStatus(event.data.status);
    };
    this.#call((remote) => remote.listen(transfer(port2, [port2]))).catch(() => {});
  }

  open(sources: OpenSource[], settings?: AnalysisSettings): Promise<void> {
    return this.#call((remote) => remote.open(sources, settings));
  }
  analyseAnew(settings: AnalysisSettings): Promise<string | undefined> {
    return this.#call((remote) => remote.analyseAnew(settings));
  }
  stop(): Promise<void> {
    return this.#call((remote) => remote.stop());
  }
  pause(paused: boolean): Promise<void> {
    return this.#call((remote) => remote.pause(paused));
  }
  close(): Promise<void> {
    return this.#call((remote) => remote.close());
  }
  status(): Promise<AnalysisStatus> {
    return this.#call((remote) => remote.status());
  }
  totals(): Promise<AnalysisTotals> {
    return this.#call((remote) => remote.totals());
  }
  listen(port: MessagePort): Promise<void> {
    return this.#call((remote) => remote.listen(transfer(port, [port])));
  }
  rows(first: number, count: number): Promise<RowWindow> {
    return this.#call((remote) => remote.rows(first, count));
  }
  setFilter(text: string): Promise<FilterAnswer> {
    return this.#call((remote) => remote.setFilter(text));
  }
  completeFilter(text: string, cursor: number): Promise<FilterCompletion[]> {
    return this.#call((remote) => remote.completeFilter(text, cursor));
  }
  indexOfRow(row: MessageRow): Promise<number> {
    return this.#call((remote) => remote.indexOfRow(row));
  }
  indexAtTime(time: Nanoseconds): Promise<number> {
    return this.#call((remote) => remote.indexAtTime(time));
  }
  rowOfId(id: string): Promise<number> {
    return this.#call((remote) => remote.rowOfId(id));
  }
  dissect(row: MessageRow): Promise<Dissection | undefined> {
    return this.#call((remote) => remote.dissect(row));
  }
  devices(first: number, count: number): Promise<DeviceSummary[]> {
    return this.#call((remote) => remote.devices(first, count));
  }
  overview(bins: number): Promise<Overview> {
    return this.#call((remote) => remote.overview(bins));
  }
  tracks(query: TrackQuery): Promise<TrackWindow> {
    return this.#call((remote) => remote.tracks(query));
  }
  arrange(layout: TimelineLayout): Promise<void> {
    return this.#call((remote) => remote.arrange(layout));
  }
  foldAll(folded: boolean): Promise<void> {
    return this.#call((remote) => remote.foldAll(folded));
  }
  scopeOfSpan(query: SpanQuery): Promise<SpanScope | undefined> {
    return this.#call((remote) => remote.scopeOfSpan(query));
  }
  scopesOfRow(row: MessageRow): Promise<SpanScope[]> {
    return this.#call((remote) => remote.scopesOfRow(row));
  }
  scopeOfUpdate(attempt: number): Promise<SpanScope | undefined> {
    return this.#call((remote) => remote.scopeOfUpdate(attempt));
  }
  setCollapsed(device: number, collapsed: boolean): Promise<void> {
    return this.#call((remote) => remote.setCollapsed(device, collapsed));
  }
  trackOfDevice(device: number): Promise<number> {
    return this.#call((remote) => remote.trackOfDevice(device));
  }
  valueLines(query: ValueLineQuery): Promise<ValueLineWindow> {
    return this.#call((remote) => remote.valueLines(query));
  }
  foldValues(device: number, pathText: string, folded: boolean): Promise<void> {
    return this.#call((remote) => remote.foldValues(device, pathText, folded));
  }
  valueChart(query: ChartQuery): Promise<ValueChart> {
    return this.#call((remote) => remote.valueChart(query));
  }
  valueSamples(key: SeriesKey, first: number, count: number): Promise<ValueSamples> {
    return this.#call((remote) => remote.valueSamples(key, first, count));
  }
  sampleOfRow(key: SeriesKey, row: MessageRow): Promise<number> {
    return this.#call((remote) => remote.sampleOfRow(key, row));
  }
  seriesOfRow(row: MessageRow): Promise<SeriesKey[]> {
    return this.#call((remote) => remote.seriesOfRow(row));
  }
  findSeries(named: readonly NamedSeries[]): Promise<(SeriesKey | undefined)[]> {
    return this.#call((remote) => remote.findSeries(named));
  }
  exportValues(series: SeriesKey[], format: 'csv' | 'ndjson', redact: boolean): Promise<Blob> {
    return this.#call((remote) => remote.exportValues(series, format, redact));
  }
  clockEstimates(): Promise<(ClockEstimate | undefined)[]> {
    return this.#call((remote) => remote.clockEstimates());
  }
  saveRecording(): Promise<Blob | undefined> {
    return this.#call((remote) => remote.saveRecording());
  }
  captureMoment(): Promise<CaptureMoment | undefined> {
    return this.#call((remote) => remote.captureMoment());
  }
  mark(text: string, moment: CaptureMoment): Promise<boolean> {
    return this.#call((remote) => remote.mark(text, moment));
  }
  marks(): Promise<CaptureMark[]> {
    return this.#call((remote) => remote.marks());
  }
  setAlert(text: string): Promise<AlertAnswer> {
    return this.#call((remote) => remote.setAlert(text));
  }
  recordingFacts(blob: Blob): Promise<RecordingFacts> {
    return this.#call((remote) => remote.recordingFacts(blob));
  }
  updates(first: number, count: number): Promise<UpdateList> {
    return this.#call((remote) => remote.updates(first, count));
  }
  update(attempt: number, pixels: number): Promise<UpdateDetail | undefined> {
    return this.#call((remote) => remote.update(attempt, pixels));
  }
  updateOfRow(row: MessageRow): Promise<number> {
    return this.#call((remote) => remote.updateOfRow(row));
  }
  updatePackage(attempt: number): Promise<Blob | undefined> {
    return this.#call((remote) => remote.updatePackage(attempt));
  }
  deviceTable(query: DeviceTableQuery): Promise<DeviceTableWindow> {
    return this.#call((remote) => remote.deviceTable(query));
  }
  deviceDetails(device: number): Promise<DeviceDetails | undefined> {
    return this.#call((remote) => remote.deviceDetails(device));
  }
  exportDevices(query: DeviceTableQuery): Promise<Blob> {
    return this.#call((remote) => remote.exportDevices(query));
  }
  sequence(query: SequenceQuery): Promise<SequenceWindow> {
    return this.#call((remote) => remote.sequence(query));
  }
  sequenceLine(choice: SequenceChoice, row: MessageRow): Promise<number> {
    return this.#call((remote) => remote.sequenceLine(choice, row));
  }
  deviceOfRow(row: MessageRow): Promise<number> {
    return this.#call((remote) => remote.deviceOfRow(row));
  }
  tap(command: TapCommand): Promise<void> {
    return this.#call((remote) => remote.tap(command));
  }
  records(kind: string, redact?: boolean): Promise<Blob> {
    return this.#call((remote) => remote.records(kind, redact));
  }

  #call<T>(run: (remote: AnalysisProtocol) => Promise<T>): Promise<T> {
    const remote = this.#remote;
    if (this.#ended !== undefined || !remote) {
      return Promise.reject(new AnalysisEnded(this.#ended ?? 'The analysis is not running.'));
    }
    return new Promise<T>((resolve, reject) => {
      this.#pending.add(reject);
      // At once where it can be: the page may be busy for long before the next microtask.
      (this.#isReady ? run(remote) : this.#ready.then(() => run(remote)))
        .then(resolve, reject)
        .finally(() => this.#pending.delete(reject));
    });
  }

  #end(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#stopWorker(reason);
    this.onEnd(reason);
  }

  #stopWorker(reason: string): void {
    this.#ended = reason;
    this.#isReady = false;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#remote = undefined;
    this.#news?.close();
    this.#news = undefined;
    const error = new AnalysisEnded(reason);
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
  }
}
