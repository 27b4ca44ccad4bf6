import { readFile, rm, writeFile, appendFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { resumeAddress, type TapMessage, type TapStatus } from '../../src/analysis/live-tap-protocol.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { CaptureStream } from '../../src/relay/capture-stream.ts';
import { PacketRing } from '../../src/relay/packet-ring.ts';
import { tap } from '../../src/relay/tap.ts';
import { TapViewer } from '../../src/relay/tap-viewer.ts';
import { pcapHeader, pcapRecord, text } from '../capture/write-capture.ts';
import { StillClock } from './kept-stream.ts';
import { ask, folderOf, Running, withToken } from './served.ts';
import { TapClient } from './tap-client.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A tap of a standard input that the test writes. */
async function start(...argv: string[]) {
  const stdin = new PassThrough();
  const running = new Running((host) => tap(['-', '--port', '0', ...argv], host), undefined, undefined, {
    stdin,
  });
  cleanups.push(() => running.stop());
  const address = await running.live();
  let seconds = 1_700_000_000;
  stdin.write(pcapHeader({ link: 1 }));
  return {
    running,
    address,
    stdin,
    /** Gives the tap packets that hold these texts. */
    give: (...texts: string[]): void =>
      texts.forEach((one) => stdin.write(pcapRecord(seconds++, 0, text(one)))),
  };
}

async function client(address: string): Promise<TapClient> {
  const made = await TapClient.connect(address);
  cleanups.push(async () => made.socket.terminate());
  return made;
}

describe('a tap of a stream', () => {
  it('sends one section to all, whenever they come', async () => {
    const { address, give } = await start();
    const early = await client(address);
    expect(early.hello).toMatchObject({ continues: false, next: 0, missed: 0 });
    give('a', 'b');
    await early.until('two packets', () => early.next === 2);
    const late = await client(address);
    give('c');
    await late.until('three packets', () => late.next === 3);
    await early.until('three packets', () => early.next === 3);
    expect(early.texts()).toEqual(['a', 'b', 'c']);
    expect(late.texts()).toEqual(['a', 'b', 'c']);
    expect(late.hello!.stream).toBe(early.hello!.stream);
    expect(early.blocks.map(({ announced }) => announced.holds).slice(0, 3)).toEqual([
      'section',
      'interfaces',
      'packets',
    ]);
    expect(late.blocks[0]!.announced).toEqual({ type: 'blocks', holds: 'section', first: 0, count: 1 });
    await late.until('a status', () => late.status?.packets === 3 && late.status.behind === 0);
    expect(late.status).toMatchObject({
      state: 'capturing',
      interfaces: ['standard input'],
      viewers: 2,
      drops: { kernel: 0, file: 0, viewer: 0 },
      ring: { firstSequence: 0, nextSequence: 3 },
    });
  });

  it('tells the time each second, by the clock of the packets', async () => {
    const { address, give } = await start();
    const viewer = await client(address);
    give('a');
    await viewer.until(
      'two ticks',
      () => viewer.blocks.filter(({ announced }) => announced.holds === 'tick').length >= 2,
    );
    const ticks: number[] = [];
    const reader = new PcapngReader({
      frame: () => undefined,
      tick: (seconds, nanoseconds) => ticks.push(seconds + nanoseconds / 1e9 - 1_700_000_000),
    });
    reader.push(viewer.file);
    expect(ticks[0]).toBeGreaterThan(0);
    expect(ticks[1]! - ticks[0]!).toBeCloseTo(1, 0);
    expect(ticks[1]).toBeLessThan(60);
  });

  it('goes on for a viewer that comes back, without what it has', async () => {
    const { address, give } = await start();
    const first = await client(address);
    give('a', 'b');
    await first.until('two packets', () => first.next === 2);
    const { stream } = first.hello!;
    await first.close();
    give('c', 'd');
    const second = await client(resumeAddress(address, stream, first.next, first.interfaces));
    expect(second.hello).toEqual({ type: 'hello', stream, continues: true, next: 2, missed: 0 });
    await second.until('the rest', () => second.next === 4);
    expect(second.texts(0, Buffer.concat([first.file, second.file]))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells a viewer that comes back what it missed', async () => {
    const { address, give, stdin } = await start('--ring', '1MiB');
    const first = await client(address);
    give('a');
    await first.until('a packet', () => first.next === 1);
    await first.close();
    for (let index = 0; index < 60; index++) {
      give('x'.repeat(50_000));
      if (stdin.writableNeedDrain) await new Promise((resolve) => stdin.once('drain', resolve));
    }
    const watch = await client(address);
    await watch.until('all packets', () => watch.status?.packets === 61);
    const second = await client(resumeAddress(address, first.hello!.stream, 1, 1));
    await second.until('the rest', () => second.next === 61);
    const { hello } = second;
    expect(hello!.continues).toBe(true);
    expect(hello!.missed).toBe(hello!.next - 1);
    expect(hello!.missed).toBeGreaterThan(30);
    expect(second.texts(0, Buffer.concat([first.file, second.file]))).toHaveLength(61 - hello!.missed);
    await second.until('its losses', () => second.status?.drops.viewer === hello!.missed);
    expect(second.status!.ring.bytes).toBeLessThanOrEqual(2 ** 20);
  });

  it('begins anew for a viewer of another stream, or one that has what never was', async () => {
    const { address, give } = await start();
    const first = await client(address);
    give('a');
    await first.until('a packet', () => first.next === 1);
    const { stream } = first.hello!;
    for (const wish of [
      resumeAddress(address, 'another', 1, 1),
      resumeAddress(address, stream, 99, 1),
      resumeAddress(address, stream, 1, 99),
      `${address}&stream=${stream}&next=-1&interfaces=x`,
      `${address}&stream=${stream}`,
    ]) {
      const again = await client(wish);
      expect(again.hello, wish).toEqual({ type: 'hello', stream, continues: false, next: 0, missed: 0 });
      await again.until('a packet', () => again.next === 1);
      expect(again.texts()).toEqual(['a']);
    }
  });

  it('writes all of it into a new file', async () => {
    const { folder, remove } = await folderOf({ there: 'mine' });
    cleanups.push(remove);
    const file = join(folder, 'live.pcapng');
    const { running, address, give } = await start('--write', file);
    const viewer = await client(address);
    give('a', 'b', 'c');
    await viewer.until('three packets', () => viewer.next === 3);
    await viewer.until('the name', () => viewer.status?.file === 'live.pcapng');
    expect(await running.stop()).toBe(0);
    expect(viewer.texts(0, await readFile(file))).toEqual(['a', 'b', 'c']);
    await viewer.until('the goodbye', () => viewer.closed !== undefined);
    expect(viewer.closed).toEqual({ code: 1001, reason: 'the relay ends' });

    const second = new Running((host) => tap(['-', '--write', join(folder, 'there')], host));
    expect(await second.code).toBe(2);
    expect(second.err).toMatch(/there: this file is there already/);
    expect(await readFile(join(folder, 'there'), 'utf8')).toBe('mine');
  });

  it('says that the stream ended, or why it broke, and stays for those who look', async () => {
    const good = await start();
    const viewer = await client(good.address);
    good.give('a');
    good.stdin.end();
    await viewer.until('the end', () => viewer.status?.state === 'ended');
    expect(viewer.status!.error).toBeUndefined();
    expect((await client(good.address)).hello!.next).toBe(0);

    const bad = await start();
    const other = await client(bad.address);
    bad.give('a');
    bad.stdin.end(new Uint8Array(7));
    await other.until('the fault', () => other.status?.state === 'failed');
    expect(other.status!.error).toMatch(/standard input: cut in the middle of frame 2/);
    expect(bad.running.err).toMatch(/cut in the middle of frame 2/);
    expect(other.texts()).toEqual(['a']);
  });

  it('takes no commands', async () => {
    const { address } = await start();
    const viewer = await client(address);
    viewer.ask({ type: 'stop' });
    viewer.ask({ type: 'start', interfaces: ['lo'], filter: '' });
    await viewer.until('both refusals', () => viewer.refusals.length === 2);
    expect(viewer.refusals[0]!.error).toMatch(/stream that it was given/);
    expect(viewer.status!.state).toBe('capturing');
  });

  it('offers nothing to choose', async () => {
    const { running } = await start();
    const port = await running.port();
    // Without a page there is no offer to ask for.
    expect((await ask(port, withToken(port, '/live.json'))).status).toBe(404);
  });
});

describe('other streams', () => {
  const LINE = '6445016e0a0b0c0eff41636d65';

  it('come from a log that grows, and begins anew', async () => {
    const { folder, remove } = await folderOf({ 'server.log': `received from 10.0.0.7:5683: ${LINE}\n` });
    cleanups.push(remove);
    const path = join(folder, 'server.log');
    const running = new Running((host) => tap(['--log', path, '--port', '0'], host));
    cleanups.push(() => running.stop());
    const viewer = await client(await running.live());
    await viewer.until('the first line', () => viewer.next === 1);
    await appendFile(path, `received from 10.0.0.7:5683: ${LINE.replace('6d65', '6d66')}\n`);
    await viewer.until('the second line', () => viewer.next === 2);
    await writeFile(path, 'cut\n');
    await appendFile(path, `received from 10.0.0.7:5683: ${LINE.replace('6d65', '6d67')}\n`);
    await viewer.until('a line of the new log', () => viewer.next >= 3);
    expect(viewer.texts(20 + 8 + 9).slice(0, 3)).toEqual(['Acme', 'Acmf', 'Acmg']);
    await rm(path);
    expect(await running.stop()).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('come from a named pipe', async () => {
    const { folder, remove } = await folderOf({});
    cleanups.push(remove);
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const running = new Running((host) => tap(['--pipe', path, '--port', '0'], host));
    cleanups.push(() => running.stop());
    const viewer = await client(await running.live());
    const writer = createWriteStream(path);
    writer.write(pcapHeader());
    writer.write(pcapRecord(1_700_000_000, 0, text('through a pipe')));
    await viewer.until('a packet', () => viewer.next === 1);
    expect(viewer.texts()).toEqual(['through a pipe']);
    writer.end();
    await viewer.until('the end', () => viewer.status?.state === 'ended');
  });

  it('say why they cannot be opened', async () => {
    const running = new Running((host) => tap(['--pipe', '/absent/pipe', '--port', '0'], host));
    cleanups.push(() => running.stop());
    const viewer = await client(await running.live());
    await viewer.until('the fault', () => viewer.status?.state === 'failed');
    expect(viewer.status!.error).toMatch(/\/absent\/pipe cannot be read: /);
  });
});

/** A connection whose other end reads when the test says so. */
class HeldSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isHeld = false;
  texts: TapMessage[] = [];
  pieces: Uint8Array[] = [];
  #written: (() => void)[] = [];
  send(data: string | Uint8Array, _options?: unknown, done?: () => void): void {
    if (typeof data === 'string') this.texts.push(JSON.parse(data) as TapMessage);
    else this.pieces.push(new Uint8Array(data));
    if (this.isHeld) this.bufferedAmount += data.length;
    if (done !== undefined) this.#written.push(done);
    if (!this.isHeld) this.release();
  }
  release(): void {
    this.isHeld = false;
    this.bufferedAmount = 0;
    for (const done of this.#written.splice(0)) setImmediate(done);
  }
  close(): void {}
}

describe('a viewer that does not read', () => {
  it('loses whole packets, is told how many, and holds nobody up', async () => {
    const ring = new PacketRing(2 << 20);
    const clock = new StillClock();
    const viewers: TapViewer[] = [];
    const stream = new CaptureStream(
      ring,
      clock,
      () => undefined,
      () => viewers.forEach((viewer) => viewer.pump()),
    );
    const slow = new HeldSocket();
    const steady = new HeldSocket();
    for (const socket of [slow, steady])
      viewers.push(
        new TapViewer(socket as unknown as WebSocket, ring, stream, 'id', undefined, () => undefined),
      );
    const point = {
      name: 'a',
      description: '',
      linkType: 1,
      snapLength: 0,
      resolution: 6,
      offset: 0,
      filter: '',
      ordinal: 0,
      isLocalClock: true,
    };
    const points = [stream.interface(point), stream.interface({ ...point, name: 'b' })];
    const data = new Uint8Array(10_000);
    slow.isHeld = true;
    for (let index = 0; index < 1000; index++) {
      stream.packet(points[index % 2]!, { high: 1, low: index }, data.length, data, 0, data.length);
      if (index % 100 === 0) stream.tick();
    }
    stream.flush();
    // A megabyte waits for it, and what was begun beyond that; no more.
    expect(slow.bufferedAmount).toBeLessThan((1 << 20) + 80_000);
    slow.release();
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.milliseconds += 1000;
    stream.tick();
    await new Promise((resolve) => setTimeout(resolve, 50));

    const common = { type: 'status', drops: { kernel: 0, file: 0, viewer: 0 } } as unknown as TapStatus;
    viewers.forEach((viewer) => viewer.sendStatus(common));
    const read = (socket: HeldSocket) => {
      let frames = 0;
      const reader = new PcapngReader({ frame: () => frames++ });
      for (const piece of socket.pieces) reader.push(piece);
      reader.end();
      expect(reader.fault).toBeUndefined();
      const status = socket.texts.at(-1) as TapStatus;
      return { frames, status, dropped: reader.interfaces.map(({ dropped }) => dropped) };
    };
    const held = read(slow);
    expect(held.status.drops.viewer).toBeGreaterThan(500);
    expect(held.frames + held.status.drops.viewer).toBe(1000);
    expect(held.status.behind).toBe(0);
    expect(held.dropped[0]! + held.dropped[1]!).toBe(held.status.drops.viewer);
    // The gap is where the announced numbers jump.
    let expected = 0;
    let missing = 0;
    for (const message of slow.texts) {
      if (message.type !== 'blocks' || message.holds !== 'packets') continue;
      missing += message.first - expected;
      expected = message.first + message.count;
    }
    expect([missing, expected]).toEqual([held.status.drops.viewer, 1000]);
    const whole = read(steady);
    expect([whole.frames, whole.status.drops.viewer, ...whole.dropped]).toEqual([1000, 0, 0, 0]);
  });
});
