import AxeBuilder from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { fleetCapture } from '../analysis/fleet-capture.ts';
import { tableHead, tableLine } from '../../src/analysis/records/record-table.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { expect, fixturePath, openBytes, openFile, samplePath, test } from './page.ts';

const FLEET = 'leshan-fleet-a.pcapng';
const RECORDED = 'leshan/leshan-fota-fail-a';
const MANY = 600;

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

function openMany(page: Page): Promise<void> {
  return openBytes(page, 'fleet.pcap', Buffer.from(fleetCapture(MANY)));
}

const table = (page: Page) => page.getByTestId('device-table');
const lineAt = (page: Page, index: number) => page.locator(`#device-line-${index}`);

async function saved(page: Page): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save CSV…' }).click();
  return readFileSync(await (await download).path(), 'utf8');
}

test('lists all devices, sorted by any column from the keys', async ({ page }) => {
  await openMany(page);
  await page.keyboard.press('6');
  await expect(page.getByRole('status').filter({ hasText: '600 devices' })).toBeVisible();
  await expect(lineAt(page, 0)).toContainText(`device-${MANY}`);
  const device = page.getByRole('columnheader', { name: 'Device' });
  await expect(device).toHaveAttribute('aria-sort', 'none');

  await device.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(device).toHaveAttribute('aria-sort', 'ascending');
  await expect(lineAt(page, 0)).toContainText('device-1');
  await page.keyboard.press('Enter');
  await expect(device).toHaveAttribute('aria-sort', 'descending');
  await expect(lineAt(page, 0)).toContainText(`device-${MANY}`);
  await expect(lineAt(page, 1)).toContainText(`device-${MANY - 1}`);

  await page.getByRole('button', { name: 'Errors' }).click();
  await expect(device).toHaveAttribute('aria-sort', 'none');
  await expect(lineAt(page, 0)).toContainText('refused');
  await expect(lineAt(page, MANY / 3 - 1)).toHaveCount(0);

  // The last line is far away, and one key.
  await table(page).focus();
  await page.keyboard.press('End');
  await expect(lineAt(page, MANY - 1)).toContainText('registered');
  await expect(table(page)).toHaveAttribute('aria-activedescendant', `device-line-${MANY - 1}`);
});

test('a device is shown on the timeline, or its messages alone', async ({ page }) => {
  await openMany(page);
  await page.keyboard.press('6');
  await expect(lineAt(page, 0)).toContainText('device-');
  await table(page).focus();
  await page.keyboard.press('End');
  await expect(lineAt(page, MANY - 1)).toContainText('device-1');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Timeline' }).first()).toContainText(/device-1(?!\d)/);

  await page.keyboard.press('6');
  await page.getByRole('searchbox', { name: /^Filter devices/ }).fill('device-77');
  await expect(page.getByRole('status').filter({ hasText: '1 of 600 devices' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByTestId('message-list')).toHaveAttribute('aria-rowcount', '3');
});

test('what is saved are the records of the devices', async ({ page }) => {
  await openFile(page, fixturePath(`${RECORDED}.pcapng`));
  await page.keyboard.press('6');
  await expect(lineAt(page, 0)).toBeVisible();
  let expected = tableHead('devices');
  const records = readFileSync(fixturePath(`${RECORDED}.expected/devices.ndjson`), 'utf8')
    .trim()
    .split('\n');
  for (const record of records) expected += tableLine('devices', JSON.parse(record) as JsonObject);
  expect(await saved(page)).toBe(expected);
});

test('what is saved are the devices that are shown, as they are sorted', async ({ page }) => {
  await openMany(page);
  await page.keyboard.press('6');
  await page.getByRole('searchbox', { name: /^Filter devices/ }).fill('device-59');
  await page.getByRole('button', { name: 'Device', exact: true }).click();
  await expect(lineAt(page, 0)).toContainText('device-59');
  const names = (await saved(page)).split('\n').map((line) => line.split(',')[0]);
  expect(names.slice(0, 3)).toEqual(['device', 'device-59', 'device-590']);
  expect(names).toHaveLength(13);
});

test('failed updates are marked, in the table and in the list at the left', async ({ page }) => {
  await openFile(page, samplePath('leshan-fota-fail-a.pcapng'));
  await expect(page.getByTestId('devices')).toContainText('7 failed updates');
  await page.keyboard.press('6');
  await expect(lineAt(page, 0)).toContainText('7 of 7');
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the table of devices is accessible', async ({ page }, info) => {
      await openFile(page, samplePath(FLEET));
      await page.keyboard.press('6');
      await expect(lineAt(page, 0)).toBeVisible();
      await page.getByRole('button', { name: 'Errors' }).click();
      await table(page).focus();
      await page.screenshot({ path: info.outputPath(`devices-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
    });
  });
}
