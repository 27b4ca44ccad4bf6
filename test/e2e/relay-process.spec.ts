import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const COMMAND = join(dirname(fileURLToPath(import.meta.url)), '../../dist-node/bin/lwm2m-scope.js');
const canCapture = existsSync('/proc') && spawnSync('tcpdump', ['-i', 'lo', '-d', '--', 'udp']).status === 0;

let relay: ChildProcess | undefined;
test.afterEach(() => {
  if (relay?.exitCode === null && relay.signalCode === null) relay.kill('SIGKILL');
});

/** Capture tools that a process has started. */
function toolsOf(parent: number): number[] {
  const tools: number[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const found = /^\d+ \((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      if (found?.[1] === 'tcpdump' && Number(found[2]) === parent) tools.push(Number(pid));
    } catch {
      // It has ended meanwhile.
    }
  }
  return tools;
}

/** True where a process is there and not only waits to be forgotten by its parent. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const) {
  test(`${signal} ends the relay and the tool that it started`, async () => {
    test.skip(!canCapture, 'tcpdump is absent or may not capture here');
    relay = spawn('node', [COMMAND, 'tap', 'lo', '--port', '0', '--filter', 'udp port 5683'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(relay.stdout!, 'data');
    const tools = toolsOf(relay.pid!);
    expect(tools).toHaveLength(1);
    relay.kill(signal);
    const [code] = (await once(relay, 'exit')) as [number | null];
    expect(code).toBe(signal === 'SIGKILL' ? null : 0);
    // One that was killed could not wait for its tool.
    const left = (): boolean => isRunning(tools[0]!);
    if (signal === 'SIGKILL') await expect.poll(left).toBe(false);
    expect(left()).toBe(false);
  });
}
