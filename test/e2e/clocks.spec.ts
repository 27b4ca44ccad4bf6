import { readFileSync, writeFileSync } from 'node:fs';
import { expect, lines, samplePath, test, untilState } from './page.ts';

/** A copy of a pcapng whose frames are some seconds later, as its Enhanced Packet Blocks say in microseconds or nanoseconds. */
function later(bytes: Buffer, seconds: number): Buffer {
  const copy = Buffer.from(bytes);
  let unitsPerSecond = 1e6;
  for (let at = 0; at + 12 <= copy.length;) {
    const type = copy.readUInt32LE(at);
    const length = copy.readUInt32LE(at + 4);
    if (type === 1)
      for (let option = at + 16; option + 4 <= at + length - 4;) {
        const code = copy.readUInt16LE(option);
        if (code === 9) unitsPerSecond = 10 ** copy.readUInt8(option + 4);
        option += 4 + ((copy.readUInt16LE(option + 2) + 3) & ~3);
      }
    if (type === 6) {
      const time =
        (BigInt(copy.readUInt32LE(at + 12)) << 32n) +
        BigInt(copy.readUInt32LE(at + 16)) +
        BigInt(seconds * unitsPerSecond);
      copy.writeUInt32LE(Number(time >> 32n), at + 12);
      copy.writeUInt32LE(Number(time & 0xffffffffn), at + 16);
    }
    at += length;
  }
  return copy;
}

test('two captures of the same traffic are one, once their clocks agree', async ({ page }, info) => {
  const sample = samplePath('wk-dm-a.pcapng');
  const shifted = info.outputPath('shifted.pcapng');
  writeFileSync(shifted, later(readFileSync(sample), 3600));
  await page.goto('./');
  await page.getByTestId('capture-input').setInputFiles([sample, shifted]);
  await untilState(page, 'done');
  const list = page.getByTestId('message-list');
  const both = Number(await list.getAttribute('aria-rowcount'));
  await lines(page).nth(4).click();
  await expect(page.getByRole('tab', { name: 'Decoded' })).toBeVisible();

  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'Clocks of the captures' });
  const field = dialog.getByLabel('Seconds added to shifted.pcapng');
  await field.fill('soon');
  await field.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('no number of seconds');
  await dialog.getByRole('button', { name: 'Use -3600 s' }).click();
  await untilState(page, 'done');
  await expect(dialog.getByText('its clock agrees')).toBeVisible();
  await expect(field).toHaveValue('-3600');
  await dialog.getByRole('button', { name: 'Close' }).click();

  // Each message is there once; the head of the list counts as a row.
  await expect(list).toHaveAttribute('aria-rowcount', String((both - 1) / 2 + 1));
  await expect(list.locator('[aria-selected=true]')).toContainText('seen again');
  await page.getByRole('treeitem', { name: /^Frame 5/ }).click();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('treeitem', { name: /Also seen .*shifted\.pcapng, frame 5/ })).toBeVisible();
});
