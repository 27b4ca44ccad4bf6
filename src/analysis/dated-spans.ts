import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import type { Evidence } from '../device/span.ts';

/** Something that lasts: a session, an update. Times are read anew whenever it is looked at. */
export interface DatedSpan {
  /** Index of the device, resolved. */
  device: number;
  from: Nanoseconds;
  /** Last moment that belongs to it, infinite while it lasts. */
  to: Nanoseconds;
  evidence: Evidence;
}

/** The spans of one device in the order of their beginnings. */
interface Lane<Span> {
  spans: Span[];
  /** By span: the latest end of it and all before it, so that a search backwards knows when to stop. */
  latest: Nanoseconds[];
}

/** Finds the spans of a device that hold a moment, and those that a message proves. */
export class DatedSpans<Span extends DatedSpan> {
  readonly #lanes = new Map<number, Lane<Span>>();
  /** By row: spans that it proves although it lies outside their time, or is of another device. */
  readonly #proven = new Map<MessageRow, Span[]>();

  /** `timeOf` and `deviceOf` tell of a message, here of those that are evidence. */
  constructor(
    spans: Iterable<Span>,
    timeOf: (row: MessageRow) => Nanoseconds,
    deviceOf: (row: MessageRow) => number,
  ) {
    for (const span of spans) {
      const lane = this.#lanes.get(span.device);
      if (lane === undefined) this.#lanes.set(span.device, { spans: [span], latest: [] });
      else lane.spans.push(span);
      for (const row of span.evidence.rows()) {
        const time = timeOf(row);
        if (time >= span.from && time <= span.to && deviceOf(row) === span.device) continue;
        const known = this.#proven.get(row);
        if (known === undefined) this.#proven.set(row, [span]);
        else known.push(span);
      }
    }
    for (const lane of this.#lanes.values()) {
      lane.spans.sort((one, other) => one.from - other.from);
      let latest = -Infinity;
      for (const { to } of lane.spans) lane.latest.push((latest = Math.max(latest, to)));
    }
  }

  /** The spans of a device in the order of their beginnings. */
  of(device: number): readonly Span[] {
    return this.#lanes.get(device)?.spans ?? [];
  }

  /** Visits the spans of a device that hold a moment, latest beginning first, until `visit` is true; gives whether it was. */
  some(device: number, time: Nanoseconds, visit: (span: Span) => boolean): boolean {
    const lane = this.#lanes.get(device);
    if (lane === undefined) return false;
    const { spans, latest } = lane;
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (spans[middle]!.from <= time) low = middle + 1;
      else high = middle;
    }
    for (let at = low - 1; at >= 0 && latest[at]! >= time; at--) {
      const span = spans[at]!;
      if (span.to >= time && visit(span)) return true;
    }
    return false;
  }

  /** The spans that a message proves and whose time or device does not hold it. */
  provenBy(row: MessageRow): readonly Span[] | undefined {
    return this.#proven.get(row);
  }
}
