import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PENDING, StreamBudget, TcpStream, UNKNOWN_GAP } from '../../src/network/tcp-stream.ts';

const ORIGIN = { fileOffset: 0, frame: 1, file: 0 };

/** Bytes that tell where they stand. */
function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

function add(
  stream: TcpStream,
  base: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  missing = 0,
): void {
  const origin = { fileOffset: 1000 + from, frame: from + 1, file: 0 };
  stream.add((base + from) >>> 0, bytes, from, to, missing, origin);
}

function unread(stream: TcpStream): number[] {
  return [...stream.bytes.subarray(stream.start, stream.end)];
}

/** Segments that cover `length` bytes, overlapping, some of them twice, in any order. */
const segments = (length: number): fc.Arbitrary<[number, number][]> =>
  fc
    .array(fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
    .chain((extra) => {
      const cover: [number, number][] = [];
      for (let at = 0; at < length; at += 10) cover.push([at, Math.min(length, at + 10)]);
      const all = [
        ...cover,
        ...extra.map(([at, size]): [number, number] => [at, Math.min(length, at + size)]),
      ];
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    });

describe('a TCP stream (RFC 9293 §3.4)', () => {
  it('gives the same bytes and origins whatever the order of its segments, over the end of the numbers', () => {
    const bytes = content(300);
    fc.assert(
      fc.property(
        segments(300),
        fc.constantFrom(0, 0xffffffff, 0xffffff80, 0x7fffff80, 12345),
        fc.boolean(),
        (order, sequence, readsAtOnce) => {
          const budget = new StreamBudget();
          const stream = new TcpStream(budget);
          stream.begin(sequence);
          const got: number[] = [];
          const read = (): void => {
            let at = got.length;
            for (const piece of stream.origins(stream.start, stream.end)) {
              expect(piece.fileOffset).toBe(1000 + at);
              at += piece.length;
            }
            got.push(...unread(stream));
            expect(at).toBe(got.length);
            stream.consume(stream.end - stream.start);
          };
          for (const [from, to] of order) {
            add(stream, sequence + 1, bytes, from, to);
            if (readsAtOnce) read();
          }
          read();
          expect(got).toEqual([...bytes]);
          expect(stream.pending).toBe(0);
          expect(stream.takeGap(true)).toBe(0);
          stream.release();
          expect(budget.used).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('says where bytes come from that several segments brought', () => {
    const bytes = content(30);
    const stream = new TcpStream(new StreamBudget());
    stream.begin(9);
    add(stream, 10, bytes, 0, 10);
    add(stream, 10, bytes, 5, 20);
    add(stream, 10, bytes, 20, 30);
    expect(stream.origins(4, 22).map(({ fileOffset, length }) => [fileOffset, length])).toEqual([
      [1004, 6],
      [1010, 10],
      [1020, 2],
    ]);
    stream.consume(12);
    expect(stream.startsSegment(stream.start + 8)).toBe(true);
    expect(stream.startsSegment(stream.start + 7)).toBe(false);
    expect(stream.origins(stream.start, stream.start + 3)[0]).toMatchObject({ fileOffset: 1012, length: 3 });
  });

  it('takes a hole for lost once the receiver has confirmed what lies beyond it three times', () => {
    const bytes = content(30);
    const stream = new TcpStream(new StreamBudget());
    stream.begin(0);
    add(stream, 1, bytes, 0, 10);
    add(stream, 1, bytes, 20, 30);
    expect(unread(stream)).toHaveLength(10);
    for (let count = 0; count < 2; count++) stream.acknowledge(31);
    expect(stream.takeGap(false)).toBe(0);
    stream.acknowledge(31);
    stream.consume(10);
    expect(stream.takeGap(false)).toBe(10);
    expect(unread(stream)).toEqual([...bytes.subarray(20)]);
  });

  it('takes a hole for lost at the end, and when too much waits behind it', () => {
    const bytes = content(30);
    const ended = new TcpStream(new StreamBudget());
    ended.begin(0);
    add(ended, 1, bytes, 20, 30);
    expect(ended.takeGap(false)).toBe(0);
    expect(ended.takeGap(true)).toBe(20);
    const flooded = new TcpStream(new StreamBudget());
    flooded.begin(0);
    const large = content(MAX_PENDING + 1);
    flooded.add(11, large, 0, large.length, 0, ORIGIN);
    expect(flooded.takeGap(false)).toBe(10);
  });

  it('gives what the capture cut off a segment as a gap of its length', () => {
    const bytes = content(30);
    const stream = new TcpStream(new StreamBudget());
    stream.begin(0);
    add(stream, 1, bytes, 0, 10, 5);
    add(stream, 1, bytes, 15, 30);
    expect(unread(stream)).toEqual([...bytes.subarray(0, 10)]);
    stream.consume(10);
    expect(stream.takeGap(false)).toBe(5);
    expect(unread(stream)).toEqual([...bytes.subarray(15)]);
  });

  it('begins anywhere where the SYN is missing, and passes over older bytes', () => {
    const bytes = content(30);
    const stream = new TcpStream(new StreamBudget());
    add(stream, 100, bytes, 10, 20);
    add(stream, 100, bytes, 0, 20);
    expect(stream.fromBeginning).toBe(false);
    expect(unread(stream)).toEqual([...bytes.subarray(10, 20)]);
  });

  it('is finished once all bytes before the FIN have come', () => {
    const bytes = content(20);
    const stream = new TcpStream(new StreamBudget());
    stream.begin(0);
    stream.finish(21);
    expect(stream.finished).toBe(false);
    add(stream, 1, bytes, 10, 20);
    add(stream, 1, bytes, 0, 10);
    expect(stream.finished).toBe(true);
  });

  it('gives up what it holds where all streams together hold too much', () => {
    const budget = new StreamBudget(4096);
    const first = new TcpStream(budget);
    const second = new TcpStream(budget);
    first.begin(0);
    second.begin(0);
    first.add(1, content(1500), 0, 1500, 0, ORIGIN);
    second.add(1, content(1500), 0, 1500, 0, ORIGIN);
    expect(budget.used).toBeLessThanOrEqual(4096);
    expect(second.takeGap(false)).toBe(UNKNOWN_GAP);
    second.add(1501, content(100), 0, 100, 0, ORIGIN);
    expect(unread(second)).toHaveLength(100);
  });

  it('takes any numbers and lengths', () => {
    const bytes = content(2000);
    const step = fc.record({
      sequence: fc.oneof(fc.nat(3000), fc.integer({ min: 0, max: 0xffffffff })),
      length: fc.nat(500),
      missing: fc.oneof(fc.constant(0), fc.nat(100_000)),
      acknowledgement: fc.integer({ min: 0, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new StreamBudget(16_384);
        const stream = new TcpStream(budget);
        for (const { sequence, length, missing, acknowledgement } of steps) {
          stream.add(sequence, bytes, 0, length, missing, ORIGIN);
          stream.acknowledge(acknowledgement);
          for (let gap = stream.takeGap(false); gap !== 0; gap = stream.takeGap(false))
            expect(gap).toBeGreaterThanOrEqual(UNKNOWN_GAP);
          const held = stream.end - stream.start;
          const pieces = stream.origins(stream.start, stream.end);
          expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(held);
          expect(budget.used).toBeLessThanOrEqual(16_384);
          stream.consume(held >> 1);
        }
        while (stream.takeGap(true) !== 0);
        stream.release();
        expect(budget.used).toBe(0);
      }),
    );
  });
});
