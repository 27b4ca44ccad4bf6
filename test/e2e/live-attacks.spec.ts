import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TapMessage, TapStatus } from '../../src/analysis/live-tap-protocol.ts';
import { expect, lines, sampleBytes, test, untilState } from './page.ts';
import { servePage } from './static-server.ts';
import { messagesOf, saveRecording, shown } from './tap-page.ts';

const STATUS: TapStatus = {
  type: 'status',
  state: 'capturing',
  interfaces: ['lo'],
  filter: 'udp',
  packets: 0,
  rate: 0,
  drops: { kernel: 0, file: 0, viewer: 0 },
  ring: { bytes: 0, capacity: 1 << 20, firstSequence: 0, nextSequence: 0 },
  behind: 0,
  viewers: 1,
  refused: 0,
};

const ENHANCED_PACKET = 6;

/** A capture in two: its section header with all interfaces, and its packets, one block each. */
function blocksOf(name: string): { section: Buffer; packets: Buffer[] } {
  const bytes = sampleBytes(name);
  const head: Buffer[] = [];
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const block = bytes.subarray(at, at + bytes.readUInt32LE(at + 4));
    if (block.readUInt32LE(0) === ENHANCED_PACKET) packets.push(block);
    else if (packets.length === 0) head.push(block);
  }
  return { section: Buffer.concat(head), packets };
}

const CAPTURE = blocksOf('wk-dm-a.pcapng');
/** Messages in its packets. */
const MESSAGES = 125;

/** A relay that the test plays: it says what it likes. */
class PlayedRelay {
  page = '';
  #next = 0;
  private constructor(private readonly server: WebSocketServer) {}

  static async start(): Promise<PlayedRelay> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/live' });
    await once(server, 'listening');
    const relay = new PlayedRelay(server);
    server.on('connection', (socket) => socket.on('error', () => undefined));
    const live = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    const offer = JSON.stringify({ live, tap: { kind: 'stream', interfaces: [], filters: [] } });
    const page = await servePage(0, (path, text) => (path === 'live.json' ? offer : text));
    cleanups.push(async () => {
      await page.close();
      for (const client of server.clients) client.terminate();
      await new Promise<void>((ended) => server.close(() => ended()));
    });
    relay.page = page.url;
    return relay;
  }

  /** The connection of the page, after the relay has greeted it and sent a section. */
  async meet(page: Page): Promise<WebSocket> {
    await page.goto(this.page);
    const connected = once(this.server, 'connection');
    await page.getByRole('button', { name: 'Connect' }).click();
    const [socket] = (await connected) as [WebSocket];
    this.#next = 0;
    say(socket, { type: 'hello', stream: 's1', continues: false, next: 0, missed: 0 });
    say(socket, STATUS);
    say(socket, { type: 'blocks', holds: 'section', first: 0, count: 1 });
    socket.send(CAPTURE.section);
    await untilState(page, 'live');
    return socket;
  }

  /** Sends packets as they have to be. */
  packets(socket: WebSocket, packets: readonly Buffer[]): void {
    say(socket, { type: 'blocks', holds: 'packets', first: this.#next, count: packets.length });
    socket.send(Buffer.concat(packets));
    this.#next += packets.length;
  }

  /** Bytes as they are on the wire, below the WebSocket. */
  raw(socket: WebSocket, bytes: Uint8Array): void {
    (socket as unknown as { _socket: Socket })._socket.write(bytes);
  }
}

function say(socket: WebSocket, message: TapMessage): void {
  socket.send(JSON.stringify(message));
}

/** That the page still does what the person asks, soon. */
async function expectAnswers(page: Page): Promise<void> {
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible({ timeout: 3000 });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0, { timeout: 3000 });
}

const cleanups: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('garbage among good messages is refused and counted, and the rest is shown and saved', async ({
  page,
}, info) => {
  const relay = await PlayedRelay.start();
  const socket = await relay.meet(page);
  relay.packets(socket, CAPTURE.packets.slice(0, 50));
  await expect.poll(() => shown(page)).toBe(50);

  const said = {
    blocks: (first: number, count: number): void =>
      say(socket, { type: 'blocks', holds: 'packets', first, count }),
  };
  const attacks: [string, () => void][] = [
    ['no JSON', () => socket.send('{"type":')],
    ['a text of 5 MB', () => socket.send('x'.repeat(5_000_000))],
    ['deep JSON', () => socket.send('['.repeat(30_000) + ']'.repeat(30_000))],
    ['another type', () => socket.send(JSON.stringify({ type: '<img src=x onerror=alert(1)>' }))],
    ['names of prototypes', () => socket.send('{"type":"status","__proto__":{"state":"idle"}}')],
    ['a state that is none', () => socket.send(JSON.stringify({ ...STATUS, state: 'owned' }))],
    [
      'numbers that are none',
      () => socket.send(JSON.stringify(STATUS).replace('"packets":0', '"packets":1e400')),
    ],
    [
      'a hello amid the stream',
      () => say(socket, { type: 'hello', stream: 's1', continues: true, next: 0, missed: 9 }),
    ],
    ['bytes that nothing announced', () => socket.send(Buffer.alloc(1000, 0xa5))],
    ['50 MB that are no blocks', () => (said.blocks(50, 1), socket.send(Buffer.alloc(50_000_000, 0x41)))],
    [
      'a block that claims 4 GB',
      () => (said.blocks(50, 1), socket.send(Buffer.from('06000000fcffffff0000000000000000', 'hex'))),
    ],
    ['a section among packets', () => (said.blocks(50, 1), socket.send(CAPTURE.section))],
    ['packets that came before', () => (said.blocks(3, 1), socket.send(CAPTURE.packets[3]!))],
    ['a block that is cut', () => (said.blocks(50, 1), socket.send(CAPTURE.packets[50]!.subarray(0, 40)))],
  ];
  const card = page.getByTestId('load-card');
  let refused = 0;
  for (const [what, attack] of attacks) {
    attack();
    refused++;
    await expect(card, what).toContainText(
      `${refused} message${refused === 1 ? '' : 's'} of the relay not understood`,
    );
  }
  await expectAnswers(page);
  expect(await shown(page)).toBe(50);
  relay.packets(socket, CAPTURE.packets.slice(50));
  await expect.poll(() => shown(page)).toBe(125);
  expect(messagesOf(await saveRecording(page, info.outputPath('saved.pcapng')))).toHaveLength(125);
  await card.getByRole('button', { name: 'Stop', exact: true }).click();
  await untilState(page, 'stopped');
  await expectAnswers(page);
});

test('words of the relay are shown as words', async ({ page }) => {
  const relay = await PlayedRelay.start();
  const socket = await relay.meet(page);
  const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
  say(socket, { ...STATUS, state: 'failed', interfaces: [markup], filter: markup, error: markup });
  const card = page.getByTestId('load-card');
  await expect(card.getByRole('alert')).toHaveText(markup);
  await expect(card.locator('img')).toHaveCount(0);
  say(socket, { type: 'refused', error: markup.repeat(30) });
  say(socket, STATUS);
  await expect(card.getByRole('alert')).toHaveText(markup.repeat(30));
  await expectAnswers(page);
});

test('a flood of nonsense ends the connection, not the page', async ({ page }) => {
  const relay = await PlayedRelay.start();
  const socket = await relay.meet(page);
  relay.packets(socket, CAPTURE.packets.slice(0, 50));
  await expect.poll(() => shown(page)).toBe(50);
  for (let count = 0; count < 20_000; count++) socket.send(`{"type":"nonsense ${count}"}`);
  await untilState(page, 'failed');
  await expect(page.getByTestId('notice').first()).toContainText('is no live tap');
  expect(await shown(page)).toBe(50);
  await expectAnswers(page);
  await page.getByRole('button', { name: 'lwm2m-scope' }).click();
  await expect(page.getByRole('button', { name: 'Connect' })).toBeVisible();
});

test('a flood of statuses and of blocks leaves the page usable', async ({ page }, info) => {
  test.slow();
  const relay = await PlayedRelay.start();
  const socket = await relay.meet(page);
  for (let count = 0; count < 20_000; count++) say(socket, { ...STATUS, packets: count, rate: count });
  await expectAnswers(page);
  // Many in one message, and one in many messages.
  const many = Array.from({ length: 8 }, () => CAPTURE.packets).flat();
  for (let count = 0; count < 50; count++) relay.packets(socket, many);
  for (let count = 0; count < 40; count++)
    for (const packet of CAPTURE.packets) relay.packets(socket, [packet]);
  const messages = (50 * 8 + 40) * MESSAGES;
  await expectAnswers(page);
  await expect.poll(() => shown(page), { timeout: 60_000 }).toBe(messages);
  await expect(lines(page).last()).toBeVisible();
  await expectAnswers(page);
  expect(messagesOf(await saveRecording(page, info.outputPath('flood.pcapng')))).toHaveLength(messages);
  await page.getByTestId('load-card').getByRole('button', { name: 'Stop', exact: true }).click();
  await untilState(page, 'stopped');
});

test('gaps without end are counted, and marked a bounded number of times', async ({ page }) => {
  const relay = await PlayedRelay.start();
  const socket = await relay.meet(page);
  const packets = Array.from({ length: 24 }, () => CAPTURE.packets).flat();
  packets.forEach((packet, count) => {
    say(socket, { type: 'blocks', holds: 'packets', first: count * 11 + 10, count: 1 });
    socket.send(packet);
  });
  await expect.poll(() => shown(page)).toBe(24 * MESSAGES);
  await expect(page.getByTestId('load-card')).toContainText(
    `${(packets.length * 10).toLocaleString('en')} packets did not come here`,
  );
  await expect(page.getByRole('group', { name: 'Marks' })).toContainText('1,000 marks');
  await expectAnswers(page);
});

for (const [how, close] of [
  ['with a code of its own', (socket) => socket.close(4321, 'because \u202e I can')],
  ['with an error', (socket) => socket.close(1011, 'x'.repeat(120))],
  ['without a word', (socket) => socket.terminate()],
  [
    'amid a frame',
    (socket, relay) => (
      relay.raw(socket, Buffer.from('827f00000000000f4240aabb', 'hex')),
      socket.terminate()
    ),
  ],
  ['with bytes that are no frame', (socket, relay) => relay.raw(socket, Buffer.from('ff'.repeat(40), 'hex'))],
  ['with a text that is no UTF-8', (socket, relay) => relay.raw(socket, Buffer.from('8102c328', 'hex'))],
] as [string, (socket: WebSocket, relay: PlayedRelay) => void][]) {
  test(`a relay that closes ${how} is tried again, and can be left`, async ({ page, heard }, info) => {
    // The browser itself writes of frames that are none.
    heard.expected = true;
    const relay = await PlayedRelay.start();
    const socket = await relay.meet(page);
    relay.packets(socket, CAPTURE.packets.slice(0, 50));
    await expect.poll(() => shown(page)).toBe(50);
    close(socket, relay);
    const card = page.getByTestId('load-card');
    await expect(card.getByRole('status')).toContainText('Relay lost');
    await expectAnswers(page);
    await card.getByRole('button', { name: 'Stop', exact: true }).click();
    await untilState(page, 'stopped');
    expect(messagesOf(await saveRecording(page, info.outputPath('left.pcapng')))).toHaveLength(50);
    expect(heard.texts.filter((text) => !text.includes('WebSocket connection'))).toEqual([]);
  });
}
