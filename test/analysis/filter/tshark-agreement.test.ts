import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFilterText } from '../../../src/analysis/filter/compile.ts';
import { messageFields } from '../../../src/analysis/filter/message-fields.ts';
import { RECORDED } from '../../captures.ts';
import * as oracle from '../../tshark.ts';
import type { MessageRecord } from './message-rows.ts';
import { EPOCH_SECONDS, FORMATS, columnsOf } from './message-rows.ts';

/**
 * The same filter text is given to tshark and to us; both must choose as many frames with as many bytes. Our table
 * is made of the fields that tshark prints, so that only the filter is compared.
 */
const CAPTURES: [string, string][] = [
  ['leshan/leshan-blockwise-a.pcapng', 'udp.port==25700-25720,coap'],
  ['leshan/leshan-loss-a.pcapng', 'udp.port==5683,coap'],
  ['other/aio-udp-a.pcapng', 'udp.port==5683,coap'],
];

/** Filters that mean something in both languages. */
const FILTERS = [
  'coap',
  'ip',
  'ipv6',
  'coap.type == 0',
  'coap.type != 0',
  'coap.type == "Acknowledgement"',
  'coap.type >= 1 && coap.type < 3',
  'coap.code == 69',
  'coap.code == "2.05 Content"',
  'coap.code == GET',
  'coap.code != 1',
  'coap.code in {1, 2, 65..69}',
  'coap.code not in {1, 2, 65..69}',
  '!(coap.code == 1 or coap.code == 69)',
  'coap.type == 0 or coap.type == 2 and frame.number < 10',
  'coap.mid > 1000 and coap.mid le 0x8000',
  'coap.mid in {0..20000}',
  'frame.number in {3..9, 20}',
  'frame.time_relative > 0.5',
  'frame.time >= "2001-01-01 00:00:00Z"',
  'frame.time < "2001-01-01T00:00:00Z"',
  'coap.opt.uri_path',
  'coap.opt.uri_path == "rd"',
  'coap.opt.uri_path != "rd"',
  '!(coap.opt.uri_path == "rd")',
  'coap.opt.uri_path in {"0", "rd"}',
  'coap.opt.uri_path contains "r"',
  'coap.opt.uri_path_recon == "/rd"',
  'coap.opt.uri_path_recon contains "/3"',
  'coap.opt.uri_path_recon != "/rd"',
  'coap.opt.uri_query',
  'coap.opt.uri_query contains "ep="',
  'coap.opt.uri_query != "b=U"',
  'coap.opt.ctype',
  'coap.opt.ctype == "application/link-format"',
  'coap.opt.ctype != "application/link-format"',
  '!(coap.opt.ctype == "application/link-format")',
  'coap.opt.ctype contains "tlv"',
  'coap.opt.accept',
  'coap.opt.accept contains "octet"',
  'coap.opt.observe',
  'coap.opt.observe == 0',
  'coap.opt.observe not in {0}',
  'coap.opt.block_number',
  'coap.opt.block_number == 0',
  'coap.opt.block_number != 0',
  'coap.opt.block_number > 3',
  // Not 6: tshark 4.0 takes Size2 for a block size too, and one of 262 bytes becomes a 6.
  'coap.opt.block_size == 4',
  'coap.opt.block_size < 6',
  'coap.opt.block_mflag == 1',
  'coap.opt.block_mflag != 1',
  'coap.payload_length > 100',
  'coap.response_to',
  'coap.response_in',
  'coap.response_time > 0.001',
  'udp.port == 5683',
  'udp.port != 5683',
  'udp.srcport == 5683 or udp.dstport in {25700..25720}',
  'tcp',
  'tcp.port != 5683',
  'ip.addr == 127.0.0.0/8',
  'ip.src == 127.0.0.1',
  'ip.dst != 127.0.0.1',
  'ipv6.addr == ::1',
  'ipv6.src == fe80::/10',
  'ipv6.addr != ::1',
  'coap.code == 69 and not (coap.opt.observe || coap.mid > 99)',
];

const COLUMNS = [
  'frame.number',
  'frame.time_epoch',
  'frame.time_relative',
  'frame.len',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'udp.srcport',
  'udp.dstport',
  'coap.type',
  'coap.code',
  'coap.mid',
  'coap.token',
  'coap.opt.uri_path',
  'coap.opt.uri_path_recon',
  'coap.opt.uri_query',
  'coap.opt.ctype',
  'coap.opt.accept',
  'coap.opt.observe',
  'coap.opt.block_number',
  'coap.opt.block_mflag',
  'coap.opt.block_size',
  'coap.payload_length',
  'coap.response_to',
  'coap.response_in',
  'coap.response_time',
] as const;

const ONLY_COAP = 'coap && !icmp && !icmpv6';

/** Frames and their bytes that a filter chooses. */
interface Choice {
  frames: number;
  bytes: number;
}

/** What tshark chooses by each filter: one run for all but those with a comma, which its statistics cannot take. */
function theirChoices(file: string, decode: string): Map<string, Choice> {
  const choices = new Map<string, Choice>();
  const whole = (text: string): string => `(${ONLY_COAP}) && (${text})`;
  const together = FILTERS.filter((text) => !text.includes(','));
  const { stdout } = oracle.tshark([
    ...['-q', '-r', file, '-d', decode],
    ...together.flatMap((text) => ['-z', `io,stat,0,${whole(text)}`]),
  ]);
  for (const table of stdout.split('| IO Statistics').slice(1)) {
    const text = /Col 1: (.*?) *\|$/m.exec(table)?.[1];
    const counts = /<>[^|]*\| *(\d+) *\| *(\d+) *\|/.exec(table);
    const filter = together.find((each) => whole(each) === text);
    if (filter === undefined || counts === null) continue;
    choices.set(filter, { frames: Number(counts[1]), bytes: Number(counts[2]) });
  }
  for (const text of FILTERS.filter((each) => each.includes(','))) {
    const rows = oracle.tsharkFields(file, ['frame.len'], ['-d', decode, '-Y', whole(text)]);
    const bytes = rows.reduce((sum, [length]) => sum + Number(length), 0);
    choices.set(text, { frames: rows.length, bytes });
  }
  return choices;
}

function formatOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  // Formats that the tests do not name keep their difference from all others.
  return FORMATS.find(({ names }) => names.includes(name))?.value ?? 60000;
}

function read(file: string, decode: string): { records: MessageRecord[]; firstTime: number } {
  const rows = oracle
    .tsharkFields(file, COLUMNS, ['-d', decode, '-Y', ONLY_COAP, '-E', 'aggregator=|'])
    .map((cells) => (name: (typeof COLUMNS)[number]) => {
      const cell = cells[COLUMNS.indexOf(name)] ?? '';
      return cell === '' ? [] : cell.split('|');
    });
  const rowOfFrame = new Map(rows.map((cell, row) => [cell('frame.number')[0], row]));
  const records = rows.map((cell): MessageRecord => {
    const number = (name: (typeof COLUMNS)[number]): number | undefined => {
      const [first] = cell(name);
      return first === undefined ? undefined : Number(first);
    };
    const [seconds, fraction] = cell('frame.time_epoch')[0]!.split('.');
    const blocks = cell('coap.opt.block_number').map(
      (num, index) =>
        ((Number(num) << 4) |
          (Number(cell('coap.opt.block_mflag')[index]) << 3) |
          Number(cell('coap.opt.block_size')[index])) >>>
        0,
    );
    const link = (name: 'coap.response_to' | 'coap.response_in'): number | undefined =>
      rowOfFrame.get(cell(name)[0]);
    const path = cell('coap.opt.uri_path');
    const query = cell('coap.opt.uri_query');
    return {
      frame: number('frame.number'),
      time: (Number(seconds) - EPOCH_SECONDS) * 1e9 + Number(fraction),
      source: cell('ip.src')[0] ?? cell('ipv6.src')[0],
      destination: cell('ip.dst')[0] ?? cell('ipv6.dst')[0],
      sourcePort: number('udp.srcport'),
      destinationPort: number('udp.dstport'),
      type: number('coap.type'),
      code: number('coap.code'),
      messageId: number('coap.mid'),
      token: cell('coap.token')[0],
      uriPath:
        path.length === 0
          ? undefined
          : path.map((part) => `/${part.replaceAll('%', '%25').replaceAll('/', '%2F')}`).join(''),
      exchangePath: cell('coap.opt.uri_path_recon')[0],
      uriQuery:
        query.length === 0
          ? undefined
          : query.map((part) => part.replaceAll('%', '%25').replaceAll('&', '%26')).join('&'),
      contentFormat: formatOf(cell('coap.opt.ctype')[0]),
      accept: formatOf(cell('coap.opt.accept')[0]),
      observe: number('coap.opt.observe'),
      block1: blocks[0],
      block2: blocks[1],
      payloadLength: number('coap.payload_length') ?? 0,
      request: link('coap.response_to'),
      response: link('coap.response_in'),
      responseTime: number('coap.response_time'),
      length: number('frame.len'),
    };
  });
  const relative = Number(rows[0]?.('frame.time_relative')[0] ?? 0);
  return { records, firstTime: Math.round((records[0]?.time ?? 0) - relative * 1e9) };
}

describe.skipIf(!oracle.available || RECORDED === undefined)('agreement with tshark', () => {
  describe.each(CAPTURES)('on %s', (name, decode) => {
    const file = join(RECORDED ?? '', name);
    const there = existsSync(file);
    const { records, firstTime } = there ? read(file, decode) : { records: [], firstTime: 0 };
    const theirs = there ? theirChoices(file, decode) : new Map<string, Choice>();
    const fields = messageFields({ ...columnsOf(records), firstTime: () => firstTime });

    it('has messages to choose from', () => expect(records.length).toBeGreaterThan(20));

    it.each(FILTERS)('chooses the same frames for %s', (text) => {
      const ours = compileFilterText(text, fields);
      if (!ours.ok) throw new Error(ours.message);
      const chosen = records.filter((_, row) => ours.test(row));
      const bytes = chosen.reduce((sum, { length }) => sum + (length ?? 0), 0);
      expect({ frames: chosen.length, bytes }).toEqual(theirs.get(text));
    });
  });
});

/** One of the lists that tshark prints of what it knows, as rows of cells. */
function known(list: 'fields' | 'values'): string[][] {
  // `-G` must be the first argument.
  const { stdout } = spawnSync('tshark', ['-G', list], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return stdout.split('\n').map((line) => line.split('\t'));
}

describe.skipIf(!oracle.available)('names of Wireshark', () => {
  const names = new Set(oracle.available ? known('fields').map((cells) => cells[2]) : []);
  const { fields, aliases } = messageFields(columnsOf([]));

  /** Fields that came after 4.0. */
  const isNewer = (name: string): boolean => name.startsWith('coap.opt.opt_');

  it.each(fields.map(({ name, wireshark }) => [name, wireshark] as const))('%s: %s', (name, wireshark) => {
    if (!isNewer(name)) expect(names.has(name)).toBe(wireshark);
  });

  it('are all known here, of CoAP', () => {
    const known = messageFields(columnsOf([]));
    const theirs = [...names].filter((name) => name?.startsWith('coap.'));
    expect(theirs.length).toBeGreaterThan(70);
    expect(theirs.filter((name) => known.find(name!) === undefined)).toEqual([]);
  });

  it.each(aliases.map(({ alias, wireshark }) => [alias, wireshark] as const))(
    '%s: %s',
    (alias, wireshark) => {
      expect(names.has(alias)).toBe(wireshark);
    },
  );

  it('means by a name of a type or code what Wireshark means by it', () => {
    const values = known('values').filter(
      ([mark, name]) => mark === 'V' && (name === 'coap.type' || name === 'coap.code'),
    );
    expect(values.length).toBeGreaterThan(30);
    for (const [, name, value, text] of values) {
      const key = name === 'coap.type' ? 'type' : 'code';
      const fieldsOfOne = messageFields(columnsOf([{ [key]: Number(value) }]));
      const filter = compileFilterText(`${name} == "${text}"`, fieldsOfOne);
      expect(filter.ok && filter.test(0), `${name} ${text}`).toBe(true);
    }
  });
});
