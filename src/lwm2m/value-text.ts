import { decodeBase64 } from './content/base64.ts';
import { JsonScanner, JsonToken, jsonText } from './content/json-scanner.ts';
import { CborScalar } from './content/cbor-scalar.ts';
import { CborWalker, Major, Simple } from './content/cbor-walker.ts';
import { exactInteger, floatNumber, unsignedNumber } from './content/number-bytes.ts';
import { asciiText, decimalOfText, integerOfText, objlnkOfText } from './content/number-text.ts';
import { booleanOfText } from './content/plain-text.ts';
import { contentFormat, Encoding } from './content-format.ts';
import { utcText } from './civil-time.ts';
import { ValueType, type ValueTypeCode } from './value.ts';
import { valueName } from './value-names.ts';

/** A value as records hold it. */
export type Value = string | number | boolean;

/** Bytes of an Opaque that are shown to people; more are counted. */
const MAX_SHOWN_BYTES = 32;
/** Longest float text that is tried before the exact one. */
const FLOAT32_DIGITS = 9;

/** What null is shown as; only in a patch it says something: what it names is deleted. */
const NULL_TEXT = 'null';
const TRUE_START = 0x74;
/** Tags of integers as byte strings (RFC 8949 §3.4.3). */
const BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;
/** A bignum of more bytes is shown as bytes. */
const MAX_BIGNUM = 128;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Bytes as lower-case hex. */
export function hexText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let index = start; index < end; index++) text += bytes[index]!.toString(16).padStart(2, '0');
  return text;
}

/** A number as records can hold it: what JSON has no number for becomes text. */
function jsonNumber(number: number): number | string {
  return Number.isFinite(number) ? number : String(number);
}

function objlnkText(number: number): string {
  return `${Math.floor(number / 65536)}:${number % 65536}`;
}

/** The value of a text, exact; text that is none of its type stays text. */
function readText(type: ValueTypeCode, bytes: Uint8Array, start: number, end: number): Value {
  switch (type) {
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.time:
      if (!Number.isNaN(integerOfText(bytes, start, end))) return jsonNumberText(bytes, start, end);
      break;
    case ValueType.float: {
      const number = decimalOfText(bytes, start, end);
      if (!Number.isNaN(number)) return jsonNumber(number);
      break;
    }
    case ValueType.boolean: {
      const number = booleanOfText(bytes, start, end);
      if (!Number.isNaN(number)) return number === 1;
      break;
    }
    case ValueType.objlnk: {
      const number = objlnkOfText(bytes, start, end);
      if (!Number.isNaN(number)) return objlnkText(number);
      break;
    }
    case ValueType.opaque: {
      const decoded = decodeBase64(bytes, start, end);
      if (decoded !== undefined) return hexText(decoded);
      break;
    }
  }
  return textOf(bytes, start, end);
}

/** The value of a JSON token, exact, by what the token is; the type says which texts are more than text. */
function readJson(type: ValueTypeCode, bytes: Uint8Array, start: number, end: number): Value {
  const scanner = new JsonScanner();
  scanner.begin(bytes, start, end);
  switch (scanner.next()) {
    case JsonToken.true:
    case JsonToken.false:
      return bytes[start] === TRUE_START;
    case JsonToken.number:
      return jsonNumberText(bytes, start, end);
    case JsonToken.null:
      return NULL_TEXT;
    case JsonToken.string: {
      const text = jsonText(bytes, start, end);
      if (type !== ValueType.opaque && type !== ValueType.objlnk) return text;
      const content = encoder.encode(text);
      return readText(type, content, 0, content.length);
    }
    default:
      // What stands nested where a value should is shown as it was sent.
      return textOf(bytes, start, end);
  }
}

/** A number's text as a number, an integer beyond what a double holds as text. */
function jsonNumberText(bytes: Uint8Array, start: number, end: number): Value {
  const integer = integerOfText(bytes, start, end);
  if (Number.isNaN(integer)) return jsonNumber(decimalOfText(bytes, start, end));
  if (Number.isSafeInteger(integer)) return integer;
  return BigInt(asciiText(bytes, start, end)).toString();
}

/** The value of a TLV's bytes, exact; bytes whose length does not fit their type stay bytes. */
function readBinary(type: ValueTypeCode, bytes: Uint8Array, start: number, end: number): Value {
  const length = end - start;
  switch (type) {
    case ValueType.string:
    case ValueType.corelnk:
      return textOf(bytes, start, end);
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.time:
      if (length > 0 && length <= 8) return exactInteger(bytes, start, end, type !== ValueType.unsigned);
      break;
    case ValueType.float:
      if (length === 4 || length === 8) return jsonNumber(floatNumber(bytes, start, length));
      break;
    case ValueType.boolean:
      if (length === 1 && bytes[start]! <= 1) return bytes[start] === 1;
      break;
    case ValueType.objlnk:
      if (length === 4) return objlnkText(unsignedNumber(bytes, start, end));
      break;
  }
  return hexText(bytes, start, end);
}

/** The content of a CBOR string, the chunks of an indefinite one joined. The walker stands at its head. */
function stringContent(walker: CborWalker): Uint8Array {
  if (!walker.indefinite) return walker.bytes.subarray(walker.headEnd, walker.position);
  const parts: Uint8Array[] = [];
  while (!walker.passBreak() && walker.next()) {
    parts.push(walker.bytes.subarray(walker.headEnd, walker.position));
  }
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}

/** The value of a CBOR item, exact, by what the item is; the type only says how a number is to be shown. */
function readCbor(type: ValueTypeCode, bytes: Uint8Array, start: number, end: number): Value {
  const scalar = new CborScalar();
  const walker = new CborWalker();
  walker.begin(bytes, start, end);
  if (!scalar.read(walker, type)) return hexText(bytes, start, end);
  walker.begin(bytes, start, end);
  walker.next();
  const tag = walker.major === Major.tag ? walker.argument : -1;
  if (tag >= 0) walker.next();
  switch (walker.major) {
    case Major.unsigned:
    case Major.negative: {
      const { number, headEnd, width } = walker;
      if (Number.isSafeInteger(number)) return number;
      const magnitude = BigInt(exactInteger(bytes, headEnd - width, headEnd, false));
      return (walker.major === Major.negative ? -1n - magnitude : magnitude).toString();
    }
    case Major.textString:
      if (!Number.isNaN(scalar.number)) {
        return scalar.type === ValueType.objlnk ? objlnkText(scalar.number) : scalar.number;
      }
      return decoder.decode(stringContent(walker));
    case Major.byteString: {
      const content = stringContent(walker);
      const isBignum = tag === BIGNUM || tag === NEGATIVE_BIGNUM;
      if (!isBignum || content.length > MAX_BIGNUM) return hexText(content);
      const magnitude = BigInt(`0x0${hexText(content)}`);
      const integer = tag === BIGNUM ? magnitude : -1n - magnitude;
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer.toString();
    }
    case Major.simple:
      if (walker.isFloat) return jsonNumber(walker.number);
      if (walker.argument === Simple.true || walker.argument === Simple.false) {
        return walker.argument === Simple.true;
      }
      if (walker.argument === Simple.null) return NULL_TEXT;
      return hexText(bytes, start, end);
    default:
      return Number.isNaN(scalar.number) ? hexText(bytes, start, end) : jsonNumber(scalar.number);
  }
}

/**
 * The exact value in `bytes[start..end)`, the range that a content reader gave, as records hold it: integers
 * beyond ±(2^53 − 1) as decimal text, Opaque as hex, Time as seconds, Objlnk as `3:0`. `type` and `format` are the
 * reader's type and the content format's number. Bytes that do not fit the type come as text or hex, whichever
 * the format allows; numbers that JSON does not have as `NaN`, `Infinity`, `-Infinity`.
 */
export function readValue(
  type: ValueTypeCode,
  format: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Value {
  switch (contentFormat(format)?.encoding) {
    case Encoding.text:
      return readText(type, bytes, start, end);
    case Encoding.binary:
      return readBinary(type, bytes, start, end);
    case Encoding.json:
      return readJson(type, bytes, start, end);
    case Encoding.cbor:
      return readCbor(type, bytes, start, end);
    default:
      return hexText(bytes, start, end);
  }
}

/** A float as people wrote it: the shortest text that gives the same 32-bit number, where it is one. */
function floatText(number: number): string {
  if (Math.fround(number) !== number || Number.isInteger(number)) return String(number);
  for (let digits = 1; digits < FLOAT32_DIGITS; digits++) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return String(shorter);
  }
  return String(number);
}

/**
 * A value as people read it: enumerations of the core objects named (`2 Downloaded`), Time as UTC text, Opaque as
 * hex with its length where it is long, numbers with `unit` behind them where it is given. Takes what `readValue`
 * gave, its type, and the object and resource it belongs to; `names` are those that a definition gives to values.
 */
export function describeValue(
  objectId: number,
  resourceId: number,
  type: ValueTypeCode,
  value: Value,
  unit = '',
  names?: ReadonlyMap<number, string>,
): string {
  if (type === ValueType.time && typeof value === 'number') {
    const text = utcText(value);
    return text === undefined ? String(value) : `${text} UTC`;
  }
  if (typeof value === 'boolean' || typeof value === 'number') {
    const name = valueName(objectId, resourceId, Number(value)) ?? names?.get(Number(value));
    if (name !== undefined) return `${value} ${name}`;
  }
  if (typeof value === 'number') {
    const text = type === ValueType.float ? floatText(value) : String(value);
    return unit === '' ? text : `${text} ${unit}`;
  }
  if (typeof value === 'string' && type === ValueType.opaque && value.length > 2 * MAX_SHOWN_BYTES) {
    return `${value.slice(0, 2 * MAX_SHOWN_BYTES)}… (${value.length / 2} bytes)`;
  }
  return String(value);
}
