import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, cleanups, client, LOOPBACK, missing, start, tools, why } from './live-setup.ts';
import { ask, folderOf, receive, withToken } from './served.ts';
import type { TapClient } from './tap-client.ts';

afterEach(cleanUp);

describe.skipIf(missing !== undefined)(`attacks on a capture${why}`, () => {
  it('by its filter and interfaces reach no shell and no option of the tool', async () => {
    const { folder, remove } = await folderOf({});
    cleanups.push(remove);
    const mark = join(folder, 'mark');
    const { address } = await start();
    const viewer = await client(address);
    for (const filter of [
      `udp; touch ${mark}`,
      `$(touch ${mark})`,
      `\`touch ${mark}\``,
      `udp | touch ${mark}`,
      `udp' ; touch ${mark} ; '`,
      `-w ${mark}`,
      `--help`,
      `-z${mark}`,
      'udp) or (tcp',
      'udp\0tcp',
    ])
      await expect(viewer.capture([LOOPBACK], filter), filter).rejects.toThrow(/filter/);
    for (const name of ['-w', `${LOOPBACK};touch ${mark}`, `$(touch ${mark})`, '../lo', '1', '', '\u001b[2J'])
      await expect(viewer.capture([name], ''), name).rejects.toThrow(/there is no interface/);
    expect(existsSync(mark)).toBe(false);
    expect(viewer.refusals.every(({ error }) => !error.includes('\u001b'))).toBe(true);
    expect(viewer.status!.state).toBe('idle');
    expect(tools()).toEqual([]);
  }, 30_000);
});

describe('attacks on the relay', () => {
  it('without the token, or from elsewhere, are refused and counted', async () => {
    const { running, port, address } = await start();
    const viewer = await client(address);
    const live = withToken(port, '/live');
    for (const path of [
      '/live',
      '/live?token=',
      '/live?token=wrong',
      `${live}x`,
      live.replace('token', 'Token'),
    ])
      await expect(receive(port, {}, path), path).rejects.toThrow('403');
    for (const origin of ['https://example.org', 'null', 'http://localhost.example.org', 'http://192.0.2.1'])
      await expect(receive(port, { origin }, live), origin).rejects.toThrow('403');
    for (const host of ['rebound.example.org', `rebound.example.org:${port}`, `127.0.0.1:${port + 1}`])
      await expect(receive(port, { host }, live), host).rejects.toThrow('403');
    for (const path of ['/live.json', '/live.json?token=wrong']) {
      const { status, body } = await ask(port, path);
      expect(status).toBe(403);
      expect(JSON.parse(body.toString())).toEqual({ error: expect.stringMatching(/open the whole address/) });
    }
    await viewer.until('the count', () => viewer.status?.refused === 14);
    expect(viewer.status!.viewers).toBe(1);
    expect(running.err).toBe('');
  });

  it('by messages end the connection, or are answered by why not', async () => {
    const { address } = await start();
    const watch = await client(address);
    const cases: [string | Buffer, number][] = [
      ['x'.repeat(9000), 1009],
      [Buffer.from([1, 2, 3]), 1008],
      [Buffer.alloc(1 << 20), 1009],
    ];
    for (const [message, code] of cases) {
      const viewer = await client(address);
      viewer.socket.send(message);
      await viewer.until('the end', () => viewer.closed !== undefined);
      expect(viewer.closed!.code).toBe(code);
    }
    const viewer = await client(address);
    for (const message of ['', '{', '[]', '{"type":"start"}', '{"type":"run","command":"id"}'])
      viewer.socket.send(message);
    await viewer.until('five refusals', () => viewer.refusals.length === 5);
    expect(viewer.closed).toBeUndefined();

    const flood = await client(address);
    for (let index = 0; index < 1000; index++) flood.socket.send('{}');
    await flood.until('the end', () => flood.closed !== undefined);
    expect(flood.closed).toEqual({ code: 1008, reason: 'too many messages' });
    expect(flood.refusals.length).toBeLessThanOrEqual(20);
    expect(watch.closed).toBeUndefined();
  });

  it('by many connections leave those that are there', async () => {
    const { address } = await start();
    const viewers: TapClient[] = [];
    for (let index = 0; index < 16; index++) viewers.push(await client(address));
    const more = new WebSocket(address);
    const error = await new Promise<Error>((resolve) => more.on('error', resolve));
    expect(error.message).toContain('503');
    await viewers[0]!.until('the count', () => viewers[0]!.status?.viewers === 16);
    await viewers[1]!.close();
    await viewers[0]!.until('one less', () => viewers[0]!.status?.viewers === 15);
    await client(address);
  });
});
