import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveOffer } from '../../src/analysis/live-tap-protocol.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { findTools, toolFolders } from '../../src/relay/capture-tool.ts';
import { bothFilters } from '../../src/relay/interface-source.ts';
import { serve } from '../../src/relay/serve.ts';
import { tap } from '../../src/relay/tap.ts';
import { ask, folderOf, receive, Running, withToken } from './served.ts';
import { TapClient } from './tap-client.ts';

/** Why nothing can be captured here; undefined where it can. */
function trouble(): string | undefined {
  const path = toolFolders()
    .map((folder) => join(folder, 'tcpdump'))
    .find((one) => existsSync(one));
  if (path === undefined) return 'tcpdump is not installed';
  // Compiling a filter for an interface opens it, and so takes the permission.
  const { status, stderr } = spawnSync(path, ['-i', LOOPBACK, '-d', '--', 'udp']);
  return status === 0 ? undefined : stderr.toString().split('\n')[0];
}
const LOOPBACK = process.platform === 'linux' ? 'lo' : 'lo0';
const missing = trouble();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

/** Headers before the payload of a UDP datagram on loopback, as Linux captures it: Ethernet, IPv4, UDP. */
const HEADERS = 14 + 20 + 8;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function page(): Promise<string> {
  const { folder, remove } = await folderOf({
    'index.html': await readFile(new URL('../../index.html', import.meta.url), 'utf8'),
  });
  cleanups.push(remove);
  return folder;
}

/** Starts `serve`, as `npm start` does. */
async function start(argv: readonly string[] = [], folders?: readonly string[]) {
  const running = new Running(
    (host) => serve(['--port', '0', ...argv], host),
    await page(),
    undefined,
    folders && { toolFolders: folders },
  );
  cleanups.push(() => running.stop());
  const port = await running.port();
  const offer = async (): Promise<LiveOffer> =>
    JSON.parse((await ask(port, withToken(port, '/live.json'))).body.toString()) as LiveOffer;
  return { running, port, address: await running.live(), offer };
}

async function client(address: string): Promise<TapClient> {
  const made = await TapClient.connect(address);
  cleanups.push(async () => made.socket.terminate());
  return made;
}

/** Two sockets that talk over loopback, and their ports. */
async function talkers() {
  const bind = (): Promise<ReturnType<typeof createSocket>> =>
    new Promise((resolve) => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1', () => resolve(socket));
    });
  const sockets = [await bind(), await bind()] as const;
  cleanups.push(async () => sockets.forEach((socket) => socket.close()));
  const port = sockets[1].address().port;
  return {
    filter: `udp port ${port}`,
    say: (text: string): Promise<void> =>
      new Promise((resolve, reject) =>
        sockets[0].send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      ),
  };
}

/** Processes of capture tools that this one has started. */
function tools(): { pid: number; command: string }[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)]);
  return stdout
    .toString()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, command]) => /tcpdump|dumpcap/.test(command ?? ''))
    .map(([pid, command]) => ({ pid: Number(pid), command: command! }));
}

describe.skipIf(missing !== undefined)(`a capture by tcpdump${why}`, () => {
  it('is offered with the interfaces there are and filters to choose from', async () => {
    const { offer } = await start(['--filter', 'udp port 7000']);
    const { tap: offered } = await offer();
    expect(offered).toMatchObject({ kind: 'interfaces', tool: 'tcpdump' });
    expect(offered!.error).toBeUndefined();
    expect(offered!.interfaces.find(({ name }) => name === LOOPBACK)).toMatchObject({
      up: true,
      loopback: true,
    });
    expect(offered!.filters[0]!.filter).toBe('udp port 7000');
    expect(offered!.filters.map(({ filter }) => filter)).toContain('');
    for (const { filter } of offered!.filters)
      expect(spawnSync('tcpdump', ['-d', '-y', 'EN10MB', '--', filter]).status, filter).toBe(0);
  });

  it('gives each packet as soon as it was sent', async () => {
    const { address } = await start();
    const viewer = await client(address);
    const { filter, say } = await talkers();
    await viewer.capture([LOOPBACK], filter);
    for (let step = 1; step <= 5; step++) {
      await say(`step ${step}`);
      await viewer.until(`packet ${step}`, () => viewer.next === step);
    }
    expect(viewer.texts(HEADERS)).toEqual([1, 2, 3, 4, 5].map((step) => `step ${step}`));
    const reader = new PcapngReader({ frame: () => undefined });
    reader.push(viewer.file);
    expect(reader.interfaces).toMatchObject([{ name: LOOPBACK, linkType: 1, frames: 5 }]);
    await viewer.until('a count of drops', () => viewer.status?.packets === 5);
    expect(viewer.status).toMatchObject({
      state: 'capturing',
      interfaces: [LOOPBACK],
      filter,
      drops: { kernel: 0 },
    });
    expect(viewer.status!.error).toBeUndefined();
  });

  it('is stopped and started without a break of the stream', async () => {
    const { running, address } = await start();
    const viewer = await client(address);
    const { filter, say } = await talkers();
    await viewer.capture([LOOPBACK], filter);
    await say('one');
    await viewer.until('a packet', () => viewer.next === 1);
    viewer.ask({ type: 'stop' });
    await viewer.until('the end', () => viewer.status?.state === 'idle');
    expect(tools()).toEqual([]);
    await say('unseen');
    await viewer.capture([LOOPBACK], filter);
    await say('two');
    await viewer.until('a packet', () => viewer.next === 2);
    // Another filter makes another interface of the stream, which says it.
    await viewer.capture([LOOPBACK], `${filter} and greater 1`);
    await say('three');
    await viewer.until('a packet', () => viewer.next === 3);
    expect(tools()).toHaveLength(1);
    expect(viewer.texts(HEADERS)).toEqual(['one', 'two', 'three']);
    const reader = new PcapngReader({ frame: () => undefined });
    reader.push(viewer.file);
    expect(reader.interfaces.map(({ frames }) => frames)).toEqual([2, 1]);
    expect(await running.stop()).toBe(0);
    expect(tools()).toEqual([]);
    expect(running.err).toBe('');
  });

  it.skipIf(process.platform !== 'linux')('may be of several interfaces', async () => {
    const { address } = await start();
    const viewer = await client(address);
    const { filter, say } = await talkers();
    await viewer.capture(['lo', 'any'], filter);
    await say('both');
    await viewer.until('two packets', () => viewer.next === 2);
    const seen: [string, number][] = [];
    const reader = new PcapngReader({
      frame: ({ interfaceIndex, linkType }) => seen.push([reader.interfaces[interfaceIndex]!.name, linkType]),
    });
    reader.push(viewer.file);
    expect(seen.sort()).toEqual([
      ['any', 276],
      ['lo', 1],
    ]);
  });

  it('leaves its own connections out', async () => {
    const { port, address } = await start();
    const viewer = await client(address);
    await viewer.capture([LOOPBACK], 'tcp');
    await ask(port, '/');
    for (let ticks = 0; ticks < 2; ticks++) {
      const now = viewer.statuses.length;
      await viewer.until('a status', () => viewer.statuses.length > now);
    }
    const reader = new PcapngReader({
      frame: ({ bytes, start }) => {
        const ports = [34, 36].map((at) => (bytes[start + at]! << 8) | bytes[start + at + 1]!);
        expect(ports).not.toContain(port);
      },
    });
    reader.push(viewer.file);
    expect(bothFilters('', 'tcp port 1')).toBe('not (tcp port 1)');
    expect(bothFilters('udp or tcp', 'tcp port 1')).toBe('(udp or tcp) and not (tcp port 1)');
    expect(bothFilters('udp', '')).toBe('udp');
  });

  it('of `tap` begins at once, and only of what was named', async () => {
    const { filter, say } = await talkers();
    const running = new Running((host) => tap([LOOPBACK, '--filter', filter, '--port', '0'], host));
    cleanups.push(() => running.stop());
    const viewer = await client(await running.live());
    await say('at once');
    await viewer.until('a packet', () => viewer.next === 1);
    await expect(viewer.capture(['any'], '')).rejects.toThrow(
      `there is no interface 'any'; there are ${LOOPBACK}`,
    );
    await say('still');
    await viewer.until('a packet', () => viewer.next === 2);
    expect(await running.stop()).toBe(0);
    expect(tools()).toEqual([]);
  });

  it('lists the interfaces', async () => {
    const running = new Running((host) => tap(['--interfaces'], host));
    expect(await running.code).toBe(0);
    expect(running.out).toMatch(new RegExp(`^${LOOPBACK} .*loopback`, 'm'));
  });

  it('of `tap` teaches where it cannot begin', async () => {
    for (const [argv, words] of [
      [['nowhere'], new RegExp(`no interface 'nowhere'; there are .*${LOOPBACK}`)],
      [[LOOPBACK, '--filter', 'udp prot 5683'], /filter is not understood: .*syntax error/],
      [[LOOPBACK, '--filter', 'port coapp'], /filter is not understood: .*unknown port 'coapp'/],
    ] as const) {
      const running = new Running((host) => tap([...argv, '--port', '0'], host));
      expect(await running.code).toBe(2);
      expect(running.err).toMatch(/^lwm2m-scope: [^\n]+\n$/);
      expect(running.err).toMatch(words);
    }
    expect(tools()).toEqual([]);
  });
});

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
    const viewers = [];
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

describe('without what it needs, a capture', () => {
  it('says that no tool is installed', async () => {
    const { offer, address } = await start([], []);
    const { tap: offered } = await offer();
    expect(offered).toMatchObject({ kind: 'interfaces', interfaces: [] });
    expect(offered!.error).toMatch(/neither tcpdump nor dumpcap is installed: (run|install) /);
    const viewer = await client(address);
    await expect(viewer.capture(['lo'], '')).rejects.toThrow(/neither tcpdump nor dumpcap/);
    const running = new Running((host) => tap(['lo'], host), undefined, undefined, { toolFolders: [] });
    expect(await running.code).toBe(2);
    expect(running.err).toMatch(/^lwm2m-scope: neither tcpdump nor dumpcap is installed: [^\n]+\n$/);
  });

  /** A folder with a stand-in for tcpdump that lists one interface and then does as the script says. */
  async function standIn(script: string, name = 'tcpdump'): Promise<string> {
    const { folder, remove } = await folderOf({
      [name]: `#!/bin/sh\ncase "$*" in -D) echo '1.lo [Up, Running, Loopback]';; -d*) exit 0;; *) ${script};; esac\n`,
    });
    cleanups.push(remove);
    await chmod(join(folder, name), 0o755);
    return folder;
  }
  const DENIED =
    "echo \"tcpdump: lo: You don't have permission to perform this capture on that device\" >&2; echo '(socket: Operation not permitted)' >&2; exit 1";

  it.skipIf(process.platform !== 'linux')('says which command gives the permission', async () => {
    const folder = await standIn(DENIED);
    const { address } = await start([], [folder]);
    const viewer = await client(address);
    await expect(viewer.capture(['lo'], '')).rejects.toThrow(
      `tcpdump has no permission to capture on lo: run  sudo setcap cap_net_raw,cap_net_admin=ep ${join(folder, 'tcpdump')}  once`,
    );
    await viewer.until('the failure', () => viewer.status?.state === 'failed');
    expect(viewer.status!.error).toMatch(/no permission/);
  });

  it.skipIf(process.platform === 'win32')('tells the words of a tool that gives up', async () => {
    for (const [script, words] of [
      ["echo 'tcpdump: lo: that is odd' >&2; exit 1", /tcpdump cannot capture on lo: lo: that is odd/],
      ['exit 3', /tcpdump cannot capture on lo: it does not say why/],
      [
        'echo this is no capture at all, and long enough',
        /tcpdump cannot capture on lo: it wrote what is no capture/,
      ],
      ["printf '\\033[2Jbad\\n' >&2; exit 1", /cannot capture on lo: \?\[2Jbad/],
    ] as const) {
      const viewer = await client((await start([], [await standIn(script)])).address);
      await expect(viewer.capture(['lo'], ''), script).rejects.toThrow(words);
    }
  });

  it.skipIf(process.platform === 'win32')('finds the tools in the order of the folders', async () => {
    const [first, second] = [await standIn('exit 1', 'dumpcap'), await standIn('exit 1')];
    expect((await findTools([first, second])).map(({ name, path }) => [name, path])).toEqual([
      ['tcpdump', join(second, 'tcpdump')],
      ['dumpcap', join(first, 'dumpcap')],
    ]);
    await mkdir(join(first, 'tcpdump'));
    await writeFile(join(first, 'tcpdump', 'x'), '');
    expect(toolFolders('').length).toBeGreaterThan(0);
  });

  const dumpcap = toolFolders()
    .map((folder) => join(folder, 'dumpcap'))
    .find((path) => existsSync(path));
  const canDumpcap =
    missing === undefined &&
    dumpcap !== undefined &&
    spawnSync(dumpcap, ['-i', 'lo', '-d', '-f', 'udp']).status === 0;
  it.skipIf(!canDumpcap)('takes dumpcap where tcpdump is absent, or lacks the permission', async () => {
    for (const denied of [false, true]) {
      const folder = denied ? await standIn(DENIED) : (await folderOf({})).folder;
      await symlink(dumpcap!, join(folder, 'dumpcap'));
      const { address, offer } = await start([], [folder]);
      const { tap: offered } = await offer();
      expect(offered!.tool).toBe(denied ? 'tcpdump' : 'dumpcap');
      if (!denied)
        expect(offered!.interfaces).toContainEqual({
          name: 'lo',
          description: 'Loopback',
          up: true,
          loopback: true,
        });
      const viewer = await client(address);
      const { filter, say } = await talkers();
      await viewer.capture(['lo'], filter);
      await say('by dumpcap');
      await viewer.until('a packet', () => viewer.next === 1);
      expect(viewer.texts(HEADERS)).toEqual(['by dumpcap']);
      if (!denied)
        await expect(viewer.capture(['lo'], 'udp prot')).rejects.toThrow(/filter is not understood/);
      viewer.ask({ type: 'stop' });
      await viewer.until('the end', () => viewer.status?.state === 'idle');
      expect(tools()).toEqual([]);
    }
  });
});

describe.skipIf(missing !== undefined)(`faults of a capture${why}`, () => {
  it('a tool that is killed ends it, says so, and it can be started again', async () => {
    const { running, address } = await start();
    const viewer = await client(address);
    const { filter, say } = await talkers();
    await viewer.capture([LOOPBACK], filter);
    await say('before');
    await viewer.until('a packet', () => viewer.next === 1);
    const [tool] = tools();
    process.kill(tool!.pid, 'SIGKILL');
    await viewer.until('the failure', () => viewer.status?.state === 'failed');
    expect(viewer.status!.error).toBe(`tcpdump on ${LOOPBACK} was ended by SIGKILL`);
    expect(running.err).toContain('was ended by SIGKILL');
    await viewer.capture([LOOPBACK], filter);
    await say('after');
    await viewer.until('a packet', () => viewer.next === 2);
    expect(viewer.status!.error).toBeUndefined();
    expect(viewer.texts(HEADERS)).toEqual(['before', 'after']);
  });

  const VETH = `scope${process.pid % 10_000}`;
  const canMake =
    process.platform === 'linux' &&
    spawnSync('ip', ['link', 'add', VETH, 'type', 'veth', 'peer', 'name', `${VETH}p`]).status === 0;
  if (canMake) execFileSync('ip', ['link', 'del', VETH]);
  it.skipIf(!canMake)(
    'an interface that vanishes leaves the others (skipped where none can be made)',
    async () => {
      execFileSync('ip', ['link', 'add', VETH, 'type', 'veth', 'peer', 'name', `${VETH}p`]);
      cleanups.push(async () => spawnSync('ip', ['link', 'del', VETH]));
      execFileSync('ip', ['link', 'set', VETH, 'up']);
      const { running, address } = await start();
      const viewer = await client(address);
      const { filter, say } = await talkers();
      await viewer.capture([VETH, 'lo'], filter);
      execFileSync('ip', ['link', 'del', VETH]);
      await viewer.until('the word of it', () => viewer.status?.error !== undefined);
      expect(viewer.status!.error).toMatch(new RegExp(`^tcpdump on ${VETH} ended.*: .*(disappeared|down)`));
      expect(viewer.status!.state).toBe('capturing');
      await say('still here');
      await viewer.until('a packet', () => viewer.next === 1);
      expect(running.err).toContain(VETH);
      expect(tools()).toHaveLength(1);
    },
  );
});
