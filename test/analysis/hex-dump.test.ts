import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { readSources } from '../../src/analysis/open.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseBytes, analyseFile, analyseStream, recordsOf, storeOf, testHost } from './analyse.ts';

const text = (lines: string): Uint8Array => new TextEncoder().encode(lines);

/** What a message says, without where it was seen. */
function key(record: JsonObject): string {
  const coap = record.coap as JsonObject;
  return JSON.stringify([coap.type, coap.code, coap.mid, coap.token, coap.opt, coap.payload_length]);
}

/** Records without the names of their files. */
async function lines(analysis: Analysis): Promise<string[]> {
  return (await recordsOf(analysis, 'messages')).map((record) => JSON.stringify(record));
}

describe('logs that Wakaama wrote while it was captured', () => {
  const folder = RECORDED === undefined ? undefined : join(RECORDED, 'other');
  const logs =
    folder === undefined
      ? []
      : readdirSync(folder).filter((name) => /^wk-.*\.truth\.json$/.test(name) && !name.includes('dtls'));
  if (folder === undefined) it.skip('need the recorded captures, which are not here', () => {});
  for (const name of logs) {
    it(`${name} gives messages of the capture`, async () => {
      const truth = JSON.parse(readFileSync(join(folder!, name), 'utf8')) as {
        steps: { proc: string; output?: string }[];
      };
      const capture = await analyseFile(join(folder!, name.replace('.truth.json', '.pcapng')));
      const known = new Set((await recordsOf(capture, 'messages')).map(key));
      for (const proc of new Set(truth.steps.map((step) => step.proc))) {
        const log = truth.steps
          .filter((step) => step.proc === proc)
          .map(({ output }) => output ?? '')
          .join('\n');
        const announced = [...log.matchAll(/(?:Sending (\d+) bytes|(\d+) bytes received from)/g)];
        const analysis = await analyseBytes('wakaama.log', text(log));
        const records = await recordsOf(analysis, 'messages');
        expect(records.length).toBe(announced.length);
        for (const record of records) {
          expect(known).toContain(key(record));
          const { src, dst } = record.log as JsonObject;
          expect([src, dst]).toContain('log');
          expect(
            [src, dst].some((end) =>
              /^(\[::1\]|127\.0\.0\.1|\[::ffff:127\.0\.0\.1\]):\d+$/.test(String(end)),
            ),
          ).toBe(true);
        }
        for (const size of [1, 64])
          expect(await lines(await analyseStream('wakaama.log', text(log), size))).toEqual(
            await lines(analysis),
          );
      }
    });
  }
});
void FIXTURES;
void analyseStream;

/** What Wireshark prints of a capture with `-x`; undefined where it is absent. */
function dumped(path: string): string | undefined {
  try {
    return execFileSync('tshark', ['-x', '-r', path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/** What tcpdump prints of a capture with `-x`; undefined where it is absent. */
function printed(path: string): string | undefined {
  try {
    return execFileSync('tcpdump', ['-nn', '-x', '-tttt', '-r', path], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

describe('packets that tcpdump prints', () => {
  const path = join(FIXTURES, 'other/wk-dm-a.pcapng');
  const dump = printed(path);
  (dump === undefined ? it.skip : it)(
    'give the messages, ends and times of the capture (needs tcpdump)',
    async () => {
      const whole = await recordsOf(await analyseFile(path), 'messages');
      const read = await recordsOf(await analyseBytes('tcpdump.txt', text(dump!)), 'messages');
      expect(read.map(key)).toEqual(whole.map(key));
      const microseconds = (record: JsonObject): string =>
        JSON.stringify([
          record.ip,
          record.ipv6,
          record.udp,
          String((record.frame as JsonObject).time).slice(0, -3),
        ]);
      expect(read.map(microseconds)).toEqual(whole.map(microseconds));
    },
  );
});

describe('packets that Wireshark dumps', () => {
  const path = join(FIXTURES, 'other/wk-dm-a.pcapng');
  const dump = dumped(path);
  (dump === undefined ? it.skip : it)(
    'give the messages and the ends of the capture (needs tshark)',
    async () => {
      const ends = (record: JsonObject): string => JSON.stringify([record.ip, record.ipv6, record.udp]);
      const whole = await recordsOf(await analyseFile(path), 'messages');
      const read = await recordsOf(await analyseBytes('wireshark.txt', text(dump!)), 'messages');
      expect(read.map(key)).toEqual(whole.map(key));
      expect(read.map(ends)).toEqual(whole.map(ends));
    },
  );
});

const REGISTRATION =
  '44020101 9a0b0c0d b27264 1128 35 65703d6162 05 6c743d3630 ff 3c2f312f303e2c3c2f332f303e';
const CREATED = '64410101 9a0b0c0d 827264 04 61316630';
const READ = '4401016e 0a0b0c0e b133 01 30 01 30';
const CONTENT = '6445016e 0a0b0c0e ff 41636d65';
const join1 = (hex: string): string => hex.replaceAll(' ', '');

describe('a log that does not say which way its messages went', () => {
  const log = [REGISTRATION, CREATED, READ, CONTENT].map(join1).join('\n');

  it('shows registration and operations all the same', async () => {
    const analysis = await analyseBytes('plain.txt', text(log));
    const records = await recordsOf(analysis, 'messages');
    expect(records.map(({ log: ends }) => ends)).toEqual([
      { src: 'one end', dst: 'other end' },
      { src: 'other end', dst: 'one end' },
      { src: 'other end', dst: 'one end' },
      { src: 'one end', dst: 'other end' },
    ]);
    expect(records.map(({ lwm2m }) => (lwm2m as JsonObject).operation)).toEqual([
      'Register',
      'Register',
      'Read',
      'Read',
    ]);
    expect(analysis.tracking.devices.devices.count).toBe(1);
    const [info] = await recordsOf(analysis, 'info');
    expect(info).toMatchObject({ container: 'hex dump', bytes: log.length, frames: 4, messages: 4 });
    expect(info!.from).toBeUndefined();
  });

  it('has no address and no port to be found by', async () => {
    const analysis = await analyseBytes('plain.txt', text(log));
    for (const [filter, count] of [
      ['coap', 4],
      ['ip', 0],
      ['ipv6', 0],
      ['udp.port == 0', 0],
      ['udp.port', 0],
    ] as const) {
      const compiled = compileMessageFilter(filter, analysis);
      if (!('test' in compiled)) throw new Error(compiled.message);
      expect([0, 1, 2, 3].filter((row) => compiled.test(row))).toHaveLength(count);
    }
  });

  it('leads from fields to the bytes that were written', async () => {
    const analysis = await analyseBytes('plain.txt', text(log));
    const facts = new MessageFacts(analysis);
    const bytes = new MessageBytes(analysis);
    const summaries = new MessageSummary(analysis, facts, bytes);
    const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
    const dissection = await dissector.dissect(3);
    expect(Buffer.from(dissection!.views[0]!.bytes).toString('hex')).toBe(join1(CONTENT));
    expect(dissection!.fields[0]!.value).toBe('13 B · datagram of a log');
  });
});

describe('a text', () => {
  it('without a dump is said to be a log without packets', async () => {
    const analysis = await analyseBytes('a.log', text('started\nstopped\n'));
    expect(analysis.files[0]!.unreadable).toMatch(/log/);
    expect(analysis.files[0]!.reader).toBeUndefined();
  });

  it('takes a damaged message only where it was sent', async () => {
    const damaged = '4401016e0a0b0c0ef0';
    expect((await analyseBytes('a', text(damaged))).files[0]!.unreadable).toBeDefined();
    const [record] = await recordsOf(await analyseBytes('a', text(`received ${damaged}`)), 'messages');
    expect(record).toMatchObject({ outcome: 'malformed' });
  });

  it('keeps the ends of two logs apart', async () => {
    const analysis = new Analysis(ObjectRegistry.core());
    const stores = await Promise.all([1, 2].map(() => storeOf(text(`sent ${join1(READ)}\n`))));
    await readSources(
      analysis,
      stores.map((store, index) => ({ name: `${index}.log`, store })),
      testHost,
    );
    const records = await recordsOf(analysis, 'messages');
    expect(records.map(({ log }) => log)).toEqual([
      { src: 'log', dst: 'peer' },
      { src: 'log 2', dst: 'peer 2' },
    ]);
  });
});
