import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketRing, RingLosses, type RingItem } from '../../src/relay/packet-ring.ts';

/** Adds items of two interfaces, whose packets come in turns. */
class Feed {
  next = 0;
  counts = [0, 0];
  constructor(readonly ring: PacketRing) {}
  add(count: number, size = 1000): RingItem {
    const before = this.counts.slice();
    for (let index = 0; index < count; index++) this.counts[(this.next + index) % 2]!++;
    const item: RingItem = {
      holds: count === 0 ? 'tick' : 'packets',
      bytes: new Uint8Array(size),
      first: this.next,
      count,
      before,
      interfaces: 2,
    };
    this.next += count;
    this.ring.add(item, this.counts.slice());
    return item;
  }
}

describe('PacketRing', () => {
  it('gives items in order to each of its readers', () => {
    const ring = new PacketRing(1e6);
    const feed = new Feed(ring);
    const early = ring.oldest();
    const items = [feed.add(3), feed.add(0), feed.add(4)];
    const late = ring.oldest();
    for (const place of [early, late]) {
      const losses = new RingLosses();
      expect(items.map(() => ring.take(place, losses))).toEqual(items);
      expect(ring.take(place, losses)).toBeUndefined();
      expect(losses.packets).toBe(0);
    }
    const more = feed.add(1);
    expect(ring.take(early, new RingLosses())).toBe(more);
  });

  it('stays within its size and counts for each reader what it let go, by interface', () => {
    const ring = new PacketRing(5000);
    const feed = new Feed(ring);
    const place = ring.oldest();
    for (let index = 0; index < 100; index++) feed.add(3);
    expect(ring.bytes).toBeLessThanOrEqual(5000);
    expect(ring.firstSequence).toBe(288);
    const losses = new RingLosses();
    expect(ring.take(place, losses)?.first).toBe(288);
    expect(losses.packets).toBe(288);
    expect(losses.byInterface).toEqual([144, 144]);
  });

  it('keeps the newest item, however large', () => {
    const ring = new PacketRing(100);
    const feed = new Feed(ring);
    feed.add(1, 5000);
    expect(ring.firstSequence).toBe(0);
    feed.add(2, 5000);
    expect([ring.firstSequence, ring.nextSequence]).toEqual([1, 3]);
  });

  it('finds the place of a packet, or the oldest after it', () => {
    const ring = new PacketRing(4 * 1200);
    const feed = new Feed(ring);
    for (let index = 0; index < 10; index++) feed.add(10);
    expect(ring.firstSequence).toBe(60);
    expect(ring.placeOf(70)?.sequence).toBe(70);
    expect(ring.placeOf(75)?.sequence).toBe(80);
    expect(ring.placeOf(3)?.sequence).toBe(60);
    expect(ring.placeOf(100)?.sequence).toBe(100);
    expect(ring.placeOf(101)).toBeUndefined();
    const place = ring.placeOf(100)!;
    expect(ring.take(place, new RingLosses())).toBeUndefined();
    expect(ring.take(place, new RingLosses()) ?? feed.add(1)).toMatchObject({ first: 100 });
    expect(ring.take(place, new RingLosses())).toMatchObject({ first: 100 });
  });

  it('loses nothing uncounted, whatever comes in whichever order', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 0, max: 9 }), size: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const ring = new PacketRing(6000);
        const feed = new Feed(ring);
        const place = ring.oldest();
        const losses = new RingLosses();
        let taken = 0;
        for (const one of steps) {
          if ('add' in one) feed.add(one.add, one.size);
          else for (let index = 0; index < one.read; index++) taken += ring.take(place, losses)?.count ?? 0;
          expect(taken + losses.packets).toBe(place.sequence);
        }
        for (let item = ring.take(place, losses); item !== undefined; item = ring.take(place, losses))
          taken += item.count;
        expect(taken + losses.packets).toBe(feed.next);
        const byInterface = losses.byInterface.reduce((sum, count) => sum + (count ?? 0), 0);
        expect(byInterface).toBe(losses.packets);
      }),
    );
  });

  it('lets go of what it dropped, over many items', () => {
    const ring = new PacketRing(3000);
    const feed = new Feed(ring);
    const place = ring.oldest();
    const losses = new RingLosses();
    for (let index = 0; index < 10_000; index++) feed.add(1, 10);
    expect(ring.take(place, losses)?.first).toBe(ring.firstSequence);
    expect(losses.packets).toBe(ring.firstSequence);
  });
});
