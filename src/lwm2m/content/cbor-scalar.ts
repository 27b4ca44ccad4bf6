import { secondsOfDateTime } from '../civil-time.ts';
import { Doubt, ValueType, type ValueTypeCode } from '../value.ts';
import { type CborWalker, Major, Simple } from './cbor-walker.ts';
import { asciiText, objlnkOfText } from './number-text.ts';

/** Tags that a value may have (RFC 8949 §3.4). */
const Tag = { dateTime: 0, epochTime: 1, decimalFraction: 4 } as const;
/** The text of a date and time is never longer. */
const MAX_DATE_TIME = 64;

/**
 * One value in CBOR as LwM2M uses it: in CBOR content (60), SenML CBOR and LwM2M CBOR alike (LwM2M Core appendix
 * C). One object is reused.
 */
export class CborScalar {
  /** Type by the registry, or by the item itself where the registry does not know the resource. */
  type: ValueTypeCode = ValueType.unknown;
  /** As `ContentSink.value` takes it. */
  number = NaN;
  /** `Doubt.typeDiffers`, or none. */
  doubts = 0;
  /** Range of the item, head and tags included. */
  start = 0;
  end = 0;

  /**
   * Reads the item at the walker's position and passes it; false where it is damaged, the fault is then the
   * walker's. `type` is what the registry says.
   */
  read(walker: CborWalker, type: ValueTypeCode): boolean {
    this.start = walker.position;
    this.type = type;
    this.number = NaN;
    this.doubts = Doubt.none;
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
    if (tag === Tag.dateTime && major === Major.textString && !indefinite)
      this.#takeDateTime(walker, headEnd);
    else if (major === Major.unsigned || major === Major.negative || walker.isFloat) {
      if (tag === Tag.epochTime && type === ValueType.unknown) this.type = ValueType.time;
      this.#takeNumber(walker.number, !walker.isFloat);
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
    else this.#takeNumber(fraction, false);
    return true;
  }

  #takeNumber(number: number, isInteger: boolean): void {
    switch (this.type) {
      case ValueType.unknown:
        this.type = isInteger ? ValueType.integer : ValueType.float;
        this.number = number;
        break;
      case ValueType.unsigned:
      case ValueType.integer:
        this.number = number;
        if (!isInteger || (this.type === ValueType.unsigned && number < 0)) this.doubts |= Doubt.typeDiffers;
        break;
      case ValueType.float:
      case ValueType.time:
        this.number = number;
        break;
      default:
        this.doubts |= Doubt.typeDiffers;
    }
  }

  #takeSimple(value: number): void {
    const isBoolean = value === Simple.false || value === Simple.true;
    if (this.type === ValueType.unknown) this.type = isBoolean ? ValueType.boolean : ValueType.unknown;
    else if (this.type !== ValueType.boolean || !isBoolean) this.doubts |= Doubt.typeDiffers;
    if (isBoolean && this.type === ValueType.boolean) this.number = value - Simple.false;
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
  // By way of the text, so that the result is the nearest double.
  return Number(`${walker.number}e${exponent}`);
}
