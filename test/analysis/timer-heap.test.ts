import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerHeap } from '../../src/analysis/timer-heap.ts';
import { TimerKind } from '../../src/device/timer-port.ts';

const kind = Object.values(TimerKind)[0]!;

describe('timer heap', () => {
  it('waits for nothing at first', () => {
    const heap = new TimerHeap();
    expect(heap.next).toBe(Infinity);
    heap.run(1e18, () => expect.fail('nothing was scheduled'));
  });

  it('fires what is due, in order of time, and keeps the rest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 300 }),
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 }),
        (times, clocks) => {
          const heap = new TimerHeap();
          times.forEach((time, subject) => heap.schedule(time, kind, subject));
          const waiting = new Set(times.keys());
          for (const clock of clocks.sort((a, b) => a - b)) {
            let before = -Infinity;
            heap.run(clock, (_kind, subject, time) => {
              expect(time).toBe(times[subject]);
              expect(time).toBeLessThanOrEqual(clock);
              expect(time).toBeGreaterThanOrEqual(before);
              before = time;
              expect(waiting.delete(subject)).toBe(true);
            });
            const rest = [...waiting].map((subject) => times[subject]!);
            expect(rest.every((time) => time > clock)).toBe(true);
            expect(heap.next).toBe(Math.min(Infinity, ...rest));
          }
        },
      ),
    );
  });

  it('fires what is scheduled while it runs, if it is due', () => {
    const heap = new TimerHeap();
    const fired: [number, number][] = [];
    heap.schedule(10, kind, 1);
    heap.run(30, (_kind, subject, time) => {
      fired.push([time, subject]);
      if (subject < 5) heap.schedule(time + 10, kind, subject + 1);
    });
    expect(fired).toEqual([
      [10, 1],
      [20, 2],
      [30, 3],
    ]);
    expect(heap.next).toBe(40);
  });

  it('tells the kind that was scheduled', () => {
    const heap = new TimerHeap();
    const kinds = Object.values(TimerKind);
    kinds.forEach((one, index) => heap.schedule(index, one, index));
    const fired: number[] = [];
    heap.run(1000, (one) => fired.push(one));
    expect(fired).toEqual(kinds);
  });

  it('forgets all after a break of the clock', () => {
    const heap = new TimerHeap();
    for (let time = 0; time < 20; time++) heap.schedule(time, kind, time);
    heap.clear();
    expect(heap.next).toBe(Infinity);
    heap.run(1000, () => expect.fail('all was cleared'));
    heap.schedule(7, kind, 1);
    expect(heap.next).toBe(7);
  });

  it('may be cleared while it runs', () => {
    const heap = new TimerHeap();
    heap.schedule(1, kind, 1);
    heap.schedule(2, kind, 2);
    let fired = 0;
    heap.run(10, () => {
      fired++;
      heap.clear();
    });
    expect(fired).toBe(1);
  });
});
