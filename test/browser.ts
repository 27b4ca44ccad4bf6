import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

/** Where systems put a Chromium of their own, in the order tried. */
const SYSTEM_BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The browser for tests and the benchmark, as a value for Playwright's `executablePath`: what the environment variable
 * `CHROMIUM_PATH` names, else undefined where Playwright's own browser is on disk (it then finds it itself),
 * else the system's. Undefined too where there is none: the launch then fails with Playwright's own advice.
 */
export function chromiumExecutable(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return named;
  if (existsSync(chromium.executablePath())) return undefined;
  return SYSTEM_BROWSERS.find((path) => existsSync(path));
}

/** Arguments for the browser. Its sandbox refuses to run for the superuser, so only there it is left out. */
export function chromiumArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}
