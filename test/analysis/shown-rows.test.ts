import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { type CompiledFilter, passesFilter } from '../../src/analysis/filter/compile.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { ShownRows } from '../../src/analysis/shown-rows.ts';
import { FIXTURES } from '../captures.ts';
import { analyseFile, beginFile } from './analyse.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

let analysis: Analysis;
beforeAll(async () => {
  analysis = await analyseFile(join(FIXTURES, 'other/wk-dm-a.pcapng'));
});

function filterOf(text: string, of = analysis): CompiledFilter {
  const filter = compileMessageFilter(text, of);
  if (!('test' in filter)) throw new Error(filter.message);
  return filter;
}

const noPause = (): undefined => undefined;

/** Rows that pass, asked one by one. */
function passing(filter: CompiledFilter): number[] {
  const rows: number[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++) if (filter.test(row)) rows.push(row);
  return rows;
}

describe('without a filter', () => {
  it('all rows are shown', () => {
    const shown = new ShownRows(analysis.tracking.messages);
    expect(shown.filtered).toBe(false);
    expect(shown.count).toBe(125);
    expect([shown.row(0), shown.row(124)]).toEqual([0, 124]);
    expect([shown.indexOf(0), shown.indexOf(77), shown.indexOf(125)]).toEqual([0, 77, -1]);
  });

  it('an index is found by time', () => {
    const { messages } = analysis.tracking;
    const shown = new ShownRows(messages);
    expect(shown.indexAt(-1)).toBe(0);
    expect(shown.indexAt(messages.time.get(40))).toBe(40);
    expect(shown.indexAt(messages.time.get(40) + 1)).toBe(41);
    expect(shown.indexAt(messages.time.get(124) + 1)).toBe(-1);
  });
});

describe('with a filter', () => {
  it.each(['coap.code == 2.05', 'lwm2m.operation == Notify', 'frame.number > 100', 'coap.mid == 0'])(
    'the passing rows are shown: %s',
    async (text) => {
      const shown = new ShownRows(analysis.tracking.messages);
      const filter = filterOf(text);
      expect(await shown.setFilter(filter, noPause)).toBe(true);
      const rows = passing(filter);
      expect(shown.filtered).toBe(true);
      expect(shown.count).toBe(rows.length);
      expect(rows.map((_, index) => shown.row(index))).toEqual(rows);
      for (let row = 0; row < 126; row++) {
        const next = rows.findIndex((other) => other >= row);
        expect(shown.indexOf(row)).toBe(next);
      }
      const { time } = analysis.tracking.messages;
      for (let row = 0; row < 125; row++)
        expect(shown.indexAt(time.get(row))).toBe(
          rows.findIndex((other) => time.get(other) >= time.get(row)),
        );
    },
  );

  it.each(['udp.length > 60', 'coap.opt.delta == 11 && coap.code == GET', 'coap.payload contains "sensor"'])(
    'rows are shown whose bytes are read again: %s',
    async (text) => {
      const shown = new ShownRows(analysis.tracking.messages);
      const filter = filterOf(text);
      expect(filter.reads).toBe('bytes');
      const seen: (number | undefined)[] = [];
      await shown.setFilter(filter, () => {
        seen.push(shown.progress?.tested);
        return undefined;
      });
      const rows: number[] = [];
      for (let row = 0; row < 125; row++) if (await passesFilter(filter, row)) rows.push(row);
      expect(rows.length).toBeLessThan(125);
      expect(rows.map((_, index) => shown.row(index))).toEqual(rows);
      for (let row = 0; row < 125; row++) expect(shown.passes(row)).toBe(rows.includes(row));
      expect([seen, shown.progress]).toEqual([[125], undefined]);
    },
  );

  it('reads no bytes of rows that cannot pass', async () => {
    const filter = filterOf('udp.length > 0 && coap.code == 2.05');
    let prepared = 0;
    const counted = { ...filter, prepare: (row: number) => (prepared++, filter.prepare!(row)) };
    const shown = new ShownRows(analysis.tracking.messages);
    await shown.setFilter(counted, noPause);
    expect(shown.count).toBe(passing(filterOf('coap.code == 2.05')).length);
    expect(prepared).toBe(shown.count);
  });

  it('takes rows that come later, when their bytes were read', async () => {
    const sent = Array.from({ length: 20 }, (_, index) =>
      readOf(1001 + index, 100 + index, 'b7', `/3/0/${index % 4}`),
    );
    const bytes = captureOf(sent);
    const store = new MemoryStore();
    await store.append(bytes);
    const growing = (await beginFile('growing.pcap', bytes, store))!;
    const shown = new ShownRows(growing.tracking.messages);
    await shown.setFilter(filterOf('coap.opt.name contains "Uri" && udp.length > 8', growing), noPause);
    growing.push(bytes);
    growing.flush();
    shown.extend();
    expect([shown.count, shown.isBehind, shown.decided]).toEqual([0, true, 0]);
    await shown.catchUp(noPause);
    expect([shown.count, shown.isBehind, shown.decided]).toEqual([20, false, 20]);
  });

  it('all rows are shown again once it is gone', async () => {
    const shown = new ShownRows(analysis.tracking.messages);
    await shown.setFilter(filterOf('coap.code == 2.05'), noPause);
    expect(await shown.setFilter(undefined, noPause)).toBe(true);
    expect([shown.filtered, shown.count]).toEqual([false, 125]);
  });

  it('gives way to one that came later', async () => {
    const shown = new ShownRows(analysis.tracking.messages);
    const resumes: (() => void)[] = [];
    const pause = (): Promise<void> => new Promise((resolve) => resumes.push(resolve));
    const first = shown.setFilter(filterOf('coap.code == 2.05'), pause);
    const second = shown.setFilter(filterOf('coap.code == 2.04'), pause);
    for (const resume of resumes) resume();
    expect([await first, await second]).toEqual([false, true]);
    expect(shown.count).toBe(passing(filterOf('coap.code == 2.04')).length);
  });

  it('takes rows that come later', async () => {
    const sent = [
      ...registrationAt(1000),
      ...Array.from({ length: 40 }, (_, index) =>
        readOf(1001 + index, 100 + index, 'b7', `/3/0/${index % 4}`),
      ),
    ];
    const bytes = captureOf(sent);
    const growing = (await beginFile('growing.pcap', bytes))!;
    const shown = new ShownRows(growing.tracking.messages);
    const filter = filterOf('coap.uri_path == "/3/0/1"', growing);
    await shown.setFilter(filter, noPause);
    expect(shown.count).toBe(0);
    for (let offset = 0; offset < bytes.length; offset += 200) {
      growing.push(bytes.subarray(offset, offset + 200));
      growing.flush();
      shown.extend();
    }
    expect(shown.count).toBe(10);
    expect(shown.row(9)).toBe(2 + 37);
    shown.extend();
    expect(shown.count).toBe(10);
  });

  it('tests no more rows at once than it is told', () => {
    const shown = new ShownRows(analysis.tracking.messages);
    void shown.setFilter(filterOf('frame.number'), () => new Promise(() => undefined));
    const before = shown.count;
    shown.extend(0);
    expect(shown.count).toBe(before);
  });
});
