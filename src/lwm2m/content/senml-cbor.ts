import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  ValueType,
  type ValueTypeCode,
} from '../value.ts';
import { CborScalar } from './cbor-scalar.ts';
import { CborWalker, Major, Simple } from './cbor-walker.ts';
import { senmlLabel } from './json-label.ts';
import { asciiText, integerOfText } from './number-text.ts';
import { fieldName, Label, type RecordValues, SenmlPack } from './senml-pack.ts';

const CLAUSE = 'RFC 8428 §6';
/** Keys −1 to −6 as bytes. */
const FIRST_BASE_KEY = 0x20;
const LAST_BASE_KEY = 0x25;
/** Text of a name that the field tree shows at most. */
const MAX_SHOWN = 100;

const walker = new CborWalker();
const scalar = new CborScalar();
const number = new CborScalar();
const pack = new SenmlPack();

/** Reads the value of the record that ends, which was only passed before: its type shows in names that may follow. */
const values: RecordValues = {
  scalarOf(ended: SenmlPack, type: ValueTypeCode): CborScalar {
    const { position } = walker;
    walker.position = ended.valueStart;
    scalar.read(walker, type);
    walker.position = position;
    return scalar;
  },
};

/**
 * Reads SenML CBOR (content format 112; RFC 8428 §6, LwM2M Core §7.5.7): values, or the paths of a composite
 * request where the context says that paths are listed. Tolerated: arrays and maps of indefinite length, numbers as
 * decimal fractions. Records stand for themselves: what is wrong in one (no value, a name that is no path, a label as
 * text) is reported, and reading goes on; bytes that are no CBOR end it.
 */
export function readSenmlCbor(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  pack.begin(bytes, start, context, sink);
  return readPack(bytes, start, end);
}

/** Reads a SenML-ETCH pack in CBOR (content format 322; RFC 8790): as SenML, and a null deletes what it names. */
export function readEtchCbor(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  pack.begin(bytes, start, context, sink);
  pack.isPatch = true;
  return readPack(bytes, start, end);
}

function readPack(bytes: Uint8Array, start: number, end: number): ContentResult {
  walker.begin(bytes, start, end);
  if (walker.next()) {
    if (walker.major !== Major.array) pack.report('SenML is an array of records', start, 'RFC 8428 §4');
    else if (readRecords(walker.indefinite ? -1 : walker.argument) && walker.position < end)
      pack.report('bytes behind the array of records', walker.position, CLAUSE);
  }
  if (walker.faultText !== '') pack.report(walker.faultText, walker.position, 'RFC 8949 §3');
  return pack.result();
}

/** Reads `count` records, or, where it is -1, as many as stand before the break; false where reading must end. */
function readRecords(count: number): boolean {
  for (let read = 0; read !== count; read++) {
    if (count < 0 && walker.passBreak()) return true;
    const start = walker.position;
    if (!walker.next()) return false;
    if (walker.major !== Major.map) {
      pack.report('a record that is no map', start, 'RFC 8428 §4');
      walker.position = start;
      if (!walker.skip()) return false;
      continue;
    }
    if (!pack.beginRecord(start)) return false;
    const fields = walker.indefinite ? -1 : walker.argument;
    if (pack.sink.open !== undefined) pack.sink.open('Record', start, itemEnd(start));
    const isWhole = readFields(fields);
    if (isWhole) pack.endRecord(values);
    pack.sink.close?.();
    if (!isWhole) return false;
  }
  return true;
}

function readFields(count: number): boolean {
  for (let read = 0; read !== count; read++) {
    if (count < 0 && walker.passBreak()) return true;
    const keyStart = walker.position;
    let label = keyStart < walker.end ? plainLabel(walker.bytes[keyStart]!) : Label.unknown;
    if (label !== Label.unknown) walker.position++;
    else {
      if (!walker.next()) return false;
      label = readLabel(keyStart);
      if (walker.faultText !== '') return false;
    }
    if (!pack.takeLabel(label, keyStart)) return false;
    const start = walker.position;
    if (!readField(label, start)) return false;
    if (pack.sink.open !== undefined) openField(label, keyStart, start);
  }
  return true;
}

/** Label of a key that is one byte, as all known ones can be; `Label.unknown` for other keys. */
function plainLabel(byte: number): number {
  if (byte <= Label.data) return byte;
  return byte >= FIRST_BASE_KEY && byte <= LAST_BASE_KEY ? FIRST_BASE_KEY - 1 - byte : Label.unknown;
}

/** Label of the key whose head was read. */
function readLabel(start: number): number {
  if (walker.major <= Major.negative) {
    const label = walker.number;
    return label >= Label.baseSum && label <= Label.data ? label : Label.unknown;
  }
  if (walker.major !== Major.textString || walker.indefinite) {
    walker.position = start;
    walker.skip();
    return Label.unknown;
  }
  const { bytes, headEnd, position } = walker;
  const label = senmlLabel(bytes, headEnd, position, false);
  if (label === Label.objlnk || label === Label.critical) return label;
  // Labels written as texts are wrong, yet leave no doubt what is meant.
  const meant = label === Label.unknown ? integerOfText(bytes, headEnd, position) : label;
  if (!(meant >= Label.baseSum && meant <= Label.data)) return Label.unknown;
  pack.report(`the label "${asciiText(bytes, headEnd, position)}" is a text`, start, CLAUSE);
  return meant;
}

/** Reads the value of one field; false where reading must end. */
function readField(label: number, start: number): boolean {
  switch (label) {
    case Label.baseName:
    case Label.name: {
      if (start < walker.end && walker.bytes[start]! >> 5 === Major.textString && walker.passPlain()) {
        pack.takeName(label, start + 1, walker.position, false);
        return true;
      }
      if (!walker.next()) return false;
      if (walker.major === Major.textString && !walker.indefinite) {
        pack.takeName(label, walker.headEnd, walker.position, false);
        return true;
      }
      pack.report('a name that is no text', start, CLAUSE);
      pack.takeName(label, start, start, false);
      walker.position = start;
      return walker.skip();
    }
    case Label.baseTime:
    case Label.time:
    case Label.baseValue:
    case Label.baseVersion:
      if (!number.read(walker, ValueType.float)) return false;
      return pack.takeNumber(label, number.number, start);
    case Label.value:
    case Label.text:
    case Label.boolean:
    case Label.data:
    case Label.objlnk:
      if (!passValue(start)) return false;
      if (pack.isTaken(start)) return true;
      pack.field = label;
      pack.valueStart = start;
      pack.valueEnd = walker.position;
      pack.isNull = walker.bytes[start] === ((Major.simple << 5) | Simple.null);
      return true;
    default:
      return passValue(start);
  }
}

/** Passes the item at `start`. */
function passValue(start: number): boolean {
  if (walker.passPlain()) return true;
  if (!walker.next()) return false;
  // What has no others inside is passed with its head.
  if ((walker.major < Major.array || walker.major === Major.simple) && !walker.indefinite) return true;
  walker.position = start;
  return walker.skip();
}

/** Where the item at `start` ends; the end of the content where it is cut. */
function itemEnd(start: number): number {
  const ahead = new CborWalker();
  ahead.begin(walker.bytes, start, walker.end);
  return ahead.skip() ? ahead.position : walker.end;
}

function openField(label: number, keyStart: number, start: number): void {
  const { bytes, position } = walker;
  let text = '';
  if (label === Label.name || label === Label.baseName) {
    const isName = label === Label.name;
    const from = isName ? pack.nameStart : pack.baseNameStart;
    const to = Math.min(isName ? pack.nameEnd : pack.baseNameEnd, from + MAX_SHOWN);
    text = `: ${asciiText(bytes, from, to)}`;
  } else if (label === Label.time) text = `: ${pack.time}`;
  else if (label === Label.baseTime) text = `: ${pack.baseTime}`;
  pack.sink.open?.(`${fieldName(label)}${text}`, keyStart, Math.max(start, position));
  pack.sink.close?.();
}
