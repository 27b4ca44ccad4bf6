import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzip } from '../../src/capture/gunzip.ts';
import { InflateState, Inflater } from '../../src/capture/inflate.ts';
import type { Fault } from '../../src/capture/outcome.ts';
import { PUBLIC, RECORDED } from '../captures.ts';
import { concat, text } from './write-capture.ts';

/** Gives bytes in pieces, as a stream does. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function decompress(
  file: Uint8Array,
  size = 16_384,
): Promise<{ bytes: Buffer; fault: Fault | undefined }> {
  let fault: Fault | undefined;
  const parts: Uint8Array[] = [];
  for await (const piece of gunzip(pieces(file, size), (met) => (fault = met))) parts.push(piece);
  return { bytes: Buffer.concat(parts), fault };
}

/** Text like a log, with matches near and far. */
function sample(length: number, seed = 1): Buffer {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const words: string[] = [];
  for (let size = 0; size < length;) {
    const word =
      random() < 0.5
        ? `rd/${Math.floor(random() * 1000)}`
        : (words[Math.floor(random() * words.length)] ?? 'x');
    words.push(word);
    size += word.length;
  }
  return Buffer.from(words.join('')).subarray(0, length);
}

function noise(length: number): Buffer {
  let state = 7;
  return Buffer.from(
    Array.from({ length }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24),
  );
}

describe('well-formed', () => {
  const contents: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('a')],
    ['text', sample(300_000)],
    ['noise, which is stored', noise(200_000)],
    ['zeros, which are all matches', Buffer.alloc(3_000_000)],
    ['text between noise', Buffer.concat([sample(70_000), noise(70_000), sample(70_000)])],
  ];
  for (const [what, content] of contents) {
    test(what, async () => {
      for (const level of [0, 1, 6, 9]) {
        for (const strategy of [
          constants.Z_DEFAULT_STRATEGY,
          constants.Z_FIXED,
          constants.Z_HUFFMAN_ONLY,
          constants.Z_RLE,
        ]) {
          const { bytes, fault } = await decompress(gzipSync(content, { level, strategy }));
          expect(fault).toBeUndefined();
          expect(bytes.equals(content), `level ${level}, strategy ${strategy}`).toBe(true);
        }
      }
    });
  }

  test('pieces of every size', async () => {
    const content = Buffer.concat([sample(3000), noise(700), sample(2000)]);
    const file = gzipSync(content);
    for (let size = 1; size < 80; size++) {
      const { bytes, fault } = await decompress(file, size);
      expect({ size, fault, same: bytes.equals(content) }).toEqual({ size, fault: undefined, same: true });
    }
  });

  test('several members, one after the other, and padding behind', async () => {
    const members = [sample(50_000), Buffer.alloc(0), noise(1000), sample(10, 3)];
    const file = concat(...members.map((member) => gzipSync(member)), new Uint8Array(1000));
    for (const size of [1, 7, 64, 100_000]) {
      const { bytes, fault } = await decompress(file, size);
      expect({ size, fault, same: bytes.equals(Buffer.concat(members)) }).toEqual({
        size,
        fault: undefined,
        same: true,
      });
    }
  });

  test('a header with all optional fields', async () => {
    const plain = gzipSync(text('content'));
    const header = concat(
      Uint8Array.of(0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255),
      Uint8Array.of(3, 0, 1, 2, 3),
      text('name.pcap\0a comment\0'),
      Uint8Array.of(0xab, 0xcd),
    );
    for (const size of [1, 100]) {
      const { bytes, fault } = await decompress(concat(header, plain.subarray(10)), size);
      expect({ content: bytes.toString(), fault }).toEqual({ content: 'content', fault: undefined });
    }
  });

  test('many pieces of output from one piece of input, each kept as it was', async () => {
    const content = sample(2_000_000, 5);
    const { bytes } = await decompress(gzipSync(content), 1 << 24);
    expect(bytes.equals(content)).toBe(true);
  });
});

describe('cut', () => {
  test('at every byte: all that zlib can decode comes out, then a fault', async () => {
    const content = Buffer.concat([sample(2500), noise(300), sample(1500, 9)]);
    const file = gzipSync(content, { level: 9 });
    for (let length = 0; length < file.length; length++) {
      const cut = file.subarray(0, length);
      const { bytes, fault } = await decompress(cut, 100);
      expect(fault).toMatchObject({ offset: length });
      expect(fault?.text).toBe(`the gzip file is cut (at compressed byte ${length})`);
      const theirs =
        length <= 10
          ? Buffer.alloc(0)
          : inflateRawSync(cut.subarray(10), { finishFlush: constants.Z_SYNC_FLUSH });
      expect({ length, same: bytes.equals(theirs.subarray(0, content.length)) }).toEqual({
        length,
        same: true,
      });
    }
  });

  test('a cut in the second member', async () => {
    const first = gzipSync(sample(1000));
    const second = gzipSync(noise(1000));
    const { bytes, fault } = await decompress(concat(first, second).subarray(0, first.length + 500));
    expect(fault).toMatchObject({ offset: first.length + 500 });
    expect(bytes.subarray(0, 1000).equals(sample(1000))).toBe(true);
    expect(bytes.length).toBeGreaterThan(1400);
  });
});

describe('malformed', () => {
  const content = sample(5000);
  const file = gzipSync(content);

  test('a wrong checksum and a wrong length come after the content', async () => {
    for (const [at, says] of [
      [file.length - 8, 'checksum'],
      [file.length - 4, 'length'],
    ] as const) {
      const damaged = Uint8Array.from(file);
      damaged[at]! ^= 1;
      const { bytes, fault } = await decompress(damaged);
      expect(bytes.equals(content)).toBe(true);
      expect(fault).toMatchObject({ offset: at });
      expect(fault?.text).toContain(says);
    }
  });

  test('bytes that are no gzip member behind the data', async () => {
    const { bytes, fault } = await decompress(concat(file, text('hello')));
    expect(bytes.equals(content)).toBe(true);
    expect(fault).toMatchObject({ offset: file.length });
  });

  test('no gzip, an unknown method, an endless name', async () => {
    expect((await decompress(text('hello'))).fault?.text).toContain('no gzip data');
    expect((await decompress(Uint8Array.of(0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0))).fault).toMatchObject({
      offset: 2,
    });
    const endless = concat(
      Uint8Array.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0),
      new Uint8Array(200_000).fill(65),
    );
    expect((await decompress(endless)).fault?.text).toContain('header is longer');
    expect((await decompress(new Uint8Array(0))).fault).toMatchObject({ offset: 0 });
  });

  test('damaged blocks', () => {
    const cases: readonly (readonly [bytes: number[], says: string])[] = [
      [[0x07], 'no known kind'],
      [[0x01, 5, 0, 5, 0], 'stored block has a wrong length'],
      [[0x05, 0xff, 0xff], 'too many codes'],
      [[0x05, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'not complete'],
      // Fixed codes: length 3 (0000001), distance 1 (00000), before any byte.
      [[0x03, 0x02, 0x00], 'before the beginning'],
    ];
    for (const [bytes, says] of cases) {
      const inflater = new Inflater();
      inflater.feed(Uint8Array.from(bytes));
      expect(inflater.run()).toBe(InflateState.damaged);
      expect(inflater.damage).toContain(says);
    }
  });

  test('a changed byte anywhere: what comes out before it is right, and zlib refuses the same files', async () => {
    const small = gzipSync(Buffer.concat([sample(1200), noise(100)]));
    for (let at = 10; at < small.length; at++) {
      const damaged = Uint8Array.from(small);
      damaged[at]! ^= 0x10;
      const { fault } = await decompress(damaged, 50);
      let refused = false;
      try {
        gunzipSync(damaged);
      } catch {
        refused = true;
      }
      expect({ at, fault: fault !== undefined }).toEqual({ at, fault: refused });
    }
  });
});

describe('generated', () => {
  test('whatever zlib compresses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }),
            fc.tuple(fc.nat(255), fc.nat(1000)).map(([value, count]) => new Uint8Array(count).fill(value)),
          ),
          { maxLength: 8 },
        ),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 200 }),
        async (parts, level, memLevel, size) => {
          const content = Buffer.from(concat(...parts));
          const { bytes, fault } = await decompress(gzipSync(content, { level, memLevel }), size);
          expect(fault).toBeUndefined();
          expect(bytes.equals(content)).toBe(true);
        },
      ),
    );
  });

  test('damaged data ends with a fault or a right checksum, and never throws', async () => {
    const base = gzipSync(Buffer.concat([sample(2000), noise(200)]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        async (damages, size) => {
          const file = Uint8Array.from(base);
          for (const [at, value] of damages) file[at] = value;
          const whole = await decompress(file, file.length);
          const sliced = await decompress(file, size);
          expect(sliced.fault === undefined).toBe(whole.fault === undefined);
          expect(sliced.bytes.equals(whole.bytes)).toBe(true);
        },
      ),
    );
  });

  test('any bytes as a deflate stream', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const inflater = new Inflater();
        inflater.feed(bytes);
        const parts: Uint8Array[] = [];
        let state;
        do {
          state = inflater.run();
          parts.push(inflater.take());
        } while (state === InflateState.full);
        const ours = Buffer.concat(parts);
        if (state !== InflateState.ended) return;
        expect(inflateRawSync(bytes).equals(ours)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    const inflater = new Inflater();
    const tail = text('tail');
    inflater.feed(concat(deflateRawSync(sample(500)), tail));
    expect(inflater.run()).toBe(InflateState.ended);
    expect(Buffer.from(inflater.take()).equals(sample(500))).toBe(true);
    expect(Buffer.from(inflater.rest).equals(tail)).toBe(true);
  });
});

const compressed = [RECORDED, PUBLIC].flatMap((folder) =>
  folder === undefined
    ? []
    : readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.gz'))
        .map((name) => join(folder, name)),
);
test.skipIf(compressed.length === 0)('compressed captures (skips where they are absent)', async () => {
  for (const path of compressed) {
    const { bytes, fault } = await decompress(readFileSync(path));
    expect(fault).toBeUndefined();
    expect(bytes.equals(gunzipSync(readFileSync(path))), path).toBe(true);
  }
});
