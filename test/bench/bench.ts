import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { chromiumArguments, chromiumExecutable } from '../browser.ts';
import { captureFile } from './capture-file.ts';
import { measureFloor, measurePage, measureTshark, type PageRun } from './measure.ts';
import { projectFolder, servePages } from './page-server.ts';
import { report } from './report.ts';
import { timelineReport } from './timeline-report.ts';
import { measureTimeline, type TimelineRun } from './timeline-run.ts';

const USAGE = `npm run bench -- [--packets N] [--runs N] [--seed N] [--page FOLDER] [--timeline]
  --packets N     frames in the generated capture (1000000)
  --runs N        runs of the floor and of the page, in turns, or of the timeline; at least 3 (3)
  --seed N        seed of the generator (1)
  --page FOLDER   the built page (dist)
  --timeline      instead, moves the timeline of 500 devices with 1,000,000 messages: frames and long tasks
`;
const LEAST_RUNS = 3;
/** The fleet whose timeline is moved; a few packets are no messages. */
const TIMELINE_DEVICES = 500;
const TIMELINE_PACKETS = 1_030_000;

interface Settings {
  packets: number;
  runs: number;
  seed: number;
  page: string;
  timeline: boolean;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} wants a whole number from ${least} on`);
  return value;
}

function readArguments(): Settings {
  const { values } = parseArgs({
    options: {
      packets: { type: 'string', default: '1000000' },
      runs: { type: 'string', default: String(LEAST_RUNS) },
      seed: { type: 'string', default: '1' },
      page: { type: 'string', default: join(projectFolder(), 'dist') },
      timeline: { type: 'boolean', default: false },
    },
  });
  return {
    packets: wholeNumber('packets', values.packets, 1000),
    runs: wholeNumber('runs', values.runs, LEAST_RUNS),
    seed: wholeNumber('seed', values.seed, 0),
    page: resolve(values.page),
    timeline: values.timeline,
  };
}

/** Progress, away from the report. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function bench({ packets, runs, seed, page: pageFolder }: Settings): Promise<boolean> {
  if (!existsSync(join(pageFolder, 'index.html'))) throw new Error(`no built page in ${pageFolder}`);
  const { path, totals, milliseconds } = captureFile(packets, seed);
  const origin =
    milliseconds === undefined ? 'from an earlier run' : `generated in ${Math.round(milliseconds)} ms`;
  say(`${totals.frames} packets, ${totals.bytes} bytes, ${totals.devices} devices, seed ${seed}: ${origin}`);
  const server = await servePages([
    ['/floor/', join(projectFolder(), 'test/bench/page')],
    ['/', pageFolder],
  ]);
  const browser = await chromium.launch({
    executablePath: chromiumExecutable(),
    args: chromiumArguments(),
  });
  try {
    say(`Chromium ${browser.version()}`);
    const floors: number[] = [];
    const pages: PageRun[] = [];
    // Once unmeasured, so that the file lies in the system's cache for all of them.
    await measureFloor(browser, server.origin, path, totals.byteSum);
    for (let run = 1; run <= runs; run++) {
      const floor = await measureFloor(browser, server.origin, path, totals.byteSum);
      floors.push(floor);
      const page = await measurePage(browser, server.origin, path);
      pages.push(page);
      say(`run ${run}: floor ${Math.round(floor)} ms, page ${Math.round(page.whole)} ms (${page.state})`);
    }
    const { text, passed } = report({ generated: totals, floors, pages, tshark: measureTshark(path) });
    process.stdout.write(text);
    return passed;
  } finally {
    await browser.close();
    server.close();
  }
}

async function benchTimeline({ runs, seed, page }: Settings): Promise<boolean> {
  if (!existsSync(join(page, 'index.html'))) throw new Error(`no built page in ${page}`);
  const { path, totals } = captureFile(TIMELINE_PACKETS, seed, TIMELINE_DEVICES);
  say(`${totals.frames} packets, ${totals.messages} messages, ${totals.devices} devices, seed ${seed}`);
  const server = await servePages([['/', page]]);
  const browser = await chromium.launch({
    executablePath: chromiumExecutable(),
    args: chromiumArguments(),
  });
  try {
    say(`Chromium ${browser.version()}`);
    const done: TimelineRun[] = [];
    for (let run = 1; run <= runs; run++) {
      done.push(await measureTimeline(browser, server.origin, path));
      say(`run ${run}`);
    }
    const { text, passed } = timelineReport(done);
    process.stdout.write(text);
    return passed;
  } finally {
    await browser.close();
    server.close();
  }
}

let settings: Settings | undefined;
try {
  settings = readArguments();
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
if (settings !== undefined) {
  try {
    process.exitCode = (await (settings.timeline ? benchTimeline : bench)(settings)) ? 0 : 1;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
