import type { MessageRow, Nanoseconds } from '../capture/units.ts';

/** How the values of a resource are drawn: a line, bars of named states, or marks with text. */
export const SeriesKind = { number: 0, state: 1, text: 2 } as const;
export type SeriesKindCode = (typeof SeriesKind)[keyof typeof SeriesKind];

/** A resource of a device: device index, and number of the path in the value table. Path numbers never change. */
export interface SeriesKey {
  device: number;
  path: number;
}

/** A resource by what stays the same when a capture is analysed anew. */
export interface NamedSeries {
  device: string;
  pathText: string;
}

/** One line of the list of objects and resources. */
export interface ValueLine {
  index: number;
  kind: 'device' | 'object' | 'instance' | 'resource';
  device: number;
  /** Number of the path for a resource, else -1. */
  path: number;
  /** Path as text, also of objects and instances: what a filter takes. */
  pathText: string;
  /** Id at its level, such as `9` or `/3303`; the name of a device. */
  id: string;
  name: string;
  /** At the right of a device or an object: how many resources. */
  detail: string;
  collapsed: boolean;
  /** The last value as people read it; absent where no value is told. */
  last?: string;
  unit?: string;
  /** The value before the last one that differs from it, where there is one. */
  previous?: string;
  lastTime?: Nanoseconds;
  firstTime?: Nanoseconds;
  lastRow?: MessageRow;
  samples?: number;
  /** Operations by the registry, such as `RW`; empty where it does not know the resource. */
  operations?: string;
  /** An observation of the resource, or of a level above it, is open. */
  observed?: boolean;
  /** Values with a doubt. */
  doubts?: number;
  /** Attributes in force at the end, such as `pmin 1 · pmax 30`. */
  attributes?: string;
  seriesKind?: SeriesKindCode;
  /** The course in little: pairs of position in time and height, both 0 to 1; NaN heights for text. */
  spark?: Float32Array<ArrayBuffer>;
}

export interface ValueLineQuery {
  /** Shows only lines whose name, path or unit holds this text. */
  text: string;
  observedOnly: boolean;
  doubtfulOnly: boolean;
  first: number;
  count: number;
}

export interface ValueLineWindow {
  revision: number;
  /** Lines in all, resources in all and those with doubts. */
  total: number;
  resources: number;
  doubtful: number;
  /** The resource with the most values that make a line or bars, else the most values; undefined where there are none. */
  longest: SeriesKey | undefined;
  first: number;
  lines: ValueLine[];
}

/** Bits of `ChartSeries.marks`. */
export const SampleMark = {
  /** Doubted: left out of the statistics. */
  doubt: 1,
  /** Between this sample and the one before, registration or observation broke: the line has a gap. */
  gap: 2,
  /** Written by the server, not told by the device. */
  written: 4,
  /** Differs from the one before. */
  changed: 8,
  /** The time since the one before is longer than pmax. */
  late: 16,
  /** Told unasked: notified or sent. */
  unasked: 32,
} as const;

/** Samples of one resource in a window of time, thinned to its pixels; arrays are parallel. */
export interface ChartSeries {
  key: SeriesKey;
  kind: SeriesKindCode;
  device: string;
  pathText: string;
  name: string;
  unit: string;
  /** Numbers are seconds since 1970. */
  isTime: boolean;
  /** Samples in the window before thinning. */
  samples: number;
  /** Time of the value: its own where it has one, else that of its message. */
  time: Float64Array<ArrayBuffer>;
  /** NaN for text. */
  value: Float64Array<ArrayBuffer>;
  /** Message that carries it. */
  row: Uint32Array<ArrayBuffer>;
  /** Position among all samples of the resource. */
  position: Uint32Array<ArrayBuffer>;
  /** Seconds since the sample before, a thinned one too; NaN for the first. */
  since: Float64Array<ArrayBuffer>;
  marks: Uint8Array<ArrayBuffer>;
  /** Index in `texts` of states and text; 0xffff where it has none. */
  text: Uint16Array<ArrayBuffer>;
  texts: string[];
  /** Of the window, without the doubted ones. */
  statistics: SeriesStatistics;
  /** Notification attributes in force, one entry each time they changed. */
  attributes: SeriesAttributes[];
}

export interface SeriesStatistics {
  /** Samples that count, and those left out for a doubt. */
  samples: number;
  leftOut: number;
  /** NaN for text and where there are none. */
  least: number;
  mean: number;
  most: number;
  /** Seconds between samples; NaN where there are fewer than two. */
  shortest: number;
  median: number;
  longest: number;
}

export interface SeriesAttributes {
  from: Nanoseconds;
  /** Seconds; NaN where not set. */
  pmin: number;
  pmax: number;
  /** Thresholds in the value's unit; NaN where not set (LwM2M Core §7.3.3). */
  gt: number;
  lt: number;
  /** All in force, such as `pmin 1 · pmax 30 · gt 25`. */
  text: string;
  row: MessageRow;
}

/** A time in which nothing could be told: the device was not registered, or nobody observed the resource. */
export interface SeriesBreak {
  device: number;
  /** Number of the path that was not observed; -1 where the break concerns the whole device. */
  path: number;
  from: Nanoseconds;
  to: Nanoseconds;
  text: string;
}

export interface ChartQuery {
  series: SeriesKey[];
  from: Nanoseconds;
  to: Nanoseconds;
  /** Width in device pixels, for thinning. */
  pixels: number;
}

/** Whether a break concerns a series. */
export function concerns(one: SeriesBreak, { device, path }: SeriesKey): boolean {
  return one.device === device && (one.path < 0 || one.path === path);
}

export interface ValueChart {
  revision: number;
  series: ChartSeries[];
  breaks: SeriesBreak[];
}

/** One value of a resource, for the table of samples. */
export interface ValueSample {
  row: MessageRow;
  id: string;
  time: Nanoseconds;
  /** Seconds since the sample before; NaN for the first. */
  since: number;
  value: string;
  unit: string;
  operation: string;
  /** Such as `CON 2.05 · 27`. */
  coap: string;
  format: string;
  doubt: string;
}

export interface ValueSamples {
  revision: number;
  total: number;
  first: number;
  samples: ValueSample[];
}

/** Commands of the page that concern values. */
export interface ValueProtocol {
  valueLines(query: ValueLineQuery): Promise<ValueLineWindow>;
  /** Folds or unfolds a device (`pathText` empty), an object or an instance. */
  foldValues(device: number, pathText: string, folded: boolean): Promise<void>;
  valueChart(query: ChartQuery): Promise<ValueChart>;
  /** The resources of these names and paths; undefined for those that are not there. */
  findSeries(named: readonly NamedSeries[]): Promise<(SeriesKey | undefined)[]>;
  valueSamples(key: SeriesKey, first: number, count: number): Promise<ValueSamples>;
  /** Position among the samples of the one that a message carries, or the nearest before it; -1 where none is. */
  sampleOfRow(key: SeriesKey, row: MessageRow): Promise<number>;
  /** The resources whose values a message carries, each once. */
  seriesOfRow(row: MessageRow): Promise<SeriesKey[]>;
  /** The values of some resources, of all without any, as a file in capture order; `redact` leaves secrets out. */
  exportValues(series: SeriesKey[], format: 'csv' | 'ndjson', redact: boolean): Promise<Blob>;
}
