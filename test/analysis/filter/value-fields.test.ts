import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../../src/analysis/analysis.ts';
import { completeFilter } from '../../../src/analysis/filter/complete.ts';
import { passesFilter } from '../../../src/analysis/filter/compile.ts';
import { compileMessageFilter, messageFilterFields } from '../../../src/analysis/message-filter.ts';
import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { Records } from '../../../src/analysis/records/records.ts';
import { FIXTURES } from '../../captures.ts';
import { analyseBytes, analyseFile } from '../analyse.ts';
import { captureOf, readOf, registrationAt, type SentMessage } from '../written-capture.ts';

async function rowsOf(analysis: Analysis, text: string): Promise<number[]> {
  const filter = compileMessageFilter(text, analysis);
  if (!filter.ok) throw new Error(filter.message);
  const rows: number[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++)
    if (await passesFilter(filter, row)) rows.push(row);
  return rows;
}

const answer = (at: number, mid: number, token: string, format: number, payload: string): SentMessage => ({
  at,
  up: true,
  type: 'ACK',
  code: '2.05',
  mid,
  token,
  options: [[12, format]],
  payload,
});

const TEMPERATURE = 3;
const MANUFACTURER = 5;
const BATTERY = 7;
const SENML = '[{"bn":"/3303/0/","n":"5700","v":21.5},{"n":"5701","vs":"Cel"},{"n":"5601","v":-3}]';

/** A registration, and answers to three reads: SenML JSON of a sensor, a text, a number as text, which is repeated. */
const written = analyseBytes(
  'values.pcap',
  captureOf([
    ...registrationAt(1000),
    readOf(1001, 2, 'b1', '/3303/0'),
    answer(1002, 2, 'b1', 110, SENML),
    readOf(1003, 3, 'b2', '/3/0/0'),
    answer(1004, 3, 'b2', 0, 'Ökö-Werk'),
    readOf(1005, 4, 'b3', '/3/0/9'),
    answer(1006, 4, 'b3', 0, '87'),
    { ...answer(1006, 4, 'b3', 0, '87'), nanoseconds: 5_000_000 },
    {
      at: 1007,
      up: true,
      code: '0.02',
      mid: 9,
      token: 'b4',
      options: [
        [11, 'rd'],
        [11, '5a3f'],
        [15, 'lt=300'],
        [15, 'b=UQ'],
      ],
    },
    { at: 1008, type: 'ACK', code: '2.04', mid: 9, token: 'b4' },
  ]),
);
const UPDATE = 9;

describe('what messages say', () => {
  it.each<[string, number[]]>([
    ['lwm2m.path == "/3303"', []],
    ['lwm2m.path == "/3303/0"', [2, TEMPERATURE]],
    ['lwm2m.under == "/3303"', [2, TEMPERATURE]],
    ['lwm2m.under == "/3303/0/5700"', [TEMPERATURE]],
    ['lwm2m.under == "/33"', []],
    ['lwm2m.under == "/"', [2, 3, 4, 5, 6, 7, 8]],
    ['lwm2m.under in {"/3/0/0", "/3303/0/5601"}', [TEMPERATURE, 4, MANUFACTURER]],
    ['lwm2m.object == 3', [4, 5, 6, 7, 8]],
    ['lwm2m.object == 3303 && lwm2m.resource == 5701', [TEMPERATURE]],
    ['lwm2m.resource', [3, 4, 5, 6, 7, 8]],
    ['lwm2m.resource not in {0, 9}', [0, 1, 2, TEMPERATURE, UPDATE, 10]],
    ['lwm2m.instance == 0', [2, 3, 4, 5, 6, 7, 8]],
    ['lwm2m.resource_instance', []],
    ['lwm2m.name == Manufacturer', [4, MANUFACTURER]],
    ['lwm2m.name contains "Measured"', [TEMPERATURE]],
    ['lwm2m.value', [TEMPERATURE, MANUFACTURER, BATTERY, 8]],
    ['lwm2m.value > 21', [TEMPERATURE, BATTERY, 8]],
    ['lwm2m.value < 0', [TEMPERATURE]],
    ['lwm2m.value in {80..90}', [BATTERY, 8]],
    ['lwm2m.value == 21.5', [TEMPERATURE]],
    ['lwm2m.value != 21.5', [MANUFACTURER, BATTERY, 8]],
    ['lwm2m.value == "21.5"', [TEMPERATURE]],
    ['lwm2m.value == Cel', [TEMPERATURE]],
    ['lwm2m.value contains "-Werk"', [MANUFACTURER]],
    ['lwm2m.value in {"Ökö-Werk", 87}', [MANUFACTURER, BATTERY, 8]],
    ['lwm2m.type == String', [TEMPERATURE, MANUFACTURER]],
    ['lwm2m.type == Integer', [BATTERY, 8]],
    ['lwm2m.unit', [BATTERY, 8]],
    ['lwm2m.doubt', []],
    ['lwm2m.guessed', []],
    ['lwm2m.incomplete', []],
    ['lwm2m.lt == 60', [0]],
    ['lwm2m.lifetime >= 60', [0, UPDATE]],
    ['lwm2m.binding == UQ', [UPDATE]],
    ['lwm2m.version', []],
    ['lwm2m.ep == dev1', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('%s', async (text, rows) => {
    expect(await rowsOf(await written, text)).toEqual(rows);
  });

  it('needs no bytes for numbers', async () => {
    const reads = (text: string): unknown => {
      const filter = compileMessageFilter(text, analysis);
      return filter.ok ? filter.reads : filter.message;
    };
    const analysis = await written;
    expect(reads('lwm2m.value > 5')).toBe('values');
    expect(reads('lwm2m.value == "5"')).toBe('bytes');
    expect(reads('lwm2m.value > "x"')).toMatch(/lwm2m.value/);
    expect(reads('lwm2m.lt < 5')).toBe('columns');
  });

  it('finds a Create that leaves out mandatory resources', async () => {
    const create = (mid: number, payload: number[]): SentMessage => ({
      at: 1000 + mid,
      code: '0.02',
      mid,
      token: `c${mid}`,
      options: [[11, '3341'], [12, 11542]],
      payload,
    }); // prettier-ignore
    // Addressable Text Display has one mandatory resource, Text (5527); 5528 is X Coordinate.
    const capture = captureOf([
      create(1, [0xe1, 0x15, 0x98, 0x01]),
      create(2, [0xe1, 0x15, 0x97, 0x41]),
      create(3, []),
    ]);
    expect(await rowsOf(await analyseBytes('create.pcap', capture), 'lwm2m.incomplete')).toEqual([0, 2]);
  });

  it('offers what occurs', async () => {
    const fields = messageFilterFields(await written);
    const offered = (text: string): string[] =>
      completeFilter(text, text.length, fields).map((completion) => completion.text);
    expect(offered('lwm2m.name == ')).toContain('"Battery Level"');
    expect(offered('lwm2m.name == ')).not.toContain('"Firmware Version"');
    expect(offered('lwm2m.under == ')).toContain('/3303/0/5700');
    expect(offered('lwm2m.path == ')).toEqual(['/3/0/0', '/3/0/9', '/3303/0']);
    expect(offered('lwm2m.binding == ')).toContain('UQ');
    expect(offered('lwm2m.value ')).toContain('contains');
  });
});

describe.each(['leshan/leshan-fota-fail-a.pcapng', 'other/wk-dm-a.pcapng'])('%s', (name) => {
  it('agrees with the records', async () => {
    const analysis = await analyseFile(join(FIXTURES, name));
    const records: JsonObject[] = [];
    for await (const record of new Records(analysis).of('messages')) records.push(record);
    const valuesOf = (row: number): JsonObject[] =>
      ((records[row]!['lwm2m'] as JsonObject | undefined)?.['values'] ?? []) as JsonObject[];
    const firsts = records.flatMap((record, row) =>
      (record['coap'] as JsonObject | undefined)?.['duplicate_of'] === undefined ? [row] : [],
    );
    const chosen = async (text: string): Promise<number[]> =>
      (await rowsOf(analysis, text)).filter((row) => firsts.includes(row));
    const expected = (holds: (value: JsonObject) => boolean): number[] =>
      firsts.filter((row) => valuesOf(row).some(holds));
    const all = firsts.flatMap(valuesOf);
    expect(all.length).toBeGreaterThan(0);
    for (const value of new Set(all.map((one) => one['value']))) {
      // Long ones are cut in the record.
      if (typeof value === 'string' && value.length > 100) continue;
      const text = JSON.stringify(String(value));
      expect(await chosen(`lwm2m.value == ${text}`), text).toEqual(
        expected((one) => String(one['value']) === String(value)),
      );
    }
    for (const type of new Set(all.map((one) => one['type'] as string)))
      expect(await chosen(`lwm2m.type == ${JSON.stringify(type)}`)).toEqual(
        expected((one) => one['type'] === type),
      );
  });
});
