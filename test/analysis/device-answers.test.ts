import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceAnswers } from '../../src/analysis/device-answers.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import type { DeviceColumn, DeviceTableQuery } from '../../src/analysis/device-protocol.ts';
import { DEVICE_COLUMNS } from '../../src/analysis/device-protocol.ts';
import { tableHead, tableLine } from '../../src/analysis/records/record-table.ts';
import { Records } from '../../src/analysis/records/records.ts';
import { FIXTURES } from '../captures.ts';
import { analyseBytes, analyseFile } from './analyse.ts';
import { fleetCapture } from './fleet-capture.ts';

const query = (more: Partial<DeviceTableQuery> = {}): DeviceTableQuery => ({
  text: '',
  descending: false,
  first: 0,
  count: 200,
  ...more,
});

function answersOf(analysis: Analysis, breathe: () => Promise<void> | undefined = () => undefined) {
  return new DeviceAnswers(analysis, new DeviceIndex(analysis), breathe);
}

async function recordsCsv(analysis: Analysis): Promise<string> {
  let text = tableHead('devices');
  for await (const record of new Records(analysis).of('devices')) text += tableLine('devices', record);
  return text;
}

describe('the table of devices', () => {
  it('has a line for each device, in the order found', async () => {
    const analysis = await analyseFile(join(FIXTURES, 'leshan/leshan-fota-fail-a.pcapng'));
    const window = await answersOf(analysis).window(query(), 5);
    expect(window).toMatchObject({ revision: 5, total: 1, devices: 1, first: 0 });
    expect(window.lines[0]).toMatchObject({ name: 'fota-fail-A', updates: 7, failedUpdates: 7 });
    const { messages } = analysis.tracking;
    let errors = 0;
    for (let row = 0; row < messages.count; row++)
      if (messages.code.get(row) >= 0x80 && messages.firstOf(row) === 0xffffffff) errors++;
    expect(window.lines[0]!.errors).toBe(errors);
    expect(window.lines[0]!.seen).toBe(messages.time.get(messages.count - 1));
  });

  it('sorts and filters thousands in steps, and saves what it shows', async () => {
    const analysis = await analyseBytes('fleet.pcap', fleetCapture(5000));
    let pauses = 0;
    const answers = answersOf(analysis, () => {
      pauses++;
      return Promise.resolve();
    });
    const byName = await answers.window(query({ sort: 'name', count: 3 }), 1);
    expect(byName.total).toBe(5000);
    // Numbers in names count as numbers.
    expect(byName.lines.map(({ name }) => name)).toEqual(['device-1', 'device-2', 'device-3']);
    expect(pauses).toBeGreaterThan(5);
    const last = await answers.window(query({ sort: 'name', descending: true, first: 4998 }), 1);
    expect(last.lines.map(({ name }) => name)).toEqual(['device-2', 'device-1']);
    const worst = await answers.window(query({ sort: 'errors', descending: true, count: 2 }), 1);
    expect(worst.lines).toMatchObject([
      { name: 'device-5000', errors: 1, state: 'refused' },
      { name: 'device-4997', errors: 1, state: 'refused' },
    ]);
    const one = await answers.window(query({ text: 'DEVICE-1234' }), 1);
    expect(one).toMatchObject({ total: 1, devices: 5000, lines: [{ version: '1.1' }] });
    expect(await (await answers.export(query(), 1)).text()).toBe(await recordsCsv(analysis));
    const part = await (await answers.export(query({ text: 'device-12', sort: 'name' }), 1)).text();
    expect(
      part
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(',')[0]),
    ).toEqual(['device-12', 'device-120']);
  });

  it.each(DEVICE_COLUMNS)('puts what has no %s last, either way', async (sort: DeviceColumn) => {
    const path = join(FIXTURES, 'other/wk-dm-a.pcapng');
    if (!existsSync(path)) throw new Error('the capture is gone');
    const answers = answersOf(await analyseFile(path));
    for (const descending of [false, true]) {
      const { lines, total } = await answers.window(query({ sort, descending }), 1);
      expect(lines).toHaveLength(total);
      const values = lines.map((line) => line[sort]);
      const firstEmpty = values.findIndex((value) => value === '' || Number.isNaN(value));
      if (firstEmpty >= 0)
        expect(values.slice(firstEmpty).every((value) => value === '' || Number.isNaN(value))).toBe(true);
    }
  });
});
