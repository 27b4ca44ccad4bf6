import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { statusOf } from '../../src/analysis/analysis-status.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { FieldNode } from '../../src/analysis/protocol.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import {
  block,
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  pack,
  sectionHeader,
  text,
} from '../capture/write-capture.ts';
import { RECORDED } from '../captures.ts';
import { analyseBytes, analyseFile, analyseStream, recordsOf } from './analyse.ts';

const OTHER = RECORDED === undefined ? undefined : join(RECORDED, 'other');
const recorded = OTHER === undefined ? it.skip : it;

async function fieldsOf(analysis: Analysis, row: number): Promise<FieldNode[]> {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  return (await dissector.dissect(row))!.fields;
}

function rowsOf(filter: string, analysis: Analysis): number[] {
  const compiled = compileMessageFilter(filter, analysis);
  if (!('test' in compiled)) throw new Error(compiled.message);
  return Array.from({ length: analysis.tracking.messages.count }, (_, row) => row).filter((row) =>
    compiled.test(row),
  );
}

describe('comments and names of a recorded capture (skips where it is absent)', () => {
  const path = join(OTHER ?? '', 'der-nrb-comment-a.pcapng');

  recorded('are those that Wireshark shows, in file, records, filter and tree', async () => {
    const analysis = await analyseFile(path);
    const { reader } = analysis.files[0]!;
    // As tshark and capinfos say: every tenth frame from the second on, and one on the section.
    const frames = Array.from({ length: 13 }, (_, index) => 2 + 10 * index);
    expect(reader!.comments!.filter(({ frame }) => frame !== undefined)).toEqual(
      frames.map((frame) => ({ frame, text: `packet ${frame - 1}` })),
    );
    expect(reader!.comments!.filter(({ section }) => section !== undefined)).toEqual([
      { section: 0, text: 'section comment' },
    ]);
    expect(reader!.names!.size).toBe(2);
    const [info] = await recordsOf(analysis, 'info');
    expect(info).toMatchObject({ comments: reader!.comments!.length, names: 2 });
    const records = await recordsOf(analysis, 'messages');
    const commented = records.filter(({ frame }) => (frame as JsonObject).comment !== undefined);
    expect(commented.map(({ frame }) => (frame as JsonObject).number)).toEqual(
      frames.filter((frame) => records.some((record) => (record.frame as JsonObject).number === frame)),
    );
    const numbers = (rows: number[]): number[] =>
      rows.map((row) => analysis.tracking.messages.frame.get(row));
    expect(numbers(rowsOf('frame.comment', analysis))).toEqual(
      commented.map(({ frame }) => (frame as JsonObject).number),
    );
    const [row] = rowsOf('frame.comment == "packet 11"', analysis);
    const fields = await fieldsOf(analysis, row!);
    expect(fields[0]!.children).toContainEqual(
      expect.objectContaining({ label: 'Comment', value: 'packet 11' }),
    );
    expect(JSON.stringify(fields)).toMatch(/::1 \(\S+\)/);
  });

  recorded('are the same in pieces of 64 bytes', async () => {
    const { readFileSync } = await import('node:fs');
    const whole = await analyseFile(path);
    const pieces = await analyseStream('a', new Uint8Array(readFileSync(path)), 64);
    expect(pieces.files[0]!.reader!.comments).toEqual(whole.files[0]!.reader!.comments);
    expect(pieces.files[0]!.reader!.names).toEqual(whole.files[0]!.reader!.names);
  });
});

describe('secrets', () => {
  recorded('of a capture are kept for what opens sealed messages (skips where it is absent)', async () => {
    const analysis = await analyseFile(join(OTHER!, 'der-dsb-dtls-a.pcapng'));
    const blocks = analysis.frames.secretBlocks;
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks[0]).toMatchObject({ file: 0, type: 0x544c534b });
    expect(new TextDecoder().decode(blocks[0]!.bytes)).toMatch(/^CLIENT_RANDOM |\nCLIENT_RANDOM /);
    const [info] = await recordsOf(analysis, 'info');
    expect(info!.secrets).toBe(blocks.length);
  });
});

/** A UDP packet over IPv4 with an empty CoAP message, as raw IP. */
const PING = Uint8Array.from([
  ...[0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 7, 10, 0, 0, 1],
  ...[0x16, 0x33, 0x16, 0x33, 0, 12, 0, 0, 0x40, 0, 0x12, 0x34],
]);

/** One packet with two comments of its own, one on its interface, two on its section, and names of both ends. */
function noted(big: boolean): Uint8Array {
  const name = (address: number[], names: string): Uint8Array => {
    const value = concat(Uint8Array.from(address), text(names));
    return concat(pack('HH', big, 1, value.length), value, new Uint8Array(-value.length & 3));
  };
  return concat(
    sectionHeader(big),
    interfaceDescription(101, 0, [option(1, text('on eth0'), big)], big),
    block(
      4,
      concat(
        name([10, 0, 0, 7], 'lamp\0lamp.example\0'),
        name([10, 0, 0, 1], 'server\0'),
        pack('HH', big, 0, 0),
      ),
      big,
    ),
    enhancedPacket(1_600_000_000_000_000n, PING, {
      options: [
        option(1, text('first'), big),
        option(2, pack('I', big, 1), big),
        option(1, text('second "one"\n'), big),
      ],
      big,
    }),
    interfaceStatistics(0, 1_600_000_001_000_000n, [option(5, pack('Q', big, 12n), big)], big),
  );
}

describe('a capture with notes on everything', () => {
  for (const big of [false, true]) {
    test(`${big ? 'big' : 'little'}-endian`, async () => {
      const analysis = await analyseBytes('noted.pcapng', noted(big));
      const { comments, names } = analysis.files[0]!.reader!;
      expect(comments).toEqual([
        { interface: 0, text: 'on eth0' },
        { frame: 1, text: 'first' },
        { frame: 1, text: 'second "one"\n' },
      ]);
      expect([...names!]).toEqual([
        ['0a000007', 'lamp'],
        ['0a000001', 'server'],
      ]);
      const [record] = await recordsOf(analysis, 'messages');
      expect((record!.frame as JsonObject).comment).toBe('first\nsecond "one"\n');
      expect(rowsOf('frame.comment == "first" && frame.comment contains "one"', analysis)).toEqual([0]);
      expect(rowsOf('frame.comment == "second"', analysis)).toEqual([]);
      const fields = await fieldsOf(analysis, 0);
      const shown = fields[0]!.children!.filter(({ label }) => label === 'Comment');
      expect(shown.map(({ value }) => value)).toEqual(['first', 'second "one"\n']);
      for (const { filter } of shown) expect(rowsOf(filter!, analysis)).toEqual([0]);
      expect(fields[1]!.children!.slice(0, 2).map(({ value }) => value)).toEqual([
        '10.0.0.7 (lamp)',
        '10.0.0.1 (server)',
      ]);
      const service = { state: 'done', paused: false, revision: 1, shown: 1 } as const;
      expect(statusOf(analysis, service).files[0]!.dropped).toEqual([{ name: '0', frames: 12 }]);
    });
  }

  test('cut at every byte keeps what came whole', async () => {
    const bytes = noted(false);
    for (let length = 1; length < bytes.length; length++) {
      const analysis = await analyseBytes('cut.pcapng', bytes.subarray(0, length));
      const { reader } = analysis.files[0]!;
      const frames = reader?.comments?.filter(({ frame }) => frame !== undefined).length ?? 0;
      expect(frames).toBe((reader?.frames ?? 0) * 2);
    }
  });
});
