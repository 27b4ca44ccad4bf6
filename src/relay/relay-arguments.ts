import { parseArgs } from 'node:util';
import { RelayError } from './relay-host.ts';
import type { ReplayPace } from './replay-schedule.ts';

/** Port of `serve` where none is asked for; any free one where it is taken. */
const SERVE_PORT = 8460;
/** The same of `tap`, so that both can run. */
const TAP_PORT = 8461;
const MOST_PORT = 65_535;

/** Where to listen. */
export interface PortWish {
  /** 0 takes any free port. */
  port: number;
  /** True where another port does as well, for the person named none. */
  another: boolean;
}

/** A capture that is played as if live. */
export interface ReplayWish {
  path: string;
  pace: ReplayPace;
}

/** What `serve` was asked for. */
export interface ServeArguments {
  listen: PortWish;
  capture: string | undefined;
  replay: ReplayWish | undefined;
}

/** What `tap` was asked for. */
export interface TapArguments {
  listen: PortWish;
  replay: ReplayWish;
}

/** Reads the arguments after `serve`. Throws `RelayError`. */
export function readServeArguments(argv: readonly string[]): ServeArguments {
  const { values, positionals } = parse(argv);
  if (positionals.length > 1)
    throw new RelayError(
      `serve opens one capture; ${positionals.length} were given: ${positionals.join(' ')}`,
    );
  const capture = positionals[0];
  if (capture === '-') throw new RelayError('serve needs a file that it can read again; - is none');
  return { listen: portWish(values.port, SERVE_PORT), capture, replay: replayWish(values) };
}

/** Reads the arguments after `tap`. Throws `RelayError`. */
export function readTapArguments(argv: readonly string[]): TapArguments {
  const { values, positionals } = parse(argv);
  if (positionals.length > 0)
    throw new RelayError(
      `tap cannot listen on an interface yet, so not on '${positionals[0]}'; tap --replay FILE plays a capture as if live`,
    );
  const replay = replayWish(values);
  if (replay === undefined)
    throw new RelayError('tap needs --replay FILE, a capture in pcap or pcapng that it plays as if live');
  return { listen: portWish(values.port, TAP_PORT), replay };
}

interface Values {
  port?: string;
  replay?: string;
  speed?: string;
  'exact-gaps'?: boolean;
}

function parse(argv: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        replay: { type: 'string' },
        speed: { type: 'string' },
        'exact-gaps': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new RelayError((error as Error).message.split('\n')[0]!);
  }
}

function portWish(text: string | undefined, usual: number): PortWish {
  if (text === undefined) return { port: usual, another: true };
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(port <= MOST_PORT))
    throw new RelayError(`--port ${text}: a port is a number from 1 to ${MOST_PORT}, or 0 for any free one`);
  return { port, another: false };
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
