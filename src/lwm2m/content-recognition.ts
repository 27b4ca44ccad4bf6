import { isBase64 } from './content/base64.ts';
import { CborWalker, Major } from './content/cbor-walker.ts';
import { nameCode, senmlLabel } from './content/json-label.ts';
import { JsonScanner, JsonToken } from './content/json-scanner.ts';
import { decimalOfText, integerOfText, objlnkOfText } from './content/number-text.ts';
import { booleanOfText } from './content/plain-text.ts';
import { Label } from './content/senml-pack.ts';
import { isWholeTlv } from './content/tlv.ts';
import { contentFormat, Encoding } from './content-format.ts';
import { NO_FORMAT } from './operation-event.ts';
import { type ContentContext, NO_ID, ValueType } from './value.ts';

/** Formats that a content is recognised as. */
const PLAIN_TEXT = 0;
const JSON_ANY = 50;
const CBOR_ANY = 60;
const SENML_JSON = 110;
const SENML_CBOR = 112;
const TLV = 11542;
const LWM2M_JSON = 11543;
const LWM2M_CBOR = 11544;

/** Code of the name `e`, which holds the entries of LwM2M JSON. */
const ENTRIES = 0x65;
const ARRAY_START = 0x5b;
const OBJECT_START = 0x7b;

const scanner = new JsonScanner();
const walker = new CborWalker();

/**
 * The number of the content format to read a content as: `declared` as long as the shape of the bytes does not speak
 * against it; else, and where nothing or no LwM2M format is declared, the format that the bytes have the shape of,
 * whole and beyond doubt; `declared` again where there is none. `NO_FORMAT` stands for no Content-Format option. The
 * context is that of the reader.
 */
export function formatByShape(
  declared: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
): number {
  if (start >= end) return declared;
  const first = bytes[start]!;
  const format = contentFormat(declared);
  const encoding = format?.read === undefined ? Encoding.none : format.encoding;
  switch (encoding) {
    case Encoding.json:
      if (firstInk(bytes, start, end) === (isLwm2mJson(declared) ? OBJECT_START : ARRAY_START))
        return declared;
      break;
    case Encoding.cbor:
      if (first >> 5 === majorOf(declared)) return declared;
      if (declared === CBOR_ANY && first >> 5 !== Major.array && first >> 5 !== Major.map) return declared;
      break;
    case Encoding.binary:
      // Brackets and the heads of CBOR arrays and maps are rare as the first byte of a TLV.
      if (first !== ARRAY_START && first !== OBJECT_START && (first < 0x80 || first > 0xbf)) return declared;
      if (isWholeTlv(bytes, start, end)) return declared;
      break;
    case Encoding.text:
      if (context.resourceId !== NO_ID && isText(bytes, start, end)) return declared;
      break;
    case Encoding.bytes:
      if (context.resourceId !== NO_ID) return declared;
      break;
    default:
      if (declared !== NO_FORMAT && declared !== JSON_ANY && format !== undefined) return declared;
  }
  const found = recognise(bytes, start, end, context, declared === NO_FORMAT);
  return found === NO_FORMAT ? declared : found;
}

/** The first byte that is no white space of JSON (RFC 8259 §2); -1 where there is none. */
function firstInk(bytes: Uint8Array, start: number, end: number): number {
  for (let position = start; position < end; position++) {
    const byte = bytes[position]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
  }
  return -1;
}

function isLwm2mJson(format: number): boolean {
  return format === LWM2M_JSON || format === 1543;
}

/** Major type that a CBOR content of this format begins with; -1 for a single value, which may have any other. */
function majorOf(format: number): number {
  if (format === LWM2M_CBOR) return Major.map;
  return format === CBOR_ANY ? -1 : Major.array;
}

/** The format that bytes have the shape of, or `NO_FORMAT`; without any declared, also text and TLV of a value. */
function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  isUndeclared: boolean,
): number {
  const json = jsonShape(bytes, start, end);
  if (json !== NO_FORMAT) return json;
  const cbor = cborShape(bytes, start, end);
  if (cbor !== NO_FORMAT) return cbor;
  if (isUndeclared && isTextOfType(bytes, start, end, context)) return PLAIN_TEXT;
  return isTlvOfPath(bytes, start, end, context) ? TLV : NO_FORMAT;
}

/** SenML or LwM2M JSON: whole, with the fields of a record in the first one. */
function jsonShape(bytes: Uint8Array, start: number, end: number): number {
  scanner.begin(bytes, start, end);
  const first = scanner.next();
  let found: number = NO_FORMAT;
  if (first === JsonToken.arrayStart) {
    if (scanner.next() !== JsonToken.objectStart) return NO_FORMAT;
    let hasName = false;
    while (scanner.next() === JsonToken.key) {
      const label = senmlLabel(bytes, scanner.start + 1, scanner.stringEnd - 1, scanner.escaped);
      const value = scanner.next();
      hasName ||= (label === Label.name || label === Label.baseName) && value === JsonToken.string;
      if ((value === JsonToken.objectStart || value === JsonToken.arrayStart) && !scanner.leave()) break;
    }
    if (hasName) found = SENML_JSON;
  } else if (first === JsonToken.objectStart) {
    while (scanner.next() === JsonToken.key) {
      const code = nameCode(bytes, scanner.start + 1, scanner.stringEnd - 1, scanner.escaped);
      const value = scanner.next();
      if (value === JsonToken.arrayStart && code === ENTRIES) found = LWM2M_JSON;
      if ((value === JsonToken.objectStart || value === JsonToken.arrayStart) && !scanner.leave()) break;
    }
  }
  while (scanner.depth > 0) if (!scanner.leave()) return NO_FORMAT;
  return scanner.next() === JsonToken.end ? found : NO_FORMAT;
}

/** SenML CBOR: an array of maps, a name in the first. LwM2M CBOR: a map whose first key is an id or ids. */
function cborShape(bytes: Uint8Array, start: number, end: number): number {
  const major = bytes[start]! >> 5;
  if (major !== Major.array && major !== Major.map) return NO_FORMAT;
  walker.begin(bytes, start, end);
  if (!walker.skip() || walker.position !== end) return NO_FORMAT;
  walker.begin(bytes, start, end);
  walker.next();
  if (!walker.indefinite && walker.argument === 0) return NO_FORMAT;
  if (!walker.next()) return NO_FORMAT;
  if (major === Major.map) {
    if (walker.major === Major.array && !walker.next()) return NO_FORMAT;
    return walker.major === Major.unsigned && walker.argument <= 65535 ? LWM2M_CBOR : NO_FORMAT;
  }
  if (walker.major !== Major.map) return NO_FORMAT;
  const pairs = walker.indefinite ? Infinity : walker.argument;
  for (let pair = 0; pair < pairs && !walker.passBreak(); pair++) {
    if (!walker.next()) return NO_FORMAT;
    const isName = walker.number === Label.name || walker.number === Label.baseName;
    if (isName && bytes[walker.position]! >> 5 === Major.textString) return SENML_CBOR;
    if (!walker.skip()) return NO_FORMAT;
  }
  return NO_FORMAT;
}

/** Whole TLV whose first element names what the path does, and a resource that has a definition. */
function isTlvOfPath(bytes: Uint8Array, start: number, end: number, context: ContentContext): boolean {
  const { objectId, instanceId, resourceId } = context;
  if (objectId === NO_ID || end - start < 3 || !isWholeTlv(bytes, start, end)) return false;
  const kind = bytes[start]! >> 6;
  const isWide = (bytes[start]! & 0x20) !== 0;
  const id = isWide ? (bytes[start + 1]! << 8) | bytes[start + 2]! : bytes[start + 1]!;
  if (kind === 0) return resourceId === NO_ID && (instanceId === NO_ID || id === instanceId);
  if (kind === 1) return false;
  if (resourceId !== NO_ID) return id === resourceId;
  return instanceId !== NO_ID && context.typeOf(objectId, id) !== ValueType.unknown;
}

/** Whether bytes are printable: what text is, and binary formats seldom are. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f) return false;
  }
  return true;
}

/** Whether bytes are text, and that of a value of the type of the resource that the path names. */
function isTextOfType(bytes: Uint8Array, start: number, end: number, context: ContentContext): boolean {
  if (context.resourceId === NO_ID || !isText(bytes, start, end)) return false;
  switch (context.typeOf(context.objectId, context.resourceId)) {
    case ValueType.string:
    case ValueType.corelnk:
      return true;
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.time:
      return !Number.isNaN(integerOfText(bytes, start, end));
    case ValueType.float:
      return !Number.isNaN(decimalOfText(bytes, start, end));
    case ValueType.boolean:
      return end - start === 1 && !Number.isNaN(booleanOfText(bytes, start, end));
    case ValueType.objlnk:
      return !Number.isNaN(objlnkOfText(bytes, start, end));
    case ValueType.opaque:
      return end - start >= 4 && isBase64(bytes, start, end);
    default:
      return false;
  }
}
