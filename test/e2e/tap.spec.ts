import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { libcoapMissing, LibcoapServer } from '../stacks/libcoap.ts';
import { expect, fixturePath, lines, openFile, test, untilState } from './page.ts';
import { captureMissing, ServedPage } from './served-page.ts';
import { allLines, capture, messagesOf, saveRecording, shown, Talkers } from './tap-page.ts';

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

test.describe('a live tap of loopback', () => {
  test.skip(missing !== undefined && !mustRun, missing);

  test('shows each step of a device and its server before the next is sent, and saves what it showed', async ({
    page,
  }, info) => {
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

    const live = await allLines(page);
    expect(live).toHaveLength(messages.length);
    const path = await saveRecording(page, info.outputPath('saved.pcapng'));
    // By the command line the same messages of the same packets, with the operations that were shown.
    const records = messagesOf(path);
    expect(records.map(({ frame }) => String(frame.number))).toEqual(live.map(([number]) => number));
    records.forEach(({ lwm2m }, row) => expect(live[row]!.join(' ')).toContain(lwm2m?.operation ?? ''));
    // What was captured are the datagrams that were sent, also by another reader.
    expect(datagrams(path)).toEqual(messages);
    await page.getByRole('button', { name: 'Leave' }).click();
    await untilState(page, 'stopped');
    await openFile(page, path);
    await page.keyboard.press('2');
    expect(await allLines(page)).toEqual(live);
  });

  test('is held while the capture goes on, and has what came meanwhile', async ({ page }, info) => {
    const talkers = await Talkers.bind();
    cleanups.push(() => talkers.close());
    await capture(page, (await served()).address, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(10);
    await expect.poll(() => shown(page)).toBe(10);
    const card = page.getByTestId('load-card');
    await card.getByRole('button', { name: 'Hold' }).click();
    await expect(card.getByRole('status')).toHaveText('Held');
    const recording = page.getByTestId('recording-card').getByRole('heading');
    const before = await recording.textContent();
    await talkers.say(40, 1000);
    // The recording grows while the page stands still.
    await expect(recording).toContainText(/4\d\.\d kB/);
    expect(await recording.textContent()).not.toBe(before);
    expect(await shown(page)).toBe(10);
    // What is saved now has what the page has not shown yet.
    const held = await saveRecording(page, info.outputPath('held.pcapng'));
    expect(messagesOf(held)).toHaveLength(50);
    expect(await shown(page)).toBe(10);
    await card.getByRole('button', { name: 'Go on' }).click();
    await expect(card.getByRole('status')).toHaveText('Capturing');
    await expect.poll(() => shown(page)).toBe(50);
    expect(messagesOf(await saveRecording(page, info.outputPath('after.pcapng')))).toHaveLength(50);
  });

  test('follows the newest message until the person moves away, and goes back when asked', async ({
    page,
  }) => {
    const talkers = await Talkers.bind();
    cleanups.push(() => talkers.close());
    await capture(page, (await served()).address, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(100);
    await expect.poll(() => shown(page)).toBe(100);
    await expect(lines(page).last()).toHaveAttribute('aria-rowindex', '101');
    const list = page.getByTestId('message-list');
    const toNewest = page.getByRole('button', { name: /new ↓$/ });
    await expect(toNewest).toHaveCount(0);

    await list.hover();
    await page.mouse.wheel(0, -800);
    await expect(lines(page).last()).not.toHaveAttribute('aria-rowindex', '101');
    const first = await lines(page).first().getAttribute('aria-rowindex');
    await talkers.say(7);
    await expect(toNewest).toHaveText('7 new ↓');
    await talkers.say(5);
    await expect(toNewest).toHaveText('12 new ↓');
    // What the person looks at stays where it is.
    await expect(lines(page).first()).toHaveAttribute('aria-rowindex', first!);
    await toNewest.click();
    await expect(lines(page).last()).toHaveAttribute('aria-rowindex', '113');
    await expect(toNewest).toHaveCount(0);
    await talkers.say(20);
    await expect(lines(page).last()).toHaveAttribute('aria-rowindex', '133');
    await expect(toNewest).toHaveCount(0);
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
