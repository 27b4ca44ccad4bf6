import { expect, line, openFile, samplePath, test } from './page.ts';

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the page is drawn', async ({ page }, info) => {
      await page.goto('./');
      await expect(page.getByTestId('sample')).toHaveCount(3);
      await page.screenshot({ path: info.outputPath(`start-${colorScheme}.png`) });

      await openFile(page, samplePath('leshan-fota-fail-a.pcapng'));
      await line(page, 3).click();
      await expect(page.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();
      await expect(page.locator('canvas').first()).toBeVisible();
      await page.waitForTimeout(300);
      await page.screenshot({ path: info.outputPath(`timeline-${colorScheme}.png`) });
      await page.keyboard.press('2');
      await page.screenshot({ path: info.outputPath(`messages-${colorScheme}.png`) });

      await openFile(page, samplePath('leshan-fleet-a.pcapng'));
      await page.waitForTimeout(300);
      await page.screenshot({ path: info.outputPath(`fleet-${colorScheme}.png`) });
    });
  });
}
