import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectContainer, openReader } from '../../src/capture/container.ts';
import type { CaptureReader } from '../../src/capture/frame.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { StreamSource } from '../../src/relay/stream-source.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import {
  block,
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  pack,
  packet,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
  text,
} from '../capture/write-capture.ts';
import { KeptStream } from './kept-stream.ts';

/** Milliseconds since 1970 that packets without a time get. */
const NOW = 1_750_000_000_250;

async function passed(bytes: Uint8Array, size = 4096): Promise<KeptStream> {
  const kept = new KeptStream();
  const source = new StreamSource(
    'the stream',
    async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
    () => NOW,
  );
  await kept.takeFrom(source);
  return kept;
}

interface Read {
  frames: unknown[];
  reader: CaptureReader;
}

/** The frames of a capture, with what tells their interface. */
function read(bytes: Uint8Array): Read {
  const frames: unknown[] = [];
  const kind = detectContainer(bytes.subarray(0, 12));
  if (kind === 'gzip' || kind === 'unknown') throw new Error(kind);
  const reader: CaptureReader = openReader(kind, {
    frame: (frame) =>
      frames.push([
        frame.hasTime ? `${frame.seconds}.${String(frame.nanoseconds).padStart(9, '0')}` : 'none',
        frame.linkType,
        frame.originalLength,
        Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('hex'),
      ]),
  });
  reader.push(bytes);
  reader.end();
  return { frames, reader };
}

const folder = RECORDED ?? FIXTURES;
const captures = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(pcap|pcapng)(\.gz)?$/.test(name),
);

describe('a capture that is passed on', () => {
  it.each(captures)('has the same frames: %s', async (name) => {
    let bytes: Uint8Array = readFileSync(join(folder, name));
    if (name.endsWith('.gz')) bytes = gunzipSync(bytes);
    const kept = await passed(bytes);
    const own = read(kept.file());
    const theirs = read(bytes);
    expect(own.reader.fault).toBeUndefined();
    const timed = theirs.frames.map((frame) => {
      const [time, ...rest] = frame as [string, ...unknown[]];
      return [time === 'none' ? '1750000000.250000000' : time, ...rest];
    });
    expect(own.frames).toEqual(timed);
    expect(own.reader.comments?.filter((comment) => comment.frame !== undefined) ?? []).toEqual(
      theirs.reader.comments?.filter((comment) => comment.frame !== undefined) ?? [],
    );
    if (theirs.reader.fault === undefined) expect(kept.end).toEqual({ trouble: undefined });
    else expect(kept.end?.trouble).toMatch(/^the stream: .*at byte \d+$/);
  });

  const named = (name: string, big = false): Uint8Array =>
    interfaceDescription(1, 0, [option(2, text(name), big)], big);

  it('may have several sections, of both byte orders, with interfaces that are the same', async () => {
    const comment = [option(1, text('pressed'), true), option(0, new Uint8Array(0), true)];
    const bytes = concat(
      sectionHeader(),
      named('a'),
      named('b'),
      enhancedPacket(1_000_000n, text('one'), { interfaceId: 1 }),
      sectionHeader(true),
      named('a', true),
      interfaceDescription(105, 0, [], true),
      enhancedPacket(2_000_000n, text('two'), { big: true, options: comment }),
      enhancedPacket(3_000_000n, text('three'), { big: true, interfaceId: 1 }),
      packet(4_000_000n, 0, text('four'), true),
      simplePacket(text('five'), 4, true),
      interfaceStatistics(0, 5_000_000n, [option(7, pack('Q', true, 12), true)], true),
    );
    for (const size of [1, 13, 4096]) {
      const kept = await passed(bytes, size);
      const { frames, reader } = read(kept.file());
      expect(reader.interfaces.map(({ name, linkType, frames }) => [name, linkType, frames])).toEqual([
        ['a', 1, 3],
        ['b', 1, 1],
        ['the stream', 105, 1],
      ]);
      expect(frames.map((frame) => (frame as string[])[0])).toEqual([
        '1.000000000',
        '2.000000000',
        '3.000000000',
        '4.000000000',
        '1750000000.250000000',
      ]);
      expect(reader.comments).toEqual([{ frame: 2, text: 'pressed' }]);
      expect(kept.stream.kernelDrops).toBe(12);
      expect(kept.end).toEqual({ trouble: undefined });
    }
  });

  it('keeps apart interfaces that are described alike', async () => {
    const kept = await passed(
      concat(
        sectionHeader(),
        interfaceDescription(),
        interfaceDescription(),
        enhancedPacket(1n, text('x')),
        enhancedPacket(2n, text('y'), { interfaceId: 1 }),
      ),
    );
    expect(read(kept.file()).reader.interfaces.map(({ frames }) => frames)).toEqual([1, 1]);
  });

  it('passes keys and names of addresses on, and nothing else that it does not know', async () => {
    const secrets = block(10, concat(pack('II', false, 0x544c534b, 6), text('CLIENT')));
    const names = block(4, pack('HHBBBBHH', false, 1, 6, 10, 0, 0, 1, 0x0061, 0));
    const kept = await passed(
      concat(
        sectionHeader(),
        secrets,
        names,
        block(0x0bad_f00d, text('whatever')),
        block(0x40000bad, text('no')),
      ),
    );
    const kinds: number[] = [];
    const reader = new PcapngReader({ frame: () => undefined, secrets: (type) => kinds.push(type) });
    reader.push(kept.file());
    reader.end();
    expect([reader.fault, kinds, [...reader.skippedBlocks]]).toEqual([undefined, [0x544c534b], []]);
    expect(reader.names.size).toBe(1);
  });

  it('that is cut or damaged gives all before it and says where', async () => {
    const whole = concat(
      sectionHeader(),
      named('a'),
      enhancedPacket(1n, text('one')),
      enhancedPacket(2n, text('two')),
    );
    const starts = [28, 28 + named('a').length];
    for (let length = 12; length < whole.length; length++) {
      const kept = await passed(whole.subarray(0, length));
      const { reader } = read(kept.file());
      expect(reader.fault, `${length}`).toBeUndefined();
      if (length >= starts[1]!) expect(kept.stream.packets).toBe(Math.floor((length - starts[1]!) / 36));
    }
    const cases: [Uint8Array, RegExp][] = [
      [enhancedPacket(1n, text('x'), { interfaceId: 9 }), /interface 9/],
      [enhancedPacket(1n, text('x'), { captured: 4000 }), /4000 bytes/],
      [block(6, text('abc'), false, 4), /4 bytes long/],
      [block(6, text('abc'), false, 0x7fff_fff0), /bytes long/],
      [block(6, new Uint8Array(40), false, undefined, 44), /lengths differ/],
      [sectionHeader().fill(0, 8, 12), /magic/],
    ];
    for (const [bad, words] of cases) {
      const kept = await passed(
        concat(sectionHeader(), named('a'), enhancedPacket(1n, text('one')), bad, new Uint8Array(64)),
      );
      expect(kept.end?.trouble).toMatch(words);
      expect(read(kept.file()).frames).toHaveLength(1);
    }
  });

  it('survives whatever is in it', async () => {
    const whole = concat(
      sectionHeader(),
      named('a'),
      enhancedPacket(1n, text('one')),
      simplePacket(text('two')),
      interfaceStatistics(0, 5n, [option(5, pack('Q', false, 1))]),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
        async (changes) => {
          const bytes = whole.slice();
          for (const [at, value] of changes) bytes[at] = value;
          const kept = await passed(bytes, 50);
          if (kept.stream.packets > 0) expect(read(kept.file()).reader.fault).toBeUndefined();
        },
      ),
    );
  });
});

describe('a classic pcap that is passed on', () => {
  it('keeps nanoseconds', async () => {
    const kept = await passed(
      concat(pcapHeader({ magic: 0xa1b23c4d }), pcapRecord(1_700_000_000, 123_456_789, text('x'))),
      5,
    );
    expect(read(kept.file()).frames).toEqual([['1700000000.123456789', 1, 1, '78']]);
  });
});

describe('a stream that is no capture', () => {
  it('is advised to be decompressed', async () => {
    const kept = await passed(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(kept.end?.trouble).toMatch(/compressed.*gzip -dc/);
  });

  it('may be empty', async () => {
    expect((await passed(new Uint8Array(0))).end).toEqual({ trouble: undefined });
  });

  it('says why it cannot be read', async () => {
    const kept = new KeptStream();
    await kept.takeFrom(
      // eslint-disable-next-line require-yield
      new StreamSource('a pipe', async function* () {
        throw new Error('no such file');
      }),
    );
    expect(kept.end?.trouble).toBe('a pipe cannot be read: no such file');
  });

  it('gives the messages of a text in packets, with what it says of their ends', async () => {
    const kept = await passed(
      text(
        [
          'Sending 16 bytes to 10.0.0.7:56830',
          '44 01 01 6E  0A 0B 0C 0E  B1 33 01 30  01 30 61 00  D..n.....3.0.0a.',
          '2026-03-04 12:00:01.5 received from [2001:db8::7]:56830: 6445016e0a0b0c0eff41636d65',
          '',
        ].join('\n'),
      ),
      7,
    );
    const { frames } = read(kept.file());
    const [out, back] = frames as [string, number, number, string][];
    expect(out![0]).toBe('1750000000.250000000');
    expect(out![1]).toBe(101);
    // Version, length, protocol; the log's end, then the named one with its port.
    expect(out![3]).toMatch(/^4500002c00000000401[0-9a-f]{5}c0000201 ?0a0000071633ddfe0018/);
    expect(back![0]).toBe('1772625601.500000000');
    expect(back![3]).toMatch(/^6000000000151140/);
    expect(back![3]).toContain('20010db8000000000000000000000007');
    expect(back![3].endsWith('6445016e0a0b0c0eff41636d65')).toBe(true);
  });
});
