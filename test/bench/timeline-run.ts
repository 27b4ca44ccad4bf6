import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { projectFolder } from './page-server.ts';

const CAPTURE_INPUT = 'input[type="file"][data-testid="capture-input"]';
/** How long the page may take to read the capture, milliseconds. */
const PATIENCE = 300_000;
/** Steps of each movement, and milliseconds from one to the next: about as fast as a hand moves a wheel. */
const STEPS = 60;
const STEP_MS = 33;

/** What one movement of the timeline took from the page. */
export interface Movement {
  name: string;
  /** Milliseconds from each frame to the next. */
  frames: number[];
  /** Durations of tasks of the page's own thread of 50 ms and more, milliseconds. */
  longTasks: number[];
  /** Processor time of the dearest task of the page's own thread, milliseconds: other programs do not lengthen it. */
  dearest: number;
}

/** One run of the page: a capture is opened, and its timeline moved in every way. */
export interface TimelineRun {
  devices: number;
  messages: number;
  movements: Movement[];
}

/** The movement that is none: its long tasks are not the page's doing. */
export const STANDING_STILL = 'standing still';

/** What the page does between two looks: one movement in steps. */
type Step = (page: Page, step: number) => Promise<void>;

const wheel =
  (x: number, y: number, key?: string): Step =>
  async (page, step) => {
    if (key !== undefined && step === 0) await page.keyboard.down(key);
    await page.mouse.wheel(x, y);
    if (key !== undefined && step === STEPS - 1) await page.keyboard.up(key);
  };
const keys =
  (...names: readonly string[]): Step =>
  (page, step) =>
    page.keyboard.press(names[step % names.length]!);

/** All movements, in this order: each begins where the one before ended. */
const MOVEMENTS: readonly (readonly [string, Step])[] = [
  // What else the machine does shows here.
  [STANDING_STILL, () => Promise.resolve()],
  ['zoom in by wheel', wheel(0, -60, 'Control')],
  ['pan by keys', keys('d', 'd', 'a')],
  ['scroll the devices', wheel(0, 240)],
  ['zoom out by wheel', wheel(0, 60, 'Control')],
  ['scroll over all time', wheel(0, 400)],
  ['zoom by keys', keys('w', 'w', 'w', 's', 's', 's', 'd')],
  ['drag', (page, step) => page.mouse.move(900 + 300 * Math.sin(step / 6), 300)],
  ['step from event to event', keys('n')],
];

/** Opens the built page with a capture and moves its timeline, once with devices open and once with all folded. */
export async function measureTimeline(browser: Browser, origin: string, file: string): Promise<TimelineRun> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  try {
    await page.addInitScript({ path: join(projectFolder(), 'test/bench/page/frames.js') });
    await page.goto(`${origin}/`);
    await page.waitForSelector(CAPTURE_INPUT, { state: 'attached' });
    await page.setInputFiles(CAPTURE_INPUT, file);
    await page.waitForSelector('html[data-analysis="done"]', { state: 'attached' });
    const { devices, messages } = await page.evaluate<{ devices: number; messages: number }>(
      'window.lwm2mScope.totals()',
    );
    await page.waitForTimeout(1000);
    const movements: Movement[] = [];
    for (const folded of [false, true]) {
      const tracks = page.getByRole('treegrid', { name: 'Devices and their tracks' });
      await tracks.focus();
      await page.keyboard.press('f');
      if (folded) await page.keyboard.press('g');
      await page.keyboard.press('Control+Home');
      await page.waitForTimeout(1000);
      for (const [name, step] of MOVEMENTS)
        movements.push(await move(browser, page, `${name}${folded ? ', folded' : ''}`, step));
    }
    return { devices, messages, movements };
  } finally {
    await page.close();
  }
}

async function move(browser: Browser, page: Page, name: string, step: Step): Promise<Movement> {
  const isDrag = name.startsWith('drag');
  await page.mouse.move(900, 300);
  if (isDrag) await page.mouse.down();
  await browser.startTracing(page, { categories: ['toplevel'] });
  await page.evaluate('window.benchFrames.begin()');
  for (let at = 0; at < STEPS; at++) {
    await step(page, at);
    await page.waitForTimeout(STEP_MS);
  }
  if (isDrag) await page.mouse.up();
  const found = await page.evaluate<Omit<Movement, 'name' | 'dearest'>>('window.benchFrames.end()');
  return { name, ...found, dearest: dearestTask(await browser.stopTracing()) };
}

/** One event of a trace (Trace Event Format); times in microseconds, `tdur` is that of the thread. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/** Processor time of the dearest task of a page's own thread in a trace, milliseconds; 0 where it tells of none. */
export function dearestTask(trace: Uint8Array): number {
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  const pages = new Set<string>();
  for (const { name, pid, tid, args } of traceEvents)
    if (name === 'thread_name' && args?.name === 'CrRendererMain') pages.add(`${pid} ${tid}`);
  let dearest = 0;
  for (const { name, ph, pid, tid, tdur } of traceEvents)
    if (ph === 'X' && name.endsWith('RunTask') && pages.has(`${pid} ${tid}`))
      dearest = Math.max(dearest, tdur ?? 0);
  return dearest / 1000;
}
