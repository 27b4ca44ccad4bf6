import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available, capinfos, tsharkFields, version } from '../tshark.ts';
import { followedMessages, type StreamRow } from './followed-streams.ts';
import { generateCapture, type GeneratorTotals } from './generator.ts';
import { FORMATS } from './generator/totals.ts';

const PACKETS = 20_000;
const SEED = 7;

function digest(seed: number, packets: number): string {
  const hash = createHash('sha256');
  generateCapture({ packets, seed, write: (chunk) => void hash.update(chunk) });
  return hash.digest('hex');
}

let folder: string;
let file: string;
let totals: GeneratorTotals;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-generator-'));
  file = join(folder, 'capture.pcap');
  const descriptor = openSync(file, 'w');
  totals = generateCapture({
    packets: PACKETS,
    seed: SEED,
    write: (chunk) => void writeSync(descriptor, chunk),
  });
  closeSync(descriptor);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the mix', () => {
  it('has as many frames as asked for', () => {
    expect(totals.frames).toBe(PACKETS);
    expect(totals.messages - totals.tcpMessages).toBeLessThan(PACKETS - totals.foreign);
  });

  it('has messages over TCP in segments of all kinds, fragments, and transfers both ways', () => {
    expect(totals.devicesOnTcp).toBeGreaterThan(0);
    expect(totals.tcpMessages / totals.messages).toBeGreaterThan(0.02);
    expect(totals.tcpMessages / totals.messages).toBeLessThan(0.06);
    for (const name of ['segmentsOfSeveral', 'messagesInSegments', 'segmentsLate', 'segmentsAgain'] as const)
      expect(totals[name], name).toBeGreaterThan(3);
    expect(totals.reassembled).toBeGreaterThan(50);
    expect(totals.block2Transfers).toBeGreaterThan(0);
    expect(totals.block2Transfers).toBeLessThan(totals.transfers);
  });

  it('has the mean length and the shares that the benchmark promises', () => {
    expect(totals.frameBytes / totals.frames).toBeGreaterThan(115 * 0.9);
    expect(totals.frameBytes / totals.frames).toBeLessThan(115 * 1.1);
    expect(totals.notificationsWithCopies / PACKETS).toBeCloseTo(0.64, 1);
    expect(totals.lost / (PACKETS + totals.lost)).toBeCloseTo(0.014, 2);
    expect(totals.spuriousCopies / PACKETS).toBeCloseTo(0.014, 2);
    expect(totals.unrelated / PACKETS).toBeCloseTo(0.006, 2);
    expect(PACKETS / totals.devices).toBeCloseTo(745, -1.5);
    for (const format of FORMATS) {
      expect(totals.notificationsByFormat[format] / totals.notifications).toBeCloseTo(0.25, 1);
    }
    expect(totals.transfers).toBeGreaterThan(0);
    expect(totals.devicesOnIpv6).toBe(Math.floor(totals.devices / 8));
  });

  it('is the same for the same seed and another one for another', () => {
    expect(digest(3, 3000)).toBe(digest(3, 3000));
    expect(digest(3, 3000)).not.toBe(digest(4, 3000));
  });

  it.each([1, 2, 5, 11, 2026])('is complete at the end with seed %i', (seed) => {
    for (const packets of [1000, 9000]) {
      expect(generateCapture({ packets, seed, write: () => undefined }).frames).toBe(packets);
    }
  });
});

it('wants enough packets for a beginning and an end', () => {
  expect(() => generateCapture({ packets: 999, seed: 1, write: () => undefined })).toThrow(RangeError);
});

describe.skipIf(!available)(`what ${version} finds in it`, () => {
  let messages: StreamRow[];
  let distinct: StreamRow[];

  beforeAll(() => {
    const fields = tsharkFields(
      file,
      [
        'ip.src',
        'ipv6.src',
        'udp.srcport',
        'ip.dst',
        'ipv6.dst',
        'udp.dstport',
        'coap.type',
        'coap.code',
        'coap.opt.observe',
        'coap.token',
        'coap.opt.uri_path',
        'coap.opt.uri_query',
        'coap.opt.block_number',
        'udp.payload',
        '_ws.malformed',
      ],
      ['-Y', 'coap && udp'],
    );
    const overUdp = fields.map((row) => ({
      flow: row.slice(0, 6).join(' '),
      type: row[6]!,
      code: row[7]!,
      observe: row[8] !== '',
      token: row[9]!,
      path: row[10]!,
      query: row[11]!,
      block: row[12]!,
      bytes: row[13]!,
      // At times it takes one block for a whole content, where copies confused it.
      malformed: row[14] !== '' && !row[14]!.includes('LwM2M-TLV'),
    }));
    const overTcp = followedMessages(file);
    messages = [...overUdp, ...overTcp];
    const seen = new Set<string>();
    distinct = [
      ...overUdp.filter(({ flow, bytes }) => {
        const key = `${flow} ${bytes}`;
        return seen.size < seen.add(key).size;
      }),
      ...overTcp,
    ];
  });

  it('frames, their mean length and their order', () => {
    const rows = capinfos(['-T', '-M', '-c', '-z', '-o', '-r', '-B', file]).stdout.trim().split('\t');
    expect(rows[1]).toBe(String(PACKETS));
    expect(Number(rows[2])).toBeCloseTo(totals.frameBytes / totals.frames, 0);
    expect(rows[3]).toMatch(/^true$/i);
  });

  it('messages, none of them malformed', () => {
    expect(messages.length).toBe(totals.messages);
    expect(messages.filter(({ type }) => type === '').length).toBe(totals.tcpMessages);
    expect(messages.filter(({ malformed }) => malformed)).toEqual([]);
  });

  it('copies', () => {
    expect(messages.length - distinct.length).toBe(totals.duplicates);
  });

  it('registrations, updates and deregistrations', () => {
    const posts = distinct.filter(({ code }) => code === '2');
    expect(posts.filter(({ query }) => query.includes('ep=')).length).toBe(totals.registrations);
    expect(new Set(posts.flatMap(({ query }) => /ep=[^,]*/.exec(query)?.[0] ?? [])).size).toBe(
      totals.devices,
    );
    expect(posts.filter(({ path, query }) => path.startsWith('rd,') && query === '').length).toBe(
      totals.updates,
    );
    expect(distinct.filter(({ code }) => code === '4').length).toBe(totals.deregistrations);
  });

  it('observations and notifications', () => {
    expect(distinct.filter(({ code, observe }) => code === '1' && observe).length).toBe(totals.observations);
    // Over TCP nothing but the token tells the first answer from the others.
    const begun = new Set<string>();
    const isFirst = ({ type, flow, token }: StreamRow): boolean => {
      if (type !== '') return type === '2';
      const key = `${flow} ${token}`;
      return begun.size < begun.add(key).size;
    };
    const reports = distinct.filter(({ code, observe }) => code === '69' && observe);
    const first = new Set(reports.filter(isFirst));
    expect(first.size).toBe(totals.observations);
    expect(reports.length - first.size).toBe(totals.notifications);
    expect(reports.filter(({ type }) => type === '0').length).toBe(totals.confirmableNotifications);
    const copies = messages.filter((row) => row.code === '69' && row.observe && row.type !== '2');
    expect(copies.filter((row) => !first.has(row)).length).toBe(totals.notificationsWithCopies);
  });

  it('transfers', () => {
    const blocks = distinct.filter(({ block }) => block !== '');
    const beginnings = blocks.filter(({ block }) => block === '0');
    const pushed = beginnings.filter(({ code }) => code === '3').length;
    const answered = beginnings.filter(({ code }) => code === '69').length;
    expect([pushed + answered, answered]).toEqual([totals.transfers, totals.block2Transfers]);
    // A body that is asked for is never refused here.
    const accepted = blocks.filter(({ code }) => code === '68').length;
    expect(accepted + answered).toBe(totals.bodies);
  });

  it('requests with their answers', () => {
    const requests = distinct.filter(({ code }) => ['1', '2', '3', '4'].includes(code));
    expect(requests.length).toBe(totals.exchanges);
  });

  it('datagrams in fragments', () => {
    const fields = ['ip.fragment.count', 'ipv6.fragment.count'];
    expect(tsharkFields(file, fields, ['-Y', 'coap && (ip.fragments || ipv6.fragments)']).length).toBe(
      totals.reassembled,
    );
  });

  it('tokens that no two requests of a flow share', () => {
    const requests = distinct.filter(({ code }) => ['1', '2', '3', '4'].includes(code));
    expect(new Set(requests.map(({ flow, token }) => `${flow} ${token}`)).size).toBe(requests.length);
  });
});
