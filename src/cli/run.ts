import { once } from 'node:events';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Analysis, faultOf } from '../analysis/analysis.ts';
import { compileMessageFilter } from '../analysis/message-filter.ts';
import { readSources, type ReadingHost, type Source } from '../analysis/open.ts';
import { Records } from '../analysis/records/records.ts';
import { faultLine } from '../lwm2m/registry/definition-files.ts';
import { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { type CliArguments, readArguments, UsageError } from './arguments.ts';
import { followMessages } from './follow.ts';
import { FileStore, openCapture, TemporaryStore } from './file-store.ts';
import { readObjectPaths } from './object-paths.ts';
import { RecordWriter } from './output.ts';
import { printable } from './text-line.ts';

/** Streams of the process, or stand-ins in tests. */
export interface CliStreams {
  stdin: AsyncIterable<Uint8Array>;
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

/** Exit codes of output.md. */
const DONE = 0;
const UNUSABLE = 2;
/** Faults of object definitions that are told, one line each. */
const SHOWN_FAULTS = 20;
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
    return unusable(streams, error.message);
  }
  const stores: { close(): Promise<void> }[] = [];
  try {
    return await analyse(args, streams, stores);
  } catch (error) {
    // What the system refuses (a full disk, a file that went away) is told; anything else is a fault of ours.
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || code.startsWith('ERR_')) throw error;
    return unusable(streams, message);
  } finally {
    for (const store of stores) await store.close();
  }
}

/** Says in one line why nothing, or no more, can be done. */
function unusable(streams: CliStreams, text: string): number {
  streams.stderr.write(`lwm2m-scope: ${printable(text)}\n`);
  return UNUSABLE;
}

async function analyse(
  args: CliArguments,
  streams: CliStreams,
  stores: { close(): Promise<void> }[],
): Promise<number> {
  const sources: Source[] = [];
  for (const path of args.captures) {
    if (path === '-') {
      sources.push({ name: '-', stream: streams.stdin, isLive: args.follow });
      continue;
    }
    try {
      const opened = await openCapture(path);
      stores.push(opened);
      const name = basename(path);
      sources.push(
        opened instanceof FileStore
          ? { name, store: opened }
          : { name, stream: opened.stream, isLive: args.follow },
      );
    } catch (error) {
      return unusable(streams, `${path}: ${fileTrouble(error as NodeJS.ErrnoException)}`);
    }
  }
  if (args.output !== undefined && (await isOneOf(args.output, args.captures)))
    return unusable(streams, `--output ${args.output}: this is the capture itself`);
  const { definitions, faults, notes } = await readObjectPaths(args.objects);
  if (faults.length > 0) {
    for (const fault of faults.slice(0, SHOWN_FAULTS)) unusable(streams, `--objects ${faultLine(fault)}`);
    if (faults.length > SHOWN_FAULTS)
      unusable(streams, `--objects: ${faults.length - SHOWN_FAULTS} more faults`);
    return UNUSABLE;
  }
  for (const note of notes) streams.stderr.write(`lwm2m-scope: ${printable(note)}\n`);
  const registry = ObjectRegistry.core();
  registry.use(definitions);
  const analysis = new Analysis(registry, {
    decodeAs: args.decodeAs,
    objects: definitions,
    lowpanContexts: args.lowpanContexts,
    clockOffsets: args.clockOffsets,
  });
  // A filter that cannot be read is told before a large capture is.
  let filter = args.filter === undefined ? undefined : compileMessageFilter(args.filter, analysis);
  if (filter !== undefined && !('test' in filter))
    return unusable(streams, `--filter, at ${filter.offset + 1}: ${filter.message}`);
  await registry.loadAll();
  const host = hostOf(analysis, streams, stores);
  if (args.follow) {
    await writeRecords(
      followMessages(analysis, new Records(analysis, args.redact), sources, host, filter),
      args,
      streams,
    );
    host.clearProgress();
    return reportFaults(analysis, streams);
  }
  await readSources(analysis, sources, host);
  host.clearProgress();
  if (args.filter !== undefined) {
    filter = compileMessageFilter(args.filter, analysis);
    if (!('test' in filter)) return unusable(streams, `--filter, at ${filter.offset + 1}: ${filter.message}`);
  }
  const records = new Records(analysis, args.redact);
  await writeRecords(records.of(args.kind, filter), args, streams);
  return reportFaults(analysis, streams);
}

async function writeRecords(
  records: AsyncIterable<Parameters<RecordWriter['record']>[0]>,
  args: CliArguments,
  streams: CliStreams,
): Promise<void> {
  const target: NodeJS.WritableStream =
    args.output === undefined ? streams.stdout : (await open(args.output, 'w')).createWriteStream();
  const format =
    args.format ?? (args.output === undefined && streams.stdout.isTTY === true ? 'text' : 'ndjson');
  const writer = new RecordWriter(args.kind, format);
  let closed = false;
  let trouble: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    closed = true;
    // A reader that has seen enough, as in `| head`, ends it quietly.
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') trouble ??= error;
  };
  target.on('error', onError);
  let text = writer.begin();
  const flush = async (): Promise<void> => {
    if (text === '' || closed) return;
    const piece = text;
    text = '';
    const error = await new Promise<Error | null | undefined>((resolve) => target.write(piece, resolve));
    if (error) onError(error);
  };
  for await (const record of records) {
    if (closed) break;
    text += writer.record(record);
    if (text.length > WRITE_CHARACTERS || args.follow) await flush();
  }
  text += writer.end();
  await flush();
  if (args.output !== undefined && !closed) {
    const isClosed = once(target, 'close');
    target.end();
    await isClosed;
  }
  // The event of an error may come after its write.
  if (!closed) target.off('error', onError);
  if (trouble !== undefined) throw trouble;
}

function reportFaults(analysis: Analysis, streams: CliStreams): number {
  let code = DONE;
  for (const file of analysis.files) {
    const fault = faultOf(file);
    if (file.unreadable !== undefined) {
      code = unusable(streams, `${file.name}: ${file.unreadable}`);
    } else if (fault !== undefined) {
      const place = fault.offset === undefined ? '' : ` at byte ${fault.offset}`;
      code = unusable(streams, `${file.name}: ${fault.text}${place}; what stands before it was read`);
    }
  }
  return code;
}

function hostOf(
  analysis: Analysis,
  streams: CliStreams,
  stores: { close(): Promise<void> }[],
): ReadingHost & { clearProgress(): void } {
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
    clearProgress: () => {
      if (shown > 0) streams.stderr.write('\r\u001b[K');
    },
  };
}

/** Whether a path leads to the same file as one of the captures. */
async function isOneOf(path: string, captures: readonly string[]): Promise<boolean> {
  const output = await stat(path).catch(() => undefined);
  if (output?.isFile() !== true) return false;
  for (const capture of captures) {
    if (capture === '-') continue;
    const { dev, ino } = await stat(capture);
    if (dev === output.dev && ino === output.ino) return true;
  }
  return false;
}

function fileTrouble(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'the file may not be read';
  if (error.code === 'EISDIR') return 'this is a directory, not a capture';
  return error.message;
}
