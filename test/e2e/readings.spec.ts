import { captureOf, readOf } from '../analysis/written-capture.ts';
import { expect, line, openBytes, test } from './page.ts';

/** What a meter sent as one instance of an opaque resource: an array in CBOR. */
const METER = '8319281a00831a664d27701a000151808100';

test('the bytes of an opaque value are read as CBOR below it', async ({ page }) => {
  const capture = captureOf([
    readOf(1000, 1, 'a1', '/10262/0/2/0'),
    {
      at: 1001,
      up: true,
      type: 'ACK',
      code: '2.05',
      mid: 1,
      token: 'a1',
      options: [[12, 42]],
      payload: [...Buffer.from(METER, 'hex')],
    },
  ]);
  await openBytes(page, 'meter.pcap', Buffer.from(capture));
  await page.keyboard.press('2');
  await line(page, 1).click();
  const value = page.getByRole('treeitem').filter({ hasText: '/10262/0/2/0 Latest Payload' });
  await value.first().click();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('treeitem').filter({ hasText: 'Reading as CBOR' })).toContainText(
    '[10266, 0, [1716332400, 86400, [0]]]',
  );
});
