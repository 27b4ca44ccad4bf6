import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  Doubt,
  NO_ID,
  ValueType,
  type ValueTypeCode,
} from '../value.ts';
import { isBase64 } from './base64.ts';
import { malformed, READ } from './content-result.ts';
import { decimalOfText, integerOfText, objlnkOfText } from './number-text.ts';

/**
 * Reads plain text (content formats 0 and 1541; LwM2M Core §7.5.1): the value of the one resource or resource
 * instance that the request's path names. The whole content is the value. For a path that names no resource the
 * value is given with `Doubt.wrongNesting`, and the result is malformed.
 */
export function readPlainText(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  const { objectId, instanceId, resourceId, resourceInstanceId } = context;
  const named = resourceId !== NO_ID;
  const type = named ? context.typeOf(objectId, resourceId) : ValueType.unknown;
  const number = numberOf(type, bytes, start, end);
  let doubts: number = named ? Doubt.none : Doubt.wrongNesting;
  if (type === ValueType.unknown) doubts |= Doubt.unknownResource;
  else if (!fitsType(type, number, bytes, start, end)) doubts |= Doubt.typeDiffers;
  sink.value(objectId, instanceId, resourceId, resourceInstanceId, type, number, start, end, doubts, NaN);
  return named ? READ : malformed('plain text carries the value of one resource', 0, 'LwM2M Core §7.5.1');
}

/** The number of a value, NaN where it is text or bytes or no number of its type. */
function numberOf(type: ValueTypeCode, bytes: Uint8Array, start: number, end: number): number {
  switch (type) {
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.time: {
      const integer = integerOfText(bytes, start, end);
      return Number.isNaN(integer) ? decimalOfText(bytes, start, end) : integer;
    }
    case ValueType.float:
      return decimalOfText(bytes, start, end);
    case ValueType.boolean:
      return booleanOfText(bytes, start, end);
    case ValueType.objlnk:
      return objlnkOfText(bytes, start, end);
    default:
      return NaN;
  }
}

/** Whether the text is one of its type (LwM2M Core appendix C). */
function fitsType(
  type: ValueTypeCode,
  number: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  switch (type) {
    case ValueType.integer:
    case ValueType.time:
      return !Number.isNaN(integerOfText(bytes, start, end));
    case ValueType.unsigned:
      return number >= 0 && !Number.isNaN(integerOfText(bytes, start, end));
    case ValueType.float:
    case ValueType.objlnk:
      return !Number.isNaN(number);
    case ValueType.boolean:
      // The words are understood, but only the digits are allowed.
      return !Number.isNaN(number) && end - start === 1;
    case ValueType.opaque:
      return isBase64(bytes, start, end);
    case ValueType.none:
      return false;
    default:
      return true;
  }
}

const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];

/** 1 or 0 for `1`, `0` and, in any case, the words `true` and `false`; NaN for anything else. */
export function booleanOfText(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 1) {
    const digit = bytes[start]! - 0x30;
    return digit === 0 || digit === 1 ? digit : NaN;
  }
  const word = end - start === 4 ? TRUE : FALSE;
  if (end - start !== word.length) return NaN;
  for (let index = 0; index < word.length; index++) {
    if ((bytes[start + index]! | 0x20) !== word[index]) return NaN;
  }
  return word === TRUE ? 1 : 0;
}
