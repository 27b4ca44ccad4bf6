import { NO_ROW, type MessageRow } from '../../capture/units.ts';
import type { SpanColumns } from '../../analysis/timeline-protocol.ts';
import type { SpanPlace } from './track-painter.ts';

/** How long the pointer rests on a span before its message's number is looked up, in milliseconds. */
const DWELL_MS = 250;

/** The span under the pointer, and the number of the message it opens. */
export class TrackPointer {
  /** The span and the pointer's place in the browser's viewport. */
  at = $state.raw<(SpanPlace & { x: number; y: number }) | undefined>();
  /** Number of the message as the list writes it; undefined until it is known. */
  message = $state<string | undefined>();

  readonly #spansOf: (track: number) => SpanColumns | undefined;
  readonly #numberOf: (row: MessageRow) => Promise<string | undefined>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `spansOf` gives a line's spans, `numberOf` asks for a message's number. */
  constructor(
    spansOf: (track: number) => SpanColumns | undefined,
    numberOf: (row: MessageRow) => Promise<string | undefined>,
  ) {
    this.#spansOf = spansOf;
    this.#numberOf = numberOf;
  }

  /** The pointer is on a span. */
  enter(track: number, span: number, x: number, y: number): void {
    const same = this.at?.track === track && this.at.span === span;
    this.at = { track, span, x, y };
    if (same) return;
    clearTimeout(this.#timer);
    this.message = undefined;
    const row = this.#rowAt();
    if (row !== NO_ROW) this.#timer = setTimeout(() => void this.#name(row), DWELL_MS);
  }

  /** The pointer is on no span. */
  leave(): void {
    clearTimeout(this.#timer);
    this.at = undefined;
    this.message = undefined;
  }

  #rowAt(): MessageRow {
    return (this.at && this.#spansOf(this.at.track)?.row[this.at.span]) ?? NO_ROW;
  }

  async #name(row: MessageRow): Promise<void> {
    const number = await this.#numberOf(row);
    if (this.#rowAt() === row) this.message = number;
  }
}
