import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { path } from '../coap/coap-message.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, type SentMessage } from './written-capture.ts';

function register(links: string, at = 10, place = '/rd'): SentMessage[] {
  return [
    {
      at,
      up: true,
      code: '0.02',
      mid: 1,
      token: 'a1',
      options: [...path(place), [12, 40], [15, 'ep=dev1'], [15, 'lt=60']],
      payload: links,
    },
    {
      at,
      nanoseconds: 1000,
      type: 'ACK',
      code: '2.01',
      mid: 1,
      token: 'a1',
      options: [...path('/r/77').map(([, text]) => [8, text] as const)],
    },
  ];
}

function read(at: number, mid: number, target: string, answer: string): SentMessage[] {
  return [
    { at, code: '0.01', mid, token: 'b1', options: path(target) },
    {
      at,
      nanoseconds: 1000,
      up: true,
      type: 'ACK',
      code: '2.05',
      mid,
      token: 'b1',
      options: [[12, 0]],
      payload: answer,
    },
  ];
}

async function lwm2mOf(messages: readonly SentMessage[]): Promise<JsonObject[]> {
  const records = await recordsOf(await analyseBytes('roots.pcap', captureOf(messages)), 'messages');
  return records.map((record) => (record.lwm2m ?? {}) as JsonObject);
}

describe('an alternate root (LwM2M Transport §6.4.1)', () => {
  const links = '</lwm2m>;rt="oma.lwm2m";ct=112,</lwm2m/1/0>,</lwm2m/3/0>';

  it('is taken off the paths of operations and values', async () => {
    const records = await lwm2mOf([...register(links), ...read(11, 2, '/lwm2m/3/0/9', '87')]);
    expect(records[2]).toMatchObject({ operation: 'Read', path: '/3/0/9' });
    expect(records[3]).toMatchObject({ values: [{ path: '/3/0/9', name: 'Battery Level', value: 87 }] });
  });

  it('that nobody announced makes no objects of other paths', async () => {
    const records = await lwm2mOf([...register('</1/0>,</3/0>'), ...read(11, 2, '/lwm2m/3/0/9', '87')]);
    expect(records[2]).toEqual({});
  });
});

describe('a registration interface below a root of the server', () => {
  it('is known by the query, and its location by the answer', async () => {
    const update: SentMessage[] = [
      { at: 20, up: true, code: '0.02', mid: 9, token: 'c1', options: path('/r/77') },
      { at: 20, nanoseconds: 1000, type: 'ACK', code: '2.04', mid: 9, token: 'c1' },
    ];
    const records = await lwm2mOf([...register('</1/0>', 10, '/api/v1/rd'), ...update]);
    expect(records.map(({ operation, device }) => [operation, device])).toEqual([
      ['Register', 'dev1'],
      ['Register', 'dev1'],
      ['Update', 'dev1'],
      ['Update', 'dev1'],
    ]);
  });
});
