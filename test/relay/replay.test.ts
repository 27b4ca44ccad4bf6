import { afterEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { CaptureFile } from '../../src/relay/capture-file.ts';
import { playCapture } from '../../src/relay/replay.ts';
import type { ReplayPace } from '../../src/relay/replay-schedule.ts';
import {
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  packet,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
  text,
} from '../capture/write-capture.ts';
import { folderOf, JumpingClock } from './served.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Plays a capture and gives its bytes as they came: how many had come at which second of the replay. */
async function play(bytes: Uint8Array, pace: Partial<ReplayPace> = {}) {
  const { folder, remove } = await folderOf({ capture: bytes });
  cleanups.push(remove);
  const clock = new JumpingClock();
  const start = clock.time;
  const sent: Uint8Array[] = [];
  const arrivals: [seconds: number, total: number][] = [];
  let total = 0;
  await playCapture(
    await CaptureFile.open(join(folder, 'capture')),
    { speed: 1, exactGaps: false, ...pace },
    clock,
    async (piece) => {
      sent.push(piece);
      total += piece.length;
      arrivals.push([Math.round((clock.time - start) * 1e6) / 1e6, total]);
    },
    new AbortController().signal,
  );
  expect(Buffer.concat(sent).equals(bytes)).toBe(true);
  return { arrivals, waits: clock.waits };
}

/** The parts of a capture, and the lengths up to the end of each. */
function parts(...pieces: Uint8Array[]) {
  let length = 0;
  return { bytes: concat(...pieces), ends: pieces.map((piece) => (length += piece.length)) };
}

const data = (length: number): Uint8Array => new Uint8Array(length).fill(0xab);
const MICROSECONDS = 1_000_000n;

describe('playCapture', () => {
  for (const big of [false, true]) {
    it(`completes each record of a pcap when it is due (${big ? 'big' : 'little'}-endian)`, async () => {
      const { bytes, ends } = parts(
        pcapHeader({ big }),
        pcapRecord(100, 0, data(10), { big }),
        pcapRecord(100, 500_000, data(11), { big }),
        pcapRecord(103, 0, data(12), { big }),
      );
      const { arrivals } = await play(bytes);
      expect(arrivals).toEqual([
        [0, ends[1]],
        [0.5, ends[2]],
        [3, ends[3]],
      ]);
    });

    it(`completes each block of a pcapng when it is due (${big ? 'big' : 'little'}-endian)`, async () => {
      const { bytes, ends } = parts(
        sectionHeader(big),
        interfaceDescription(1, 0, [], big),
        enhancedPacket(7n * MICROSECONDS, data(5), { big, options: [option(1, text('a comment'), big)] }),
        enhancedPacket(8n * MICROSECONDS, data(6), { big }),
        simplePacket(data(7), 7, big),
        packet(9n * MICROSECONDS, 0, data(9), big),
        interfaceStatistics(0, 11n * MICROSECONDS, [], big),
      );
      const { arrivals } = await play(bytes);
      expect(arrivals).toEqual([
        [0, ends[2]],
        // A simple packet block has no time and goes with the block before it.
        [1, ends[4]],
        [2, ends[5]],
        // The statistics tell the time too.
        [4, ends[6]],
      ]);
    });
  }

  const spread = parts(
    pcapHeader(),
    ...[0, 2, 4, 64].map((seconds) => pcapRecord(1_000_000_000 + seconds, 0, data(8))),
  );

  it('divides the times by the speed', async () => {
    const { arrivals } = await play(spread.bytes, { speed: 20 });
    expect(arrivals.map(([seconds]) => seconds)).toEqual([0, 0.1, 0.2, 3.2]);
  });

  it('shortens silence beyond five seconds', async () => {
    const { arrivals } = await play(spread.bytes);
    expect(arrivals.map(([seconds]) => seconds)).toEqual([0, 2, 4, 9]);
  });

  it('keeps long silence where that is asked for', async () => {
    const { arrivals } = await play(spread.bytes, { exactGaps: true });
    expect(arrivals.map(([seconds]) => seconds)).toEqual([0, 2, 4, 64]);
  });

  it('never waits at infinite speed', async () => {
    const { arrivals, waits } = await play(spread.bytes, { speed: Infinity });
    expect(waits).toEqual([]);
    expect(arrivals).toEqual([[0, spread.bytes.length]]);
  });

  it('sends frames that are out of order at once, and starts anew after a large step back', async () => {
    const { bytes } = parts(
      pcapHeader(),
      ...[100, 103, 102, 104, 50, 51].map((seconds) => pcapRecord(seconds, 0, data(8))),
    );
    const { arrivals, waits } = await play(bytes);
    expect(arrivals.map(([seconds]) => seconds)).toEqual([0, 3, 4, 5]);
    expect(waits).toEqual([3, 1, 1]);
  });

  it('sends what follows a fault', async () => {
    const { bytes, ends } = parts(
      pcapHeader(),
      pcapRecord(100, 0, data(8)),
      pcapRecord(101, 0, data(8), { captured: 0x7fffffff }),
      data(200_000),
    );
    const { arrivals } = await play(bytes);
    expect(arrivals[0]![1]).toBeGreaterThanOrEqual(ends[1]!);
    expect(arrivals.every(([seconds]) => seconds === 0)).toBe(true);
  });

  it('gives a file that is cut anywhere, byte for byte', async () => {
    const { bytes } = parts(
      sectionHeader(),
      interfaceDescription(),
      enhancedPacket(1n * MICROSECONDS, data(5)),
      enhancedPacket(2n * MICROSECONDS, data(6)),
    );
    for (let length = 12; length <= bytes.length; length++) await play(bytes.slice(0, length));
  });

  it('keeps to the times in a file of many pieces', async () => {
    const records = Array.from({ length: 3000 }, (_, index) => pcapRecord(index, 0, data(100 + (index % 7))));
    const { bytes, ends } = parts(pcapHeader(), ...records);
    const { arrivals } = await play(bytes);
    // Wherever the file was cut into pieces, a frame's last byte comes with its time, never before.
    let index = 0;
    for (const [seconds, total] of arrivals) {
      while (index < records.length && ends[index + 1]! <= total) {
        expect(seconds).toBe(index);
        index++;
      }
    }
    expect(index).toBe(records.length);
  });

  it('ends when it is aborted', async () => {
    const { folder, remove } = await folderOf({ capture: spread.bytes });
    cleanups.push(remove);
    const gone = new AbortController();
    const clock = new JumpingClock();
    let messages = 0;
    await playCapture(
      await CaptureFile.open(join(folder, 'capture')),
      { speed: 1, exactGaps: false },
      clock,
      async () => {
        messages++;
        gone.abort();
      },
      gone.signal,
    );
    expect(messages).toBe(1);
  });
});
