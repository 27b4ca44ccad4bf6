import type { FieldName, FilterNode, Literal, SetMember } from './ast.ts';
import type { EachValue, FieldPlace, FilterField, FilterFields } from './field.ts';
import { FIELD_PLACES } from './field.ts';
import type { FieldTest } from './field-test.ts';
import { isError } from './field-test.ts';
import type { FilterError } from './filter-error.ts';
import { filterError, nameList, quoted } from './filter-error.ts';
import { readNumber } from './literal.ts';
import { nearestNames } from './nearest-names.ts';
import { booleanFieldTest, enumeratedFieldTest, numberFieldTest, timeFieldTest } from './number-test.ts';
import type { ParsedFilter } from './parser.ts';
import { parseFilter } from './parser.ts';
import type { RowTest } from './row-test.ts';
import { allOf, anyOf, everyRow, notOf } from './row-test.ts';
import { addressFieldTest, bytesFieldTest, presenceFieldTest, textFieldTest } from './text-test.ts';
import { isFieldName } from './word.ts';

/**
 * A filter ready to be asked row by row. It keeps what it found for interned texts by id: where a text of an id
 * changes (a device gets its name), the filter is compiled anew.
 */
export interface CompiledFilter {
  ok: true;
  /** True where the row passes. Does not allocate; rows may be asked in any order. */
  test: RowTest;
  /** The dearest place that `test` reads. */
  reads: FieldPlace;
  /**
   * Only where `reads` is `bytes`: makes the bytes of a row ready, which must be done before `test` is asked about it.
   * Gives nothing to wait for where they are at hand.
   */
  prepare?: (row: number) => Promise<void> | undefined;
  /** What every row that passes passes too, without bytes: rows that fail it need none. */
  before: RowTest;
}

/** A test with the place it reads, as an index in `FIELD_PLACES`. */
interface PlacedTest {
  test: RowTest;
  place: number;
  /** What must be true of each row that passes and needs no bytes; absent where nothing is known. */
  before?: RowTest;
}

const BYTES = FIELD_PLACES.indexOf('bytes');

/** What a filter reads of a row beside columns. */
export interface RowPreparation {
  prepare: (row: number) => Promise<void> | undefined;
}

/** Asks a test about each value of a row. */
function ofEach(each: EachValue, test: RowTest | FilterError): RowTest | FilterError {
  return isError(test) ? test : (row) => each(row, test);
}

/** Tests on one value at a time, put to all values of a row. */
function overValues(each: EachValue, one: FieldTest): FieldTest {
  const present = one.present();
  return {
    present: () => (row) => each(row, present),
    compare: (operator, value, span) => ofEach(each, one.compare(operator, value, span)),
    among: (values) => ofEach(each, one.among(values)),
    between: (from, to) => ofEach(each, one.between(from, to)),
  };
}

function fieldTest(field: FilterField): FieldTest {
  const test = testOfKind(field);
  return field.each === undefined ? test : overValues(field.each, test);
}

function testOfKind(field: FilterField): FieldTest {
  switch (field.kind) {
    case 'number':
      return numberFieldTest(field);
    case 'enumerated':
      return enumeratedFieldTest(field);
    case 'text':
      return textFieldTest(field);
    case 'boolean':
      return booleanFieldTest(field);
    case 'presence':
      return presenceFieldTest(field);
    case 'address':
      return addressFieldTest(field);
    case 'bytes':
      return bytesFieldTest(field);
    case 'time':
      return timeFieldTest(field);
  }
}

/** The parts of a filter that ask a field. */
type AskingNode = Extract<FilterNode, { field: FieldName }>;

/** Whether a field that holds numbers and texts is compared with a text: with what is quoted, or is no number. */
function comparesText(node: AskingNode): boolean {
  const isText = ({ quoted: isQuoted, text }: Literal): boolean => isQuoted || readNumber(text) === undefined;
  if (node.kind === 'present') return false;
  if (node.kind === 'compare') return node.operator === 'contains' || isText(node.value);
  return node.members.some((member) =>
    member.kind === 'value' ? isText(member.value) : isText(member.from) || isText(member.to),
  );
}

/** What a term says of a row before its bytes are read; undefined where that is nothing. */
function withoutBytes(term: PlacedTest): RowTest | undefined {
  return term.place === BYTES ? term.before : term.test;
}

class FilterCompiler {
  readonly #fields: FilterFields;

  constructor(fields: FilterFields) {
    this.#fields = fields;
  }

  compile(node: FilterNode): PlacedTest | FilterError {
    switch (node.kind) {
      case 'everything':
        return { test: everyRow, place: 0 };
      case 'and':
      case 'or':
        return this.#join(node.kind, node.terms);
      case 'not': {
        const term = this.compile(node.term);
        return isError(term) ? term : { test: notOf(term.test), place: term.place };
      }
      case 'present':
        return this.#ask(node, (field) => fieldTest(field).present());
      case 'compare':
        return this.#ask(node, (field) => {
          const { operator, value, operatorSpan } = node;
          const wrong = this.#fieldAsValue(value);
          if (wrong !== undefined) return wrong;
          const tests = fieldTest(field);
          if (operator !== '!=') return tests.compare(operator, value, operatorSpan);
          const equal = tests.compare('==', value, operatorSpan);
          return isError(equal) ? equal : allOf([tests.present(), notOf(equal)]);
        });
      case 'in':
        return this.#ask(node, (field) => this.#set(fieldTest(field), node.members));
    }
  }

  #join(kind: 'and' | 'or', nodes: readonly FilterNode[]): PlacedTest | FilterError {
    const terms: PlacedTest[] = [];
    for (const node of nodes) {
      const term = this.compile(node);
      if (isError(term)) return term;
      terms.push(term);
    }
    // What is cheap to read is asked first: it often decides.
    terms.sort((left, right) => left.place - right.place);
    const tests = terms.map(({ test }) => test);
    const joined: PlacedTest = {
      test: kind === 'and' ? allOf(tests) : anyOf(tests),
      place: terms.at(-1)?.place ?? 0,
    };
    if (kind === 'and' && joined.place === BYTES) {
      const known = terms.map(withoutBytes).filter((test) => test !== undefined);
      if (known.length > 0) joined.before = allOf(known);
    }
    return joined;
  }

  #ask(node: AskingNode, make: (field: FilterField) => RowTest | FilterError): PlacedTest | FilterError {
    const named = this.#fields.find(node.field.name);
    if (named === undefined) return this.#unknown(node.field);
    const asText = named.kind === 'number' && named.orText !== undefined && comparesText(node);
    const field = asText ? (named.orText ?? named) : named;
    const test = make(field);
    return isError(test) ? test : { test, place: FIELD_PLACES.indexOf(field.where) };
  }

  #set(tests: FieldTest, members: readonly SetMember[]): RowTest | FilterError {
    const values: Literal[] = [];
    const parts: RowTest[] = [];
    for (const member of members) {
      const literals = member.kind === 'value' ? [member.value] : [member.from, member.to];
      for (const literal of literals) {
        const wrong = this.#fieldAsValue(literal);
        if (wrong !== undefined) return wrong;
      }
      if (member.kind === 'value') {
        values.push(member.value);
        continue;
      }
      const range = tests.between(member.from, member.to);
      if (isError(range)) return range;
      parts.push(range);
    }
    if (values.length > 0) {
      const among = tests.among(values);
      if (isError(among)) return among;
      parts.unshift(among);
    }
    return anyOf(parts);
  }

  /** A bare name of a field in the place of a value: people mean the field, which cannot be compared with. */
  #fieldAsValue(literal: Literal): FilterError | undefined {
    const { text } = literal;
    if (literal.quoted || !text.includes('.') || !isFieldName(text)) return undefined;
    if (this.#fields.find(text) === undefined) return undefined;
    return filterError(
      literal,
      `A field is compared with a value, not with another field. If ${quoted(text)} is the text, put it in double quotes.`,
    );
  }

  #unknown(name: FieldName): FilterError {
    const { fields, aliases } = this.#fields;
    const names = [...fields.map((field) => field.name), ...aliases.map(({ alias }) => alias)];
    const near = nearestNames(name.name, names);
    const hint =
      near.length > 0
        ? `Did you mean ${nameList(near)}?`
        : name.name.includes('.')
          ? 'Names begin such as coap., lwm2m., ip., udp. or frame.'
          : 'Each side of && and || is a comparison with its own field, such as coap.type == CON.';
    return filterError(name, `There is no field ${quoted(name.name)}. ${hint}`);
  }
}

/**
 * Makes a test of a parsed filter. A field with several values passes where any of them fits; `!=` where it has
 * values and none is equal; a field without a value passes nothing but a `!`. Gives the error with its place
 * where a field is unknown or a value does not suit its field. Never throws.
 */
export function compileFilter(
  filter: FilterNode,
  fields: FilterFields,
  preparation?: RowPreparation,
): CompiledFilter | FilterError {
  const compiled = new FilterCompiler(fields).compile(filter);
  if (isError(compiled)) return compiled;
  const { test, place } = compiled;
  const made: CompiledFilter = {
    ok: true,
    test,
    reads: FIELD_PLACES[place] ?? 'bytes',
    before: withoutBytes(compiled) ?? everyRow,
  };
  if (place === BYTES && preparation !== undefined) made.prepare = preparation.prepare;
  return made;
}

/** Parses and compiles a filter's text in one step. */
export function compileFilterText(
  text: string,
  fields: FilterFields,
  preparation?: RowPreparation,
): CompiledFilter | FilterError {
  const parsed: ParsedFilter = parseFilter(text);
  return parsed.ok ? compileFilter(parsed.filter, fields, preparation) : parsed;
}

/** Whether a row passes, its bytes read where the filter needs them; a promise only where it must wait for them. */
export function passesFilter(filter: CompiledFilter, row: number): boolean | Promise<boolean> {
  if (filter.prepare === undefined) return filter.test(row);
  if (!filter.before(row)) return false;
  const wait = filter.prepare(row);
  return wait === undefined ? filter.test(row) : wait.then(() => filter.test(row));
}
