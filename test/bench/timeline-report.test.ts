import { describe, expect, it } from 'vitest';
import { quantile, timelineReport } from './timeline-report.ts';
import type { TimelineRun } from './timeline-run.ts';

const run = (frames: number[], longTasks: number[]): TimelineRun => ({
  devices: 500,
  messages: 1_000_000,
  movements: [{ name: 'drag', frames, longTasks }],
});

describe('the report on the timeline', () => {
  it('takes quantiles of the frames of all runs', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(3);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
    const { text, passed } = timelineReport([run([16, 17], []), run([16, 40], [])]);
    expect(text.split('\n')[0]).toBe('500 devices, 1000000 messages, 2 runs');
    expect(text).toMatch(/^drag +4 +17\.0 +40\.0 +40\.0 +0$/m);
    expect(passed).toBe(true);
  });

  it('fails where a task took more than 50 ms, or nothing was measured', () => {
    expect(timelineReport([run([16], [50]), run([90], [74.2])])).toMatchObject({
      passed: false,
      text: expect.stringMatching(/^all +2 .* 1 +74$/m) as string,
    });
    expect(timelineReport([]).passed).toBe(false);
  });
});
