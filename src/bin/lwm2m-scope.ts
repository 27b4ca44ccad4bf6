#!/usr/bin/env node
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../package.json';
import { helpText } from './help.ts';

/** Folder of the built page, seen from where the build puts this file. */
const PAGE_FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '../../dist');

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  if (options.includes('--help') || options.includes('-h')) {
    process.stdout.write(helpText(command));
    return 0;
  }
  if (command === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  // Each part is loaded only where it is used, so that a short command starts fast.
  if (command === 'serve') return (await import('../relay/serve.ts')).serve(rest, relayHost());
  if (command === 'tap') return (await import('../relay/tap.ts')).tap(rest, relayHost());
  return (await import('../cli/run.ts')).runCli(argv, process);
}

function relayHost(): {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  pageFolder: string;
  signal: AbortSignal;
} {
  const ending = new AbortController();
  // Only the first signal is taken: a second one ends a server that hangs.
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  process.once('SIGHUP', () => ending.abort());
  return { stdout: process.stdout, stderr: process.stderr, pageFolder: PAGE_FOLDER, signal: ending.signal };
}

function onWriteError(error: NodeJS.ErrnoException): void {
  // A reader that has seen enough, as in `| head`, is no trouble. What else is one, the commands tell.
  if (error.code !== 'EPIPE') process.exitCode = 2;
}

process.stdout.on('error', onWriteError);
process.stderr.on('error', onWriteError);
process.exitCode = await main(process.argv.slice(2));
