import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { libcoapMissing, LibcoapServer } from '../stacks/libcoap.ts';
import { expect, fixturePath, lines, test, untilState } from './page.ts';
import { captureMissing, ServedPage } from './served-page.ts';

const missing = captureMissing();
const noStack = libcoapMissing();
// Where all that is needed was installed, a test that does not run is a test that fails.
const mustRun = process.env['EVERY_TEST_RUNS'] === '1';

const cleanups: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function served(): Promise<ServedPage> {
  const page = await ServedPage.start();
  cleanups.push(() => page.stop());
  return page;
}

async function socketAt(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return { socket, port: socket.address().port };
}

/** The datagrams of a capture, in order; the sender of the first one is the device. */
function datagrams(file: string): { up: boolean; payload: Buffer }[] {
  const fields = ['-T', 'fields', '-e', 'udp.srcport', '-e', 'udp.payload'];
  const { stdout } = spawnSync('tshark', ['-r', file, ...fields], { encoding: 'utf8' });
  const sent = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  return sent.map(([port, payload]) => ({ up: port === sent[0]![0], payload: Buffer.from(payload!, 'hex') }));
}

type Page = Parameters<typeof untilState>[0];

/** Chooses loopback and a filter on the start page, and waits until it is captured. */
async function capture(page: Page, address: string, filter: string): Promise<void> {
  await page.goto(address);
  const tap = page.getByRole('region', { name: /Live tap/ });
  for (const box of await tap.getByRole('checkbox', { checked: true }).all()) await box.uncheck();
  await tap.getByRole('checkbox', { name: /^lo\b/ }).check();
  await tap.getByLabel('Capture filter in the language of tcpdump').fill(filter);
  await tap.getByRole('button', { name: 'Capture', exact: true }).click();
  await untilState(page, 'live');
  await expect(page.getByTestId('load-card').getByRole('status')).toHaveText('Capturing');
}

async function shown(page: Page): Promise<number> {
  return Number(await page.getByTestId('message-list').getAttribute('aria-rowcount')) - 1;
}

test.describe('a live tap of loopback', () => {
  test.skip(missing !== undefined && !mustRun, missing);

  test('shows each step of a device and its server before the next is sent', async ({ page }) => {
    const messages = datagrams(fixturePath('leshan/leshan-observe-non-con-a.pcapng'));
    const device = await socketAt();
    const server = await socketAt();
    await capture(page, (await served()).address, `udp port ${server.port}`);
    await page.keyboard.press('2');
    expect(messages.length).toBeGreaterThan(20);
    for (const [row, { up, payload }] of messages.entries()) {
      const [from, to] = up ? [device, server] : [server, device];
      from.socket.send(payload, to.port, '127.0.0.1');
      await expect.poll(() => shown(page), { intervals: [20] }).toBe(row + 1);
      await expect(lines(page).last()).toHaveAttribute('aria-rowindex', String(row + 2));
    }
    await expect(page.getByRole('navigation')).toContainText('de-registered');
    // Loopback shows a datagram once; the relay's own connection is left out.
    await expect(page.getByTestId('load-card')).not.toContainText('dropped');
  });

  test('says what tcpdump says of a filter that is none, and takes a better one', async ({ page }) => {
    const relay = await served();
    await page.goto(relay.address);
    await page.getByLabel('Capture filter in the language of tcpdump').fill('udp prt 5; touch /tmp/x');
    await page.getByRole('button', { name: 'Capture', exact: true }).click();
    await untilState(page, 'live');
    const card = page.getByTestId('load-card');
    await expect(card.getByRole('alert')).toContainText(/syntax error/);
    await card.getByRole('button', { name: 'Change…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Capture filter in the language of tcpdump').fill('udp port 5683');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await expect(dialog).toBeHidden();
    await expect(card.getByRole('status')).toHaveText('Capturing');
    await card.getByRole('button', { name: 'Stop capturing' }).click();
    await expect(card.getByRole('status')).toHaveText('Not capturing');
    await card.getByRole('button', { name: 'Leave' }).click();
    await untilState(page, 'stopped');
  });

  test('goes on when the relay was killed and started again, and says that something may be missing', async ({
    page,
    heard,
  }) => {
    // The browser itself writes of the connection that was refused.
    heard.expected = true;
    const device = await socketAt();
    const server = await socketAt();
    const relay = await served();
    await capture(page, relay.address, `udp port ${server.port}`);
    device.socket.send(Buffer.from('4001000a', 'hex'), server.port, '127.0.0.1');
    await expect.poll(() => shown(page)).toBe(1);
    await relay.stop('SIGKILL');
    const card = page.getByTestId('load-card');
    await expect(card.getByRole('status')).toContainText('Relay lost');
    // Its token is another one: the page cannot know it, and says where it stands.
    const again = await ServedPage.start(relay.port);
    cleanups.push(() => again.stop());
    await expect(card.getByRole('status')).toContainText('Relay lost');
    await expect.poll(() => shown(page)).toBe(1);
  });

  test('is refused without the token, and says what to do', async ({ page, heard }) => {
    heard.expected = true;
    const relay = await served();
    await page.goto(relay.address.split('#')[0]!);
    await expect(page.getByRole('region', { name: /Live tap/ })).toContainText(/token|printed/);
    await expect(page.getByRole('button', { name: 'Capture', exact: true })).toBeHidden();
  });
});

test.describe('libcoap, live', () => {
  test.skip((missing !== undefined || noStack !== undefined) && !mustRun, missing ?? noStack);

  test('requests, an observation and block-wise transfers appear while they happen', async ({ page }) => {
    const stack = await LibcoapServer.start();
    cleanups.push(() => stack.stop());
    await capture(page, (await served()).address, `udp port ${stack.port}`);
    await page.keyboard.press('2');

    await stack.client(['-m', 'get'], '');
    await expect.poll(() => shown(page)).toBeGreaterThanOrEqual(2);
    const before = await shown(page);
    await stack.client(['-m', 'get', '-s', '3'], 'time');
    await expect.poll(() => shown(page)).toBeGreaterThan(before + 3);
    await expect(page.getByTestId('message-list')).toContainText('2.05');

    const body = 'x'.repeat(3000);
    await stack.client(['-m', 'put', '-b', '256', '-e', body], 'example_data');
    expect(await stack.client(['-m', 'get', '-b', '256'], 'example_data')).toContain('xxx');
    // 3,000 bytes are 12 blocks of 256, and each is asked for and answered.
    await expect.poll(() => shown(page)).toBeGreaterThanOrEqual(before + 4 * 12);
    await page.getByRole('combobox', { name: /filter/i }).fill('coap.opt.observe');
    await page.keyboard.press('Enter');
    await expect.poll(() => shown(page)).toBeLessThan(before + 12);
  });
});
