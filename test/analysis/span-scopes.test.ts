import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceAnswers } from '../../src/analysis/device-answers.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { passesFilter } from '../../src/analysis/filter/compile.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { ShownRows } from '../../src/analysis/shown-rows.ts';
import type { SpanScope, TimelineLayout } from '../../src/analysis/span-protocol.ts';
import { SpanScopes } from '../../src/analysis/span-scopes.ts';
import { AS_FOUND, arrangedDevices } from '../../src/analysis/timeline-order.ts';
import { Timeline } from '../../src/analysis/timeline.ts';
import { FIXTURES } from '../captures.ts';
import { analyseBytes, analyseFile, recordsOf } from './analyse.ts';
import { fleetCapture } from './fleet-capture.ts';

async function rowsOf(analysis: Analysis, text: string): Promise<number[]> {
  const filter = compileMessageFilter(text, analysis);
  if (!filter.ok) throw new Error(`${text}: ${filter.message}`);
  const rows: number[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++)
    if (await passesFilter(filter, row)) rows.push(row);
  return rows;
}

function parts(analysis: Analysis): { scopes: SpanScopes; timeline: Timeline } {
  const facts = new MessageFacts(analysis);
  const devices = new DeviceIndex(analysis);
  const shown = new ShownRows(analysis.tracking.messages);
  return {
    scopes: new SpanScopes(analysis, facts, devices),
    timeline: new Timeline(analysis, facts, devices, () => true, shown),
  };
}

const RECORDINGS = [
  'leshan/leshan-fota-fail-a.pcapng',
  'anjay/default.software_mgmt.SoftwareManagementUriAutoSuspend.pcapng',
  'anjay/default.block_write.BlockDuplicate.pcapng',
];

describe.each(RECORDINGS)('the spans of %s', (name) => {
  const analysis = analyseFile(join(FIXTURES, name));

  it('each have a filter that chooses the message that proves them', async () => {
    const known = await analysis;
    const { scopes, timeline } = parts(known);
    const { messages, clock } = known.tracking;
    const window = timeline.window({ from: 0, to: clock, pixels: 4000, firstTrack: 0, trackCount: 200 }, 1);
    const filters = new Map<string, number[]>();
    let asked = 0;
    for (const { kind, device, spans } of window.rows) {
      const step = Math.max(1, Math.floor((spans?.from.length ?? 0) / 40));
      for (let span = 0; span < (spans?.from.length ?? 0); span += step) {
        const row = spans!.row[span]!;
        const [from, to] = [spans!.from[span]!, spans!.to[span]!];
        const scope = scopes.ofSpan({ device, kind, row, from, to });
        if (scope === undefined) continue;
        asked++;
        if (!filters.has(scope.filter)) filters.set(scope.filter, await rowsOf(known, scope.filter));
        if (row < messages.count && !(kind === 'observation' && scope.filter.startsWith('device')))
          expect(filters.get(scope.filter), `${scope.filter} ${kind}`).toContain(row);
      }
    }
    expect(asked).toBeGreaterThan(0);
  });

  it('are named for every message, and choose it', async () => {
    const known = await analysis;
    const { scopes } = parts(known);
    const { messages } = known.tracking;
    const filters = new Map<string, number[]>();
    const choose = async ({ filter }: SpanScope): Promise<number[]> => {
      if (!filters.has(filter)) filters.set(filter, await rowsOf(known, filter));
      return filters.get(filter)!;
    };
    const step = Math.max(1, Math.floor(messages.count / 60));
    for (let row = 0; row < messages.count; row += step)
      for (const scope of scopes.ofRow(row)) expect(await choose(scope), scope.filter).toContain(row);
  });

  it('tell for updates what their filter is', async () => {
    const known = await analysis;
    const { scopes } = parts(known);
    const updates = await recordsOf(known, 'firmware');
    for (const [index, record] of updates.entries())
      expect(scopes.ofUpdate(index)?.filter).toContain((record.evidence as string[])[0]);
    expect(scopes.ofUpdate(updates.length)).toBeUndefined();
  });

  it('tell the reasons that the records of devices have', async () => {
    const known = await analysis;
    const index = new DeviceIndex(known);
    const answers = new DeviceAnswers(known, index, () => undefined);
    const records = await recordsOf(known, 'devices');
    for (const [at, device] of index.all().entries()) {
      const { joins } = answers.details(device.index, 1)!;
      const told = joins.map(({ by, text, messages }) => ({
        by,
        text,
        evidence: messages.map(({ id }) => id),
      }));
      expect(records[at]!.joined).toMatchObject(told);
    }
  });
});

describe('the devices of the timeline', () => {
  const fleet = analyseBytes('fleet.pcap', fleetCapture(12));
  const names = async (layout: Partial<TimelineLayout>, order?: number[]): Promise<string[]> => {
    const index = new DeviceIndex(await fleet);
    return arrangedDevices(index, { ...AS_FOUND, ...layout }, order).devices.map((one) =>
      index.name(one.index),
    );
  };
  const found = Array.from({ length: 12 }, (_, at) => `device-${12 - at}`);

  it('stand as they were found, or backwards', async () => {
    expect(await names({})).toEqual(found);
    expect(await names({ descending: true })).toEqual([...found].reverse());
  });

  it('stand in another order, with pinned ones first and hidden ones nowhere', async () => {
    const order = Array.from({ length: 12 }, (_, at) => 11 - at);
    expect(await names({ sort: 'name' }, order)).toEqual([...found].reverse());
    const pinned = ['device-3', 'device-9', 'nobody'];
    const hidden = ['device-1', 'device-9'];
    expect(await names({ sort: 'name', pinned, hidden }, order)).toEqual([
      'device-3',
      ...[...found].reverse().filter((name) => !['device-1', 'device-3', 'device-9'].includes(name)),
    ]);
  });

  it('are one line each where all are folded', async () => {
    const { timeline } = parts(await fleet);
    const query = { from: 0, to: 1e9, pixels: 1000, firstTrack: 0, trackCount: 200 };
    const open = timeline.window(query, 1);
    expect(open.totalTracks).toBe(36);
    timeline.foldAll(true);
    const folded = timeline.window(query, 1);
    expect(folded.totalTracks).toBe(12);
    expect(folded.rows.every((row) => row.kind === 'device' && row.collapsed)).toBe(true);
    // What happened is seen all the same: the Register, and the state it led to.
    expect(folded.rows[0]!.spans!.from.length).toBeGreaterThan(1);
    timeline.setCollapsed(folded.rows[0]!.device, false);
    expect(timeline.window(query, 1).totalTracks).toBe(14);
    timeline.arrange({ ...AS_FOUND, pinned: ['device-5'], hidden: ['device-12'] });
    const arranged = timeline.window(query, 1);
    expect([arranged.totalTracks, arranged.hidden]).toEqual([11, 1]);
    expect(arranged.rows[0]).toMatchObject({ title: 'device-5', pinned: true });
    expect(arranged.rows[1]).toMatchObject({ title: 'device-11', pinned: false });
  });
});
