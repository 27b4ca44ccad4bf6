import AxeBuilder from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { expect, fixturePath, openFile, samplePath, test } from './page.ts';

/** A pull: 47 blocks come from a download server, one line of the ladder. */
const PULL = 'leshan/leshan-fota-pull-a.pcapng';
/** A proxy that loses messages on purpose, seen on both its sides. */
const LOSS = 'leshan/leshan-loss-a.pcapng';

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

async function openLadder(page: Page, name: string): Promise<Locator> {
  await openFile(page, fixturePath(name));
  await page.keyboard.press('5');
  const grid = page.getByTestId('sequence');
  await expect(grid.getByRole('row', { name: /Register/ }).first()).toBeVisible();
  return grid;
}

test('a pull is told by its lifelines, with the transfer as one line', async ({ page }) => {
  const grid = await openLadder(page, PULL);
  const views = page.getByRole('navigation', { name: 'Views and devices' });
  await expect(views.getByRole('button', { name: 'Sequence' })).toHaveAttribute('aria-current', 'page');
  await expect(grid).toContainText('Download server');
  const transfer = grid.getByRole('row', { name: /Transfer Download/ });
  await expect(transfer).toHaveCount(1);
  await expect(transfer).toContainText(/24,022 B · Block2 47 × 512 B/);
  await expect(transfer).toContainText(/94 messages folded.*from fota-pull-A to download server/);
  await expect(grid.getByRole('row', { name: /State 1 Downloading/ })).toBeVisible();

  // Its messages are shown, and folded again.
  await transfer.locator('[data-turn]').click();
  await expect(grid).toHaveAttribute('aria-rowcount', /^1[2-3]\d$/);
  await transfer.locator('[data-turn]').click();
  await expect(grid).toHaveAttribute('aria-rowcount', '32');
});

test('the keys walk over messages, and Enter leads to their list', async ({ page }) => {
  const grid = await openLadder(page, PULL);
  await grid.focus();
  await page.keyboard.press('Home');
  await expect(grid.locator('[aria-selected=true]')).toContainText('Register');
  await page.keyboard.press('ArrowDown');
  await expect(grid.locator('[aria-selected=true]')).toContainText('2.01');
  await page.keyboard.press('End');
  await expect(grid.locator('[aria-selected=true]')).toContainText('2.02');
  await page.keyboard.press('ArrowUp');
  await expect(grid.locator('[aria-selected=true]')).toContainText('De-register');
  await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message-list').locator('[aria-selected=true]')).toContainText('De-register');
  // The selection is one: the ladder comes back at it.
  await page.keyboard.press('5');
  await expect(page.getByTestId('sequence').locator('[aria-selected=true]')).toContainText('De-register');
});

test('empty ACKs are hidden until somebody wants them', async ({ page }) => {
  const grid = await openLadder(page, PULL);
  await expect(page.getByText('5 hidden')).toBeVisible();
  await expect(grid.getByRole('row', { name: /empty message ACK/ })).toHaveCount(0);
  await page.getByLabel(/Hide empty ACKs/).uncheck();
  await expect(grid.getByRole('row', { name: /empty message ACK/ }).first()).toBeVisible();
});

test('lost and repeated messages are told as such', async ({ page }) => {
  const grid = await openLadder(page, LOSS);
  await expect(
    grid.getByRole('row', { name: /Register.*nothing came back before it was sent again/ }),
  ).toHaveCount(1);
  await expect(grid.getByRole('row', { name: /Register.*copy 2 after 1.7 s/ })).toHaveCount(1);
  await expect(grid.getByRole('row', { name: /Wait of 1.7 s/ })).toHaveCount(1);
});

test('the filter in force applies', async ({ page }) => {
  const grid = await openLadder(page, LOSS);
  const filter = page.getByRole('combobox', { name: /Filter/ });
  await filter.fill('lwm2m.operation == "Execute"');
  await filter.press('Enter');
  await expect(grid.getByRole('row', { name: /Execute/ }).first()).toBeVisible();
  await expect(grid.getByRole('row', { name: /Register/ })).toHaveCount(0);
});

test('what is in sight is saved with its legend', async ({ page }) => {
  await openLadder(page, LOSS);
  for (const format of ['SVG', 'PNG']) {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: `Save ${format}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`leshan-loss-a-sequence.${format.toLowerCase()}`);
    const bytes = readFileSync(await file.path());
    if (format === 'PNG') expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    else {
      const text = bytes.toString();
      expect(text).toContain('nothing came back for this copy');
      expect(text).toContain('LwM2M server');
      expect(text).toContain('lossy-A');
      expect(text).not.toContain('var(--');
    }
  }
});

test('a device of a fleet is chosen, and the ladder follows a selection elsewhere', async ({ page }) => {
  await openFile(page, samplePath('leshan-fleet-a.pcapng'));
  await page.keyboard.press('5');
  const device = page.getByLabel('Device', { exact: true });
  const second = await device.locator('option').nth(2).textContent();
  await device.selectOption({ index: 2 });
  await expect(page.getByTestId('sequence')).toContainText(second ?? '');
  await page.getByTestId('devices').getByRole('option').first().click();
  await expect(device).toHaveValue('0');
  await device.selectOption({ label: 'All devices' });
  await expect(page.getByTestId('sequence')).toHaveAttribute('aria-label', /^Messages of All devices/);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the ladder is accessible', async ({ page }, info) => {
      const grid = await openLadder(page, PULL);
      await grid.getByRole('row', { name: /Execute/ }).click();
      await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
      await page.screenshot({ path: info.outputPath(`sequence-pull-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
      await openLadder(page, LOSS);
      await page.screenshot({ path: info.outputPath(`sequence-loss-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
    });
  });
}
