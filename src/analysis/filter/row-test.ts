import type { IdOfRow, NumberOfRow } from './field.ts';

/** Says whether a row passes. Made once for a filter and asked for every row: it allocates nothing. */
export type RowTest = (row: number) => boolean;

export const everyRow: RowTest = () => true;
const noRow: RowTest = () => false;

/** Passes where every one of the tests does, asked in their order. */
export function allOf(tests: readonly RowTest[]): RowTest {
  const [first, second] = tests;
  if (first === undefined) return everyRow;
  if (second === undefined) return first;
  if (tests.length === 2) return (row) => first(row) && second(row);
  return (row) => {
    for (let index = 0; index < tests.length; index++) if (!tests[index]!(row)) return false;
    return true;
  };
}

/** Passes where one of the tests does, asked in their order. */
export function anyOf(tests: readonly RowTest[]): RowTest {
  const [first, second] = tests;
  if (first === undefined) return noRow;
  if (second === undefined) return first;
  if (tests.length === 2) return (row) => first(row) || second(row);
  return (row) => {
    for (let index = 0; index < tests.length; index++) if (tests[index]!(row)) return true;
    return false;
  };
}

/** Passes where the test does not. */
export function notOf(test: RowTest): RowTest {
  return (row) => !test(row);
}

/** Passes where a number is there: absent is NaN, which is not equal to itself. */
export function numberPresent(source: NumberOfRow): RowTest {
  return (row) => {
    const value = source(row);
    return value === value;
  };
}

/** Passes where a number compares so with `limit`; an absent number never does. */
export function numberCompared(
  source: NumberOfRow,
  operator: '==' | '<' | '<=' | '>' | '>=',
  limit: number,
): RowTest {
  switch (operator) {
    case '==':
      return (row) => source(row) === limit;
    case '<':
      return (row) => source(row) < limit;
    case '<=':
      return (row) => source(row) <= limit;
    case '>':
      return (row) => source(row) > limit;
    case '>=':
      return (row) => source(row) >= limit;
  }
}

/** Passes where a number lies between two others or is one of them. */
export function numberBetween(source: NumberOfRow, from: number, to: number): RowTest {
  return (row) => {
    const value = source(row);
    return value >= from && value <= to;
  };
}

/** Up to so many numbers are compared one after the other; more are looked up in a set. */
const COMPARED_SINGLY = 4;

/** Passes where a number is one of `numbers`. */
export function numberAmong(source: NumberOfRow, numbers: readonly number[]): RowTest {
  if (numbers.length <= COMPARED_SINGLY) {
    return anyOf(numbers.map((number) => numberCompared(source, '==', number)));
  }
  const members = new Set(numbers);
  return (row) => members.has(source(row));
}

/** Ids whose finding is kept, one byte each; ids beyond it are asked anew. Interned texts are capped far below. */
const MAXIMUM_KEPT_IDS = 1 << 24;
const KEPT_AT_FIRST = 1024;
const PASSES = 2;
const FAILS = 1;

/** Passes where `holds` is true of the row's id. Asked once for each id, so that a row costs one look-up. */
export function idHolds(idOf: IdOfRow, holds: (id: number) => boolean): RowTest {
  let kept = new Uint8Array(KEPT_AT_FIRST);
  const find = (id: number): boolean => {
    const passes = holds(id);
    if (id >= MAXIMUM_KEPT_IDS) return passes;
    if (id >= kept.length) {
      const larger = new Uint8Array(Math.min(MAXIMUM_KEPT_IDS, Math.max(id + 1, kept.length * 2)));
      larger.set(kept);
      kept = larger;
    }
    kept[id] = passes ? PASSES : FAILS;
    return passes;
  };
  return (row) => {
    const id = idOf(row);
    if (id < 0) return false;
    const finding = id < kept.length ? kept[id]! : 0;
    return finding === 0 ? find(id) : finding === PASSES;
  };
}

/** Makes a test with the first row that is asked; for what is not known before. */
export function whenAsked(make: () => RowTest): RowTest {
  let made: RowTest | undefined;
  return (row) => (made ??= make())(row);
}
