import { secondsOfDateTime } from '../civil-time.ts';
import { Doubt, ValueType, type ValueTypeCode } from '../value.ts';
import { type CborWalker, Major, Simple } from './cbor-walker.ts';
import { unsignedNumber } from './number-bytes.ts';
import { asciiText, decimalNumber, objlnkOfText } from './number-text.ts';
import { TypedScalar } from './typed-scalar.ts';

/** Tags that a value may have (RFC 8949 §3.4). */
const Tag = { dateTime: 0, epochTime: 1, bignum: 2, negativeBignum: 3, decimalFraction: 4 } as const;
/** A bignum of more bytes is beyond every double (RFC 8949 §3.4.3). */
const MAX_BIGNUM = 128;
/** The text of a date and time is never longer. */
const MAX_DATE_TIME = 64;

/**
 * One value in CBOR as LwM2M uses it: in CBOR content (60), SenML CBOR and LwM2M CBOR alike (LwM2M Core appendix
 * C). One object is reused.
 */
export class CborScalar extends TypedScalar {
  /** Range of the item, head and tags included. */
  start = 0;
  end = 0;

  /**
   * Reads the item at the walker's position and passes it; false where it is damaged, the fault is then the
   * walker's. `type` is what the registry says.
   */
  read(walker: CborWalker, type: ValueTypeCode): boolean {
    this.start = walker.position;
    this.beginValue(type);
    if (!walker.next()) return false;
    let tag = -1;
    let taggedTwice = false;
    if (walker.major === Major.tag) {
      tag = walker.argument;
      if (!walker.next()) return false;
      taggedTwice = (walker.major as number) === Major.tag;
    }
    if (taggedTwice || walker.major === Major.array || walker.major === Major.map) {
      return this.#readNested(walker, tag === Tag.decimalFraction && walker.major === Major.array);
    }
    const { major, headEnd, indefinite } = walker;
    if (indefinite && !walker.passChunks()) return false;
    this.end = walker.position;
    const isBignum = tag === Tag.bignum || tag === Tag.negativeBignum;
    if (isBignum && major === Major.byteString && !indefinite && this.end - headEnd <= MAX_BIGNUM) {
      const magnitude = unsignedNumber(walker.bytes, headEnd, this.end);
      this.takeNumber(tag === Tag.bignum ? magnitude : -1 - magnitude, true);
      // LwM2M writes integers without a tag.
      if (type !== ValueType.unknown) this.doubts |= Doubt.typeDiffers;
    } else if (tag === Tag.dateTime && major === Major.textString && !indefinite)
      this.#takeDateTime(walker, headEnd);
    else if (major === Major.unsigned || major === Major.negative || walker.isFloat) {
      if (tag === Tag.epochTime && type === ValueType.unknown) this.type = ValueType.time;
      this.takeNumber(walker.number, !walker.isFloat);
    } else if (major === Major.simple) this.#takeSimple(walker.argument);
    else this.#takeString(walker, major === Major.textString, indefinite ? -1 : headEnd);
    return true;
  }

  /** Passes an item with others inside; of those only a decimal fraction is a value. */
  #readNested(walker: CborWalker, mayBeFraction: boolean): boolean {
    walker.position = this.start;
    if (!walker.skip()) return false;
    this.end = walker.position;
    // Read only now: behind an item that is whole, its parts cannot be missing.
    const fraction = mayBeFraction ? decimalFraction(walker, this.start) : NaN;
    walker.position = this.end;
    if (Number.isNaN(fraction)) this.doubts |= Doubt.typeDiffers;
    else this.takeNumber(fraction, false);
    return true;
  }

  #takeSimple(value: number): void {
    if (value === Simple.false || value === Simple.true) this.takeBoolean(value === Simple.true);
    else if (this.type !== ValueType.unknown) this.doubts |= Doubt.typeDiffers;
  }

  #takeDateTime(walker: CborWalker, contentStart: number): void {
    if (this.type === ValueType.unknown) this.type = ValueType.time;
    if (this.type === ValueType.time && this.end - contentStart <= MAX_DATE_TIME) {
      this.number = secondsOfDateTime(asciiText(walker.bytes, contentStart, this.end));
    }
    if (Number.isNaN(this.number)) this.doubts |= Doubt.typeDiffers;
  }

  /** `contentStart` is -1 for a string in chunks. */
  #takeString(walker: CborWalker, isText: boolean, contentStart: number): void {
    switch (this.type) {
      case ValueType.unknown:
        this.type = isText ? ValueType.string : ValueType.opaque;
        break;
      case ValueType.objlnk:
        if (isText && contentStart >= 0) this.number = objlnkOfText(walker.bytes, contentStart, this.end);
        if (Number.isNaN(this.number)) this.doubts |= Doubt.typeDiffers;
        break;
      case ValueType.opaque:
        if (isText) this.doubts |= Doubt.typeDiffers;
        break;
      case ValueType.string:
      case ValueType.corelnk:
        if (!isText) this.doubts |= Doubt.typeDiffers;
        break;
      default:
        this.doubts |= Doubt.typeDiffers;
    }
  }
}

/**
 * The number of a decimal fraction (RFC 8949 §3.4.4): behind the tag at `start` an array of exponent and mantissa,
 * both integers; NaN where it is none.
 */
function decimalFraction(walker: CborWalker, start: number): number {
  walker.position = start;
  walker.next();
  walker.next();
  if (walker.indefinite || walker.argument !== 2) return NaN;
  walker.next();
  if (walker.major > Major.negative) return NaN;
  const exponent = walker.number;
  walker.next();
  if (walker.major > Major.negative) return NaN;
  return decimalNumber(walker.number, exponent);
}
