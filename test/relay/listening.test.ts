import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AccessToken } from '../../src/relay/access-token.ts';
import { isLoopback } from '../../src/relay/listening.ts';
import { tap } from '../../src/relay/tap.ts';
import { ask, folderOf, Running } from './served.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function start(...argv: string[]): Running {
  const running = new Running((host) => tap(['-', ...argv], host), undefined, undefined, {
    stdin: new PassThrough(),
  });
  cleanups.push(() => running.stop());
  return running;
}

/** The address that was printed. */
async function printed(running: Running): Promise<URL> {
  while (running.out === '') await new Promise((resolve) => setTimeout(resolve, 10));
  return new URL(/wss?:\S+/.exec(running.out)![0]);
}

/** Connects; gives the code of the answer, or the first message. */
function connect(url: URL, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers, rejectUnauthorized: false });
    socket.on('error', (error) => resolve(error.message));
    socket.on('message', (data: Buffer) => {
      resolve(data.toString());
      socket.terminate();
    });
  });
}

describe('isLoopback', () => {
  it('knows the addresses that only this machine reaches', () => {
    for (const address of ['localhost', '127.0.0.1', '127.9.8.7', '::1'])
      expect(isLoopback(address)).toBe(true);
    for (const address of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      'localhost.example.org',
      '127.0.0.1.nip.io',
      '1127.0.0.1',
    ])
      expect(isLoopback(address)).toBe(false);
  });
});

describe('AccessToken', () => {
  it('is another one each time, of 144 bits', () => {
    const texts = new Set(Array.from({ length: 100 }, () => new AccessToken().text));
    expect(texts.size).toBe(100);
    for (const text of texts) expect(text).toMatch(/^[\w-]{24}$/);
  });

  it('is found in a request target, and nothing else is', () => {
    const token = new AccessToken();
    const { text } = token;
    for (const target of [`/live?token=${text}`, `/live?a=b&token=${text}`, `/live?token=${text}&stream=1`])
      expect(token.isIn(target), target).toBe(true);
    for (const target of [
      undefined,
      '/live',
      `/live#token=${text}`,
      '/live?token=',
      `/live?token=${text.slice(1)}`,
      `/live?token=${text}x`,
      `/live?token=${text.toLowerCase()}x`,
      `/live?token=${'x'.repeat(5000)}`,
      `/live?tokens=${text}`,
      `/live?token=wrong&token=${text}`,
      '/live?token=%00',
      '/live?token=%',
    ])
      expect(token.isIn(target), target).toBe(false);
  });
});

describe('a relay that can be reached from elsewhere', () => {
  it('answers to its addresses and its name, and to no other', async () => {
    const running = start('--listen', '0.0.0.0:0', '--insecure-listen');
    const url = await printed(running);
    expect(url.hostname).toBe(hostname().toLowerCase());
    const port = Number(url.port);
    for (const host of ['127.0.0.1', '192.0.2.7', '[2001:db8::7]', hostname(), 'localhost'])
      expect((await ask(port, '/live', { headers: { host: `${host}:${port}` } })).status, host).toBe(426);
    for (const host of [`rebound.example.org:${port}`, '192.0.2.7', `192.0.2.7.nip.io:${port}`])
      expect((await ask(port, '/live', { headers: { host } })).status, host).toBe(403);
    url.hostname = '127.0.0.1';
    expect(await connect(url, { origin: 'http://192.0.2.7:1' })).toContain('hello');
    expect(await connect(url, { origin: 'https://example.org' })).toContain('403');
    url.search = '';
    expect(await connect(url)).toContain('403');
  });

  const openssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!openssl)('speaks TLS with the certificate it was given (skipped without openssl)', async () => {
    const { folder, remove } = await folderOf({ 'bad.pem': 'no certificate' });
    cleanups.push(remove);
    const [certificate, key] = [join(folder, 'c.pem'), join(folder, 'k.pem')];
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-days', '1', '-keyout', key, '-out', certificate],
    ]);
    const running = start('--listen', '127.0.0.1:0', '--tls-cert', certificate, '--tls-key', key);
    const url = await printed(running);
    expect(url.protocol).toBe('wss:');
    expect(await connect(url)).toContain('hello');
    const plain = new URL(url);
    plain.protocol = 'ws:';
    expect(await connect(plain)).not.toContain('hello');

    for (const [files, words] of [
      [['--tls-cert', join(folder, 'bad.pem'), '--tls-key', key], /no certificate and its key/],
      [['--tls-cert', join(folder, 'absent.pem'), '--tls-key', key], /absent\.pem: it cannot be read/],
    ] as const) {
      const bad = start('--port', '0', ...files);
      expect(await bad.code).toBe(2);
      expect(bad.err).toMatch(words);
    }
  });

  it('says where an address is not of this machine', async () => {
    const running = start('--listen', '192.0.2.200:0', '--insecure-listen');
    expect(await running.code).toBe(2);
    expect(running.err).toMatch(/192\.0\.2\.200 is no address of this machine/);
  });
});
