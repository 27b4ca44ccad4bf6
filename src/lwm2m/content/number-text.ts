/** Powers of ten that a double holds exactly. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Digits that a double always holds exactly. */
const EXACT_DIGITS = 15;
/** A number's text is never longer; more is not looked at (the longest double has 767 digits). */
const MAX_TEXT = 1024;

const DIGIT_0 = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;

/** Reads ASCII digits with an optional sign as an integer; NaN where the text is anything else. */
export function integerOfText(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let position = negative ? start + 1 : start;
  if (position >= end || end - start > MAX_TEXT) return NaN;
  const digits = end - position;
  let number = 0;
  for (; position < end; position++) {
    const digit = bytes[position]! - DIGIT_0;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  // Beyond what is exact, digit by digit would round more than once.
  if (digits > EXACT_DIGITS) return Number(asciiText(bytes, start, end));
  return negative ? -number : number;
}

/** Reads a decimal number with optional sign, fraction and exponent; NaN where the text is anything else. */
export function decimalOfText(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_TEXT) return NaN;
  let position = start;
  const negative = bytes[position] === MINUS;
  if (negative) position++;
  let mantissa = 0;
  let digits = 0;
  let fractionDigits = 0;
  let inFraction = false;
  for (; position < end; position++) {
    const byte = bytes[position]!;
    const digit = byte - DIGIT_0;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
      if (inFraction) fractionDigits++;
    } else if (byte === POINT && !inFraction) inFraction = true;
    else break;
  }
  if (digits === 0) return NaN;
  let exponent = 0;
  if (position < end) {
    if ((bytes[position]! | 0x20) !== 0x65) return NaN; // e or E
    const from = bytes[position + 1] === PLUS ? position + 2 : position + 1;
    if (from > position + 1 && bytes[from] === MINUS) return NaN;
    exponent = integerOfText(bytes, from, end);
    if (Number.isNaN(exponent)) return NaN;
  }
  const power = exponent - fractionDigits;
  // With both exact, one multiplication or division rounds once, as the text's nearest double does.
  if (digits <= EXACT_DIGITS && power >= -22 && power <= 22) {
    const magnitude = power < 0 ? mantissa / EXACT_POWERS[-power]! : mantissa * EXACT_POWERS[power]!;
    return negative ? -magnitude : magnitude;
  }
  return Number(asciiText(bytes, start, end));
}

/** The double nearest to `mantissa` × 10^`exponent`, both integers. */
export function decimalNumber(mantissa: number, exponent: number): number {
  // With both exact, one multiplication or division rounds once.
  if (Number.isSafeInteger(mantissa) && exponent >= -22 && exponent <= 22)
    return exponent < 0 ? mantissa / EXACT_POWERS[-exponent]! : mantissa * EXACT_POWERS[exponent]!;
  return Number(`${mantissa}e${exponent}`);
}

/** Reads an Objlnk's text `object:instance` as object × 65536 + instance; NaN where the text is anything else. */
export function objlnkOfText(bytes: Uint8Array, start: number, end: number): number {
  let colon = start;
  while (colon < end && bytes[colon] !== 0x3a) colon++;
  const objectId = linkPart(bytes, start, colon);
  const instanceId = linkPart(bytes, colon + 1, end);
  return objectId * 65536 + instanceId;
}

/** A decimal id up to 65535, or the `FFFF` that the specification's own example writes for a null link. */
function linkPart(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 4) {
    let position = start;
    while (position < end && (bytes[position]! | 0x20) === 0x66) position++;
    if (position === end) return 65535;
  }
  const id = bytes[start] === MINUS ? NaN : integerOfText(bytes, start, end);
  return id <= 65535 ? id : NaN;
}

/** Text of ASCII bytes; for a few bytes cheaper than a decoder. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let index = start; index < end; index++) text += String.fromCharCode(bytes[index]!);
  return text;
}
