import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { expect, lines, test, untilState } from './page.ts';

/** Frames of the large capture, enough that reading it takes a second or more. */
const FRAMES = 2_000_000;

/** A pcap of so many frames that each hold one GET over IPv4 and UDP, written to `path`. */
async function writeLarge(path: string): Promise<void> {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const packet = Buffer.from(
    '000000000001000000000002080045000025000040004011000a0a0000010a000002d6af163300110000' + '40010001b13330',
    'hex',
  );
  const record = Buffer.alloc(16 + packet.length);
  packet.copy(record, 16);
  record.writeUInt32LE(packet.length, 8);
  record.writeUInt32LE(packet.length, 12);
  const batch = Buffer.alloc(record.length * 10_000);
  const out = createWriteStream(path);
  out.write(head);
  for (let first = 0; first < FRAMES; first += 10_000) {
    for (let index = 0; index < 10_000; index++) {
      const at = index * record.length;
      const number = first + index;
      record.copy(batch, at);
      batch.writeUInt32LE(1_700_000_000 + Math.floor(number / 1000), at);
      batch.writeUInt32LE((number % 1000) * 1000, at + 4);
      batch.writeUInt16BE(number & 0xffff, at + 16 + 44);
    }
    if (!out.write(Buffer.from(batch))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

test.describe('a large capture', () => {
  let folder = '';
  test.beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lwm2m-scope-'));
    await writeLarge(join(folder, 'large.pcap'));
  });
  test.afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is shown while it is read, and can be stopped with what was read', async ({ page }) => {
    await page.goto('./');
    await page.getByTestId('capture-input').setInputFiles(join(folder, 'large.pcap'));
    await expect(lines(page).first()).toContainText('CON GET');
    await expect(page.getByTestId('load-card')).toBeVisible();
    await page.getByTestId('load-card').getByRole('button', { name: 'Stop' }).click();
    await untilState(page, 'stopped');
    await expect(page.getByTestId('load-card')).toHaveCount(0);
    await expect(page.getByTestId('notice').filter({ hasText: 'Stopped.' })).toContainText(
      'what was read is shown',
    );

    const list = page.getByTestId('message-list');
    const read = Number(await list.getAttribute('aria-rowcount')) - 1;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(FRAMES);
    await list.focus();
    await page.keyboard.press('End');
    await expect(page.locator(`#message-${read - 1}`)).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
  });

  test('of two million lines is reached from end to end', async ({ page }) => {
    await page.goto('./');
    await page.getByTestId('capture-input').setInputFiles(join(folder, 'large.pcap'));
    await expect(page.locator('html')).toHaveAttribute('data-analysis', 'done', { timeout: 50_000 });
    const list = page.getByTestId('message-list');
    await expect(list).toHaveAttribute('aria-rowcount', String(FRAMES + 1));
    await list.focus();
    await page.keyboard.press('End');
    await expect(page.locator(`#message-${FRAMES - 1}`)).toContainText(FRAMES.toLocaleString('en'));
    // By the scroll bar to the middle, by the wheel one line on.
    await list.evaluate((element) => (element.scrollTop = (element.scrollHeight - element.clientHeight) / 2));
    await expect
      .poll(async () => Number(await lines(page).first().getAttribute('data-index')))
      .toBeGreaterThan(900_000);
    await expect(lines(page).first()).toContainText('CON GET');
    const indexes = async (): Promise<number> =>
      Math.min(
        ...(await lines(page).evaluateAll((all) =>
          all.map((row) => Number((row as HTMLElement).dataset['index'])),
        )),
      );
    const before = await indexes();
    await list.hover();
    await page.mouse.wheel(0, 220);
    await expect.poll(indexes).toBe(before + 10);
    await page.keyboard.press('Home');
    await expect(page.locator('#message-0')).toHaveAttribute('aria-selected', 'true');
  });
});
