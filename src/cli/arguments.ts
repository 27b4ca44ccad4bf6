import { parseArgs } from 'node:util';
import {
  type ClockOffset,
  type DecodeAsRule,
  type LowpanContextRule,
  parseDecodeAs,
  parseLowpanContext,
  parseOffset,
} from '../analysis/settings.ts';
import { RECORD_KINDS, type RecordKind } from '../analysis/records/records.ts';

export const FORMATS = ['text', 'ndjson', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** What the command line asks for. */
export interface CliArguments {
  kind: RecordKind;
  captures: string[];
  format: Format | undefined;
  filter: string | undefined;
  output: string | undefined;
  /** What ports carry, whatever their datagrams look like. */
  decodeAs: DecodeAsRule[];
  /** Files and folders with object definitions that go before the registry's own. */
  objects: string[];
  /** Leave out secrets. */
  redact: boolean;
  /** Prefixes of 6LoWPAN networks, one for each number at most. */
  lowpanContexts: LowpanContextRule[];
  /** What is added to the times of captures. */
  clockOffsets: ClockOffset[];
  /** Print each message as soon as it was read. */
  follow: boolean;
}

/** Thrown for arguments that cannot be used; the message is one line that says what to do. */
export class UsageError extends Error {}

/** Reads the arguments after the program's name. Throws `UsageError`. */
export function readArguments(argv: readonly string[]): CliArguments {
  const [command, ...rest] = argv;
  if (command === undefined || !isRecordKind(command))
    throw new UsageError(
      `${command === undefined ? 'a command is missing' : `there is no command '${command}'`}; commands are ${RECORD_KINDS.join(', ')}, serve, tap (see --help)`,
    );
  let parsed;
  try {
    parsed = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        filter: { type: 'string' },
        output: { type: 'string', short: 'o' },
        follow: { type: 'boolean', short: 'f' },
        'decode-as': { type: 'string', multiple: true },
        objects: { type: 'string', multiple: true },
        redact: { type: 'boolean' },
        'lowpan-context': { type: 'string', multiple: true },
        offset: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
  const { values, positionals } = parsed;
  if (positionals.length === 0)
    throw new UsageError(`'${command}' needs a capture: a file in pcap or pcapng, or - for standard input`);
  if (positionals.filter((name) => name === '-').length > 1)
    throw new UsageError('standard input (-) can be given once only');
  const format = values.format;
  if (format !== undefined && !(FORMATS as readonly string[]).includes(format))
    throw new UsageError(`--format ${format}: known formats are ${FORMATS.join(', ')}`);
  if (values.filter !== undefined && command !== 'messages' && command !== 'values')
    throw new UsageError('--filter works on messages and values only so far');
  if (values.follow === true && command !== 'messages')
    throw new UsageError('--follow prints messages as they come; other records are made at the end');
  return {
    kind: command,
    captures: positionals,
    format: format as Format | undefined,
    filter: values.filter,
    output: values.output,
    decodeAs: (values['decode-as'] ?? []).map(readRule),
    objects: values.objects ?? [],
    redact: values.redact === true,
    lowpanContexts: readContexts(values['lowpan-context'] ?? []),
    clockOffsets: readOffsets(values.offset ?? [], positionals),
    follow: values.follow === true,
  };
}

function readRule(text: string): DecodeAsRule {
  const rule = parseDecodeAs(text);
  if (typeof rule === 'string') throw new UsageError(`--decode-as: ${rule}`);
  return rule;
}

function readContexts(texts: readonly string[]): LowpanContextRule[] {
  const contexts: LowpanContextRule[] = [];
  for (const text of texts) {
    const context = parseLowpanContext(text);
    if (typeof context === 'string') throw new UsageError(`--lowpan-context: ${context}`);
    if (contexts.some(({ number }) => number === context.number))
      throw new UsageError(`--lowpan-context: context ${context.number} is given twice`);
    contexts.push(context);
  }
  return contexts;
}

/** Reads `FILE=SECONDS`, where FILE is a capture as it was given or its number from 1. */
function readOffsets(texts: readonly string[], captures: readonly string[]): ClockOffset[] {
  const offsets: ClockOffset[] = [];
  for (const text of texts) {
    const equals = text.lastIndexOf('=');
    if (equals <= 0) throw new UsageError(`--offset ${text}: give FILE=SECONDS, such as b.pcap=-1.5`);
    const file = fileOf(text.slice(0, equals), captures);
    const correction = parseOffset(text.slice(equals + 1));
    if (typeof correction === 'string') throw new UsageError(`--offset ${text}: ${correction}`);
    if (offsets.some((other) => other.file === file))
      throw new UsageError(`--offset ${text}: ${captures[file]} has an offset already`);
    offsets.push({ file, ...correction });
  }
  return offsets;
}

function fileOf(name: string, captures: readonly string[]): number {
  const index = captures.indexOf(name);
  if (index !== captures.lastIndexOf(name))
    throw new UsageError(
      `--offset ${name}: this capture is given ${captures.filter((other) => other === name).length} times; name it by its number`,
    );
  if (index >= 0) return index;
  const number = /^\d+$/.test(name) ? Number(name) : 0;
  if (number >= 1 && number <= captures.length) return number - 1;
  throw new UsageError(
    `--offset ${name}: this is none of the captures; they are ${captures.map((capture, at) => `${at + 1} ${capture}`).join(', ')}`,
  );
}

function isRecordKind(text: string): text is RecordKind {
  return (RECORD_KINDS as readonly string[]).includes(text);
}
