import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../../src/capture/units.ts';
import { closeLastSpan, Evidence, OPEN_END, type Span } from '../../src/device/span.ts';

describe('evidence', () => {
  it('keeps the first, the last and the deciding rows, at most 34, and counts all', () => {
    const evidence = new Evidence();
    for (let row = 10; row <= 1000; row++) {
      if (row % 3 === 0) evidence.decide(row);
      else evidence.add(row);
    }
    const rows = evidence.rows();
    expect(rows).toHaveLength(34);
    expect(rows[0]).toBe(10);
    expect(rows.at(-1)).toBe(1000);
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(evidence.count).toBe(991);
  });

  it('leaves out rows that are none, and counts a row given twice once', () => {
    const evidence = new Evidence();
    evidence.decide(NO_ROW);
    evidence.add(4);
    evidence.decide(4);
    expect(evidence.rows()).toEqual([4]);
    expect(evidence.count).toBe(1);
    expect(new Evidence().rows()).toEqual([]);
  });
});

describe('spans', () => {
  it('end once, and never before they began', () => {
    const span: Span = { from: 5, to: OPEN_END, state: 'registered', row: 0, proven: true };
    closeLastSpan([], 1);
    closeLastSpan([span], 3);
    expect(span.to).toBe(5);
    closeLastSpan([span], 9);
    expect(span.to).toBe(5);
  });
});
