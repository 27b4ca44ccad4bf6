import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { SHARED_FIELDS } from './compare.ts';
import { CORPORA } from './corpora.ts';
import { DIFFERENCES, TOTALS } from './differences.ts';

/** Where the table of differences stands for readers. */
export const PAGE = resolve(fileURLToPath(import.meta.url), '../../../docs/differences-from-wireshark.md');

const number = (value: number): string => value.toLocaleString('en-US');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The table of differences as the documentation has it, formatted as the project formats. */
export async function differencesPage(): Promise<string> {
  const sum = (corpus: (typeof CORPORA)[number]): number =>
    DIFFERENCES.reduce((total, { found }) => total + found[corpus], 0);
  const text = [
    '# Differences from Wireshark',
    '',
    'Written by `npm run agreement`, which compares every field of CoAP that Wireshark shares with us, message by',
    'message, with one run of tshark 4.0 for each capture. It fails on a difference that no entry below gives the',
    'reason of, and on an entry that nothing belongs to. Values are compared in one unit: codes and block sizes as',
    'raw numbers, content-formats by number, and where Wireshark shows the length of a whole body, the length of the',
    'message’s own payload. CoAP over UDP in the clear is compared; what is quoted by ICMP errors, goes over TCP or',
    'stands in DTLS is not.',
    '',
    row(['', ...CORPORA.map((corpus) => corpus)]),
    row(['---', ...CORPORA.map(() => '---:')]),
    ...(['captures', 'messages', 'fields'] as const).map((what) =>
      row([`${what} compared`, ...CORPORA.map((corpus) => number(TOTALS[corpus][what]))]),
    ),
    row(['fields that differ', ...CORPORA.map((corpus) => number(sum(corpus)))]),
    '',
    `The fixtures are committed and are among the recorded captures; the public ones are those that others published.`,
    '',
    '## What differs, and what decides',
    '',
    ...DIFFERENCES.flatMap((entry) => [
      `### ${entry.name[0]!.toUpperCase()}${entry.name.slice(1)}`,
      '',
      `- Fields: ${entry.fields.map((field) => `\`${field}\``).join(', ')}`,
      `- Wireshark: ${entry.wireshark}`,
      `- Here: ${entry.ours}`,
      `- Decides for ${entry.decidesFor}: ${entry.clause}.`,
      `- Found: ${CORPORA.map((corpus) => `${number(entry.found[corpus])} ${corpus}`).join(', ')}`,
      '',
    ]),
    '## Fields compared',
    '',
    `${SHARED_FIELDS.map(([field]) => `\`${field}\``).join(', ')}. A message that only one of the two finds counts as a difference in \`coap\`.`,
  ].join('\n');
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}
