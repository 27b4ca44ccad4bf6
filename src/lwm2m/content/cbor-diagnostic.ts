import { Decoder } from 'cbor-x/decode-no-eval';
import { hexText } from '../value-text.ts';
import { CborWalker, Major } from './cbor-walker.ts';

/** Levels of arrays, maps and tags that are shown. */
const MAX_LEVELS = 16;
/** Items that are shown. */
const MAX_ITEMS = 1000;
/** Characters of a notation; a longer one is cut and ends in `…`. */
export const MAX_NOTATION = 2000;

/** False, true, null and undefined; other simple values have no name (RFC 8949 §3.3). */
const FIRST_NAMED = 20;
const LAST_NAMED = 23;

/** Gives the values of single items. Tags never reach it, for it makes objects of its own of some of them. */
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Bytes in the diagnostic notation of CBOR (RFC 8949 §8), where they are one well-formed item from the first to the
 * last and its texts are UTF-8; undefined where they are not, or go beyond 16 levels or 1,000 items. Bignums stay
 * tags (`2(h'…')`). A notation of more than 2,000 characters is cut and ends in `…`.
 */
export function cborDiagnostic(bytes: Uint8Array): string | undefined {
  const notation = new Notation(bytes);
  if (!notation.item(0) || !notation.isAtEnd) return undefined;
  const { text } = notation;
  return text.length > MAX_NOTATION ? `${text.slice(0, MAX_NOTATION)}…` : text;
}

/** The notation while it is made: the walker finds each item whole, the decoder gives the value of those with one. */
class Notation {
  text = '';
  readonly #walker = new CborWalker();
  #items = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.#walker.begin(bytes, 0, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#walker.position === this.bytes.length;
  }

  /** Takes the next item with all it holds; false where it is not well-formed, or beyond a limit. */
  item(level: number): boolean {
    if (level > MAX_LEVELS || ++this.#items > MAX_ITEMS || !this.#walker.next()) return false;
    const { major, argument, indefinite, start, headEnd } = this.#walker;
    switch (major) {
      case Major.byteString:
      case Major.textString:
        return indefinite ? this.#chunks(major) : this.#value(start);
      case Major.array:
        return this.#list('[', ']', indefinite ? -1 : argument, () => this.item(level + 1));
      case Major.map:
        return this.#list('{', '}', indefinite ? -1 : argument, () => {
          if (!this.item(level + 1)) return false;
          this.#write(': ');
          return this.item(level + 1);
        });
      case Major.tag:
        this.#write(`${this.#valueOf(start, headEnd)}(`);
        if (!this.item(level + 1)) return false;
        this.#write(')');
        return true;
      default:
        return this.#value(start);
    }
  }

  /** Once the text is long enough the rest is only checked. */
  #write(text: string): void {
    if (this.text.length <= MAX_NOTATION) this.text += text;
  }

  /** What stands between brackets; `count` is -1 where a break ends it. */
  #list(open: string, close: string, count: number, entry: () => boolean): boolean {
    this.#write(count < 0 ? `${open}_ ` : open);
    for (let index = 0; count < 0 ? !this.#walker.passBreak() : index < count; index++) {
      if (index > 0) this.#write(', ');
      if (!entry()) return false;
    }
    this.#write(close);
    return true;
  }

  /** The chunks of an indefinite string: definite strings of the same kind (RFC 8949 §3.2.3). */
  #chunks(major: number): boolean {
    return this.#list('(', ')', -1, () => {
      if (++this.#items > MAX_ITEMS || !this.#walker.next()) return false;
      return this.#walker.major === major && !this.#walker.indefinite && this.#value(this.#walker.start);
    });
  }

  /** The item that the walker has just passed, which holds no others. */
  #value(start: number): boolean {
    const { major, argument, headEnd, position, isFloat } = this.#walker;
    if (major === Major.byteString) this.#write(`h'${hexText(this.bytes, headEnd, position)}'`);
    else if (major === Major.textString) {
      if (!isUtf8(this.bytes.subarray(headEnd, position))) return false;
      this.#write(JSON.stringify(this.#valueOf(start, position)));
    } else if (major === Major.simple && !isFloat && (argument < FIRST_NAMED || argument > LAST_NAMED))
      this.#write(`simple(${argument})`);
    else {
      const value = this.#valueOf(start, position);
      this.#write(isFloat ? floatText(Number(value)) : String(value));
    }
    return true;
  }

  /** The value of the item in a range of the bytes; of the head of a tag its number. */
  #valueOf(start: number, end: number): unknown {
    const item = this.bytes.slice(start, end);
    // The head of a tag as that of a whole number.
    if (item[0]! >> 5 === Major.tag) item[0]! &= 0x1f;
    return decoder.decode(item);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A float, which a point or an exponent tells from a whole number: `1.0`, `1.0e+300`, `-0.0`. */
function floatText(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  const text = Object.is(number, -0) ? '-0' : String(number);
  if (text.includes('.')) return text;
  const exponent = text.indexOf('e');
  return exponent < 0 ? `${text}.0` : `${text.slice(0, exponent)}.0${text.slice(exponent)}`;
}
