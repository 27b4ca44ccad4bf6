import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = join(dirname(fileURLToPath(import.meta.url)), '../../dist-node/bin/lwm2m-scope.js');

/** Why nothing can be captured here; undefined where it can. */
export function captureMissing(): string | undefined {
  // Compiling a filter for an interface opens it, and so takes the permission.
  const { status, stderr, error } = spawnSync('tcpdump', ['-i', 'lo', '-d', '--', 'udp']);
  if (error) return 'tcpdump is not installed';
  return status === 0 ? undefined : stderr.toString().split('\n')[0];
}

/** The built command `serve`, as `npm start` runs it, in a process of its own. */
export class ServedPage {
  private constructor(
    /** Address of the page, with the token. */
    readonly address: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts on a port; 0 takes any. */
  static async start(port = 0, ...more: string[]): Promise<ServedPage> {
    const server = spawn(process.execPath, [COMMAND, 'serve', '--port', String(port), ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    server.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    for await (const piece of server.stdout) {
      said += String(piece);
      const address = /http:\/\/\S+/.exec(said)?.[0];
      if (address !== undefined) return new ServedPage(address, server);
    }
    throw new Error(`the command printed no address: ${said}`);
  }

  get port(): number {
    return Number(new URL(this.address).port);
  }

  /** Ends it as a person does, or `SIGKILL` as a machine does. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await once(this.process, 'exit');
  }
}
