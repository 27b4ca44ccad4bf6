import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { RelayHost } from '../../src/relay/relay-host.ts';
import type { ReplayClock } from '../../src/relay/replay-clock.ts';

/** A clock that jumps to the end of each wait. */
export class JumpingClock implements ReplayClock {
  time = 1000;
  waits: number[] = [];
  now(): number {
    return this.time;
  }
  async wait(seconds: number): Promise<void> {
    this.waits.push(seconds);
    this.time += seconds;
  }
}

/** Tokens of the relays that were started, by their ports. */
const tokens = new Map<number, string>();

/** The path with the token of the relay at a port. */
export function withToken(port: number, path: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}token=${tokens.get(port)}`;
}

/** A command that runs in this process until it is stopped. */
export class Running {
  out = '';
  err = '';
  readonly code: Promise<number>;
  readonly #ending = new AbortController();
  readonly #listening: Promise<void>;

  constructor(
    command: (host: RelayHost) => Promise<number>,
    pageFolder = '/nowhere',
    clock?: ReplayClock,
    more: Partial<RelayHost> = {},
  ) {
    let heard: () => void;
    this.#listening = new Promise((resolve) => (heard = resolve));
    this.code = command({
      stdout: { write: (text) => ((this.out += text), heard()) },
      stderr: { write: (text) => (this.err += text) },
      pageFolder,
      signal: this.#ending.signal,
      ...(clock && { clock }),
      ...more,
    });
    void this.code.then(() => heard());
  }

  /** The port in the line that was printed. */
  async port(): Promise<number> {
    await this.#listening;
    const port = /127\.0\.0\.1:(\d+)/.exec(this.out)?.[1];
    if (port === undefined) throw new Error(`no address was printed: ${this.out}${this.err}`);
    const token = /token=([\w-]+)/.exec(this.out)?.[1];
    if (token !== undefined) tokens.set(Number(port), token);
    return Number(port);
  }

  /** Address of the WebSocket, with its token. */
  async live(): Promise<string> {
    const port = await this.port();
    return `ws://127.0.0.1:${port}${withToken(port, '/live')}`;
  }

  async stop(): Promise<number> {
    this.#ending.abort();
    return this.code;
  }
}

/** Makes a folder of files for one test; gives its path and what removes it. */
export async function folderOf(files: Record<string, Uint8Array | string>) {
  const folder = await mkdtemp(join(tmpdir(), 'lwm2m-scope-test-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Sends a request whose path and headers go out exactly as given. */
export function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

export interface Received {
  messages: Buffer[];
  code: number;
  reason: string;
}

/** Connects to a relay and gives all it sends until it closes; rejects where the connection is refused. */
export function receive(
  port: number,
  headers: Record<string, string> = {},
  path = withToken(port, '/live'),
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    const messages: Buffer[] = [];
    socket.on('message', (data: Buffer, binary) => {
      if (!binary) reject(new Error('a text message came'));
      messages.push(data);
    });
    socket.on('error', reject);
    socket.on('close', (code, reason) => resolve({ messages, code, reason: reason.toString() }));
  });
}
