import { type ChildProcess, spawn } from 'node:child_process';
import type { TapInterface } from '../analysis/live-tap-protocol.ts';
import { MICROSECONDS } from '../capture/pcapng-writer.ts';
import {
  type CaptureTool,
  captureArguments,
  PermissionError,
  startError,
  toolEnvironment,
  toolWords,
} from './capture-tool.ts';
import type { PacketSink, PacketSource } from './packet-source.ts';
import { RelayError } from './relay-host.ts';
import { readToolStream } from './tool-stream.ts';

/** Milliseconds that a tool has to begin, and to end when it is asked to. */
const START_MS = 10_000;
const STOP_MS = 2_000;
/** Milliseconds between questions for the kernel's drops. */
const STATISTICS_MS = 1_000;
/** Most characters that are kept of what a tool says. */
const MOST_SAID = 4096;
/** The signal that makes tcpdump say its counts and go on. */
const STATISTICS_SIGNAL: Partial<Record<string, NodeJS.Signals>> = {
  linux: 'SIGUSR1',
  darwin: 'SIGINFO',
  freebsd: 'SIGINFO',
};

/** Tools that run: they end with this process, by one listener, for Node warns of a leak beyond ten. */
const running = new Set<ChildProcess>();
const killAll = (): void => running.forEach((child) => void child.kill('SIGKILL'));

function endWithProcess(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);
}

function forget(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
}

/** One interface, captured by a process of its own. */
class Capture {
  readonly name: string;
  #process: ChildProcess | undefined;
  #said = '';
  /** Line of its standard error that is not complete yet. */
  #line = '';
  #point = -1;
  #isListening = false;
  #stopping = false;
  #fault: string | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(
    private readonly tool: CaptureTool,
    private readonly described: TapInterface,
    private readonly asked: string,
    private readonly filter: string,
    private readonly together: number,
    private readonly sink: PacketSink,
    private readonly onEnd: (trouble: string) => void,
  ) {
    this.name = described.name;
  }

  /** Starts the process; resolves once it captures. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(
        this.tool.path,
        captureArguments(this.tool, this.name, this.filter, this.together),
        {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: toolEnvironment(),
          // Out of the terminal's process group: ctrl-c is for the relay, which then ends its tools in order.
          detached: process.platform !== 'win32',
          windowsHide: true,
        },
      );
      this.#process = child;
      const watch = watchOver(child);
      endWithProcess(child);
      let started = false;
      const late = setTimeout(() => {
        this.#fault = `did not begin within ${START_MS / 1000} seconds`;
        child.kill('SIGKILL');
      }, START_MS);
      const begin = (): void => {
        if (started || this.#point < 0) return;
        started = true;
        clearTimeout(late);
        resolve();
      };
      child.stderr.on('data', (piece: Buffer) => this.#hear(piece.toString()));
      readToolStream(child.stdout, {
        header: (linkType, snapLength) => {
          this.#point = this.sink.interface({
            name: this.name,
            description: this.described.description,
            linkType,
            snapLength,
            resolution: MICROSECONDS,
            offset: 0,
            filter: this.asked,
            ordinal: 0,
            isLocalClock: true,
          });
          if (this.#point < 0) {
            this.#fault = 'would be one interface too many for this stream: start the relay anew';
            child.kill();
          }
          begin();
        },
        packet: (time, original, bytes) =>
          this.sink.packet(this.#point, time, original, bytes, 0, bytes.length),
        end: (fault) => {
          this.#fault ??= fault;
          if (fault !== undefined) child.kill();
        },
      });
      child.once('error', (error) => (this.#fault = error.message));
      this.#closed = new Promise((closed) => {
        const end = (code: number | null, signal: NodeJS.Signals | null): void => {
          clearTimeout(late);
          watch?.kill('SIGKILL');
          forget(child);
          this.#process = undefined;
          closed();
          if (started) {
            if (!this.#stopping) this.onEnd(this.#lastWords(code, signal));
          } else if (this.#fault !== undefined)
            reject(new RelayError(`${this.tool.name} cannot capture on ${this.name}: it ${this.#fault}`));
          else void startError(this.tool, this.name, this.#said).then(reject);
        };
        child.once('close', end);
        // A program that could not be started closes nothing.
        child.once('error', () => end(null, null));
      });
    });
  }

  /** Makes the tool say its counts, where it can without ending. */
  askStatistics(): void {
    // Before it listens, the signal would end it.
    if (this.tool.name !== 'tcpdump' || !this.#isListening) return;
    const signal = STATISTICS_SIGNAL[process.platform];
    if (signal !== undefined) this.#process?.kill(signal);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#process?.kill('SIGTERM');
    const late = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_MS);
    await this.#closed;
    clearTimeout(late);
  }

  #hear(text: string): void {
    if (/\blistening on\b/.test(this.#line + text)) this.#isListening = true;
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!.slice(0, MOST_SAID);
    for (const line of lines) {
      const dropped = droppedIn(line);
      if (dropped !== undefined) this.sink.dropped(this.#point, dropped);
      else if (!isStatistics(line)) this.#said = `${this.#said}${line}\n`.slice(-MOST_SAID);
    }
  }

  #lastWords(code: number | null, signal: NodeJS.Signals | null): string {
    const what = `${this.tool.name} on ${this.name}`;
    if (this.#fault !== undefined) return `${what} ${this.#fault}`;
    if (signal !== null) return `${what} was ended by ${signal}`;
    return `${what} ended${code === 0 ? '' : ` with exit code ${code}`}: ${toolWords(this.tool, this.#said)}`;
  }
}

/** Interfaces of this machine, captured by tcpdump or dumpcap, one process for each. */
export class InterfaceSource implements PacketSource {
  readonly names: readonly string[];
  #captures: Capture[] = [];
  #statistics: ReturnType<typeof setInterval> | undefined;

  /**
   * `tools` are tried in their order, the next one where one lacks the permission. `interfaces` are of the first tool's
   * own list, `filter` was found right by it; `exclude` is a filter for what is not
   * captured in any case, such as the relay's own connections, for each interface (empty for none).
   */
  constructor(
    private readonly tools: readonly [CaptureTool, ...CaptureTool[]],
    private readonly interfaces: readonly TapInterface[],
    readonly filter: string,
    private readonly exclude: (one: TapInterface) => string,
  ) {
    this.names = interfaces.map(({ name }) => name);
  }

  async start(sink: PacketSink): Promise<void> {
    let refused: PermissionError | undefined;
    for (const tool of this.tools) {
      try {
        await this.#startWith(tool, sink);
        return;
      } catch (error) {
        if (!(error instanceof PermissionError)) throw refused ?? error;
        refused ??= error;
      }
    }
    throw refused!;
  }

  async #startWith(tool: CaptureTool, sink: PacketSink): Promise<void> {
    const running = new Set<Capture>();
    const captures = this.interfaces.map((one) => {
      const capture: Capture = new Capture(
        tool,
        one,
        this.filter,
        bothFilters(this.filter, this.exclude(one)),
        this.interfaces.length,
        sink,
        (trouble) => {
          running.delete(capture);
          if (running.size > 0) sink.trouble(trouble);
          else {
            clearInterval(this.#statistics);
            sink.ended(trouble);
          }
        },
      );
      return capture;
    });
    this.#captures = captures;
    for (const capture of captures) running.add(capture);
    const outcomes = await Promise.allSettled(captures.map((capture) => capture.start()));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) {
      await this.stop();
      throw failed.reason;
    }
    this.#statistics = setInterval(
      () => captures.forEach((capture) => capture.askStatistics()),
      STATISTICS_MS,
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#statistics);
    await Promise.all(this.#captures.map((capture) => capture.stop()));
  }
}

/**
 * Ends a tool when this process is gone, however it went: a tool itself would notice with the next packet only. What
 * watches waits for the end of its input, which nobody writes.
 */
function watchOver(tool: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32' || tool.pid === undefined) return undefined;
  const watch = spawn('/bin/sh', ['-c', 'read -r _; kill "$1"', 'sh', String(tool.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell the tool is not watched; that is all.
  watch.on('error', () => undefined);
  watch.unref();
  return watch;
}

/** What passes `filter` and is not of `exclude`. The filter must be one by itself, so that it cannot end the bracket. */
export function bothFilters(filter: string, exclude: string): string {
  if (exclude === '') return filter;
  return filter === '' ? `not (${exclude})` : `(${filter}) and not (${exclude})`;
}

/** The count of packets that the kernel dropped, in a line of tcpdump or in dumpcap's last one. */
function droppedIn(line: string): number | undefined {
  const match =
    /(\d+) packets? dropped by kernel/.exec(line) ??
    /^Packets received\/dropped on interface .*: \d+\/(\d+) /.exec(line);
  return match === null ? undefined : Number(match[1]);
}

function isStatistics(line: string): boolean {
  return /^(.*: )?\d+ packets? (captured|received by filter|dropped by interface)\b/.test(line.trim());
}
