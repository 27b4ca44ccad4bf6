import { describe, expect, it } from 'vitest';
import type { TrackQuery, TrackWindow } from '../../../src/analysis/timeline-protocol.ts';
import { covers, queryOf, TrackFeed, type TrackView } from '../../../src/app/timeline/track-feed.ts';
import { track } from './spans.ts';

const view: TrackView = {
  window: { from: 1000, to: 2000 },
  pixels: 500,
  firstTrack: 20,
  trackCount: 10,
  revision: 1,
};

/** A worker whose answers the test lets go one at a time. */
class HeldWorker {
  readonly queries: TrackQuery[] = [];
  readonly #held: ((answer: TrackWindow | undefined) => void)[] = [];

  ask = (query: TrackQuery): Promise<TrackWindow | undefined> => {
    this.queries.push(query);
    return new Promise((resolve) => this.#held.push(resolve));
  };
  get open(): number {
    return this.#held.length;
  }
  async answer(fails = false): Promise<void> {
    const query = this.queries[this.queries.length - 1]!;
    const rows = Array.from({ length: query.trackCount }, (_, at) => track(query.firstTrack + at, []));
    this.#held.shift()!(fails ? undefined : { revision: 1, totalTracks: 100, hidden: 0, rows });
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function feedWith(rest = 0): { worker: HeldWorker; feed: TrackFeed; changes: () => number } {
  const worker = new HeldWorker();
  let count = 0;
  const feed = new TrackFeed(worker.ask, () => count++, rest);
  return { worker, feed, changes: () => count };
}

describe('queryOf and covers', () => {
  it('asks for more than is in sight at the same resolution', () => {
    const query = queryOf(view);
    expect(query).toEqual({ from: 500, to: 2500, pixels: 1000, firstTrack: 8, trackCount: 34 });
    expect(covers(query, view)).toBe(true);
  });
  it('serves small pans and scrolls from what is there, and nothing else', () => {
    const query = queryOf(view);
    expect(covers(query, { ...view, window: { from: 1400, to: 2400 } })).toBe(true);
    expect(covers(query, { ...view, firstTrack: 10 })).toBe(true);
    expect(covers(query, { ...view, window: { from: 1600, to: 2600 } })).toBe(false);
    expect(covers(query, { ...view, window: { from: 1000, to: 1900 } })).toBe(false);
    expect(covers(query, { ...view, firstTrack: 40 })).toBe(false);
    expect(covers(query, { ...view, pixels: 1000 })).toBe(false);
  });
});

describe('TrackFeed', () => {
  it('has one request under way and then asks for the last thing wanted only', async () => {
    const { worker, feed } = feedWith();
    feed.want(view);
    for (let step = 1; step <= 50; step++) {
      feed.want({ ...view, window: { from: step * 5000, to: step * 5000 + 1000 } });
    }
    expect(worker.open).toBe(1);
    await worker.answer();
    expect(worker.queries.length).toBe(2);
    expect(worker.queries[1]!.from).toBe(250_000 - 500);
    await worker.answer();
    expect(worker.open).toBe(0);
    expect(worker.queries.length).toBe(2);
  });
  it('keeps the old lines until the new ones are there', async () => {
    const { worker, feed, changes } = feedWith();
    feed.want(view);
    await worker.answer();
    expect(feed.total).toBe(100);
    expect(feed.row(20)?.title).toBe('Line 20');
    feed.want({ ...view, firstTrack: 60 });
    expect(feed.row(20)?.title).toBe('Line 20');
    expect(feed.row(60)).toBeUndefined();
    await worker.answer();
    expect(feed.row(60)?.title).toBe('Line 60');
    expect(feed.row(20)).toBeUndefined();
    expect(changes()).toBe(2);
  });
  it('does not ask again for what it has', async () => {
    const { worker, feed } = feedWith();
    feed.want(view);
    await worker.answer();
    feed.want({ ...view });
    expect(worker.open).toBe(0);
  });
  it('rests before it asks only because tables changed, and a move ends the rest', async () => {
    const { worker, feed } = feedWith(60_000);
    feed.want(view);
    await worker.answer();
    feed.want({ ...view, revision: 2 });
    expect(worker.open).toBe(0);
    feed.want({ ...view, revision: 3, firstTrack: 70 });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(worker.open).toBe(1);
    expect(worker.queries[1]!.firstTrack).toBe(58);
  });
  it('asks again after a command that changes lines', async () => {
    const { worker, feed } = feedWith(60_000);
    feed.want(view);
    await worker.answer();
    feed.refresh();
    expect(worker.open).toBe(1);
    feed.refresh();
    await worker.answer();
    expect(worker.open).toBe(1);
  });
  it('stops after a failure and tries again when asked', async () => {
    const { worker, feed } = feedWith();
    feed.want(view);
    await worker.answer(true);
    expect(worker.open).toBe(0);
    expect(feed.total).toBe(0);
    feed.want({ ...view });
    expect(worker.open).toBe(1);
  });
  it('drops the answer that belongs to another capture', async () => {
    const { worker, feed } = feedWith();
    feed.want(view);
    feed.clear();
    await worker.answer();
    expect(feed.total).toBe(0);
    expect(feed.rows).toEqual([]);
    expect(worker.open).toBe(0);
  });
});
