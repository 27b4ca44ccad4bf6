import { zipOf } from '../capture/write-zip.ts';
import { expect, lines, openFile, samplePath, test, untilState } from './page.ts';

const XML = `<LWM2M><Object ObjectType="MODefinition"><Name>Test Bench</Name><ObjectID>31024</ObjectID>
<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory><Resources>
<Item ID="1"><Name>Probe</Name><Operations>RW</Operations><Type>Integer</Type></Item>
</Resources></Object></LWM2M>`;

/** The list shows some tens of lines; this brings those of the object there. */
const FILTER = 'coap.uri_path contains "31024"';

function file(
  name: string,
  content: string | Uint8Array,
): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) };
}

test('object definitions name values, are kept on demand and can be taken away', async ({ page }) => {
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  await page.getByTestId('filter').fill(FILTER);
  await expect(page.getByTestId('shown')).toBeVisible();
  await page.getByTestId('capture-input').setInputFiles(file('bench.xml', XML));
  const dialog = page.getByRole('dialog', { name: 'Object definitions' });
  await expect(dialog.getByText('Test Bench 1.0')).toBeVisible();
  await expect(dialog.getByText('bench.xml')).toBeVisible();
  await untilState(page, 'done');
  await expect(lines(page).filter({ hasText: 'Probe' }).first()).toBeVisible();

  await dialog.getByLabel('Keep in this browser').check();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await openFile(page, samplePath('wk-dm-a.pcapng'));
  await page.getByTestId('filter').fill(FILTER);
  await page.getByTestId('message-list').focus();
  await expect(lines(page).filter({ hasText: 'Probe' }).first()).toBeVisible();

  await page.keyboard.press('o');
  await dialog.getByRole('button', { name: 'Remove /31024 1.0' }).click();
  await untilState(page, 'done');
  await expect(dialog.getByText('None are loaded.')).toBeVisible();
  await expect(lines(page).filter({ hasText: 'Probe' })).toHaveCount(0);
});

test('a broken definition says what is wrong and where', async ({ page }) => {
  await page.goto('./');
  const bytes = zipOf([{ name: 'x.xml', bytes: Buffer.from(XML.replace('Integer', 'Int')), deflate: true }]);
  await page.getByTestId('capture-input').setInputFiles(file('bench.zip', bytes));
  const dialog = page.getByRole('dialog', { name: 'Object definitions' });
  await expect(dialog.getByRole('alert')).toContainText(
    /bench\.zip\/x\.xml:3:\d+: the Type 'Int' of resource 1/,
  );
  await expect(dialog.getByText('None are loaded.')).toBeVisible();
});

test('keys are covered until somebody asks', async ({ page }) => {
  await openFile(page, 'fixtures/leshan/leshan-bootstrap-a.pcapng');
  const secret = lines(page).filter({ hasText: /Secret Key ••••/ });
  await page.keyboard.press('2');
  await page.getByTestId('message-list').focus();
  for (let step = 0; step < 40 && (await secret.count()) === 0; step++) await page.keyboard.press('PageDown');
  const write = lines(page).filter({ hasText: '/0/1' }).filter({ hasText: 'Write' }).first();
  await write.click();
  const line = page.getByRole('treeitem').filter({ hasText: 'Secret Key' }).first();
  await expect(line).toContainText('••••');
  await line.getByRole('button', { name: 'Show' }).click();
  await expect(line).not.toContainText('••••');
  await expect(line.getByRole('button', { name: 'Cover' })).toBeVisible();
});
