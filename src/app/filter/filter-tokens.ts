/** A piece of a filter as it is coloured while it is typed. */
export interface FilterToken {
  text: string;
  kind: 'word' | 'literal' | 'mark';
  /** Inside the range that the parser complains of. */
  fault: boolean;
}

const PIECE = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[A-Za-z_][\w.-]*|\d[\w.:/]*|\s+|[^\s\w"']+|./gs;
const WORD_MARKS = /^(and|or|not|in|contains|matches|eq|ne|lt|le|gt|ge|exists)$/i;

/**
 * Cuts a filter into pieces for colouring; their texts joined are the filter. This judges nothing:
 * the parser of the analysis says what is wrong, and `fault` (in UTF-16 units) where.
 */
export function filterTokens(text: string, fault?: { offset: number; length: number }): FilterToken[] {
  const tokens: FilterToken[] = [];
  let start = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    const kind = /^["'\d]/.test(piece)
      ? 'literal'
      : /^[A-Za-z_]/.test(piece) && !WORD_MARKS.test(piece)
        ? 'word'
        : 'mark';
    const from = fault ? Math.min(Math.max(fault.offset - start, 0), piece.length) : piece.length;
    const to = fault
      ? Math.min(Math.max(fault.offset + fault.length - start, from), piece.length)
      : piece.length;
    if (from > 0) tokens.push({ text: piece.slice(0, from), kind, fault: false });
    if (to > from) tokens.push({ text: piece.slice(from, to), kind, fault: true });
    if (piece.length > to) tokens.push({ text: piece.slice(to), kind, fault: false });
    start += piece.length;
  }
  return tokens;
}
