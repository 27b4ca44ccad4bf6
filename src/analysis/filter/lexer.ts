import type { TextSpan } from './filter-error.ts';
import { isSpaceUnit, isTypographicQuote, isWordUnit } from './word.ts';

/** Marks of a filter; longer ones first, so that `<=` is not read as `<`. */
const MARKS = ['&&', '||', '==', '!=', '<=', '>=', '..', '<', '>', '!', '(', ')', '{', '}', ','] as const;
export type Mark = (typeof MARKS)[number];

/** One piece of a filter's text. */
export type Token = TextSpan &
  (
    | { kind: 'word'; text: string }
    /** `text` is without quotes, escapes resolved. */
    | { kind: 'string'; text: string }
    | { kind: 'mark'; mark: Mark }
    /** What the filter cannot hold; `message` says what to write instead. */
    | { kind: 'fault'; message: string; text: string }
    | { kind: 'end' }
  );

/** Marks of other languages, and what stands for them here; longer ones first. */
const FOREIGN: readonly [string, string][] = [
  ['===', '“===” is not used here: == is true where any value of the field is equal.'],
  ['!==', '“!==” is not used here: != is true where no value of the field is equal.'],
  ['^^', '“^^” is not used here. Write (a and not b) or (b and not a).'],
  ['=', 'A single = compares nothing: write ==. A text that holds = stands in double quotes.'],
  ['&', 'A single & has no meaning here: write && or and. A text that holds & stands in double quotes.'],
  ['|', 'A single | has no meaning here: write || or or. A text that holds | stands in double quotes.'],
  ['~', 'Regular expressions are not supported: use contains with a part of the text.'],
  ["'", 'Text stands in double quotes, such as "rd".'],
  ['`', 'Text stands in double quotes, such as "rd".'],
  ['[', 'Slices are not supported: use contains with a part of the text or bytes.'],
  [']', 'Square brackets have no meaning here. A set is written in braces, such as {1, 2}.'],
  ['\\', 'A backslash stands only inside double quotes.'],
  ['^', '“^” has no meaning here.'],
];

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Digits after `\x` and `\u`. */
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4 };
const HEX = /^[0-9a-fA-F]+$/;

function readString(text: string, start: number): Token {
  let value = '';
  let position = start + 1;
  let fault: Token | undefined;
  while (position < text.length) {
    const sign = text[position]!;
    if (sign === '"') {
      const length = position + 1 - start;
      return fault ?? { kind: 'string', text: value, offset: start, length };
    }
    if (sign !== '\\') {
      value += sign;
      position++;
      continue;
    }
    const escape = text[position + 1] ?? '';
    const simple = SIMPLE_ESCAPES[escape];
    const digits = HEX_ESCAPES[escape] ?? 0;
    const hex = text.slice(position + 2, position + 2 + digits);
    if (simple !== undefined) {
      value += simple;
      position += 2;
    } else if (digits > 0 && hex.length === digits && HEX.test(hex)) {
      value += String.fromCharCode(parseInt(hex, 16));
      position += 2 + digits;
    } else {
      fault ??= {
        kind: 'fault',
        message:
          'Unknown escape. Known are \\" \\\\ \\n \\r \\t \\xHH and \\uHHHH; write \\\\ for a backslash.',
        text: value,
        offset: position,
        length: Math.min(2, text.length - position),
      };
      position += 2;
    }
  }
  return {
    kind: 'fault',
    message: 'The text begins with a double quote and does not end with one.',
    text: value,
    offset: start,
    length: text.length - start,
  };
}

function readWord(text: string, start: number): Token {
  let end = start;
  while (end < text.length && isWordUnit(text.charCodeAt(end)) && !text.startsWith('..', end)) end++;
  return { kind: 'word', text: text.slice(start, end), offset: start, length: end - start };
}

function readMark(text: string, start: number): Token {
  for (const [mark, message] of FOREIGN) {
    // `==`, `&&` and `||` begin like the single mark, which is looked for only where they do not match.
    if (mark.length === 1) break;
    if (text.startsWith(mark, start)) {
      return { kind: 'fault', message, text: '', offset: start, length: mark.length };
    }
  }
  for (const mark of MARKS) {
    if (text.startsWith(mark, start)) return { kind: 'mark', mark, offset: start, length: mark.length };
  }
  const sign = String.fromCodePoint(text.codePointAt(start)!);
  const message = isTypographicQuote(text.charCodeAt(start))
    ? 'Text stands in straight double quotes: ".'
    : (FOREIGN.find(([mark]) => mark === sign)?.[1] ??
      'This character has no meaning here. Text that holds it stands in double quotes.');
  return { kind: 'fault', message, text: '', offset: start, length: sign.length };
}

/**
 * Takes a filter's text apart. Never fails: what is not part of the language becomes a `fault` token. The last
 * token is always `end`, with length 0. The caller bounds the length of the text.
 */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const unit = text.charCodeAt(position);
    if (isSpaceUnit(unit)) {
      position++;
      continue;
    }
    let token: Token;
    if (unit === 0x22) token = readString(text, position);
    else if (isWordUnit(unit) && !text.startsWith('..', position)) token = readWord(text, position);
    else token = readMark(text, position);
    tokens.push(token);
    // A fault inside a string is shown where it is; reading goes on behind the string.
    position =
      unit === 0x22 && token.kind === 'fault' ? endOfString(text, position) : token.offset + token.length;
  }
  tokens.push({ kind: 'end', offset: text.length, length: 0 });
  return tokens;
}

function endOfString(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    const sign = text[position];
    if (sign === '"') return position + 1;
    if (sign === '\\') position++;
  }
  return text.length;
}
