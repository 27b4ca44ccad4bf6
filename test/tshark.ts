import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a tool of Wireshark printed and how it ended. tshark ends with 2 on a file that is cut, and still prints the frames. */
export interface ToolRun {
  stdout: string;
  stderr: string;
  status: number;
}

/** Most a tool may print, in bytes. */
const MOST_OUTPUT = 1 << 30;

/** A folder that does not exist, so that no preferences of this machine's user change what the tools print. */
const NO_PROFILE = join(tmpdir(), 'lwm2m-scope-no-wireshark-profile');

function run(tool: 'tshark' | 'capinfos' | 'mergecap' | 'editcap', args: readonly string[]): ToolRun {
  const result = spawnSync(tool, args, {
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
    env: { ...process.env, WIRESHARK_CONFIG_DIR: NO_PROFILE, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) throw result.error;
  return { stdout: result.stdout, stderr: result.stderr, status: result.status ?? -1 };
}

function firstLine(tool: 'tshark' | 'capinfos'): string | undefined {
  try {
    return run(tool, ['--version']).stdout.split('\n')[0];
  } catch {
    return undefined;
  }
}

const tsharkVersion = firstLine('tshark');
const capinfosVersion = firstLine('capinfos');

/**
 * Whether tshark and capinfos are installed. Tests that need them skip where they are absent, with this as
 * the condition (`describe.skipIf(!available)`); under continuous integration absence is an error instead.
 */
export const available = tsharkVersion !== undefined && capinfosVersion !== undefined;
if (!available && process.env['CI']) throw new Error('tshark and capinfos must be installed for these tests');

/** First line of `tshark --version`, or a sentence that says why a test is skipped. */
export const version = tsharkVersion ?? 'tshark is not installed';

/** Runs tshark with name resolution off (`-n`) and gives all it printed; does not throw where it ends with an error. */
export function tshark(args: readonly string[]): ToolRun {
  return run('tshark', ['-n', ...args]);
}

/** Runs capinfos and gives all it printed. */
export function capinfos(args: readonly string[]): ToolRun {
  return run('capinfos', args);
}

/** Runs mergecap (to join captures) and gives all it printed. */
export function mergecap(args: readonly string[]): ToolRun {
  return run('mergecap', args);
}

/** Runs editcap (to cut captures and to shift their times) and gives all it printed. */
export function editcap(args: readonly string[]): ToolRun {
  return run('editcap', args);
}

/**
 * The given fields of every frame that tshark reads from a file: one row a frame, one string a field, several
 * occurrences of a field joined by `,`. `options` are further arguments (`-Y`, `-o`, `-d`, …). Fails where
 * tshark gives an error other than a cut file.
 */
export function tsharkFields(
  file: string,
  fields: readonly string[],
  options: readonly string[] = [],
): string[][] {
  const { stdout, stderr, status } = tshark([
    '-r',
    file,
    ...options,
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  if (status !== 0 && !/cut short|damaged or corrupt/.test(stderr)) {
    throw new Error(`tshark ends with ${status} on ${file}: ${stderr}`);
  }
  const lines = stdout.split('\n');
  lines.pop();
  return lines.map((line) => line.split('\t'));
}
