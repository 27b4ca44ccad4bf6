import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  Doubt,
  NO_ID,
  ValueType,
  type ValueTypeCode,
} from '../value.ts';
import { beyondLimit, malformed, MAX_VALUES, READ } from './content-result.ts';
import { NamePath } from './name-path.ts';
import { SeenPaths } from './seen-paths.ts';
import type { TypedScalar } from './typed-scalar.ts';

/**
 * Fields of a record, by their numbers in CBOR (RFC 8428 §6); the object link, which has a text there (LwM2M Core
 * §7.5.7), and what is not known get numbers of their own.
 */
export const Label = {
  baseVersion: -1,
  baseName: -2,
  baseTime: -3,
  baseUnit: -4,
  baseValue: -5,
  baseSum: -6,
  name: 0,
  unit: 1,
  value: 2,
  text: 3,
  boolean: 4,
  sum: 5,
  time: 6,
  updateTime: 7,
  data: 8,
  objlnk: 9,
  unknown: 20,
  /** Must be understood, and is not (RFC 8428 §4.4). */
  critical: 21,
} as const;

/** Shift that makes a label a bit of a set. */
const LABEL_SHIFT = 6;
/** Highest `bver` that may be read (RFC 8428 §4.4). */
const MAX_VERSION = 10;

/** Reserved (LwM2M Core §7.4). */
const RESERVED = 65535;
const SLASH = 0x2f;

const NAMES_CLAUSE = 'RFC 8428 §4.5.1';
const VALUES_CLAUSE = 'RFC 8428 §4.2';

/** Reads the value of the record's value field, for a resource of this type, into the scalar it gives. */
export interface RecordValues {
  scalarOf(pack: SenmlPack, type: ValueTypeCode): TypedScalar;
}

/** The field in which each type is written (LwM2M Core table C-2), by `ValueType` code; -1 for no type. */
const FIELDS = [-1, 3, 2, 2, 2, 4, 8, 2, 9, 3, -1] as const;

/**
 * What SenML records have in common in JSON, CBOR and LwM2M's own JSON: base fields that go on, names that become
 * paths, values that are given with their times (RFC 8428 §4; LwM2M Core §7.5.6). Readers set the fields of a
 * record and end it. One object is reused for all contents.
 */
export class SenmlPack {
  /** Base fields, which go on from record to record. */
  baseNameStart = 0;
  baseNameEnd = 0;
  baseNameEscaped = false;
  baseTime = NaN;
  baseValue = 0;
  /** Name and time of this record. */
  nameStart = 0;
  nameEnd = 0;
  nameEscaped = false;
  time = NaN;
  /** Field of its value; `Label.unknown` for none. */
  field: number = Label.unknown;
  valueStart = 0;
  valueEnd = 0;
  /** Whether its value is null, which deletes in a patch (RFC 8790 §3.2). */
  isNull = false;
  /** Of what the pack is: whether nulls delete, and whether names begin below the path of the request. */
  isPatch = false;
  isLwm2mJson = false;
  bytes: Uint8Array = new Uint8Array(0);
  sink!: ContentSink;
  #context!: ContentContext;
  #start = 0;
  #recordStart = 0;
  #records = 0;
  /** Labels of this record as a set. */
  #labels = 0;
  #fault: ContentResult | undefined;
  readonly #path = new NamePath();
  readonly #seen = new SeenPaths();

  /** Begins a content. */
  begin(bytes: Uint8Array, start: number, context: ContentContext, sink: ContentSink): void {
    this.bytes = bytes;
    this.sink = sink;
    this.#context = context;
    this.#start = start;
    this.#records = 0;
    this.#fault = undefined;
    this.#seen.begin();
    this.baseNameStart = 0;
    this.baseNameEnd = 0;
    this.baseTime = NaN;
    this.baseValue = 0;
    this.isPatch = false;
    this.isLwm2mJson = false;
  }

  /** Result of the content. What the pack held of it is let go. */
  result(): ContentResult {
    const result = this.#fault ?? READ;
    this.#fault = undefined;
    return result;
  }

  /** Keeps the first fault. */
  report(text: string, position: number, clause: string): void {
    this.#fault ??= malformed(text, position - this.#start, clause);
  }

  /** Begins a record; false where there are too many. */
  beginRecord(position: number): boolean {
    if (this.#records === MAX_VALUES) {
      this.#fault = beyondLimit(`more than ${MAX_VALUES} records`, position - this.#start);
      return false;
    }
    this.#records++;
    this.#recordStart = position;
    this.#labels = 0;
    this.nameStart = 0;
    this.nameEnd = 0;
    this.time = NaN;
    this.field = Label.unknown;
    this.isNull = false;
    return true;
  }

  /**
   * Takes note of a label at `position`; false where reading must end. A second value field does not count; ask
   * `isTaken`.
   */
  takeLabel(label: number, position: number): boolean {
    if (label === Label.critical) {
      this.report('a field that must be understood', position, 'RFC 8428 §4.4');
      return false;
    }
    if (label === Label.unknown) return true;
    const bit = 1 << (label + LABEL_SHIFT);
    if (this.#labels & bit) this.report('a field that occurs twice', position, 'RFC 8428 §4');
    this.#labels |= bit;
    return true;
  }

  /** Whether the record has a value already. */
  isTaken(position: number): boolean {
    if (this.field === Label.unknown) return false;
    this.report('a second value in one record', position, VALUES_CLAUSE);
    return true;
  }

  /** Takes a name or base name: the range of its bytes, without quotes. */
  takeName(label: number, start: number, end: number, escaped: boolean): void {
    if (label === Label.name) {
      this.nameStart = start;
      this.nameEnd = end;
      this.nameEscaped = escaped;
    } else {
      this.baseNameStart = start;
      this.baseNameEnd = end;
      this.baseNameEscaped = escaped;
    }
  }

  /** Takes a time, base time, base value or version, NaN where it is no number; false where reading must end. */
  takeNumber(label: number, number: number, position: number): boolean {
    if (Number.isNaN(number)) this.report(`${fieldName(label)} is no number`, position, 'RFC 8428 §4.3');
    else if (label === Label.baseTime) this.baseTime = number;
    else if (label === Label.time) this.time = number;
    else if (label === Label.baseValue) this.baseValue = number;
    else if (number > MAX_VERSION) {
      this.#fault ??= beyondLimit(`SenML version ${number}`, position - this.#start);
      return false;
    }
    return true;
  }

  /** The record has ended: its value, or what it names, goes to the sink. */
  endRecord(values: RecordValues): void {
    const path = this.#path;
    const isPath = this.#readPath();
    const context = this.#context;
    if (this.field === Label.unknown || context.listsPaths === true) {
      this.#endWithoutValue(isPath);
      return;
    }
    const isResource = isPath && path.depth >= 3;
    const { objectId, instanceId, resourceId, resourceInstanceId } = path;
    let doubts: number = Doubt.none;
    if (!isResource) {
      this.report('a name that is no path of a resource', this.#recordStart, NAMES_CLAUSE);
      doubts |= Doubt.wrongNesting;
    } else if (path.hasGap) {
      this.report('a name with an empty segment', this.#recordStart, NAMES_CLAUSE);
      doubts |= Doubt.wrongNesting;
    } else if (this.#differsFromRequest()) doubts |= Doubt.wrongNesting;
    const registered = isResource ? context.typeOf(objectId, resourceId) : ValueType.unknown;
    if (registered === ValueType.unknown) doubts |= Doubt.unknownResource;
    if (objectId === RESERVED || instanceId === RESERVED || resourceId === RESERVED)
      doubts |= Doubt.outOfRange;
    const time = this.#valueTime();
    if (this.#seen.isRepeated(objectId, instanceId, resourceId, resourceInstanceId, time))
      doubts |= Doubt.duplicate;
    let type: ValueTypeCode = ValueType.none;
    let number = NaN;
    if (!this.isNull || !this.isPatch) {
      // An object link of an unknown resource shows in its field only.
      const asked =
        registered === ValueType.unknown && this.field === Label.objlnk ? ValueType.objlnk : registered;
      const scalar = values.scalarOf(this, asked);
      ({ type, number } = scalar);
      doubts |= scalar.doubts;
      const field = this.isLwm2mJson && type === ValueType.opaque ? Label.text : FIELDS[type]!;
      if ((scalar.doubts & Doubt.typeDiffers) === 0 && field >= 0 && field !== this.field)
        doubts |= Doubt.wrongField;
      if (this.baseValue !== 0 && this.field === Label.value && !Number.isNaN(number)) {
        number += this.baseValue;
        doubts |= Doubt.baseAdded;
      }
    }
    this.sink.value(
      objectId,
      instanceId,
      resourceId,
      resourceInstanceId,
      type,
      number,
      this.valueStart,
      this.valueEnd,
      doubts,
      time,
    );
  }

  /** Reads base name and name as one path (RFC 8428 §4.5.1). */
  #readPath(): boolean {
    const { bytes, baseNameStart, baseNameEnd, nameStart, nameEnd } = this;
    const path = this.#path;
    const isRelative = nameStart === nameEnd || bytes[nameStart] !== SLASH;
    if (this.isLwm2mJson && baseNameStart === baseNameEnd && isRelative) {
      const { objectId, instanceId, resourceId, resourceInstanceId } = this.#context;
      path.begin(objectId, instanceId, resourceId, resourceInstanceId);
    } else path.begin();
    path.feed(bytes, baseNameStart, baseNameEnd, this.baseNameEscaped);
    path.feed(bytes, nameStart, nameEnd, this.nameEscaped);
    return path.finish();
  }

  /** A record that names something and has no value. */
  #endWithoutValue(isPath: boolean): void {
    const { objectId, instanceId, resourceId, resourceInstanceId } = this.#path;
    const start = this.#recordStart;
    if (this.#context.listsPaths === true) {
      if (this.field !== Label.unknown) this.report('a value in a list of paths', start, 'RFC 8790 §3.1');
      if (!isPath) this.report('a name that is no path', start, NAMES_CLAUSE);
      else {
        this.sink.name?.(
          objectId,
          instanceId,
          resourceId,
          resourceInstanceId,
          this.nameStart < this.nameEnd ? this.nameStart : this.baseNameStart,
          this.nameStart < this.nameEnd ? this.nameEnd : this.baseNameEnd,
        );
      }
      return;
    }
    // Only base fields: they are for the records that follow. A sum stands in place of a value.
    const speaks = this.#labels & ((1 << (Label.name + LABEL_SHIFT)) | (1 << (Label.time + LABEL_SHIFT)));
    const hasSum = (this.#labels & (1 << (Label.sum + LABEL_SHIFT))) !== 0;
    if ((speaks !== 0 && !hasSum) || this.#labels === 0)
      this.report('a record without a value', start, VALUES_CLAUSE);
  }

  /** Time of the record's value; NaN where none is given (RFC 8428 §4.5.3). */
  #valueTime(): number {
    if (Number.isNaN(this.time)) return this.baseTime;
    return Number.isNaN(this.baseTime) ? this.time : this.baseTime + this.time;
  }

  /** Whether the path is not below that of the request; the root as base name leads to linked instances. */
  #differsFromRequest(): boolean {
    const { objectId, instanceId, resourceId, resourceInstanceId } = this.#context;
    const path = this.#path;
    if (
      (objectId === NO_ID || objectId === path.objectId) &&
      (instanceId === NO_ID || instanceId === path.instanceId) &&
      (resourceId === NO_ID || resourceId === path.resourceId) &&
      (resourceInstanceId === NO_ID || resourceInstanceId === path.resourceInstanceId)
    )
      return false;
    return this.baseNameEnd - this.baseNameStart !== 1;
  }
}

/** Names of the fields for the field tree. */
const FIELD_NAMES: Readonly<Record<number, string>> = {
  [Label.baseVersion]: 'Base Version',
  [Label.baseName]: 'Base Name',
  [Label.baseTime]: 'Base Time',
  [Label.baseUnit]: 'Base Unit',
  [Label.baseValue]: 'Base Value',
  [Label.baseSum]: 'Base Sum',
  [Label.name]: 'Name',
  [Label.unit]: 'Unit',
  [Label.value]: 'Value',
  [Label.text]: 'String Value',
  [Label.boolean]: 'Boolean Value',
  [Label.sum]: 'Sum',
  [Label.time]: 'Time',
  [Label.updateTime]: 'Update Time',
  [Label.data]: 'Data Value',
  [Label.objlnk]: 'Object Link',
};

/** Name of a field for the field tree. */
export function fieldName(label: number): string {
  return FIELD_NAMES[label] ?? 'Field';
}
