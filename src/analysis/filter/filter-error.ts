/** What is wrong in a filter and where; offset and length count UTF-16 units of the filter's text. */
export interface FilterError {
  ok: false;
  /** One or two sentences for the person who wrote the filter: what is wrong and what to write instead. */
  message: string;
  offset: number;
  length: number;
}

/** A place in a filter's text, in UTF-16 units. */
export interface TextSpan {
  offset: number;
  length: number;
}

/** Makes the error for a place in the text. */
export function filterError(span: TextSpan, message: string): FilterError {
  return { ok: false, message, offset: span.offset, length: span.length };
}

/** Longest piece of the person's own text that an error repeats, in UTF-16 units. */
const QUOTED_UNITS = 40;

/** A piece of the filter in quotes for use in a message, cut where it is long. */
export function quoted(text: string): string {
  return `“${text.length > QUOTED_UNITS ? `${text.slice(0, QUOTED_UNITS)}…` : text}”`;
}

/** Names in a sentence: `a`, `a or b`, `a, b or c`. */
export function nameList(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
