import type { MessageRow } from '../capture/units.ts';
import { codeText, TYPE_NAMES } from '../coap/code.ts';
import { NO_OPTION } from '../coap/message.ts';
import { contentFormatName } from '../lwm2m/content-format.ts';
import { OPERATION_NAMES } from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import { doubtText } from './records/doubt-text.ts';
import { Records } from './records/records.ts';
import { type Breathe, recordFile } from './records/record-file.ts';
import { ValueAttributes } from './value-attributes.ts';
import { ValueCharts } from './value-chart.ts';
import { ValueIndex } from './value-index.ts';
import { ValueLines } from './value-lines.ts';
import type {
  ChartQuery,
  NamedSeries,
  SeriesKey,
  ValueChart,
  ValueLineQuery,
  ValueLineWindow,
  ValueSample,
  ValueSamples,
} from './value-protocol.ts';
import { CASTS_DOUBT, ValueReading } from './value-reading.ts';

/** Samples that one window of the table may hold. */
const MAXIMUM_SAMPLES = 200;
/** Characters of a value that the table shows. */
const LONGEST_TEXT = 200;

/** Answers the questions of a page that concern values, of one analysis. */
export class ValueAnswers {
  readonly #index: ValueIndex;
  readonly #reading: ValueReading;
  readonly #lines: ValueLines;
  readonly #charts: ValueCharts;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
    bytes: MessageBytes,
    private readonly breathe: Breathe,
  ) {
    const attributes = new ValueAttributes(analysis);
    this.#index = new ValueIndex(analysis);
    this.#reading = new ValueReading(analysis, facts, bytes);
    this.#lines = new ValueLines(analysis, devices, this.#index, this.#reading, attributes);
    this.#charts = new ValueCharts(analysis, devices, this.#index, this.#reading, attributes);
  }

  fold(device: number, pathText: string, folded: boolean): void {
    this.#lines.fold(device, pathText, folded);
  }

  async lines(query: ValueLineQuery, revision: number): Promise<ValueLineWindow> {
    await this.#index.extend(this.breathe);
    return this.#lines.window(query, revision);
  }

  async chart(query: ChartQuery, revision: number): Promise<ValueChart> {
    await this.#index.extend(this.breathe);
    return this.#charts.chart(query, revision);
  }

  /** The resources of these names and paths; undefined for those that are not there. */
  async find(named: readonly NamedSeries[]): Promise<(SeriesKey | undefined)[]> {
    await this.#index.extend(this.breathe);
    const { paths } = this.analysis.tracking.values;
    const found = named.map((): SeriesKey | undefined => undefined);
    for (const [device, series] of this.#index.series()) {
      const name = device < 0 ? '' : this.devices.name(device);
      if (!named.some((one) => one.device === name)) continue;
      for (const path of series.keys()) {
        const pathText = paths.text(path);
        const at = named.findIndex((one) => one.device === name && one.pathText === pathText);
        if (at >= 0) found[at] = { device, path };
      }
    }
    return found;
  }

  /** A window of the samples of one resource, in capture order. */
  async samples(key: SeriesKey, first: number, count: number, revision: number): Promise<ValueSamples> {
    await this.#index.extend(this.breathe);
    const rows = this.#index.rowsOf(key.device, key.path);
    const begin = Math.max(0, Math.min(first, rows.length));
    const end = Math.min(rows.length, begin + Math.min(count, MAXIMUM_SAMPLES));
    const samples: ValueSample[] = [];
    for (let at = begin; at < end; at++) samples.push(await this.#sample(rows, at));
    return { revision, total: rows.length, first: begin, samples };
  }

  /** Position of the sample that a message carries, or of the last one before it; -1 where none is. */
  async sampleOfRow(key: SeriesKey, row: MessageRow): Promise<number> {
    await this.#index.extend(this.breathe);
    const rows = this.#index.rowsOf(key.device, key.path);
    const { message } = this.analysis.tracking.values;
    // Values with times of their own do not stand in the order of their messages.
    let found = -1;
    for (let at = 0; at < rows.length; at++) {
      const of = message.get(rows[at]!);
      if (of === row) return at;
      if (of < row && (found < 0 || of > message.get(rows[found]!))) found = at;
    }
    return found;
  }

  /** The resources whose values a message carries, each once. */
  seriesOfRow(row: MessageRow): SeriesKey[] {
    const { values } = this.analysis.tracking;
    const device = this.devices.deviceOf(row);
    const paths = new Set<number>();
    for (let at = Math.max(0, values.firstOf(row)); at < values.count && values.message.get(at) === row; at++)
      paths.add(values.path.get(at));
    return [...paths].map((path) => ({ device, path }));
  }

  /** The values of some resources, or of all, as a file in capture order; `redact` leaves secrets out. */
  async export(series: readonly SeriesKey[], format: 'csv' | 'ndjson', redact: boolean): Promise<Blob> {
    await this.#index.extend(this.breathe);
    return recordFile(
      'values',
      new Records(this.analysis, redact).values(this.#rowsOf(series)),
      format,
      this.breathe,
    );
  }

  *#rowsOf(series: readonly SeriesKey[]): Generator<number> {
    if (series.length === 0) {
      const { values } = this.analysis.tracking;
      for (let row = values.first; row < values.count; row++) yield row;
      return;
    }
    const rows = series.flatMap((key) => [...this.#index.rowsOf(key.device, key.path)]);
    yield* Uint32Array.from(rows).sort();
  }

  async #sample(rows: Uint32Array, at: number): Promise<ValueSample> {
    const { values, messages } = this.analysis.tracking;
    const valueRow = rows[at]!;
    const row = values.message.get(valueRow);
    const text = (await this.#reading.read(valueRow))?.text ?? '';
    const time = this.#reading.time(valueRow);
    const type = TYPE_NAMES[messages.type.get(row)];
    const code = codeText(messages.code.get(row));
    const observe = messages.observe.get(row);
    const doubt = doubtText(values.doubts.get(valueRow) & CASTS_DOUBT);
    return {
      row,
      id: this.facts.id(row),
      time,
      since: at === 0 ? NaN : (time - this.#reading.time(rows[at - 1]!)) / 1e9,
      value: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
      unit: this.#reading.definition(valueRow)?.unit ?? '',
      operation: OPERATION_NAMES[messages.operation.get(row)]!,
      coap: (type === undefined ? code : `${type} ${code}`) + (observe === NO_OPTION ? '' : ` · ${observe}`),
      format: contentFormatName(this.facts.bodyFormat(row)),
      doubt: this.#reading.isRefused(valueRow) ? ['refused', doubt].filter(Boolean).join('; ') : doubt,
    };
  }
}
