import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { detectContainer } from '../../src/capture/container.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { PUBLIC, RECORDED } from '../captures.ts';
import { available, capinfos, mergecap, tsharkFields, version } from '../tshark.ts';
import { readCapture, type ReadCapture } from './read-capture.ts';

/** A file that is not read as Wireshark reads it, and why that is right. */
interface Difference {
  who: 'we refuse' | 'Wireshark refuses' | 'cut' | 'fields';
  why: string;
  /** Fields of its frames that differ. */
  fields?: readonly (keyof FrameRow)[];
}

/** The reviewed differences, by file name. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'seladb__PcapPlusPlus__solaris.snoop': {
    who: 'we refuse',
    why: 'snoop is another format; the page says so',
  },
  'seladb__PcapPlusPlus__pcapng-example.pcapng.zst': {
    who: 'we refuse',
    why: 'zstd has no decoder in browsers; the page says how to decompress it',
  },
  'the-tcpdump-group__tcpdump__brcm-tag-prepend.pcap': {
    who: 'Wireshark refuses',
    why: 'link type 282 is newer than this Wireshark; the container is sound and the frames count as not read',
  },
  'the-tcpdump-group__tcpdump__dsa-high-vid.pcap': {
    who: 'Wireshark refuses',
    why: 'link type 284, as above',
  },
  'the-tcpdump-group__tcpdump__edsa-high-vid.pcap': {
    who: 'Wireshark refuses',
    why: 'link type 285, as above',
  },
  'the-tcpdump-group__tcpdump__kday6.pcap': { who: 'Wireshark refuses', why: 'link type 182, as above' },
  'the-tcpdump-group__tcpdump__timestamp_invalid_micro.pcap': {
    who: 'fields',
    fields: ['time'],
    why: 'fractions beyond a second, on purpose; Wireshark computes them beyond 32 bits',
  },
  'the-tcpdump-group__tcpdump__timestamp_invalid_nano.pcap': {
    who: 'fields',
    fields: ['time'],
    why: 'as above',
  },
  'anr-bmbf-pivot__Artifacts-CoNEXT23-DoC__doc-eval-baseline-ieee802154-coap-fetch-None-None-100x5.0-A-291129-1641553761.pcap.gz':
    {
      who: 'fields',
      fields: ['time'],
      why: 'the writer put no valid microseconds; Wireshark computes them beyond 32 bits',
    },
  'anr-bmbf-pivot__Artifacts-CoNEXT23-DoC__doc-eval-baseline-ieee802154-coaps-fetch-None-None-100x10.0-A-291129-1641538494.pcap.gz':
    { who: 'fields', fields: ['time'], why: 'as above' },
  'anr-bmbf-pivot__Artifacts-CoNEXT23-DoC__doc-eval-baseline-ieee802154-oscore-fetch-None-None-100x10.0-A-291129-1641557906.pcap.gz':
    { who: 'fields', fields: ['time'], why: 'as above' },
  'the-tcpdump-group__tcpdump__atm-oam-loopback-print-overrun.pcap': {
    who: 'fields',
    fields: ['time', 'captured', 'original'],
    why: 'microseconds beyond a second; Wireshark takes the pseudo-header of SunATM out of the frame',
  },
  'der-truncfile-a.pcapng': { who: 'cut', why: 'cut in the middle of a block, on purpose' },
  'brimdata__zui__bad.pcapng': { who: 'cut', why: 'cut in the middle of a block' },
};

/** Wireshark's number of each link type (wiretap, WTAP_ENCAP_…) for those in the captures. */
const ENCAPSULATIONS: Readonly<Record<number, number>> = {
  0: 15,
  1: 1,
  9: 4,
  12: 7,
  50: 4,
  14: 7,
  100: 13,
  101: 7,
  104: 28,
  107: 26,
  108: 15,
  113: 25,
  123: 13,
  127: 23,
  149: 47,
  160: 58,
  178: 83,
  195: 104,
  228: 129,
  229: 130,
  230: 127,
  239: 141,
  242: 180,
  258: 171,
  271: 185,
  274: 198,
  276: 210,
};

const CAPTURE_NAME = /\.(pcap|pcapng|cap|snoop)(\.gz|\.zst)?$/;

function captureFiles(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => CAPTURE_NAME.test(name))
    .map((name) => join(folder, name))
    .sort();
}

function fileBytes(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return detectContainer(bytes) === 'gzip' ? gunzipSync(bytes) : bytes;
}

/** One interface as capinfos describes it. */
interface DescribedInterface {
  name: string;
  encapsulation: number;
  snapLength: number;
  packets: number;
}

/** What capinfos says of one file. */
interface Described {
  packets: number;
  first: string | undefined;
  last: string | undefined;
  interfaces: DescribedInterface[];
  sections: number;
}

/** Asks capinfos once for all files; gives what it says by path. */
function describeAll(paths: readonly string[]): Map<string, Described> {
  const answer = new Map<string, Described>();
  for (const part of capinfos(['-M', '-c', '-S', '-a', '-e', '-E', '-I', '-t', ...paths]).stdout.split(
    /^File name: +/m,
  )) {
    const [path, ...lines] = part.split('\n');
    const value = (label: string): string | undefined =>
      lines
        .find((line) => line.startsWith(label))
        ?.slice(label.length)
        .trim();
    if (path === undefined || value('Number of packets:') === undefined) continue;
    const interfaces: DescribedInterface[] = [];
    for (const line of lines) {
      if (/^Interface #\d+ info:/.test(line))
        interfaces.push({ name: '', encapsulation: -1, snapLength: -1, packets: -1 });
      const last = interfaces.at(-1);
      const pair = /^ {10,}([^=]+) = ([^]*)$/.exec(line);
      if (!last || !pair) continue;
      if (pair[1] === 'Name') last.name = firstLine(pair[2]!);
      if (pair[1] === 'Encapsulation') last.encapsulation = Number(/\((\d+) - [^)]*\)$/.exec(pair[2]!)?.[1]);
      if (pair[1] === 'Capture length') last.snapLength = Number(pair[2]);
      if (pair[1] === 'Number of packets') last.packets = Number(pair[2]);
    }
    answer.set(path, {
      packets: Number(value('Number of packets:')),
      first: value('First packet time:'),
      last: value('Last packet time:'),
      interfaces,
      sections: Math.max(1, lines.filter((line) => /^Section \d+:/.test(line)).length),
    });
  }
  return answer;
}

/** `1.5` as `1.500000000`. */
function nineDigits(time: string | undefined): string | undefined {
  if (time === undefined || !/^-?\d+(\.\d+)?$/.test(time)) return undefined;
  const [seconds, fraction = ''] = time.split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

/** First and last of a capture's times, as capinfos means it: the earliest and the latest. */
function earliestAndLatest(capture: ReadCapture): [string | undefined, string | undefined] {
  const times = capture.frames.flatMap((frame) => (frame.time === undefined ? [] : [frame.time]));
  // capinfos gives no times where one record has none: a Simple Packet Block, a custom block.
  if (times.length < recordsOf(capture)) return [undefined, undefined];
  const sorted = times.sort((a, b) => {
    const [x, y] = [a, b].map((time) => BigInt(time.replace('.', '')));
    return x! < y! ? -1 : x! > y! ? 1 : 0;
  });
  return [sorted[0], sorted.at(-1)];
}

const paths = [...captureFiles(RECORDED), ...captureFiles(PUBLIC)];
const readable = paths.filter((path) => DIFFERENCES[basename(path)]?.who !== 'we refuse');
const captures = new Map<string, ReadCapture>();
function capture(path: string): ReadCapture {
  let found = captures.get(path);
  if (found === undefined) captures.set(path, (found = readCapture(fileBytes(path))));
  return found;
}

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-wireshark-'));
afterAll(() => rmSync(folder, { recursive: true }));

const condition = available && paths.length > 0;
const reason = available ? 'skips where the captures are absent' : version;

describe.skipIf(!condition)(`Wireshark reads the same (${reason})`, () => {
  test('capinfos: frames, interfaces and link types, first and last time of every file', () => {
    const described = describeAll(readable);
    let compared = 0;
    for (const path of readable) {
      const name = basename(path);
      const theirs = described.get(path);
      const ours = capture(path);
      if (DIFFERENCES[name]?.who === 'Wireshark refuses') {
        expect(theirs, name).toBeUndefined();
        expect({ name, fault: ours.fault }).toEqual({ name, fault: undefined });
        continue;
      }
      expect(theirs, name).toBeDefined();
      expect({ name, packets: ours.frames.length }).toEqual({ name, packets: theirs!.packets });
      if (!DIFFERENCES[name]?.fields?.includes('time')) {
        const [first, last] = [theirs!.first, theirs!.last].map(nineDigits);
        expect({ name, times: earliestAndLatest(ours) }).toEqual({ name, times: [first, last] });
      }
      // With several sections capinfos adds up packets by the section's own interface numbers.
      if (theirs!.sections === 1) {
        expect({ name, interfaces: ours.interfaces.map(describedInterface) }).toEqual({
          name,
          interfaces: theirs!.interfaces,
        });
      }
      compared++;
    }
    const refused = paths.filter((path) => /refuse/.test(DIFFERENCES[basename(path)]?.who ?? '')).length;
    console.log(
      `capinfos: compared ${compared} of ${paths.length} captures; ${refused} are read by one side only`,
    );
    expect(compared).toBe(paths.length - refused);
    // Every reviewed difference is of a capture that is there, if its folder is.
    const names = new Set(paths.map((path) => basename(path)));
    if (RECORDED && PUBLIC) {
      expect(Object.keys(DIFFERENCES).filter((name) => !names.has(name))).toEqual([]);
    }
  });

  test('tshark: number, time, lengths and link type of every frame', () => {
    const whole = readable.filter((path) => isWhole(path));
    // mergecap joins most files for one run of tshark; it cannot join sections of different link types, nor events.
    const apart = whole.filter(
      (path) => sectionsOf(fileBytes(path)) > 1 || recordsOf(capture(path)) > capture(path).frames.length,
    );
    const together = whole.filter((path) => !apart.includes(path));
    const merged = join(folder, 'merged.pcapng');
    const { status, stderr } = mergecap(['-a', '-w', merged, ...together]);
    expect({ status, stderr: stderr.replace(/^Running as user.*$/gm, '').trim() }).toEqual({
      status: 0,
      stderr: '',
    });
    const rows = frameRows(merged);
    let row = 0;
    let compared = 0;
    for (const path of together) {
      const end = row + capture(path).frames.length;
      compared += compareFrames(path, rows.slice(row, end));
      row = end;
    }
    expect(rows.length).toBe(row);
    for (const path of apart) compared += compareFrames(path, frameRows(path));
    console.log(`tshark: compared ${compared} frames of ${together.length + apart.length} captures`);
    expect(together.length + apart.length).toBe(paths.filter((path) => isWhole(path)).length);
  });

  test('tshark: the frames before the cut of a cut file', () => {
    const cut = readable.filter((path) => DIFFERENCES[basename(path)]?.who === 'cut');
    for (const path of cut) {
      const { frames, fault } = capture(path);
      const rows = tsharkFields(path, ['frame.number', 'frame.time_epoch', 'frame.cap_len']);
      expect(frames.map((frame) => [String(frame.number), frame.time, String(frame.captured)])).toEqual(rows);
      expect(fault).toMatchObject({ offset: readFileSync(path).length });
      expect(fault?.text).toMatch(/^cut in the middle of a block after frame \d+/);
    }
    expect(cut.length).toBeGreaterThan(0);
  });

  test('what only Wireshark reads is not taken for a capture', () => {
    for (const path of paths) {
      const kind = detectContainer(readFileSync(path).subarray(0, 12));
      const refused = DIFFERENCES[basename(path)]?.who === 'we refuse';
      expect({ path, refused: kind === 'unknown' }).toEqual({ path, refused });
    }
  });
});

/** True for files that both read to the end. */
function isWhole(path: string): boolean {
  const who = DIFFERENCES[basename(path)]?.who;
  return who === undefined || who === 'fields';
}

interface FrameRow {
  time: string | undefined;
  captured: number;
  original: number;
  encapsulation: number | undefined;
}

/** What tshark says of every frame of a file. */
function frameRows(path: string): FrameRow[] {
  return tsharkFields(path, ['frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.encap_type']).map(
    ([time, captured, original, encapsulation]) => ({
      time: nineDigits(time),
      captured: Number(captured),
      original: Number(original),
      encapsulation: Number(encapsulation),
    }),
  );
}

function frameRow(frame: ReadCapture['frames'][number]): FrameRow {
  const { time, captured, original, linkType } = frame;
  return { time, captured, original, encapsulation: ENCAPSULATIONS[linkType] };
}

/** How many records tshark numbers in a file: the frames, and blocks of events that are no frames. */
function recordsOf({ frames, reader }: ReadCapture): number {
  let records = frames.length;
  if (!(reader instanceof PcapngReader)) return records;
  for (const [kind, count] of reader.skippedBlocks)
    if (/^(custom|systemd|Sysdig event)/.test(kind)) records += count;
  return records;
}

/** Compares a file's frames with the rows of the same numbers; gives how many. */
function compareFrames(path: string, rows: readonly FrameRow[]): number {
  const { frames } = capture(path);
  const differing = DIFFERENCES[basename(path)]?.fields ?? [];
  const ours = frames.map(frameRow);
  const theirs = frames.map((frame) => rows[frame.number - 1]!);
  for (const [index, row] of theirs.entries()) {
    const own = ours[index]!;
    for (const field of differing) Object.assign(row, { [field]: own[field] });
    // Joined by mergecap, a frame without a time gets the time 0.
    if (own.time === undefined && Number(row.time ?? 0) === 0) row.time = undefined;
  }
  expect({ path, frames: ours }).toEqual({ path, frames: theirs });
  expect({ path, records: rows.length }).toEqual({ path, records: recordsOf(capture(path)) });
  return frames.length;
}

/** Counts the section headers of a pcapng file by their magic numbers. */
function sectionsOf(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes);
  let count = 0;
  for (
    let at = buffer.indexOf('0a0d0d0a', 0, 'hex');
    at >= 0;
    at = buffer.indexOf('0a0d0d0a', at + 4, 'hex')
  ) {
    if (['1a2b3c4d', '4d3c2b1a'].includes(buffer.toString('hex', at + 8, at + 12))) count++;
  }
  return count;
}

/** capinfos prints a name with line breaks as several lines. */
function firstLine(name: string): string {
  return name.split(/[\r\n\u2028\u2029]/)[0]!;
}

function describedInterface(one: ReadCapture['interfaces'][number]): DescribedInterface {
  return {
    name: firstLine(one.name),
    encapsulation: ENCAPSULATIONS[one.linkType] ?? -1,
    snapLength: one.snapLength,
    packets: one.frames,
  };
}
