import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { fleetCapture } from '../analysis/fleet-capture.ts';
import { expect, line, openBytes, openFile, samplePath, test } from './page.ts';

const RECORDED = 'leshan-fota-fail-a.pcapng';

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

function openMany(page: Page, count: number): Promise<void> {
  return openBytes(page, 'fleet.pcap', Buffer.from(fleetCapture(count)));
}

const tree = (page: Page) => page.getByRole('treegrid', { name: 'Devices and their tracks' });
const heads = (page: Page) => tree(page).getByRole('row');
const devices = (page: Page) => tree(page).locator('[role=row][aria-level="1"]');
const drawer = (page: Page) => page.getByTestId('span-drawer');
const shownRows = (page: Page) => page.getByTestId('message-list');

/** Goes by keys to the first span of the track with that name. */
async function goToTrack(page: Page, name: RegExp): Promise<void> {
  await tree(page).focus();
  await page.keyboard.press('Control+Home');
  const count = await heads(page).count();
  for (let line = 0; line < count; line++) {
    const active = await tree(page).getAttribute('aria-activedescendant');
    const text = active === null ? '' : await page.locator(`[id="${active}"]`).innerText();
    if (name.test(text)) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`no track ${String(name)}`);
}

test('a span is shown alone in every view, and Back and Escape undo it', async ({ page }) => {
  await openFile(page, samplePath(RECORDED));
  const all = await shownRows(page).getAttribute('aria-rowcount');
  await goToTrack(page, /^Registration/);
  await page.keyboard.press('ArrowRight');
  await expect(drawer(page)).toContainText('Registration');
  await drawer(page).getByRole('button', { name: 'Show only this span' }).click();
  await expect(page.getByTestId('scope')).toContainText('Only Registration /rd/');
  await expect(page.getByTestId('filter')).toHaveValue(/^session\.id == 1\.\d+\.0$/);
  await expect(shownRows(page)).not.toHaveAttribute('aria-rowcount', all!);
  const own = await shownRows(page).getAttribute('aria-rowcount');

  // The ladder shows the same messages alone.
  await page.keyboard.press('5');
  await expect(page.getByTestId('scope')).toBeVisible();
  await page.keyboard.press('2');
  await expect(shownRows(page)).toHaveAttribute('aria-rowcount', own!);

  await page.goBack();
  await expect(page.getByTestId('scope')).toHaveCount(0);
  await expect(shownRows(page)).toHaveAttribute('aria-rowcount', all!);
  await page.goForward();
  await expect(page.getByTestId('scope')).toBeVisible();
  await expect(shownRows(page)).toHaveAttribute('aria-rowcount', own!);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('scope')).toHaveCount(0);
  await expect(page.getByTestId('filter')).toHaveValue('');
});

test('what a message belongs to is chosen by keys', async ({ page }) => {
  await openFile(page, samplePath(RECORDED));
  await page.keyboard.press('2');
  await expect(page.getByTestId('message-list')).toBeVisible();
  await page.keyboard.press('l');
  await expect(page.getByTestId('message-list')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(line(page, 0)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('x');
  const dialog = page.getByRole('dialog', { name: 'Show only' });
  await expect(dialog.getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  const chosen = await page.locator(':focus').innerText();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('scope')).toContainText(chosen.split('\n')[0]!);
  // The details name what holds a message, and show it alone too.
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: /^Related/ }).click();
  await page.getByRole('button', { name: /^Show only Registration/ }).click();
  await expect(page.getByTestId('scope')).toContainText('Registration');
});

test('an update is shown alone from its page', async ({ page }) => {
  await openFile(page, samplePath(RECORDED));
  await page.keyboard.press('4');
  await page.getByRole('button', { name: 'Show only its messages' }).click();
  await expect(page.getByTestId('filter')).toHaveValue(/^firmware\.id == /);
  await expect(page.getByTestId('scope')).toContainText('Firmware update');
});

test('events of a track are gone through by keys and buttons', async ({ page }) => {
  await openFile(page, samplePath(RECORDED));
  await goToTrack(page, /^Firmware/);
  await page.keyboard.press('n');
  await expect(drawer(page)).toBeVisible();
  const first = await drawer(page).innerText();
  await page.keyboard.press('n');
  await expect(drawer(page)).not.toHaveText(first);
  await drawer(page).getByRole('button', { name: 'Previous event on this track' }).click();
  await expect.poll(() => drawer(page).innerText()).toBe(first);
  await page.keyboard.press('b');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Next event on the track');
});

test('devices are sorted, pinned, hidden and folded from the keys', async ({ page }) => {
  await openMany(page, 12);
  await expect(devices(page).first()).toContainText('device-12');
  await page.getByRole('button', { name: 'Arrange' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: 'Name' }).check();
  await expect(devices(page).first()).toContainText('device-1');
  await page.keyboard.press('Escape');

  await tree(page).focus();
  await page.keyboard.press('g');
  await expect(heads(page)).toHaveCount(12);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('i');
  await expect(devices(page).first()).toContainText('device-3');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('h');
  await expect(page.getByTestId('hidden-devices')).toContainText('1 device hidden');
  await expect(heads(page)).toHaveCount(11);
  await expect(devices(page).nth(1)).toContainText('device-2');
  await page.keyboard.press('v');
  await expect(heads(page)).toHaveCount(12);
  await expect(devices(page).nth(1)).toContainText('device-1');

  // The order is kept on this computer; what was pinned is not.
  await openMany(page, 12);
  await expect(devices(page).first()).toContainText('device-1');
});

test('the reasons for one device are shown in the table of devices', async ({ page }) => {
  await openFile(page, samplePath('leshan-fleet-a.pcapng'));
  await page.keyboard.press('6');
  await expect(page.locator('#device-line-0')).toBeVisible();
  await page.getByTestId('device-table').focus();
  await page.keyboard.press('j');
  await expect(page.getByRole('region', { name: 'Why one device' })).toBeVisible();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('arranging and showing alone are accessible', async ({ page }, info) => {
      // Four looks by axe.
      test.slow();
      await openFile(page, samplePath('leshan-fleet-a.pcapng'));
      await page.getByRole('button', { name: 'Arrange' }).click();
      await page.getByRole('radio', { name: 'Messages' }).check();
      expect(await faults(page)).toEqual([]);
      await page.screenshot({ path: info.outputPath(`arrange-${colorScheme}.png`) });
      await page.keyboard.press('Escape');
      await goToTrack(page, /^Exchanges/);
      await page.keyboard.press('i');
      await expect(devices(page).first().getByRole('button', { name: /^Pin/ })).toHaveAttribute(
        'aria-pressed',
        'true',
      );
      await devices(page).nth(1).hover();
      await devices(page).nth(1).getByRole('button', { name: /^Hide/ }).click();
      await goToTrack(page, /^Registration/);
      await page.keyboard.press('n');
      await expect(drawer(page)).toBeVisible();
      await expect(page.getByTestId('hidden-devices')).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.screenshot({ path: info.outputPath(`spans-${colorScheme}.png`) });
      await page.keyboard.press('x');
      await expect(page.getByRole('dialog', { name: 'Show only' }).getByRole('button').first()).toBeFocused();
      expect(await faults(page)).toEqual([]);
      await page.screenshot({ path: info.outputPath(`only-${colorScheme}.png`) });
      await page.keyboard.press('Enter');
      await expect(page.getByTestId('scope')).toBeVisible();
      await page.screenshot({ path: info.outputPath(`scope-${colorScheme}.png`) });
      expect(await faults(page)).toEqual([]);
    });
  });
}
