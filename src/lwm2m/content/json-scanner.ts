/** What `JsonScanner.next` found. */
export const JsonToken = {
  /** Nothing more can be read; `faultText` says why. */
  fault: 0,
  /** The one value of the text has ended, and so has the text. */
  end: 1,
  objectStart: 2,
  objectEnd: 3,
  arrayStart: 4,
  arrayEnd: 5,
  /** Name of a member; its colon is passed. */
  key: 6,
  string: 7,
  number: 8,
  true: 9,
  false: 10,
  null: 11,
} as const;

export type JsonTokenCode = (typeof JsonToken)[keyof typeof JsonToken];

/** Levels of arrays and objects that are followed; LwM2M needs three. */
export const MAX_JSON_DEPTH = 64;

/** What may stand next. */
const State = { value: 0, first: 1, key: 2, after: 3 } as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const LOWER_U = 0x75;
const ARRAY_START = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT_START = 0x7b;
const OBJECT_END = 0x7d;

/** Bytes that go on in a string without further ado: ASCII but quotes, backslash and controls (RFC 8259 §7). */
const PLAIN = new Uint8Array(256).fill(1, 0x20, 0x80);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

const WORDS = [
  [0x74, 0x72, 0x75, 0x65],
  [0x66, 0x61, 0x6c, 0x73, 0x65],
  [0x6e, 0x75, 0x6c, 0x6c],
] as const;

/**
 * Scans JSON (RFC 8259) token by token without building anything: `start` and `position` are the token's range,
 * quotes included. Grammar, nesting and UTF-8 are checked as far as was read. After a fault `faultText` and
 * `position` say what and where. One scanner is reused.
 */
export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;
  /** First byte of the current token. */
  start = 0;
  /** End of the current string or name, quotes included; of a name the colon stands behind it. */
  stringEnd = 0;
  /** Whether the current string or name has escapes. */
  escaped = false;
  /** Empty while nothing is wrong. */
  faultText = '';
  /** Arrays and objects that are open. */
  depth = 0;
  #state: number = State.value;
  readonly #isObject = new Uint8Array(MAX_JSON_DEPTH);

  /** Begins with one value at `start`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.depth = 0;
    this.#state = State.value;
    this.faultText = '';
  }

  /** Reads the next token. */
  next(): JsonTokenCode {
    let byte = this.#passSpace();
    if (this.#state === State.after) {
      if (this.depth === 0) return byte < 0 ? JsonToken.end : this.#fail('bytes behind the value');
      if (byte !== COMMA) return this.#close(byte, 'a comma is missing');
      this.position++;
      byte = this.#passSpace();
      this.#state = this.#inObject() ? State.key : State.value;
    } else if (this.#state === State.first) {
      if (byte === (this.#inObject() ? OBJECT_END : ARRAY_END)) return this.#close(byte, '');
      this.#state = this.#inObject() ? State.key : State.value;
    }
    if (this.#state === State.key) return this.#readKey(byte);
    return this.#readValue(byte);
  }

  /** Passes what is left of the innermost array or object; false with `faultText` set where it is damaged. */
  leave(): boolean {
    const outer = this.depth - 1;
    while (this.depth > outer) if (this.next() <= JsonToken.end) return false;
    return true;
  }

  #inObject(): boolean {
    return this.depth > 0 && this.#isObject[this.depth - 1] === 1;
  }

  /** The byte behind white space, or -1 at the end. */
  #passSpace(): number {
    const { bytes, end } = this;
    let { position } = this;
    while (position < end) {
      const byte = bytes[position]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.position = position;
        return byte;
      }
      position++;
    }
    this.position = end;
    return -1;
  }

  #close(byte: number, otherwise: string): JsonTokenCode {
    const isObject = this.#inObject();
    if (byte !== (isObject ? OBJECT_END : ARRAY_END)) {
      return this.#fail(byte < 0 ? `the text ends inside ${isObject ? 'an object' : 'an array'}` : otherwise);
    }
    this.start = this.position++;
    this.depth--;
    this.#state = State.after;
    return isObject ? JsonToken.objectEnd : JsonToken.arrayEnd;
  }

  #readKey(byte: number): JsonTokenCode {
    if (byte !== QUOTE) return this.#fail(byte < 0 ? 'the text ends inside an object' : 'a name is missing');
    if (!this.#readString()) return JsonToken.fault;
    this.stringEnd = this.position;
    if (this.#passSpace() !== COLON) return this.#fail('a colon is missing');
    this.position++;
    this.#state = State.value;
    return JsonToken.key;
  }

  #readValue(byte: number): JsonTokenCode {
    this.start = this.position;
    this.#state = State.after;
    switch (byte) {
      case QUOTE:
        if (!this.#readString()) return JsonToken.fault;
        this.stringEnd = this.position;
        return JsonToken.string;
      case OBJECT_START:
        return this.#open(1);
      case ARRAY_START:
        return this.#open(0);
      case 0x74:
        return this.#readWord(0) ? JsonToken.true : JsonToken.fault;
      case 0x66:
        return this.#readWord(1) ? JsonToken.false : JsonToken.fault;
      case 0x6e:
        return this.#readWord(2) ? JsonToken.null : JsonToken.fault;
      case -1:
        return this.#fail('a value is missing');
      default:
        return this.#readNumber();
    }
  }

  #open(isObject: number): JsonTokenCode {
    if (this.depth === MAX_JSON_DEPTH) return this.#fail(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    this.#isObject[this.depth++] = isObject;
    this.position++;
    this.#state = State.first;
    return isObject === 1 ? JsonToken.objectStart : JsonToken.arrayStart;
  }

  #readWord(which: number): boolean {
    const word = WORDS[which]!;
    for (let index = 0; index < word.length; index++) {
      if (this.position + index >= this.end || this.bytes[this.position + index] !== word[index]) {
        this.#fail('a word that is no value');
        return false;
      }
    }
    this.position += word.length;
    return true;
  }

  /** Reads a number (RFC 8259 §6). */
  #readNumber(): JsonTokenCode {
    const { bytes } = this;
    if (bytes[this.position] === MINUS) this.position++;
    const whole = this.position;
    let digits = this.#passDigits();
    if (digits === 0) return this.#fail(this.position === this.start ? 'no value' : 'no number');
    if (digits > 1 && bytes[whole] === DIGIT_0) return this.#fail('a number with a leading zero');
    if (this.#at() === POINT) {
      this.position++;
      digits = this.#passDigits();
    }
    if (digits > 0 && (this.#at() | 0x20) === 0x65) {
      this.position++;
      if (this.#at() === PLUS || this.#at() === MINUS) this.position++;
      digits = this.#passDigits();
    }
    return digits === 0 ? this.#fail('a number without its last digits') : JsonToken.number;
  }

  #at(): number {
    return this.position < this.end ? this.bytes[this.position]! : 0;
  }

  #passDigits(): number {
    const { bytes, end, position } = this;
    let last = position;
    while (last < end && bytes[last]! - DIGIT_0 >= 0 && bytes[last]! - DIGIT_0 <= 9) last++;
    this.position = last;
    return last - position;
  }

  /** Reads the string whose quote stands at the position (RFC 8259 §7). */
  #readString(): boolean {
    const { bytes, end } = this;
    let { position } = this;
    this.start = position++;
    this.escaped = false;
    for (;;) {
      while (position < end && PLAIN[bytes[position]!] === 1) position++;
      const byte = position < end ? bytes[position]! : -1;
      let length = 0;
      if (byte === QUOTE) {
        this.position = position + 1;
        return true;
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        length = escapeLength(bytes, position, end);
      } else if (byte >= 0x80) length = sequenceLength(bytes, position, end);
      if (length === 0) {
        this.position = position;
        this.#fail(
          byte < 0
            ? 'a string is cut'
            : byte === BACKSLASH
              ? 'no escape'
              : byte < 0x80
                ? 'a control character in a string'
                : 'no UTF-8',
        );
        return false;
      }
      position += length;
    }
  }

  #fail(text: string): typeof JsonToken.fault {
    this.faultText ||= text;
    this.end = this.position;
    this.#state = State.value;
    return JsonToken.fault;
  }
}

/** Value of a hexadecimal digit, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Bytes of the escape whose backslash stands at `position`; 0 where it is none (RFC 8259 §7). */
function escapeLength(bytes: Uint8Array, position: number, end: number): number {
  if (position + 1 >= end) return 0;
  if (bytes[position + 1] !== LOWER_U) return escapedCode(bytes, position) < 0 ? 0 : 2;
  return position + 6 <= end && escapedCode(bytes, position) >= 0 ? 6 : 0;
}

/** Code unit of the escape whose backslash stands at `position`, -1 where it is none. The text must not be cut. */
function escapedCode(bytes: Uint8Array, position: number): number {
  switch (bytes[position + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return bytes[position + 1]!;
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    case LOWER_U: {
      let code = 0;
      for (let index = position + 2; index < position + 6; index++) {
        const digit = hexDigit(bytes[index]!);
        if (digit < 0) return -1;
        code = code * 16 + digit;
      }
      return code;
    }
    default:
      return -1;
  }
}

/** Bytes of the UTF-8 sequence at `position`, which begins beyond ASCII; 0 where it is none (RFC 3629 §4). */
function sequenceLength(bytes: Uint8Array, position: number, end: number): number {
  const first = bytes[position]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || position + length > end) return 0;
  const second = bytes[position + 1]!;
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = position + 2; index < position + length; index++) {
    if ((bytes[index]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** Code unit of a string's character at `position`: of an escape what it stands for, else the byte. */
export function codeAt(bytes: Uint8Array, position: number): number {
  const byte = bytes[position]!;
  return byte === BACKSLASH ? escapedCode(bytes, position) : byte;
}

/** Bytes that `codeAt` looked at. */
export function codeLength(bytes: Uint8Array, position: number): number {
  if (bytes[position] !== BACKSLASH) return 1;
  return bytes[position + 1] === LOWER_U ? 6 : 2;
}

const decoder = new TextDecoder();

/**
 * The text of a string that `JsonScanner` found whole, from its range with the quotes. Halves of surrogate pairs
 * that stand alone stay such halves.
 */
export function jsonText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let plain = start + 1;
  for (let position = plain; position < end - 1;) {
    if (bytes[position] !== BACKSLASH) {
      position++;
      continue;
    }
    text += decoder.decode(bytes.subarray(plain, position));
    text += String.fromCharCode(escapedCode(bytes, position));
    position += codeLength(bytes, position);
    plain = position;
  }
  return text + decoder.decode(bytes.subarray(plain, end - 1));
}
