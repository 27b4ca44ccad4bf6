import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMPARISON_OPERATORS } from '../../../src/analysis/filter/ast.ts';
import { compileFilterText } from '../../../src/analysis/filter/compile.ts';
import type { FilterField } from '../../../src/analysis/filter/field.ts';
import { messageFields } from '../../../src/analysis/filter/message-fields.ts';
import { columnsOf } from './message-rows.ts';

const text = readFileSync(fileURLToPath(new URL('../../../docs/filter.md', import.meta.url)), 'utf8');
const fields = messageFields(columnsOf([]));

/** Cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) =>
        cell
          .trim()
          .replace(/^`(.*)`$/, '$1')
          .replaceAll('\\|', '|'),
      ),
  );
}

/** Where a field is kept, as the page names it. */
const KEPT_IN = { columns: '', values: 'table', bytes: 'bytes' } as const;

function kindOf(field: FilterField): string {
  switch (field.kind) {
    case 'number':
      if (field.orText !== undefined) return 'number or text';
      return field.unit === undefined ? 'number' : `number of ${field.unit}`;
    case 'enumerated':
      return field.numeric ? 'name or number' : 'name';
    case 'boolean':
      return 'true or false';
    case 'presence':
      return 'stands alone';
    default:
      return field.kind;
  }
}

describe('docs/filter.md', () => {
  it('lists exactly the fields there are', () => {
    const declared = fields.fields.map((field) => [
      field.name,
      kindOf(field),
      field.title,
      KEPT_IN[field.where],
      field.wireshark ? 'yes' : '',
    ]);
    expect(table('Fields')).toEqual(declared);
  });

  it('lists exactly the aliases there are', () => {
    const declared = fields.aliases.map(({ alias, field, wireshark }) => [
      alias,
      field,
      wireshark ? 'yes' : '',
    ]);
    expect(table('Other names of fields')).toEqual(declared);
  });

  it('lists every operator', () => {
    const listed = table('Operators').map(([operator]) => operator);
    for (const operator of [...COMPARISON_OPERATORS, 'in', '&&', '||', '!'])
      expect(listed).toContain(operator);
  });

  it('shows filters that can be used', () => {
    const examples = [...text.matchAll(/^ {4}(\S.*?)(?: {3,}.*)?$/gm)].map(([, filter]) => filter!);
    expect(examples.length).toBeGreaterThan(8);
    for (const filter of [...examples, ...table('Operators').map((cells) => cells[2] ?? '')]) {
      expect(compileFilterText(filter, fields), filter).toMatchObject({ ok: true });
    }
  });
});
