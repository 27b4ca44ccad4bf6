import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serve } from '../../src/relay/serve.ts';
import { FIXTURES } from '../captures.ts';
import { ask, folderOf, receive, Running, withToken } from './served.ts';

const FIXTURE = join(FIXTURES, 'leshan/leshan-read-formats-a.pcapng');
const INDEX = await readFile(new URL('../../index.html', import.meta.url), 'utf8');

const cleanups: (() => Promise<unknown>)[] = [];
let page = '';

beforeEach(async () => {
  const { folder, remove } = await folderOf({ 'secret.json': '{"secret":true}' });
  cleanups.push(remove);
  page = join(folder, 'dist');
  await mkdir(join(page, 'assets'), { recursive: true });
  const names = ['a.js', 'a.css', 'a.json', 'a.svg', 'a.png', 'a.pcap', 'a.pcapng', 'a.pcap.gz', 'a.bin'];
  for (const name of names) await writeFile(join(page, 'assets', name), name);
  await writeFile(join(page, 'index.html'), INDEX);
  await writeFile(join(page, 'live.json'), '{}');
  await symlink('../secret.json', join(page, 'link.json'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function start(argv: readonly string[], folder = page): Running {
  const running = new Running((host) => serve(argv, host), folder);
  cleanups.push(() => running.stop());
  return running;
}

describe('serve', () => {
  it('prints its address in one line and ends with exit code 0', async () => {
    const running = start(['--port', '0']);
    const port = await running.port();
    expect(running.out).toMatch(
      new RegExp(`^lwm2m-scope: http://127\\.0\\.0\\.1:${port}/#token=[\\w-]{24} {2}\\(ctrl-c ends it\\)\n$`),
    );
    expect(await running.stop()).toBe(0);
    expect(running.err).toBe('');
  });

  it('serves the page with the policy that the page states, and framed by nobody', async () => {
    const port = await start(['--port', '0']).port();
    const { status, headers, body } = await ask(port, '/?a=b');
    expect(status).toBe(200);
    expect(body.toString()).toBe(INDEX);
    const policy = headers['content-security-policy'] as string;
    expect(policy).toMatch(/^default-src 'none'; .*; frame-ancestors 'none'$/);
    expect(INDEX).toContain(`content="${policy.replace("; frame-ancestors 'none'", '')}"`);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  it('names the type of each file', async () => {
    const port = await start(['--port', '0']).port();
    const types: Record<string, string> = {};
    for (const end of ['js', 'css', 'json', 'svg', 'png', 'pcap', 'pcapng', 'pcap.gz', 'bin']) {
      const answer = await ask(port, `/assets/a.${end}`);
      expect(answer.body.toString()).toBe(`a.${end}`);
      expect(answer.headers['content-encoding']).toBeUndefined();
      types[end] = answer.headers['content-type'] as string;
    }
    expect(types).toEqual({
      js: 'text/javascript; charset=utf-8',
      css: 'text/css; charset=utf-8',
      json: 'application/json',
      svg: 'image/svg+xml',
      png: 'image/png',
      pcap: 'application/vnd.tcpdump.pcap',
      pcapng: 'application/x-pcapng',
      'pcap.gz': 'application/gzip',
      bin: 'application/octet-stream',
    });
  });

  it('offers the capture and the live tap it was started with, and nothing else', async () => {
    const bare = await start(['--port', '0']).port();
    const offer = JSON.parse((await ask(bare, withToken(bare, '/live.json'))).body.toString()) as object;
    expect(offer).toMatchObject({
      live: `ws://127.0.0.1:${bare}${withToken(bare, '/live')}`,
      tap: { kind: 'interfaces' },
    });
    expect(offer).not.toHaveProperty('captureUrl');
    expect((await ask(bare, withToken(bare, '/capture'))).status).toBe(404);

    const port = await start([FIXTURE, '--replay', FIXTURE, '--speed', 'max', '--port', '0']).port();
    expect(JSON.parse((await ask(port, withToken(port, '/live.json'))).body.toString())).toEqual({
      live: `ws://127.0.0.1:${port}${withToken(port, '/live')}`,
      tap: { kind: 'replay', interfaces: [], filters: [] },
      capture: 'leshan-read-formats-a.pcapng',
      captureUrl: `.${withToken(port, '/capture')}`,
    });
    const file = await readFile(FIXTURE);
    const capture = await ask(port, withToken(port, '/capture'));
    expect(capture.body.equals(file)).toBe(true);
    expect(capture.headers['content-type']).toBe('application/x-pcapng');
    expect(Buffer.concat((await receive(port)).messages).equals(file)).toBe(true);
  });

  it('answers HEAD without a body and refuses other methods', async () => {
    const port = await start([FIXTURE, '--port', '0']).port();
    for (const path of ['/', '/live.json', '/capture']) {
      const { status, headers, body } = await ask(port, withToken(port, path), { method: 'HEAD' });
      expect([status, body.length]).toEqual([200, 0]);
      expect(Number(headers['content-length'])).toBeGreaterThan(0);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(port, '/', { method });
      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('gives no file outside the page', async () => {
    const port = await start(['--port', '0']).port();
    const paths = [
      '/../secret.json',
      '/assets/../../secret.json',
      '/%2e%2e/secret.json',
      '/..%2fsecret.json',
      '/%2e%2e%2fsecret.json',
      '/..%5csecret.json',
      '//etc/passwd',
      '/link.json',
      '/assets',
      '/assets/',
      '/secret.json',
    ];
    for (const path of paths) {
      const { status, body } = await ask(port, path);
      expect(status, path).toBe(404);
      expect(body.toString(), path).not.toContain('secret');
    }
    for (const path of ['/%', '/a%00.js', 'http://127.0.0.1/', '*'])
      expect((await ask(port, path)).status, path).toBe(400);
  });

  it('answers to its own names only', async () => {
    const port = await start([FIXTURE, '--port', '0']).port();
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
      expect((await ask(port, withToken(port, '/capture'), { headers: { host } })).status, host).toBe(200);
    for (const host of [
      `rebound.example.org:${port}`,
      'localhost',
      `localhost:${port + 1}`,
      `127.0.0.1.nip.io:${port}`,
    ])
      expect((await ask(port, withToken(port, '/capture'), { headers: { host } })).status, host).toBe(403);
  });

  it('takes any free port where the usual one is taken and none was asked for', async () => {
    const holder = createServer();
    // Where something else holds the port already, the test holds just as well.
    await new Promise<void>((resolve) => {
      holder.once('error', () => resolve());
      holder.listen(8460, '127.0.0.1', resolve);
    });
    cleanups.push(() => new Promise((resolve) => holder.close(resolve)));
    const port = await start([]).port();
    expect(port).not.toBe(8460);
    expect((await ask(port, '/')).status).toBe(200);
  });

  it.each([
    [['a', 'b'], /one capture; 2 were given/],
    [['-'], /needs a file/],
    [['absent.pcap'], /absent\.pcap: there is no such file/],
    [[join(FIXTURES, 'leshan/leshan-read-formats-a.truth.json')], /JSON document/],
    [['--speed', '2'], /--speed is of a replay.*--replay FILE/],
    [['--exact-gaps'], /--exact-gaps is of a replay/],
    [['--port', '-1'], /port/],
  ])('teaches where it cannot start: %j', async (argv, message) => {
    const running = start(argv);
    expect(await running.code).toBe(2);
    expect(running.err).toMatch(/^lwm2m-scope: [^\n]+\n$/);
    expect(running.err).toMatch(message);
  });

  it('says so where the page is not built', async () => {
    const running = start([], join(page, 'assets'));
    expect(await running.code).toBe(2);
    expect(running.err).toMatch(/the page is not built .*npm run build/);
  });
});
