import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Analysis, faultOf } from '../analysis/analysis.ts';
import { compileMessageFilter } from '../analysis/message-filter.ts';
import { readSources, type ReadingHost, type Source } from '../analysis/open.ts';
import { Records } from '../analysis/records/records.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { type CliArguments, readArguments, UsageError } from './arguments.ts';
import { FileStore, TemporaryStore } from './file-store.ts';
import { RecordWriter } from './output.ts';

/** Streams of the process, or stand-ins in tests. */
export interface CliStreams {
  stdin: AsyncIterable<Uint8Array>;
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

/** Exit codes of output.md. */
const DONE = 0;
const UNUSABLE = 2;
/** Text is written in pieces of about this length. */
const WRITE_CHARACTERS = 64 << 10;

/**
 * Runs one command of the command line. Gives the exit code: 0 done, 2 the capture or the arguments are unusable
 * (one line on standard error says what and where; what could be read was printed).
 */
export async function runCli(argv: readonly string[], streams: CliStreams): Promise<number> {
  let args: CliArguments;
  try {
    args = readArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.stderr.write(`lwm2m-scope: ${error.message}\n`);
    return UNUSABLE;
  }
  const stores: { close(): Promise<void> }[] = [];
  try {
    return await analyse(args, streams, stores);
  } finally {
    for (const store of stores) await store.close();
  }
}

async function analyse(
  args: CliArguments,
  streams: CliStreams,
  stores: { close(): Promise<void> }[],
): Promise<number> {
  const sources: Source[] = [];
  for (const path of args.captures) {
    if (path === '-') {
      sources.push({ name: '-', stream: streams.stdin });
      continue;
    }
    try {
      const store = await FileStore.open(path);
      stores.push(store);
      sources.push({ name: basename(path), store });
    } catch (error) {
      streams.stderr.write(`lwm2m-scope: ${path}: ${fileTrouble(error as NodeJS.ErrnoException)}\n`);
      return UNUSABLE;
    }
  }
  const registry = ObjectRegistry.core();
  await registry.loadAll();
  const analysis = new Analysis(registry);
  await readSources(analysis, sources, hostOf(analysis, streams, stores));
  const filter = args.filter === undefined ? undefined : compileMessageFilter(args.filter, analysis);
  if (filter !== undefined && !('test' in filter)) {
    streams.stderr.write(`lwm2m-scope: --filter, at ${filter.offset + 1}: ${filter.message}\n`);
    return UNUSABLE;
  }
  const records = new Records(analysis);
  await writeRecords(records.of(args.kind, filter), args, streams);
  return reportFaults(analysis, streams);
}

async function writeRecords(
  records: AsyncIterable<Parameters<RecordWriter['record']>[0]>,
  args: CliArguments,
  streams: CliStreams,
): Promise<void> {
  const target: NodeJS.WritableStream =
    args.output === undefined ? streams.stdout : createWriteStream(args.output);
  const format =
    args.format ?? (args.output === undefined && streams.stdout.isTTY === true ? 'text' : 'ndjson');
  const writer = new RecordWriter(args.kind, format);
  let closed = false;
  const onError = (error: NodeJS.ErrnoException): void => {
    // A reader that has seen enough, as in `| head`, ends it quietly.
    if (error.code === 'EPIPE') closed = true;
    else throw error;
  };
  target.on('error', onError);
  let text = writer.begin();
  const flush = async (): Promise<void> => {
    if (text === '' || closed) return;
    const piece = text;
    text = '';
    if (!target.write(piece)) await new Promise<void>((resolve) => waitForRoom(target, resolve));
  };
  for await (const record of records) {
    if (closed) break;
    text += writer.record(record);
    if (text.length > WRITE_CHARACTERS) await flush();
  }
  text += writer.end();
  await flush();
  if (args.output !== undefined) {
    target.end();
    await once(target, 'close');
  }
  target.off('error', onError);
}

function waitForRoom(target: NodeJS.WritableStream, resolve: () => void): void {
  const done = (): void => {
    target.off('drain', done);
    target.off('error', done);
    target.off('close', done);
    resolve();
  };
  target.on('drain', done);
  target.on('error', done);
  target.on('close', done);
}

function reportFaults(analysis: Analysis, streams: CliStreams): number {
  let code = DONE;
  for (const file of analysis.files) {
    const fault = faultOf(file);
    if (file.unreadable !== undefined) {
      streams.stderr.write(`lwm2m-scope: ${file.name}: ${file.unreadable}\n`);
      code = UNUSABLE;
    } else if (fault !== undefined) {
      const place = fault.offset === undefined ? '' : ` at byte ${fault.offset}`;
      streams.stderr.write(
        `lwm2m-scope: ${file.name}: ${fault.text}${place}; what stands before it was read\n`,
      );
      code = UNUSABLE;
    }
  }
  return code;
}

function hostOf(analysis: Analysis, streams: CliStreams, stores: { close(): Promise<void> }[]): ReadingHost {
  const shows = streams.stderr.isTTY === true;
  let shown = 0;
  return {
    createSpool: async () => {
      const store = await TemporaryStore.create();
      stores.push(store);
      return store;
    },
    breathe: () => undefined,
    stopped: () => false,
    progress: () => {
      if (!shows || analysis.frames.frames - shown < 100_000) return;
      shown = analysis.frames.frames;
      streams.stderr.write(`\r${shown} frames read`);
    },
  };
}

function fileTrouble(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'the file may not be read';
  if (error.code === 'EISDIR') return 'this is a directory, not a capture';
  return error.message;
}
