import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../../src/analysis/analysis.ts';
import { completeFilter } from '../../../src/analysis/filter/complete.ts';
import { passesFilter } from '../../../src/analysis/filter/compile.ts';
import { compileMessageFilter, messageFilterFields } from '../../../src/analysis/message-filter.ts';
import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { FIXTURES } from '../../captures.ts';
import { analyseBytes, analyseFile, recordsOf } from '../analyse.ts';
import { captureOf, readOf, registrationAt, type SentMessage } from '../written-capture.ts';

async function rowsOf(analysis: Analysis, text: string): Promise<number[]> {
  const filter = compileMessageFilter(text, analysis);
  if (!filter.ok) throw new Error(filter.message);
  const rows: number[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++)
    if (await passesFilter(filter, row)) rows.push(row);
  return rows;
}

const answer = (at: number, mid: number, token: string, code = '2.05', payload = '87'): SentMessage => ({
  at,
  up: true,
  type: 'ACK',
  code,
  mid,
  token,
  options: [[12, 0]],
  payload,
});

const again = (at: number, mid: number, lifetime: number, location: string): SentMessage[] => [
  {
    at,
    up: true,
    code: '0.02',
    mid,
    token: 'c1',
    options: [
      [11, 'rd'],
      [12, 40],
      [15, 'ep=dev1'],
      [15, `lt=${lifetime}`],
      [15, 'lwm2m=1.1'],
      [15, 'b=UQ'],
    ],
    payload: '</3/0>',
  },
  {
    at,
    nanoseconds: 10_000_000,
    type: 'ACK',
    code: '2.01',
    mid,
    token: 'c1',
    options: [
      [8, 'rd'],
      [8, location],
    ],
  },
];

/** A registration of 60 s, a read in it, one after it has expired; another registration, a read, a De-register, and a read. */
const written = analyseBytes(
  'sessions.pcap',
  captureOf([
    ...registrationAt(1000), // 0, 1
    readOf(1001, 2, 'b1'), // 2
    answer(1002, 2, 'b1'), // 3
    readOf(1100, 3, 'b2'), // 4
    answer(1101, 3, 'b2'), // 5
    ...again(1200, 4, 300, '7c1'), // 6, 7
    readOf(1201, 5, 'b3'), // 8
    answer(1202, 5, 'b3'), // 9
    {
      at: 1210,
      up: true,
      code: '0.04',
      mid: 6,
      token: 'b4',
      options: [
        [11, 'rd'],
        [11, '7c1'],
      ],
    }, // 10
    { at: 1211, type: 'ACK', code: '2.02', mid: 6, token: 'b4' }, // 11
    readOf(1300, 7, 'b5'), // 12
    answer(1301, 7, 'b5'), // 13
  ]),
);
const FIRST = [0, 1, 2, 3, 4, 5];
const SECOND = [6, 7, 8, 9, 10, 11];
const ALL = Array.from({ length: 14 }, (_, row) => row);

describe('sessions and devices that messages belong to', () => {
  it.each<[string, number[]]>([
    ['session.id == 1.1.0', FIRST],
    ['session.id == "1.7.0"', SECOND],
    ['session.id in {1.1.0, 1.7.0}', [...FIRST, ...SECOND]],
    ['session', [...FIRST, ...SECOND]],
    ['session.kind == registration', [...FIRST, ...SECOND]],
    ['session == bootstrap', []],
    ['session.location == "/rd/7c1"', SECOND],
    ['session.lifetime < 100', FIRST],
    ['session.lifetime >= 300', SECOND],
    ['session.state == registering', [0, 6]],
    ['session.state == registered', [1, 2, 3, 7, 8, 9, 10, 11]],
    ['session.state == expired', [4, 5]],
    ['session.end == expired', FIRST],
    ['session.ended == deregistered', SECOND],
    ['session.version == 1.1', SECOND],
    ['session.binding == UQ', SECOND],
    ['session.queue == true', SECOND],
    ['session.endpoint == dev1 && !(session.queue == true)', FIRST],
    ['session.server contains ":5683"', [...FIRST, ...SECOND]],
    ['!session', [12, 13]],
    ['device.name == dev1', ALL],
    ['device.endpoint == dev1', ALL],
    ['device.state == deregistered', ALL],
    ['device.state == registered', []],
    ['device.version == 1.1', ALL],
    ['device.binding in {U, UQ}', ALL],
    ['device.security == none', ALL],
    ['device.messages == 14', ALL],
    ['device.server contains ":5683"', ALL],
    ['device.manufacturer', []],
    ['firmware', []],
  ])('%s', async (text, rows) => {
    expect(await rowsOf(await written, text)).toEqual(rows);
  });

  it.each<[string, string[]]>([
    ['session.id == ', ['1.1.0', '1.7.0']],
    ['session.location == ', ['/rd/5a3f', '/rd/7c1']],
    ['session.state == regi', ['registering', 'registered']],
    ['device.name == ', ['dev1']],
    ['device.binding == ', ['U', 'UQ']],
  ])('completes %s', async (text, offered) => {
    const fields = messageFilterFields(await written);
    expect(completeFilter(text, text.length, fields).map((one) => one.text)).toEqual(offered);
  });

  it('says what is no state', async () => {
    const filter = compileMessageFilter('session.state == registred', await written);
    expect(filter).toMatchObject({ ok: false, message: expect.stringContaining('registered') as string });
  });
});

const SOFTWARE = join(FIXTURES, 'anjay/default.software_mgmt.SoftwareManagementUriAutoSuspend.pcapng');

describe('updates that messages belong to', () => {
  const software = analyseFile(SOFTWARE);
  const first = async (): Promise<JsonObject> => (await recordsOf(await software, 'firmware'))[0]!;

  it('knows an update by the id of its first message and by its time', async () => {
    const analysis = await software;
    const record = await first();
    const [id] = record.evidence as string[];
    const rows = await rowsOf(analysis, `firmware.id == ${id!}`);
    const messages = await recordsOf(analysis, 'messages');
    const from = record.from as string;
    const to = (record.to as string | undefined) ?? '9';
    const inTime = messages.flatMap(({ frame, lwm2m }, row) => {
      const time = (frame as JsonObject).time as string;
      return time >= from && time <= to && (lwm2m as JsonObject | undefined)?.device === record.device
        ? [row]
        : [];
    });
    expect(inTime.length).toBeGreaterThan(1);
    expect(rows).toEqual(expect.arrayContaining(inTime));
    const proof = messages.flatMap((message, row) =>
      (record.evidence as string[]).includes(message.id as string) ? [row] : [],
    );
    expect(rows).toEqual(expect.arrayContaining(proof));
  });

  it('knows what the record says of it', async () => {
    const analysis = await software;
    const record = await first();
    const own = await rowsOf(analysis, `firmware.id == ${(record.evidence as string[])[0]!}`);
    expect(own.length).toBeGreaterThan(0);
    for (const text of [
      `firmware.object == "${String(record.object)}"`,
      `firmware.ended == ${String(record.ended)}`,
      `firmware.method == ${String(record.method)}`,
      `firmware.uri == "${String(record.uri)}"`,
    ])
      expect(await rowsOf(analysis, text), text).toEqual(expect.arrayContaining(own));
    const result = record.result as JsonObject | undefined;
    if (result === undefined) return;
    for (const text of [
      `firmware.result == ${String(result.value)}`,
      `firmware.result == "${String(result.name)}"`,
    ])
      expect(await rowsOf(analysis, text), text).toEqual(expect.arrayContaining(own));
  });

  it('knows the state that the record has at the time of a message', async () => {
    const analysis = await software;
    const attempts = await recordsOf(analysis, 'firmware');
    const messages = await recordsOf(analysis, 'messages');
    // Times are seconds with nine digits, and as many before the point: their texts stand in their order.
    const stateAt = (record: JsonObject, time: string): unknown =>
      (record.states as JsonObject[]).findLast((one) => (one.time as string) <= time)?.state;
    for (const state of new Set(
      attempts.flatMap((one) => (one.states as JsonObject[]).map((at) => at.state)),
    )) {
      const rows = await rowsOf(analysis, `firmware.state == "${String(state)}"`);
      expect(rows.length, String(state)).toBeGreaterThan(0);
      for (const row of rows) {
        const time = (messages[row]!.frame as JsonObject).time as string;
        expect(attempts.map((record) => stateAt(record, time))).toContain(state);
      }
    }
  });
});
