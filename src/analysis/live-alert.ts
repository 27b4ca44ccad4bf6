import { AlertRows } from './alert-rows.ts';
import type { Analysis } from './analysis.ts';
import { compileMessageFilter } from './message-filter.ts';
import type { AlertAnswer, AlertStatus } from './recording-protocol.ts';

/** The alert that is on, if any; it goes on with the next live source. */
export class LiveAlert {
  #rows: AlertRows | undefined;

  /** What it has seen; undefined where none is on. */
  get status(): AlertStatus | undefined {
    return this.#rows?.status;
  }

  /** Puts an alert on the messages that an analysis reads from now on; where its text has a fault, the one before stays. */
  set(text: string, analysis: Analysis): AlertAnswer {
    const filter = compileMessageFilter(text, analysis);
    if (!filter.ok) return filter;
    analysis.flush();
    this.#rows = new AlertRows(text, analysis, filter);
    return { ok: true };
  }

  end(): void {
    this.#rows = undefined;
  }

  /** Goes on with another analysis, see `AlertRows.follow`; ends where its text has a fault there. */
  follow(analysis: Analysis, isAnother: boolean): void {
    if (this.#rows?.follow(analysis, isAnother) === false) this.#rows = undefined;
  }

  /** Tests the messages that came since, the last ones too; says by `found` that one of them passed. */
  watch(breathe: () => Promise<void> | undefined, found: () => void): void {
    const rows = this.#rows;
    if (rows?.isBehind !== true) return;
    void rows.catchUp(breathe).then((passed) => {
      if (passed && this.#rows === rows) found();
    });
  }
}
