import type { Nanoseconds } from '../capture/units.ts';

/** Looks of a span; the page has one colour and one pattern for each. Part of the protocol, so numbers stay. */
export const SpanLook = {
  registered: 0,
  registering: 1,
  expired: 2,
  refused: 3,
  lost: 4,
  bootstrap: 5,
  idle: 6,
  downloading: 7,
  downloaded: 8,
  updating: 9,
  failed: 10,
  updated: 11,
  /** Marks of exchanges and observations, by interface. */
  registration: 12,
  read: 13,
  write: 14,
  execute: 15,
  notify: 16,
  send: 17,
  errorAnswer: 18,
  unanswered: 19,
  otherCoap: 20,
  transfer: 21,
  /** What no message proves: drawn dashed. */
  unproven: 22,
  /** A number of marks too close to draw apart. */
  cluster: 23,
} as const;

/** Spans of one track inside the asked window, thinned to what its pixels can show; arrays are parallel. */
export interface SpanColumns {
  from: Float64Array<ArrayBuffer>;
  /** Equal to `from` for a moment. */
  to: Float64Array<ArrayBuffer>;
  look: Uint8Array<ArrayBuffer>;
  /** Message that proves the span's beginning. */
  row: Uint32Array<ArrayBuffer>;
  /** Index in `labels`. */
  label: Uint16Array<ArrayBuffer>;
  /** Share done, 0 to 1, for progress; 255/255 = 1. NaN where there is none. */
  progress: Float32Array<ArrayBuffer>;
  labels: string[];
}

/** One line of the timeline: the head of a device, or one of its tracks. */
export interface TrackRow {
  index: number;
  kind:
    | 'device'
    | 'bootstrap'
    | 'registration'
    | 'awake'
    | 'events'
    | 'exchanges'
    | 'observation'
    | 'transfers'
    | 'firmware';
  device: number;
  deviceName: string;
  title: string;
  /** Text at the right of the track's name. */
  detail: string;
  collapsed: boolean;
  /** The device stands first, because somebody wants it so. */
  pinned: boolean;
  /** Of a firmware track: number of its last attempt. */
  update?: number;
  spans?: SpanColumns;
}

export interface TrackQuery {
  from: Nanoseconds;
  to: Nanoseconds;
  /** Width in device pixels, for thinning. */
  pixels: number;
  firstTrack: number;
  trackCount: number;
}

export interface TrackWindow {
  revision: number;
  totalTracks: number;
  /** Devices that somebody has hidden. */
  hidden: number;
  rows: TrackRow[];
}

/** Message density over the whole capture: count per bin, and the bins that hold an error answer. */
export interface Overview {
  revision: number;
  from: Nanoseconds;
  to: Nanoseconds;
  messages: Uint32Array<ArrayBuffer>;
  errors: Uint32Array<ArrayBuffer>;
}

/** Questions of the page about the timeline. */
export interface TimelineQuestions {
  overview(bins: number): Promise<Overview>;
  tracks(query: TrackQuery): Promise<TrackWindow>;
  setCollapsed(device: number, collapsed: boolean): Promise<void>;
  /** Index of the timeline row that heads a device. */
  trackOfDevice(device: number): Promise<number>;
}
