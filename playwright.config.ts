import { defineConfig } from '@playwright/test';
import { chromiumArguments, chromiumExecutable } from './test/browser.ts';
import { PAGE_PATH, PAGE_PORT } from './test/e2e/static-server.ts';

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  globalSetup: './test/e2e/static-server.ts',
  reporter: [['list'], ['./test/e2e-tally.ts']],
  // The specs share one machine with the analysis they wait for.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: `http://127.0.0.1:${PAGE_PORT}${PAGE_PATH}`,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: chromiumExecutable(),
      args: [...chromiumArguments(), '--host-resolver-rules=MAP foreign.test 127.0.0.1'],
    },
  },
});
