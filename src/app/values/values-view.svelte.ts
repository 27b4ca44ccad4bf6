import type {
  ChartSeries,
  SeriesKey,
  ValueChart,
  ValueLine,
  ValueSample,
} from '../../analysis/value-protocol.ts';
import type { Session, ShownSeries } from '../session.svelte.ts';
import { TimelineView } from '../timeline/timeline-view.svelte.ts';
import { FetchedRows } from './fetched-rows.svelte.ts';
import type { SamplePlace } from './nearest-sample.ts';

/** Resources that one chart may hold. */
export const MOST_SERIES = 12;
/** Live, the view asks anew at most so often, in milliseconds. */
const REFRESH_MS = 250;

/** What the list of resources is narrowed to. */
export interface ListChoice {
  text: string;
  observedOnly: boolean;
  doubtfulOnly: boolean;
}

function sameKey(one: SeriesKey, other: SeriesKey): boolean {
  return one.device === other.device && one.path === other.path;
}

/** What the view of values shows and asks for: chosen resources, their chart, the samples of one of them. */
export class ValuesView {
  readonly time: TimelineView;
  readonly session: Session;

  choice = $state.raw<ListChoice>({ text: '', observedOnly: false, doubtfulOnly: false });
  /** Resources with doubts, of all. */
  doubtful = $state(0);
  readonly lines: FetchedRows<ValueLine>;
  readonly samples: FetchedRows<ValueSample>;

  /** Last answer; it may be about series that have been changed since. */
  chart = $state.raw<ValueChart | undefined>();
  /** Position of the selected sample in the table, -1 where none is. */
  selected = $state(-1);

  /** Series of the chart that are still chosen, each with its colour. */
  readonly drawn: { series: ChartSeries; colour: number }[];
  /** Index in `drawn` of the series whose samples are listed; -1 while it is not there. */
  readonly drawnActive: number;

  #busy = false;
  #again = false;
  #lastRefresh = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasProposed = false;
  #steps = 0;
  /** The view is gone: what is still under way is for nobody. */
  #isStopped = false;

  constructor(session: Session) {
    this.session = session;
    this.time = new TimelineView(session);
    this.lines = new FetchedRows(async (first, count) => {
      const answer = await session.attempt(session.client.valueLines({ ...this.choice, first, count }));
      if (answer === undefined) return undefined;
      this.doubtful = answer.doubtful;
      session.resources = answer.resources;
      this.#propose(answer.longest);
      return { total: answer.total, first: answer.first, rows: answer.lines };
    });
    this.samples = new FetchedRows(async (first, count) => {
      const key = this.active;
      if (!key) return { total: 0, first: 0, rows: [] };
      const answer = await session.attempt(session.client.valueSamples(key, first, count));
      return answer && { total: answer.total, first: answer.first, rows: answer.samples };
    });
    this.drawn = $derived.by(() => {
      const drawn: { series: ChartSeries; colour: number }[] = [];
      for (const { device, path, colour } of session.valueSeries) {
        const series = this.chart?.series.find((one) => sameKey(one.key, { device, path }));
        if (series) drawn.push({ series, colour });
      }
      return drawn;
    });
    this.drawnActive = $derived.by(() => {
      const { active } = this;
      return active ? this.drawn.findIndex(({ series }) => sameKey(series.key, active)) : -1;
    });
  }

  /** The series whose samples are listed; plain numbers, so that it can be sent to the worker. */
  get active(): SeriesKey | undefined {
    const shown = this.session.valueSeries[this.session.activeSeries];
    return shown && { device: shown.device, path: shown.path };
  }

  /** The colour of a resource in the chart; undefined where it is not in it. */
  colourOf(key: SeriesKey): number | undefined {
    return this.session.valueSeries.find((one) => sameKey(one, key))?.colour;
  }

  /** Shows a resource in place of the others. */
  show(key: SeriesKey): void {
    this.#set([{ device: key.device, path: key.path, colour: 0 }], 0);
  }

  /** Adds a resource to the chart, or takes it out. */
  toggle(key: SeriesKey): void {
    const { valueSeries } = this.session;
    if (this.colourOf(key) !== undefined) return this.remove(key);
    if (valueSeries.length >= MOST_SERIES) return;
    let colour = 0;
    while (valueSeries.some((one) => one.colour === colour)) colour++;
    this.#set([...valueSeries, { device: key.device, path: key.path, colour }], valueSeries.length);
  }

  remove(key: SeriesKey): void {
    const { valueSeries, activeSeries } = this.session;
    const at = valueSeries.findIndex((one) => sameKey(one, key));
    const left = valueSeries.filter((_, index) => index !== at);
    this.#set(
      left,
      Math.max(0, Math.min(left.length - 1, activeSeries > at ? activeSeries - 1 : activeSeries)),
    );
  }

  /** Lists the samples of a series of the chart. */
  activate(key: SeriesKey): void {
    const at = this.session.valueSeries.findIndex((one) => sameKey(one, key));
    if (at >= 0) this.session.activeSeries = at;
  }

  #set(series: readonly ShownSeries[], active: number): void {
    this.session.valueSeries = series;
    this.session.activeSeries = active;
  }

  /** Where nothing was chosen yet, shows what has the longest course, so that there is something to see. */
  #propose(longest: SeriesKey | undefined): void {
    if (this.#hasProposed || longest === undefined) return;
    this.#hasProposed = true;
    if (this.session.valueSeries.length === 0) this.show(longest);
  }

  /** Another capture is open. */
  forget(): void {
    this.#hasProposed = false;
    this.chart = undefined;
    this.selected = -1;
  }

  /** Asks for the chart; requests that come while one is under way become one. */
  async askChart(): Promise<void> {
    if (this.#isStopped) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    do {
      this.#again = false;
      const { session } = this;
      const { from, to } = this.time.visible;
      const series = session.valueSeries.map(({ device, path }) => ({ device, path }));
      const pixels = Math.max(1, Math.round(this.time.width * devicePixelRatio));
      const chart =
        series.length === 0
          ? undefined
          : await session.attempt(session.client.valueChart({ series, from, to, pixels }));
      if (chart !== undefined || series.length === 0) this.chart = chart;
    } while (this.#again && !this.#isStopped);
    this.#busy = false;
  }

  /** News of the analysis: asks anew for all that is shown, not too often. */
  refreshSoon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastRefresh + REFRESH_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lastRefresh = performance.now();
      void this.lines.refresh();
      void this.samples.refresh();
      void this.askChart();
    }, wait);
  }

  stop(): void {
    this.#isStopped = true;
    this.#steps++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One sample as the table has it. */
  async sampleAt(key: SeriesKey, position: number): Promise<ValueSample | undefined> {
    const answer = await this.session.attempt(this.session.client.valueSamples(key, position, 1));
    return answer?.samples[0];
  }

  /** Selects the sample at a position of the listed series. */
  async select(position: number): Promise<void> {
    const key = this.active;
    const last = this.samples.total - 1;
    if (!key || last < 0) return;
    const target = Math.min(Math.max(0, position), last);
    this.selected = target;
    const step = ++this.#steps;
    const sample = this.samples.row(target) ?? (await this.sampleAt(key, target));
    if (sample === undefined || step !== this.#steps) return;
    this.session.setCursor(sample.time);
    this.time.reveal(sample.time);
    this.session.select(sample.row, 'values');
  }

  /** Selects the message of a sample in the chart. */
  async selectPlace({ series, at }: SamplePlace): Promise<void> {
    const one = this.drawn[series]?.series;
    if (!one) return;
    this.activate(one.key);
    this.selected = one.position[at]!;
    this.#steps++;
    this.session.setCursor(one.time[at]!);
    this.session.select(one.row[at]!, 'values');
  }

  /** Finds the selected message among the samples. */
  async locate(): Promise<void> {
    const { selectedRow } = this.session;
    const key = this.active;
    const step = ++this.#steps;
    if (selectedRow === undefined || !key) {
      this.selected = -1;
      return;
    }
    const position = await this.session.attempt(this.session.client.sampleOfRow(key, selectedRow));
    if (step === this.#steps && position !== undefined) this.selected = position;
  }

  /** Leads to the message of a sample in the view of messages. */
  goToMessage(row: number): void {
    this.session.select(row, 'values');
    this.session.view = 'messages';
  }
}
