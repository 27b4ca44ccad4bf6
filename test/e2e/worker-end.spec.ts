import { expect, samplePath, test, untilState } from './page.ts';
import { servePage, type PageServer } from './static-server.ts';

interface Scope {
  lwm2mScope?: { totals(): Promise<object> };
}

/** In the page: asks for the totals, gives the name of the error. */
function totalsOrFault(): Promise<string> {
  return (window as Scope).lwm2mScope!.totals().then(
    () => 'answered',
    (error: Error) => error.name,
  );
}

const WORKER = /^assets\/analysis\.worker-.*\.js$/;

let server: PageServer | undefined;
test.afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('a worker that throws while it loads is told of, and a call does not hang', async ({ page, heard }) => {
  heard.expected = true;
  let broken = true;
  server = await servePage(0, (path, text) =>
    WORKER.test(path) && broken ? `throw new Error('broken on purpose');` : text,
  );
  await page.goto(server.url);
  await expect(page.getByTestId('ended')).toContainText('The analysis has ended.');
  await untilState(page, 'failed');
  expect(await page.evaluate(totalsOrFault)).toBe('AnalysisEnded');

  broken = false;
  await page.getByRole('button', { name: 'Start again' }).click();
  await expect(page.getByTestId('ended')).toHaveCount(0);
  await page.getByTestId('capture-input').setInputFiles(samplePath('wk-dm-a.pcapng'));
  await untilState(page, 'done');
});

test('a worker that is not there is told of', async ({ page, heard }) => {
  heard.expected = true;
  server = await servePage(0, (path, text) => (WORKER.test(path) ? undefined : text));
  await page.goto(server.url);
  await expect(page.getByTestId('ended')).toBeVisible();
  await untilState(page, 'failed');
});

test('a worker that fails later is told of over the open capture', async ({ page, heard }) => {
  heard.expected = true;
  server = await servePage(0, (path, text) =>
    WORKER.test(path)
      ? `${text};new BroadcastChannel('test').onmessage = () => { throw new Error('fails later'); };`
      : text,
  );
  await page.goto(server.url);
  await page.getByTestId('capture-input').setInputFiles(samplePath('wk-dm-a.pcapng'));
  await untilState(page, 'done');
  await page.evaluate(() => new BroadcastChannel('test').postMessage(0));
  await expect(page.getByTestId('ended')).toContainText('fails later');
  await untilState(page, 'failed');
  await page.getByRole('button', { name: 'Start again' }).click();
  await untilState(page, 'idle');
  await expect(page.getByRole('heading', { name: 'Open a capture' })).toBeVisible();
});
