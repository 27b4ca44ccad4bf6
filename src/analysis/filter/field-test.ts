import type { ComparisonOperator, Literal } from './ast.ts';
import type { FilterField } from './field.ts';
import type { FilterError, TextSpan } from './filter-error.ts';
import { filterError } from './filter-error.ts';
import type { RowTest } from './row-test.ts';

/** A comparison for which a field needs a test of its own; `!=` is made of presence and `==`. */
export type PositiveOperator = Exclude<ComparisonOperator, '!='>;

/** What a field of one kind can be asked. Each answer is a test, or what is wrong with the question. */
export interface FieldTest {
  present(): RowTest;
  /** True where any value of the field compares so with the literal. */
  compare(operator: PositiveOperator, value: Literal, span: TextSpan): RowTest | FilterError;
  /** True where any value is one of the literals. */
  among(values: readonly Literal[]): RowTest | FilterError;
  /** True where any value lies in the range, both ends included. */
  between(from: Literal, to: Literal): RowTest | FilterError;
}

/** True where a test could not be made. */
export function isError(answer: object): answer is FilterError {
  return 'ok' in answer && answer.ok === false;
}

/** The error for an operator that means nothing for a kind of field. */
export function wrongOperator(field: FilterField, span: TextSpan, holds: string, use: string): FilterError {
  return filterError(span, `${field.name} holds ${holds}: use ${use}.`);
}

/** Reads all literals, or gives the first error. */
export function readAll<Value>(
  literals: readonly Literal[],
  read: (literal: Literal) => Value | FilterError,
): Value[] | FilterError {
  const values: Value[] = [];
  for (const literal of literals) {
    const value = read(literal);
    if (typeof value === 'object' && value !== null && isError(value)) return value;
    values.push(value as Value);
  }
  return values;
}
