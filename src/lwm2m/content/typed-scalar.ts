import { Doubt, ValueType, type ValueTypeCode } from '../value.ts';

/**
 * One value that a format tells the kind of, against what the registry says of its type (LwM2M Core appendix C).
 * One object of each format's own kind is reused.
 */
export class TypedScalar {
  /** Type by the registry, or by the value itself where the registry does not know the resource. */
  type: ValueTypeCode = ValueType.unknown;
  /** As `ContentSink.value` takes it. */
  number = NaN;
  /** `Doubt.typeDiffers`, or none. */
  doubts: number = Doubt.none;

  /** Begins a value of this type. */
  protected beginValue(type: ValueTypeCode): void {
    this.type = type;
    this.number = NaN;
    this.doubts = Doubt.none;
  }

  /** Takes a number; `isInteger` where it is written as one. */
  protected takeNumber(number: number, isInteger: boolean): void {
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

  /** Takes true or false. */
  protected takeBoolean(value: boolean): void {
    if (this.type === ValueType.unknown) this.type = ValueType.boolean;
    if (this.type === ValueType.boolean) this.number = value ? 1 : 0;
    else this.doubts |= Doubt.typeDiffers;
  }
}
