import { type Fault, Outcome, type OutcomeCode } from '../capture/outcome.ts';

const CLAUSE = 'LwM2M Core §6.3.5';
/** There are ten digits, and each may stand once. */
const MAX_ARGUMENTS = 10;

/** One argument of an Execute. Positions count from the payload's first byte. */
export interface ExecuteArgument {
  /** 0 to 9. */
  digit: number;
  /** Without the quotes; undefined where the argument has no value. */
  value: string | undefined;
  start: number;
  end: number;
}

/** The arguments of an Execute; those before a fault are there. */
export interface ExecuteArguments {
  arguments: ExecuteArgument[];
  outcome: OutcomeCode;
  fault?: Fault;
}

const decoder = new TextDecoder();

const DIGIT_0 = 0x30;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x27;
const SPACE = 0x20;

/**
 * Reads the payload of an Execute (LwM2M Core §6.3.5): `5`, `0='text'`, joined by commas. Spaces between the parts
 * and inside a value are tolerated, because the specification's own example has one; a repeated digit is
 * malformed and still given.
 */
export function readExecuteArguments(bytes: Uint8Array, start: number, end: number): ExecuteArguments {
  const found: ExecuteArgument[] = [];
  let seen = 0;
  let repeated: Fault | undefined;
  let position = start;
  const stop = (text: string): ExecuteArguments => ({
    arguments: found,
    outcome: Outcome.malformed,
    fault: { text, offset: position - start, clause: CLAUSE },
  });
  const skipSpaces = (): void => {
    while (position < end && bytes[position] === SPACE) position++;
  };
  while (position < end) {
    skipSpaces();
    const from = position;
    const digit = position < end ? bytes[position]! - DIGIT_0 : -1;
    if (digit < 0 || digit > 9) return stop('an argument does not begin with a digit');
    if (found.length > MAX_ARGUMENTS) return stop(`more than ${MAX_ARGUMENTS} arguments`);
    if (seen & (1 << digit)) {
      repeated ??= { text: `argument ${digit} stands twice`, offset: position - start, clause: CLAUSE };
    }
    seen |= 1 << digit;
    position++;
    let value: string | undefined;
    if (position < end && bytes[position] === EQUALS) {
      position++;
      if (position >= end || bytes[position] !== QUOTE) return stop('a value does not begin with a quote');
      const close = bytes.indexOf(QUOTE, position + 1);
      if (close < 0 || close >= end) return stop('a value is not closed by a quote');
      value = decoder.decode(bytes.subarray(position + 1, close));
      position = close + 1;
    }
    found.push({ digit, value, start: from - start, end: position - start });
    skipSpaces();
    if (position === end) break;
    if (bytes[position] !== COMMA) return stop('a comma is missing between arguments');
    position++;
    if (position === end) return stop('an argument is missing behind the comma');
  }
  if (repeated !== undefined) return { arguments: found, outcome: Outcome.malformed, fault: repeated };
  return { arguments: found, outcome: Outcome.ok };
}
