import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

type Written = Parameters<typeof captureOf>[0][number];

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];

function answer(options: Written['options'], payload: number[]): Written {
  return { at: 1001, up: true, type: 'ACK', code: '2.05', mid: 7, token: 'b7', options, payload };
}

async function analyse(messages: Written[]): Promise<Awaited<ReturnType<typeof analyseBytes>>> {
  return analyseBytes('written.pcap', captureOf([...registrationAt(1000), ...messages]).slice());
}

async function lastOf(messages: Written[]): Promise<JsonObject> {
  const records = await recordsOf(await analyse(messages), 'messages');
  return records.at(-1)!.lwm2m as JsonObject;
}

const BATTERY = { path: '/3/0/9', name: 'Battery Level', type: 'Integer', value: 87, unit: '%' };
const READ = readOf(1001, 7, 'b7', '/3/0');

describe('contents in records', () => {
  it('marks what was recognised by its shape, and finds it by the format it was read as', async () => {
    const pack = utf8('[{"bn":"/3/0/","n":"9","v":87}]');
    for (const options of [[], [[12, 50]], [[12, 11543]]] as Written['options'][]) {
      const messages = [READ, answer(options, pack)];
      expect(await lastOf(messages)).toMatchObject({
        format: 'SenML JSON',
        guessed: true,
        values: [BATTERY],
      });
      const analysis = await analyse(messages);
      const filter = compileMessageFilter('lwm2m.format == "SenML JSON"', analysis);
      if (!('test' in filter)) throw new Error(filter.message);
      const { count } = analysis.tracking.messages;
      expect(filter.test(count - 1)).toBe(true);
    }
    const declared = await lastOf([READ, answer([[12, 110]], pack)]);
    expect(declared.guessed).toBeUndefined();
    expect(declared.values).toEqual([BATTERY]);
  });

  it('gives the own time of a value, absolute or relative', async () => {
    const pack = utf8(
      '[{"bn":"/3/0/9","bt":1700000000.25,"v":1},{"bt":-60,"v":2},{"bn":"/3/0/10","bt":0,"v":3}]',
    );
    const { values } = await lastOf([READ, answer([[12, 110]], pack)]);
    expect(values).toMatchObject([
      { value: 1, value_time: '1700000000.250000000' },
      { value: 2, value_time_relative: -60 },
      { value: 3, value_time_relative: 0 },
    ]);
  });

  it('takes a body without bytes for an empty text or empty bytes, and for no number', async () => {
    const write = (path: string[], options: NonNullable<Written['options']>): Written => ({
      at: 1001,
      up: false,
      type: 'CON',
      code: '0.03',
      mid: 7,
      token: 'b7',
      options: [...path.map((part) => [11, part] as [number, string]), ...options],
      payload: [],
    });
    const valuesOf = async (messages: Written[]): Promise<unknown> => (await lastOf(messages)).values;
    const uri = { path: '/5/0/1', type: 'String', value: '' };
    expect(await lastOf([write(['5', '0', '1'], [[12, 0]])])).toMatchObject({
      operation: 'Write-Replace',
      format: 'plain text',
      values: [uri],
    });
    const parcel = { path: '/5/0/0', type: 'Opaque', value: '' };
    expect(await valuesOf([write(['5', '0', '0'], [[12, 42]])])).toMatchObject([parcel]);
    expect(await valuesOf([readOf(1001, 7, 'b7', '/5/0/1'), answer([[12, 0]], [])])).toMatchObject([uri]);
    for (const [path, format] of [
      ['/5/0/3', 0],
      ['/5/0/1', 60],
      ['/5/0', 11542],
    ] as const)
      expect(await valuesOf([readOf(1001, 7, 'b7', path), answer([[12, format]], [])])).toBeUndefined();
    expect(await valuesOf([write(['5', '0', '1'], [])])).toBeUndefined();
  });

  it('gives the paths of a composite request', async () => {
    const fetch: Written = {
      at: 1001,
      up: false,
      type: 'CON',
      code: '0.05',
      mid: 7,
      token: 'b7',
      options: [[12, 110]],
      payload: utf8('[{"n":"/3/0/9"},{"n":"/4"}]'),
    };
    const lwm2m = await lastOf([fetch]);
    expect(lwm2m).toMatchObject({
      operation: 'Read-Composite',
      paths: ['/3/0/9', '/4'],
      format: 'SenML JSON',
    });
    expect(lwm2m.values).toBeUndefined();
    expect(lwm2m.fault).toBeUndefined();
  });

  it('doubts a value that the registry does not allow to be written', async () => {
    const write: Written = {
      at: 1001,
      up: false,
      type: 'CON',
      code: '0.03',
      mid: 7,
      token: 'b7',
      options: [
        [11, '3'],
        [11, '0'],
        [11, '9'],
        [12, 0],
      ],
      payload: utf8('87'),
    };
    expect((await lastOf([write])).values).toEqual([
      { ...BATTERY, doubt: 'the registry does not allow the operation on the resource' },
    ]);
  });
});
