/** Words of a line of a description, and what is said where one of them cannot be read. */

/** A description that cannot be read: the line, counted from 1, and why. */
export class DescriptionError extends Error {
  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
    this.name = 'DescriptionError';
  }
}

/**
 * Splits a line at blanks, texts in quotes kept whole with their quotes; what follows a `#` that begins a word is a
 * comment. `|` and `;` are words of their own where they stand alone.
 */
export function wordsOf(text: string, line: number): string[] {
  const words: string[] = [];
  const word = /\s*(#.*|(?:[^\s"]|"(?:[^"\\]|\\.)*")+)/y;
  const end = text.trimEnd().length;
  while (word.lastIndex < end) {
    const at = word.lastIndex;
    const found = word.exec(text);
    if (found === null) throw new DescriptionError(line, `a text without its end: ${text.slice(at).trim()}`);
    if (found[1]!.startsWith('#')) break;
    words.push(found[1]!);
  }
  return words;
}

/** Reads the words of one line from the left. */
export class Words {
  #at = 0;

  constructor(
    readonly line: number,
    private readonly words: readonly string[],
  ) {}

  get done(): boolean {
    return this.#at >= this.words.length;
  }

  /** The next word, left where it is; empty at the end. */
  get next(): string {
    return this.words[this.#at] ?? '';
  }

  /** Takes the next word; `what` names what should stand there. */
  take(what: string): string {
    if (this.done) this.fail(`${what} is missing`);
    return this.words[this.#at++]!;
  }

  /** Takes the next word where it is `word`. */
  takeIf(word: string): boolean {
    if (this.done || this.next !== word) return false;
    this.#at++;
    return true;
  }

  takeNumber(what: string): number {
    const word = this.take(what);
    if (!/^\d+$/.test(word)) this.fail(`${what} is a number, not "${word}"`);
    return Number(word);
  }

  /** All numbers from here on. */
  takeNumbers(what: string): number[] {
    const numbers = [this.takeNumber(what)];
    while (/^\d+$/.test(this.next)) numbers.push(this.takeNumber(what));
    return numbers;
  }

  fail(why: string): never {
    throw new DescriptionError(this.line, why);
  }
}

/** Bytes of digits in hex; `c8*300` is one byte 300 times. */
export function hexBytes(word: string, words: Words): number[] {
  const [, digits, times] = /^((?:[0-9a-f]{2})*)(?:\*(\d+))?$/i.exec(word) ?? [];
  if (digits === undefined) words.fail(`no bytes in hex: "${word}"`);
  const bytes = Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return Array.from({ length: Number(times ?? 1) }, () => bytes).flat();
}

/** A text in quotes without them; `\n`, `\"` and `\\` stand for themselves. */
export function quoted(word: string, words: Words): string {
  if (!/^".*"$/.test(word)) words.fail(`a text stands in quotes, unlike ${word}`);
  return word.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
