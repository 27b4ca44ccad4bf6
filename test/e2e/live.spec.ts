import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { expect, lines, sampleBytes, test, untilState } from './page.ts';
import { servePage, type PageServer } from './static-server.ts';

let server: PageServer | undefined;
let tap: WebSocketServer | undefined;
test.afterEach(async () => {
  await server?.close();
  for (const client of tap?.clients ?? []) client.terminate();
  await new Promise<void>((ended) => (tap ? tap.close(() => ended()) : ended()));
  server = tap = undefined;
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
