import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { tap } from '../../src/relay/tap.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import { ask, folderOf, JumpingClock, receive, Running, withToken } from './served.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function files(content: Record<string, Uint8Array | string>): Promise<string> {
  const { folder, remove } = await folderOf(content);
  cleanups.push(remove);
  return folder;
}

function start(argv: readonly string[], clock?: JumpingClock): Running {
  const running = new Running((host) => tap(argv, host), undefined, clock);
  cleanups.push(() => running.stop());
  return running;
}

const FIXTURE = join(FIXTURES, 'leshan/leshan-read-formats-a.pcapng');
const pcap = concat(
  pcapHeader(),
  ...Array.from({ length: 4000 }, (_, index) => pcapRecord(index, 0, new Uint8Array(60).fill(index))),
);

describe('tap', () => {
  it('prints its address in one line and ends with exit code 0', async () => {
    const running = start(['--replay', FIXTURE, '--port', '0']);
    const port = await running.port();
    expect(running.out).toMatch(
      new RegExp(
        `^lwm2m-scope: ws://127\\.0\\.0\\.1:${port}/live\\?token=[\\w-]{24} {2}\\(ctrl-c ends it\\)\n$`,
      ),
    );
    expect(await running.stop()).toBe(0);
    expect(running.err).toBe('');
  });

  it('sends a pcapng byte for byte and closes normally', async () => {
    const running = start(['--replay', FIXTURE, '--port', '0', '--speed', 'max']);
    const { messages, code, reason } = await receive(await running.port());
    expect(Buffer.concat(messages).equals(await readFile(FIXTURE))).toBe(true);
    expect([code, reason]).toEqual([1000, 'end of capture']);
  });

  it('gives each client the replay from its start', async () => {
    const running = start(['--replay', FIXTURE, '--port', '0', '--speed', '0']);
    const port = await running.port();
    const file = await readFile(FIXTURE);
    for (const { messages } of await Promise.all([receive(port), receive(port)]))
      expect(Buffer.concat(messages).equals(file)).toBe(true);
  });

  it('paces by the clock, one message for each frame', async () => {
    const clock = new JumpingClock();
    const folder = await files({ 'a.pcap': pcap });
    const running = start(['--replay', join(folder, 'a.pcap'), '--port', '0', '--speed', '2'], clock);
    const { messages } = await receive(await running.port());
    expect(messages.length).toBeGreaterThanOrEqual(4000);
    expect(clock.time).toBe(1000 + 3999 / 2);
    expect(Buffer.concat(messages).equals(pcap)).toBe(true);
  });

  it('decompresses gzip, whole and damaged', async () => {
    const whole = gzipSync(pcap);
    const folder = await files({ whole, cut: whole.subarray(0, whole.length >> 1) });
    const first = start(['--replay', join(folder, 'whole'), '--port', '0', '--speed', 'max']);
    expect(Buffer.concat((await receive(await first.port())).messages).equals(pcap)).toBe(true);
    const second = start(['--replay', join(folder, 'cut'), '--port', '0', '--speed', 'max']);
    const { messages, code } = await receive(await second.port());
    const got = Buffer.concat(messages);
    expect(got.length).toBeGreaterThan(0);
    expect(got.equals(pcap.subarray(0, got.length))).toBe(true);
    expect(code).toBe(1000);
  });

  const others = RECORDED === undefined ? undefined : join(RECORDED, 'other');
  it.skipIf(others === undefined || !existsSync(others))(
    'sends every container that was recorded, byte for byte (skipped where the recordings are absent)',
    async () => {
      const names = (await readdir(others!)).filter((name) => /^der-.*\.(pcap|pcapng)(\.gz)?$/.test(name));
      expect(names.length).toBeGreaterThan(10);
      for (const name of names) {
        const bytes = await readFile(join(others!, name));
        const running = start(['--replay', join(others!, name), '--port', '0'], new JumpingClock());
        const { messages, code } = await receive(await running.port());
        const whole = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
        expect(Buffer.concat(messages).equals(whole), name).toBe(true);
        expect(code, name).toBe(1000);
        await running.stop();
      }
    },
  );

  it('waits for a client that does not read, with little in its own hands', async () => {
    const large = concat(pcapHeader(), ...new Array(400).fill(pcapRecord(1, 0, new Uint8Array(60_000))));
    const folder = await files({ large });
    const running = start(['--replay', join(folder, 'large'), '--port', '0', '--speed', 'max']);
    const socket = new WebSocket(await running.live());
    let length = 0;
    let pauses = 0;
    socket.on('message', (data: Buffer) => {
      length += data.length;
      if (pauses++ % 64 !== 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), 5);
    });
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect([code, length]).toEqual([1000, large.length]);
  });

  it('ends while a client waits for the next frame', async () => {
    const folder = await files({
      slow: concat(pcapHeader(), pcapRecord(0, 0, new Uint8Array(9)), pcapRecord(900, 0, new Uint8Array(9))),
    });
    const running = start(['--replay', join(folder, 'slow'), '--port', '0', '--exact-gaps']);
    const socket = new WebSocket(await running.live());
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.once('message', resolve));
    expect(await running.stop()).toBe(0);
    expect(await closed).toBe(1001);
  });

  it('takes WebSockets of this machine only', async () => {
    const running = start(['--replay', FIXTURE, '--port', '0', '--speed', 'max']);
    const port = await running.port();
    for (const origin of [
      'http://localhost:5173',
      'http://127.0.0.1:1',
      'http://[::1]:8460',
      'https://localhost',
    ])
      expect((await receive(port, { origin })).code).toBe(1000);
    for (const origin of ['https://example.org', 'null', 'http://127.0.0.1.example.org', 'file://'])
      await expect(receive(port, { origin }), origin).rejects.toThrow('403');
    await expect(receive(port, { host: `rebound.example.org:${port}` })).rejects.toThrow('403');
    await expect(receive(port, {}, withToken(port, '/other'))).rejects.toThrow('404');
  });

  it('tells a browser that it is a WebSocket', async () => {
    const running = start(['--replay', FIXTURE, '--port', '0']);
    const port = await running.port();
    const { status, body } = await ask(port, '/live');
    expect(status).toBe(426);
    expect(body.toString()).toMatch(/WebSocket/);
    expect(body.toString()).not.toContain('token=');
    expect((await ask(port, '/')).status).toBe(404);
  });

  it.each([
    [[], /INTERFACE.*--replay FILE.*--interfaces/],
    [['--replay', 'absent.pcap'], /absent\.pcap: there is no such file/],
    [['--replay', FIXTURES], /not a plain file/],
    [['--replay', '-'], /needs a file/],
    [['--replay', join(FIXTURES, 'leshan/leshan-read-formats-a.truth.json')], /JSON document/],
    [['--replay', FIXTURE, '--speed', 'fast'], /--speed fast: .*max/],
    [['--replay', FIXTURE, '--speed=-1'], /--speed -1: /],
    [['--replay', FIXTURE, '--port', '65536'], /--port 65536: /],
    [['--replay', FIXTURE, '--port', 'x'], /--port x: /],
    [['--replay', FIXTURE, '--loud'], /--loud/],
  ])('teaches where it cannot start: %j', async (argv, message) => {
    const running = start(argv);
    expect(await running.code).toBe(2);
    expect(running.err).toMatch(/^lwm2m-scope: [^\n]+\n$/);
    expect(running.err).toMatch(message);
    expect(running.out).toBe('');
  });

  it('says so where its port is taken', async () => {
    const port = await start(['--replay', FIXTURE, '--port', '0']).port();
    const second = start(['--replay', FIXTURE, '--port', String(port)]);
    expect(await second.code).toBe(2);
    expect(second.err).toMatch(new RegExp(`^lwm2m-scope: port ${port} is in use[^\n]+\n$`));
  });
});
