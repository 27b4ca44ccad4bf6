import type { ComparisonOperator, FieldName, FilterNode, Literal, SetMember } from './ast.ts';
import type { FilterError, TextSpan } from './filter-error.ts';
import { filterError, quoted } from './filter-error.ts';
import type { Mark, Token } from './lexer.ts';
import { readTokens } from './lexer.ts';
import { isFieldName, isReserved } from './word.ts';

/** Longest filter, in UTF-16 units: room for a set of some thousand values, and still read at once. */
export const MAXIMUM_FILTER_UNITS = 65536;
/** Deepest nesting of parentheses and negations, so that no filter exhausts the stack. */
export const MAXIMUM_DEPTH = 100;

export type ParsedFilter = { ok: true; filter: FilterNode } | FilterError;

/** Operators as they may be written, beside the marks themselves. The letters are Wireshark's. */
const WORD_OPERATORS: Readonly<Record<string, ComparisonOperator>> = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  contains: 'contains',
};

const MARK_OPERATORS: Readonly<Partial<Record<Mark, ComparisonOperator>>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Binding powers: `and` holds its sides together before `or` does, as in Wireshark 4. */
const POWER = { or: 1, and: 2 } as const;

const EXAMPLE = 'such as coap.code == 2.05';

/** The comparison that a token stands for, or undefined. */
export function comparisonOf(token: Token): ComparisonOperator | undefined {
  if (token.kind === 'mark') return MARK_OPERATORS[token.mark];
  if (token.kind !== 'word') return undefined;
  const word = token.text.toLowerCase();
  return Object.hasOwn(WORD_OPERATORS, word) ? WORD_OPERATORS[word] : undefined;
}

/** The joining operator that a token stands for, or undefined. */
export function joinOf(token: Token): 'and' | 'or' | undefined {
  if (isMark(token, '&&') || isWord(token, 'and')) return 'and';
  if (isMark(token, '||') || isWord(token, 'or')) return 'or';
  return undefined;
}

/** True where a token is the given mark. */
export function isMark(token: Token, mark: Mark): boolean {
  return token.kind === 'mark' && token.mark === mark;
}

/** True where a token is the given word, in upper or lower case. */
export function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === word;
}

function spanOf(token: Token): TextSpan {
  return { offset: token.offset, length: token.length };
}

class FilterParser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;
  error: FilterError | undefined = undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[this.#position] ?? this.#tokens.at(-1)!;
  }

  #advance(): Token {
    const token = this.peek();
    this.#position++;
    return token;
  }

  /** Keeps the first error; a fault of the lexer at this place explains more than what was expected. */
  fail(span: TextSpan, message: string): undefined {
    const token = this.peek();
    if (token.kind === 'fault' && span.offset >= token.offset) {
      this.error ??= filterError(token, token.message);
    } else this.error ??= filterError(span, message);
    return undefined;
  }

  parseExpression(power: number): FilterNode | undefined {
    let left = this.#parsePrefix();
    // The node this loop made: `a and b and c` is one node with three terms, however many they are.
    let joined: { kind: 'and' | 'or'; terms: FilterNode[] } | undefined;
    while (left !== undefined) {
      const kind = joinOf(this.peek());
      if (kind === undefined || POWER[kind] <= power) return left;
      this.#advance();
      const right = this.parseExpression(POWER[kind]);
      if (right === undefined) return undefined;
      if (joined?.kind === kind) joined.terms.push(right);
      else left = joined = { kind, terms: [left, right] };
    }
    return undefined;
  }

  #parsePrefix(): FilterNode | undefined {
    const token = this.peek();
    if (isMark(token, '!') || isWord(token, 'not')) {
      if (!this.#enter(token)) return undefined;
      this.#advance();
      const term = this.#parsePrefix();
      this.#depth--;
      return term && { kind: 'not', term };
    }
    if (isMark(token, '(')) {
      if (!this.#enter(token)) return undefined;
      this.#advance();
      const inner = this.parseExpression(0);
      this.#depth--;
      if (inner === undefined) return undefined;
      if (!isMark(this.peek(), ')')) {
        if (this.peek().kind === 'end') return this.fail(token, 'This parenthesis is not closed.');
        return this.fail(this.peek(), 'Here ) is expected, or && or || with a further comparison.');
      }
      this.#advance();
      return inner;
    }
    return this.#parseComparison();
  }

  #enter(token: Token): boolean {
    if (this.#depth < MAXIMUM_DEPTH) {
      this.#depth++;
      return true;
    }
    this.fail(token, `Parentheses and negations are nested more than ${MAXIMUM_DEPTH} deep.`);
    return false;
  }

  #parseComparison(): FilterNode | undefined {
    const token = this.peek();
    if (token.kind !== 'word' || !isFieldName(token.text)) return this.#noField(token);
    this.#advance();
    const field: FieldName = { name: token.text, ...spanOf(token) };
    const sign = this.peek();
    const operator = comparisonOf(sign);
    if (operator !== undefined) {
      this.#advance();
      if (isMark(this.peek(), '{')) {
        return this.fail(sign, `A set in braces is compared with in: ${field.name} in {…}.`);
      }
      const value = this.#parseValue(`after ${operator}`);
      return value && { kind: 'compare', field, operator, operatorSpan: spanOf(sign), value };
    }
    if (isWord(sign, 'in')) {
      this.#advance();
      return this.#parseSet(field, spanOf(sign));
    }
    if (isWord(sign, 'not')) {
      this.#advance();
      if (!isWord(this.peek(), 'in')) {
        return this.fail(sign, `Behind a field, not is followed by in: ${field.name} not in {…}.`);
      }
      const span = spanOf(this.#advance());
      const set = this.#parseSet(field, span);
      return set && { kind: 'not', term: set };
    }
    return { kind: 'present', field };
  }

  #noField(token: Token): undefined {
    if (token.kind === 'end') {
      return this.fail(token, `The filter ends where a field is expected, ${EXAMPLE}.`);
    }
    if (token.kind === 'word') {
      return this.fail(
        token,
        isReserved(token.text)
          ? `A field is expected before ${quoted(token.text)}, ${EXAMPLE}.`
          : `${quoted(token.text)} is not the name of a field. A comparison begins with a field, ${EXAMPLE}.`,
      );
    }
    if (token.kind === 'string') {
      return this.fail(token, `A comparison begins with a field, ${EXAMPLE}; the text comes behind it.`);
    }
    return this.fail(token, `A field is expected here, ${EXAMPLE}.`);
  }

  #parseValue(where: string): Literal | undefined {
    const token = this.peek();
    if (token.kind === 'string' || (token.kind === 'word' && !isReserved(token.text))) {
      this.#advance();
      return { text: token.text, quoted: token.kind === 'string', ...spanOf(token) };
    }
    if (token.kind === 'word') {
      return this.fail(
        token,
        `A value is expected ${where}. The word ${token.text} as a value stands in double quotes.`,
      );
    }
    return this.fail(token, `A value is expected ${where}.`);
  }

  #parseSet(field: FieldName, operatorSpan: TextSpan): FilterNode | undefined {
    const open = this.peek();
    if (!isMark(open, '{')) {
      return this.fail(open, `Behind in stands a set in braces, such as ${field.name} in {1, 3..5}.`);
    }
    this.#advance();
    const members: SetMember[] = [];
    for (;;) {
      if (this.peek().kind === 'end') return this.fail(open, 'This brace is not closed.');
      const value = this.#parseValue(members.length === 0 ? 'in the set' : 'behind the comma');
      if (value === undefined) return undefined;
      if (isMark(this.peek(), '..')) {
        this.#advance();
        const to = this.#parseValue('as the end of the range');
        if (to === undefined) return undefined;
        members.push({ kind: 'range', from: value, to });
      } else members.push({ kind: 'value', value });
      if (isMark(this.peek(), '}')) break;
      if (this.peek().kind === 'end') return this.fail(open, 'This brace is not closed.');
      if (!isMark(this.peek(), ',')) {
        return this.fail(this.peek(), 'Here a comma and the next value are expected, or } to end the set.');
      }
      this.#advance();
    }
    this.#advance();
    return { kind: 'in', field, operatorSpan, members };
  }

  /** What to say where a filter goes on behind a whole comparison. */
  failAtRest(): undefined {
    const token = this.peek();
    if (isMark(token, ')')) return this.fail(token, 'There is no opening parenthesis for this one.');
    if (isMark(token, '..')) {
      return this.fail(
        token,
        'A range stands in a set, such as in {1..5}. A text that holds .. stands in double quotes.',
      );
    }
    if (isWord(token, 'matches')) {
      return this.fail(token, 'Regular expressions are not supported: use contains with a part of the text.');
    }
    const known = 'Between two comparisons stands && or ||.';
    if (token.kind === 'word' || token.kind === 'string') {
      return this.fail(
        token,
        `${known} A value with spaces stands in double quotes, several values in a set: in {…}.`,
      );
    }
    return this.fail(token, known);
  }
}

/**
 * Parses a display filter: comparisons (`==` `!=` `<` `<=` `>` `>=` `contains` `in {…}`), bare fields, `&&` `||`
 * `!` in signs or words, parentheses. White space alone is the filter that lets everything pass. Gives the tree,
 * or the first error with its place. Never throws; length and depth are bounded by the constants above.
 */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAXIMUM_FILTER_UNITS) {
    return filterError(
      { offset: MAXIMUM_FILTER_UNITS, length: text.length - MAXIMUM_FILTER_UNITS },
      `A filter has at most ${MAXIMUM_FILTER_UNITS} characters.`,
    );
  }
  const tokens = readTokens(text);
  if (tokens.length === 1) return { ok: true, filter: { kind: 'everything' } };
  const parser = new FilterParser(tokens);
  const filter = parser.parseExpression(0);
  if (filter !== undefined && parser.peek().kind !== 'end') parser.failAtRest();
  if (parser.error !== undefined) return parser.error;
  if (filter === undefined) return filterError(tokens[0]!, 'The filter cannot be read.');
  return { ok: true, filter };
}
