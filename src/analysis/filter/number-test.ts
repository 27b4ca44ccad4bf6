import type { Literal } from './ast.ts';
import type { BooleanField, EnumeratedField, NumberField, NumberOfRow, TimeField } from './field.ts';
import type { FieldTest } from './field-test.ts';
import { isError, readAll, wrongOperator } from './field-test.ts';
import type { FilterError } from './filter-error.ts';
import { filterError, nameList, quoted } from './filter-error.ts';
import { readBoolean, readNumber } from './literal.ts';
import { nearestNames } from './nearest-names.ts';
import type { RowTest } from './row-test.ts';
import { anyOf, numberAmong, numberBetween, numberCompared, numberPresent, whenAsked } from './row-test.ts';
import type { Moment } from './time-literal.ts';
import { readTime } from './time-literal.ts';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
/** Most names that an error lists. */
const LISTED_NAMES = 8;

function ofAny(sources: readonly NumberOfRow[], test: (source: NumberOfRow) => RowTest): RowTest {
  return anyOf(sources.map(test));
}

function rangeError(from: Literal, to: Literal): FilterError {
  return filterError(
    { offset: from.offset, length: to.offset + to.length - from.offset },
    'The range ends before it begins: write the smaller value first.',
  );
}

/** Tests on numbers that are read from literals by `read`; the kinds below differ in it and in `contains`. */
function numbersTest(
  sources: readonly NumberOfRow[],
  read: (literal: Literal) => number | FilterError,
  contains: FieldTest['compare'],
): FieldTest {
  return {
    present: () => ofAny(sources, numberPresent),
    compare(operator, value, span) {
      if (operator === 'contains') return contains(operator, value, span);
      const limit = read(value);
      if (typeof limit === 'object') return limit;
      return ofAny(sources, (source) => numberCompared(source, operator, limit));
    },
    among(values) {
      const numbers = readAll(values, read);
      return isError(numbers) ? numbers : ofAny(sources, (source) => numberAmong(source, numbers));
    },
    between(from, to) {
      const least = read(from);
      if (typeof least === 'object') return least;
      const most = read(to);
      if (typeof most === 'object') return most;
      if (least > most) return rangeError(from, to);
      return ofAny(sources, (source) => numberBetween(source, least, most));
    },
  };
}

/** What can be asked of a number field. */
export function numberFieldTest(field: NumberField): FieldTest {
  const expected = `${field.whole ? 'a whole number' : 'a number'}${field.unit ? ` of ${field.unit}` : ''}`;
  const read = (literal: Literal): number | FilterError => {
    const value = readNumber(literal.text);
    if (value !== undefined && (!field.whole || Number.isInteger(value))) return value;
    const example = field.whole ? '5 or 0x1f' : '0.25';
    return filterError(
      literal,
      `${field.name} is compared with ${expected}, such as ${example}; ${quoted(literal.text)} is none.`,
    );
  };
  const tests = numbersTest(field.sources, read, (_operator, _value, span) =>
    wrongOperator(field, span, 'numbers', '== != < <= > >= or in {…}'),
  );
  const { has } = field;
  return has === undefined ? tests : { ...tests, present: () => has };
}

function readNamed(field: EnumeratedField): (literal: Literal) => number | FilterError {
  const byName = new Map<string, number>();
  for (const { value, names } of field.values) {
    for (const name of names) byName.set(name.toLowerCase(), value);
  }
  return (literal) => {
    const named = byName.get(literal.text.toLowerCase()) ?? field.read?.(literal.text);
    if (named !== undefined) return named;
    const number = field.numeric ? readNumber(literal.text) : undefined;
    if (number !== undefined && Number.isInteger(number)) return number;
    const near = nearestNames(
      literal.text,
      field.values.flatMap(({ names }) => names),
    );
    const first = field.values.slice(0, LISTED_NAMES).map(({ names }) => names[0]!);
    const known =
      near.length > 0
        ? `Did you mean ${nameList(near)}?`
        : field.values.length <= LISTED_NAMES
          ? `Write ${nameList(first)}${field.numeric ? ', or its number' : ''}.`
          : `Values are such as ${nameList(first.slice(0, 4))}${field.numeric ? ', or their numbers' : ''}.`;
    return filterError(literal, `${quoted(literal.text)} is no value of ${field.name}. ${known}`);
  };
}

/** What can be asked of a field with named values. `contains` searches in the names. */
export function enumeratedFieldTest(field: EnumeratedField): FieldTest {
  return numbersTest(field.sources, readNamed(field), (_operator, value) => {
    const holding = field.values.filter(({ names }) => names.some((name) => name.includes(value.text)));
    const numbers = holding.map((named) => named.value);
    return ofAny(field.sources, (source) => numberAmong(source, numbers));
  });
}

/** What can be asked of a field that is true or false. */
export function booleanFieldTest(field: BooleanField): FieldTest {
  const read = (literal: Literal): number | FilterError =>
    readBoolean(literal.text) ??
    filterError(literal, `${field.name} is compared with true or false; ${quoted(literal.text)} is neither.`);
  const use = '== true or == false';
  const numbers = numbersTest(field.sources, read, (_operator, _value, span) =>
    wrongOperator(field, span, 'true or false', use),
  );
  return {
    ...numbers,
    compare: (operator, value, span) =>
      operator === '=='
        ? numbers.compare(operator, value, span)
        : wrongOperator(field, span, 'true or false', use),
    between: (from, to) =>
      filterError(
        { offset: from.offset, length: to.offset + to.length - from.offset },
        `${field.name} holds true or false, which have no range.`,
      ),
  };
}

/** What can be asked of a moment. The capture's epoch is asked for with the first row, when it is known. */
export function timeFieldTest(field: TimeField): FieldTest {
  const read = (literal: Literal): Moment | FilterError =>
    readTime(literal.text) ??
    filterError(
      literal,
      `${quoted(literal.text)} is no time. Write 2026-01-31T12:30:00Z, in quotes with a space for the T, or seconds since 1970 such as 1763856000.5.`,
    );
  const offset = (moment: Moment): number => {
    const epoch = field.epoch();
    return (
      (moment.seconds - epoch.seconds) * NANOSECONDS_PER_SECOND + (moment.nanoseconds - epoch.nanoseconds)
    );
  };
  return {
    present: () => numberPresent(field.offsetOf),
    compare(operator, value, span) {
      if (operator === 'contains') return wrongOperator(field, span, 'times', '< <= > >= or in {from..to}');
      const moment = read(value);
      if (isError(moment)) return moment;
      return whenAsked(() => numberCompared(field.offsetOf, operator, offset(moment)));
    },
    among(values) {
      const moments = readAll(values, read);
      if (isError(moments)) return moments;
      return whenAsked(() => numberAmong(field.offsetOf, moments.map(offset)));
    },
    between(from, to) {
      const first = read(from);
      if (isError(first)) return first;
      const last = read(to);
      if (isError(last)) return last;
      const reversed =
        first.seconds > last.seconds ||
        (first.seconds === last.seconds && first.nanoseconds > last.nanoseconds);
      if (reversed) return rangeError(from, to);
      return whenAsked(() => numberBetween(field.offsetOf, offset(first), offset(last)));
    },
  };
}
