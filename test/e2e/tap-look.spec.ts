import { cutRelay } from './cut-relay.ts';
import { expect, faults, test, untilState } from './page.ts';
import { captureMissing, ServedPage } from './served-page.ts';
import { shown, startCapture, Talkers } from './tap-page.ts';

const missing = captureMissing();
// Where all that is needed was installed, a test that does not run is a test that fails.
const mustRun = process.env['EVERY_TEST_RUNS'] === '1';

const cleanups: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });
    test.skip(missing !== undefined && !mustRun, missing);

    test('a live tap is accessible, from the offer to the loss of its relay', async ({
      page,
      heard,
    }, info) => {
      test.slow();
      heard.expected = true;
      /** Looks with axe, and keeps a picture. */
      const look = async (name: string): Promise<void> => {
        await page.screenshot({ path: info.outputPath(`${name}-${colorScheme}.png`) });
        expect.soft(await faults(page), name).toEqual([]);
      };
      const served = await ServedPage.start(0, '--ring', '1MiB');
      cleanups.push(() => served.stop());
      const talkers = await Talkers.bind();
      cleanups.push(() => talkers.close());
      const relay = await cutRelay(served);
      cleanups.push(() => relay.close());

      await page.goto(relay.page);
      await expect(page.getByRole('button', { name: 'Capture', exact: true })).toBeVisible();
      await expect(page.getByTestId('sample')).toHaveCount(3);
      await look('offer');

      await startCapture(page, talkers.filter);
      const card = page.getByTestId('load-card');
      await talkers.say(30);
      await expect.poll(() => shown(page)).toBe(30);
      await look('live');

      await card.getByRole('button', { name: 'Change…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Capture filter in the language of tcpdump').fill('udp prt 5683');
      await look('tap-dialog');
      await dialog.getByRole('button', { name: 'Start' }).click();
      await expect(dialog.getByRole('alert')).toContainText('syntax error');
      await look('tap-dialog-refused');
      await page.keyboard.press('Escape');

      await startAgain(page, talkers.filter);
      await page.keyboard.press('m');
      await expect(page.getByRole('dialog')).toContainText('UTC');
      await look('mark-dialog');
      await page.keyboard.type('power on');
      await page.keyboard.press('Enter');
      await expect(dialog).toHaveCount(0);
      await page.getByTestId('recording-card').getByRole('button', { name: 'Alert…' }).click();
      await page.getByLabel('Filter expression').fill('coap.code == 2.05');
      await look('alert-dialog');
      await dialog.getByRole('button', { name: 'Start' }).click();
      await expect(dialog).toHaveCount(0);

      relay.cut();
      await expect(card.getByRole('status')).toContainText('Relay lost');
      await look('lost');
      await talkers.say(2000, 1200);
      relay.restore();
      await expect(card).toContainText('did not come here');
      await expect(card.getByRole('status')).toHaveText('Capturing');
      await card.getByRole('button', { name: 'Hold' }).click();
      await expect(card.getByRole('status')).toHaveText('Held');
      await look('gap-and-held');
      await card.getByRole('button', { name: 'Leave' }).click();
      await untilState(page, 'stopped');
      await look('left');
    });
  });
}

/** Captures by the dialog of a tap that runs. */
async function startAgain(page: Parameters<typeof shown>[0], filter: string): Promise<void> {
  await page.getByTestId('load-card').getByRole('button', { name: 'Change…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Capture filter in the language of tcpdump').fill(filter);
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(dialog).toHaveCount(0);
}
