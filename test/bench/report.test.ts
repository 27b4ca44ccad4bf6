import { describe, expect, it } from 'vitest';
import { emptyTotals } from './generator/totals.ts';
import type { PageRun } from './measure.ts';
import { report } from './report.ts';

const generated = {
  ...emptyTotals(),
  frames: 1010,
  messages: 1000,
  foreign: 10,
  devices: 2,
  registrations: 3,
  updates: 4,
  notifications: 500,
  exchanges: 100,
  transfers: 3,
  block2Transfers: 2,
  bodies: 2,
  duplicates: 20,
  tcpMessages: 30,
  reassembled: 6,
  values: 400,
  valuesByFormat: { tlv: 60, text: 40, senmlCbor: 200, senmlJson: 100 },
};
const ALLOWED_BYTES = 1000 * 120 + 400 * 24 + 10 * 8;

function run(changes: Partial<PageRun> = {}): PageRun {
  const { frames, messages, foreign, devices, registrations, updates } = generated;
  const { notifications, exchanges, transfers, block2Transfers, bodies, duplicates } = generated;
  const { tcpMessages, reassembled } = generated;
  return {
    state: 'done',
    totals: {
      frames,
      messages,
      foreign,
      devices,
      registrations,
      updates,
      notifications,
      exchanges,
      transfers,
      block2Transfers,
      bodies,
      duplicates,
      values: 400,
      tcpMessages,
      reassembled,
    },
    firstRows: 300,
    whole: 800,
    longTasks: [],
    memory: ALLOWED_BYTES,
    ...changes,
  };
}

function passes(pages: PageRun[]): boolean {
  return report({ generated, floors: [90, 100, 200], pages, tshark: 5000 }).passed;
}

describe('the report', () => {
  it('holds the bar where every measure is just within it', () => {
    const { text, passed } = report({ generated, floors: [90, 100, 200], pages: [run()], tshark: 5000 });
    expect(passed).toBe(true);
    expect(text).toMatch(/whole time +800 ms +800 +8\.00× +≤ 8×, aim 5× +ok$/m);
    expect(text).toMatch(/tshark +5,000 ms +50\.00× +6\.25× the page$/m);
  });

  it.each([
    ['first rows', { firstRows: 301 }],
    ['whole time', { whole: 801 }],
    ['longest page task', { longTasks: [{ start: 0, duration: 51 }] }],
    ['memory', { memory: ALLOWED_BYTES + 1 }],
  ])('misses the bar by %s alone', (name, changes) => {
    const { text, passed } = report({ generated, floors: [100], pages: [run(changes)], tshark: undefined });
    expect(passed).toBe(false);
    expect(text).toMatch(new RegExp(`^${name} .*missed$`, 'm'));
    expect(text.match(/missed/g)).toHaveLength(1);
  });

  it('goes by the middle run', () => {
    expect(
      passes([run(), run(), run({ whole: 5000, firstRows: 900, longTasks: [{ start: 1, duration: 90 }] })]),
    ).toBe(true);
  });

  it('fails where one run found something else than was put in, and says what', () => {
    const odd = run();
    odd.totals = { ...odd.totals!, notifications: 499 };
    const { text, passed } = report({
      generated,
      floors: [100],
      pages: [run(), odd, run()],
      tshark: undefined,
    });
    expect(passed).toBe(false);
    expect(text).toMatch(/notifications +500 +499 +differs by -1/);
  });

  it('fails where the analysis did not end well or the browser tells no memory', () => {
    expect(passes([run({ state: 'failed', totals: undefined })])).toBe(false);
    expect(passes([run({ memory: undefined })])).toBe(false);
  });
});
