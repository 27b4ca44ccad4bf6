import { Doubt, ValueType, type ValueTypeCode } from '../value.ts';
import { isBase64 } from './base64.ts';
import { JsonToken, type JsonTokenCode } from './json-scanner.ts';
import { decimalOfText, integerOfText, objlnkOfText } from './number-text.ts';
import { TypedScalar } from './typed-scalar.ts';

/** One value in SenML JSON or LwM2M JSON (LwM2M Core appendix C). One object is reused. */
export class JsonScalar extends TypedScalar {
  /**
   * Takes the token in `bytes[start..end)`. `type` is what the registry says; `isData` where the field says that
   * the text is Base64, and `mayBeData` where it may be.
   */
  take(
    token: JsonTokenCode,
    bytes: Uint8Array,
    start: number,
    end: number,
    type: ValueTypeCode,
    isData: boolean,
    mayBeData: boolean,
  ): void {
    this.beginValue(type);
    switch (token) {
      case JsonToken.number:
        this.#takeNumberText(bytes, start, end);
        break;
      case JsonToken.true:
      case JsonToken.false:
        this.takeBoolean(token === JsonToken.true);
        break;
      case JsonToken.string:
        if (isData || (mayBeData && type === ValueType.opaque)) this.#takeData(bytes, start + 1, end - 1);
        else this.#takeText(bytes, start + 1, end - 1);
        break;
      default:
        this.doubts |= Doubt.typeDiffers;
    }
  }

  #takeNumberText(bytes: Uint8Array, start: number, end: number): void {
    const integer = integerOfText(bytes, start, end);
    if (!Number.isNaN(integer)) this.takeNumber(integer, true);
    else this.takeNumber(decimalOfText(bytes, start, end), false);
  }

  #takeData(bytes: Uint8Array, start: number, end: number): void {
    if (this.type !== ValueType.opaque && this.type !== ValueType.unknown) this.doubts |= Doubt.typeDiffers;
    this.type = ValueType.opaque;
    if (!isBase64(bytes, start, end)) this.doubts |= Doubt.typeDiffers;
  }

  #takeText(bytes: Uint8Array, start: number, end: number): void {
    switch (this.type) {
      case ValueType.unknown:
        this.type = ValueType.string;
        break;
      case ValueType.string:
      case ValueType.corelnk:
        break;
      case ValueType.objlnk:
        this.number = objlnkOfText(bytes, start, end);
        if (Number.isNaN(this.number)) this.doubts |= Doubt.typeDiffers;
        break;
      case ValueType.opaque:
        // Whether the text was meant as Base64 nobody knows: it stays text.
        this.type = ValueType.string;
        this.doubts |= Doubt.typeDiffers;
        break;
      default:
        this.doubts |= Doubt.typeDiffers;
    }
  }
}
