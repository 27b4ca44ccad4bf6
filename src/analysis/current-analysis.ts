import type { ByteCount } from '../capture/units.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { statusOf } from './analysis-status.ts';
import { LiveAlert } from './live-alert.ts';
import { compileMessageFilter } from './message-filter.ts';
import { readSources, type ReadingHost } from './open.ts';
import { OpenedAnalysis } from './opened-analysis.ts';
import { OpenedSources, type SourceHost } from './opened-sources.ts';
import type { AnalysisState, AnalysisStatus, EventPort, FilterAnswer, OpenSource } from './protocol.ts';
import type { AlertAnswer } from './recording-protocol.ts';
import { type AnalysisSettings, DEFAULT_SETTINGS } from './settings.ts';
import type { TimelineLayout } from './span-protocol.ts';
import { type NewsHost, type NewsSource, StatusNews } from './status-news.ts';
import { AS_FOUND } from './timeline-order.ts';
import { type TurnHost, Turns } from './turns.ts';

/** What the platform gives: clocks and storage are not the analysis's own. */
export type ServiceHost = SourceHost & TurnHost & NewsHost;

/**
 * What is open, from its opening to its end: one analysis at a time, read in steps so that every question gets its
 * turn. It can be held, stopped, and analysed anew; filter and alert stay in force then.
 */
export class CurrentAnalysis implements NewsSource {
  readonly turns: Turns;
  readonly news: StatusNews;
  #opened: OpenedAnalysis | undefined;
  #state: AnalysisState = 'idle';
  #failure: string | undefined;
  #filterText = '';
  /** How the person arranges the timeline, whatever is open. */
  #layout: TimelineLayout = AS_FOUND;
  #paused = false;
  /** Lets a reading that is held go on. */
  #resume: (() => void) | undefined;
  readonly #alert = new LiveAlert();
  readonly #registry = ObjectRegistry.core();

  constructor(private readonly host: ServiceHost) {
    this.turns = new Turns(host);
    this.news = new StatusNews(host, this);
  }

  /** The analysis of what is open; undefined where nothing is. */
  get opened(): OpenedAnalysis | undefined {
    return this.#opened;
  }

  /** The same; where nothing is open, an analysis of nothing. */
  get openedOrEmpty(): OpenedAnalysis {
    return this.#opened ?? this.#prepare();
  }

  get layout(): TimelineLayout {
    return this.#layout;
  }

  get isLive(): boolean {
    return this.#state === 'live';
  }

  get messages(): number {
    return this.#opened?.analysis.tracking.messages.count ?? 0;
  }

  listen(port: EventPort): void {
    // Definitions are fetched while the person chooses a file; where that fails, opening tries again and says why.
    this.#registry.loadAll().catch(() => {});
    this.news.listen(port);
  }

  async open(sources: OpenSource[], settings: AnalysisSettings): Promise<void> {
    await this.close();
    const opened = this.#prepare(settings, new OpenedSources(sources, this.host));
    this.#paused = false;
    this.#begin(opened);
    this.#alert.follow(opened.analysis, true);
  }

  async analyseAnew(settings: AnalysisSettings): Promise<string | undefined> {
    const before = this.#opened;
    if (before === undefined) return undefined;
    const why = await before.sources.whyNotAgain();
    if (why !== undefined || this.#opened !== before) return why;
    before.stopped = true;
    this.#goOn();
    const opened = this.#prepare(settings, before.sources);
    opened.holdAt = before.bytesRead;
    const filter = this.#filterText;
    this.#filterText = '';
    this.news.startAnew();
    this.#begin(opened);
    this.#alert.follow(opened.analysis, false);
    if (filter !== '') await this.setFilter(filter);
    return undefined;
  }

  stop(): void {
    const opened = this.#opened;
    if (opened === undefined || (this.#state !== 'loading' && this.#state !== 'live')) return;
    opened.stopped = true;
    opened.sources.stop();
    this.#release();
    this.#state = 'stopped';
    this.news.tell(true);
  }

  pause(paused: boolean): void {
    if (this.#state !== 'live') return;
    this.#paused = paused;
    if (!paused) this.#release();
    this.news.tell(true);
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
    this.news.tell(true);
  }

  async setFilter(text: string): Promise<FilterAnswer> {
    const opened = this.#opened;
    if (opened === undefined) return { ok: true, shown: 0, revision: this.news.revision };
    if (text.trim() === '') {
      this.#filterText = '';
      await opened.shown.setFilter(undefined, () => this.turns.breathe());
    } else {
      const filter = compileMessageFilter(text, opened.analysis);
      if (!filter.ok) return filter;
      this.#filterText = text;
      if (!(await opened.shown.setFilter(filter, () => this.#breatheFiltering(opened))))
        return { ok: true, shown: opened.shown.count, revision: this.news.revision };
    }
    this.news.changed();
    return { ok: true, shown: opened.shown.count, revision: this.news.revision };
  }

  arrange(layout: TimelineLayout): void {
    this.#layout = layout;
    this.#opened?.timeline.arrange(layout);
  }

  setAlert(text: string): AlertAnswer {
    if (text.trim() === '') this.#alert.end();
    else {
      const answer = this.#alert.set(text, this.openedOrEmpty.analysis);
      if (!answer.ok) return answer;
    }
    this.news.tell(true);
    return { ok: true };
  }

  status(): AnalysisStatus {
    const status = statusOf(this.#opened?.analysis, {
      state: this.#state,
      paused: this.#paused,
      revision: this.news.revision,
      shown: this.#opened?.shown.count ?? 0,
    });
    const tap = this.#opened?.sources.link?.news;
    if (tap !== undefined) status.tap = tap;
    const { marks, sources } = this.#opened ?? {};
    if (marks !== undefined && marks.count > 0) status.marks = marks.count;
    if (sources?.recording !== undefined) status.recording = sources.recording.status;
    const alert = this.#alert.status;
    if (alert !== undefined) status.alert = alert;
    if (this.#failure !== undefined) status.failure = this.#failure;
    if (this.#opened?.shown.progress !== undefined) status.filtering = this.#opened.shown.progress;
    return status;
  }

  /** Hands over what was read, and tests it by filter and alert. */
  bringUp(): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    opened.analysis.flush();
    opened.shown.extend();
    this.#catchUp(opened);
    if (opened.sources.recording === undefined) return;
    this.#alert.watch(
      () => this.turns.breathe(),
      () => this.news.tell(false),
    );
  }

  #prepare(settings = DEFAULT_SETTINGS, sources = new OpenedSources([], this.host)): OpenedAnalysis {
    return new OpenedAnalysis(this.#registry, settings, sources, {
      layout: this.#layout,
      isSettled: () => this.#state !== 'loading',
      pause: () => this.turns.pause(),
    });
  }

  #begin(opened: OpenedAnalysis): void {
    this.#opened = opened;
    const { link } = opened.sources;
    if (link !== undefined) link.onNews = () => this.#opened?.sources.link === link && this.news.tell(false);
    this.#failure = undefined;
    this.#state = opened.sources.isLive ? 'live' : 'loading';
    this.news.tell(true);
    void this.#read(opened);
  }

  async #read(opened: OpenedAnalysis): Promise<void> {
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
    this.news.tell(true);
  }

  /** Holds the reading of what came after it was paused; `waiting` bytes that count as read are not shown yet. */
  #hold(opened: OpenedAnalysis, waiting: ByteCount): Promise<void> | undefined {
    if (!this.#paused || opened.stopped || opened.bytesRead - waiting < opened.holdAt) return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #hostOf(opened: OpenedAnalysis): ReadingHost {
    return {
      createSpool: () => opened.sources.createSpool(),
      mayDrop: () => this.turns.isNobodyReading && this.#opened === opened,
      held: (waiting) => this.#hold(opened, waiting),
      breathe: () => this.#hold(opened, 0) ?? this.turns.breathe(),
      stopped: () => opened.stopped,
      progress: () => {
        if (this.#opened === opened) this.news.tell(false);
      },
    };
  }

  /** Tells how far a filter is that reads bytes, and gives others their turn. */
  #breatheFiltering(opened: OpenedAnalysis): Promise<void> | undefined {
    if (this.#opened === opened && opened.shown.progress !== undefined) this.news.tell(false);
    return this.turns.breathe();
  }

  /** Tests the rows that came since by what their bytes say. */
  #catchUp(opened: OpenedAnalysis): void {
    if (!opened.shown.isBehind) return;
    const done = opened.shown.catchUp(() => this.turns.breathe());
    void done.then(() => this.#opened === opened && this.news.tell(false));
  }

  #release(): void {
    this.#paused = false;
    this.#goOn();
  }

  #goOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
