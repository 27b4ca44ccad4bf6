import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import {
  commentedPacketBlock,
  enhancedPacketLength,
  INTERFACE_DROPS_OFFSET,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  MICROSECONDS,
  NANOSECONDS,
  secretsBlock,
  sectionHeaderBlock,
  setMicroseconds,
  setNanoseconds,
  unitsPerSecond,
  WRITTEN_STATISTICS_LENGTH,
  writeEnhancedPacket,
  writeUint64,
  type WrittenInterface,
} from '../../src/capture/pcapng-writer.ts';
import { block, concat, enhancedPacket, option, pack, text } from './write-capture.ts';

const ethernet: WrittenInterface = {
  name: 'eth0',
  description: 'up the wall',
  linkType: 1,
  snapLength: 262_144,
  resolution: MICROSECONDS,
  offset: 0,
  filter: 'udp port 5683',
};

describe('times', () => {
  it('are exact over all seconds of 32 bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (seconds, nanoseconds) => {
          const time = { high: 0, low: 0 };
          setNanoseconds(time, seconds, nanoseconds);
          expect((BigInt(time.high) << 32n) | BigInt(time.low)).toBe(
            BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
          );
          const microseconds = Math.floor(nanoseconds / 1000);
          setMicroseconds(time, seconds, microseconds);
          expect((BigInt(time.high) << 32n) | BigInt(time.low)).toBe(
            BigInt(seconds) * 1_000_000n + BigInt(microseconds),
          );
        },
      ),
    );
  });

  it('have the units that if_tsresol says', () => {
    expect([6, 9, 0, 0x80, 0x8a].map(unitsPerSecond)).toEqual([1e6, 1e9, 1, 1, 1024]);
  });
});

describe('blocks', () => {
  it('are those of the draft, byte for byte', () => {
    expect(sectionHeaderBlock('scope')).toEqual(
      block(
        0x0a0d0d0a,
        concat(
          pack('IHHQ', false, 0x1a2b3c4d, 1, 0, 0xffff_ffff_ffff_ffffn),
          option(4, text('scope')),
          option(0, new Uint8Array(0)),
        ),
      ),
    );
    expect(interfaceDescriptionBlock({ ...ethernet, offset: -3600 })).toEqual(
      block(
        1,
        concat(
          pack('HHI', false, 1, 0, 262_144),
          option(2, text('eth0')),
          option(3, text('up the wall')),
          option(9, Uint8Array.of(6)),
          option(11, text('\0udp port 5683')),
          option(14, pack('Q', false, BigInt.asUintN(64, -3600n))),
          option(0, new Uint8Array(0)),
        ),
      ),
    );
    const statistics = interfaceStatisticsBlock({
      interfaceId: 3,
      time: { high: 1, low: 2 },
      startTime: { high: 3, low: 4 },
      received: 2 ** 40 + 5,
      interfaceDrops: 7,
      systemDrops: 2 ** 33,
    });
    expect(statistics).toEqual(
      block(
        5,
        concat(
          pack('III', false, 3, 1, 2),
          option(4, pack('Q', false, 2n ** 40n + 5n)),
          option(5, pack('Q', false, 7n)),
          option(7, pack('Q', false, 2n ** 33n)),
          option(2, pack('II', false, 3, 4)),
          option(0, new Uint8Array(0)),
        ),
      ),
    );
    expect(statistics.length).toBe(WRITTEN_STATISTICS_LENGTH);
    writeUint64(statistics, INTERFACE_DROPS_OFFSET, 0x01_0203_0405);
    expect(statistics.subarray(INTERFACE_DROPS_OFFSET, INTERFACE_DROPS_OFFSET + 8)).toEqual(
      Uint8Array.of(5, 4, 3, 2, 1, 0, 0, 0),
    );
    expect(secretsBlock(0x544c534b, text('CLIENT'))).toEqual(
      block(10, concat(pack('II', false, 0x544c534b, 6), text('CLIENT'))),
    );
  });

  it('of packets are padded, wherever they are written', () => {
    for (let length = 0; length <= 9; length++) {
      const data = new Uint8Array(length).fill(0xab);
      const target = new Uint8Array(100).fill(0xff);
      const end = writeEnhancedPacket(
        target,
        7,
        0,
        { high: 0, low: 9 },
        length,
        concat(text('xy'), data),
        2,
        2 + length,
      );
      expect(end - 7).toBe(enhancedPacketLength(length));
      expect(target.slice(7, end)).toEqual(enhancedPacket(9n, data));
      expect(target[end]).toBe(0xff);
      expect(commentedPacketBlock(0, { high: 0, low: 9 }, length, data, ['pressed', 'ü'])).toEqual(
        enhancedPacket(9n, data, {
          options: [option(1, text('pressed')), option(1, text('ü')), option(0, new Uint8Array(0))],
        }),
      );
    }
  });

  it('are read back', () => {
    const frames: unknown[] = [];
    const reader = new PcapngReader({
      frame: ({ seconds, nanoseconds, interfaceIndex, linkType, start, end }) =>
        frames.push([seconds, nanoseconds, interfaceIndex, linkType, end - start]),
    });
    const time = { high: 0, low: 0 };
    const packet = new Uint8Array(enhancedPacketLength(5));
    setNanoseconds(time, 1_700_000_000, 123_456_789);
    writeEnhancedPacket(packet, 0, 1, time, 5, text('hello'), 0, 5);
    reader.push(sectionHeaderBlock('scope'));
    reader.push(interfaceDescriptionBlock(ethernet));
    reader.push(
      interfaceDescriptionBlock({ ...ethernet, name: 'x'.repeat(9000), resolution: NANOSECONDS, offset: 10 }),
    );
    reader.push(packet);
    reader.end();
    expect(reader.fault).toBeUndefined();
    expect(reader.interfaces[0]).toMatchObject({ name: 'eth0', description: 'up the wall' });
    expect(frames).toEqual([[1_700_000_010, 123_456_789, 1, 1, 5]]);
  });
});
