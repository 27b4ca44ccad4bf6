import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { TimestampScale } from '../../src/capture/timestamp-scale.ts';
import { Collector, pushPieces, readCapture } from './read-capture.ts';
import {
  block,
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  pack,
  packet,
  sectionHeader,
  simplePacket,
  text,
} from './write-capture.ts';

const MICROSECONDS = 1_600_000_000_123_456n;
const hex = (value: string): string => Buffer.from(value).toString('hex');

/** A capture with every kind of block, in one byte order. */
function everyBlock(big: boolean): Uint8Array[] {
  return [
    sectionHeader(big),
    interfaceDescription(
      1,
      65535,
      [option(2, text('eth0'), big), option(3, text('gateway\0'), big), option(0, text(''), big)],
      big,
    ),
    interfaceDescription(195, 0, [option(9, new Uint8Array([9]), big)], big),
    enhancedPacket(MICROSECONDS, text('ethernet'), {
      big,
      original: 99,
      options: [option(1, text('a comment'), big)],
    }),
    enhancedPacket(1_600_000_000_987_654_321n, text('wpan'), { big, interfaceId: 1 }),
    block(4, pack('HH', big, 0, 0), big),
    block(10, concat(pack('II', big, 0x544c534b, 6), text('secret')), big),
    simplePacket(text('simple'), 6, big),
    packet(MICROSECONDS, 3, text('old'), big),
    packet(MICROSECONDS, 0xffff, text('old'), big, 1),
    block(0x0badcafe, text('?'), big),
    block(0x0badcafe, text(''), big),
    interfaceStatistics(
      0,
      MICROSECONDS,
      [
        option(4, pack('Q', big, 10), big),
        option(5, pack('Q', big, 4), big),
        option(7, pack('Q', big, 2 ** 33), big),
      ],
      big,
    ),
    interfaceStatistics(1, 1_600_000_001_000_000_001n, [], big),
    interfaceStatistics(9, 1n, [], big),
  ];
}

describe('well-formed', () => {
  for (const big of [false, true]) {
    test(`every block type, ${big ? 'big' : 'little'}-endian`, () => {
      const { frames, ticks, secrets, interfaces, fault, reader } = readCapture(concat(...everyBlock(big)));
      expect(fault).toBeUndefined();
      expect(reader.container).toBe('pcapng');
      expect(interfaces).toEqual([
        {
          name: 'eth0',
          description: 'gateway',
          linkType: 1,
          snapLength: 65535,
          frames: 3,
          dropped: 4 + 2 ** 33,
        },
        { name: '', description: '', linkType: 195, snapLength: 0, frames: 2 },
      ]);
      expect(frames.map((f) => [f.number, f.time, f.data, f.original, f.interfaceIndex, f.linkType])).toEqual(
        [
          [1, '1600000000.123456000', hex('ethernet'), 99, 0, 1],
          [2, '1600000000.987654321', hex('wpan'), 4, 1, 195],
          [3, undefined, hex('simple'), 6, 0, 1],
          [4, '1600000000.123456000', hex('old'), 3, 0, 1],
          // Microsecond units on an interface that counts nanoseconds.
          [5, '1600000.000123456', hex('old'), 3, 1, 195],
        ],
      );
      expect(ticks).toEqual(['1600000000.123456000', '1600000001.000000001']);
      expect(secrets).toEqual(['544c534b secret']);
      expect((reader as PcapngReader).skippedBlocks).toEqual(new Map([['unknown 0x0badcafe', 2]]));
    });
  }

  test('secrets are skipped and counted where the sink does not want them', () => {
    const reader = new PcapngReader({ frame: () => undefined });
    reader.push(concat(...everyBlock(false)));
    expect(reader.skippedBlocks.get('decryption secrets')).toBe(1);
    expect(reader.frames).toBe(5);
  });

  test('drops of Packet Blocks add up', () => {
    const file = concat(
      sectionHeader(),
      interfaceDescription(),
      packet(1n, 3, text('a')),
      packet(1n, 4, text('b')),
    );
    expect(readCapture(file).interfaces[0]?.dropped).toBe(7);
  });

  test('sections number their own interfaces from 0; the reader numbers them over all', () => {
    const file = concat(
      sectionHeader(false),
      interfaceDescription(1),
      interfaceDescription(101),
      enhancedPacket(MICROSECONDS, text('a'), { interfaceId: 1 }),
      sectionHeader(true),
      interfaceDescription(276, 0, [option(9, new Uint8Array([3]), true)], true),
      enhancedPacket(1_600_000_000_500n, text('b'), { big: true }),
      sectionHeader(false),
      interfaceDescription(0),
      enhancedPacket(MICROSECONDS, text('c')),
    );
    const { frames, fault } = readCapture(file);
    expect(fault).toBeUndefined();
    expect(frames.map((f) => [f.number, f.interfaceIndex, f.linkType, f.time])).toEqual([
      [1, 1, 101, '1600000000.123456000'],
      [2, 2, 276, '1600000000.500000000'],
      [3, 3, 0, '1600000000.123456000'],
    ]);
  });

  test('Simple Packet Blocks are cut to the snap length of the first interface', () => {
    const file = concat(sectionHeader(), interfaceDescription(1, 4), simplePacket(text('four'), 100));
    expect(readCapture(file).frames[0]).toMatchObject({ data: hex('four'), original: 100, time: undefined });
  });

  test('blocks that Wireshark numbers like frames take a number', () => {
    const file = concat(
      sectionHeader(),
      interfaceDescription(),
      enhancedPacket(1n, text('a')),
      block(0xbad, pack('I', false, 12345)),
      enhancedPacket(1n, text('b')),
    );
    const { frames, reader } = readCapture(file);
    expect(frames.map((f) => f.number)).toEqual([1, 3]);
    expect(reader.frames).toBe(2);
  });

  test('a long block of a kind that is not read is passed over without being gathered', () => {
    const long = block(0xbad, new Uint8Array(3 << 20));
    const file = concat(
      sectionHeader(),
      interfaceDescription(),
      long,
      enhancedPacket(1n, text('a')),
      long,
      long,
    );
    for (const size of [file.length, 100_000]) {
      const { frames, fault, reader } = readCapture(file, size);
      expect(fault).toBeUndefined();
      expect(frames).toMatchObject([{ number: 2, data: hex('a') }]);
      expect((reader as PcapngReader).skippedBlocks.get('custom')).toBe(3);
    }
    const cut = readCapture(file.subarray(0, file.length - 1), 4096);
    expect(cut.fault).toMatchObject({ offset: file.length - 1 });
  });

  test('a block length that leaves out the padding', () => {
    const padded = block(0x0badcafe, text('abc'), false, 15);
    const file = concat(sectionHeader(), interfaceDescription(), padded, enhancedPacket(1n, text('a')));
    expect(readCapture(file)).toMatchObject({ fault: undefined, frames: [{ data: hex('a') }] });
  });

  test('an option that runs over its block ends the options, not the file', () => {
    const overlong = concat(option(2, text('lo')), pack('HH', false, 3, 1000), text('abcd'));
    const file = concat(
      sectionHeader(),
      interfaceDescription(1, 0, [overlong]),
      enhancedPacket(1n, text('a')),
    );
    const { interfaces, frames, fault } = readCapture(file);
    expect({ name: interfaces[0]?.name, frames: frames.length, fault }).toEqual({
      name: 'lo',
      frames: 1,
      fault: undefined,
    });
  });
});

describe('times', () => {
  /** The time as exact integer arithmetic gives it. */
  function exact(units: bigint, resolution: number, offset: bigint): [seconds: number, nanoseconds: number] {
    const perSecond = resolution >= 0x80 ? 2n ** BigInt(resolution - 0x80) : 10n ** BigInt(resolution);
    return [Number(units / perSecond + offset), Number(((units % perSecond) * 1_000_000_000n) / perSecond)];
  }

  test('every resolution is exact, at the second and just beside it', () => {
    for (let resolution = 0; resolution < 256; resolution++) {
      const scale = new TimestampScale(resolution, -7);
      const perSecond = resolution >= 0x80 ? 2n ** BigInt(resolution - 0x80) : 10n ** BigInt(resolution);
      for (const second of [0n, 1n, 1_600_000_000n, 4_294_967_296n]) {
        for (const beside of [-1n, 0n, 1n, perSecond / 3n]) {
          const units = second * perSecond + beside;
          if (units < 0n || units >= 2n ** 64n) continue;
          scale.set(Number(units >> 32n), Number(units & 0xffffffffn));
          expect([scale.seconds, scale.nanoseconds], `resolution ${resolution}, ${units}`).toEqual(
            exact(units, resolution, -7n),
          );
        }
      }
    }
  });

  test('any time in any usual resolution', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(6, 9, 0, 3, 8, 12, 0x80 + 10, 0x80 + 20, 0x80 + 23, 0x80 + 24, 0x80 + 32),
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
        (resolution, times, offset) => {
          const scale = new TimestampScale(resolution, offset);
          for (const units of times) {
            scale.set(Number(units >> 32n), Number(units & 0xffffffffn));
            const [seconds, nanoseconds] = exact(units, resolution, BigInt(offset));
            expect(scale.nanoseconds).toBe(nanoseconds);
            if (Math.abs(seconds) < Number.MAX_SAFE_INTEGER) expect(scale.seconds).toBe(seconds);
          }
        },
      ),
    );
  });

  test('if_tsoffset is added and may be negative', () => {
    const file = concat(
      sectionHeader(true),
      interfaceDescription(1, 0, [option(14, pack('Q', true, -1_700_000_000), true)], true),
      enhancedPacket(MICROSECONDS, text('a'), { big: true }),
    );
    expect(readCapture(file).frames[0]?.time).toBe('-100000000.123456000');
  });
});

describe('malformed', () => {
  const good = concat(sectionHeader(), interfaceDescription(), enhancedPacket(1n, text('good')));
  const cases: readonly (readonly [what: string, tail: Uint8Array, offset: number, says: string])[] = [
    ['a block shorter than its frame', block(7, text(''), false, 8), 4, '8 bytes long'],
    ['a block of length 0', new Uint8Array(64), 4, '0 bytes long'],
    ['two lengths that differ', block(6, new Uint8Array(20), false, 32, 36), 28, '32 before it, 36 after it'],
    [
      'an interface that no block describes',
      enhancedPacket(1n, text('x'), { interfaceId: 1 }),
      8,
      'interface 1',
    ],
    [
      'more captured than the block holds',
      enhancedPacket(1n, text('x'), { captured: 5 }),
      20,
      'its block is too short',
    ],
    [
      'more captured than is real',
      enhancedPacket(1n, new Uint8Array(262_145)),
      20,
      'more than 262144 is damage',
    ],
    ['a short enhanced packet block', block(6, new Uint8Array(16)), 4, 'only 28 bytes'],
    ['a short packet block', block(2, new Uint8Array(16)), 4, 'only 28 bytes'],
    ['a short simple packet block', block(3, new Uint8Array(0)), 4, 'only 12 bytes'],
    ['a short interface description', block(1, new Uint8Array(4)), 4, 'only 16 bytes'],
    ['a short section header', block(0x0a0d0d0a, pack('I', false, 0x1a2b3c4d)), 4, 'only 16 bytes'],
    ['a section of another version', sectionHeader(false, 2), 12, 'version 2'],
    ['a section without byte order', block(0x0a0d0d0a, new Uint8Array(16)), 8, 'byte-order magic'],
    ['a new section without interfaces', concat(sectionHeader(), simplePacket(text('x'))), 28, 'interface 0'],
    [
      'a simple packet that its block cannot hold',
      simplePacket(text('abcd'), 5),
      8,
      'its block is too short',
    ],
    ['a packet block longer than 128 MiB', block(6, new Uint8Array(20), false, 0x10000000), 4, 'is damage'],
  ];
  for (const [what, tail, offset, says] of cases) {
    test(what, () => {
      const { frames, fault } = readCapture(concat(good, tail, enhancedPacket(1n, text('after'))));
      expect(frames.map((frame) => frame.data)).toEqual([hex('good')]);
      expect(fault).toMatchObject({ offset: good.length + offset });
      expect(fault?.text).toContain(says);
      expect(fault?.clause).toMatch(/^draft-ietf-opsawg-pcapng /);
    });
  }

  test('no section header', () => {
    const reader = new PcapngReader(new Collector());
    reader.push(interfaceDescription());
    expect(reader.fault).toMatchObject({ offset: 0 });
  });

  test('too many interfaces', () => {
    const reader = new PcapngReader(new Collector());
    reader.push(sectionHeader());
    const many = concat(...Array.from({ length: 1000 }, () => interfaceDescription()));
    for (let index = 0; index < 70; index++) reader.push(many);
    expect(reader.interfaces).toHaveLength(65_536);
    expect(reader.fault?.text).toContain('more than 65536 interfaces');
  });

  test('unknown kinds are counted within a bound', () => {
    const kinds = Array.from({ length: 500 }, (_, index) => block(0x1000 + index, text('')));
    const { reader } = readCapture(concat(sectionHeader(), ...kinds));
    const counts = (reader as PcapngReader).skippedBlocks;
    expect(counts.size).toBeLessThanOrEqual(65);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(500);
  });
});

describe('cut and sliced', () => {
  for (const big of [false, true]) {
    const blocks = everyBlock(big);
    const file = concat(...blocks);
    const whole = readCapture(file);
    const ends = [0];
    for (const one of blocks) ends.push(ends.at(-1)! + one.length);

    test(`cut at every byte, ${big ? 'big' : 'little'}-endian: the frames before the cut, and a fault at the cut`, () => {
      for (let length = 0; length < file.length; length++) {
        const collector = new Collector();
        const reader = new PcapngReader(collector);
        reader.push(file.subarray(0, length));
        reader.end();
        // Data starts within a block; the frame is there when its block is.
        const complete = whole.frames.filter(
          (frame) => ends.find((end) => end > frame.fileOffset)! <= length,
        );
        expect(collector.frames).toEqual(complete);
        if (length > 0 && ends.includes(length)) expect(reader.fault).toBeUndefined();
        else expect(reader.fault).toMatchObject({ offset: length });
        if (length > blocks[0]!.length && !ends.includes(length)) {
          const start = ends.filter((end) => end <= length).at(-1);
          expect(reader.fault?.text).toContain(`which starts at byte ${start}`);
        }
      }
    });

    test(`pieces of any size give what the whole gives, ${big ? 'big' : 'little'}-endian`, () => {
      for (let size = 1; size <= file.length; size++) {
        const sliced = readCapture(file, size);
        expect({ ...sliced, reader: 0 }).toEqual({ ...whole, reader: 0 });
      }
    });
  }
});

describe('generated', () => {
  test('damaged captures never throw, and slicing changes nothing', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 1, max: 100 }),
        (big, damages, size) => {
          const file = concat(...everyBlock(big));
          for (const [at, value] of damages) file[12 + (at % (file.length - 12))] = value;
          const whole = readCapture(file);
          const sliced = readCapture(file, size);
          expect({ ...sliced, reader: 0 }).toEqual({ ...whole, reader: 0 });
          for (const frame of whole.frames) {
            expect(frame.fileOffset + frame.captured).toBeLessThanOrEqual(file.length);
            expect(frame.data.length).toBe(frame.captured * 2);
            expect(frame.interfaceIndex).toBeLessThan(whole.interfaces.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any bytes behind a section header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 64 }), (bytes, size) => {
        const reader = new PcapngReader(new Collector());
        pushPieces(reader, concat(sectionHeader(), interfaceDescription(), bytes), size);
        reader.end();
        expect(reader.frames).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
