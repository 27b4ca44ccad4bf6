import { spawnSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { cutRelay } from './cut-relay.ts';
import { expect, openFile, sampleBytes, test, untilState } from './page.ts';
import { captureMissing, ServedPage } from './served-page.ts';
import {
  allLines,
  capture,
  marks,
  messagesOf,
  saveRecording,
  shown,
  startCapture,
  streamTap,
  Talkers,
} from './tap-page.ts';

const missing = captureMissing();
// Where all that is needed was installed, a test that does not run is a test that fails.
const mustRun = process.env['EVERY_TEST_RUNS'] === '1';

const cleanups: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function served(port = 0, ...more: string[]): Promise<ServedPage> {
  const page = await ServedPage.start(port, ...more);
  cleanups.push(() => page.stop());
  return page;
}

async function talk(): Promise<Talkers> {
  const talkers = await Talkers.bind();
  cleanups.push(() => talkers.close());
  return talkers;
}

/** Opens the only recording that was left. */
async function openLeft(page: Page): Promise<void> {
  const recordings = page.getByTestId('recordings');
  await expect(recordings.getByRole('listitem')).toHaveCount(1);
  await recordings.getByRole('button', { name: /^Open the recording/ }).click();
  await untilState(page, 'done');
  await expect(page.getByTestId('notice')).toHaveCount(0);
}

test.describe('a live tap', () => {
  test.skip(missing !== undefined && !mustRun, missing);

  test('whose relay was killed and started again says so, and leaves what it recorded', async ({
    page,
    heard,
  }, info) => {
    // The browser itself writes of the connection that was refused.
    heard.expected = true;
    const talkers = await talk();
    const relay = await served();
    await capture(page, relay.address, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(30);
    await expect.poll(() => shown(page)).toBe(30);
    const live = await allLines(page);
    await relay.stop('SIGKILL');
    const card = page.getByTestId('load-card');
    await expect(card.getByRole('status')).toContainText('Relay lost');
    // Its token is another one: the page cannot know it, goes on trying, and keeps what it has.
    const again = await served(relay.port);
    await expect(card.getByRole('status')).toContainText(/tried [2-9] times/);
    expect(await shown(page)).toBe(30);
    const saved = await saveRecording(page, info.outputPath('lost.pcapng'));
    expect(messagesOf(saved)).toHaveLength(30);

    // The address that was printed now takes over; what was saved is not offered, what came since would be.
    await page.goto(again.address);
    await page.reload();
    await startCapture(page, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(12);
    await expect.poll(() => shown(page)).toBe(12);
    await page.reload();
    await openLeft(page);
    await page.keyboard.press('2');
    expect(await shown(page)).toBe(12);
    await openFile(page, saved);
    await page.keyboard.press('2');
    expect(await allLines(page)).toEqual(live);
  });

  test('whose relay was killed offers what was not saved at the new address', async ({ page, heard }) => {
    heard.expected = true;
    const talkers = await talk();
    const relay = await served();
    await capture(page, relay.address, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(30);
    await expect.poll(() => shown(page)).toBe(30);
    const live = await allLines(page);
    await relay.stop('SIGKILL');
    await expect(page.getByTestId('load-card').getByRole('status')).toContainText('Relay lost');
    const again = await served(relay.port);
    await page.goto(again.address);
    await page.reload();
    await openLeft(page);
    await page.keyboard.press('2');
    expect(await allLines(page)).toEqual(live);
  });

  test('whose connection breaks goes on without loss', async ({ page, heard }, info) => {
    heard.expected = true;
    const talkers = await talk();
    const relay = await cutRelay(await served());
    cleanups.push(() => relay.close());
    await capture(page, relay.page, talkers.filter);
    await page.keyboard.press('2');
    const status = page.getByTestId('load-card').getByRole('status');
    for (let round = 0; round < 3; round++) {
      await talkers.say(200);
      relay.cut();
      await talkers.say(200);
      await expect(status).toContainText('Relay lost');
      relay.restore();
      await expect(status).toHaveText('Capturing');
    }
    await talkers.say(1);
    await expect.poll(() => shown(page)).toBe(talkers.sent);
    const card = page.getByTestId('load-card');
    await expect(card).not.toContainText('did not come');
    await page.keyboard.press('1');
    await expect(marks(page)).toHaveCount(0);
    expect(messagesOf(await saveRecording(page, info.outputPath('all.pcapng')))).toHaveLength(talkers.sent);
  });

  test('whose connection was gone for longer than the ring holds counts what is missing, and marks where', async ({
    page,
    heard,
  }, info) => {
    heard.expected = true;
    const talkers = await talk();
    const relay = await cutRelay(await served(0, '--ring', '1MiB'));
    cleanups.push(() => relay.close());
    await capture(page, relay.page, talkers.filter);
    await page.keyboard.press('2');
    const card = page.getByTestId('load-card');
    await talkers.say(20);
    await expect.poll(() => shown(page)).toBe(20);
    relay.cut();
    await expect(card.getByRole('status')).toContainText('Relay lost');
    await talkers.say(2500, 1200);
    relay.restore();
    await expect(card.getByRole('status')).toHaveText('Capturing');
    await expect(card).toContainText('did not come here');
    const lost = /([\d,]+) packets did not come here/.exec((await card.textContent())!)![1]!;
    const count = Number(lost.replaceAll(',', ''));
    expect(count).toBeGreaterThan(1000);
    // None is counted twice, and none is forgotten.
    await expect.poll(() => shown(page)).toBe(talkers.sent - count);
    await page.keyboard.press('1');
    await expect(marks(page)).toHaveText([`${count} packets missing`]);
    const said = await marks(page).getAttribute('aria-label');

    const saved = await saveRecording(page, info.outputPath('gap.pcapng'));
    expect(messagesOf(saved)).toHaveLength(talkers.sent - count);
    await openFile(page, saved);
    await expect(marks(page)).toHaveCount(1);
    expect(await marks(page).getAttribute('aria-label')).toBe(said);
  });

  test('leaves its recording when the page is reloaded, and when its tab crashes', async ({
    page,
    context,
    heard,
  }) => {
    heard.expected = true;
    const talkers = await talk();
    const relay = await served();
    await capture(page, relay.address, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(25);
    await expect.poll(() => shown(page)).toBe(25);
    const live = await allLines(page);
    await page.reload();
    await openLeft(page);
    await page.keyboard.press('2');
    expect(await allLines(page)).toEqual(live);

    // The next one comes to the relay that captures still, and gets what its ring holds.
    const other = await context.newPage();
    await capture(other, relay.address, talkers.filter);
    await other.keyboard.press('2');
    await talkers.say(15);
    await expect.poll(() => shown(other)).toBe(40);
    const both = await allLines(other);
    const devtools = await context.newCDPSession(other);
    const crashed = other.waitForEvent('crash');
    void devtools.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.getByRole('button', { name: 'lwm2m-scope' }).click();
    const recordings = page.getByTestId('recordings');
    await expect(recordings.getByRole('listitem')).toHaveCount(2);
    await recordings
      .getByRole('button', { name: /^Open the recording/ })
      .first()
      .click();
    await untilState(page, 'done');
    await expect(page.getByTestId('notice')).toHaveCount(0);
    await page.keyboard.press('2');
    expect(await allLines(page)).toEqual(both);
  });

  test('goes on when the browser has no more room, and says so', async ({ page, context }, info) => {
    const talkers = await talk();
    const relay = await served();
    await page.goto(relay.address);
    const devtools = await context.newCDPSession(page);
    await devtools.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(relay.address).origin,
      quotaSize: 300_000,
    });
    await startCapture(page, talkers.filter);
    await page.keyboard.press('2');
    await talkers.say(600, 1000);
    const recording = page.getByTestId('recording-card');
    await expect(recording.getByRole('alert')).toContainText(
      'Nothing more is kept: the private storage of this browser is full. The capture goes on.',
    );
    await expect.poll(() => shown(page)).toBe(600);
    await talkers.say(50);
    await expect.poll(() => shown(page)).toBe(650);
    await expect(page.getByTestId('notice').first()).toContainText('no longer kept');
    const kept = messagesOf(await saveRecording(page, info.outputPath('part.pcapng')));
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.length).toBeLessThan(600);
    // What was kept is the beginning, without a hole.
    expect(kept.map(({ frame }) => frame.number)).toEqual(kept.map((_, index) => index + 1));
  });

  test('says that its interface has vanished, and keeps what came', async ({ page }, info) => {
    const name = 'scopetap0';
    const ip = (...words: string[]): number | null => spawnSync('ip', words).status;
    const made = ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'scopetap1') === 0;
    test.skip(!made, 'no interface may be made here');
    cleanups.push(() => ip('link', 'del', name));
    ip('addr', 'add', '10.211.55.1/24', 'dev', name);
    ip('link', 'set', name, 'up');
    ip('link', 'set', 'scopetap1', 'up');
    ip('neigh', 'add', '10.211.55.2', 'lladdr', '02:00:00:00:00:01', 'dev', name);
    const talkers = await talk();
    await capture(page, (await served()).address, 'udp port 5683', name);
    await page.keyboard.press('2');
    await talkers.sayTo('10.211.55.2', 5683, 20);
    await expect.poll(() => shown(page)).toBe(20);
    ip('link', 'del', name);
    const card = page.getByTestId('load-card');
    await expect(card.getByRole('status')).toHaveText('The capture failed');
    await expect(card.getByRole('alert')).toContainText(name);
    await page.screenshot({ path: info.outputPath('vanished.png') });
    expect(await shown(page)).toBe(20);
    expect(messagesOf(await saveRecording(page, info.outputPath('vanished.pcapng')))).toHaveLength(20);
    // Another interface can be chosen, and the recording goes on.
    await card.getByRole('button', { name: 'Change…' }).click();
    const dialog = page.getByRole('dialog');
    // What has vanished is not offered any more.
    await expect(dialog.getByRole('checkbox', { name: /^lo\b/ })).toBeVisible();
    await expect(dialog.getByRole('checkbox', { name: new RegExp(name) })).toHaveCount(0);
    for (const box of await dialog.getByRole('checkbox', { checked: true }).all()) await box.uncheck();
    await dialog.getByRole('checkbox', { name: /^lo\b/ }).check();
    await dialog.getByLabel('Capture filter in the language of tcpdump').fill(talkers.filter);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await expect(dialog).toBeHidden();
    await talkers.say(5);
    await expect.poll(() => shown(page)).toBe(25);
    expect(messagesOf(await saveRecording(page, info.outputPath('both.pcapng')))).toHaveLength(25);
  });
});

/** Where a capture with one section of nanoseconds goes back by an hour, from a packet on. */
function setBack(capture: Buffer, fromPacket: number): Buffer {
  const bytes = Buffer.from(capture);
  let packets = 0;
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    // Enhanced Packet Block (draft-ietf-opsawg-pcapng §4.3).
    if (bytes.readUInt32LE(at) !== 6 || packets++ < fromPacket) continue;
    const time = (BigInt(bytes.readUInt32LE(at + 12)) << 32n) | BigInt(bytes.readUInt32LE(at + 16));
    const earlier = time - 3_600_000_000_000n;
    bytes.writeUInt32LE(Number(earlier >> 32n), at + 12);
    bytes.writeUInt32LE(Number(earlier & 0xffffffffn), at + 16);
  }
  return bytes;
}

test('a clock that is set back is marked, and the saved file gives the same records', async ({
  page,
}, info) => {
  const bytes = setBack(sampleBytes('wk-dm-a.pcapng'), 60);
  const tap = await streamTap(cleanups);
  await page.goto(tap.page);
  await page.getByRole('button', { name: 'Connect' }).click();
  await untilState(page, 'live');
  const half = bytes.length >> 1;
  tap.write(bytes.subarray(0, half));
  await expect.poll(() => shown(page)).toBeGreaterThan(30);
  tap.write(bytes.subarray(half));
  await expect.poll(() => shown(page)).toBe(125);
  await page.keyboard.press('2');
  const live = await allLines(page);
  expect(live).toHaveLength(125);
  await page.keyboard.press('1');
  await expect(page.getByRole('group', { name: 'Marks' })).toContainText('1 mark');
  await expect(page.getByRole('group', { name: 'Marks' }).getByRole('button')).toHaveAttribute(
    'title',
    /the clock was set back by 60 min/,
  );
  // A mark of the person has the time that the packets have now.
  await page.keyboard.press('m');
  await expect(page.getByRole('dialog')).toContainText('UTC');
  await page.keyboard.type('after it');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('group', { name: 'Marks' })).toContainText('2 marks');
  await page.screenshot({ path: info.outputPath('set-back.png') });
  const saved = await saveRecording(page, info.outputPath('back.pcapng'));
  expect(messagesOf(saved)).toHaveLength(125);
  await openFile(page, saved);
  await page.keyboard.press('2');
  expect(await allLines(page)).toEqual(live);
  await page.keyboard.press('1');
  await expect(page.getByRole('group', { name: 'Marks' })).toContainText('2 marks');
});
