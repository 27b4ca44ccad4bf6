import { spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Download, Locator, Page } from '@playwright/test';
import { expect, lines, untilState } from './page.ts';
import { servePage } from './static-server.ts';

const COMMAND = fileURLToPath(new URL('../../dist-node/bin/lwm2m-scope.js', import.meta.url));

/** Chooses an interface and a filter on the start page, and waits until it is captured. */
export async function capture(page: Page, address: string, filter: string, name = 'lo'): Promise<void> {
  await page.goto(address);
  await startCapture(page, filter, name);
}

/** As `capture`, on a start page that is open. */
export async function startCapture(page: Page, filter: string, name = 'lo'): Promise<void> {
  const tap = page.getByRole('region', { name: /Live tap/ });
  await expect(tap.getByRole('checkbox').first()).toBeVisible();
  for (const box of await tap.getByRole('checkbox', { checked: true }).all()) await box.uncheck();
  await tap.getByRole('checkbox', { name: new RegExp(`^${name}\\b`) }).check();
  await tap.getByLabel('Capture filter in the language of tcpdump').fill(filter);
  await tap.getByRole('button', { name: 'Capture', exact: true }).click();
  await untilState(page, 'live');
  await expect(page.getByTestId('load-card').getByRole('status')).toHaveText('Capturing');
}

/** Messages in the list. */
export async function shown(page: Page): Promise<number> {
  // The head of the list is a row, too.
  return Number(await page.getByTestId('message-list').getAttribute('aria-rowcount')) - 1;
}

/** The cells of all lines of the list, from the first to the last. */
export async function allLines(page: Page): Promise<string[][]> {
  const list = page.getByTestId('message-list');
  const count = await shown(page);
  const found = new Map<number, string[]>();
  await expect(async () => {
    await list.press('Home');
    await expect(lines(page).first()).toHaveAttribute('aria-rowindex', '2', { timeout: 1000 });
  }).toPass();
  for (let turns = 0; found.size < count && turns < 10 + count; turns++) {
    const seen = await lines(page).evaluateAll((all) =>
      all.map((row): [number, string[]] => [
        Number(row.getAttribute('aria-rowindex')),
        [...row.querySelectorAll('[role=gridcell]:not(.absent)')].map((cell) => cell.textContent.trim()),
      ]),
    );
    for (const [index, cells] of seen) if (cells.length > 1) found.set(index, cells);
    await list.press('PageDown');
  }
  return [...found].sort(([one], [other]) => one - other).map(([, cells]) => cells);
}

/** One record of a message, as the command line writes it. */
export interface MessageRecord {
  id: string;
  frame: { number: number; time: string };
  lwm2m?: { operation?: string };
}

/** The messages of a capture, as the command line says them. */
export function messagesOf(path: string): MessageRecord[] {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [COMMAND, 'messages', '--format', 'ndjson', path],
    { encoding: 'utf8', maxBuffer: 256 << 20 },
  );
  expect(status, stderr).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MessageRecord);
}

/** Saves what is recorded, by its key. */
export async function saveRecording(page: Page, path: string): Promise<string> {
  const download: Promise<Download> = page.waitForEvent('download');
  await page.keyboard.press('Control+s');
  await (await download).saveAs(path);
  return path;
}

/** The texts of the marks that have room on the timeline. */
export function marks(page: Page): Locator {
  return page.getByRole('group', { name: 'Marks' }).getByRole('button');
}

/** Two sockets on loopback, of which the first sends messages of CoAP that are told apart by their numbers. */
export class Talkers {
  #sent = 0;
  private constructor(
    readonly device: Socket,
    readonly server: Socket,
  ) {}

  static async bind(): Promise<Talkers> {
    const bound = async (address: string): Promise<Socket> => {
      const socket = createSocket('udp4');
      socket.bind(0, address);
      await once(socket, 'listening');
      return socket;
    };
    return new Talkers(await bound('0.0.0.0'), await bound('127.0.0.1'));
  }

  /** Datagrams that were sent. */
  get sent(): number {
    return this.#sent;
  }

  get filter(): string {
    return `udp port ${this.server.address().port}`;
  }

  /** Sends so many messages, no faster than a capture takes them: non-confirmable GETs, with a payload where wanted. */
  say(count: number, payload = 0): Promise<void> {
    return this.sayTo('127.0.0.1', this.server.address().port, count, payload);
  }

  /** As `say`, to another place. */
  async sayTo(address: string, port: number, count: number, payload = 0): Promise<void> {
    const end =
      payload === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0xff), Buffer.alloc(payload, 0x2e)]);
    for (let index = 0; index < count; index++) {
      const id = this.#sent++ & 0xffff;
      const head = Buffer.of(0x52, 0x01, id >> 8, id & 0xff, id >> 8, id & 0xff, 0xb1, 0x78);
      this.device.send(Buffer.concat([head, end]), port, address);
      if (index % 25 === 24) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.device.close();
    this.server.close();
  }
}

/** Starts the relay with a stream on its standard input, and a page that offers it. */
export async function streamTap(
  cleanups: (() => unknown)[],
): Promise<{ page: string; write(bytes: Uint8Array): void }> {
  const relay = spawn(process.execPath, [COMMAND, 'tap', '-', '--port', '0']);
  cleanups.push(() => relay.kill('SIGKILL'));
  let said = '';
  for await (const piece of relay.stdout) {
    said += String(piece);
    if (/ws:\/\/\S+/.test(said)) break;
  }
  const live = /ws:\/\/\S+/.exec(said)![0];
  const offer = JSON.stringify({ live, tap: { kind: 'stream', interfaces: [], filters: [] } });
  const server = await servePage(0, (path, text) => (path === 'live.json' ? offer : text));
  cleanups.push(() => server.close());
  return { page: server.url, write: (bytes) => void relay.stdin.write(bytes) };
}
