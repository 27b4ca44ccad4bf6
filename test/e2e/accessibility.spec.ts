import { expect, faults, line, openFile, samplePath, test } from './page.ts';

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the start page is accessible', async ({ page }) => {
      await page.goto('./');
      await expect(page.getByTestId('sample')).toHaveCount(3);
      expect(await faults(page)).toEqual([]);
    });

    test('an open capture is accessible', async ({ page }) => {
      await openFile(page, samplePath('leshan-fota-fail-a.pcapng'));
      await line(page, 3).click();
      await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
      await expect(page.getByRole('separator', { name: 'Height of the timeline' })).toBeVisible();
      expect(await faults(page)).toEqual([]);

      await page.getByRole('tab', { name: /^Exchange/ }).click();
      expect(await faults(page)).toEqual([]);
      await page.getByRole('tab', { name: /^Related/ }).click();
      expect(await faults(page)).toEqual([]);
    });

    test('filter, keys and commands are accessible', async ({ page }) => {
      await openFile(page, samplePath('wk-dm-a.pcapng'));
      await page.getByTestId('filter').fill('coap.code == 4.04 && bad');
      await expect(page.getByTestId('filter-fault')).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
      expect(await faults(page)).toEqual([]);
    });
  });
}

test('everything is reached by keys alone', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByTestId('sample')).toHaveCount(3);
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let count = 0; count < 60; count++) {
      await page.keyboard.press('Tab');
      if (name.test(await focused())) return;
    }
    throw new Error(`Tab does not reach ${name}; it stands at ${await focused()}`);
  };

  await tabTo(/Open the sample Every operation once/);
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-analysis', 'done');
  await page.keyboard.press('l');
  await expect(page.getByTestId('message-list')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(line(page, 0)).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('tree')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('[role=treeitem]:focus')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('[role=treeitem]:focus')).toBeVisible();
  await tabTo(/^Bytes of/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('/');
  await expect(page.getByTestId('filter')).toBeFocused();
  await page.keyboard.type('coap.code == 2.05');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('shown')).toBeVisible();
  await tabTo(/^Keys$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await tabTo(/Devices; Enter/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tree')).toBeVisible();
});

test('single keys can be switched off', async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  await page.keyboard.press('?');
  await page.getByLabel('Single keys are commands').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await expect(page.getByRole('button', { name: 'Timeline' })).toHaveAttribute('aria-current', 'page');
});
