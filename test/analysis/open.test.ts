import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Analysis, faultOf } from '../../src/analysis/analysis.ts';
import { readSources, type ReadingHost, type Source } from '../../src/analysis/open.ts';
import { type AppendableByteStore, type ByteStore, MemoryStore } from '../../src/capture/byte-store.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { FIXTURES } from '../captures.ts';
import { storeOf, testHost } from './analyse.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

const WAKAAMA = new Uint8Array(readFileSync(join(FIXTURES, 'other/wk-dm-a.pcapng')));
const registry = ObjectRegistry.core();

async function read(sources: readonly Source[], host: Partial<ReadingHost> = {}): Promise<Analysis> {
  const analysis = new Analysis(registry);
  await readSources(analysis, sources, { ...testHost, ...host });
  return analysis;
}

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.slice(offset, offset + size);
}

/** A capture of more bytes than one step reads. */
const large = captureOf([
  ...registrationAt(1000),
  ...Array.from({ length: 20_000 }, (_, index) => readOf(1001 + index, index & 0xffff, 'b7')),
]);

describe('a file', () => {
  it('is read to its end, with its counts', async () => {
    const analysis = await read([{ name: 'a.pcap', store: await storeOf(large) }]);
    const [file] = analysis.files;
    expect(file).toMatchObject({
      name: 'a.pcap',
      bytes: large.length,
      bytesRead: large.length,
      compression: 'none',
    });
    expect(analysis.tracking.messages.count).toBe(20_002);
    expect(faultOf(file!)).toBeUndefined();
  });

  it('of nothing, and of a header only, give no messages', async () => {
    const empty = await read([{ name: 'empty', store: await storeOf(new Uint8Array(0)) }]);
    expect(empty.files[0]!.unreadable).toMatch(/\S/);
    const header = await read([{ name: 'header.pcap', store: await storeOf(captureOf([])) }]);
    expect(header.files[0]!.unreadable).toBeUndefined();
    expect(faultOf(header.files[0]!)).toBeUndefined();
    expect(header.tracking.messages.count).toBe(0);
  });

  it('shows its first messages before much of it was read', async () => {
    const counts: [number, number][] = [];
    const analysis = new Analysis(registry);
    await readSources(analysis, [{ name: 'a.pcap', store: await storeOf(large) }], {
      ...testHost,
      progress: () => {
        analysis.flush();
        counts.push([analysis.files[0]!.bytesRead, analysis.tracking.messages.count]);
      },
    });
    const [bytes, messages] = counts[0]!;
    expect(bytes).toBeLessThanOrEqual(256 << 10);
    expect(messages).toBeGreaterThan(0);
    expect(counts.at(-1)).toEqual([large.length, 20_002]);
    // The steps between are small, so that others have their turn.
    for (let index = 1; index < counts.length; index++)
      expect(counts[index]![0] - counts[index - 1]![0]).toBeLessThanOrEqual(128 << 10);
  });

  it('gives others their turn and waits for them', async () => {
    let turns = 0;
    let inTurn = false;
    await read([{ name: 'a.pcap', store: await storeOf(large) }], {
      breathe: () =>
        new Promise<void>((resolve) => {
          turns++;
          inTurn = true;
          setTimeout(() => {
            inTurn = false;
            resolve();
          }, 1);
        }),
      progress: () => expect(inTurn).toBe(false),
    });
    expect(turns).toBeGreaterThan(5);
  });

  it('can be stopped; what was read stays, and is no fault', async () => {
    let steps = 0;
    const analysis = await read([{ name: 'a.pcap', store: await storeOf(large) }], {
      stopped: () => steps >= 2,
      progress: () => void steps++,
    });
    const { count } = analysis.tracking.messages;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20_002);
    expect(faultOf(analysis.files[0]!)).toBeUndefined();
  });

  it('is not read further after a break', async () => {
    const damaged = large.slice();
    damaged.fill(0xff, 100_000, 100_100);
    let furthest = 0;
    const inner = await storeOf(damaged);
    const store: ByteStore = {
      size: inner.size,
      read: (offset, length) => {
        furthest = Math.max(furthest, offset + length);
        return inner.read(offset, length);
      },
      close: () => inner.close(),
    };
    const analysis = await read([{ name: 'a.pcap', store }]);
    const fault = faultOf(analysis.files[0]!);
    expect(fault?.offset).toBeLessThanOrEqual(100_100);
    expect(analysis.tracking.messages.count).toBeGreaterThan(100);
    expect(analysis.files[0]!.bytesRead).toBeLessThan(large.length);
  });

  it('whose medium fails rejects, and what was read stays', async () => {
    const inner = await storeOf(large);
    const store: ByteStore = {
      size: inner.size,
      read: async (offset, length) => {
        if (offset > 0) throw new Error('the disk is gone');
        return inner.read(offset, length);
      },
      close: () => inner.close(),
    };
    const analysis = new Analysis(registry);
    await expect(readSources(analysis, [{ name: 'a.pcap', store }], testHost)).rejects.toThrow(
      'the disk is gone',
    );
  });

  it('that shrank gives what is left', async () => {
    const inner = await storeOf(large);
    const store: ByteStore = {
      size: inner.size,
      read: (offset, length) => inner.read(offset, Math.max(0, Math.min(length, 200_000 - offset))),
      close: () => inner.close(),
    };
    const analysis = await read([{ name: 'a.pcap', store }]);
    expect(analysis.tracking.messages.count).toBeGreaterThan(1000);
    expect(faultOf(analysis.files[0]!)?.text).toMatch(/\S/);
  });
});

describe('a stream', () => {
  it('is spooled as it comes, whatever the pieces', async () => {
    for (const size of [1, 7, 4096]) {
      const spool = new MemoryStore();
      const analysis = await read([{ name: '-', stream: piecesOf(WAKAAMA, size) }], {
        createSpool: async () => spool,
      });
      expect(analysis.tracking.messages.count).toBe(125);
      expect(analysis.files[0]!.bytesRead).toBe(WAKAAMA.length);
      expect(await spool.read(0, WAKAAMA.length)).toEqual(WAKAAMA);
    }
  });

  it('may bring empty pieces', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for await (const piece of piecesOf(WAKAAMA, 500)) {
        yield new Uint8Array(0);
        yield piece;
      }
      yield new Uint8Array(0);
    }
    expect((await read([{ name: '-', stream: pieces() }])).tracking.messages.count).toBe(125);
  });

  it('shows each message once it came', async () => {
    const bytes = captureOf([...registrationAt(1000), readOf(1001, 7, 'b7'), readOf(1002, 8, 'b8')]);
    const analysis = new Analysis(registry);
    const seen: number[] = [];
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for await (const piece of piecesOf(bytes, 20)) {
        seen.push(analysis.tracking.messages.count);
        yield piece;
      }
    }
    await readSources(analysis, [{ name: '-', stream: pieces() }], testHost);
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
    expect(analysis.tracking.messages.count).toBe(4);
  });

  it('is held while the host holds it', async () => {
    let waits = 0;
    const analysis = await read([{ name: '-', stream: piecesOf(WAKAAMA, 1000) }], {
      held: () => {
        waits++;
        return new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    expect(waits).toBeGreaterThan(10);
    expect(analysis.tracking.messages.count).toBe(125);
  });

  it('that fails rejects', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield WAKAAMA.subarray(0, 5000);
      throw new Error('the connection broke');
    }
    await expect(read([{ name: '-', stream: pieces() }])).rejects.toThrow('the connection broke');
  });
});

describe('gzip', () => {
  it('is decompressed from a store and from a stream, into a spool', async () => {
    const bytes = new Uint8Array(gzipSync(WAKAAMA));
    const sources: Source[] = [
      { name: 'a.gz', store: await storeOf(bytes) },
      { name: 'a.gz', stream: piecesOf(bytes, 99) },
    ];
    for (const source of sources) {
      const spools: AppendableByteStore[] = [];
      const analysis = await read([source], {
        createSpool: async () => {
          spools.push(new MemoryStore());
          return spools.at(-1)!;
        },
      });
      expect(analysis.files[0]).toMatchObject({ compression: 'gzip', bytesRead: bytes.length });
      expect(analysis.tracking.messages.count).toBe(125);
      expect(spools.map(({ size }) => size)).toEqual([WAKAAMA.length]);
      expect(analysis.files[0]!.store).toBe(spools[0]);
    }
  });

  it('of several members is one stream', async () => {
    const bytes = Buffer.concat([gzipSync(WAKAAMA.subarray(0, 7000)), gzipSync(WAKAAMA.subarray(7000))]);
    const analysis = await read([{ name: 'a.gz', store: await storeOf(new Uint8Array(bytes)) }]);
    expect(analysis.tracking.messages.count).toBe(125);
    expect(faultOf(analysis.files[0]!)).toBeUndefined();
  });

  it('that is damaged gives what stands before', async () => {
    const bytes = new Uint8Array(gzipSync(WAKAAMA));
    bytes.fill(0x55, 3000, 3010);
    const analysis = await read([{ name: 'a.gz', store: await storeOf(bytes) }]);
    expect(analysis.tracking.messages.count).toBeGreaterThan(10);
    expect(faultOf(analysis.files[0]!)?.text).toMatch(/\S/);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('hello')],
    ['gzip once more', new Uint8Array(gzipSync(WAKAAMA))],
  ])('of %s is no capture', async (_name, content) => {
    const analysis = await read([{ name: 'a.gz', store: await storeOf(new Uint8Array(gzipSync(content))) }]);
    expect(analysis.files[0]!.unreadable).toMatch(/\S/);
    expect(analysis.frames.frames).toBe(0);
  });
});

describe('several sources', () => {
  it('are merged by time, each counted for itself', async () => {
    const small = captureOf([...registrationAt(1000), readOf(1001, 7, 'b7')]);
    const analysis = await read([
      { name: 'a.pcapng', store: await storeOf(WAKAAMA) },
      { name: 'none', store: await storeOf(new TextEncoder().encode('no capture')) },
      { name: 'b.pcap', stream: piecesOf(small, 10) },
    ]);
    expect(analysis.files.map(({ name, reader }) => [name, reader?.frames])).toEqual([
      ['a.pcapng', 127],
      ['none', undefined],
      ['b.pcap', 3],
    ]);
    const { messages } = analysis.tracking;
    expect(messages.count).toBe(128);
    // The second capture was taken long before the first.
    expect([0, 2, 3].map((row) => [messages.file.get(row), messages.frame.get(row)])).toEqual([
      [2, 1],
      [2, 3],
      [0, 1],
    ]);
  });

  it('stop with the one that is stopped', async () => {
    let steps = 0;
    const analysis = await read(
      [
        { name: 'a.pcap', store: await storeOf(large) },
        { name: 'b.pcap', store: await storeOf(large) },
      ],
      { stopped: () => steps >= 2, progress: () => void steps++ },
    );
    expect(analysis.files).toHaveLength(2);
    expect(analysis.frames.frames).toBeLessThan(20_002);
  });
});
