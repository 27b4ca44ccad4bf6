import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import type { AnalysisTotals } from '../../src/analysis/protocol.ts';
import { watchMemory } from './page-memory.ts';
import { projectFolder } from './page-server.ts';

const CAPTURE_INPUT = 'input[type="file"][data-testid="capture-input"]';
/** How long a page may take before the run is given up, milliseconds. */
const PATIENCE = 300_000;

/** What one run of the page gave. */
export interface PageRun {
  /** Value of `data-analysis` at the end; totals are there where it is `done`. */
  state: string;
  totals: AnalysisTotals | undefined;
  /** Milliseconds from the choice of the file to the paint of the first rows. */
  firstRows: number;
  /** Milliseconds from the choice of the file to the page's answer with its totals, once it says that it is done. */
  whole: number;
  /** Tasks of the page's own thread of 50 ms or more between; start and duration in milliseconds. */
  longTasks: { start: number; duration: number }[];
  /** Bytes more than in the empty page, both after a forced collection; undefined where the browser does not tell. */
  memory: number | undefined;
}

/** Milliseconds that a worker of an empty page takes to read the file and add up its bytes; fails where the sum is not `sum`. */
export async function measureFloor(
  browser: Browser,
  origin: string,
  file: string,
  sum: number,
): Promise<number> {
  const page = await browser.newPage();
  try {
    await page.goto(`${origin}/floor/floor.html`);
    await page.waitForSelector('html[data-ready]');
    await page.setInputFiles('input', file);
    const floor = await page.evaluate<{ milliseconds: number; sum: number }>('window.floor');
    if (floor.sum !== sum)
      throw new Error(`bench: the floor added up ${floor.sum}, but the file's bytes are ${sum}`);
    return floor.milliseconds;
  } finally {
    await page.close();
  }
}

/** Opens the built page anew, gives it the file, and waits until it is done. */
export async function measurePage(browser: Browser, origin: string, file: string): Promise<PageRun> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  try {
    await page.addInitScript({ path: join(projectFolder(), 'test/bench/page/probe.js') });
    const memory = await watchMemory(page);
    await page.goto(`${origin}/`);
    await page.waitForSelector(CAPTURE_INPUT, { state: 'attached' });
    await page.waitForSelector('html[data-analysis="idle"]', { state: 'attached' });
    const empty = await memory.bytes();
    await page.setInputFiles(CAPTURE_INPUT, file);
    const run = await inTime(page.evaluate<Omit<PageRun, 'memory'>>('window.benchProbe.finished()'), () =>
      page.getAttribute('html', 'data-analysis'),
    );
    const full = await memory.bytes();
    return { ...run, memory: full === undefined || empty === undefined ? undefined : full - empty };
  } finally {
    await page.close();
  }
}

async function inTime<Value>(value: Promise<Value>, state: () => Promise<string | null>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PATIENCE);
  });
  try {
    const first = await Promise.race([value, late]);
    if (first !== 'late') return first;
    throw new Error(
      `bench: not done after ${PATIENCE / 1000} s; the page's state is ${String(await state())}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that tshark takes to print the code of each message, or undefined where there is no tshark. */
export function measureTshark(file: string): number | undefined {
  const begin = performance.now();
  const { error, status } = spawnSync('tshark', ['-r', file, '-T', 'fields', '-e', 'coap.code'], {
    stdio: 'ignore',
  });
  return error !== undefined || status !== 0 ? undefined : performance.now() - begin;
}
