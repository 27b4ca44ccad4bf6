import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveOffer } from '../../src/analysis/live-tap-protocol.ts';
import { toolFolders } from '../../src/relay/capture-tool.ts';
import { serve } from '../../src/relay/serve.ts';
import { ask, folderOf, Running, withToken } from './served.ts';
import { TapClient } from './tap-client.ts';

/** The interface that the tests talk over. */
export const LOOPBACK = 'lo';

/** Why nothing can be captured here; undefined where it can. */
function trouble(): string | undefined {
  const path = toolFolders()
    .map((folder) => join(folder, 'tcpdump'))
    .find((one) => existsSync(one));
  if (path === undefined) return 'tcpdump is not installed';
  if (!existsSync('/proc')) return 'the tests look for left processes in /proc';
  // Compiling a filter for an interface opens it, and so takes the permission.
  const { status, stderr } = spawnSync(path, ['-i', LOOPBACK, '-d', '--', 'udp']);
  return status === 0 ? undefined : stderr.toString().split('\n')[0];
}
/** Why nothing can be captured here, and the same for the name of what is skipped. */
export const missing = trouble();
export const why = missing === undefined ? '' : ` (skipped: ${missing})`;

/** Headers before the payload of a UDP datagram on loopback, as Linux captures it: Ethernet, IPv4, UDP. */
export const HEADERS = 14 + 20 + 8;

/** What ends what a test started. */
export const cleanups: (() => Promise<unknown>)[] = [];

/** Ends what a test started, the last first. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

async function page(): Promise<string> {
  const { folder, remove } = await folderOf({
    'index.html': await readFile(new URL('../../index.html', import.meta.url), 'utf8'),
  });
  cleanups.push(remove);
  return folder;
}

/** Starts `serve`, as `npm start` does. */
export async function start(argv: readonly string[] = [], folders?: readonly string[]) {
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

/** Connects a viewer. */
export async function client(address: string): Promise<TapClient> {
  const made = await TapClient.connect(address);
  cleanups.push(async () => made.socket.terminate());
  return made;
}

/** Two sockets that talk over loopback, and their ports. */
export async function talkers() {
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

/** Processes of capture tools that this one has started (told where there is /proc). */
export function tools(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return /^(\d+) \((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return null;
      }
    })
    .filter(
      (found) => found !== null && Number(found[3]) === process.pid && /tcpdump|dumpcap/.test(found[2]!),
    )
    .map((found) => ({ pid: Number(found![1]), command: found![2]! }));
}
