import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { delimiter, join } from 'node:path';

/** Programs of libcoap as Debian names them; those without TLS need no certificate. */
const SERVERS = ['coap-server-notls', 'coap-server'];
const CLIENTS = ['coap-client-notls', 'coap-client'];
/** Milliseconds between two tries to reach a server that starts, and how many. */
const RETRY_MS = 50;
const MOST_TRIES = 100;

function find(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const name of names)
    for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

/** Why libcoap's programs cannot be run here; undefined where they can. */
export function libcoapMissing(): string | undefined {
  if (find(SERVERS) === undefined || find(CLIENTS) === undefined)
    return 'libcoap’s coap-server and coap-client are not installed (Debian: libcoap3-bin)';
  return undefined;
}

/** libcoap's example server on a free loopback port, with the resources that it has by itself (`/time`, `/example_data`). */
export class LibcoapServer {
  private constructor(
    readonly port: number,
    private readonly process: ReturnType<typeof spawn>,
  ) {}

  static async start(): Promise<LibcoapServer> {
    const port = await freePort();
    const server = spawn(find(SERVERS)!, ['-A', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    const started = new LibcoapServer(port, server);
    for (let tries = 0; ; tries++) {
      if (spawnSync(find(CLIENTS)!, ['-B', '1', started.address('')], { stdio: 'ignore' }).status === 0)
        break;
      if (tries === MOST_TRIES || server.exitCode !== null) throw new Error('coap-server does not answer');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return started;
  }

  address(path: string): string {
    return `coap://127.0.0.1:${this.port}/${path}`;
  }

  /** Runs libcoap's client with some arguments and a path; gives what it printed. */
  async client(args: readonly string[], path: string): Promise<string> {
    const client = spawn(find(CLIENTS)!, [...args, this.address(path)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    client.stdout.on('data', (piece: Buffer) => (printed += piece.toString()));
    await once(client, 'close');
    return printed;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGINT');
    await once(this.process, 'exit');
  }
}

/** A UDP port of loopback that is free now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
