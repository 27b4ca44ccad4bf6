import type { Nanoseconds } from '../capture/units.ts';
import { OPEN_END } from '../device/span.ts';
import { Operation } from '../lwm2m/operation.ts';
import { ValueType } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { idsOf, type ValueAttributes } from './value-attributes.ts';
import type { ValueIndex } from './value-index.ts';
import {
  type ChartQuery,
  type ChartSeries,
  concerns,
  SampleMark,
  type SeriesAttributes,
  type SeriesBreak,
  type SeriesKey,
  SeriesKind,
  type SeriesKindCode,
  type SeriesStatistics,
  type ValueChart,
} from './value-protocol.ts';
import { CASTS_DOUBT, seriesKindOf, type ValueReading } from './value-reading.ts';

/** Series that one chart may hold. */
export const MAXIMUM_SERIES = 12;
/** Different texts of one series that are told apart; the rest have none. */
const MAXIMUM_TEXTS = 200;
/** Points of text that are read for one series. */
const TEXT_POINTS = 400;
const NO_TEXT = 0xffff;
/** Registrations of a device whose breaks are shown. */
const MAXIMUM_BREAKS = 2000;

/** The courses of chosen resources in a window of time, thinned to what its pixels can show. */
export class ValueCharts {
  constructor(
    private readonly analysis: Analysis,
    private readonly devices: DeviceIndex,
    private readonly index: ValueIndex,
    private readonly reading: ValueReading,
    private readonly attributes: ValueAttributes,
  ) {}

  /** A chart of the asked series. The index must be up to date. */
  async chart(query: ChartQuery, revision: number): Promise<ValueChart> {
    const series: ChartSeries[] = [];
    const unregistered = new Map<number, SeriesBreak[]>();
    const breaks: SeriesBreak[] = [];
    for (const key of query.series.slice(0, MAXIMUM_SERIES)) {
      let own = unregistered.get(key.device);
      if (own === undefined) {
        unregistered.set(key.device, (own = this.#unregistered(key.device)));
        breaks.push(...own);
      }
      const unobserved = this.#unobserved(key, own);
      breaks.push(...unobserved);
      series.push(await this.#series(key, query, [...own, ...unobserved]));
    }
    const inSight = breaks
      .filter((one) => one.to >= query.from && one.from <= query.to)
      .slice(0, MAXIMUM_BREAKS);
    return { revision, series, breaks: inSight };
  }

  async #series(key: SeriesKey, query: ChartQuery, breaks: readonly SeriesBreak[]): Promise<ChartSeries> {
    const { values, clock } = this.analysis.tracking;
    const rows = this.index.rowsOf(key.device, key.path);
    const ids = idsOf(values.paths, key.path);
    const definition = rows.length === 0 ? undefined : this.reading.definition(rows.at(-1)!);
    const type = rows.length === 0 ? 0 : values.type.get(rows.at(-1)!);
    const kind = seriesKindOf(ids[0], ids[2], type, definition);
    const attributes = this.attributes.changes(key.device, key.path, clock);
    // One sample on either side, so that lines run on to the edge.
    const inside = this.#lowerBound(rows, query.from);
    const insideEnd = this.#lowerBound(rows, query.to);
    const first = Math.max(0, inside - 1);
    const end = Math.min(rows.length, insideEnd + 1);
    const picked = this.#thin(rows, first, end, kind, query);
    const count = picked.length;
    const series: ChartSeries = {
      key,
      kind,
      device: key.device < 0 ? '' : this.devices.name(key.device),
      pathText: values.paths.text(key.path),
      name: definition?.name ?? '',
      unit: definition?.unit ?? '',
      isTime: type === ValueType.time,
      samples: insideEnd - inside,
      time: new Float64Array(count),
      value: new Float64Array(count),
      row: new Uint32Array(count),
      position: new Uint32Array(count),
      since: new Float64Array(count),
      marks: new Uint8Array(count),
      text: new Uint16Array(count).fill(NO_TEXT),
      texts: [],
      statistics: this.#statistics(rows, inside, insideEnd, kind),
      attributes,
    };
    const known = new Map<string, number>();
    for (let at = 0; at < count; at++) {
      const position = picked[at]!;
      const row = rows[position]!;
      series.time[at] = this.reading.time(row);
      series.value[at] = kind === SeriesKind.text ? NaN : values.number.get(row);
      series.row[at] = values.message.get(row);
      series.position[at] = position;
      series.since[at] =
        position === 0 ? NaN : (series.time[at]! - this.reading.time(rows[position - 1]!)) / 1e9;
      series.marks[at] = this.#marks(rows, position, attributes, breaks);
      if (kind === SeriesKind.number) continue;
      const text = (await this.reading.read(row))?.text;
      if (text === undefined) continue;
      let number = known.get(text);
      if (number === undefined && series.texts.length < MAXIMUM_TEXTS) {
        number = series.texts.push(text) - 1;
        known.set(text, number);
      }
      series.text[at] = number ?? NO_TEXT;
      if (at > 0 && series.text[at] !== series.text[at - 1]) series.marks[at]! |= SampleMark.changed;
    }
    return series;
  }

  #marks(
    rows: Uint32Array,
    position: number,
    attributes: readonly SeriesAttributes[],
    breaks: readonly SeriesBreak[],
  ): number {
    const { values, messages } = this.analysis.tracking;
    const row = rows[position]!;
    let marks = 0;
    const operation = messages.operation.get(values.message.get(row));
    if (operation === Operation.notify || operation === Operation.send) marks |= SampleMark.unasked;
    if ((values.doubts.get(row) & CASTS_DOUBT) !== 0) marks |= SampleMark.doubt;
    if (this.reading.isWritten(row)) marks |= SampleMark.written;
    if (position === 0) return marks;
    const time = this.reading.time(row);
    const before = this.reading.time(rows[position - 1]!);
    // What was read or written needs no observation.
    const byObservation = this.#isObserved(row) && this.#isObserved(rows[position - 1]!);
    if (breaks.some((one) => one.from < time && one.to > before && (one.path < 0 || byObservation)))
      marks |= SampleMark.gap;
    else {
      const pmax = attributes.findLast((one) => one.from <= before)?.pmax ?? NaN;
      // A tenth of a second for the way that a notification takes.
      if (pmax > 0 && time - before > pmax * 1e9 + 1e8) marks |= SampleMark.late;
    }
    if (values.number.get(row) !== values.number.get(rows[position - 1]!)) marks |= SampleMark.changed;
    return marks;
  }

  /** Whether an observation brought a value. */
  #isObserved(row: number): boolean {
    const { values, messages } = this.analysis.tracking;
    const operation = messages.operation.get(values.message.get(row));
    return (
      operation === Operation.notify ||
      operation === Operation.observe ||
      operation === Operation.observeComposite
    );
  }

  /** Positions to draw: of each pixel the first, the last, and the extremes of numbers; of text the first. */
  #thin(rows: Uint32Array, first: number, end: number, kind: SeriesKindCode, query: ChartQuery): number[] {
    const { values } = this.analysis.tracking;
    const pixels = Math.max(1, kind === SeriesKind.text ? Math.min(TEXT_POINTS, query.pixels) : query.pixels);
    const picked: number[] = [];
    if (end - first <= pixels) {
      for (let at = first; at < end; at++) picked.push(at);
      return picked;
    }
    const width = Math.max(1, (query.to - query.from) / pixels);
    for (let at = first; at < end;) {
      const pixel = Math.floor((this.reading.time(rows[at]!) - query.from) / width);
      const begin = at;
      let least = at;
      let most = at;
      while (at < end && Math.floor((this.reading.time(rows[at]!) - query.from) / width) === pixel) {
        const number = values.number.get(rows[at]!);
        if (number < values.number.get(rows[least]!)) least = at;
        if (number > values.number.get(rows[most]!)) most = at;
        at++;
      }
      const kept = kind === SeriesKind.text ? [begin] : [begin, least, most, at - 1];
      for (const one of [...new Set(kept)].sort((a, b) => a - b)) picked.push(one);
    }
    return picked;
  }

  #statistics(rows: Uint32Array, first: number, end: number, kind: SeriesKindCode): SeriesStatistics {
    const { values } = this.analysis.tracking;
    let samples = 0;
    let leftOut = 0;
    let sum = 0;
    let least = Infinity;
    let most = -Infinity;
    const intervals: number[] = [];
    for (let at = first; at < end; at++) {
      const row = rows[at]!;
      if (at > first) intervals.push((this.reading.time(row) - this.reading.time(rows[at - 1]!)) / 1e9);
      if ((values.doubts.get(row) & CASTS_DOUBT) !== 0) {
        leftOut++;
        continue;
      }
      samples++;
      const number = values.number.get(row);
      sum += number;
      least = Math.min(least, number);
      most = Math.max(most, number);
    }
    intervals.sort((a, b) => a - b);
    const isNumber = samples > 0 && kind === SeriesKind.number && Number.isFinite(sum);
    return {
      samples,
      leftOut,
      least: isNumber ? least : NaN,
      mean: isNumber ? sum / samples : NaN,
      most: isNumber ? most : NaN,
      shortest: intervals[0] ?? NaN,
      median: intervals[intervals.length >> 1] ?? NaN,
      longest: intervals.at(-1) ?? NaN,
    };
  }

  /** Times between the registrations of a device; none where no registration of it was seen. */
  #unregistered(device: number): SeriesBreak[] {
    const { devices } = this.analysis.tracking;
    const spans: { from: Nanoseconds; to: Nanoseconds }[] = [];
    for (const registration of devices.registrations.registrations) {
      if (registration.duplicateOf >= 0 || devices.devices.resolve(registration.device) !== device) continue;
      for (const span of registration.spans)
        if (span.state === 'registered' || span.state === 'assumed')
          spans.push({ from: span.from, to: span.to });
    }
    spans.sort((a, b) => a.from - b.from);
    const breaks: SeriesBreak[] = [];
    let reached = spans[0]?.to ?? OPEN_END;
    for (const span of spans.slice(1)) {
      if (span.from > reached)
        breaks.push({
          device,
          path: -1,
          from: reached,
          to: span.from,
          text: `not registered ${((span.from - reached) / 1e9).toFixed(1)} s`,
        });
      reached = Math.max(reached, span.to);
    }
    return breaks;
  }

  /** Times between the observations of a resource, less those in which the device was not registered anyway. */
  #unobserved(key: SeriesKey, unregistered: readonly SeriesBreak[]): SeriesBreak[] {
    const breaks: SeriesBreak[] = [];
    for (const { from, to } of this.attributes.notObserved(key.device, key.path)) {
      const within = unregistered.filter((one) => concerns(one, key) && one.to > from && one.from < to);
      const begin = within.reduce((time, one) => (one.from <= time ? Math.max(time, one.to) : time), from);
      if (begin >= to) continue;
      const text = `not observed ${((to - from) / 1e9).toFixed(1)} s`;
      breaks.push({ ...key, from: begin, to, text });
    }
    return breaks;
  }

  #lowerBound(rows: Uint32Array, time: Nanoseconds): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.reading.time(rows[middle]!) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
