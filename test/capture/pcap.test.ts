import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
// @ts-expect-error The package has no types; what is used of it is described below.
import { parse } from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import { PcapReader } from '../../src/capture/pcap.ts';
import { RECORDED } from '../captures.ts';
import { Collector, pushPieces, readCapture } from './read-capture.ts';
import { concat, pcapHeader, pcapRecord, text } from './write-capture.ts';

/** What is used of pcap-parser. */
interface PcapParser {
  on(event: 'globalHeader', listener: (header: { linkLayerType: number }) => void): this;
  on(event: 'packet', listener: (packet: { header: PacketHeader; data: Buffer }) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
}
interface PacketHeader {
  timestampSeconds: number;
  timestampMicroseconds: number;
  originalLength: number;
}
const parsePcap = parse as (path: string) => PcapParser;

const SECONDS = 1_600_000_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('well-formed', () => {
  for (const big of [false, true]) {
    for (const [magic, container, fraction, time] of [
      [0xa1b2c3d4, 'pcap', 123_456, '1600000000.123456000'],
      [0xa1b23c4d, 'pcap', 123_456_789, '1600000000.123456789'],
      [0xa1b2cd34, 'modified pcap', 999_999, '1600000000.999999000'],
    ] as const) {
      test(`magic ${magic.toString(16)}, ${big ? 'big' : 'little'}-endian`, () => {
        const modified = container === 'modified pcap';
        const file = concat(
          pcapHeader({ magic, big, snap: 1234, link: 276 }),
          pcapRecord(SECONDS, fraction, text('first'), { big, modified, original: 77 }),
          pcapRecord(0xffffffff, 0, text(''), { big, modified }),
        );
        const { frames, interfaces, fault, reader } = readCapture(file);
        const header = modified ? 24 : 16;
        expect(fault).toBeUndefined();
        expect(reader.container).toBe(container);
        expect(reader.frames).toBe(2);
        expect(interfaces).toEqual([
          { name: '', description: '', linkType: 276, snapLength: 1234, frames: 2 },
        ]);
        expect(frames).toEqual([
          {
            number: 1,
            time,
            data: hex(text('first')),
            captured: 5,
            original: 77,
            fileOffset: 24 + header,
            interfaceIndex: 0,
            linkType: 276,
          },
          {
            number: 2,
            time: '4294967295.000000000',
            data: '',
            captured: 0,
            original: 0,
            fileOffset: 24 + header + 5 + header,
            interfaceIndex: 0,
            linkType: 276,
          },
        ]);
      });
    }
  }

  test('the FCS length and reserved bits are no part of the link type', () => {
    expect(readCapture(pcapHeader({ link: 0x54000001 })).interfaces[0]?.linkType).toBe(1);
    expect(readCapture(pcapHeader({ link: 0x000100c3 })).interfaces[0]?.linkType).toBe(195);
  });

  test('lengths that versions before 2.4 give in the other order', () => {
    const swapped = concat(
      pcapHeader({ version: [2, 2] }),
      pcapRecord(1, 2, text('abc'), { captured: 60, original: 3 }),
    );
    expect(readCapture(swapped).frames[0]).toMatchObject({ data: hex(text('abc')), original: 60 });
    const either = concat(
      pcapHeader({ version: [2, 3] }),
      pcapRecord(1, 2, text('abc'), { captured: 60, original: 3 }),
      pcapRecord(1, 2, text('abc'), { captured: 3, original: 60 }),
    );
    expect(readCapture(either).frames.map((frame) => [frame.captured, frame.original])).toEqual([
      [3, 60],
      [3, 60],
    ]);
  });

  test('a captured length over the snap length or the original length is taken as it is', () => {
    const file = concat(pcapHeader({ snap: 2 }), pcapRecord(1, 0, text('abcdef'), { original: 3 }));
    expect(readCapture(file).frames[0]).toMatchObject({ captured: 6, original: 3 });
    expect(
      readCapture(concat(pcapHeader({ snap: 0 }), pcapRecord(1, 0, text('abcdef')))).fault,
    ).toBeUndefined();
  });

  test('a fraction of one second or more is carried; one of two seconds or more is no time', () => {
    const record = (fraction: number): Uint8Array => pcapRecord(SECONDS, fraction, text('a'));
    const micro = concat(
      pcapHeader(),
      record(1_000_000),
      record(1_234_567),
      record(2_000_000),
      record(0xffffffff),
    );
    expect(readCapture(micro).frames.map((frame) => frame.time)).toEqual([
      '1600000001.000000000',
      '1600000001.234567000',
      '1600000000.000000000',
      '1600000000.000000000',
    ]);
    const nano = concat(pcapHeader({ magic: 0xa1b23c4d }), record(1_999_999_999), record(0xffffffff));
    expect(readCapture(nano).frames.map((frame) => frame.time)).toEqual([
      '1600000001.999999999',
      '1600000000.000000000',
    ]);
  });

  test('a frame lies in the pushed piece where it is whole there', () => {
    const file = concat(pcapHeader(), pcapRecord(1, 0, text('abc')), pcapRecord(1, 0, text('def')));
    const buffers: ArrayBufferLike[] = [];
    const reader = new PcapReader({ frame: (frame) => buffers.push(frame.bytes.buffer) });
    reader.push(file);
    expect(buffers).toEqual([file.buffer, file.buffer]);
    expect(buffers.every((buffer) => buffer === file.buffer)).toBe(true);
  });
});

describe('malformed', () => {
  const good = concat(pcapHeader(), pcapRecord(SECONDS, 0, text('good')));

  test('a captured length beyond every real frame, and nothing after it', () => {
    const file = concat(
      good,
      pcapRecord(SECONDS, 0, text('bad'), { captured: 262_145 }),
      pcapRecord(SECONDS, 0, text('x')),
    );
    const { frames, fault } = readCapture(file);
    expect(frames).toHaveLength(1);
    expect(fault).toMatchObject({ offset: good.length + 8, clause: 'draft-ietf-opsawg-pcap §5' });
    expect(fault?.text).toContain('frame 2 says that 262145 bytes');
  });

  test('the largest frame that Wireshark takes is taken', () => {
    const file = concat(pcapHeader(), pcapRecord(SECONDS, 0, new Uint8Array(262_144)));
    expect(readCapture(file)).toMatchObject({ fault: undefined, frames: [{ captured: 262_144 }] });
    const bus = concat(pcapHeader({ link: 231 }), pcapRecord(SECONDS, 0, new Uint8Array(300_000)));
    expect(readCapture(bus)).toMatchObject({ fault: undefined, frames: [{ captured: 300_000 }] });
  });

  test('a version before 2.0', () => {
    expect(readCapture(pcapHeader({ version: [1, 2] })).fault).toMatchObject({ offset: 4 });
  });

  test('no magic number', () => {
    const collector = new Collector();
    const reader = new PcapReader(collector);
    reader.push(new Uint8Array(100).fill(65));
    reader.end();
    expect(reader.fault).toMatchObject({ offset: 0 });
    expect(reader.fault?.text).toContain('magic number');
  });
});

describe('cut and sliced', () => {
  const records = [5, 0, 60, 1].map((length, index) =>
    pcapRecord(SECONDS + index, index, new Uint8Array(length).fill(index)),
  );
  const file = concat(pcapHeader(), ...records);
  const ends = [24];
  for (const record of records) ends.push(ends.at(-1)! + record.length);
  const whole = readCapture(file);

  test('cut at every byte: the frames before the cut, and a fault at the cut', () => {
    for (let length = 0; length < file.length; length++) {
      const cut = new Collector();
      const reader = new PcapReader(cut);
      reader.push(file.subarray(0, length));
      reader.end();
      const complete = ends.filter((end) => end <= length).length - 1;
      expect(cut.frames).toEqual(whole.frames.slice(0, Math.max(complete, 0)));
      if (ends.includes(length)) expect(reader.fault).toBeUndefined();
      else expect(reader.fault).toMatchObject({ offset: length });
      if (length > 24 && !ends.includes(length)) {
        expect(reader.fault?.text).toBe(
          `cut in the middle of frame ${complete + 1}, whose record starts at byte ${ends[complete]}`,
        );
      }
    }
  });

  test('pieces of any size give what the whole gives', () => {
    for (let size = 1; size <= file.length; size++) {
      const { frames, fault, interfaces } = readCapture(file, size);
      expect({ frames, fault, interfaces }).toEqual({
        frames: whole.frames,
        fault: whole.fault,
        interfaces: whole.interfaces,
      });
    }
  });

  test('after the end nothing more is read', () => {
    const collector = new Collector();
    const reader = new PcapReader(collector);
    reader.push(file.subarray(0, 30));
    reader.end();
    reader.push(file.subarray(30));
    reader.end();
    expect(collector.frames).toHaveLength(0);
    expect(reader.fault).toMatchObject({ offset: 30 });
  });
});

describe('generated', () => {
  test('garbage behind a file header never throws, and slicing changes nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34),
        fc.boolean(),
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc
              .tuple(fc.nat(0xffffffff), fc.nat(40), fc.nat(50))
              .map(([fraction, length, captured]) =>
                pcapRecord(1, fraction, new Uint8Array(length), { captured }),
              ),
          ),
          { maxLength: 6 },
        ),
        fc.integer({ min: 1, max: 70 }),
        (magic, big, parts, size) => {
          const file = concat(pcapHeader({ magic, big }), ...parts);
          const whole = readCapture(file);
          const sliced = readCapture(file, size);
          expect(sliced.frames).toEqual(whole.frames);
          expect(sliced.fault).toEqual(whole.fault);
          for (const frame of whole.frames) {
            expect(frame.fileOffset + frame.captured).toBeLessThanOrEqual(file.length);
            expect(frame.data.length).toBe(frame.captured * 2);
          }
        },
      ),
    );
  });

  test('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 64 }), (file, size) => {
        const reader = new PcapReader(new Collector());
        pushPieces(reader, file, size);
        reader.end();
        expect(reader.frames).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe.skipIf(RECORDED === undefined)(
  'pcap-parser reads the same (skips where the recordings are absent)',
  () => {
    const files =
      RECORDED === undefined
        ? []
        : readdirSync(RECORDED, { recursive: true, encoding: 'utf8' })
            .filter((name) => name.endsWith('.pcap'))
            .map((name) => join(RECORDED ?? '', name))
            // It knows only the magic number of microseconds.
            .filter((path) =>
              ['a1b2c3d4', 'd4c3b2a1'].includes(readFileSync(path).subarray(0, 4).toString('hex')),
            );

    test('over all recordings in classic pcap with microseconds', async () => {
      for (const path of files) {
        const theirs: unknown[] = [];
        let link: number | undefined;
        await new Promise<void>((resolve, reject) => {
          parsePcap(path)
            .on('globalHeader', (header) => (link = header.linkLayerType))
            .on('packet', ({ header, data }) =>
              theirs.push([
                `${header.timestampSeconds}.${String(header.timestampMicroseconds).padStart(6, '0')}000`,
                header.originalLength,
                data.toString('hex'),
              ]),
            )
            .on('error', reject)
            .on('end', resolve);
        });
        const { frames, fault, interfaces } = readCapture(readFileSync(path));
        expect(fault, path).toBeUndefined();
        expect(interfaces[0]?.linkType).toBe(link);
        expect(frames.map((frame) => [frame.time, frame.original, frame.data])).toEqual(theirs);
        expect(frames.length, path).toBeGreaterThan(0);
      }
      expect(files.length).toBeGreaterThanOrEqual(10);
    });
  },
);
