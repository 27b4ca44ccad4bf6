import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { bothFilters } from '../../src/relay/interface-source.ts';
import { tap } from '../../src/relay/tap.ts';
import {
  cleanUp,
  cleanups,
  client,
  HEADERS,
  LOOPBACK,
  missing,
  start,
  talkers,
  tools,
  why,
} from './live-setup.ts';
import { ask, Running } from './served.ts';

afterEach(cleanUp);

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

  it('may be of several interfaces', async () => {
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
