import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readToolStream } from '../../src/relay/tool-stream.ts';
import { concat, pcapHeader, pcapRecord, text } from '../capture/write-capture.ts';

/** What comes of a stream, given in pieces of a size. */
async function framed(bytes: Uint8Array, size = bytes.length) {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(Buffer.from(bytes.subarray(at, at + size)));
  const headers: unknown[] = [];
  const packets: unknown[] = [];
  const ends: (string | undefined)[] = [];
  await new Promise<void>((resolve) =>
    readToolStream(Readable.from(pieces, { objectMode: false }), {
      header: (linkType, snapLength) => headers.push([linkType, snapLength]),
      packet: ({ high, low }, original, data) =>
        packets.push([high * 2 ** 32 + low, original, data.toString()]),
      end: (fault) => {
        ends.push(fault);
        // The end may be told a second time, which must not come through.
        setTimeout(resolve, 5);
      },
    }),
  );
  expect(ends).toHaveLength(1);
  return { headers, packets, fault: ends[0] };
}

const file = concat(
  pcapHeader({ snap: 262_144, link: 0x0400_0001 }),
  pcapRecord(1_700_000_000, 999_999, text('one'), { original: 1500 }),
  pcapRecord(1_700_000_001, 0, text('')),
  pcapRecord(0xffff_ffff, 1, text('three')),
);
const packets = [
  [1_700_000_000_999_999, 1500, 'one'],
  [1_700_000_001_000_000, 0, ''],
  [0xffff_ffff * 1e6 + 1, 5, 'three'],
];

describe('what a capture tool writes', () => {
  it.each([1, 7, 64, 1000])('is framed in pieces of %i bytes', async (size) => {
    expect(await framed(file, size)).toEqual({ headers: [[1, 262_144]], packets, fault: undefined });
  });

  it('is framed in the other byte order', async () => {
    const { headers, packets } = await framed(
      concat(pcapHeader({ big: true, link: 101 }), pcapRecord(5, 6, text('big'), { big: true })),
    );
    expect(headers).toEqual([[101, 65_535]]);
    expect(packets).toEqual([[5_000_006, 3, 'big']]);
  });

  it('is said to be cut, wherever it is cut', async () => {
    const ends = [0, 24, 24 + 19, 24 + 19 + 16, file.length];
    for (let length = 0; length < file.length; length++) {
      const { fault } = await framed(file.subarray(0, length));
      if (ends.includes(length)) expect(fault, `${length}`).toBeUndefined();
      else expect(fault, `${length}`).toMatch(/ended in the middle of a packet/);
    }
  });

  it('is refused where it is something else, or has an impossible length', async () => {
    expect((await framed(text('tcpdump: this is no capture at all'))).fault).toMatch(/no capture/);
    const nanoseconds = concat(pcapHeader({ magic: 0xa1b23c4d }), pcapRecord(1, 2, text('x')));
    expect((await framed(nanoseconds)).fault).toMatch(/no capture/);
    const insane = concat(pcapHeader(), pcapRecord(1, 2, text('x'), { captured: 0x7fff_ffff }));
    expect((await framed(insane)).fault).toMatch(/2147483647 bytes.*damage/);
  });
});
