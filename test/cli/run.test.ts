import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { RECORD_KINDS } from '../../src/analysis/records/records.ts';
import { FIXTURES } from '../captures.ts';
import { cli, recordsIn } from './cli-run.ts';

const REGISTRATION = join(FIXTURES, 'leshan/leshan-reg11-a.pcapng');
const WAKAAMA = join(FIXTURES, 'other/wk-dm-a.pcapng');
const GZIP = join(FIXTURES, 'other/der-gzip-a.pcap.gz');

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-test-'));
// Spools of this file's runs lie here, so that one left behind is seen.
const spools = join(folder, 'spools');
mkdirSync(spools);
process.env['TMPDIR'] = spools;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** One line on standard error, nothing on standard output, exit code 2. */
function expectUnusable(
  run: { code: number; out: string; err: string },
  ...parts: (string | RegExp)[]
): void {
  expect(run.code).toBe(2);
  expect(run.out).toBe('');
  expect(run.err).toMatch(/^lwm2m-scope: [^\n]+\n$/);
  for (const part of parts) expect(run.err).toMatch(part);
}

describe('arguments that cannot be used', () => {
  it.each([
    [[], /a command is missing.*info, messages/],
    [['frobnicate'], /no command 'frobnicate'.*messages/],
    [['constructor', REGISTRATION], /no command 'constructor'/],
    [['messages'], /'messages' needs a capture/],
    [['messages', '--format', 'xml', REGISTRATION], /--format xml.*text, ndjson, json, csv/],
    [['messages', '--format'], /--format/],
    [['messages', '--frobnicate', REGISTRATION], /--frobnicate/],
    [['messages', '-x', REGISTRATION], /-x/],
    [['messages', '-', '-'], /standard input.*once/],
    [['info', '--offset', 'later', REGISTRATION], /--offset later: give FILE=SECONDS/],
    [['info', '--offset', 'x=1', REGISTRATION, WAKAAMA], /--offset x: .*they are 1 .*reg11.*, 2 .*wk-dm/],
    [['info', '--offset', '3=1', REGISTRATION, WAKAAMA], /--offset 3: this is none of the captures/],
    [['info', '--offset', '1=soon', REGISTRATION], /--offset 1=soon: 'soon' is no number of seconds/],
    [['info', '--offset', '1=1', '--offset', '1=2', REGISTRATION], /has an offset already/],
    [['info', '--offset', `${REGISTRATION}=1`, REGISTRATION, REGISTRATION], /is given 2 times.*number/],
    [['sessions', '--filter', 'coap', REGISTRATION], /--filter works on messages/],
    [['messages', '--filter', '', '--frob\nnicate'], /frob/],
  ] as [string[], RegExp][])('%j', async (argv, expected) => {
    expectUnusable(await cli(argv), expected);
  });
});

describe('filters that cannot be read say where', () => {
  it.each([
    ['coap.code == ', 14],
    ['coap.cod == 2.05', 1],
    ['coap.code == 2.05 &&', 21],
    ['(coap.code == 2.05', 1],
    ['coap.mid == "x', 13],
    ['coap.type == FOO', 14],
  ])('%j at %i', async (filter, position) => {
    expectUnusable(
      await cli(['messages', '--filter', filter, REGISTRATION]),
      new RegExp(`--filter, at ${position}: `),
    );
  });

  it('before the capture is read', async () => {
    const broken = file('broken-too.pcapng', readFileSync(WAKAAMA).subarray(0, 5000));
    expectUnusable(await cli(['messages', '--filter', 'nope', broken]), /--filter, at 1/);
  });
});

describe('captures that cannot be read', () => {
  it('says that there is no such file', async () => {
    expectUnusable(await cli(['info', join(folder, 'absent.pcap')]), /absent\.pcap: there is no such file/);
  });

  it('says that one of several is missing before it reads the others', async () => {
    expectUnusable(await cli(['messages', REGISTRATION, join(folder, 'absent.pcap')]), /no such file/);
  });

  it('says that a directory is none', async () => {
    expectUnusable(await cli(['messages', folder]), /directory/);
  });

  it.each([
    ['a text', 'hello, world\n'],
    ['JSON', '{"a":1}'],
    ['an empty file', ''],
    ['a picture', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
    ['a compressed text', gzipSync('hello, world, this is no capture')],
  ])('says what %s is', async (_name, content) => {
    expectUnusable(await cli(['messages', file('none.bin', content)]), /none\.bin: \S/);
  });

  it('keeps the line one where a name has breaks and escapes', async () => {
    const run = await cli(['messages', join(folder, 'a\nb\u001b[2J.pcap')]);
    expectUnusable(run, /a\\u000ab\\u001b\[2J\.pcap/);
  });

  it('counts what is no capture among the files', async () => {
    const run = await cli(['info', file('none.txt', 'hello'), REGISTRATION]);
    expect(run.code).toBe(2);
    const [none, capture] = recordsIn(run.out);
    expect(none).toMatchObject({ file: 'none.txt', container: 'unknown', frames: 0, messages: 0 });
    expect(none!['fault']).toBeDefined();
    expect(capture).toMatchObject({ file: 'leshan-reg11-a.pcapng', frames: 28, messages: 28 });
  });
});

describe('a broken file', () => {
  const bytes = readFileSync(WAKAAMA);

  it('gives what stands before the break, one line, and 2', async () => {
    const whole = await cli(['messages', WAKAAMA]);
    const cut = await cli(['messages', file('cut.pcapng', bytes.subarray(0, 9999))]);
    expect(cut.code).toBe(2);
    expect(cut.err).toMatch(
      /^lwm2m-scope: cut\.pcapng: [^\n]+ at byte \d+; what stands before it was read\n$/,
    );
    const ids = recordsIn(cut.out).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(ids).toEqual(
      recordsIn(whole.out)
        .map(({ id }) => id)
        .slice(0, ids.length),
    );
  });

  it('says where its bytes are damaged', async () => {
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0xff, 5000, 5200);
    const run = await cli(['info', file('damaged.pcapng', damaged)]);
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/^lwm2m-scope: damaged\.pcapng: [^\n]+ at byte \d+/);
    const [info] = recordsIn(run.out);
    const { offset } = info!['fault'] as { offset: number };
    expect(offset).toBeLessThan(5200);
  });

  it('is told of compression too', async () => {
    const gzip = readFileSync(GZIP);
    const run = await cli(['messages', file('cut.pcap.gz', gzip.subarray(0, 2500))]);
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/^lwm2m-scope: cut\.pcap\.gz: [^\n]+\n$/);
    expect(recordsIn(run.out).length).toBeGreaterThan(20);
  });
});

describe('standard input', () => {
  const bytes = readFileSync(WAKAAMA);

  it.each([1, 64, 100_000])('gives what the file gives, in pieces of %i', async (piece) => {
    for (const kind of RECORD_KINDS) {
      if (piece === 1 && kind !== 'messages') continue;
      const expected = (await cli([kind, WAKAAMA])).out.replaceAll('wk-dm-a.pcapng', '-');
      const run = await cli([kind, '-'], bytes, piece);
      expect(run).toEqual({ code: 0, out: expected, err: '' });
    }
  });

  it('may be compressed', async () => {
    const run = await cli(['messages', '-'], gzipSync(bytes), 777);
    expect(run).toEqual({ code: 0, out: (await cli(['messages', WAKAAMA])).out, err: '' });
  });

  it('may be empty or no capture', async () => {
    expectUnusable(await cli(['messages', '-'], new Uint8Array(0)), /: -: \S/);
    expectUnusable(await cli(['messages', '-'], new TextEncoder().encode('hello')), /: -: \S/);
  });

  it('goes together with files', async () => {
    const run = await cli(['messages', REGISTRATION, '-'], bytes);
    expect(run.code).toBe(0);
    const ids = recordsIn(run.out).map(({ id }) => id as string);
    expect(ids.filter((id) => id.startsWith('1.'))).toHaveLength(28);
    expect(ids.filter((id) => id.startsWith('2.'))).toHaveLength(125);
  });
});

describe('formats', () => {
  it('are ndjson where output is piped', async () => {
    const run = await cli(['messages', REGISTRATION]);
    expect(run.out).toBe((await cli(['messages', '--format', 'ndjson', REGISTRATION])).out);
    expect(recordsIn(run.out)).toHaveLength(28);
  });

  it.each([...RECORD_KINDS])('hold the same %s as JSON', async (kind) => {
    const lines = recordsIn((await cli([kind, REGISTRATION])).out);
    const json = await cli([kind, '--format', 'json', REGISTRATION]);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out)).toEqual(lines);
    expect(json.out.endsWith(']\n')).toBe(true);
  });

  it.each([...RECORD_KINDS])('hold %s as rows for a spreadsheet', async (kind) => {
    const lines = recordsIn((await cli([kind, WAKAAMA])).out);
    const rows = parseCsv((await cli([kind, '--format', 'csv', WAKAAMA])).out);
    const [header, ...body] = rows;
    expect(new Set(header).size).toBe(header!.length);
    expect(body).toHaveLength(lines.length);
    for (const row of body) expect(row).toHaveLength(header!.length);
    for (const [index, record] of lines.entries()) {
      for (const [column, path] of header!.entries()) {
        const value = valueAt(record, path);
        const cell = body[index]![column]!;
        if (value === undefined) expect(cell, path).toBe('');
        else if (Array.isArray(value)) expect(cell, path).toBe(value.map(String).join(' '));
        // A spreadsheet would take a text like `+03:00` for a formula.
        else expect(cell.replace(/^'(?=[=+\-@])/, ''), path).toBe(String(value));
      }
    }
  });

  it('quote cells and keep formulas from running', async () => {
    const path = file('formula.pcap', captureOf(['=1+1', 'a"b,c', 'x\ny']));
    const rows = parseCsv((await cli(['messages', '--format', 'csv', path])).out);
    const device = rows[0]!.indexOf('lwm2m.device');
    expect(rows.slice(1).map((row) => row[device])).toEqual(["'=1+1", 'a"b,c', 'x\ny']);
  });

  it.each([...RECORD_KINDS])('hold %s as text', async (kind) => {
    const run = await cli([kind, '--format', 'text', WAKAAMA]);
    expect(run.code).toBe(0);
    expect(run.err).toBe('');
    expect(run.out).not.toMatch(/undefined|\[object|NaN/);
    const records = recordsIn((await cli([kind, WAKAAMA])).out);
    const lines = run.out.split('\n').filter((line) => line !== '' && !line.startsWith('  '));
    if (kind !== 'messages') expect(lines).toHaveLength(records.length);
    else expect(run.out.split('\n')).toHaveLength(records.length + 1);
  });

  it('let nothing from a capture move the terminal', async () => {
    const path = file('escape.pcap', captureOf(['a\u001b]0;b\u0007c', 'd\ne', 'f\u202eg\u009b2J']));
    for (const kind of RECORD_KINDS) {
      const { out } = await cli([kind, '--format', 'text', path]);
      // eslint-disable-next-line no-control-regex
      expect(out, kind).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      if (kind === 'messages') expect(out.split('\n')).toHaveLength(4);
    }
  });
});

describe('--filter', () => {
  it.each([
    ['coap.code == 2.05', /"code":"2\.05"/],
    ['lwm2m.operation == Notify', /"operation":"Notify"/],
    ['udp.port == 56832', /"(src|dst)port":56832/],
    ['coap.opt.uri_path == "rd"', /"uri_path":"\/rd/],
  ])('lets only matching messages pass: %s', async (filter, expected) => {
    const all = (await cli(['messages', WAKAAMA])).out.split('\n').slice(0, -1);
    const run = await cli(['messages', '--filter', filter, WAKAAMA]);
    expect(run.code).toBe(0);
    const lines = run.out.split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(all.length);
    expect(lines).toEqual(all.filter((line) => expected.test(line)));
  });

  it('is not there where it is empty', async () => {
    expect(await cli(['messages', '--filter', '', WAKAAMA])).toEqual(await cli(['messages', WAKAAMA]));
  });

  it('may let nothing pass', async () => {
    const run = await cli([
      'messages',
      '--format',
      'json',
      '--filter',
      'coap.mid == 1 && coap.mid == 2',
      WAKAAMA,
    ]);
    expect(run).toEqual({ code: 0, out: '[]\n', err: '' });
  });
});

describe('--output', () => {
  it('writes to a file and prints nothing', async () => {
    for (const option of ['--output', '-o']) {
      const path = join(folder, 'written.ndjson');
      const run = await cli(['messages', option, path, WAKAAMA]);
      expect(run).toEqual({ code: 0, out: '', err: '' });
      expect(readFileSync(path, 'utf8')).toBe((await cli(['messages', WAKAAMA])).out);
    }
  });

  it('replaces what the file held', async () => {
    const path = file('longer.json', 'x'.repeat(1_000_000));
    await cli(['sessions', '--format', 'json', '-o', path, REGISTRATION]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveLength(1);
  });

  it('says where it cannot write', async () => {
    expectUnusable(await cli(['messages', '-o', join(folder, 'absent/out.json'), REGISTRATION]), /absent/);
    expectUnusable(await cli(['messages', '-o', folder, REGISTRATION]), /EISDIR|directory/);
  });

  it('spares the capture itself', async () => {
    const path = file('precious.pcapng', readFileSync(REGISTRATION));
    expectUnusable(await cli(['messages', '-o', path, path]), /the capture itself/);
    expect(readFileSync(path)).toEqual(readFileSync(REGISTRATION));
  });
});

it('leaves no spool behind', async () => {
  expect((await cli(['messages', GZIP])).code).toBe(0);
  expect(readdirSync(spools)).toEqual([]);
});

/** A capture (pcap, raw IPv4) of one Register for each endpoint client name, each from its own port. */
function captureOf(endpoints: readonly string[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(101, 20); // LINKTYPE_RAW
  const records = endpoints.map((endpoint, index) => {
    const query = Buffer.from(`ep=${endpoint}`);
    const length = query.length < 13 ? [0x40 | query.length] : [0x4d, query.length - 13];
    const coap = Buffer.concat([
      Buffer.from([0x40, 0x02, 0x10, index, 0xb2, 0x72, 0x64]),
      Buffer.from(length),
      query,
      Buffer.from([0xff]),
      Buffer.from('</3/0>'),
    ]);
    const udp = Buffer.alloc(8);
    udp.writeUInt16BE(40_000 + index, 0);
    udp.writeUInt16BE(5683, 2);
    udp.writeUInt16BE(8 + coap.length, 4);
    const ip = Buffer.alloc(20);
    ip[0] = 0x45;
    ip.writeUInt16BE(28 + coap.length, 2);
    ip[8] = 64;
    ip[9] = 17;
    ip.set([10, 0, 0, 7], 12);
    ip.set([10, 0, 0, 1], 16);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(1_763_856_000 + index, 0);
    head.writeUInt32LE(28 + coap.length, 8);
    head.writeUInt32LE(28 + coap.length, 12);
    return Buffer.concat([head, ip, udp, coap]);
  });
  return Buffer.concat([header, ...records]);
}

/** Rows of a text in CSV (RFC 4180). */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' && cell === '' && (at === 0 || /[,\n]/.test(text[at - 1]!))) {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++;
        cell += text[at]!;
      }
    } else if (character === ',' || character === '\n') {
      rows.at(-1)!.push(cell);
      cell = '';
      if (character === '\n') rows.push([]);
    } else cell += character;
  }
  rows.pop();
  return rows;
}

function valueAt(record: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], record);
}

describe('contexts of 6LoWPAN', () => {
  it.each([
    [['--lowpan-context', '16=2001:db8::/64'], 'there is no context 16'],
    [['--lowpan-context', '1=2001:db8::'], 'has no length'],
    [['--lowpan-context', '1=2001:db8::/64', '--lowpan-context', '1=fd00::/8'], 'context 1 is given twice'],
  ])('are refused: %j', async (more, why) => {
    const { code, err } = await cli(['messages', WAKAAMA, ...more]);
    expect(code).toBe(2);
    expect(err).toContain(`--lowpan-context: `);
    expect(err).toContain(why);
  });

  it('are taken', async () => {
    const { code, out } = await cli(['messages', WAKAAMA, '--lowpan-context', '1=2001:db8::/64']);
    expect([code, recordsIn(out).length]).toEqual([0, 125]);
  });
});
