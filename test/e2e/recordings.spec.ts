import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Download, Page } from '@playwright/test';
import { type LiveTap, startTap } from './live-tap.ts';
import { expect, faults, lines, sampleBytes, samplePath, test, untilState } from './page.ts';

const CAPTURE = sampleBytes('wk-dm-a.pcapng');
const MESSAGES = 125;
const CLI = fileURLToPath(new URL('../../dist-node/bin/lwm2m-scope.js', import.meta.url));

let tap: LiveTap;
test.beforeEach(async () => {
  tap = await startTap();
});
test.afterEach(() => tap.close());

/** What the command line says of a capture. */
function records(path: string, kind: string): string {
  return execFileSync(process.execPath, [CLI, kind, '--format', 'ndjson', path], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
}

let published = '';
/** That the messages of a file are those of the capture that the tap sent, as the command line says them. */
function expectSameMessages(path: string): void {
  if (published === '') published = records(samplePath('wk-dm-a.pcapng'), 'messages');
  expect(records(path, 'messages')).toBe(published);
}

async function connect(page: Page): Promise<void> {
  await page.goto(tap.page);
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
}

/** Runs a command by keys alone. */
async function runCommand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Find a command' })).toBeFocused();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
}

async function shown(page: Page): Promise<number> {
  // The head of the list is a row, too.
  return Number(await page.getByTestId('message-list').getAttribute('aria-rowcount')) - 1;
}

async function saved(download: Download, path: string): Promise<Buffer> {
  await download.saveAs(path);
  return readFileSync(path);
}

test('a live capture is saved while it grows and after, and gives the records that the page showed', async ({
  page,
}, info) => {
  test.slow();
  await connect(page);
  const half = CAPTURE.length >> 1;
  for (let at = 0; at < half; at += 1500) tap.send(CAPTURE.subarray(at, Math.min(half, at + 1500)));
  await expect(lines(page).first()).toBeVisible();
  const card = page.getByTestId('recording-card');
  await expect(card).toContainText('Not saved; kept in this browser');

  const first = page.waitForEvent('download');
  await page.keyboard.press('Control+s');
  const download = await first;
  expect(download.suggestedFilename()).toMatch(/^lwm2m-\d{4}-\d\d-\d\d-\d\d-\d\d\.pcapng$/);
  const part = await saved(download, info.outputPath('part.pcapng'));
  expect(part.length).toBeGreaterThan(1000);
  expect(CAPTURE.subarray(0, part.length).equals(part)).toBe(true);
  await expect(card).toContainText('Saved.');

  tap.send(CAPTURE.subarray(half));
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  await expect(card).toContainText('Not saved');
  tap.end();
  await untilState(page, 'done');
  const second = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save…' }).click();
  const path = info.outputPath('whole.pcapng');
  const whole = await saved(await second, path);
  expect(whole.equals(CAPTURE)).toBe(true);
  expectSameMessages(path);
  const totals = await page.evaluate(() =>
    (
      window as unknown as { lwm2mScope: { totals(): Promise<{ messages: number; values: number }> } }
    ).lwm2mScope.totals(),
  );
  expect(published.trim().split('\n')).toHaveLength(totals.messages);
  expect(records(path, 'values').trim().split('\n')).toHaveLength(totals.values);

  // What was saved is not offered again.
  await page.reload();
  await expect(page.getByTestId('sample')).toHaveCount(3);
  await expect(page.getByTestId('recordings')).toHaveCount(0);
});

test('what a tab left is offered by the next, opened, saved and deleted', async ({ page, context }, info) => {
  await connect(page);
  tap.send(CAPTURE.subarray(0, CAPTURE.length - 7));
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  const count = await shown(page);

  // Another tab leaves alone what is in use.
  const other = await context.newPage();
  await other.goto(tap.page);
  await expect(other.getByTestId('sample')).toHaveCount(3);
  await other.waitForTimeout(300);
  await expect(other.getByTestId('recordings')).toHaveCount(0);

  // The tab ends without a word.
  await page.close();
  const recordings = other.getByTestId('recordings');
  await other.reload();
  await expect(recordings).toContainText(/A recording from \d\d:\d\d UTC, [\d.]+ kB, was not saved\./);
  await recordings.getByRole('button', { name: /^Open the recording/ }).press('Enter');
  await untilState(other, 'done');
  expect(await shown(other)).toBe(count);
  await expect(other.getByTestId('notice')).toHaveCount(0);
  await expect(other.getByTestId('recording-card')).toContainText('Not saved');

  // In use there, it is not offered in a third tab; closed, it is offered again, in both.
  const third = await context.newPage();
  await third.goto(tap.page);
  await expect(third.getByTestId('sample')).toHaveCount(3);
  await third.waitForTimeout(300);
  await expect(third.getByTestId('recordings')).toHaveCount(0);
  await other.getByRole('button', { name: 'lwm2m-scope' }).click();
  await expect(recordings.getByRole('listitem')).toHaveCount(1);
  await expect(third.getByTestId('recordings').getByRole('listitem')).toHaveCount(1);

  const download = other.waitForEvent('download');
  await recordings.getByRole('button', { name: /^Save the recording/ }).click();
  const path = info.outputPath('left.pcapng');
  const bytes = await saved(await download, path);
  expect(CAPTURE.subarray(0, bytes.length).equals(bytes)).toBe(true);
  expectSameMessages(path);
  await expect(recordings).toHaveCount(0);
  await expect(third.getByTestId('recordings')).toHaveCount(0);
  await third.close();
  await other.close();
});

test('a recording is deleted when the person says so twice', async ({ page }) => {
  await connect(page);
  tap.send(CAPTURE);
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  await page.reload();
  const recordings = page.getByTestId('recordings');
  await recordings.getByRole('button', { name: /^Delete the recording/ }).click();
  await recordings.getByRole('button', { name: 'Keep it' }).click();
  await expect(recordings.getByRole('listitem')).toHaveCount(1);
  await recordings.getByRole('button', { name: /^Delete the recording/ }).click();
  await recordings.getByRole('button', { name: 'Delete it for good' }).click();
  await expect(recordings).toHaveCount(0);
  const left = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const names: string[] = [];
    for await (const name of (await root.getDirectoryHandle('recordings')).keys()) names.push(name);
    return names;
  });
  expect(left).toEqual([]);
});

test('of too many unsaved recordings the oldest goes, which the page says', async ({ page }) => {
  await page.goto(tap.page);
  await page.evaluate(
    async (bytes) => {
      const root = await navigator.storage.getDirectory();
      const all = await root.getDirectoryHandle('recordings', { create: true });
      for (let index = 0; index < 16; index++) {
        const id = `${Date.UTC(2026, 10, 1 + index, 14, 2)}-${crypto.randomUUID()}`;
        const folder = await all.getDirectoryHandle(id, { create: true });
        const file = await (await folder.getFileHandle('0', { create: true })).createWritable();
        await file.write(new Uint8Array(bytes));
        await file.close();
      }
    },
    [...CAPTURE.subarray(0, 5000)],
  );
  await page.reload();
  const recordings = page.getByTestId('recordings');
  await expect(recordings.getByRole('listitem')).toHaveCount(16);
  await expect(recordings.getByRole('listitem').last()).toContainText('2026-11-01 14:02 UTC');
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
  tap.send(CAPTURE);
  await expect(page.getByTestId('recording-card')).toContainText('that from 2026-11-01 14:02 UTC, 5.00 kB');
  await page.getByRole('button', { name: 'lwm2m-scope' }).click();
  await expect(recordings.getByRole('listitem')).toHaveCount(16);
  await expect(recordings.getByRole('listitem').last()).toContainText('2026-11-02 14:02 UTC');
  await expect(recordings).toContainText('went for a new one');
});

test('without private storage a recording is in memory, which the page says', async ({ page }, info) => {
  await page.route('**/*.worker-*.js', async (route) => {
    const response = await route.fetch();
    const none = 'Object.defineProperty(navigator,"storage",{value:undefined});';
    await route.fulfill({ response, body: none + (await response.text()) });
  });
  await connect(page);
  tap.send(CAPTURE);
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  const card = page.getByTestId('recording-card');
  await expect(card).toContainText('in memory and lost with this tab');
  const download = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save…' }).click();
  expect((await saved(await download, info.outputPath('memory.pcapng'))).equals(CAPTURE)).toBe(true);
});

test('marks are put in by key, stand on the timeline and come back with the saved file', async ({
  page,
}, info) => {
  await connect(page);
  await page.keyboard.press('m');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const half = CAPTURE.length >> 1;
  // The tap stops in the middle of a block: the mark goes before it.
  tap.send(CAPTURE.subarray(0, half));
  await expect(lines(page).first()).toBeVisible();

  const dialog = page.getByRole('dialog', { name: 'Mark this moment' });
  await page.keyboard.press('m');
  await expect(dialog).toContainText('UTC');
  await page.keyboard.type('not this');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('m');
  await expect(dialog).toContainText('UTC');
  await page.keyboard.type('here I pressed the button');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  const strip = page.getByRole('group', { name: 'Marks' });
  await expect(strip.getByRole('button')).toHaveText(['here I pressed the button']);

  tap.send(CAPTURE.subarray(half));
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  await page.keyboard.press('m');
  await expect(dialog).toContainText('UTC');
  await page.keyboard.press('Enter');
  await expect(strip).toContainText('2 marks');
  await page.screenshot({ path: info.outputPath('marks.png') });

  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+s');
  const path = info.outputPath('marked.pcapng');
  await saved(await download, path);
  expectSameMessages(path);

  const texts = await strip.getByRole('button').evaluateAll((all) => all.map((one) => one.ariaLabel));
  await page.goto('./');
  await page.getByTestId('capture-input').setInputFiles(path);
  await untilState(page, 'done');
  await expect(strip).toContainText('2 marks');
  expect(await strip.getByRole('button').evaluateAll((all) => all.map((one) => one.ariaLabel))).toEqual(
    texts,
  );

  // By keys alone: the palette leads to a mark.
  await page.keyboard.press('2');
  await runCommand(page, 'pressed the button');
  await expect(strip.getByRole('button', { name: /pressed the button/ })).toHaveClass(/chosen/);
});

test('an alert counts in the title until somebody looks', async ({ page, context }) => {
  await context.grantPermissions(['notifications']);
  await page.addInitScript(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    class Told {
      static permission = 'granted';
      static requestPermission = (): Promise<string> => Promise.resolve('granted');
      constructor(title: string, { body }: { body: string }) {
        told.push(`${title}: ${body}`);
      }
    }
    Object.assign(window, { Notification: Told });
  });
  await connect(page);
  const half = CAPTURE.length >> 1;
  tap.send(CAPTURE.subarray(0, half));
  await expect(lines(page).first()).toBeVisible();

  await runCommand(page, 'alert');
  const dialog = page.getByRole('dialog', { name: 'Alert on messages' });
  await expect(dialog.getByLabel('Filter expression')).toBeFocused();
  await page.keyboard.type('coap.code == 2.0x');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('alert-fault')).toBeVisible();
  await dialog.getByLabel('Filter expression').fill('coap.code == 2.05');
  await dialog.getByLabel('A sound').check();
  await dialog.getByLabel('A notification of this computer').check();
  await dialog.getByRole('button', { name: 'Start' }).press('Enter');
  await expect(dialog).toHaveCount(0);
  const card = page.getByTestId('recording-card');
  await expect(card).toContainText('no message yet');
  await expect(page).toHaveTitle('Live tap · lwm2m-scope');

  tap.send(CAPTURE.subarray(half));
  await expect(page).toHaveTitle(/^\(\d+\) Live tap · lwm2m-scope$/);
  await expect.poll(() => shown(page)).toBe(MESSAGES);
  const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^\d+ messages? on the live tap: coap\.code == 2\.05$/);
  await page.keyboard.press('Shift');
  await expect(page).toHaveTitle('Live tap · lwm2m-scope');

  await card.getByRole('button', { name: /^\d+ messages?/ }).click();
  await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
  await runCommand(page, 'alert');
  await dialog.getByRole('button', { name: 'End the alert' }).click();
  await expect(card.locator('.alert')).toHaveCount(0);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('recording, marks and alerts are accessible', async ({ page }, info) => {
      test.slow();
      const picture = (name: string): Promise<Buffer> =>
        page.screenshot({ path: info.outputPath(`${name}-${colorScheme}.png`) });
      await connect(page);
      tap.send(CAPTURE.subarray(0, CAPTURE.length >> 1));
      await expect(lines(page).first()).toBeVisible();
      for (const text of ['power on', 'here I pressed the button']) {
        await page.keyboard.press('m');
        await expect(page.getByRole('dialog')).toContainText('UTC');
        await page.keyboard.type(text);
        if (text !== 'power on') {
          expect(await faults(page)).toEqual([]);
          await picture('mark-dialog');
        }
        await page.keyboard.press('Enter');
        await expect(page.getByRole('dialog')).toHaveCount(0);
        // So that they do not stand on one another.
        await page.waitForTimeout(1500);
      }
      await runCommand(page, 'alert');
      await expect(page.getByLabel('Filter expression')).toBeFocused();
      await page.keyboard.type('coap.code == 2.05 && bad');
      await page.keyboard.press('Enter');
      await expect(page.getByTestId('alert-fault')).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await picture('alert-dialog');
      await page.getByLabel('Filter expression').fill('coap.code == 2.05');
      await page.keyboard.press('Enter');
      tap.send(CAPTURE.subarray(CAPTURE.length >> 1));
      await expect.poll(() => shown(page)).toBe(MESSAGES);
      await expect(page.getByTestId('recording-card')).toContainText('new');
      await expect(page.getByRole('group', { name: 'Marks' })).toContainText('2 marks');
      expect(await faults(page)).toEqual([]);
      await picture('marks');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Mark this moment');
      await picture('keys');
      await page.reload();
      const recordings = page.getByTestId('recordings');
      await expect(recordings.getByRole('listitem')).toHaveCount(1);
      expect(await faults(page)).toEqual([]);
      await picture('left');
      await recordings.getByRole('button', { name: /^Delete the recording/ }).press('Enter');
      await expect(recordings.getByRole('button', { name: 'Delete it for good' })).toBeVisible();
      expect(await faults(page)).toEqual([]);
    });
  });
}
