import { STANDING_STILL, type TimelineRun } from './timeline-run.ts';

/** Milliseconds that a task of the page may take while the timeline moves. */
const MOST_TASK = 50;

/** The value below which a share of the numbers lies; NaN of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * What the runs of the timeline took, a line a movement, and whether no task took more than 50 ms of a processor in any
 * of them. By the clock tasks take longer where other programs run; how much, the line without movement shows.
 */
export function timelineReport(runs: readonly TimelineRun[]): { text: string; passed: boolean } {
  const names = [...new Set(runs.flatMap(({ movements }) => movements.map(({ name }) => name)))];
  const lines = names.map((name) => {
    const own = runs.flatMap(({ movements }) => movements.filter((one) => one.name === name));
    return {
      name,
      frames: own.flatMap(({ frames }) => frames),
      tasks: own.flatMap((one) => one.longTasks),
      dearest: Math.max(...own.map((one) => one.dearest)),
    };
  });
  const moving = lines.filter(({ name }) => !name.startsWith(STANDING_STILL));
  const all = {
    name: 'all that move',
    frames: moving.flatMap(({ frames }) => frames),
    tasks: moving.flatMap(({ tasks }) => tasks),
    dearest: Math.max(0, ...moving.map(({ dearest }) => dearest)),
  };
  const long = (tasks: readonly number[]): number[] => tasks.filter((duration) => duration > MOST_TASK);
  const cells = [
    ['movement', 'frames', 'p50 ms', 'p95 ms', 'max ms', 'tasks > 50 ms', 'longest ms', 'by processor ms'],
    ...[...lines, all].map(({ name, frames, tasks, dearest }) => [
      name,
      String(frames.length),
      quantile(frames, 0.5).toFixed(1),
      quantile(frames, 0.95).toFixed(1),
      Math.max(0, ...frames).toFixed(1),
      String(long(tasks).length),
      tasks.length === 0 ? '' : Math.max(...tasks).toFixed(0),
      dearest.toFixed(1),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const text = cells
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  const [first] = runs;
  const what = first === undefined ? '' : `${first.devices} devices, ${first.messages} messages, `;
  return {
    text: `${what}${runs.length} ${runs.length === 1 ? 'run' : 'runs'}\n${text}\n`,
    passed: runs.length > 0 && all.dearest <= MOST_TASK,
  };
}
