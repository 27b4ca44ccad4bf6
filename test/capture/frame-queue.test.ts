import { describe, expect, it } from 'vitest';
import { CorrectedFrames, FrameQueue } from '../../src/capture/frame-queue.ts';
import { Frame, type FrameSink } from '../../src/capture/frame.ts';
import { PcapReader } from '../../src/capture/pcap.ts';
import { concat, pcapHeader, pcapRecord } from './write-capture.ts';

const file = concat(
  pcapHeader(),
  ...Array.from({ length: 20 }, (_, index) =>
    pcapRecord(100 + index, index, Uint8Array.of(index, index + 1)),
  ),
);

/** Collects what it is given, with bytes of its own. */
class Collected implements FrameSink {
  readonly given: string[] = [];
  frame({ number, seconds, nanoseconds, hasTime, bytes, start, end, fileOffset }: Frame): void {
    const time = hasTime ? `${seconds}.${nanoseconds}` : 'no time';
    this.given.push(`${number} ${time} ${fileOffset} ${[...bytes.subarray(start, end)].join()}`);
  }
  tick(seconds: number, nanoseconds: number): void {
    this.given.push(`tick ${seconds}.${nanoseconds}`);
  }
}

function direct(): string[] {
  const collected = new Collected();
  new PcapReader(collected).push(file);
  return collected.given;
}

describe('frames that wait', () => {
  it.each([1, 7, 64, 10_000])('are those that came, from pieces of %d bytes', (size) => {
    const queue = new FrameQueue();
    const reader = new PcapReader(queue);
    const collected = new Collected();
    for (let offset = 0; offset < file.length; offset += size) {
      const piece = file.slice(offset, offset + size);
      queue.piece = piece;
      reader.push(piece);
      if (offset % 3 === 0) while (!queue.isEmpty) queue.take(collected);
    }
    while (!queue.isEmpty) queue.take(collected);
    expect(collected.given).toEqual(direct());
  });

  it('lie in their piece where they can, else in a copy', () => {
    const queue = new FrameQueue();
    const bytes = Uint8Array.of(1, 2, 3);
    const frame = new Frame();
    frame.bytes = bytes;
    frame.end = 3;
    queue.piece = bytes;
    queue.frame(frame);
    queue.piece = undefined;
    queue.frame(frame);
    bytes[1] = 9;
    const collected = new Collected();
    queue.take(collected);
    queue.take(collected);
    expect(collected.given.map((line) => line.split(' ').at(-1))).toEqual(['1,9,3', '1,2,3']);
  });

  it('without a time stand behind the one before, ticks where they came', () => {
    const queue = new FrameQueue();
    const frame = new Frame();
    queue.tick(1, 0);
    expect(queue.isEmpty).toBe(true);
    frame.seconds = 50;
    queue.frame(frame);
    frame.hasTime = false;
    frame.seconds = 0;
    queue.frame(frame);
    queue.tick(60, 5);
    expect(queue.isUntimed).toBe(false);
    const times: number[] = [];
    const collected = new Collected();
    while (!queue.isEmpty) {
      times.push(queue.seconds);
      queue.take(collected);
    }
    expect(times).toEqual([50, 50, 60]);
    expect(collected.given.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '0 50.0',
      '0 no',
      'tick 60.5',
    ]);
    const untimed = new FrameQueue();
    untimed.frame(frame);
    expect(untimed.isUntimed).toBe(true);
  });
});

it('times are corrected with their fractions', () => {
  const collected = new Collected();
  const frames = new CorrectedFrames(collected, { seconds: -2, nanoseconds: 600_000_000 });
  const frame = new Frame();
  for (const [seconds, nanoseconds] of [
    [10, 300_000_000],
    [10, 400_000_000],
    [0, 0],
  ] as const) {
    frame.seconds = seconds;
    frame.nanoseconds = nanoseconds;
    frames.frame(frame);
    frames.tick(seconds, nanoseconds);
  }
  expect(collected.given.map((line) => line.replace(/^0 | 0 $/g, ''))).toEqual([
    '8.900000000',
    'tick 8.900000000',
    '9.0',
    'tick 9.0',
    '-2.600000000',
    'tick -2.600000000',
  ]);
});
