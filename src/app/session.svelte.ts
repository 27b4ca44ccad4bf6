import type { AnalysisStatus, Dissection, FilterAnswer, OpenSource } from '../analysis/protocol.ts';
import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { CaptureMark } from '../analysis/recording-protocol.ts';
import type { AnalysisSettings } from '../analysis/settings.ts';
import type { NamedSeries, SeriesKey } from '../analysis/value-protocol.ts';
import { AnalysisClient, AnalysisEnded } from './analysis-client.ts';
import { Arrangement } from './arrangement.svelte.ts';
import { NOTHING_OPEN, statusAsked } from './first-status.ts';
import { keepSettings, keptSettings } from './kept-settings.ts';
import type { ShownSequence } from './sequence/shown-sequence.ts';
import { ShownScope } from './shown-scope.svelte.ts';
import type {
  ListCommands,
  SequenceCommands,
  TimelineCommands,
  UpdateCommands,
  ValueCommands,
} from './view-commands.ts';

/** Where a selection came from; a view does not scroll to what was selected in itself. */
export type SelectionOrigin =
  'list' | 'timeline' | 'details' | 'devices' | 'keys' | 'values' | 'firmware' | 'sequence';

/** A window of time, both ends inclusive. */
export interface TimeWindow {
  from: Nanoseconds;
  to: Nanoseconds;
}

/** A resource that is charted; its colour stays its own while others come and go. */
export interface ShownSeries extends SeriesKey {
  colour: number;
}

/** The views that exist. */
export type View = 'timeline' | 'messages' | 'values' | 'firmware' | 'sequence' | 'devices';

/**
 * What all views share: the analysis and where it stands, one selection, one time cursor, one filter, one
 * visible window of time. Views read its fields in effects and change them through its methods only.
 */
export class Session {
  readonly client = new AnalysisClient();

  /** Last news of the analysis; replaced as a whole. */
  status = $state.raw<AnalysisStatus>(NOTHING_OPEN);
  /** Counts the captures opened; views that keep something of a capture drop it when this changes. */
  generation = $state(0);
  /** Why the worker is gone, one sentence; undefined while it runs. */
  ended = $state<string | undefined>();
  /** A call that failed although the worker runs, one sentence. */
  trouble = $state<string | undefined>();

  /** Rows of this capture have been shown; what is not waited for that much begins then. */
  hasShownRows = $state(false);

  view = $state<View>('timeline');
  /** Times as the time of day in universal time; false: as seconds since the capture's first message. */
  absoluteTime = $state(true);

  selectedRow = $state<MessageRow | undefined>();
  selectionOrigin = $state<SelectionOrigin>('list');
  /** Counts selections, so that selecting the same row again brings it into view again. */
  selectionCount = $state(0);
  /** The selected message read again from its bytes; undefined until it is there. */
  dissection = $state.raw<Dissection | undefined>();

  cursorTime = $state<Nanoseconds | undefined>();
  /** Live, whether the views stay at the newest messages. */
  following = $state(true);
  /** Visible window of the timeline; undefined is the whole capture. */
  window = $state.raw<TimeWindow | undefined>();

  /** The filter in force, as it was typed. */
  filterText = $state('');
  /** Counts the filters put in force; the message list is another one after each. */
  filterCount = $state(0);
  #filtersAsked = 0;

  /** Resources that are charted, and the one whose samples are listed. */
  valueSeries = $state.raw<readonly ShownSeries[]>([]);
  activeSeries = $state(0);
  /** Resources of all devices whose values were seen; undefined until somebody asked. */
  resources = $state<number | undefined>();

  /** Marks of the capture in order of time. */
  marks = $state.raw<readonly CaptureMark[]>([]);
  #marksAsked = 0;

  /** Set by the view of values while it is shown. */
  valueCommands = $state.raw<ValueCommands | undefined>();
  /** Set by the timeline, or by another view of time, while it is shown. */
  timelineCommands = $state.raw<TimelineCommands | undefined>();
  /** Attempt that the view of updates shows; undefined until one is chosen: the last that failed. */
  update = $state<number | undefined>();
  /** Set by the view of updates while it is shown. */
  updateCommands = $state.raw<UpdateCommands | undefined>();
  /** What the ladder shows. */
  sequence = $state.raw<ShownSequence>({ device: undefined, hideAcks: true, unfoldAll: false });
  /** Set by the ladder while it is shown. */
  sequenceCommands = $state.raw<SequenceCommands | undefined>();
  /** Set by the message list, or the ladder, while it is shown. */
  listCommands = $state.raw<ListCommands | undefined>();

  /** What is shown alone. */
  readonly scope = new ShownScope(this);
  /** How the devices of the timeline are arranged. */
  readonly arrangement = new Arrangement(this.client, (call) => this.attempt(call));

  /** Values that are keys or passwords are shown; until the person says so, they are covered. */
  showSecrets = $state(false);

  /** What the person has decided for the analysis; kept on this computer. */
  settings = $state.raw<AnalysisSettings>(keptSettings());
  /** What was opened last, to be analysed anew when settings change. */
  #sources = $state.raw<OpenSource[]>([]);
  /** Message, filter and charted values to be taken up again when what is open has been analysed anew. */
  #resume: { id: string | undefined; filter: string; series: NamedSeries[] } | undefined;
  /** Names of the files that were opened last; none where nothing is open. */
  #asked = $state.raw<readonly string[]>([]);

  constructor() {
    this.client.onStatus = (status) => {
      if (!this.#awaits(status)) return;
      // Before the first file is looked at, the analysis knows of none; the page knows what it asked for.
      this.status = status.files.length > 0 ? status : { ...status, files: this.status.files };
      if (status.state === 'done') void this.#takeUp();
      else if (status.state === 'live') void this.#selectAgain();
      void this.#askMarks(status.marks ?? 0);
    };
    this.client.onEnd = (reason) => {
      this.ended = reason;
      this.status = { ...this.status, state: 'failed', failure: reason };
    };
  }

  /** True where nothing could be read of what was opened, so that there is nothing to look at. */
  get refused(): boolean {
    const { state, frames, files } = this.status;
    if (state !== 'done' && state !== 'stopped' && state !== 'failed') return false;
    if (this.ended !== undefined || frames > 0) return false;
    return (
      state === 'failed' || files.some((file) => file.unreadable !== undefined || file.fault !== undefined)
    );
  }

  /** True while a capture, or a part of one, can be looked at. */
  get hasCapture(): boolean {
    return this.#asked.length > 0 && !this.refused;
  }

  /** The kept recording that is open. */
  get openRecording(): { recording: string; name: string; blob: Blob } | undefined {
    const [source] = this.#asked.length > 0 ? this.#sources : [];
    return source?.kind === 'file' && source.recording !== undefined
      ? { ...source, recording: source.recording }
      : undefined;
  }

  /** Opens captures in place of what is open. Their clocks are taken for right. */
  async open(sources: OpenSource[]): Promise<void> {
    this.settings = { ...this.settings, clockOffsets: [] };
    this.arrangement.forget();
    await this.#open(sources);
  }

  async #open(sources: OpenSource[]): Promise<void> {
    if (this.ended !== undefined) this.startAgain();
    this.arrangement.tell();
    // The worker begins while the page builds its views.
    const opening = this.client.open(sources, this.settings);
    this.#sources = sources;
    this.#forget();
    this.#asked = sources.map((source) => source.name);
    this.status = statusAsked(sources);
    await this.attempt(opening);
  }

  /**
   * Puts settings in force and keeps them. Captures that are open are analysed anew; the selected message and the
   * filter survive, for they are known by id and by text. Without `isAgain` they hold for what is opened next.
   */
  async setSettings(settings: AnalysisSettings, isAgain = true): Promise<void> {
    this.settings = settings;
    keepSettings(settings);
    if (!isAgain) return;
    if (!this.hasCapture || this.#sources.length === 0) return;
    const resume = {
      id: this.dissection?.id,
      filter: this.filterText,
      series: await this.#namesOfSeries(),
    };
    if (this.#sources.some((source) => source.kind === 'live')) {
      await this.#analyseAnew(settings, resume);
      return;
    }
    await this.#open(this.#sources);
    this.#resume = resume;
    if (this.status.state === 'done') await this.#takeUp();
  }

  /** A live stream goes on: what was kept of it is read again first. The analysis keeps the filter itself. */
  async #analyseAnew(
    settings: AnalysisSettings,
    resume: { id: string | undefined; filter: string; series: NamedSeries[] },
  ): Promise<void> {
    const why = await this.attempt(this.client.analyseAnew(settings));
    if (why !== undefined) {
      this.trouble = why;
      return;
    }
    this.#forget();
    this.filterText = resume.filter;
    // Message and values come again when their bytes are read.
    this.#resume = { ...resume, filter: '' };
  }

  /** Selects the message that was selected before what is live was analysed anew, as soon as it is there. */
  async #selectAgain(): Promise<void> {
    const resume = this.#resume;
    if (resume === undefined) return;
    if (resume.series.length > 0) {
      const found = await this.attempt(this.client.findSeries(resume.series));
      if (this.#resume !== resume || found === undefined) return;
      const keys = found.flatMap((key) => key ?? []);
      if (keys.length === found.length) {
        this.#chartSeries(keys);
        resume.series = [];
      }
    }
    if (resume.id === undefined) return;
    const row = await this.attempt(this.client.rowOfId(resume.id));
    if (row === undefined || row < 0 || this.#resume !== resume) return;
    resume.id = undefined;
    if (this.selectedRow === undefined) this.select(row, 'details');
  }

  async #takeUp(): Promise<void> {
    const resume = this.#resume;
    this.#resume = undefined;
    if (resume === undefined) return;
    if (resume.filter !== '') await this.setFilter(resume.filter);
    if (resume.series.length > 0) {
      const found = await this.attempt(this.client.findSeries(resume.series));
      this.#chartSeries(found?.flatMap((key) => key ?? []) ?? []);
    }
    if (resume.id === undefined) return;
    const row = await this.attempt(this.client.rowOfId(resume.id));
    if (row !== undefined && row >= 0) this.select(row, 'details');
  }

  /** What the chart of values shows, by names that are the same in another analysis. */
  async #namesOfSeries(): Promise<NamedSeries[]> {
    const series = this.valueSeries.map(({ device, path }) => ({ device, path }));
    if (series.length === 0) return [];
    const chart = await this.attempt(this.client.valueChart({ series, from: 0, to: 0, pixels: 1 }));
    return chart?.series.map(({ device, pathText }) => ({ device, pathText })) ?? [];
  }

  /** Closes what is open. */
  async close(): Promise<void> {
    this.#forget();
    this.#asked = [];
    this.status = NOTHING_OPEN;
    await this.attempt(this.client.close());
  }

  /** Starts a new worker after the old one ended; nothing is open then. */
  startAgain(): void {
    this.client.start();
    this.ended = undefined;
    this.#forget();
    this.#asked = [];
    this.status = NOTHING_OPEN;
  }

  /** Selects a message in every view and moves the time cursor to it. */
  select(row: MessageRow, origin: SelectionOrigin): void {
    this.selectedRow = row;
    this.selectionOrigin = origin;
    this.selectionCount++;
    void this.#dissect(row, this.selectionCount);
  }

  /** Takes the selection away; the cursor stays. */
  deselect(): void {
    this.selectedRow = undefined;
    this.dissection = undefined;
    this.selectionCount++;
  }

  /** Shows resources over time, in place of those that were. */
  showValues(series: readonly SeriesKey[]): void {
    this.#chartSeries(series);
    this.view = 'values';
  }

  #chartSeries(series: readonly SeriesKey[]): void {
    this.valueSeries = series.map((key, colour) => ({ ...key, colour }));
    this.activeSeries = 0;
  }

  /** Shows an update in full. */
  showUpdate(attempt: number): void {
    this.update = attempt;
    this.view = 'firmware';
  }

  setCursor(time: Nanoseconds | undefined): void {
    this.cursorTime = time;
  }

  /** Shows a window of time; without arguments the whole capture. */
  setWindow(from?: Nanoseconds, to?: Nanoseconds): void {
    this.window = from === undefined || to === undefined ? undefined : { from, to };
  }

  /** Brings a moment into sight on the timeline. */
  showTime(time: Nanoseconds): void {
    this.view = 'timeline';
    this.cursorTime = time;
    if (this.window === undefined || (time >= this.window.from && time <= this.window.to)) return;
    const half = (this.window.to - this.window.from) / 2;
    this.following = false;
    this.setWindow(time - half, time + half);
  }

  /** Puts a filter in force; where the text has a fault, the one before stays in force. */
  async setFilter(text: string): Promise<FilterAnswer | undefined> {
    const asked = ++this.#filtersAsked;
    const answer = await this.attempt(this.client.setFilter(text));
    // A filter that takes long is answered when another one has ended it.
    if (answer?.ok && asked === this.#filtersAsked) {
      this.filterText = text;
      this.filterCount++;
      this.status = { ...this.status, shown: answer.shown, revision: answer.revision };
    }
    return answer;
  }

  /** Awaits a call of the client; where it fails, says so on the page and gives undefined. */
  async attempt<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      // The end of the worker is told once, by `ended`.
      if (!(error instanceof AnalysisEnded))
        this.trouble = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  /** False for news of what was open before: they may still be under way when another capture is opened. */
  #awaits(status: AnalysisStatus): boolean {
    if (this.#asked.length === 0) return status.state === 'idle';
    return status.state !== 'idle' && (status.files[0]?.name ?? this.#asked[0]) === this.#asked[0];
  }

  async #askMarks(count: number): Promise<void> {
    if (count === this.#marksAsked) return;
    this.#marksAsked = count;
    const { generation } = this;
    const marks = await this.attempt(this.client.marks());
    if (marks !== undefined && generation === this.generation) this.marks = marks;
  }

  async #dissect(row: MessageRow, count: number): Promise<void> {
    const dissection = await this.attempt(this.client.dissect(row));
    if (count !== this.selectionCount) return;
    this.dissection = dissection;
    if (dissection && Number.isFinite(dissection.time)) this.cursorTime = dissection.time;
  }

  #forget(): void {
    this.#resume = undefined;
    this.scope.forget();
    this.generation++;
    this.update = undefined;
    this.sequence = { ...this.sequence, device: undefined };
    this.hasShownRows = false;
    this.deselect();
    this.trouble = undefined;
    this.cursorTime = undefined;
    this.window = undefined;
    this.filterText = '';
    this.filterCount++;
    this.valueSeries = [];
    this.activeSeries = 0;
    this.resources = undefined;
    this.marks = [];
    this.#marksAsked = 0;
  }
}
