import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LiveRecording, MemoryRecording } from '../../src/analysis/live-recording.ts';
import type { AnalysisStatus } from '../../src/analysis/protocol.ts';
import { FIXTURES } from '../captures.ts';
import { isDone, LIVE, Page, streamOf } from './live-page.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

const WAKAAMA = new Uint8Array(readFileSync(join(FIXTURES, 'other/wk-dm-a.pcapng')));
const NONE = { decodeAs: [], objects: [] };
/** What is said of the port of the devices in the captures. */
const BLIND = { decodeAs: [{ port: 5683, as: 'none' }], objects: [] } as const;

function partsOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += size) parts.push(bytes.slice(offset, offset + size));
  return parts;
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return new Uint8Array(await new Blob(all as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** A stream of which each part comes when it is let through. */
class Valve {
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(private readonly parts: readonly Uint8Array[]) {}

  async *stream(): AsyncGenerator<Uint8Array> {
    for (const part of this.parts) {
      if (this.#open === 0)
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
      this.#open--;
      yield part;
    }
  }

  let(parts: number): void {
    this.#open += parts;
    this.#waiting.shift()?.();
  }
}

/** What an analysis found, apart from how often it told so. */
function counts(status: AnalysisStatus): unknown {
  const { frames, messages, foreign, devices, registrations, values, transfers, firstTime, lastTime } =
    status;
  return { frames, messages, foreign, devices, registrations, values, transfers, firstTime, lastTime };
}

async function analysed(settings: typeof NONE | typeof BLIND, bytes = WAKAAMA): Promise<Page> {
  const page = new Page([]);
  await page.service.open(
    [{ kind: 'file', name: 'tap', blob: new Blob([Uint8Array.from(bytes)]) }],
    settings,
  );
  await page.until(isDone);
  return page;
}

function feedOf(stream: AsyncIterable<Uint8Array>, limit?: number): LiveRecording {
  return new LiveRecording(new MemoryRecording(limit), stream, () => 0);
}

describe('what is kept of a live stream', () => {
  it('gives all bytes, again and again, while they come', async () => {
    const feed = feedOf(streamOf(partsOf(WAKAAMA, 1000)));
    expect(await collected(feed.pieces())).toEqual(WAKAAMA);
    expect(await collected(feed.pieces())).toEqual(WAKAAMA);
    expect(feed.failure).toBeUndefined();
  });

  it('ends a reading when another one begins', async () => {
    const valve = new Valve(partsOf(WAKAAMA, 5000));
    const feed = feedOf(valve.stream());
    valve.let(1);
    const first = feed.pieces();
    const begun = (await first.next()).value!;
    expect(begun).toEqual(WAKAAMA.subarray(0, begun.length));
    const ended = first.next();
    const second = collected(feed.pieces());
    expect(await ended).toEqual({ done: true, value: undefined });
    valve.let(1000);
    expect(await second).toEqual(WAKAAMA);
  });

  it('goes on without its spool, and says why', async () => {
    const feed = feedOf(streamOf(partsOf(WAKAAMA, 1000)), 10_500);
    expect(await collected(feed.pieces())).toEqual(WAKAAMA);
    expect(feed.failure).toBe('memory keeps at most 10500 bytes');
    expect(feed.store.size).toBeLessThanOrEqual(10_500);
    expect(feed.store.size).toBeGreaterThan(8_000);
  });

  it('tells that its stream broke, after all that came', async () => {
    async function* breaks(): AsyncGenerator<Uint8Array> {
      yield WAKAAMA.slice(0, 1000);
      throw new Error('the tap is gone');
    }
    const pieces = feedOf(breaks()).pieces();
    const begun = (await pieces.next()).value!;
    expect(begun).toEqual(WAKAAMA.subarray(0, begun.length));
    await expect(pieces.next()).rejects.toThrow('the tap is gone');
  });
});

describe('a live stream whose settings change', () => {
  it.each([1, 7, 40])('ends as a file that was opened with them, after %i parts', async (after) => {
    const parts = partsOf(WAKAAMA, 400);
    const valve = new Valve(parts);
    const page = new Page([], { connect: () => valve.stream() });
    await page.service.open([...LIVE], NONE);
    valve.let(after);
    await page.until(({ files }) => (files[0]?.bytesRead ?? 0) > Math.max(0, after - 2) * 400);
    expect(await page.service.analyseAnew(BLIND)).toBeUndefined();
    valve.let(parts.length);
    const blind = await page.until(isDone);
    expect(counts(blind)).toEqual(counts(await (await analysed(BLIND)).service.status()));
    expect(blind.messages).toBe(0);
  });

  it('has nothing twice and lacks nothing when they are changed back, and keeps its filter', async () => {
    const parts = partsOf(WAKAAMA, 400);
    const valve = new Valve(parts);
    const page = new Page([], { connect: () => valve.stream() });
    await page.service.open([...LIVE], BLIND);
    valve.let(9);
    await page.until(({ files }) => (files[0]?.bytesRead ?? 0) > 3200);
    await page.service.setFilter('coap.code == 2.05');
    await page.service.analyseAnew(NONE);
    valve.let(5);
    await page.service.analyseAnew(BLIND);
    await page.service.analyseAnew(NONE);
    valve.let(parts.length);
    const status = await page.until(isDone);
    const file = await analysed(NONE);
    expect(counts(status)).toEqual(counts(await file.service.status()));
    expect(await (await page.service.records('messages')).text()).toBe(
      await (await file.service.records('messages')).text(),
    );
    await file.service.setFilter('coap.code == 2.05');
    expect((await page.service.status()).shown).toBe((await file.service.status()).shown);
    expect([...(await page.service.rows(0, 50)).rows]).toEqual([...(await file.service.rows(0, 50)).rows]);
  });

  it('stays held where it was held', async () => {
    const parts = partsOf(WAKAAMA, 400);
    const valve = new Valve(parts);
    const page = new Page([], { connect: () => valve.stream() });
    await page.service.open([...LIVE], NONE);
    valve.let(20);
    const before = await page.until(({ files }) => (files[0]?.bytesRead ?? 0) > 7600);
    await page.service.pause(true);
    valve.let(20);
    await page.service.analyseAnew({ ...NONE });
    const held = await page.until(({ messages, paused }) => paused && messages >= before.messages);
    expect(held.state).toBe('live');
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect((await page.service.status()).files[0]!.bytesRead).toBeLessThan(16_000);
    await page.service.pause(false);
    valve.let(parts.length);
    expect(counts(await page.until(isDone))).toEqual(counts(await (await analysed(NONE)).service.status()));
  });
});

describe('a live stream whose storage is full', () => {
  const capture = Uint8Array.from(
    captureOf([
      ...registrationAt(1000),
      ...Array.from({ length: 500 }, (_, index) => readOf(1001 + index, index & 0xffff, 'b7')),
    ]),
  );

  it('goes on to the end, and says since when bytes are not kept', async () => {
    const page = new Page(partsOf(capture, 1000), {
      createRecording: async () => new MemoryRecording(9000),
    });
    await page.service.open([...LIVE], NONE);
    const status = await page.until(isDone);
    const file = await analysed(NONE, capture);
    expect(status.state).toBe('done');
    expect(counts(status)).toEqual(counts(await file.service.status()));
    const { unkept } = status.files[0]!;
    expect(unkept?.why).toBe('memory keeps at most 9000 bytes');
    expect(unkept!.since).toBeGreaterThan(0);
    expect(unkept!.since).toBeLessThan(status.lastTime);
    expect(await page.service.dissect(2)).toEqual(await file.service.dissect(2));
    const gone = await page.service.dissect(status.messages - 1);
    expect(gone).toMatchObject({ fields: [], missing: expect.stringMatching(/not kept/) as string });
    expect((await page.service.rows(490, 10)).count).toBe(10);
    expect(await page.service.analyseAnew(BLIND)).toMatch(/no longer kept/);
    expect((await page.service.status()).messages).toBe(status.messages);
  });
});
