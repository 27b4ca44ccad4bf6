import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageFlag } from '../../src/analysis/message-table.ts';
import { type AnalysisSettings, type ClockOffset, DEFAULT_SETTINGS } from '../../src/analysis/settings.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { simplePacket, sectionHeader, interfaceDescription, concat } from '../capture/write-capture.ts';
import { available, editcap, tshark } from '../tshark.ts';
import { allRecords, analyseBytes, analyseSources, recordsOf, storeOf } from './analyse.ts';
import {
  captureOf,
  captureOfPackets,
  packetOf,
  readOf,
  registrationAt,
  type SentMessage,
} from './written-capture.ts';

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-merge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function analyse(files: readonly Uint8Array[], clockOffsets: ClockOffset[] = []): Promise<Analysis> {
  const settings: AnalysisSettings = { ...DEFAULT_SETTINGS, clockOffsets };
  const names = 'abcdefgh';
  return analyseSources(
    await Promise.all(
      files.map(async (bytes, index) => ({ name: `${names[index]}.pcap`, store: await storeOf(bytes) })),
    ),
    settings,
  );
}

const ids = (analysis: Analysis): string[] => {
  const facts = new MessageFacts(analysis);
  return Array.from({ length: analysis.tracking.messages.count }, (_, row) => facts.id(row));
};
const sightingsOf = ({ tracking }: Analysis): number[] =>
  Array.from({ length: tracking.messages.count }, (_, row) => tracking.sightings.countOf(row));
const repeatsOf = ({ tracking: { messages } }: Analysis): number[] =>
  Array.from({ length: messages.count }, (_, row) => row).filter((row) =>
    messages.has(row, MessageFlag.duplicate),
  );

const get = (at: number, mid: number, nanoseconds = 0): SentMessage => ({
  ...readOf(at, mid, mid.toString(16).padStart(4, '0')),
  nanoseconds,
});

describe('the order of merged files', () => {
  it('is that of the times, and at one time that of the files', async () => {
    const a = captureOf([get(1, 1), get(3, 2), get(5, 3), get(5, 4, 5)]);
    const b = captureOf([get(2, 11), get(3, 12), get(5, 13, 4), get(9, 14)]);
    const c = captureOf([get(3, 21), get(4, 22)]);
    expect(ids(await analyse([a, b, c]))).toEqual(
      ['1.1', '2.1', '1.2', '2.2', '3.1', '3.2', '1.3', '2.3', '1.4', '2.4'].map((id) => `${id}.0`),
    );
    expect(ids(await analyse([b, a]))).toEqual(
      ['2.1', '1.1', '1.2', '2.2', '2.3', '1.3', '2.4', '1.4'].map((id) => `${id}.0`),
    );
  });

  it('within a file is its own, also where its times run backwards', async () => {
    const a = captureOf([get(10, 1), get(2, 2), get(3, 3), get(20, 4)]);
    const b = captureOf([get(1, 11), get(5, 12), get(15, 13)]);
    expect(ids(await analyse([a, b]))).toEqual(
      ['2.1', '2.2', '1.1', '1.2', '1.3', '2.3', '1.4'].map((id) => `${id}.0`),
    );
  });

  it('counts with corrected times', async () => {
    const a = captureOf([get(100, 1), get(101, 2)]);
    const b = captureOf([get(1_000_000_000, 11, 600_000_000), get(1_000_000_001, 12, 600_000_000)]);
    const shifted = await analyse([a, b], [{ file: 1, seconds: -999_999_901, nanoseconds: 700_000_000 }]);
    expect(ids(shifted)).toEqual(['1.1.0', '2.1.0', '1.2.0', '2.2.0']);
    const records = await recordsOf(shifted, 'messages');
    expect(records.map(({ frame }) => (frame as { time: string }).time)).toEqual([
      '100.000000000',
      '100.300000000',
      '101.000000000',
      '101.300000000',
    ]);
    const [, info] = await recordsOf(shifted, 'info');
    expect(info).toMatchObject({ messages: 2, offset: '-999999900.3' });
  });

  it('is kept where more waits than a piece holds', async () => {
    const many = (from: number): Uint8Array =>
      captureOf(
        Array.from({ length: 6000 }, (_, index) => get(1000 + index * 2 + from, from * 8000 + index)),
      );
    const analysis = await analyse([many(0), many(1)]);
    const { messages } = analysis.tracking;
    expect(messages.count).toBe(12_000);
    for (let row = 1; row < messages.count; row++)
      expect(messages.time.get(row) - messages.time.get(row - 1)).toBe(1e9);
    expect(analysis.files.map(({ bytes, bytesRead }) => bytes - bytesRead)).toEqual([0, 0]);
  });

  it('is the same for compressed files and for pipes in small pieces', async () => {
    const a = captureOf([...registrationAt(1), get(7, 2)]);
    const b = captureOf([get(3, 11), get(9, 12)]);
    const expected = await allRecords(await analyse([a, b]));
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const shared = new Uint8Array(64);
      for (let offset = 0; offset < b.length; offset += 64) {
        // A pipe may use its buffer again.
        const part = b.subarray(offset, offset + 64);
        shared.set(part);
        yield shared.subarray(0, part.length);
      }
    }
    const analysis = await analyseSources([
      { name: 'a.pcap', store: await storeOf(new Uint8Array(gzipSync(a))) },
      { name: 'b.pcap', stream: pieces() },
    ]);
    const { messages, devices } = await allRecords(analysis);
    expect(messages).toEqual(expected.messages);
    expect(devices).toEqual(expected.devices);
  });

  it('leaves out a file whose frames have no times, which is read by itself', async () => {
    const untimed = concat(sectionHeader(), interfaceDescription(101), simplePacket(packetOf(get(0, 99))));
    const analysis = await analyse([untimed, captureOf([get(1, 1), get(2, 2)])]);
    expect(ids(analysis)).toEqual(['2.1.0', '2.2.0', '1.1.0']);
    expect((await recordsOf(analysis, 'info')).map(({ alone }) => alone)).toEqual(['no times', undefined]);
  });

  it('leaves out a live stream, which is read after the files', async () => {
    const live = captureOf([get(1, 1)]);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield live;
    }
    const analysis = await analyseSources([
      { name: 'tap', stream: pieces(), isLive: true },
      { name: 'b.pcap', store: await storeOf(captureOf([get(5, 11)])) },
      { name: 'c.pcap', store: await storeOf(captureOf([get(4, 12)])) },
    ]);
    expect(ids(analysis)).toEqual(['3.1.0', '2.1.0', '1.1.0']);
    expect(analysis.files[0]!.alone).toBe('live');
  });

  it('goes on with the others where one file is cut', async () => {
    const a = captureOf([get(1, 1), get(3, 2), get(5, 3)]).subarray(0, -10);
    const b = captureOf([get(2, 11), get(9, 12)]);
    const analysis = await analyse([a, b]);
    expect(ids(analysis)).toEqual(['1.1.0', '2.1.0', '1.2.0', '2.2.0']);
    const [cut] = await recordsOf(analysis, 'info');
    expect(cut).toMatchObject({ fault: { text: expect.stringContaining('frame 3') as string } });
  });
});

it('rows are found by their ids, and by those of frames that showed them again', async () => {
  const a = captureOf([get(1, 1), get(3, 2), get(5, 3)]);
  const b = captureOf([get(1, 1, 1000), get(2, 12), get(9, 13)]);
  const analysis = await analyse([a, b]);
  const facts = new MessageFacts(analysis);
  ids(analysis).forEach((id, row) => expect(facts.rowOfId(id)).toBe(row));
  expect(facts.rowOfId('2.1.0')).toBe(0);
  for (const id of ['2.4.0', '3.1.0', '1.1.1', '0.1.0']) expect(facts.rowOfId(id)).toBe(-1);
});

describe('a message that two capture points saw', () => {
  const exchange = registrationAt(10);
  const later = (messages: readonly SentMessage[], nanoseconds: number): SentMessage[] =>
    messages.map((message) => ({ ...message, nanoseconds: (message.nanoseconds ?? 0) + nanoseconds }));

  it('counts once, with two sightings', async () => {
    const analysis = await analyse([captureOf(exchange), captureOf(later(exchange, 1_200_000))]);
    expect(ids(analysis)).toEqual(['1.1.0', '1.2.0']);
    expect(sightingsOf(analysis)).toEqual([2, 2]);
    expect(repeatsOf(analysis)).toEqual([]);
    expect(analysis.tracking.sightings.of(0)).toEqual([
      { file: 1, frame: 1, interfaceIndex: 0, time: 1_200_000 },
    ]);
    const records = await recordsOf(analysis, 'messages');
    expect(records.map(({ sightings }) => sightings)).toEqual([2, 2]);
    const [first, second] = await recordsOf(analysis, 'info');
    expect([first!.messages, first!.sightings]).toEqual([2, undefined]);
    expect([second!.messages, second!.sightings]).toEqual([0, 2]);
  });

  it('and that the sender repeated stays repeated once', async () => {
    const copies = (identification: number): { at: number; packet: Uint8Array }[] =>
      [10, 12].map((at, index) => {
        const packet = packetOf(exchange[0]!);
        packet[4] = 0;
        packet[5] = identification === 0 ? 0 : identification + index;
        return { at, packet };
      });
    for (const identification of [0, 7]) {
      const there = copies(identification).map((copy) => ({ ...copy, nanoseconds: 500_000 }));
      const analysis = await analyse([
        captureOfPackets(copies(identification)),
        captureOfPackets(there),
        captureOfPackets(there.map((copy) => ({ ...copy, nanoseconds: 900_000 }))),
      ]);
      expect(ids(analysis)).toEqual(['1.1.0', '1.2.0']);
      expect(sightingsOf(analysis)).toEqual([3, 3]);
      expect(repeatsOf(analysis)).toEqual([1]);
    }
  });

  it('is a repeat where the same point shows it again, whatever its identification', async () => {
    const analysis = await analyse([
      captureOf([exchange[0]!, { ...exchange[0]!, at: 12 }]),
      captureOf([get(11, 9)]),
    ]);
    expect(sightingsOf(analysis)).toEqual([1, 1, 1]);
    expect(repeatsOf(analysis)).toEqual([2]);
  });

  it('is two messages beyond the window', async () => {
    const analysis = await analyse([
      captureOf([exchange[0]!, get(40, 9)]),
      captureOf([get(9, 8), { ...exchange[0]!, at: 21 }]),
    ]);
    expect(sightingsOf(analysis)).toEqual([1, 1, 1, 1]);
    expect(repeatsOf(analysis)).toEqual([2]);
  });

  it('is a repeat where one capture goes on where the other ended', async () => {
    const analysis = await analyse([captureOf([exchange[0]!]), captureOf([{ ...exchange[0]!, at: 12 }])]);
    expect(sightingsOf(analysis)).toEqual([1, 1]);
    expect(repeatsOf(analysis)).toEqual([1]);
  });

  it('has the frames of fragments of its own point only', async () => {
    const path = join(FIXTURES, 'other/net-ipfrag4-a.pcapng');
    const bytes = new Uint8Array(readFileSync(path));
    const whole = await analyseBytes(basename(path), bytes);
    const twice = await analyse([bytes, bytes]);
    expect(sightingsOf(twice)).toEqual(ids(whole).map(() => 2));
    expect((await allRecords(twice)).messages.map((line) => line.replace('"sightings":2,', ''))).toEqual(
      (await allRecords(whole)).messages,
    );
  });
});

const OF_ITS_FILE = new Set([
  'number',
  'file',
  'interface',
  'request_in',
  'response_in',
  'duplicate_of',
  'numbers',
]);

/** Records with the ids of other frames, and without what frames have only in their file. */
function renamed(lines: readonly string[], frameOf: (file: number, frame: number) => number): unknown[] {
  return lines.map((line) => {
    const text = line.replace(
      /"([12])\.([1-9]\d*)\.(\d+)"/g,
      (_, file, frame, ordinal) => `"1.${frameOf(Number(file), Number(frame))}.${ordinal}"`,
    );
    return JSON.parse(text, (key, value: unknown) =>
      OF_ITS_FILE.has(key) || (key === 'frame' && typeof value === 'number') ? undefined : value,
    ) as unknown;
  });
}

const SPLIT = [
  join(FIXTURES, 'leshan/leshan-fota-pull-a.pcapng'),
  join(FIXTURES, 'other/wk-dm-a.pcapng'),
  ...(RECORDED === undefined
    ? []
    : [join(RECORDED, 'leshan/leshan-tcp-block-a.pcapng'), join(RECORDED, 'other/lc-tcp-segments-a.pcapng')]),
];

describe.skipIf(!available)('a capture that was cut in two', () => {
  describe.each(SPLIT)('%s', (path) => {
    const frames = Number(
      tshark(['-r', path, '-T', 'fields', '-e', 'frame.number']).stdout.trim().split('\n').at(-1),
    );
    const half = Math.floor(frames / 2);
    const part = (name: string, filter: string): Uint8Array => {
      const target = join(folder, name);
      tshark(['-r', path, '-Y', filter, '-w', target]);
      return new Uint8Array(readFileSync(target));
    };
    const expectWhole = async (
      parts: readonly Uint8Array[],
      frameOf: (file: number, frame: number) => number,
    ): Promise<void> => {
      const whole = await allRecords(await analyseBytes(basename(path), new Uint8Array(readFileSync(path))));
      const merged = await allRecords(await analyse(parts));
      for (const kind of [
        'messages',
        'devices',
        'sessions',
        'transfers',
        'observations',
        'firmware',
      ] as const)
        expect(renamed(merged[kind], frameOf), kind).toEqual(renamed(whole[kind], (_, frame) => frame));
    };

    it('by time gives what the whole gives', async () => {
      const [a, b] = [
        part('a.pcapng', `frame.number <= ${half}`),
        part('b.pcapng', `frame.number > ${half}`),
      ];
      await expectWhole([a, b], (file, frame) => (file === 1 ? frame : frame + half));
      await expectWhole([b, a], (file, frame) => (file === 2 ? frame : frame + half));
    });

    it('frame by frame gives what the whole gives', async () => {
      const [a, b] = [part('a.pcapng', 'frame.number % 2 == 1'), part('b.pcapng', 'frame.number % 2 == 0')];
      await expectWhole([a, b], (file, frame) => frame * 2 - (file === 1 ? 1 : 0));
    });

    it('with a copy whose clock was wrong is seen twice with an offset, which is estimated', async () => {
      const copy = join(folder, 'shifted.pcapng');
      editcap(['-t', '-1234.5', path, copy]);
      const [one, two] = [new Uint8Array(readFileSync(path)), new Uint8Array(readFileSync(copy))];
      const apart = await analyse([one, two]);
      const [, info] = await recordsOf(apart, 'info');
      expect(info!.offset_estimate).toMatchObject({ offset: '1234.5', against: 'a.pcap' });
      const whole = await analyseBytes(basename(path), one);
      const together = await analyse([one, two], [{ file: 1, seconds: 1234, nanoseconds: 500_000_000 }]);
      expect(ids(together)).toEqual(ids(whole));
      expect(sightingsOf(together)).toEqual(ids(whole).map(() => 2));
      expect(together.tracking.messages.duplicates).toBe(whole.tracking.messages.duplicates);
      const [, again] = await recordsOf(together, 'info');
      expect(again).toMatchObject({ offset: '1234.5', offset_estimate: { offset: '1234.5' } });
    });
  });
});

it('a spool keeps what a compressed file of several holds', async () => {
  const bytes = captureOf([get(1, 1)]);
  const analysis = await analyse([new Uint8Array(gzipSync(bytes)), bytes]);
  expect(analysis.files[0]!.store).toBeInstanceOf(MemoryStore);
  expect(analysis.files[0]!.store.size).toBe(bytes.length);
});
