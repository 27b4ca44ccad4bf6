import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TapMessage, TapStatus } from '../../../src/analysis/live-tap-protocol.ts';
import { TapLink } from '../../../src/analysis/tap-link.ts';
import { type TapSocket, type TapSockets, tapStream } from '../../../src/app/worker-host/tap-stream.ts';

const URL = 'ws://127.0.0.1:8460/live?token=abc';
const IDLE: TapStatus = {
  type: 'status',
  state: 'idle',
  interfaces: [],
  filter: '',
  packets: 0,
  rate: 0,
  drops: { kernel: 0, file: 0, viewer: 0 },
  ring: { bytes: 0, capacity: 1, firstSequence: 0, nextSequence: 0 },
  behind: 0,
  viewers: 1,
  refused: 0,
};

/** A section header, and an Enhanced Packet Block without data (draft-ietf-opsawg-pcapng §4.1, §4.3). */
const SECTION = words(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28);
const PACKET = words(6, 32, 0, 0, 0, 0, 0, 32);

function words(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  numbers.forEach((number, at) => new DataView(bytes.buffer).setUint32(at * 4, number, true));
  return bytes;
}

/** A relay that the test plays: its side of one connection. */
class Socket implements TapSocket {
  binaryType = 'blob';
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { wasClean: boolean; code: number; reason: string }) => void) | null = null;
  readonly sent: unknown[] = [];
  isClosed = false;
  constructor(readonly address: string) {}
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.isClosed = true;
  }
  say(message: TapMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  bytes(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }
  blocks(
    holds: 'section' | 'interfaces' | 'packets' | 'tick',
    first: number,
    count: number,
    bytes: Uint8Array,
  ): void {
    this.say({ type: 'blocks', holds, first, count });
    this.bytes(bytes);
  }
  hello(stream: string, continues = false, next = 0, missed = 0): void {
    this.say({ type: 'hello', stream, continues, next, missed });
  }
  end(wasClean: boolean, code = wasClean ? 1000 : 1006, reason = ''): void {
    this.onclose?.({ wasClean, code, reason });
  }
}

/** A page that is connected, and what it does when time passes. */
function connect(link = new TapLink()) {
  const sockets: Socket[] = [];
  const due: { milliseconds: number; run: () => void }[] = [];
  const platform: TapSockets = {
    connect: (address) => {
      const socket = new Socket(address);
      sockets.push(socket);
      return socket;
    },
    later: (milliseconds, run) => {
      const timer = { milliseconds, run };
      due.push(timer);
      return () => void due.splice(due.indexOf(timer), 1);
    },
  };
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const stream = tapStream(URL, stopped, link, platform);
  const first = stream.next();
  return { link, sockets, due, stream, first, stop };
}

describe('a live tap', () => {
  it('takes nothing for its stream from what says no hello where it was connected before', async () => {
    const { link, sockets, due, first, stream, stop } = connect();
    sockets[0]!.hello('s1');
    sockets[0]!.blocks('section', 0, 0, SECTION);
    expect((await first).value).toEqual(SECTION);
    sockets[0]!.end(false);
    due[0]!.run();
    sockets[1]!.bytes(PACKET);
    expect(link.news.refused).toBe(1);
    stop();
    expect((await stream.next()).done).toBe(true);
  });

  it('gives whole blocks, and tells how the relay stands', async () => {
    const { link, sockets, stream, first } = connect();
    const [relay] = sockets;
    expect(relay!.address).toBe(URL);
    relay!.hello('s1');
    relay!.say(IDLE);
    relay!.blocks('section', 0, 0, SECTION);
    relay!.blocks('packets', 0, 1, PACKET);
    expect((await first).value).toEqual(SECTION);
    expect((await stream.next()).value).toEqual(PACKET);
    expect(link.news).toMatchObject({
      connection: 'connected',
      status: { state: 'idle' },
      missed: 0,
      gaps: 0,
    });
    expect(relay!.sent).toEqual([]);
  });

  it('asks for what was chosen once it is greeted, and not for what runs already', () => {
    const start = { type: 'start', interfaces: ['lo', 'eth0'], filter: 'udp' } as const;
    const chosen = { ...start, interfaces: [...start.interfaces] };
    for (const [status, asked] of [
      [IDLE, [start]],
      [{ ...IDLE, state: 'capturing', interfaces: ['eth0', 'lo'], filter: 'udp' } as const, []],
      [{ ...IDLE, state: 'capturing', interfaces: ['lo'], filter: 'udp' } as const, [start]],
    ] as const) {
      const { sockets } = connect(new TapLink(chosen));
      sockets[0]!.hello('s1');
      sockets[0]!.say(status as TapStatus);
      sockets[0]!.say(status as TapStatus);
      expect(sockets[0]!.sent).toEqual(asked);
    }
  });

  it('continues after a break where it was, and counts what is missing', async () => {
    const { link, sockets, due, stream, first } = connect();
    sockets[0]!.hello('s1', false, 10);
    sockets[0]!.blocks('section', 0, 2, SECTION);
    sockets[0]!.blocks('packets', 10, 3, PACKET);
    sockets[0]!.end(false);
    expect(link.news).toMatchObject({ connection: 'lost', attempts: 1 });
    due.shift()!.run();
    sockets[1]!.end(false);
    expect(due.map(({ milliseconds }) => milliseconds)).toEqual([1000]);
    due.shift()!.run();
    expect(sockets[2]!.address).toBe(`${URL}&stream=s1&next=13&interfaces=2`);
    sockets[2]!.hello('s1', true, 20, 7);
    sockets[2]!.blocks('packets', 20, 1, PACKET);
    sockets[2]!.blocks('packets', 25, 1, PACKET);
    expect(link.news).toMatchObject({ connection: 'connected', attempts: 0, missed: 7 + 4, gaps: 2 });
    const pieces = [(await first).value];
    while (pieces.length < 6) pieces.push((await stream.next()).value);
    // Each gap is told where it is.
    expect(pieces).toEqual([SECTION, PACKET, { missed: 7 }, PACKET, { missed: 4 }, PACKET]);
  });

  it('goes on with the stream of a relay that was started again, and asks it to capture', async () => {
    const start = { type: 'start' as const, interfaces: ['lo'], filter: '' };
    const { link, sockets, due, first } = connect(new TapLink(start));
    sockets[0]!.hello('s1');
    sockets[0]!.say(IDLE);
    sockets[0]!.end(true, 1001, 'the relay ends');
    due.shift()!.run();
    sockets[1]!.hello('s2');
    sockets[1]!.say(IDLE);
    sockets[1]!.blocks('section', 0, 0, SECTION);
    expect(sockets[1]!.sent).toEqual([start]);
    expect(link.news).toMatchObject({ missed: 0, gaps: 1 });
    expect((await first).value).toEqual({ missed: 0 });
  });

  it('ends without an error when the person stops, also between two attempts', async () => {
    const { sockets, due, first, stop, link } = connect();
    sockets[0]!.hello('s1');
    sockets[0]!.end(false);
    stop();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(due).toEqual([]);
    expect(link.news.connection).toBe('over');
  });

  it('says that nothing answers where the first connection fails, without the token', async () => {
    const { sockets, first } = connect();
    sockets[0]!.end(false);
    await expect(first).rejects.toThrow(/no live tap answers at ws:\/\/127.0.0.1:8460\/live:/);
  });

  it('gives the bytes of a replay as they are', async () => {
    const { sockets, stream, first } = connect();
    sockets[0]!.bytes(Uint8Array.of(1, 2, 3));
    sockets[0]!.end(true);
    expect((await first).value).toEqual(Uint8Array.of(1, 2, 3));
    expect((await stream.next()).done).toBe(true);
  });

  it('ends with the stream that the relay was given', async () => {
    const { sockets, first } = connect();
    sockets[0]!.hello('s1');
    sockets[0]!.say({ ...IDLE, state: 'ended' });
    sockets[0]!.end(true);
    expect((await first).done).toBe(true);
  });
});

describe('a hostile relay', () => {
  it.each<[string, (relay: Socket) => void]>([
    ['blocks that are none', (relay) => relay.blocks('packets', 0, 1, Uint8Array.of(1, 2, 3, 4))],
    ['a block longer than its message', (relay) => relay.blocks('packets', 0, 1, words(6, 0xfffffff0, 0))],
    ['a block of no length', (relay) => relay.blocks('packets', 0, 1, words(6, 0, 0))],
    ['lengths that differ', (relay) => relay.blocks('packets', 0, 1, words(6, 12, 16))],
    ['a section among packets', (relay) => relay.blocks('packets', 0, 1, SECTION)],
    ['no section where one begins', (relay) => relay.blocks('section', 0, 1, PACKET)],
    ['packets that came before', (relay) => relay.blocks('packets', 0, 1, PACKET)],
    ['bytes without a word on them', (relay) => relay.bytes(PACKET)],
    ['text that is no JSON', (relay) => relay.onmessage?.({ data: '{' })],
    ['a status with texts for numbers', (relay) => relay.say({ ...IDLE, rate: 'x' } as never)],
    [
      'a number that is none',
      (relay) => relay.say({ type: 'blocks', holds: 'packets', first: -1, count: 1 }),
    ],
    ['a second hello', (relay) => relay.hello('s1', true, 9, 4)],
    ['another stream that continues', (relay) => relay.hello('s2', true)],
    ['a message of 1 MiB', (relay) => relay.onmessage?.({ data: `"${'x'.repeat(1 << 20)}"` })],
  ])('is not taken at its word: %s', async (_what, attack) => {
    const { link, sockets, stream, first } = connect();
    sockets[0]!.hello('s1', false, 5);
    sockets[0]!.blocks('section', 0, 0, SECTION);
    attack(sockets[0]!);
    expect(link.news.refused).toBe(1);
    sockets[0]!.blocks('packets', 5, 1, PACKET);
    expect([(await first).value, (await stream.next()).value]).toEqual([SECTION, PACKET]);
  });

  it('is left when it only sends nonsense', async () => {
    const { sockets, first } = connect();
    for (let at = 0; at < 1000; at++) sockets[0]!.onmessage?.({ data: 'nonsense' });
    await expect(first).rejects.toThrow(/is no live tap/);
    expect(sockets[0]!.isClosed).toBe(true);
  });

  it('makes nothing throw, whatever it says', () => {
    const said = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array().map((bytes) => bytes.slice().buffer),
    );
    fc.assert(
      fc.property(fc.array(said, { maxLength: 20 }), (messages) => {
        const { sockets, first } = connect();
        first.catch(() => {});
        sockets[0]!.hello('s1');
        for (const data of messages) sockets[0]!.onmessage?.({ data });
      }),
    );
  });
});
