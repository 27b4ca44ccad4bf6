import type { ValueTypeCode } from '../value.ts';
import { lwm2mJsonLabel, senmlLabel } from './json-label.ts';
import { JsonScalar } from './json-scalar.ts';
import { JsonScanner, JsonToken, type JsonTokenCode } from './json-scanner.ts';
import { asciiText, decimalOfText } from './number-text.ts';
import { fieldName, Label, type RecordValues, type SenmlPack } from './senml-pack.ts';

/** Text of a field that the field tree shows at most. */
const MAX_SHOWN = 100;

/** Reads the records of one array in JSON into a pack: of SenML, or the entries of LwM2M JSON. */
export class JsonRecords implements RecordValues {
  readonly #scanner: JsonScanner;
  readonly #scalar = new JsonScalar();
  readonly #isLwm2m: boolean;
  /** Token of the record's value. */
  #token: JsonTokenCode = JsonToken.null;

  /** Records in LwM2M's own JSON have other names for their fields. */
  constructor(scanner: JsonScanner, isLwm2m: boolean) {
    this.#scanner = scanner;
    this.#isLwm2m = isLwm2m;
  }

  /**
   * Reads what stands behind the start of the array up to its end. False where reading had to stop: at a fault of
   * the scanner, or at one that the pack keeps.
   */
  read(pack: SenmlPack): boolean {
    const scanner = this.#scanner;
    for (;;) {
      const token = scanner.next();
      if (token === JsonToken.arrayEnd) return true;
      if (token === JsonToken.fault) return false;
      if (token !== JsonToken.objectStart) {
        pack.report('a record that is no object', scanner.start, 'RFC 8428 §4');
        if (token === JsonToken.arrayStart && !scanner.leave()) return false;
        continue;
      }
      if (!pack.beginRecord(scanner.start)) return false;
      if (pack.sink.open !== undefined) pack.sink.open('Record', scanner.start, objectEnd(scanner));
      const isWhole = this.#readRecord(pack);
      if (isWhole) pack.endRecord(this);
      pack.sink.close?.();
      if (!isWhole) return false;
    }
  }

  /** The value of the record that ends, for a resource of this type. */
  scalarOf(pack: SenmlPack, type: ValueTypeCode): JsonScalar {
    this.#scalar.take(
      this.#token,
      pack.bytes,
      pack.valueStart,
      pack.valueEnd,
      type,
      pack.field === Label.data,
      this.#isLwm2m,
    );
    return this.#scalar;
  }

  #readRecord(pack: SenmlPack): boolean {
    const scanner = this.#scanner;
    for (;;) {
      const token = scanner.next();
      if (token === JsonToken.objectEnd) return true;
      if (token === JsonToken.fault) return false;
      const keyStart = scanner.start;
      const label = this.#isLwm2m
        ? lwm2mJsonLabel(scanner)
        : senmlLabel(scanner.bytes, keyStart + 1, scanner.stringEnd - 1, scanner.escaped);
      if (!pack.takeLabel(label, keyStart)) return false;
      const value = scanner.next();
      const { start } = scanner;
      if (value === JsonToken.objectStart || value === JsonToken.arrayStart) {
        if (!scanner.leave()) return false;
      } else if (value === JsonToken.fault) return false;
      if (!this.#takeField(pack, label, value, start)) return false;
      if (pack.sink.open !== undefined && label !== Label.unknown)
        openField(pack, label, keyStart, start, scanner.position);
    }
  }

  /** Takes the value of one field; false where reading must end. */
  #takeField(pack: SenmlPack, label: number, token: JsonTokenCode, start: number): boolean {
    const { bytes, position: end, escaped } = this.#scanner;
    switch (label) {
      case Label.baseName:
      case Label.name: {
        const isText = token === JsonToken.string;
        if (!isText) pack.report('a name that is no text', start, 'RFC 8428 §4.3');
        pack.takeName(label, isText ? start + 1 : start, isText ? end - 1 : start, isText && escaped);
        return true;
      }
      case Label.baseTime:
      case Label.time:
      case Label.baseValue:
      case Label.baseVersion: {
        const number = token === JsonToken.number ? decimalOfText(bytes, start, end) : NaN;
        return pack.takeNumber(label, number, start);
      }
      case Label.value:
      case Label.text:
      case Label.boolean:
      case Label.data:
      case Label.objlnk:
        if (pack.isTaken(start)) return true;
        pack.field = label;
        pack.valueStart = start;
        pack.valueEnd = end;
        pack.isNull = token === JsonToken.null;
        this.#token = token;
        return true;
      default:
        return true;
    }
  }
}

/** Where the object ends that the scanner stands at the start of; the end of the text where it is cut. */
function objectEnd(scanner: JsonScanner): number {
  const ahead = new JsonScanner();
  ahead.begin(scanner.bytes, scanner.start, scanner.end);
  ahead.next();
  return ahead.leave() ? ahead.position : scanner.end;
}

/** Gives a field of a record, or one above all records, to the field tree. */
export function openField(
  pack: SenmlPack,
  label: number,
  keyStart: number,
  start: number,
  end: number,
): void {
  const shown = asciiText(pack.bytes, start, Math.min(end, start + MAX_SHOWN));
  // What is a value is shown with its path when the record ends.
  const isValue = label >= Label.value && label !== Label.time && label !== Label.sum;
  const text = isValue || end - start > MAX_SHOWN ? '' : `: ${shown}`;
  pack.sink.open?.(`${fieldName(label)}${text}`, keyStart, end);
  pack.sink.close?.();
}
