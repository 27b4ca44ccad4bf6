import { expect, lines, openBytes, sampleBytes, test, untilState } from './page.ts';

test('the start page says what it does, and opens a sample', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('heading', { name: 'Open a capture' })).toBeVisible();
  await expect(page.getByText('Nothing is uploaded').first()).toBeVisible();
  await untilState(page, 'idle');
  await expect(page.getByTestId('sample')).toHaveCount(3);

  await page.getByTestId('sample').first().click();
  await untilState(page, 'done');
  await expect(page.getByTestId('file-chip')).toContainText('leshan-fota-fail-a.pcapng');
  await expect(page.getByTestId('file-chip')).toContainText('256 frames');
  await expect(lines(page).first()).toContainText('Register');
  await expect(page).toHaveTitle(/leshan-fota-fail-a/);
});

test('a host of files offers no live tap and says how to get one', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByText('lwm2m-scope tap INTERFACE')).toBeVisible();
  const address = page.getByLabel('Address');
  await address.fill('ws://192.0.2.1:80/live');
  await expect(page.getByText('Only a WebSocket on this machine')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Connect' })).toBeDisabled();
  await address.fill('ws://127.0.0.1:9/live');
  await expect(page.getByRole('button', { name: 'Connect' })).toBeEnabled();
});

test('several files are read as one capture', async ({ page }) => {
  await page.goto('./');
  await page.getByTestId('capture-input').setInputFiles([
    { name: 'one.pcapng', mimeType: '', buffer: sampleBytes('wk-dm-a.pcapng') },
    { name: 'two.pcapng', mimeType: '', buffer: sampleBytes('leshan-fleet-a.pcapng') },
  ]);
  await untilState(page, 'done');
  await expect(page.getByTestId('file-chip')).toContainText('909 frames');
});

test('a dropped file is opened', async ({ page }) => {
  await page.goto('./');
  const bytes = sampleBytes('wk-dm-a.pcapng').toString('base64');
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], 'dropped.pcapng'));
    return data;
  }, bytes);
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop to open')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await untilState(page, 'done');
  await expect(page.getByTestId('file-chip')).toContainText('dropped.pcapng');
});

const PASTED = [
  'Sending 16 bytes to 10.0.0.7:56830',
  '44 01 01 6E  0A 0B 0C 0E  B1 33 01 30  01 30 61 00  D..n.....3.0.0a.',
  '12:00:01 received from 10.0.0.7:56830: 6445016e0a0b0c0eff41636d65',
].join('\n');

test('a hex dump is pasted into the dialog and opened', async ({ page }) => {
  await page.goto('./');
  await page.getByRole('button', { name: 'Paste a hex dump' }).click();
  const box = page.getByLabel('Text with hex dumps');
  await expect(box).toBeFocused();
  await expect(page.getByRole('button', { name: 'Open', exact: true }).last()).toBeDisabled();
  await box.fill(PASTED);
  await page.getByRole('dialog').getByRole('button', { name: 'Open' }).click();
  await untilState(page, 'done');
  await expect(page.getByTestId('file-chip')).toContainText('2 frames');
  await expect(lines(page).first()).toContainText('Read');
});

test('text pasted onto the page waits in the dialog', async ({ page }) => {
  await page.goto('./');
  await untilState(page, 'idle');
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, PASTED);
  await expect(page.getByLabel('Text with hex dumps')).toHaveValue(PASTED);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a file that is no capture is named for what it seems to be', async ({ page }) => {
  await openBytes(page, 'console-2211.log', Buffer.from('00:00:04.120 started\n'.repeat(200)));
  const fault = page.getByTestId('open-fault');
  await expect(fault).toContainText('not a capture');
  await expect(fault).toContainText('console-2211.log');
  await expect(fault).toContainText(/text/i);

  // The next file is read as if nothing had been.
  await page.getByTestId('sample').last().click();
  await untilState(page, 'done');
  await expect(lines(page).first()).toBeVisible();
});

test('an empty file is said to be empty', async ({ page }) => {
  await openBytes(page, 'empty.pcap', Buffer.alloc(0));
  await expect(page.getByTestId('open-fault')).toContainText(/empty|no bytes/i);
});

test('a capture that is cut shows what was read and where it ends', async ({ page }) => {
  const cut = sampleBytes('wk-dm-a.pcapng').subarray(0, 11_739);
  await openBytes(page, 'cut.pcapng', cut);
  const notice = page.getByTestId('notice').first();
  await expect(notice).toContainText('cut.pcapng');
  await expect(notice).toContainText(/at byte 11,\d\d\d/);
  await expect(notice).toContainText(/\d+ frames before it were read and are shown/);
  await expect(lines(page).first()).toBeVisible();
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByTestId('notice')).toHaveCount(0);
});

test('the theme follows the system until it is chosen, and is the only thing kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('./');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByTestId('sample').last().click();
  await untilState(page, 'done');
  await page.getByRole('button', { name: 'Switch to the light theme' }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  const kept = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
  }));
  expect(kept).toEqual({ local: ['lwm2m-scope.theme'], session: [], cookies: '', databases: 0 });
});
