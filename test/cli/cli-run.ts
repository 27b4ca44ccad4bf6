import { PassThrough, Readable } from 'node:stream';
import { runCli } from '../../src/cli/run.ts';

/** What a command printed and how it ended. */
export interface CliRun {
  code: number;
  out: string;
  err: string;
}

/** Runs a command in this process. `input` is what standard input brings, in pieces of some size. */
export async function cli(argv: readonly string[], input?: Uint8Array, piece = 1000): Promise<CliRun> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = [stdout, stderr].map(textOf);
  function* pieces(): Generator<Uint8Array> {
    for (let offset = 0; input !== undefined && offset < input.length; offset += piece)
      yield input.subarray(offset, offset + piece);
  }
  const code = await runCli(argv, { stdin: Readable.from(pieces()), stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, err] = await Promise.all(texts);
  return { code, out: out!, err: err! };
}

async function textOf(stream: PassThrough): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

/** The records of an output in ndjson. */
export function recordsIn(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
