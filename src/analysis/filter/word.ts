/**
 * What a word of a filter is made of: field names, numbers, addresses, codes, paths and times need no quotes.
 * Everything else that stands for a value is put in double quotes.
 */

/** Words with a meaning of their own; as a value they need quotes. Wireshark's `eq`, `ne` … are among them. */
const RESERVED = new Set(['and', 'or', 'not', 'in', 'contains', 'eq', 'ne', 'lt', 'le', 'gt', 'ge']);

/** ASCII characters of a word beside letters and digits. */
const SIGNS = new Set([...'_.-:/+%*@#$?;'].map((sign) => sign.charCodeAt(0)));

/** Typographic quotes, which editors put in place of the straight ones. */
const TYPOGRAPHIC_QUOTES = new Set([...'“”„‟«»‘’‚‛'].map((sign) => sign.charCodeAt(0)));

const SPACE = /\s/;

/** True for a UTF-16 unit that a word may hold. */
export function isWordUnit(unit: number): boolean {
  if (unit < 0x80) {
    return (
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x41 && unit <= 0x5a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      SIGNS.has(unit)
    );
  }
  return !isSpaceUnit(unit) && !isTypographicQuote(unit);
}

/** True for white space, including the no-break space that comes with text pasted from a page. */
export function isSpaceUnit(unit: number): boolean {
  return unit === 0x20 || (unit < 0x80 ? unit >= 9 && unit <= 13 : SPACE.test(String.fromCharCode(unit)));
}

/** True for quotes such as “ and ”. */
export function isTypographicQuote(unit: number): boolean {
  return TYPOGRAPHIC_QUOTES.has(unit);
}

/** True for a word such as `and` that means something to the filter itself; upper and lower case are alike. */
export function isReserved(word: string): boolean {
  return RESERVED.has(word.toLowerCase());
}

/** True where a value can be written without quotes and is read back as the same text. */
export function isBareWord(text: string): boolean {
  if (text === '' || isReserved(text) || text.includes('..')) return false;
  for (let index = 0; index < text.length; index++) if (!isWordUnit(text.charCodeAt(index))) return false;
  return true;
}

/** The names of one protocol alone begin with a digit. */
const FIELD_NAME = /^(?:[A-Za-z_]|6(?=lowpan))[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

/** True for what can be the name of a field: parts joined by dots, the first one beginning with a letter. */
export function isFieldName(text: string): boolean {
  return FIELD_NAME.test(text) && !isReserved(text);
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text in double quotes, with the escapes that the lexer reads back. */
export function quoteText(text: string): string {
  let out = '"';
  for (const sign of text) {
    const unit = sign.charCodeAt(0);
    if (sign === '"' || sign === '\\') out += `\\${sign}`;
    else if (unit < 0x20) out += CONTROL_ESCAPES[sign] ?? `\\x${unit.toString(16).padStart(2, '0')}`;
    else out += sign;
  }
  return `${out}"`;
}

/** A value as it is written in a filter: bare where it can be, else in quotes. */
export function writeValue(text: string): string {
  return isBareWord(text) ? text : quoteText(text);
}
