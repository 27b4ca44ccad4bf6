import { describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { FirmwareAnswers } from '../../src/analysis/firmware-answers.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile } from './analyse.ts';

function answersOf(analysis: Analysis): FirmwareAnswers {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const devices = new DeviceIndex(analysis);
  return new FirmwareAnswers(analysis, facts, devices, bytes, new MessageSummary(analysis, facts, bytes));
}

const FAILING = join(FIXTURES, 'leshan/leshan-fota-fail-a.pcapng');
const PUSH = join(FIXTURES, 'leshan/leshan-fota-push-a.pcapng');

describe('the list of attempts', () => {
  it('counts all, and names the newest that failed', async () => {
    const list = answersOf(await analyseFile(FAILING)).list(2, 3, 7);
    expect(list).toMatchObject({ revision: 7, total: 7, devices: 1, failed: 7, open: 0, first: 6 });
    expect(list.updates.map(({ attempt, result }) => [attempt, result?.value])).toEqual([
      [2, 7],
      [3, 9],
      [4, 7],
    ]);
  });

  it('is empty where nothing was updated', async () => {
    const answers = answersOf(await analyseFile(join(FIXTURES, 'other/wk-dm-a.pcapng')));
    expect(answers.list(0, 10, 1)).toMatchObject({ total: 0, first: -1, updates: [] });
    expect(await answers.detail(0, 100, 1)).toBeUndefined();
    expect(await answers.package(0)).toBeUndefined();
    expect(answers.ofRow(0)).toBe(-1);
  });
});

describe('one attempt in full', () => {
  it('has the whole way of a push', async () => {
    const analysis = await analyseFile(PUSH);
    const detail = (await answersOf(analysis).detail(0, 800, 1))!;
    expect(detail).toMatchObject({
      deviceName: 'fota-push-A',
      object: '/5/0',
      method: 'push',
      ended: 'updated',
      length: 24022,
      parcel: '2.0.1',
      packageName: 'meterfw',
      // Leshan's own device had this package.
      sha256: 'd0a2b4cc555d9b9ad4ad8d6453a3b78367d1a8820155656a1c5f01f3c633607d',
    });
    const { progress } = detail;
    expect(progress).toMatchObject({ count: 24, repeatsCount: 0, restarts: 0, stalls: [] });
    expect(progress.sizes.map(({ size }) => size)).toEqual([1024]);
    expect(progress.blocks.offset.at(-1)).toBe(24022);
    expect(progress.bytesPerBin.reduce((sum, bytes) => sum + bytes, 0)).toBe(24022);
    expect(detail.states.map(({ state }) => state)).toEqual([
      'Downloading',
      'Downloaded',
      'Updating',
      'Idle',
    ]);
    expect(detail.registrations.length).toBeGreaterThan(0);
    // The transfer is one line, and every line is in order.
    const transfers = detail.exchanges.filter(({ count }) => count > 1);
    expect(transfers).toHaveLength(1);
    expect(transfers[0]).toMatchObject({ count: 24, path: '/5/0/0', answer: '2.04' });
    const times = detail.exchanges.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { row, kind } of detail.events) expect(detail.frames.get(row), kind).toBeGreaterThan(0);
  });

  it('leads from each of its messages back to it', async () => {
    const analysis = await analyseFile(FAILING);
    const answers = answersOf(analysis);
    for (const attempt of analysis.tracking.devices.firmware.attempts) {
      for (const { row } of attempt.states) expect(answers.ofRow(row)).toBe(attempt.index);
      if (attempt.result !== undefined) expect(answers.ofRow(attempt.result.row)).toBe(attempt.index);
    }
  });

  it('gives the package as it was sent', async () => {
    const answers = answersOf(await analyseFile(PUSH));
    const blob = (await answers.package(0))!;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'd0a2b4cc555d9b9ad4ad8d6453a3b78367d1a8820155656a1c5f01f3c633607d',
    );
  });
});

describe.skipIf(RECORDED === undefined)('downloads in difficulties', () => {
  const path = (name: string): string => join(RECORDED ?? '', 'leshan', name);

  it('a download that never went on is a stall to its end, and a forwarder’s two sides are one', async () => {
    if (!existsSync(path('leshan-fota-abort-a.pcapng'))) return;
    const truth = JSON.parse(readFileSync(path('leshan-fota-abort-a.truth.json'), 'utf8')) as {
      notes: string[];
    };
    expect(truth.notes[0]).toContain('goes dark at block request 40');
    const detail = (await answersOf(await analyseFile(path('leshan-fota-abort-a.pcapng'))).detail(
      0,
      800,
      1,
    ))!;
    expect(detail.progress).toMatchObject({ count: 40, restarts: 0 });
    expect(detail.progress.stalls.at(-1)).toMatchObject({ why: 'never went on' });
    expect(detail).toMatchObject({ ended: 'failed', result: { value: 4 }, complete: false, received: 10240 });
  });

  it('repeats and stalls of a lossy push are told', async () => {
    if (!existsSync(path('leshan-fota-loss-a.pcapng'))) return;
    const detail = (await answersOf(await analyseFile(path('leshan-fota-loss-a.pcapng'))).detail(0, 800, 1))!;
    expect(detail.progress.count).toBe(28);
    expect(detail.progress.repeatsCount).toBeGreaterThan(0);
    // On the device's side of the forwarder, what was lost on the other side comes late.
    expect(detail.progress.stalls.map(({ why }) => why)).toContain('asked late');
    for (const { from, to } of detail.progress.stalls) expect(to - from).toBeGreaterThan(2e9);
  });
});
