import { beforeAll, describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { CHUNK_ROWS } from '../../src/analysis/column.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { deviceJoins } from '../../src/analysis/device-joins.ts';
import type { CompiledFilter } from '../../src/analysis/filter/compile.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { readSources } from '../../src/analysis/open.ts';
import type { Dissection } from '../../src/analysis/protocol.ts';
import type { TrackRow } from '../../src/analysis/timeline-protocol.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { Records } from '../../src/analysis/records/records.ts';
import { SpanScopes } from '../../src/analysis/span-scopes.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { storeOf, testHost } from './analyse.ts';
import { isDone, LIVE, Page, streamOf } from './live-page.ts';
import { churningStream, longStream } from './long-stream.ts';

const MESSAGES = 210_000;
const LIMIT = 24 << 20;

const registry = ObjectRegistry.core();
let bytes: Uint8Array<ArrayBuffer>;
let pieces: Uint8Array<ArrayBuffer>[];
let whole: Analysis;
let bounded: Analysis;
let highest = 0;

beforeAll(async () => {
  await registry.loadAll();
  pieces = [...longStream(MESSAGES)];
  bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  whole = new Analysis(registry);
  await readSources(whole, [{ name: 'long', store: await storeOf(bytes) }], testHost);
  bounded = new Analysis(registry, { decodeAs: [], objects: [], memoryLimit: LIMIT });
  await readSources(bounded, [{ name: 'long', stream: streamOf(pieces), isLive: true }], {
    ...testHost,
    progress: () => {
      highest = Math.max(highest, bounded.bound.estimate);
    },
  });
}, 240_000);

describe('a live stream beyond its limit of memory', () => {
  it('stays below the limit, and counts what went', () => {
    const { messages, values, transfers } = bounded.tracking;
    expect(highest).toBeLessThan(LIMIT);
    expect(messages.firstRow).toBeGreaterThanOrEqual(CHUNK_ROWS);
    expect(messages.firstRow % CHUNK_ROWS).toBe(0);
    const { dropped } = bounded.bound;
    expect(messages.count).toBe(whole.tracking.messages.count);
    expect(dropped.messages).toBe(messages.firstRow);
    expect(values.count).toBe(whole.tracking.values.count);
    expect(dropped.values).toBe(values.first);
    expect(values.message.get(values.first)).toBeGreaterThanOrEqual(messages.firstRow);
    expect(transfers.transfers.length + transfers.forgotten).toBe(whole.tracking.transfers.transfers.length);
    expect(transfers.forgotten).toBeGreaterThan(0);
    expect(dropped.spans).toBeGreaterThanOrEqual(transfers.forgotten);
  });

  it('drops nothing of a file, whatever its limit', async () => {
    const file = new Analysis(registry, { decodeAs: [], objects: [], memoryLimit: 1 });
    const store = await storeOf(new Uint8Array(await new Blob(pieces.slice(0, 40)).arrayBuffer()));
    await readSources(file, [{ name: 'file', store }], testHost);
    expect([file.tracking.messages.firstRow, file.bound.dropped.messages]).toEqual([0, 0]);
  });

  it('has the same records of what is held as the whole', async () => {
    const { firstRow, count } = bounded.tracking.messages;
    const [ofBounded, ofWhole] = [new Records(bounded), new Records(whole)];
    for (let row = firstRow; row < count; row += row < firstRow + 1000 ? 1 : 97)
      expect(await ofBounded.message(row)).toEqual(await ofWhole.message(row));
  });

  it('has the same values of what is held', async () => {
    const { values } = bounded.tracking;
    const rows = (from: Analysis): number[] => {
      const found: number[] = [];
      for (let row = from.tracking.values.first; row < from.tracking.values.count; row += 211)
        found.push(row);
      return found;
    };
    const chosen = rows(bounded);
    const of = async (analysis: Analysis): Promise<unknown[]> => {
      const records = [];
      for await (const record of new Records(analysis).values(chosen)) records.push(record);
      return records;
    };
    expect(chosen[0]).toBe(values.first);
    expect(await of(bounded)).toEqual(await of(whole));
  });

  it('keeps what is open, with the messages that prove it', async () => {
    const of = async (
      analysis: Analysis,
      kind: 'sessions' | 'observations' | 'devices',
    ): Promise<unknown[]> => {
      const records = [];
      for await (const record of new Records(analysis).of(kind)) records.push(record);
      return records;
    };
    for (const kind of ['sessions', 'observations', 'devices'] as const)
      expect(await of(bounded, kind)).toEqual(await of(whole, kind));
  });

  it('has neither bytes nor an id of what is gone', async () => {
    const facts = new MessageFacts(bounded);
    const { messages } = bounded.tracking;
    const row = Array.from({ length: 5000 }, (_, index) => 1000 + index).find(
      (one) => !messages.isHeld(one),
    )!;
    expect(facts.id(row)).toBe('');
    expect(facts.rowOfId(new MessageFacts(whole).id(row))).toBe(-1);
    expect(await new MessageBytes(bounded).message(row)).toBeUndefined();
    expect(await new MessageBytes(bounded).body(row)).toBeUndefined();
  });
});

describe('a live stream of registrations that end', () => {
  let all: Analysis;
  let some: Analysis;

  beforeAll(async () => {
    const parts = [...churningStream(135_000)];
    all = new Analysis(registry);
    const store = await storeOf(new Uint8Array(await new Blob(parts).arrayBuffer()));
    await readSources(all, [{ name: 'churn', store }], testHost);
    some = new Analysis(registry, { decodeAs: [], objects: [], memoryLimit: LIMIT });
    const { messages } = some.tracking;
    const facts = new MessageFacts(all);
    ofSessions = all.tracking.devices.registrations.registrations
      .filter(({ evidence: { first } }) => first > 70_000 && first < 70_500)
      .map(({ evidence }) => `session.id == ${facts.id(evidence.first)}`)
      .join(' || ');
    await readSources(some, [{ name: 'churn', stream: streamOf(parts), isLive: true }], {
      ...testHost,
      progress: () => {
        // Asked of everything before anything goes, so that all that a filter keeps is of then.
        if (early !== undefined || messages.count < CHUNK_ROWS) return;
        early = compiled(some, ofSessions);
        for (let row = 0; row < messages.count; row++) early.test(row);
      },
    });
  }, 240_000);

  let ofSessions = '';
  let early: CompiledFilter | undefined;
  const compiled = (analysis: Analysis, text: string): CompiledFilter => {
    const filter = compileMessageFilter(text, analysis);
    if (!filter.ok) throw new Error(filter.message);
    return filter;
  };

  it('is filtered by sessions as it is now, whenever the filter was made', () => {
    const { firstRow, count } = some.tracking.messages;
    const later = compiled(some, ofSessions);
    expect(later.test(70_250)).toBe(true);
    for (let row = firstRow; row < count; row++)
      if (early!.test(row) !== later.test(row)) expect.fail(`row ${row}`);
  });

  it('names spans by what stays, whatever went before them', () => {
    const scopes = (analysis: Analysis): SpanScopes =>
      new SpanScopes(analysis, new MessageFacts(analysis), new DeviceIndex(analysis));
    const { messages } = some.tracking;
    for (let row = messages.firstRow; row < messages.count; row += 2003)
      expect(scopes(some).ofRow(row)).toEqual(scopes(all).ofRow(row));
    const gone = Array.from({ length: messages.firstRow }, (_, row) => row).find(
      (row) => !messages.isHeld(row),
    )!;
    expect(scopes(some).ofRow(gone)).toEqual([]);
    expect(
      scopes(some).ofSpan({ device: 0, kind: 'observation', row: gone, from: 0, to: 0 }),
    ).toBeUndefined();
  });

  it('says why what it saw of several addresses is one device, as without a limit', () => {
    const joinsOf = (analysis: Analysis): unknown[] => {
      const facts = new MessageFacts(analysis);
      return new DeviceIndex(analysis).all().flatMap((device) => deviceJoins(analysis, facts, device));
    };
    expect(joinsOf(some).length).toBeGreaterThan(1000);
    expect(joinsOf(some)).toEqual(joinsOf(all));
  });

  it('forgets the oldest of them, counted, and knows the others as before', async () => {
    const of = async (analysis: Analysis, kind: 'sessions' | 'observations'): Promise<JsonObject[]> => {
      const records: JsonObject[] = [];
      for await (const record of new Records(analysis).of(kind)) records.push(record);
      return records;
    };
    const { registrations, queueMode, life } = some.tracking.devices;
    const { observations } = some.tracking;
    expect(registrations.forgotten).toBeGreaterThan(1000);
    expect(registrations.registrations.length + registrations.forgotten).toBe(
      all.tracking.devices.registrations.registrations.length,
    );
    expect(observations.observations.length + observations.forgotten).toBe(
      all.tracking.observations.observations.length,
    );
    expect(queueMode.windows.length).toBeLessThan(all.tracking.devices.queueMode.windows.length);
    expect(life.events.length).toBeLessThanOrEqual(all.tracking.devices.life.events.length);
    expect(some.bound.estimate).toBeLessThan(all.bound.estimate);
    registrations.registrations.forEach(({ index }, at) => {
      expect(index).toBe(at);
    });
    for (const kind of ['sessions', 'observations'] as const) {
      const held = await of(some, kind);
      const same = (await of(all, kind)).slice(-held.length);
      // Of what was over before the first message held, proof may be gone.
      const { firstRow } = some.tracking.messages;
      const since = new MessageFacts(all).timeText(all.tracking.messages.time.get(firstRow));
      const withoutProof = (record: JsonObject): JsonObject =>
        String(record.from) < since ? { ...record, evidence: [], evidence_count: 0, changes: [] } : record;
      expect(held.map(withoutProof)).toEqual(same.map(withoutProof));
    }
  });

  it('has the same records of what is held as the whole', async () => {
    const { firstRow, count } = some.tracking.messages;
    const [ofSome, ofAll] = [new Records(some), new Records(all)];
    for (let row = firstRow; row < count; row += 61)
      expect(await ofSome.message(row)).toEqual(await ofAll.message(row));
  });
});

describe('the questions of the page', () => {
  let live: Page;
  let file: Page;
  let firstRow = 0;

  beforeAll(async () => {
    live = new Page(pieces);
    await live.service.open([...LIVE], { decodeAs: [], objects: [], memoryLimit: LIMIT });
    // What is asked while it is read must not be lost in what is dropped.
    for (let asked = 0; asked < 40; asked++) {
      await live.service.rows(0, 20);
      await live.service.valueLines({
        text: '',
        observedOnly: false,
        doubtfulOnly: false,
        first: 0,
        count: 20,
      });
      await live.service.tracks({ from: 0, to: 1e12, pixels: 800, firstTrack: 0, trackCount: 40 });
      await live.service.deviceTable({ text: '', descending: false, first: 0, count: 20 });
      if (asked === 5) await live.service.setFilter('coap.code == 4.04');
    }
    firstRow = (await live.until(isDone)).firstRow;
    file = new Page([]);
    await file.service.open([{ kind: 'file', name: 'tap', blob: new Blob([bytes]) }]);
    await file.until(isDone);
  }, 240_000);

  it('are told what went', async () => {
    const status = await live.service.status();
    expect(status.state).toBe('done');
    expect(status.messages).toBe(whole.tracking.messages.count);
    expect(status.dropped.messages).toBe(firstRow);
    expect(firstRow).toBeGreaterThan(0);
    expect(status.heldFrom).toBe(whole.tracking.messages.time.get(firstRow));
    expect(status.memory.limit).toBe(LIMIT);
    expect(status.memory.bytes).toBeLessThan(LIMIT);
    expect((await file.service.status()).dropped).toEqual({ messages: 0, values: 0, spans: 0 });
  });

  it('show the rows that are held, by themselves and filtered', async () => {
    const filtered = await live.service.rows(0, 50);
    await file.service.setFilter('coap.code == 4.04');
    const at = await file.service.indexOfRow(firstRow);
    const same = await file.service.rows(at, 50);
    expect([...filtered.rows]).toEqual([...same.rows]);
    expect(filtered.total).toBe(same.total - at);
    await live.service.setFilter('lwm2m.path == "/3/0/9" && coap.code == 2.05');
    await file.service.setFilter('lwm2m.path == "/3/0/9" && coap.code == 2.05');
    const [some, all] = [await live.service.rows(3, 40), await file.service.indexOfRow(firstRow)];
    expect([...some.rows]).toEqual([...(await file.service.rows(all + 3, 40)).rows]);
    await live.service.setFilter('');
    await file.service.setFilter('');
    const { rows, total, texts } = await live.service.rows(0, 100);
    expect(total).toBe(whole.tracking.messages.count - firstRow);
    expect(rows[0]).toBe(firstRow);
    expect(texts).toEqual((await file.service.rows(firstRow, 100)).texts);
    expect(await live.service.indexOfRow(firstRow - 1)).toBe(0);
  });

  it('count what is held', async () => {
    const overview = await live.service.overview(100);
    const sum = overview.messages.reduce((total, count) => total + count, 0);
    expect(sum).toBe(whole.tracking.messages.count - firstRow);
    expect(overview.from).toBe(whole.tracking.messages.time.get(firstRow));
  });

  it('show the same time line and ladder of what is held', async () => {
    // A mark may stand for messages a little before the window.
    const from = whole.tracking.messages.time.get(firstRow) + 10e9;
    const query = { from, to: from + 60e9, pixels: 1000, firstTrack: 0, trackCount: 60 };
    const tracks = await live.service.tracks(query);
    const same = await file.service.tracks(query);
    const marks = ({ kind, title, detail, spans }: TrackRow): unknown =>
      kind === 'transfers' ? [...spans!.from] : [kind, title, detail, [...spans!.from], [...spans!.row]];
    expect(tracks.rows.map(marks)).toEqual(same.rows.map(marks));
    const choice = { device: 0, hideAcks: false, unfoldAll: true, turned: [] };
    const ladder = await live.service.sequence({ ...choice, first: 0, count: 50 });
    const wholeLadder = await file.service.sequence({ ...choice, first: 0, count: 1 });
    expect(ladder.messages).toBeGreaterThan(0);
    expect(ladder.messages).toBeLessThan(wholeLadder.messages);
    const line = await file.service.sequenceLine(choice, ladder.lines[1]!.row);
    const there = await file.service.sequence({ ...choice, first: line, count: 48 });
    expect(ladder.lines.slice(1, 49)).toEqual(there.lines);
  });

  it('list values and devices of what is held', async () => {
    const query = { text: '/3303', observedOnly: false, doubtfulOnly: false, first: 0, count: 100 };
    const lines = await live.service.valueLines(query);
    const resource = lines.lines.find(({ kind }) => kind === 'resource')!;
    const key = { device: resource.device, path: resource.path };
    const samples = await live.service.valueSamples(key, 0, 5);
    const all = await file.service.valueLines(query);
    const same = all.lines.find((one) => one.kind === 'resource' && one.device === resource.device)!;
    expect(resource.pathText).toBe('/3303/0/5700');
    expect(resource.samples).toBeLessThan(same.samples!);
    expect(resource.last).toBe(same.last);
    const allSamples = await file.service.valueSamples(
      { device: same.device, path: same.path },
      same.samples! - resource.samples!,
      5,
    );
    expect(samples.samples.map(({ row, value }) => [row, value])).toEqual(
      allSamples.samples.map(({ row, value }) => [row, value]),
    );
    const table = await live.service.deviceTable({ text: '', descending: false, first: 0, count: 20 });
    const sameTable = await file.service.deviceTable({ text: '', descending: false, first: 0, count: 20 });
    const facts = ({ lines: found }: typeof table): unknown[] =>
      found.map(({ name, state, messages, observations, seen }) => [
        name,
        state,
        messages,
        observations,
        seen,
      ]);
    expect(facts(table)).toEqual(facts(sameTable));
    expect((await live.service.devices(0, 1))[0]!.firstRow).toBe(firstRow);
    expect((await live.service.updates(0, 10)).total).toBe(0);
  });

  it('say of a message that went that it is no longer held', async () => {
    const gone = await live.service.dissect(firstRow - 20_000);
    expect(gone).toMatchObject({
      views: [],
      fields: [],
      missing: expect.stringMatching(/no longer held/) as string,
    });
    const held = await live.service.dissect(firstRow);
    const same = await file.service.dissect(firstRow);
    expect({ ...held, related: [] }).toEqual({ ...same, related: [] });
    // Of an old message that stays as evidence all is there but the values that its line would end with.
    const places = ({ related }: Dissection): unknown =>
      related.map(({ label, messages }) => [label, messages.map(({ id, time }) => [id, time])]);
    expect(places(held!)).toEqual(places(same!));
    expect(await live.service.deviceOfRow(firstRow - 20_000)).toBe(-1);
    expect(await live.service.seriesOfRow(firstRow - 20_000)).toEqual([]);
    expect(await live.service.updateOfRow(firstRow - 20_000)).toBe(-1);
  });
});
