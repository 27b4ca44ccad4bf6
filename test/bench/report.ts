import type { AnalysisTotals } from '../../src/analysis/protocol.ts';
import type { GeneratorTotals } from './generator.ts';
import type { PageRun } from './measure.ts';

/** What the architecture page allows (rule 11): bytes for each message, value and foreign frame. */
const BYTES_PER_MESSAGE = 120;
const BYTES_PER_VALUE = 24;
const BYTES_PER_FOREIGN = 8;
/** Whole time in floors: what must be held and what is aimed at. */
const MOST_FLOORS = 8;
const AIM_FLOORS = 5;
/** Milliseconds until rows are seen, and that a task of the page may take. */
const MOST_FIRST_ROWS = 300;
const MOST_TASK = 50;

/** Everything that was measured. */
export interface Measurements {
  generated: GeneratorTotals;
  /** Milliseconds, one a run. */
  floors: number[];
  pages: PageRun[];
  tshark: number | undefined;
}

/** A report to print, and whether the page found what was put in and held the bar. */
export interface Report {
  text: string;
  passed: boolean;
}

/** Names of the totals that the page must find again; both sides define them alike. */
const COMPARED: (keyof AnalysisTotals & keyof GeneratorTotals)[] = [
  'frames',
  'messages',
  'foreign',
  'devices',
  'registrations',
  'updates',
  'notifications',
  'exchanges',
  'transfers',
  'block2Transfers',
  'bodies',
  'duplicates',
  'values',
  'tcpMessages',
  'reassembled',
];

/** The middle one, or the mean of the two in the middle. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Puts rows of cells under one another; the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const milliseconds = (value: number): string => `${count(value)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const times = (value: number): string => `${value.toFixed(2)}×`;

/** What was put in beside what one run of the page found, where they differ; undefined where they are equal. */
function differences(generated: GeneratorTotals, pages: readonly PageRun[]): string | undefined {
  const rows: string[][] = [['', 'put in', 'found', '']];
  const odd = pages.find(
    ({ totals }) => totals === undefined || COMPARED.some((name) => totals[name] !== generated[name]),
  );
  if (odd === undefined) return undefined;
  if (odd.totals === undefined) return `The analysis ended as "${odd.state}".`;
  for (const name of COMPARED) {
    const found = odd.totals[name];
    rows.push([
      name,
      count(generated[name]),
      count(found),
      found === generated[name] ? 'equal' : `differs by ${count(found - generated[name])}`,
    ]);
  }
  return table(rows);
}

/** Compares, sets against the bar, and puts it all into words. */
export function report({ generated, floors, pages, tshark }: Measurements): Report {
  const floor = median(floors);
  const whole = median(pages.map((run) => run.whole));
  const firstRows = median(pages.map((run) => run.firstRows));
  const longest = pages.map(({ longTasks }) => Math.max(0, ...longTasks.map(({ duration }) => duration)));
  const memories = pages.flatMap(({ memory }) => memory ?? []);
  const allowed =
    generated.messages * BYTES_PER_MESSAGE +
    generated.values * BYTES_PER_VALUE +
    generated.foreign * BYTES_PER_FOREIGN;
  const difference = differences(generated, pages);
  let passed = difference === undefined;
  const judge = (held: boolean): string => {
    passed &&= held;
    return held ? 'ok' : 'missed';
  };
  const task = median(longest);
  const spread = (numbers: readonly number[]): string => numbers.map(count).join(' ');
  const rows = [
    ['', 'median', 'of', 'floors', 'bar', ''],
    ['floor', milliseconds(floor), spread(floors), times(1), '', ''],
    [
      'first rows',
      milliseconds(firstRows),
      spread(pages.map((run) => run.firstRows)),
      times(firstRows / floor),
      `≤ ${milliseconds(MOST_FIRST_ROWS)}`,
      judge(firstRows <= MOST_FIRST_ROWS),
    ],
    [
      'whole time',
      milliseconds(whole),
      spread(pages.map((run) => run.whole)),
      times(whole / floor),
      `≤ ${MOST_FLOORS}×, aim ${AIM_FLOORS}×`,
      judge(whole <= MOST_FLOORS * floor) + (whole <= AIM_FLOORS * floor ? ', aim reached' : ''),
    ],
    [
      'longest page task',
      task === 0 ? `< ${milliseconds(MOST_TASK)}` : milliseconds(task),
      longest.map((duration) => (duration === 0 ? '–' : count(duration))).join(' '),
      '',
      `≤ ${milliseconds(MOST_TASK)}`,
      judge(task <= MOST_TASK),
    ],
  ];
  if (memories.length === pages.length) {
    const memory = median(memories);
    rows.push([
      'memory',
      megabytes(memory),
      memories.map((bytes) => (bytes / 1e6).toFixed(1)).join(' '),
      '',
      `≤ ${megabytes(allowed)}`,
      judge(memory <= allowed),
    ]);
  } else {
    rows.push(['memory', 'not told by this browser', '', '', `≤ ${megabytes(allowed)}`, judge(false)]);
  }
  if (tshark === undefined) rows.push(['tshark', 'not installed', '', '', '', '']);
  else {
    rows.push([
      'tshark',
      milliseconds(tshark),
      '',
      times(tshark / floor),
      '',
      `${times(tshark / whole)} the page`,
    ]);
  }
  const found =
    difference === undefined
      ? `Found as put in: ${COMPARED.map((name) => `${count(generated[name])} ${name}`).join(', ')}.`
      : `The page did not find what was put in, so its times prove nothing:\n${difference}`;
  return { text: `${found}\n\n${table(rows)}\n`, passed };
}
