import type { FullConfig, FullResult, Reporter, Suite } from '@playwright/test/reporter';

/** Ends a Playwright run with one line that a machine can read: `e2e: 12 passed, 0 failed, 0 skipped`. */
export default class E2eTally implements Reporter {
  #suite: Suite | undefined;

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite;
  }

  onEnd(result: FullResult): void {
    const outcomes = (this.#suite?.allTests() ?? []).map((test) => test.outcome());
    const passed = outcomes.filter((outcome) => outcome === 'expected' || outcome === 'flaky').length;
    const skipped = outcomes.filter((outcome) => outcome === 'skipped').length;
    let failed = outcomes.length - passed - skipped;
    // A run that ends before its tests (no browser, no page) has failed too.
    if (failed === 0 && result.status !== 'passed') failed = 1;
    console.log(`e2e: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
