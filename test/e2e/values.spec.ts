import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, openBytes, openFile, samplePath, test } from './page.ts';
import { valueCapture } from './value-capture.ts';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures');
const COMMAND = join(FIXTURES, '../dist-node/bin/lwm2m-scope.js');
const OBSERVED = join(FIXTURES, 'leshan/leshan-observe-non-con-a.pcapng');

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

function resource(page: Page, name: string): Locator {
  return page.getByTestId('value-list').getByRole('row', { name });
}

function samples(page: Page): Locator {
  return page.getByTestId('sample-table').locator('[role=row][data-index]');
}

async function saved(page: Page, format: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: `Export ${format}` }).click(),
  ]);
  return readFileSync(await download.path(), format === 'PNG' ? 'latin1' : 'utf8');
}

test('a battery level is charted and exported within three clicks', async ({ page }) => {
  await openFile(page, OBSERVED);
  await page.getByRole('button', { name: /^Values/ }).click();
  await resource(page, 'Battery Level').click();
  await expect(samples(page)).toHaveCount(5);
  const csv = await saved(page, 'CSV');
  // What the device itself told: see the values in the truth of the recording.
  const truth = JSON.parse(
    readFileSync(join(FIXTURES, 'leshan/leshan-observe-non-con-a.truth.json'), 'utf8'),
  ) as unknown;
  const [head, ...rows] = csv.trim().split('\n');
  const columns = head!.split(',');
  expect(columns).toContain('value');
  expect(rows).toHaveLength(5);
  const told = rows.map((row) => row.split(',')[columns.indexOf('value')]!);
  for (const value of told) expect(JSON.stringify(truth)).toContain(value);
  const shown = await samples(page).locator('[role=gridcell]:nth-child(2)').allInnerTexts();
  expect(shown).toEqual(told);
});

test('exports hold each value of the chart, and pictures can be opened', async ({ page }) => {
  await openFile(page, OBSERVED);
  await page.keyboard.press('3');
  await resource(page, 'Sensor Value').click();
  await resource(page, 'Battery Level').click({ modifiers: ['Shift'] });
  await expect(page.getByRole('list', { name: 'Series of the chart' }).getByRole('listitem')).toHaveCount(2);
  const records = (await saved(page, 'NDJSON'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string });
  // The same as the command line gives for them.
  const all = execFileSync('node', [COMMAND, 'values', OBSERVED, '--format', 'ndjson'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string });
  expect(records).toEqual(all.filter(({ path }) => ['/3303/0/5700', '/3/0/9'].includes(path)));
  expect(new Set(records.map(({ path }) => path))).toEqual(new Set(['/3303/0/5700', '/3/0/9']));
  expect((await saved(page, 'CSV')).trim().split('\n')).toHaveLength(records.length + 1);

  const svg = await saved(page, 'SVG');
  expect(svg).toMatch(/^<svg[^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toContain('Battery Level');
  expect(svg).not.toContain('var(');
  expect(await saved(page, 'PNG')).toMatch(/^\x89PNG/);
});

test('the chart shows gaps, late notifications, limits and doubts', async ({ page }) => {
  await openBytes(page, 'values.pcap', valueCapture());
  await page.keyboard.press('3');
  const chart = page.getByTestId('value-chart');
  await expect(chart).toHaveAttribute('aria-label', /Sensor Value of dev1/);
  await expect(chart.getByText('25.0 s without a notification, pmax 10 s')).toBeVisible();
  await expect(chart.getByText('Interval, s')).toBeVisible();
  await expect(chart.getByText('pmin 1 · pmax 10 s')).toBeVisible();
  // The line begins anew after the registration was lost and came back.
  await expect(chart.locator('.series .line')).toHaveAttribute('d', /^M[^M]+M[^M]+M[^M]+$/);
  await expect(page.getByLabel('Statistics of what is in sight')).toContainText('samples 19');

  await page.getByRole('button', { name: 'Doubtful 1' }).click();
  await expect(page.getByTestId('value-list').locator('.row.resource')).toHaveCount(1);
  await resource(page, 'Battery Level').click();
  await expect(page.getByLabel('Statistics of what is in sight')).toContainText('1 left out');
  await expect(chart.locator('.doubt')).toHaveCount(1);
  await page.getByRole('button', { name: 'Doubtful 1' }).click();
  await resource(page, 'State').click();
  await expect(chart.getByText('1 Downloading')).toBeVisible();
  await expect(chart.locator('.untold')).toHaveCount(1);
});

test('everything is reached by keys', async ({ page }) => {
  await openBytes(page, 'values.pcap', valueCapture());
  await page.keyboard.press('3');
  const list = page.getByTestId('value-list');
  await list.focus();
  await page.keyboard.press('Home');
  await expect(list).toHaveAttribute('aria-activedescendant', 'value-0');
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('#value-0')).toHaveAttribute('aria-expanded', 'false');
  await expect(list).toHaveAttribute('aria-rowcount', '2');
  await page.keyboard.press('ArrowRight');
  await expect(list).toHaveAttribute('aria-rowcount', '12');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(samples(page).first()).toContainText('20.5');
  for (let up = 0; up < 3; up++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Space');
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await page.keyboard.press('Space');
  await expect(page.getByRole('listitem')).toHaveCount(1);

  // From sample to sample, and to the message.
  const chart = page.getByTestId('value-chart');
  await chart.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#sample-1')).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByTestId('value-tooltip')).toContainText('Notify');
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('#sample-0')).toHaveAttribute('aria-selected', 'true');
  const times = chart.locator('text.time');
  const all = await times.allTextContents();
  await page.keyboard.press('w');
  await expect.poll(() => times.allTextContents()).not.toEqual(all);
  await page.keyboard.press('f');

  await page.getByTestId('sample-table').focus();
  await page.keyboard.press('End');
  await expect(page.locator('#sample-18')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Messages' })).toHaveAttribute('aria-current', 'page');
  await expect(page.locator('[role=row][aria-selected=true]')).toContainText('Notify');

  // And back from the message.
  await page.getByRole('button', { name: 'Values over time' }).click();
  await expect(page.getByRole('listitem')).toContainText('Sensor Value');
  await expect(page.locator('#sample-18')).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('button', { name: 'Show only this resource' }).click();
  await expect(page.getByTestId('filter')).toHaveValue('lwm2m.path == "/3303/0/5700"');
  await expect(page.getByTestId('message-list')).toBeVisible();
});

test('the pointer finds samples', async ({ page }) => {
  await openBytes(page, 'values.pcap', valueCapture());
  await page.keyboard.press('3');
  const box = (await page.getByTestId('value-chart').boundingBox())!;
  await expect(samples(page).first()).toContainText('20.5');
  // Outside of the registration break, at the right: values around 20.
  await page.mouse.move(box.x + box.width * 0.8, box.y + 120);
  await expect(page.getByTestId('value-tooltip')).toContainText('Notify · NON 2.05');
  await page.mouse.click(box.x + box.width * 0.8, box.y + 120);
  await expect(page.locator('[data-testid=sample-table] [aria-selected=true]')).toHaveCount(1);
});

test('what is absent is explained', async ({ page }) => {
  const none = captureWithoutValues();
  await openBytes(page, 'none.pcap', none);
  await page.keyboard.press('3');
  await expect(page.getByText('No values were read.')).toBeVisible();
  expect(await faults(page)).toEqual([]);
});

function captureWithoutValues(): Buffer {
  // Header, Register and its answer: two messages without values.
  const whole = valueCapture();
  let end = 24;
  for (let packet = 0; packet < 2; packet++) end += 16 + whole.readUInt32LE(end + 8);
  return whole.subarray(0, end);
}

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the view of values is accessible and drawn', async ({ page }, info) => {
      await openBytes(page, 'values.pcap', valueCapture());
      await page.keyboard.press('3');
      for (const name of ['Battery Level', 'State', 'Manufacturer'])
        await resource(page, name).click({ modifiers: ['Shift'] });
      await page.getByRole('button', { name: 'Sensor Value', exact: true }).click();
      await samples(page).nth(1).click();
      await page.getByTestId('value-chart').focus();
      await expect(page.getByTestId('value-tooltip')).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.screenshot({ path: info.outputPath(`values-${colorScheme}.png`) });

      await openFile(page, samplePath('leshan-fleet-a.pcapng'));
      await page.keyboard.press('3');
      await expect(page.getByTestId('value-chart')).toBeVisible();
      await expect(samples(page).first()).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.screenshot({ path: info.outputPath(`fleet-values-${colorScheme}.png`) });
    });
  });
}
