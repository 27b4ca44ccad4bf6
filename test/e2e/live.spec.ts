import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Page } from '@playwright/test';
import { tap as runTap } from '../../src/relay/tap.ts';
import { Running } from '../relay/served.ts';
import { expect, lines, openFile, sampleBytes, samplePath, test, untilState } from './page.ts';
import { servePage, type PageServer } from './static-server.ts';

let server: PageServer | undefined;
let tap: WebSocketServer | undefined;
let replay: Running | undefined;
test.afterEach(async () => {
  await server?.close();
  await replay?.stop();
  for (const client of tap?.clients ?? []) client.terminate();
  await new Promise<void>((ended) => (tap ? tap.close(() => ended()) : ended()));
  server = tap = replay = undefined;
});

test('a capture that the server was started with is opened at once', async ({ page }) => {
  const offer = JSON.stringify({ capture: 'given.pcapng', captureUrl: './samples/wk-dm-a.pcapng' });
  server = await servePage(0, (path, text) => (path === 'live.json' ? offer : text));
  await page.goto(server.url);
  await untilState(page, 'done');
  await expect(page.getByTestId('file-chip')).toContainText('given.pcapng');
});

test('a live tap is shown as it comes, held, and stopped with what came', async ({ page }) => {
  const bytes = sampleBytes('leshan-fleet-a.pcapng');
  tap = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/live' });
  await once(tap, 'listening');
  let sending: ReturnType<typeof setInterval> | undefined;
  tap.on('connection', (socket) => {
    let sent = 0;
    sending = setInterval(() => {
      socket.send(bytes.subarray(sent, sent + 4_000));
      sent += 4_000;
    }, 150);
    socket.on('close', () => clearInterval(sending));
  });
  const live = `ws://127.0.0.1:${(tap.address() as AddressInfo).port}/live`;
  server = await servePage(0, (path, text) => (path === 'live.json' ? JSON.stringify({ live }) : text));
  await page.goto(server.url);
  await expect(page.getByText('relay on this machine')).toBeVisible();
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
  await expect(lines(page).first()).toContainText('Register');
  const list = page.getByTestId('message-list');
  const count = async (): Promise<number> => Number(await list.getAttribute('aria-rowcount'));
  const first = await count();

  await expect.poll(count).toBeGreaterThan(first);
  // The list stays at the newest message until the person moves away from it.
  const newest = async (): Promise<number> =>
    Number(await lines(page).last().getAttribute('aria-rowindex')) - (await count());
  await expect.poll(newest).toBeGreaterThanOrEqual(-1);
  const card = page.getByTestId('load-card');
  await card.getByRole('button', { name: 'Hold' }).click();
  await expect(card).toContainText('Held');
  await card.getByRole('button', { name: 'Go on' }).click();
  await expect(card).toContainText('Live');
  await card.getByRole('button', { name: 'Stop' }).click();
  await untilState(page, 'stopped');
  await list.press('Home');
  await expect(lines(page).first()).toContainText('Register');
});

/** What the tables of devices and of updates show, line by line. */
async function shownTables(page: Page): Promise<Record<string, string[]>> {
  await page.keyboard.press('6');
  const devices = page.getByTestId('device-table').locator('[id^=device-line-]');
  await expect(devices.first()).toBeVisible();
  const shown = { devices: await devices.allInnerTexts(), updates: [] as string[], verdict: [] as string[] };
  await page.keyboard.press('4');
  const updates = page.getByRole('complementary', { name: 'Update attempts' }).locator('li');
  await expect(updates.first()).toBeVisible();
  shown.updates = await updates.allInnerTexts();
  shown.verdict = await page.getByTestId('verdict').allInnerTexts();
  return shown;
}

test('a replay at ten times its speed ends with the devices and updates of the file', async ({ page }) => {
  const capture = 'leshan-fota-fail-a.pcapng';
  replay = new Running((host) =>
    runTap(['--replay', samplePath(capture), '--port', '0', '--speed', '10'], host),
  );
  const live = await replay.live();
  server = await servePage(0, (path, text) => (path === 'live.json' ? JSON.stringify({ live }) : text));
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
  // The updates are there while it goes on: one after the other.
  await page.keyboard.press('4');
  const updates = page.getByRole('complementary', { name: 'Update attempts' }).locator('li');
  await expect(updates.first()).toBeVisible();
  await untilState(page, 'done');
  const replayed = await shownTables(page);
  expect(replayed.updates).toHaveLength(7);

  await openFile(page, samplePath(capture));
  expect(await shownTables(page)).toEqual(replayed);
});

test('a rule for a port is put in force while the tap goes on, and taken back', async ({ page }) => {
  const bytes = sampleBytes('wk-dm-a.pcapng');
  tap = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/live' });
  await once(tap, 'listening');
  const half = Math.floor(bytes.length / 2);
  tap.on('connection', (socket) => socket.send(bytes.subarray(0, half)));
  const live = `ws://127.0.0.1:${(tap.address() as AddressInfo).port}/live`;
  server = await servePage(0, (path, text) => (path === 'live.json' ? JSON.stringify({ live }) : text));
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
  await lines(page).nth(4).click();
  const list = page.getByTestId('message-list');
  const all = await list.getAttribute('aria-rowcount');

  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Decode ports as' });
  await dialog.getByLabel('Port, or address and port').fill('56832');
  await dialog.getByLabel('Decode as').selectOption('none');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(list).not.toHaveAttribute('aria-rowcount', all ?? '');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(list).toHaveAttribute('aria-rowcount', all ?? '');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(list.locator('[aria-selected=true]')).toContainText('5');

  // What comes from now on goes on from there.
  for (const client of tap.clients) client.send(bytes.subarray(half));
  await expect(list).not.toHaveAttribute('aria-rowcount', all ?? '');
  for (const client of tap.clients) client.close();
  await untilState(page, 'done');
});
