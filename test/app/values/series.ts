import { type ChartSeries, SeriesKind, type SeriesKindCode } from '../../../src/analysis/value-protocol.ts';

/** A sample to write: time in seconds, number or text, marks. */
export type WrittenSample = readonly [seconds: number, value: number | string, marks?: number];

/** A series as the analysis would give it. */
export function seriesOf(
  samples: readonly WrittenSample[],
  change: Partial<ChartSeries> = {},
  kind: SeriesKindCode = SeriesKind.number,
): ChartSeries {
  const texts = [...new Set(samples.flatMap(([, value]) => (typeof value === 'string' ? [value] : [])))];
  return {
    key: { device: 0, path: 0 },
    kind,
    device: 'dev1',
    pathText: '/3303/0/5700',
    name: 'Sensor Value',
    unit: 'Cel',
    isTime: false,
    samples: samples.length,
    time: Float64Array.from(samples, ([seconds]) => seconds * 1e9),
    value: Float64Array.from(samples, ([, value]) => (typeof value === 'number' ? value : NaN)),
    row: Uint32Array.from(samples, (_, at) => at * 2),
    position: Uint32Array.from(samples, (_, at) => at),
    since: Float64Array.from(samples, ([seconds], at) => (at === 0 ? NaN : seconds - samples[at - 1]![0])),
    marks: Uint8Array.from(samples, ([, , marks]) => marks ?? 0),
    text: Uint16Array.from(samples, ([, value]) =>
      typeof value === 'string' ? texts.indexOf(value) : 0xffff,
    ),
    texts,
    statistics: {
      samples: samples.length,
      leftOut: 0,
      least: NaN,
      mean: NaN,
      most: NaN,
      shortest: NaN,
      median: NaN,
      longest: NaN,
    },
    attributes: [],
    ...change,
  };
}
