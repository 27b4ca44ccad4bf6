import { floatNumber, halfNumber, unsignedNumber } from './number-bytes.ts';

/** Major types (RFC 8949 §3.1). */
export const Major = {
  unsigned: 0,
  negative: 1,
  byteString: 2,
  textString: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** Simple values (RFC 8949 §3.3). */
export const Simple = { false: 20, true: 21, null: 22, undefined: 23 } as const;

/** Levels of arrays, maps and tags that are followed; LwM2M needs five. */
export const MAX_DEPTH = 64;

/** Additional information (RFC 8949 §3). */
const ONE_BYTE = 24;
const EIGHT_BYTES = 27;
const INDEFINITE = 31;
const BREAK = 0xff;
/** Initial byte of a simple value in the byte that follows (RFC 8949 §3.3). */
const TWO_BYTE_SIMPLE = 0xf8;
/** Marks a level of indefinite length while skipping. */
const OPEN_ENDED = -1;

/**
 * Walks CBOR (RFC 8949) item by item without building anything. `next` reads the head of the item at `position`;
 * the fields then describe it. After a fault, `faultText` and `position` say what and where, and nothing more
 * can be read. One walker is reused.
 */
export class CborWalker {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next head is read; behind the head, and behind the content of a definite string, after `next`. */
  position = 0;
  end = 0;
  /** Major type of the current item. */
  major = 0;
  /** Argument of the head: value, length, count, tag number or simple value; the nearest double beyond 2^53. */
  argument = 0;
  /** Bytes of the argument behind the initial byte: 0, 1, 2, 4 or 8. */
  width = 0;
  indefinite = false;
  /** True for a float of any width; `number` then holds it. */
  isFloat = false;
  /** The number an integer or float stands for; NaN for anything else. */
  number = NaN;
  /** Range of the current item's head. */
  start = 0;
  headEnd = 0;
  /** Empty while nothing is wrong. */
  faultText = '';
  /** Items left on each level that `skip` is in; two for each pair of a map. */
  readonly #left = new Float64Array(MAX_DEPTH);
  /** Bit set for levels of maps, whose indefinite form must hold an even number of items. */
  readonly #odd = new Uint8Array(MAX_DEPTH);
  readonly #isMap = new Uint8Array(MAX_DEPTH);

  /** Begins at `start`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.faultText = '';
  }

  /** Whether the break of an indefinite item stands at the position; it is passed where it does. */
  passBreak(): boolean {
    if (this.position >= this.end || this.bytes[this.position] !== BREAK) return false;
    this.position++;
    return true;
  }

  /**
   * Passes an item of the kinds that most values are: a whole number, a float, true, false or null, a short string.
   * False where another kind stands there, or less than a whole item: then nothing is passed. The fields stay as
   * they were.
   */
  passPlain(): boolean {
    const { position } = this;
    if (position >= this.end) return false;
    const initial = this.bytes[position]!;
    const major = initial >> 5;
    const information = initial & 0x1f;
    let next = position + 1;
    if (major === Major.byteString || major === Major.textString) {
      if (information >= ONE_BYTE) return false;
      next += information;
    } else if (major > Major.negative && major !== Major.simple) return false;
    else if (information >= ONE_BYTE) {
      // Simple values of two bytes have rules of their own.
      if (information > EIGHT_BYTES || initial === TWO_BYTE_SIMPLE) return false;
      next += 1 << (information - ONE_BYTE);
    }
    if (next > this.end) return false;
    this.position = next;
    return true;
  }

  /** Reads the head of the next item; false with `faultText` set where there is none. */
  next(): boolean {
    const { bytes, end } = this;
    const start = this.position;
    if (start >= end) return this.#fail('an item is missing', start);
    const initial = bytes[start]!;
    const information = initial & 0x1f;
    this.start = start;
    this.major = initial >> 5;
    this.indefinite = false;
    this.isFloat = false;
    this.number = NaN;
    this.width = 0;
    if (information < ONE_BYTE) this.argument = information;
    else if (information <= EIGHT_BYTES) this.width = 1 << (information - ONE_BYTE);
    else if (information === INDEFINITE) return this.#readIndefinite(start);
    else return this.#fail(`reserved additional information ${information}`, start);
    const headEnd = start + 1 + this.width;
    if (headEnd > end) return this.#fail('the head of an item is cut', start);
    if (this.width > 0) this.argument = unsignedNumber(bytes, start + 1, headEnd);
    this.headEnd = headEnd;
    this.position = headEnd;
    switch (this.major) {
      case Major.unsigned:
        this.number = this.argument;
        return true;
      case Major.negative:
        this.number = -1 - this.argument;
        return true;
      case Major.byteString:
      case Major.textString:
        if (this.argument > end - headEnd) {
          return this.#fail(`a string of ${this.argument} bytes passes the end`, start);
        }
        this.position = headEnd + this.argument;
        return true;
      case Major.simple:
        return this.#readSimple(start);
      default:
        return true;
    }
  }

  /**
   * Passes the whole item at the position, with all it holds; false with `faultText` set where it is damaged. The
   * current item is then the last one inside.
   */
  skip(): boolean {
    let depth = 0;
    do {
      if (depth > 0 && this.#left[depth - 1] === OPEN_ENDED && this.passBreak()) {
        if (this.#isMap[depth - 1] === 1 && this.#odd[depth - 1] === 1) {
          return this.#fail('a map ends behind a key', this.position - 1);
        }
        depth--;
      } else {
        if (depth > 0) {
          if (this.#left[depth - 1] !== OPEN_ENDED) this.#left[depth - 1]!--;
          this.#odd[depth - 1]! ^= 1;
        }
        if (!this.next()) return false;
        const inner = this.#itemsInside();
        if (this.faultText !== '') return false;
        if (inner !== 0) {
          if (depth === MAX_DEPTH) return this.#fail(`nested deeper than ${MAX_DEPTH} levels`, this.start);
          this.#left[depth] = this.indefinite ? OPEN_ENDED : inner;
          this.#isMap[depth] = this.major === Major.map ? 1 : 0;
          this.#odd[depth] = 0;
          depth++;
        }
      }
      while (depth > 0 && this.#left[depth - 1] === 0) depth--;
    } while (depth > 0);
    return true;
  }

  /** Items that stand inside the current one; passes the chunks of an indefinite string. */
  #itemsInside(): number {
    switch (this.major) {
      case Major.byteString:
      case Major.textString:
        return this.indefinite && !this.passChunks() ? OPEN_ENDED : 0;
      case Major.array:
        return this.indefinite ? OPEN_ENDED : this.argument;
      case Major.map:
        return this.indefinite ? OPEN_ENDED : this.argument * 2;
      case Major.tag:
        return 1;
      default:
        return 0;
    }
  }

  /** Passes the chunks and the break of the indefinite string whose head was read (RFC 8949 §3.2.3). */
  passChunks(): boolean {
    const { major, start } = this;
    while (!this.passBreak()) {
      if (!this.next()) return false;
      if (this.major !== major || this.indefinite)
        return this.#fail('a chunk is no definite string', this.start);
    }
    this.major = major;
    this.start = start;
    this.indefinite = false;
    return true;
  }

  #readIndefinite(start: number): boolean {
    if (this.major < Major.byteString || this.major > Major.map) {
      return this.#fail(
        this.major === Major.simple ? 'a break where an item should stand' : 'indefinite length not allowed',
        start,
      );
    }
    this.indefinite = true;
    this.argument = 0;
    this.headEnd = start + 1;
    this.position = this.headEnd;
    return true;
  }

  #readSimple(start: number): boolean {
    const { bytes, width } = this;
    if (width === 1 && this.argument < 32) return this.#fail('a simple value in the wrong form', start);
    if (width < 2) return true;
    this.isFloat = true;
    this.number = width === 2 ? halfNumber(bytes, start + 1) : floatNumber(bytes, start + 1, width as 4 | 8);
    return true;
  }

  #fail(text: string, position: number): false {
    this.faultText = text;
    this.position = position;
    this.end = position;
    return false;
  }
}
