import type { MessageRow, Nanoseconds } from '../capture/units.ts';

/** Order of the devices on the timeline; `first` is the order in which they were found. */
export const TIMELINE_SORTS = ['first', 'name', 'state', 'messages', 'errors'] as const;
export type TimelineSort = (typeof TIMELINE_SORTS)[number];

/** How the devices of the timeline are arranged. Devices are known by name, so that it survives a new analysis. */
export interface TimelineLayout {
  sort: TimelineSort;
  descending: boolean;
  /** Devices that stand first, in this order. */
  pinned: readonly string[];
  /** Devices that are not shown. */
  hidden: readonly string[];
}

/** A span of the timeline as its track shows it. */
export interface SpanQuery {
  device: number;
  kind: string;
  /** Message that proves its beginning; `NO_ROW` where the clock began it. */
  row: MessageRow;
  from: Nanoseconds;
  to: Nanoseconds;
}

/** Something whose messages can be shown alone. */
export interface SpanScope {
  /** What it is, such as `Registration /rd/5a3f of dev1`. */
  title: string;
  /** The filter that chooses its messages. */
  filter: string;
  /** The device that it belongs to; -1 for none. */
  device: number;
}

/** Commands of the page that concern spans and the arrangement of the timeline. */
export interface SpanQuestions {
  /** What the messages of a span are; undefined where it has none of its own. */
  scopeOfSpan(query: SpanQuery): Promise<SpanScope | undefined>;
  /** All that a message belongs to, the narrowest first; its device last. */
  scopesOfRow(row: MessageRow): Promise<SpanScope[]>;
  /** The messages of an update. */
  scopeOfUpdate(attempt: number): Promise<SpanScope | undefined>;
  /** Arranges the timeline, of what is open and of what will be. */
  arrange(layout: TimelineLayout): Promise<void>;
  /** Folds or opens all devices of the timeline. */
  foldAll(folded: boolean): Promise<void>;
}
