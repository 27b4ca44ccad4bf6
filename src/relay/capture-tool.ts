import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { OfferedFilter, TapInterface } from '../analysis/live-tap-protocol.ts';
import { RelayError } from './relay-host.ts';

/** A program that captures. */
export interface CaptureTool {
  name: 'tcpdump' | 'dumpcap';
  path: string;
}

/** Programs that capture, the one that is taken first where both are there. */
const TOOLS = ['tcpdump', 'dumpcap'] as const;
/** Folders that hold them and may be missing in the path of a user who is not root. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const MORE_FOLDERS_WINDOWS = ['C:\\Program Files\\Wireshark'];
/** Commands that install a program, by the program that tells the system. */
const INSTALLERS = [
  ['/usr/bin/apt-get', 'sudo apt-get install'],
  ['/usr/bin/dnf', 'sudo dnf install'],
  ['/sbin/apk', 'sudo apk add'],
  ['/usr/bin/pacman', 'sudo pacman -S'],
  ['/usr/bin/zypper', 'sudo zypper install'],
  ['/opt/homebrew/bin/brew', 'brew install'],
  ['/usr/local/bin/brew', 'brew install'],
] as const;

/** Milliseconds and bytes that a question to the tool may take. */
const ASK_MS = 10_000;
const ASK_BYTES = 1 << 20;

/** Names of pseudo-devices that carry no IP packets. */
const FOREIGN = /^(bluetooth|dbus-|nfqueue|usbmon|ciscodump|randpkt|sshdump|udpdump|dpauxmon|sdjournal)/;

/** Filters that are offered, the usual one first: ports of CoAP and LwM2M, those of bootstrap servers included. */
export const OFFERED_FILTERS: readonly OfferedFilter[] = [
  {
    label: 'CoAP and LwM2M ports',
    filter: 'port 5683 or port 5684 or portrange 5693-5694 or portrange 5783-5784',
  },
  {
    label: 'The same, with fragments and ICMP',
    filter:
      'port 5683 or port 5684 or portrange 5693-5694 or portrange 5783-5784 or (ip[6:2] & 0x1fff != 0) or ip6 proto 44 or icmp or icmp6',
  },
  { label: 'All UDP', filter: 'udp' },
  { label: 'Everything', filter: '' },
];

/** Folders where capture tools are looked for. */
export function toolFolders(path: string | undefined = process.env['PATH']): string[] {
  const more = process.platform === 'win32' ? MORE_FOLDERS_WINDOWS : MORE_FOLDERS;
  return [...(path ?? '').split(delimiter).filter((folder) => folder !== ''), ...more];
}

/** Finds the capture tools that are installed, the one to take first. Throws `RelayError` where there is none. */
export async function findTools(folders: readonly string[]): Promise<[CaptureTool, ...CaptureTool[]]> {
  const found: CaptureTool[] = [];
  for (const name of TOOLS) {
    for (const folder of folders) {
      const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
      if (!(await isExecutable(path))) continue;
      found.push({ name, path });
      break;
    }
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new RelayError(`neither tcpdump nor dumpcap is installed: ${installAdvice()}`);
  return [first, ...others];
}

/** Lists the interfaces that a tool offers. Throws `RelayError`. */
export async function listInterfaces(tool: CaptureTool): Promise<TapInterface[]> {
  const answer = await ask(tool, tool.name === 'tcpdump' ? ['-D'] : ['-D', '-M']);
  if (answer.code !== 0)
    throw new RelayError(`${tool.name} lists no interfaces: ${firstLine(answer.stderr)}`);
  const read = tool.name === 'tcpdump' ? readTcpdumpLine : readDumpcapLine;
  return answer.stdout
    .split('\n')
    .map((line) => read(line.replace(/\r$/, '')))
    .filter((found) => found !== undefined && !FOREIGN.test(found.name)) as TapInterface[];
}

/** Checks that all names are of interfaces; gives those. Throws `RelayError` that lists what there is. */
export function chosenInterfaces(names: readonly string[], offered: readonly TapInterface[]): TapInterface[] {
  return names.map((name) => {
    const found = offered.find((one) => one.name === name);
    if (found === undefined) {
      const known = offered.map((one) => one.name).join(', ');
      throw new RelayError(`there is no interface '${printable(name)}'; there are ${known}`);
    }
    return found;
  });
}

/**
 * Checks a filter by having the tool compile it, which needs no permission with tcpdump. Throws `RelayError` with the
 * tool's own words where it is wrong.
 */
export async function checkFilter(tool: CaptureTool, filter: string, name: string): Promise<void> {
  if (filter === '') return;
  if (filter.includes('\0')) throw new RelayError('the filter holds a character that no filter may hold');
  const answer = await ask(
    tool,
    tool.name === 'tcpdump' ? ['-d', '-y', 'EN10MB', '--', filter] : ['-i', name, '-d', '-f', filter],
  );
  // dumpcap's exit code is the same for all filters; only of a right one it writes the program.
  if (tool.name === 'tcpdump' ? answer.code === 0 : answer.stdout.includes('(000)')) return;
  if (isPermission(answer.stderr)) throw await permissionError(tool, name);
  throw new RelayError(`the capture filter is not understood: ${toolWords(tool, answer.stderr)}`);
}

/** The arguments that make a tool write classic pcap of one interface to its standard output, each packet at once. */
export function captureArguments(tool: CaptureTool, name: string, filter: string): string[] {
  if (tool.name === 'dumpcap')
    return ['-q', '-P', '-i', name, ...(filter === '' ? [] : ['-f', filter]), '-w', '-'];
  // What follows `--` is the filter, whatever it begins with.
  return [
    '-i',
    name,
    '-n',
    '-s',
    '0',
    '--immediate-mode',
    '-U',
    '-w',
    '-',
    '--',
    ...(filter === '' ? [] : [filter]),
  ];
}

/** Thrown where a tool lacks the permission to capture. */
export class PermissionError extends RelayError {}

/** Makes of what a tool wrote before it gave up an error that says what to do. */
export async function startError(tool: CaptureTool, name: string, stderr: string): Promise<RelayError> {
  if (isPermission(stderr)) return permissionError(tool, name);
  return new RelayError(`${tool.name} cannot capture on ${name}: ${toolWords(tool, stderr)}`);
}

/** True where a tool says that it lacks the permission. */
function isPermission(stderr: string): boolean {
  return /permission|not permitted/i.test(stderr);
}

/** What a tool says, without its name, in one line. */
export function toolWords(tool: CaptureTool, stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== '' && !/^(Warning: |Capturing on|File: |.*: (listening on|data link type))/.test(line),
    )
    .map((line) => (line.startsWith(`${tool.name}: `) ? line.slice(tool.name.length + 2) : line));
  return printable(lines.slice(0, 2).join(' ')) || 'it does not say why';
}

async function permissionError(tool: CaptureTool, name: string): Promise<PermissionError> {
  return new PermissionError(
    `${tool.name} has no permission to capture on ${name}: ${await permissionAdvice(tool)}`,
  );
}

async function permissionAdvice(tool: CaptureTool): Promise<string> {
  if (process.platform === 'linux')
    return `run  sudo setcap cap_net_raw,cap_net_admin=ep ${await realpath(tool.path).catch(() => tool.path)}  once, and start it again`;
  if (process.platform === 'darwin') return 'run  sudo chown "$USER" /dev/bpf*  and start it again';
  return 'start the relay as an administrator';
}

function installAdvice(): string {
  if (process.platform === 'win32') return 'install Wireshark, which brings dumpcap';
  const installer = INSTALLERS.find(([path]) => existsSync(path))?.[1];
  return installer === undefined
    ? "install tcpdump with the system's package manager"
    : `run  ${installer} tcpdump`;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `3.lo (what it is) [Up, Running, Loopback]` */
function readTcpdumpLine(line: string): TapInterface | undefined {
  const match = /^\d+\.(\S+)(?: \((.*)\))?(?: \[(.*)\])?$/.exec(line.trim());
  if (match === null) return undefined;
  const [, name, description, flags] = match;
  const said = (flags ?? '').split(', ');
  return {
    name: name!,
    description: description ?? '',
    up: said.includes('Up') && !said.includes('Disconnected'),
    loopback: said.includes('Loopback'),
  };
}

/** Number and name, vendor, description, type, addresses, `loopback` or `network`, … with tabs between. */
function readDumpcapLine(line: string): TapInterface | undefined {
  const fields = line.split('\t');
  const name = /^\d+\. (.+)$/.exec(fields[0] ?? '')?.[1];
  if (name === undefined) return undefined;
  return {
    name,
    description: fields[2] || fields[1] || '',
    // It does not say; an interface without an address is hardly in use, but may be captured on.
    up: (fields[4] ?? '') !== '' || name === 'any',
    loopback: fields[5] === 'loopback',
  };
}

interface ToolAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a tool, without a shell, for an answer. */
function ask(tool: CaptureTool, args: readonly string[]): Promise<ToolAnswer> {
  return new Promise((resolve) => {
    execFile(
      tool.path,
      [...args],
      { timeout: ASK_MS, maxBuffer: ASK_BYTES, windowsHide: true },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, stdout, stderr: stderr || (error?.message ?? '') }),
    );
  });
}

function firstLine(text: string): string {
  return printable(text.trim().split('\n')[0]!);
}

/** Text without control characters, which a terminal might obey. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, '?');
}
