import AxeBuilder from '@axe-core/playwright';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, openFile, samplePath, test } from './page.ts';

/** Seven attempts of one device; all fail, the last with result 8 after its Update was executed. */
const FAILING = 'leshan-fota-fail-a.pcapng';

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

test('one click from the opened file to why the last update failed', async ({ page }) => {
  await openFile(page, samplePath(FAILING));
  const views = page.getByRole('navigation', { name: 'Views and devices' });
  await expect(views.getByRole('button', { name: /^Firmware/ })).toContainText('7 failed of 7');
  await views.getByRole('button', { name: /^Firmware/ }).click();
  const verdict = page.getByTestId('verdict');
  await expect(verdict).toContainText('Failed · result 8 Firmware update failed');
  await expect(verdict).toContainText('after Update was executed');
  const facts = page.getByRole('region', { name: 'Facts of the update' });
  await expect(facts).toContainText('Device is at fault');
  await expect(facts).toContainText('24,022 B');
  await expect(facts).toContainText('d0a2b4cc555d9b9ad4ad8d6453a3b78367d1a8820155656a1c5f01f3c633607d');

  // The message that decides is one click away, with its bytes.
  await verdict.getByRole('button', { name: /^Deciding message/ }).click();
  await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /Update Result/ }).last()).toBeVisible();
});

test('attempts are chosen by pointer and keys, and told apart', async ({ page }) => {
  await openFile(page, samplePath(FAILING));
  await page.keyboard.press('4');
  const list = page.getByRole('complementary', { name: 'Update attempts' });
  await expect(list.locator('li')).toHaveCount(7);
  await list.getByRole('button', { name: /result 5/ }).click();
  const verdict = page.getByTestId('verdict');
  await expect(verdict).toContainText('result 5 Integrity check failed');
  await expect(verdict).toContainText('after the last block');
  await page.keyboard.press(']');
  await expect(verdict).toContainText('result 6');
  await page.keyboard.press('[');
  await expect(verdict).toContainText('result 5');
  await list.getByRole('button', { name: /^Open/ }).click();
  await expect(list).toContainText('None.');
});

test('the transfer is one line, and what was sent is saved byte by byte', async ({ page }) => {
  await openFile(page, samplePath(FAILING));
  await page.keyboard.press('4');
  await page.getByRole('button', { name: /result 5/ }).click();
  await expect(page.getByTestId('verdict')).toContainText('result 5');
  const exchanges = page.getByRole('table', { name: 'Exchanges of the update' });
  await expect(exchanges.getByRole('row', { name: /Write.*blocks of at most/ })).toHaveCount(1);
  await page.getByRole('button', { name: 'Transfer' }).click();
  await expect(page.getByRole('img', { name: /6 blocks, 0 repeats, 0 stalls/ })).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save package…' }).click();
  const path = await (await download).path();
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(6022);
  // As Leshan's own device had it.
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    'ff660f3ea2c21e06a5dd8aa36a8aa1d76a65528dad41b39ba276434d9486820b',
  );
});

test('two attempts are compared', async ({ page }) => {
  await openFile(page, samplePath(FAILING));
  await page.keyboard.press('4');
  await page.getByLabel('Compare with').selectOption('0');
  const comparison = page.getByRole('region', { name: 'Comparison' });
  await expect(comparison).toContainText('share received');
  await expect(comparison.getByRole('row', { name: /^Result/ })).toContainText('result 5');
  await comparison.getByRole('button', { name: 'Close the comparison' }).click();
  await expect(comparison).toHaveCount(0);
});

test('the timeline’s track leads to the update', async ({ page }) => {
  await openFile(page, samplePath(FAILING));
  await page.getByRole('button', { name: 'Show update' }).first().click();
  await expect(page.getByTestId('verdict')).toContainText('result 8');
  await page.getByRole('region', { name: 'Updates' }).getByRole('button', { name: 'Timeline' }).click();
  await expect(page.getByRole('button', { name: 'Show update' }).first()).toBeVisible();
});

test('a capture without updates says so', async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  await page.keyboard.press('4');
  await expect(page.getByText(/No update of firmware or software/)).toBeVisible();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the view of updates is accessible', async ({ page }, info) => {
      await openFile(page, samplePath(FAILING));
      await page.keyboard.press('4');
      await expect(page.getByTestId('verdict')).toBeVisible();
      await page.screenshot({ path: info.outputPath(`firmware-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
      await page.getByLabel('Compare with').selectOption('0');
      await page.getByRole('button', { name: /^Deciding message/ }).click();
      await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
      await page.screenshot({ path: info.outputPath(`firmware-compared-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
    });
  });
}
