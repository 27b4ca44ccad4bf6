import { expect, fixturePath, line, lines, openFile, samplePath, test } from './page.ts';

test.beforeEach(async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
});

test('the list says of each message what it is', async ({ page }) => {
  const list = page.getByTestId('message-list');
  await expect(list).toHaveAttribute('aria-rowcount', /^1\d\d$/);
  const headers = await list.getByRole('columnheader').allInnerTexts();
  expect(headers.map((text) => text.replace(/[⇄\s]/g, '')).join(' ')).toMatch(
    /^No\. Time Δ.* Direction Operation Device Path CoAP Format Len Summary$/,
  );
  await expect(line(page, 0)).toContainText('Register');
  await expect(line(page, 0)).toContainText('/rd');
  await expect(line(page, 0)).toContainText('CON POST');
  await expect(line(page, 1)).toContainText('2.01');
  await expect(list.getByText('Read', { exact: true }).first()).toBeVisible();
});

test('the list is walked by keys', async ({ page }) => {
  const list = page.getByTestId('message-list');
  const selected = (): Promise<string | null> =>
    lines(page).locator('nth=0').page().locator('[role=row][aria-selected=true]').getAttribute('data-index');
  await list.focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(selected).toBe('0');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(selected).toBe('2');
  await page.keyboard.press('ArrowUp');
  await expect.poll(selected).toBe('1');
  await page.keyboard.press('End');
  const last = Number(await list.getAttribute('aria-rowcount')) - 2;
  await expect.poll(selected).toBe(String(last));
  await page.keyboard.press('PageUp');
  await expect.poll(async () => Number(await selected())).toBeLessThan(last - 3);
  await page.keyboard.press('Home');
  await expect.poll(selected).toBe('0');
  await page.keyboard.press('.');
  await expect.poll(selected).toBe('1');
  await page.keyboard.press(',');
  await expect.poll(selected).toBe('0');
  expect(await list.getAttribute('aria-activedescendant')).toBe('message-0');
  await page.keyboard.press('Escape');
  await expect(page.locator('[role=row][aria-selected=true]')).toHaveCount(0);
});

test('times are of the day, or since the start', async ({ page }) => {
  await expect(line(page, 0)).toContainText(/\d\d:\d\d:\d\d\.\d\d\d/);
  await page.keyboard.press('t');
  await expect(line(page, 0)).toContainText('0.000000');
});

test('a field lights its bytes, and a byte its field', async ({ page }) => {
  await line(page, 0).click();
  const tree = page.getByRole('tree', { name: 'Decoded fields' });
  const hex = page.getByTestId('hex');
  await expect(tree.getByRole('treeitem', { name: /^CoAP/ })).toBeVisible();

  const field = tree.getByRole('treeitem', { name: /Token/ }).last();
  await field.hover();
  await expect(hex.locator('.lit').first()).toBeVisible();
  const lit = await hex.locator('[role=gridcell].lit').first().getAttribute('data-at');
  await field.click();
  await expect(page.getByTestId('field-bar')).toContainText('Token');
  await expect(page.getByTestId('field-bar')).toContainText('RFC');

  await page.mouse.move(5, 5);
  await hex.locator(`[role=gridcell][data-at="${lit}"]`).click();
  await expect(tree.locator('[role=treeitem][aria-selected=true]')).toContainText('Token');

  // By keys: the next byte, and from the tree back.
  await hex.focus();
  await page.keyboard.press('Home');
  await expect(tree.locator('[role=treeitem][aria-selected=true]')).not.toContainText('Token');
  await tree.locator('[role=treeitem][tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await expect(tree.locator('[role=treeitem]:focus')).toBeVisible();
});

test('fields open and close, and stay so for the next message', async ({ page }) => {
  await line(page, 0).click();
  const frame = page.getByRole('treeitem', { name: /^Frame/ }).first();
  await expect(frame).toHaveAttribute('aria-expanded', 'false');
  await frame.focus();
  await page.keyboard.press('ArrowRight');
  await expect(frame).toHaveAttribute('aria-expanded', 'true');
  await line(page, 4).click();
  const next = page.getByRole('treeitem', { name: /^Frame 5/ });
  await expect(next).toHaveAttribute('aria-expanded', 'true');
});

test('a field becomes a filter', async ({ page }) => {
  await line(page, 0).click();
  const code = page.getByRole('treeitem', { name: /^Code/ }).first();
  await code.click();
  await page.getByRole('button', { name: 'Filter by this' }).click();
  await expect(page.getByTestId('filter')).toHaveValue(/coap\.code/);
  await expect(page.getByTestId('shown')).toContainText(/^\d+ of \d+$/);
  for (const text of await lines(page).allInnerTexts()) expect(text).toContain('POST');
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await expect(page.getByTestId('shown')).toHaveCount(0);
});

test('a filter that is wrong says where, and the one before stays', async ({ page }) => {
  const filter = page.getByTestId('filter');
  await page.keyboard.press('/');
  await expect(filter).toBeFocused();
  await filter.fill('coap.code == 2.05');
  await expect(page.getByTestId('shown')).toBeVisible();
  const before = await page.getByTestId('shown').innerText();
  await filter.fill('coap.code == 2.05 && coap.nonsense == 1');
  await expect(page.getByTestId('filter-fault')).toContainText('coap.nonsense');
  await expect(page.getByTestId('filter-fault').locator('u')).toHaveText(/coap\.nonsense/);
  await expect(filter).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByTestId('shown')).toHaveText(before);
  await filter.fill('');
  await expect(page.getByTestId('filter-fault')).toHaveCount(0);
  await expect(page.getByTestId('shown')).toHaveCount(0);
});

test('a filter is completed by keys', async ({ page }) => {
  const filter = page.getByTestId('filter');
  await filter.focus();
  await page.keyboard.type('coap.co');
  const options = page.getByRole('listbox', { name: 'Completions' }).getByRole('option');
  await expect(options.first()).toBeVisible();
  await expect(filter).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowDown');
  const chosen = await options.first().locator('.mono').innerText();
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(filter).toHaveValue(chosen);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('message-list')).toBeFocused();
});

test('the exchange leads to its other half', async ({ page }) => {
  await line(page, 0).click();
  await page.getByRole('tab', { name: /^Exchange/ }).click();
  const steps = page.locator('#details-panel li button');
  await expect(steps).toHaveCount(2);
  await steps.nth(1).click();
  await expect(line(page, 1)).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('tab', { name: /^Related/ }).click();
  await expect(page.locator('#details-panel h2').first()).toBeVisible();
});

test('a device leads to its first message, and can be all that is shown', async ({ page }) => {
  const devices = page.getByTestId('devices').getByRole('option');
  await expect(devices).toHaveCount(2);
  await devices.nth(1).click();
  await expect(page.locator('[role=row][aria-selected=true]')).toBeVisible();
  await page.getByTestId('devices').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByTestId('shown')).toBeVisible();
  await expect(devices.first()).toHaveAttribute('aria-selected', 'true');
});

test('the panes can be sized by keys and by the pointer', async ({ page }) => {
  const separator = page.getByRole('separator', { name: 'Width of the message list' });
  const before = Number(await separator.getAttribute('aria-valuenow'));
  await separator.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  expect(Number(await separator.getAttribute('aria-valuenow'))).toBeLessThan(before);
  const box = (await separator.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 40, { steps: 4 });
  await page.mouse.up();
  expect(Number(await separator.getAttribute('aria-valuenow'))).toBeGreaterThan(before);
});

test('commands are found by name, keys are listed, views change', async ({ page }) => {
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const palette = page.getByRole('dialog').getByRole('combobox');
  await page.keyboard.press('Control+k');
  await expect(palette).toBeFocused();
  await page.keyboard.type('messages view');
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await expect(page.getByRole('button', { name: /^Messages/ })).toHaveAttribute('aria-current', 'page');
  await page.keyboard.press('Control+k');
  await expect(palette).toBeFocused();
  await page.keyboard.type('timeline');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Timeline' })).toHaveAttribute('aria-current', 'page');
});

test('the bytes have a tab for each of their sources, and a field shows the one it lies in', async ({
  page,
}) => {
  await openFile(page, fixturePath('other/net-ipfrag4-a.pcapng'));
  await page.getByTestId('filter').fill('udp.length > 400');
  await expect(page.getByTestId('shown')).toBeVisible();
  await line(page, 0).click();
  const tabs = page.getByRole('tablist', { name: 'Bytes' }).getByRole('tab');
  await expect(tabs).toHaveCount(2);
  await expect(tabs.nth(0)).toContainText('Joined datagram');
  await expect(tabs.nth(1)).toContainText('Frame');
  const tree = page.getByRole('tree', { name: 'Decoded fields' });
  await tree.getByRole('treeitem', { name: /^IPv4/ }).click();
  await expect(tabs.nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByTestId('hex').locator('.lit').first()).toBeVisible();
  await tree.getByRole('treeitem', { name: /^CoAP/ }).click();
  await expect(tabs.nth(0)).toHaveAttribute('aria-selected', 'true');
  await tabs.nth(0).focus();
  await page.keyboard.press('ArrowRight');
  await expect(tabs.nth(1)).toBeFocused();
  await expect(tabs.nth(1)).toHaveAttribute('aria-selected', 'true');
});

test('a body of blocks has its own tab, on the message that makes it whole', async ({ page }) => {
  await openFile(page, samplePath('leshan-fota-fail-a.pcapng'));
  await page.getByTestId('filter').fill('coap.blocks');
  await expect(page.getByTestId('shown')).toBeVisible();
  await line(page, 0).click();
  const tabs = page.getByRole('tablist', { name: 'Bytes' }).getByRole('tab');
  await expect(tabs.last()).toContainText('Body from');
  await page.getByRole('tree', { name: 'Decoded fields' }).getByRole('treeitem', { name: /^Body/ }).click();
  await expect(tabs.last()).toHaveAttribute('aria-selected', 'true');
});
