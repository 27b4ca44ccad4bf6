import type { Analysis } from './analysis.ts';
import type { Overview } from './timeline-protocol.ts';
import type { ShownRows } from './shown-rows.ts';

/** Bins an overview may have. */
const MAXIMUM_BINS = 4096;

/**
 * Density of the messages that pass the filter over the whole capture, kept up as rows are added: one pass over the
 * new rows only.
 */
export class OverviewCounts {
  #bins = 0;
  #from = 0;
  #to = 0;
  #counted = 0;
  #generation = 0;
  /** First row held when it was counted. */
  #first = 0;
  #messages = new Uint32Array(0);
  #errors = new Uint32Array(0);

  constructor(
    private readonly analysis: Analysis,
    private readonly shown: ShownRows,
  ) {}

  /** The density in `bins` bins; counted anew where the capture has outgrown the bins. */
  overview(bins: number, revision: number): Overview {
    const count = Math.max(1, Math.min(bins, MAXIMUM_BINS));
    const { frames, tracking } = this.analysis;
    const first = Number.isFinite(frames.firstTime) ? frames.firstTime : 0;
    const to = Math.max(first + 1, Number.isFinite(frames.lastTime) ? frames.lastTime : 0);
    const { generation } = this.shown;
    const { firstRow } = tracking.messages;
    // Of a live stream it begins where what is held begins.
    const from = firstRow > 0 ? tracking.messages.time.get(firstRow) : first;
    const isOther = count !== this.#bins || generation !== this.#generation || firstRow !== this.#first;
    if (isOther || from < this.#from || to > this.#to || this.#counted === this.#first) {
      this.#generation = generation;
      this.#bins = count;
      this.#from = from;
      this.#to = to;
      this.#first = firstRow;
      this.#counted = firstRow;
      this.#messages = new Uint32Array(count);
      this.#errors = new Uint32Array(count);
    }
    const { messages } = tracking;
    const scale = count / (this.#to - this.#from);
    const end = Math.min(messages.count, this.shown.decided);
    for (; this.#counted < end; this.#counted++) {
      if (!this.shown.passes(this.#counted)) continue;
      const time = messages.time.get(this.#counted);
      const bin = Math.max(0, Math.min(count - 1, Math.floor((time - this.#from) * scale)));
      this.#messages[bin]!++;
      const codeClass = messages.code.get(this.#counted) >> 5;
      if (codeClass === 4 || codeClass === 5) this.#errors[bin]!++;
    }
    return {
      revision,
      from: this.#from,
      to: this.#to,
      messages: this.#messages.slice(),
      errors: this.#errors.slice(),
    };
  }
}
