import type { TextSpan } from './filter-error.ts';
import { quoteText } from './word.ts';

/** Comparisons of a field with one value. */
export const COMPARISON_OPERATORS = ['==', '!=', '<', '<=', '>', '>=', 'contains'] as const;
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number];

/** Name of a field as it was written. */
export interface FieldName extends TextSpan {
  name: string;
}

/** A value as it was written; what it means depends on the field beside it. */
export interface Literal extends TextSpan {
  /** Without quotes, escapes resolved. */
  text: string;
  quoted: boolean;
}

/** One member of a set: a value, or a range that includes both ends. */
export type SetMember = { kind: 'value'; value: Literal } | { kind: 'range'; from: Literal; to: Literal };

/** A parsed filter. It says nothing yet of which fields exist. */
export type FilterNode =
  /** The empty filter: every row. */
  | { kind: 'everything' }
  | { kind: 'and' | 'or'; terms: FilterNode[] }
  | { kind: 'not'; term: FilterNode }
  | { kind: 'present'; field: FieldName }
  | {
      kind: 'compare';
      field: FieldName;
      operator: ComparisonOperator;
      operatorSpan: TextSpan;
      value: Literal;
    }
  | { kind: 'in'; field: FieldName; operatorSpan: TextSpan; members: SetMember[] };

function printLiteral(literal: Literal): string {
  return literal.quoted ? quoteText(literal.text) : literal.text;
}

function printMember(member: SetMember): string {
  if (member.kind === 'value') return printLiteral(member.value);
  const from = printLiteral(member.from);
  // `1.` and `..` run together would be read as `1` and `..` and a point.
  return `${from}${from.endsWith('.') ? ' ' : ''}..${printLiteral(member.to)}`;
}

function printTerm(node: FilterNode, parent: 'and' | 'or' | 'not'): string {
  const text = printFilter(node);
  const bare = (node.kind !== 'and' && node.kind !== 'or') || (parent === 'or' && node.kind === 'and');
  return bare ? text : `(${text})`;
}

/**
 * Writes a filter in one spelling: `&&` `||` `!`, one space around operators, parentheses only where they are
 * needed. Parsing the text gives the same filter again. Depth of the filter is bounded by the parser.
 */
export function printFilter(node: FilterNode): string {
  switch (node.kind) {
    case 'everything':
      return '';
    case 'and':
      return node.terms.map((term) => printTerm(term, 'and')).join(' && ');
    case 'or':
      return node.terms.map((term) => printTerm(term, 'or')).join(' || ');
    case 'not':
      return `!${printTerm(node.term, 'not')}`;
    case 'present':
      return node.field.name;
    case 'compare':
      return `${node.field.name} ${node.operator} ${printLiteral(node.value)}`;
    case 'in':
      return `${node.field.name} in {${node.members.map(printMember).join(', ')}}`;
  }
}
