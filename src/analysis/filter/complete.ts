import type { FilterCompletion } from '../protocol.ts';
import type { FilterField, FilterFields } from './field.ts';
import type { Token } from './lexer.ts';
import { readTokens } from './lexer.ts';
import { MAXIMUM_FILTER_UNITS, comparisonOf, isMark, isWord, joinOf } from './parser.ts';
import { isWordUnit, writeValue } from './word.ts';

/** Most completions that are offered at once. */
export const MAXIMUM_COMPLETIONS = 300;

/** What can stand at a place of a filter. */
type Expectation =
  'field' | 'operator' | 'in' | 'brace' | 'value' | 'member' | 'separator' | 'join' | 'nothing';

/** What the text before the cursor says of the cursor's place. */
interface Place {
  expects: Expectation;
  /** Name of the field whose comparison is being written. */
  field: string;
  /** Parentheses that are open. */
  open: number;
}

interface Candidate {
  text: string;
  detail: string;
  /** What the typed piece is compared with, the text itself where absent. */
  matches?: readonly string[];
}

function afterComparison(token: Token, place: Place): Expectation {
  if (joinOf(token) !== undefined) return 'field';
  if (!isMark(token, ')') || place.open === 0) return 'nothing';
  place.open--;
  return 'join';
}

function isValue(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'string';
}

function step(token: Token, place: Place): Expectation {
  switch (place.expects) {
    case 'field':
      if (isMark(token, '!') || isWord(token, 'not')) return 'field';
      if (isMark(token, '(')) {
        place.open++;
        return 'field';
      }
      if (token.kind !== 'word') return 'nothing';
      place.field = token.text;
      return 'operator';
    case 'operator':
      if (comparisonOf(token) !== undefined) return 'value';
      if (isWord(token, 'in')) return 'brace';
      if (isWord(token, 'not')) return 'in';
      return afterComparison(token, place);
    case 'in':
      return isWord(token, 'in') ? 'brace' : 'nothing';
    case 'brace':
      return isMark(token, '{') ? 'member' : 'nothing';
    case 'value':
      return isValue(token) ? 'join' : 'nothing';
    case 'member':
      return isValue(token) ? 'separator' : 'nothing';
    case 'separator':
      if (isMark(token, ',') || isMark(token, '..')) return 'member';
      return isMark(token, '}') ? 'join' : 'nothing';
    case 'join':
      return afterComparison(token, place);
    case 'nothing':
      return 'nothing';
  }
}

function placeAfter(tokens: readonly Token[]): Place {
  const place: Place = { expects: 'field', field: '', open: 0 };
  for (const token of tokens) place.expects = step(token, place);
  return place;
}

const EQUALITY: readonly Candidate[] = [
  { text: '==', detail: 'any value is equal' },
  { text: '!=', detail: 'no value is equal' },
];
const ORDER: readonly Candidate[] = [
  { text: '<', detail: 'less' },
  { text: '<=', detail: 'less or equal' },
  { text: '>', detail: 'greater' },
  { text: '>=', detail: 'greater or equal' },
];
const CONTAINS: Candidate = { text: 'contains', detail: 'holds this part' };
const AMONG: Candidate = { text: 'in', detail: 'one of a set: in {a, b}' };
const JOINS: readonly Candidate[] = [
  { text: '&&', detail: 'and', matches: ['&&', 'and'] },
  { text: '||', detail: 'or', matches: ['||', 'or'] },
];
const CLOSE: Candidate = { text: ')', detail: 'closes the parenthesis' };

/** Operators that mean something for a field. */
function operatorsOf(field: FilterField): Candidate[] {
  switch (field.kind) {
    case 'number':
    case 'time':
      return [...EQUALITY, ...ORDER, AMONG, ...('orText' in field ? [CONTAINS] : [])];
    case 'enumerated':
      return [...EQUALITY, AMONG, CONTAINS, ...ORDER];
    case 'text':
    case 'bytes':
      return [...EQUALITY, CONTAINS, AMONG];
    case 'address':
      return [...EQUALITY, AMONG];
    case 'boolean':
      return [...EQUALITY];
    case 'presence':
      return [];
  }
}

function isOrdered(field: FilterField | undefined): boolean {
  return field?.kind === 'number' || field?.kind === 'enumerated' || field?.kind === 'time';
}

function valuesOf(field: FilterField): Candidate[] {
  if (field.kind === 'boolean') {
    return [
      { text: 'true', detail: field.title },
      { text: 'false', detail: `not: ${field.title}` },
    ];
  }
  if (field.kind === 'number' && field.orText?.known !== undefined) return valuesOf(field.orText);
  if (field.kind === 'text') {
    const known = 'known' in field ? (field.known?.() ?? []) : [];
    return known.map((text) => ({
      text: writeValue(text),
      detail: field.title,
      matches: [text],
    }));
  }
  if (field.kind !== 'enumerated') return [];
  return field.values.map(({ value, names }) => {
    const others = names.slice(1, 2);
    if (field.numeric && names[0] !== String(value)) others.push(String(value));
    return {
      text: writeValue(names[0] ?? String(value)),
      detail: others.join(', '),
      matches: field.numeric ? [...names, String(value)] : names,
    };
  });
}

function fieldNames(fields: FilterFields): Candidate[] {
  const names = fields.fields.map(({ name, title }) => ({ text: name, detail: title }));
  const aliases = fields.aliases.map(({ alias, field }) => ({
    text: alias,
    detail: `${field}: ${fields.find(field)?.title ?? ''}`,
  }));
  return [...names, ...aliases];
}

/** How well a candidate fits what was typed: 0 its beginning, 1 the beginning of a part, 2 inside, 3 not. */
function rank(candidate: Candidate, typed: string): number {
  let best = 3;
  for (const match of candidate.matches ?? [candidate.text]) {
    const at = match.toLowerCase().indexOf(typed);
    if (at < 0) continue;
    const before = match[at - 1];
    best = Math.min(best, at === 0 ? 0 : before !== undefined && /[^a-zA-Z0-9]/.test(before) ? 1 : 2);
  }
  return best;
}

function candidatesAt(place: Place, fields: FilterFields): Candidate[] {
  const field = place.field === '' ? undefined : fields.find(place.field);
  const close = place.open > 0 ? [CLOSE] : [];
  switch (place.expects) {
    case 'field':
      return fieldNames(fields);
    case 'operator':
      return [...(field === undefined ? [] : operatorsOf(field)), ...JOINS, ...close];
    case 'in':
      return [AMONG];
    case 'brace':
      return [{ text: '{', detail: 'begins the set' }];
    case 'value':
    case 'member':
      return field === undefined ? [] : valuesOf(field);
    case 'separator':
      return [
        { text: ',', detail: 'one more value' },
        ...(isOrdered(field) ? [{ text: '..', detail: 'up to, included' }] : []),
        { text: '}', detail: 'ends the set' },
      ];
    case 'join':
      return [...JOINS, ...close];
    case 'nothing':
      return [];
  }
}

/** Marks that can be the beginning of a longer one, or are being replaced by another. */
const UNFINISHED = new Set(['=', '&', '|', '<', '>', '!']);

/** True where the token at the cursor is still being written. */
function isUnfinished(token: Token, text: string, cursor: number): boolean {
  if (token.kind === 'end' || token.offset + token.length !== cursor) return false;
  if (token.kind === 'word') return true;
  if (token.kind === 'fault' && text[token.offset] === '"') return true;
  return token.length === 1 && UNFINISHED.has(text[token.offset]!);
}

/** Where the piece at the cursor ends: behind the rest of its word, or behind the closing quote of its text. */
function endOfPiece(text: string, piece: Token, cursor: number): number {
  if (piece.kind === 'fault' && text[piece.offset] === '"') {
    const whole = readTokens(text).find(({ offset }) => offset === piece.offset);
    return whole?.kind === 'string' ? piece.offset + whole.length : cursor;
  }
  if (piece.kind !== 'word') return cursor;
  let end = cursor;
  while (end < text.length && isWordUnit(text.charCodeAt(end)) && !text.startsWith('..', end)) end++;
  return end;
}

/**
 * What can be written at the cursor (an offset in UTF-16 units): fields, operators, values with names, what joins
 * comparisons. The likeliest first, at most `MAXIMUM_COMPLETIONS`; nothing where the text before the cursor cannot
 * be part of a filter. Behind a whole field name the operators are offered too. Never throws.
 */
export function completeFilter(text: string, cursor: number, fields: FilterFields): FilterCompletion[] {
  if (text.length > MAXIMUM_FILTER_UNITS) return [];
  const at = Math.max(0, Math.min(text.length, Math.trunc(cursor) || 0));
  const tokens = readTokens(text.slice(0, at));
  tokens.pop();
  const last = tokens.at(-1);
  const piece = last !== undefined && isUnfinished(last, text, at) ? last : undefined;
  if (piece !== undefined) tokens.pop();
  const place = placeAfter(tokens);
  let typed = '';
  if (piece !== undefined) {
    typed = piece.kind === 'word' || text[piece.offset] === '"' ? textOf(piece) : text[piece.offset]!;
    // `!` where a field can stand is the whole operator; what follows it is a new piece.
    if (place.expects === 'field' && typed === '!') return offer(fieldNames(fields), '', at, at);
  }
  const start = piece?.offset ?? at;
  const end = piece === undefined ? at : endOfPiece(text, piece, at);
  const offered = offer(candidatesAt(place, fields), typed.toLowerCase(), start, end);
  if (place.expects === 'field' && piece?.kind === 'word' && end === at) {
    const field = fields.find(piece.text);
    for (const { text: operator, detail } of field === undefined ? [] : operatorsOf(field)) {
      if (offered.length < MAXIMUM_COMPLETIONS) {
        offered.push({ text: ` ${operator} `, detail, start: at, end: at });
      }
    }
  }
  return offered;
}

function textOf(token: Token): string {
  return token.kind === 'word' || token.kind === 'string' || token.kind === 'fault' ? token.text : '';
}

function offer(
  candidates: readonly Candidate[],
  typed: string,
  start: number,
  end: number,
): FilterCompletion[] {
  const ranked = candidates
    .map((candidate) => ({ candidate, points: typed === '' ? 0 : rank(candidate, typed) }))
    .filter(({ points }) => points < 3);
  ranked.sort((left, right) => left.points - right.points);
  return ranked
    .slice(0, MAXIMUM_COMPLETIONS)
    .map(({ candidate: { text, detail } }) => ({ text, detail, start, end }));
}
