import type { SpanColumns, TrackRow } from '../../../src/analysis/timeline-protocol.ts';

/** One span for a test: from, to, look, row, label, progress. */
export type TestSpan = [
  from: number,
  to: number,
  look?: number,
  row?: number,
  label?: string,
  progress?: number,
];

/** Columns of such spans. */
export function columns(spans: readonly TestSpan[]): SpanColumns {
  const labels = [...new Set(spans.map((span) => span[4] ?? ''))];
  return {
    from: Float64Array.from(spans, (span) => span[0]),
    to: Float64Array.from(spans, (span) => span[1]),
    look: Uint8Array.from(spans, (span) => span[2] ?? 0),
    row: Uint32Array.from(spans, (span, index) => span[3] ?? index),
    label: Uint16Array.from(spans, (span) => labels.indexOf(span[4] ?? '')),
    progress: Float32Array.from(spans, (span) => span[5] ?? Number.NaN),
    labels,
  };
}

/** A line of the timeline. */
export function track(index: number, spans?: readonly TestSpan[]): TrackRow {
  return {
    index,
    kind: spans ? 'exchanges' : 'device',
    device: 0,
    title: `Line ${index}`,
    detail: '',
    collapsed: false,
    pinned: false,
    deviceName: 'dev1',
    ...(spans ? { spans: columns(spans) } : {}),
  };
}
