import type { SpanQuery } from '../analysis/span-protocol.ts';

/** What the tracks of the timeline offer: they act on the track, and the span, that has the keyboard's place. */
export interface TrackCommands {
  /** Goes to the next span of the track (1), or the one before (-1), and opens its message. */
  step(step: 1 | -1): Promise<void>;
  pin(): void;
  hide(): void;
  /** Folds all devices, or opens them where they are folded. */
  foldAll(): void;
  /** The span with the keyboard's place. */
  span(): SpanQuery | undefined;
}

/** What the timeline offers to the command registry while it is shown. */
export interface TimelineCommands {
  zoomIn(): void;
  zoomOut(): void;
  panLeft(): void;
  panRight(): void;
  fit(): void;
  /** Brings the lines of a device into sight, as soon as they are there. */
  revealDevice(device: number): void;
  /** What is done with tracks; set while there are some. */
  tracks: TrackCommands | undefined;
}

/** What the message list offers to the command registry while it is shown. */
export interface ListCommands {
  /** Selects the line so many places further on; from nothing selected the first one seen. */
  step(lines: number): void;
  focus(): void;
}

/** What the view of updates offers to the command registry while it is shown. */
export interface UpdateCommands {
  /** Shows the attempt so many places further on. */
  step(attempts: number): void;
  savePackage(): void;
}

/** What the view of values offers to the command registry while it is shown. */
export interface ValueCommands {
  /** Selects the sample so many places further on. */
  step(samples: number): void;
  save(format: 'csv' | 'ndjson' | 'svg' | 'png'): Promise<void>;
}

/** What the ladder offers to the command registry while it is shown. */
export interface SequenceCommands {
  toggleAcks(): void;
  toggleTransfers(): void;
  save(format: 'svg' | 'png'): Promise<void>;
}
