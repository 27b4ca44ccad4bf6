import { parseArgs } from 'node:util';
import { MOST_FILTER_LENGTH } from '../analysis/live-tap-protocol.ts';
import type { ByteCount } from '../capture/units.ts';
import { OFFERED_FILTERS } from './capture-tool.ts';
import { isLoopback, LOOPBACK, type ListenWish } from './listening.ts';
import { RelayError } from './relay-host.ts';
import type { ReplayPace } from './replay-schedule.ts';

/** Port of `serve` where none is asked for; any free one where it is taken. */
const SERVE_PORT = 8460;
/** The same of `tap`, so that both can run. */
const TAP_PORT = 8461;
const MOST_PORT = 65_535;
/** Size of the ring where none is asked for, and the least and most that may be. */
const RING_SIZE: ByteCount = 64 << 20;
const LEAST_RING: ByteCount = 1 << 20;
const MOST_RING: ByteCount = 4 * 2 ** 30;
const SIZE_UNITS: Readonly<Record<string, ByteCount>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** A capture that is played as if live. */
export interface ReplayWish {
  path: string;
  pace: ReplayPace;
}

/** How the packets of a tap are kept. */
export interface KeepWish {
  ringBytes: ByteCount;
  /** File that the stream is written into. */
  file: string | undefined;
}

/** What `serve` was asked for. */
export interface ServeArguments {
  listen: ListenWish;
  capture: string | undefined;
  replay: ReplayWish | undefined;
  keep: KeepWish;
  /** Filter that is offered first. */
  filter: string | undefined;
}

/** Where a tap's packets come from. */
export type TapWish =
  | { kind: 'replay'; replay: ReplayWish }
  | { kind: 'interfaces'; names: readonly string[]; filter: string }
  | { kind: 'standard input' }
  | { kind: 'pipe' | 'log'; path: string };

/** What `tap` was asked for. */
export interface TapArguments {
  listen: ListenWish;
  keep: KeepWish;
  /** Undefined where only the list of interfaces is asked for. */
  wish: TapWish | undefined;
}

/** Reads the arguments after `serve`. Throws `RelayError`. */
export function readServeArguments(argv: readonly string[]): ServeArguments {
  const { values, positionals } = parse(argv);
  for (const name of ['pipe', 'log', 'interfaces'] as const)
    if (values[name] !== undefined) throw new RelayError(`--${name} is of tap, not of serve`);
  if (positionals.length > 1)
    throw new RelayError(
      `serve opens one capture; ${positionals.length} were given: ${positionals.join(' ')}`,
    );
  const capture = positionals[0];
  if (capture === '-') throw new RelayError('serve needs a file that it can read again; - is none');
  const replay = replayWish(values);
  if (replay !== undefined) refuseCapture(values);
  return {
    listen: listenWish(values, SERVE_PORT),
    capture,
    replay,
    keep: keepWish(values),
    filter: values.filter === undefined ? undefined : filterWish(values.filter),
  };
}

/** Reads the arguments after `tap`. Throws `RelayError`. */
export function readTapArguments(argv: readonly string[]): TapArguments {
  const { values, positionals } = parse(argv);
  const listen = listenWish(values, TAP_PORT);
  const replay = replayWish(values);
  const keep = keepWish(values);
  if (values.interfaces === true) return { listen, keep, wish: undefined };
  const { pipe, log } = values;
  const isInput = positionals.includes('-');
  const sources = [
    replay !== undefined,
    pipe !== undefined,
    log !== undefined,
    isInput,
    positionals.some((name) => name !== '-'),
  ];
  const given = sources.filter(Boolean).length;
  if (given === 0)
    throw new RelayError(
      'tap needs INTERFACE..., - for standard input, --pipe PATH, --log FILE or --replay FILE; tap --interfaces lists the interfaces',
    );
  if (given > 1) throw new RelayError('tap takes one source: interfaces, -, --pipe, --log or --replay');
  if (replay !== undefined) {
    refuseCapture(values);
    return { listen, keep, wish: { kind: 'replay', replay } };
  }
  const isOfInterfaces = pipe === undefined && log === undefined && !isInput;
  if (!isOfInterfaces && values.filter !== undefined)
    throw new RelayError('--filter is for interfaces: a stream is passed on as it comes');
  if (pipe !== undefined) return { listen, keep, wish: { kind: 'pipe', path: pipe } };
  if (log !== undefined) return { listen, keep, wish: { kind: 'log', path: log } };
  if (isInput) return { listen, keep, wish: { kind: 'standard input' } };
  const filter = values.filter === undefined ? OFFERED_FILTERS[0]!.filter : filterWish(values.filter);
  return { listen, keep, wish: { kind: 'interfaces', names: [...new Set(positionals)], filter } };
}

interface Values {
  port?: string;
  listen?: string;
  'tls-cert'?: string;
  'tls-key'?: string;
  'insecure-listen'?: boolean;
  replay?: string;
  speed?: string;
  'exact-gaps'?: boolean;
  filter?: string;
  ring?: string;
  write?: string;
  interfaces?: boolean;
  pipe?: string;
  log?: string;
}

function parse(argv: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        listen: { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'insecure-listen': { type: 'boolean' },
        replay: { type: 'string' },
        speed: { type: 'string' },
        'exact-gaps': { type: 'boolean' },
        filter: { type: 'string' },
        ring: { type: 'string' },
        write: { type: 'string' },
        interfaces: { type: 'boolean' },
        pipe: { type: 'string' },
        log: { type: 'string' },
      },
    });
  } catch (error) {
    throw new RelayError((error as Error).message.split('\n')[0]!);
  }
}

function listenWish(values: Values, usual: number): ListenWish {
  const { port, listen, 'tls-cert': certificate, 'tls-key': key } = values;
  if ((certificate === undefined) !== (key === undefined))
    throw new RelayError('--tls-cert FILE and --tls-key FILE belong together');
  const tls = certificate === undefined || key === undefined ? {} : { tls: { certificate, key } };
  if (listen === undefined) {
    if (values['insecure-listen'] === true)
      throw new RelayError('--insecure-listen is for --listen ADDRESS:PORT');
    return { address: LOOPBACK, ...portWish('--port', port, usual), ...tls };
  }
  if (port !== undefined)
    throw new RelayError('--listen ADDRESS:PORT names the port already: leave out --port');
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(listen) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined)
    throw new RelayError(
      `--listen ${listen}: an address is such as 192.0.2.1:${usual} or [2001:db8::1]:${usual}`,
    );
  if (!isLoopback(address) && certificate === undefined && values['insecure-listen'] !== true)
    throw new RelayError(
      `--listen ${listen} can be reached from elsewhere: give --tls-cert FILE and --tls-key FILE, or say --insecure-listen where everybody on the way may read the packets and the token`,
    );
  return { address, ...portWish('--listen', wanted, usual), ...tls };
}

function portWish(
  option: string,
  text: string | undefined,
  usual: number,
): { port: number; another: boolean } {
  if (text === undefined) return { port: usual, another: true };
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(port <= MOST_PORT))
    throw new RelayError(
      `${option} ${text}: a port is a number from 1 to ${MOST_PORT}, or 0 for any free one`,
    );
  return { port, another: false };
}

function keepWish(values: Values): KeepWish {
  return { ringBytes: values.ring === undefined ? RING_SIZE : readSize(values.ring), file: values.write };
}

function readSize(text: string): ByteCount {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const size = number === undefined ? NaN : Math.floor(Number(number) * SIZE_UNITS[unit!]!);
  if (!(size >= LEAST_RING && size <= MOST_RING))
    throw new RelayError(`--ring ${text}: a size is such as 64MiB, from 1MiB to 4GiB`);
  return size;
}

function filterWish(filter: string): string {
  if (filter.length > MOST_FILTER_LENGTH)
    throw new RelayError(`--filter: a filter has at most ${MOST_FILTER_LENGTH} characters`);
  return filter.trim();
}

/** What is of a capture has no meaning beside a replay. */
function refuseCapture(values: Values): void {
  for (const name of ['filter', 'ring', 'write'] as const)
    if (values[name] !== undefined)
      throw new RelayError(`--${name} is of a capture; a replay is sent as its file is`);
}

function replayWish(values: Values): ReplayWish | undefined {
  const { replay: path, speed, 'exact-gaps': exactGaps = false } = values;
  if (path === undefined) {
    if (speed !== undefined || exactGaps)
      throw new RelayError(
        `${speed === undefined ? '--exact-gaps' : '--speed'} is of a replay: name its capture with --replay FILE`,
      );
    return undefined;
  }
  if (path === '-')
    throw new RelayError('--replay needs a file, for each client gets it from the start; - is none');
  return { path, pace: { speed: readSpeed(speed), exactGaps } };
}

/** Gives the factor, infinite for as fast as the client takes. */
function readSpeed(text: string | undefined): number {
  if (text === undefined) return 1;
  if (text === 'max') return Infinity;
  const speed = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(speed))
    throw new RelayError(
      `--speed ${text}: a speed is a number such as 10 or 0.5, or max (or 0) for as fast as the client takes`,
    );
  return speed === 0 ? Infinity : speed;
}
