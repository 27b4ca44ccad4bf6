import type { AnalysisTotals } from '../analysis/protocol.ts';
import type { Session } from './session.svelte.ts';

declare global {
  interface Window {
    /** For comparison with an independent count of the same capture. */
    lwm2mScope?: { totals(): Promise<AnalysisTotals> };
  }
}

type Mark = 'first-rows' | 'analysis-done';

let due = new Set<Mark>();

/** A capture was chosen: starts the clock of all marks. */
export function markChosen(): void {
  performance.clearMarks();
  performance.mark('capture-chosen');
  due = new Set(['first-rows', 'analysis-done']);
}

/** Sets a mark the first time after a capture was chosen. */
export function markOnce(mark: Mark): void {
  if (due.delete(mark)) performance.mark(mark);
}

/** Runs once what was changed has been painted. */
export function afterPaint(run: () => void): void {
  requestAnimationFrame(() => setTimeout(run));
}

/** Lets tests and measurements see the state of the analysis and its totals. */
export function showState(session: Session): void {
  const { state } = session.status;
  document.documentElement.dataset['analysis'] = state;
  if (state === 'done' || state === 'stopped' || state === 'failed') markOnce('analysis-done');
  window.lwm2mScope ??= { totals: () => session.client.totals() };
}
