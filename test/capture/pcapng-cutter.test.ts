import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcapngCutter } from '../../src/capture/pcapng-cutter.ts';
import { readCapture } from './read-capture.ts';
import {
  block,
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  sectionHeader,
} from './write-capture.ts';

const TIME = 1_732_543_200_250_000n;
const data = Uint8Array.of(1, 2, 3, 4, 5);

function blocks(big: boolean): Uint8Array[] {
  return [
    sectionHeader(big),
    interfaceDescription(1, 0, [], big),
    enhancedPacket(TIME, data, { big }),
    interfaceStatistics(0, TIME + 1_000_000n, [], big),
    enhancedPacket(TIME + 2_500_001n, data, { big }),
  ];
}

/** Feeds a stream in pieces; gives what comes out, one entry a piece given. */
function cutAll(stream: Uint8Array, size: number, cutter = new PcapngCutter()): Uint8Array[] {
  const given: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += size) {
    const whole = cutter.cut(stream.subarray(at, at + size));
    if (whole !== undefined) given.push(whole.slice());
  }
  return given;
}

describe.each([false, true])('pieces of whole blocks, big-endian %s', (big) => {
  const stream = concat(...blocks(big));
  const ends = new Set<number>();
  blocks(big).reduce((sum, one) => (ends.add(sum + one.length), sum + one.length), 0);

  it('gives every byte and ends each piece with a block, whatever the size of pieces', () => {
    for (const size of [1, 3, 7, 12, 64, 100, stream.length]) {
      const cutter = new PcapngCutter();
      const given = cutAll(stream, size, cutter);
      expect(concat(...given)).toEqual(stream);
      let at = 0;
      for (const piece of given) expect(ends.has((at += piece.length))).toBe(true);
      expect(cutter.whole).toBe(stream.length);
      expect(cutter.end()).toBeUndefined();
    }
  });

  it('holds a cut block back until the end says that no more comes', () => {
    for (let length = 0; length <= stream.length; length++) {
      const cutter = new PcapngCutter();
      const given = concat(...cutAll(stream.subarray(0, length), 5, cutter));
      expect(given.length === 0 || ends.has(given.length)).toBe(true);
      expect(concat(given, cutter.end() ?? new Uint8Array(0))).toEqual(stream.subarray(0, length));
    }
  });

  it('knows the newest time, of packets and of statistics', () => {
    const cutter = new PcapngCutter();
    const [header, point, first, tick, late] = blocks(big);
    cutter.cut(concat(header!, point!));
    expect(cutter.newest).toBeUndefined();
    cutter.cut(first!);
    expect(cutter.newest).toEqual({ seconds: 1_732_543_200, nanoseconds: 250_000_000 });
    cutter.cut(tick!);
    expect(cutter.newest).toEqual({ seconds: 1_732_543_201, nanoseconds: 250_000_000 });
    cutter.cut(late!);
    cutter.cut(first!);
    expect(cutter.newest).toEqual({ seconds: 1_732_543_202, nanoseconds: 750_001_000 });
  });
});

describe('marks', () => {
  const moment = { seconds: 1_732_543_201, nanoseconds: 123_456_789 };

  it('can be put in once the section has an interface', () => {
    const cutter = new PcapngCutter();
    expect(cutter.takesMarks).toBe(false);
    cutter.cut(sectionHeader());
    expect(cutter.takesMarks).toBe(false);
    cutter.cut(interfaceDescription());
    expect(cutter.takesMarks).toBe(true);
    cutter.cut(sectionHeader());
    expect(cutter.takesMarks).toBe(false);
  });

  const resolutions: [string, Uint8Array[], string][] = [
    ['microseconds', [], '123456000'],
    ['nanoseconds', [option(9, Uint8Array.of(9))], '123456789'],
    [
      'milliseconds and an offset',
      [option(9, Uint8Array.of(3)), option(14, Uint8Array.of(16, 14, 0, 0, 0, 0, 0, 0))],
      '123000000',
    ],
    ['units of 2^-10 s', [option(9, Uint8Array.of(0x8a))], '123046875'],
  ];
  it.each(resolutions)('keeps its time in %s', (_, options, nanoseconds) => {
    const cutter = new PcapngCutter();
    const head = concat(sectionHeader(), interfaceDescription(1, 0, options));
    cutter.cut(head);
    const { reader, ticks } = readCapture(concat(head, cutter.mark('pressed', moment)));
    expect(reader.comments).toEqual([
      {
        interface: 0,
        moment: { seconds: moment.seconds, nanoseconds: Number(nanoseconds) },
        text: 'pressed',
      },
    ]);
    expect(ticks).toEqual([]);
  });

  it.each([
    ['', 'mark'],
    ['  ', 'mark'],
    [' Taste gedrückt ⏻ ', 'Taste gedrückt ⏻'],
    ['ä'.repeat(2_000), 'ä'.repeat(512)],
  ])('writes the text %j so that it is read as %j, in both byte orders', (text, read) => {
    for (const big of [false, true]) {
      const head = concat(sectionHeader(big), interfaceDescription(1, 0, [], big));
      const cutter = new PcapngCutter();
      cutter.cut(head);
      const { reader } = readCapture(concat(head, cutter.mark(text, moment)));
      expect(reader.fault).toBeUndefined();
      expect(reader.comments?.map((comment) => comment.text)).toEqual([read]);
    }
  });

  it('leave frames and their numbers as they were', () => {
    const stream = concat(...blocks(false));
    for (const size of [1, 17, stream.length]) {
      const cutter = new PcapngCutter();
      const given: Uint8Array[] = [];
      for (const piece of cutAll(stream, size, cutter)) given.push(piece);
      const marked: Uint8Array[] = [];
      const marker = new PcapngCutter();
      for (const piece of given) {
        marked.push(marker.cut(piece)!);
        if (marker.takesMarks) marked.push(marker.mark('here', moment));
      }
      const plain = readCapture(stream);
      const read = readCapture(concat(...marked));
      expect(read.fault).toBeUndefined();
      const withoutPlace = (frames: typeof plain.frames): unknown =>
        frames.map((frame) => ({ ...frame, fileOffset: 0 }));
      expect(withoutPlace(read.frames)).toEqual(withoutPlace(plain.frames));
      expect(read.ticks).toEqual(plain.ticks);
      expect(read.reader.comments?.length).toBe(marked.length - given.length);
    }
  });

  it('are no statistics: a block that counts keeps its comment and its tick', () => {
    const counted = interfaceStatistics(0, TIME, [
      option(1, new TextEncoder().encode('Counters provided by dumpcap')),
      option(4, new Uint8Array(8)),
    ]);
    const { reader, ticks } = readCapture(concat(sectionHeader(), interfaceDescription(), counted));
    expect(reader.comments).toEqual([]);
    expect(ticks).toHaveLength(1);
  });

  it('are read by Wireshark without harm to what stands around them', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'marks-'));
    try {
      const cutter = new PcapngCutter();
      const [header, point, first, , late] = blocks(false);
      const head = concat(header!, point!, first!);
      cutter.cut(head);
      const file = join(folder, 'marked.pcapng');
      writeFileSync(file, concat(head, cutter.mark('here I pressed the button', moment), late!));
      let output: string;
      try {
        output = execFileSync(
          'tshark',
          ['-r', file, '-T', 'fields', '-e', 'frame.number', '-e', 'frame.time_epoch'],
          {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          },
        );
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('tshark is absent');
        throw error;
      }
      expect(
        output
          .trim()
          .split('\n')
          .map((line) => line.split('\t')[0]),
      ).toEqual(['1', '2']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what is no pcapng, or is damaged', () => {
  it.each([
    ['a text', new TextEncoder().encode('Sending 8 bytes to [::1]:56830')],
    ['a section without its magic', block(0x0a0d0d0a, new Uint8Array(16))],
    ['a block before any section', interfaceDescription()],
    ['a block that is too long', concat(sectionHeader(), block(1, new Uint8Array(8), false, 2 << 20))],
    ['a block that is too short', concat(sectionHeader(), block(1, new Uint8Array(8), false, 8))],
  ])('%s is passed on as it comes', (_, stream) => {
    for (const size of [1, 5, stream.length]) {
      const cutter = new PcapngCutter();
      const given = concat(...cutAll(stream, size, cutter));
      expect(concat(given, cutter.end() ?? new Uint8Array(0))).toEqual(stream);
      expect(cutter.takesMarks).toBe(false);
    }
  });

  it('gives every byte of any stream', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...blocks(false), ...blocks(true))),
        ),
        fc.integer({ min: 1, max: 50 }),
        (parts, size) => {
          const stream = concat(...parts);
          const cutter = new PcapngCutter();
          const given = concat(...cutAll(stream, size, cutter));
          expect(concat(given, cutter.end() ?? new Uint8Array(0))).toEqual(stream);
        },
      ),
    );
  });
});
