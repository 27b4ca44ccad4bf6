import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findTools, toolFolders } from '../../src/relay/capture-tool.ts';
import { tap } from '../../src/relay/tap.ts';
import { cleanUp, cleanups, client, HEADERS, missing, start, talkers, tools } from './live-setup.ts';
import { folderOf, Running } from './served.ts';

afterEach(cleanUp);

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
