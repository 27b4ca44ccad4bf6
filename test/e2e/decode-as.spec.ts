import { expect, lines, openFile, samplePath, test, untilState } from './page.ts';

test('a port that is told to carry nothing of ours is left out, and comes back', async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  const list = page.getByTestId('message-list');
  await lines(page).nth(4).click();
  await expect(page.getByRole('tab', { name: 'Decoded' })).toBeVisible();
  const all = await list.getAttribute('aria-rowcount');

  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Decode ports as' });
  await dialog.getByLabel('Port, or address and port').fill('70000');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('no port 70000');
  await dialog.getByLabel('Port, or address and port').fill('56832');
  await dialog.getByLabel('Decode as').selectOption('none');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await untilState(page, 'done');
  await expect(list).not.toHaveAttribute('aria-rowcount', all ?? '');
  await expect(page.getByText('plant-7/valve é')).toHaveCount(0);

  await dialog.getByRole('button', { name: 'Remove' }).click();
  await untilState(page, 'done');
  await expect(list).toHaveAttribute('aria-rowcount', all ?? '');
  await dialog.getByRole('button', { name: 'Close' }).click();
  // The selection is a message's id: it has survived both.
  await expect(list.locator('[aria-selected=true]')).toContainText('5');
});

test('a context of 6LoWPAN is told, kept, and taken away', async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Decode ports as' });
  await dialog.getByLabel('Context').fill('16=2001:db8::/64');
  await dialog.getByRole('button', { name: 'Add context' }).click();
  await expect(dialog.getByRole('alert')).toContainText('no context 16');
  await dialog.getByLabel('Context').fill('3=2001:DB8::/64');
  await dialog.getByRole('button', { name: 'Add context' }).click();
  await expect(dialog.getByText('3=2001:db8::/64')).toBeVisible();
  await untilState(page, 'done');
  await page.reload();
  await page.keyboard.press('p');
  await expect(dialog.getByText('3=2001:db8::/64')).toBeVisible();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(dialog.getByText('No contexts yet.')).toBeVisible();
});
