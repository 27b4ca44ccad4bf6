import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { available, tshark, version } from '../tshark.ts';
import { readCapture } from './read-capture.ts';
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
} from './write-capture.ts';

/** Files that no recording holds: what Wireshark takes, what it refuses, and where it stops. */
const MICROSECONDS = 1_600_000_000_123_456n;
const data = new Uint8Array(60).fill(0xff);
const frame = enhancedPacket(MICROSECONDS, data);
const start = concat(sectionHeader(), interfaceDescription());
const resolved = (resolution: number, time: bigint): Uint8Array =>
  concat(
    sectionHeader(),
    interfaceDescription(1, 0, [option(9, Uint8Array.of(resolution))]),
    enhancedPacket(time, data),
  );
const record = pcapRecord(1_600_000_000, 123_456, data);
const event = pack('HQQIHI', false, 0, 5, 1, 22, 1, 0);

const FILES: Readonly<Record<string, Uint8Array>> = {
  'custom, journal and Sysdig blocks take numbers': concat(
    start,
    frame,
    block(0xbad, pack('II', false, 12345, 1)),
    frame,
    block(9, text('__REALTIME_TIMESTAMP=1600000000000000\nMESSAGE=hi there\n')),
    frame,
    block(0x204, event),
    frame,
    block(0x208, concat(pack('I', false, 0), event)),
    block(0x80000001, pack('I', false, 1)),
    block(7, pack('II', false, 1, 1)),
    frame,
  ),
  'a big-endian section between': concat(
    start,
    frame,
    sectionHeader(true),
    interfaceDescription(101, 0, [], true),
    enhancedPacket(MICROSECONDS, Uint8Array.of(0x45, ...new Uint8Array(27)), { big: true }),
    start,
    frame,
  ),
  seconds: resolved(0, 1_600_000_000n),
  milliseconds: resolved(3, 1_600_000_000_123n),
  picoseconds: resolved(12, 1_600_000_000_123_456_789n),
  'units of 2^-20 s': resolved(0x94, (1_600_000_000n << 20n) + 12_345n),
  'units of 2^-32 s': resolved(0xa0, (1_600_000_000n << 32n) + 1_234_567_890n),
  'the last microsecond': concat(start, enhancedPacket(2n ** 64n - 1n, data)),
  'the last nanosecond': resolved(9, 2n ** 64n - 1n),
  'an offset': concat(
    sectionHeader(),
    interfaceDescription(1, 0, [option(14, pack('Q', false, 1000))]),
    frame,
  ),
  'a resolution of two octets': concat(
    sectionHeader(),
    interfaceDescription(1, 0, [option(9, Uint8Array.of(9, 9))]),
    frame,
  ),
  'simple packets': concat(
    sectionHeader(),
    interfaceDescription(1, 60),
    simplePacket(data),
    simplePacket(data, 100),
  ),
  'packet blocks': concat(start, packet(MICROSECONDS, 3, data), packet(MICROSECONDS, 0xffff, data)),
  'captured beyond the snap length': concat(sectionHeader(), interfaceDescription(1, 10), frame),
  'captured beyond the original length': concat(start, enhancedPacket(MICROSECONDS, data, { original: 10 })),
  'the largest frame': concat(start, enhancedPacket(MICROSECONDS, new Uint8Array(262_144)), frame),
  'a frame that is too large': concat(
    start,
    frame,
    enhancedPacket(MICROSECONDS, new Uint8Array(262_145)),
    frame,
  ),
  'a block without its padding counted': concat(start, block(0x0badcafe, text('abc'), false, 15), frame),
  'two lengths that differ': concat(start, frame, block(6, new Uint8Array(80), false, undefined, 88), frame),
  'a block too short': concat(start, frame, block(0x0badcafe, text(''), false, 8), frame),
  'no interface': concat(sectionHeader(), frame),
  'an interface beyond': concat(start, frame, enhancedPacket(MICROSECONDS, data, { interfaceId: 1 }), frame),
  'a simple packet without interface': concat(sectionHeader(), simplePacket(data)),
  'more captured than the block holds': concat(
    start,
    frame,
    enhancedPacket(MICROSECONDS, data, { captured: 64 }),
  ),
  'statistics of no interface': concat(start, interfaceStatistics(7, 1n), frame),
  'another version': concat(start, frame, sectionHeader(false, 2), frame),
  'zeros behind': concat(start, frame, new Uint8Array(64)),
  'two bytes behind': concat(start, frame, new Uint8Array(2)),
  'pcap, zeros behind': concat(pcapHeader(), record, new Uint8Array(64)),
  'pcap 2.2': concat(
    pcapHeader({ version: [2, 2] }),
    pcapRecord(1, 2, data, { captured: 100, original: 60 }),
    record,
  ),
  'pcap 2.3': concat(
    pcapHeader({ version: [2, 3] }),
    pcapRecord(1, 2, data, { captured: 100, original: 60 }),
  ),
  'pcap 3.0': concat(pcapHeader({ version: [3, 0] }), record),
  'pcap 1.0': concat(pcapHeader({ version: [1, 0] }), record),
  'pcap, largest frame': concat(pcapHeader(), pcapRecord(1, 2, new Uint8Array(262_144)), record),
  'pcap, too large': concat(
    pcapHeader(),
    record,
    pcapRecord(1, 2, new Uint8Array(262_145).fill(0xff)),
    record,
  ),
  'pcap, D-Bus': concat(pcapHeader({ link: 231 }), pcapRecord(1, 2, new Uint8Array(300_000))),
  'pcap, FCS length': concat(pcapHeader({ link: 0x54000001 }), record),
  'pcap, cut': concat(pcapHeader(), record, record.subarray(0, 40)),
  'pcap, only its header': pcapHeader(),
  'modified pcap': concat(
    pcapHeader({ magic: 0xa1b2cd34, big: true }),
    ...[1, 2, 3].map((second) => pcapRecord(second, 5, data, { big: true, modified: true })),
  ),
};

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-written-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!available)(`Wireshark reads the same of written files (${version})`, () => {
  const fields = ['frame.number', 'frame.time_epoch', 'frame.cap_len', 'frame.len'];
  for (const [what, file] of Object.entries(FILES)) {
    test(what, () => {
      const path = join(folder, 'capture');
      writeFileSync(path, file);
      const { stdout, status } = tshark([
        '-r',
        path,
        '-T',
        'fields',
        ...fields.flatMap((field) => ['-e', field]),
      ]);
      const rows = stdout.split('\n').map((line) => line.split('\t'));
      const { frames, fault } = readCapture(file);
      const ours = frames.map(({ number, time, captured, original }) => [
        String(number),
        time ?? '',
        String(captured),
        String(original),
      ]);
      expect(ours).toEqual(frames.map(({ number }) => rows[number - 1]));
      // All of its rows, but for those of blocks that are no frames, are frames of ours.
      const skipped = rows.filter((row) => row.length > 1).length - frames.length;
      expect(skipped).toBe(what.startsWith('custom') ? 3 : 0);
      expect(fault === undefined).toBe(status === 0);
    });
  }
});
