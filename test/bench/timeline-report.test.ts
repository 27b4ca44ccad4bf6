import { describe, expect, it } from 'vitest';
import { quantile, timelineReport } from './timeline-report.ts';
import { dearestTask, type TimelineRun } from './timeline-run.ts';

const run = (frames: number[], longTasks: number[], dearest = 8): TimelineRun => ({
  devices: 500,
  messages: 1_000_000,
  movements: [
    { name: 'standing still', frames: [16], longTasks: [80], dearest: 2 },
    { name: 'drag', frames, longTasks, dearest },
  ],
});

describe('the dearest task of a trace', () => {
  it('is taken of the threads of pages alone, by processor time', () => {
    const traceEvents = [
      { name: 'thread_name', ph: 'M', pid: 7, tid: 1, args: { name: 'CrRendererMain' } },
      { name: 'thread_name', ph: 'M', pid: 7, tid: 2, args: { name: 'Compositor' } },
      { name: 'ThreadControllerImpl::RunTask', ph: 'X', pid: 7, tid: 1, dur: 90_000, tdur: 12_500 },
      { name: 'ThreadControllerImpl::RunTask', ph: 'X', pid: 7, tid: 1, dur: 4_000 },
      { name: 'ThreadControllerImpl::RunTask', ph: 'X', pid: 7, tid: 2, dur: 70_000, tdur: 70_000 },
      { name: 'Other', ph: 'X', pid: 7, tid: 1, dur: 80_000, tdur: 80_000 },
    ];
    expect(dearestTask(new TextEncoder().encode(JSON.stringify({ traceEvents })))).toBe(12.5);
  });
});

describe('the report on the timeline', () => {
  it('takes quantiles of the frames of all runs', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(3);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
    const { text, passed } = timelineReport([run([16, 17], []), run([16, 40], [])]);
    expect(text.split('\n')[0]).toBe('500 devices, 1000000 messages, 2 runs');
    expect(text).toMatch(/^drag +4 +17\.0 +40\.0 +40\.0 +0 +8\.0$/m);
    expect(passed).toBe(true);
  });

  it('fails where a task took more than 50 ms of a processor, or nothing was measured', () => {
    expect(timelineReport([run([16], [50]), run([90], [74.2], 61.5)])).toMatchObject({
      passed: false,
      text: expect.stringMatching(/^all that move +2 .* 1 +74 +61\.5$/m) as string,
    });
    expect(timelineReport([]).passed).toBe(false);
  });
});
