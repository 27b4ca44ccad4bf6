import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HexDumpReader, LOG_DATAGRAM, LogEvidence } from '../../src/capture/hex-dump.ts';
import { LogDirection } from '../../src/capture/log-line.ts';

/** A registration, its answer, and an empty acknowledgement. */
const REGISTRATION =
  '440201019a0b0c0db2726411283565703d6162056c743d3630ff3c2f312f303e2c3c2f332f303e' +
  '20'.repeat(48) +
  '2c3c2f353e';
const ANSWER = '644101019a0b0c0d82726404613166';
const EMPTY = '60006d5a';
const READ = '4401016e0a0b0c0eb133013001306100';
const KNOWN = new Set([REGISTRATION, ANSWER, EMPTY, READ]);

interface Seen {
  hex: string;
  number: number;
  time: string | undefined;
  direction: number;
  peer: string;
  evidence: number;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads a log in pieces of `size` bytes; a frame is what `known` holds. */
function read(
  log: string | Uint8Array,
  size = 1 << 20,
  known = KNOWN,
): { seen: Seen[]; reader: HexDumpReader } {
  const seen: Seen[] = [];
  const offsets: [number, number][] = [];
  let evidence = -1;
  const reader = new HexDumpReader(
    {
      frame(frame) {
        const hex = hexOf(frame.bytes.subarray(frame.start, frame.end));
        offsets.push([frame.fileOffset, frame.end - frame.start]);
        seen.push({
          hex,
          number: frame.number,
          time: frame.hasTime ? `${frame.seconds}.${String(frame.nanoseconds).padStart(9, '0')}` : undefined,
          direction: frame.ends!.direction,
          peer: frame.ends!.peer === '' ? '' : `${frame.ends!.peer} ${frame.ends!.peerPort}`,
          evidence,
        });
      },
    },
    (bytes, start, end, strength) => {
      evidence = strength;
      return known.has(hexOf(bytes.subarray(start, end))) ? LOG_DATAGRAM : -1;
    },
  );
  const bytes = typeof log === 'string' ? bytesOf(log) : log;
  const decoded: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    decoded.push(reader.takeDecoded());
  }
  reader.end();
  decoded.push(reader.takeDecoded());
  const store = Buffer.concat(decoded);
  expect(offsets.map(([at, length]) => store.subarray(at, at + length).toString('hex'))).toEqual(
    seen.map(({ hex }) => hex),
  );
  expect(reader.frames).toBe(seen.length);
  expect(reader.interfaces.reduce((sum, point) => sum + point.frames, 0)).toBe(seen.length);
  return { seen, reader };
}

function messages(log: string | Uint8Array, size?: number): string[] {
  const { seen } = read(log, size);
  expect(seen.map(({ number }) => number)).toEqual(seen.map((_, index) => index + 1));
  return seen.map(({ hex }) => hex);
}

/** What a tool of this machine prints for a message; undefined where the tool is absent. */
function printed(command: string, args: string[], hex: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'hex-dump-'));
  try {
    const path = join(folder, 'm.bin');
    writeFileSync(path, Buffer.from(hex, 'hex'));
    return execFileSync(command, [...args, path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOOLS: [string, string[]][] = [
  ['od', ['-Ax', '-tx1']],
  ['od', ['-Ax', '-tx1', '-v']],
  ['od', ['-Ad', '-tx1']],
  ['od', ['-tx1z']],
  ['od', ['-An', '-v', '-tx1']],
  ['xxd', []],
  ['xxd', ['-g1']],
  ['xxd', ['-g4', '-c32']],
  ['xxd', ['-u', '-c8']],
  ['xxd', ['-p']],
  ['xxd', ['-i']],
  ['hexdump', ['-C']],
  ['hexdump', ['-v', '-e', '16/1 "%02x " "\\n"']],
];

describe('a dump that a tool prints', () => {
  for (const [command, args] of TOOLS) {
    const logs = [REGISTRATION, ANSWER, READ].map((hex) => printed(command, args, hex));
    const test = logs.includes(undefined) ? it.skip : it;
    test(`${command} ${args.join(' ')}${logs.includes(undefined) ? ' (not on this machine)' : ''}`, () => {
      const log = logs.join('\n');
      for (const size of [1, 64, 1 << 20]) expect(messages(log, size)).toEqual([REGISTRATION, ANSWER, READ]);
    });
  }

  it('tells the text column from the bytes where it looks alike', () => {
    // The bytes "ab cd 12" and what a column of them looks like.
    const hex = '50011234ff61622063642031323334';
    const known = new Set([hex]);
    const lines = ['50 01 12 34  ff 61 62 20  63 64 20 31  32 33 34   P..4.ab cd 1234', ''];
    expect(read(lines.join('\n'), 1, known).seen.map((one) => one.hex)).toEqual([hex]);
  });
});

describe('the text that text2pcap reads', () => {
  it('has offsets, times and directions before each packet', () => {
    const log = [
      'I 2026-03-01 10:00:00.250000',
      '000000 64 41 01 01 9a 0b 0c 0d 82 72 64 04 61 31 66',
      'O 2026-03-01 10:00:01',
      '000000 44 01 01 6e 0a 0b 0c 0e',
      '000008 b1 33 01 30 01 30 61 00',
      '',
    ].join('\n');
    for (const size of [1, 64, 4096]) {
      const { seen } = read(log, size);
      expect(seen).toMatchObject([
        { hex: ANSWER, time: '1772359200.250000000', direction: LogDirection.in },
        { hex: READ, time: '1772359201.000000000', direction: LogDirection.out },
      ]);
    }
  });

  it('may begin at an offset that is not zero: such a dump is not read', () => {
    expect(messages('000010 44 01 01 6e 0a 0b 0c 0e b1 33 01 30 01 30 61 00\n')).toEqual([]);
  });
});

describe('messages in one line', () => {
  it('are read one by one, upper case or lower', () => {
    const log = `${READ}\n${ANSWER.toUpperCase()}\n${EMPTY}\n${EMPTY}\n`;
    for (const size of [1, 7, 64, 4096]) expect(messages(log, size)).toEqual([READ, ANSWER, EMPTY, EMPTY]);
  });

  it('of equal length are told from one message in several lines', () => {
    expect(messages(Array.from({ length: 50 }, () => EMPTY).join('\n'))).toHaveLength(50);
    expect(messages(READ.replace(/.{8}/g, '$&\n'))).toEqual([READ]);
  });

  it('are read however many follow one another', () => {
    expect(messages(Array.from({ length: 40_000 }, () => READ).join('\n'))).toHaveLength(40_000);
  });

  it.each([
    [`<- ${READ}`, LogDirection.in, '', undefined],
    [`-> ${READ}`, LogDirection.out, '', undefined],
    [`>>> ${READ}`, LogDirection.out, '', undefined],
    [`[in] ${READ}`, LogDirection.in, '', undefined],
    [`OUT: ${READ}`, LogDirection.out, '', undefined],
    [`TX ${READ}`, LogDirection.out, '', undefined],
    [`received from 10.0.0.7:56830: ${READ}`, LogDirection.in, '10.0.0.7 56830', undefined],
    [`message 1234: ${READ}`, LogDirection.unknown, '', undefined],
    [`tx message 1234: ${READ.replace(/../g, '$& ')}`, LogDirection.out, '', undefined],
    [`received 16 bytes: ${READ}`, LogDirection.in, '', undefined],
    [`Sent to 10.0.0.7:56830 ${READ}`, LogDirection.out, '10.0.0.7 56830', undefined],
    [`recv [2001:db8::1]:5683 | ${READ}`, LogDirection.in, '2001:db8::1 5683', undefined],
    [`2026-03-01T10:00:00.5Z DEBUG sending ${READ}`, LogDirection.out, '', '1772359200.500000000'],
    [`[2026-03-01 11:00:00,5+01:00] rx ${READ}`, LogDirection.in, '', '1772359200.500000000'],
    [`10:00:00.001 ${READ}`, LogDirection.unknown, '', '36000.001000000'],
    [`(1772359200.123456) in ${READ}`, LogDirection.in, '', '1772359200.123456000'],
    [`1772359200123 out ${READ}`, LogDirection.out, '', '1772359200.123000000'],
    [`\u001b[32m10:00:00\u001b[0m <= ${READ}`, LogDirection.in, '', '36000.000000000'],
    [`0x${READ}`, LogDirection.unknown, '', undefined],
    [`[${READ.replace(/../g, '0x$&, ').slice(0, -2)}]`, LogDirection.unknown, '', undefined],
    [`{${READ.replace(/../g, '$&,').slice(0, -1)}}`, LogDirection.unknown, '', undefined],
    [READ.replace(/../g, '$&:').slice(0, -1), LogDirection.unknown, '', undefined],
    [READ.replace(/../g, '$& '), LogDirection.unknown, '', undefined],
  ])('%j', (line, direction, peer, time) => {
    for (const size of [1, 64]) {
      const { seen } = read(`before\n${line}\nbehind\n`, size);
      expect(seen).toMatchObject([{ hex: READ, direction, peer, time }]);
    }
  });

  it('within a sentence are weaker evidence than alone or with a direction', () => {
    expect(read(`the token of ${READ} is odd`).seen).toMatchObject([{ evidence: LogEvidence.sentence }]);
    expect(read(READ).seen).toMatchObject([{ evidence: LogEvidence.dump }]);
    expect(read(`received ${READ}`).seen).toMatchObject([{ evidence: LogEvidence.sent }]);
  });
});

describe('the words of a log', () => {
  const dump = READ.replace(/../g, '$& ');

  it('hold for the dump below them, and for no other', () => {
    const log = `10:00:00 Received from [::1]:5683\nwith 16 bytes\n${dump}\nquiet\n${dump}\n`;
    expect(read(log).seen).toMatchObject([
      { direction: LogDirection.in, peer: '::1 5683', time: '36000.000000000' },
      { direction: LogDirection.unknown, peer: '', time: undefined },
    ]);
  });

  it('a line of text right after a full row is no part of the dump', () => {
    expect(messages(`${dump}\n12 bytes received from [::1]:5683\n${dump}`)).toEqual([READ, READ]);
  });

  it('a time of day that falls back is of the next day', () => {
    const log = ['23:59:59', '00:00:01', '00:00:00.5'].map((time) => `${time} ${READ}`).join('\n');
    expect(read(log).seen.map(({ time }) => time)).toEqual([
      '86399.000000000',
      '86401.000000000',
      '86400.500000000',
    ]);
  });

  it('are before each row of a dump where the logger writes them there', () => {
    const rows = dump.match(/.{24}/g)!;
    expect(messages(rows.map((row) => `[00:00:01.000] <dbg> net: ${row}`).join('\n'))).toEqual([READ]);
  });
});

describe('what is no dump', () => {
  it('is text, and dumps that are no message are counted', () => {
    const { seen, reader } = read('be bad dead beef\nface feed\n00 11 22 33 44 55 66 77 88\n');
    expect(seen).toEqual([]);
    expect(reader.notFrames).toBe(1);
  });

  it('may be marked UTF-16, as PowerShell writes it', () => {
    const text = `\ufeffreceived\r\n${READ}\r\n`;
    const bytes = new Uint8Array(text.length * 2);
    for (let index = 0; index < text.length; index++) {
      bytes[2 * index] = text.charCodeAt(index) & 255;
      bytes[2 * index + 1] = text.charCodeAt(index) >> 8;
    }
    for (const size of [1, 3, 4096]) expect(messages(bytes, size)).toEqual([READ]);
  });

  it('does no harm, whatever bytes come in whatever pieces', () => {
    const word = fc.constantFrom(
      '44 01',
      '0000',
      '*',
      '->',
      '12:00:00',
      'received',
      '[::1]:5',
      READ,
      '\n',
      '  ',
      '0x',
      '|',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string()), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (parts, size) => {
          const log = parts.join(' ');
          expect(messages(log, size)).toEqual(messages(log));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('holds a bounded part of an endless line, and of an endless dump', () => {
    const piece = bytesOf('44'.repeat(1 << 16));
    const { reader } = read('');
    for (let count = 0; count < 40; count++) reader.push(piece);
    for (let count = 0; count < 2000; count++) reader.push(bytesOf(`${'44'.repeat(1000)}\n`));
    reader.end();
    expect(reader.frames).toBe(0);
    expect(reader.notFrames).toBeGreaterThan(0);
  });
});
