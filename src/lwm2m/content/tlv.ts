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
import { floatNumber, signedNumber, unsignedNumber } from './number-bytes.ts';

const CLAUSE = 'LwM2M Core §7.5.5';

/** Bits 7 and 6 of the type byte. */
const Kind = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;
const KIND_NAMES = ['Object Instance', 'Resource Instance', 'Multiple Resource', 'Resource'] as const;

/** Reserved (LwM2M Core §7.4). */
const RESERVED_ID = 65535;
/** Elements before an element that are searched for the same id when ids do not ascend. */
const MAX_DUPLICATE_SEARCH = 64;

/** What an element stands in. */
const Level = { top: 0, objectInstance: 1, multipleResource: 2 } as const;

/** The element whose header was read last. */
let kind = 0;
let id = 0;
let idStart = 0;
let lengthStart = 0;
let valueStart = 0;
let valueEnd = 0;

/** What is being read; set for the time of one call, so that elements need no argument list. */
let bytes = new Uint8Array(0);
let contentStart = 0;
let context!: ContentContext;
let sink!: ContentSink;
let values = 0;
/** The first fault; reading goes on after a wrong nesting, not after a wrong length. */
let fault: ContentResult | undefined;

/**
 * Reads TLV (content formats 11542 and 1542; LwM2M Core §7.5.5). Tolerated without doubt: an object instance
 * around the answer to a resource, bare resource instances for a multiple resource, resources without an object
 * instance for an object (a Create that leaves the id to the client: the instance is then `NO_ID`). Elements that
 * stand where they may not are given with `Doubt.wrongNesting`, and the result is malformed. A length beyond the
 * surrounding element ends the reading.
 */
export function readTlv(
  source: Uint8Array,
  start: number,
  end: number,
  around: ContentContext,
  receiver: ContentSink,
): ContentResult {
  bytes = source as Uint8Array<ArrayBuffer>;
  contentStart = start;
  context = around;
  sink = receiver;
  values = 0;
  fault = undefined;
  readLevel(start, end, Level.top, around.instanceId, around.resourceId, Doubt.none);
  const result = fault ?? READ;
  fault = undefined;
  return result;
}

/**
 * Whether bytes are TLV from the first to the last, as far as the lengths of elements tell, those inside others
 * included.
 */
export function isWholeTlv(source: Uint8Array, start: number, end: number): boolean {
  bytes = source as Uint8Array<ArrayBuffer>;
  return isWholeLevel(start, end, Level.top);
}

function isWholeLevel(start: number, end: number, level: number): boolean {
  for (let position = start; position < end;) {
    if (!readHeader(position, end)) return false;
    const next = valueEnd;
    if (level !== Level.top && (level === Level.multipleResource) !== (kind === Kind.resourceInstance))
      return false;
    if (kind === Kind.objectInstance) {
      if (level !== Level.top || !isWholeLevel(valueStart, next, Level.objectInstance)) return false;
    } else if (kind === Kind.multipleResource && !isWholeLevel(valueStart, next, Level.multipleResource))
      return false;
    position = next;
  }
  return true;
}

/** Reads one header; false where it or its value does not fit into what surrounds it. */
function readHeader(position: number, end: number): boolean {
  const type = bytes[position]!;
  kind = type >> 6;
  idStart = position + 1;
  const idLength = type & 0x20 ? 2 : 1;
  lengthStart = idStart + idLength;
  const lengthLength = (type >> 3) & 3;
  valueStart = lengthStart + lengthLength;
  if (valueStart > end) return false;
  id = idLength === 1 ? bytes[idStart]! : (bytes[idStart]! << 8) | bytes[idStart + 1]!;
  valueEnd =
    valueStart +
    (lengthLength === 0 ? type & 7 : unsignedNumber(bytes, lengthStart, lengthStart + lengthLength));
  return valueEnd <= end;
}

/** Keeps the first fault. */
function report(text: string, position: number): void {
  fault ??= malformed(text, position - contentStart, CLAUSE);
}

/** Reads the elements of one level; false where reading must end. */
function readLevel(
  start: number,
  end: number,
  level: number,
  instanceId: number,
  resourceId: number,
  doubts: number,
): boolean {
  let position = start;
  let highest = -1;
  while (position < end) {
    if (!readHeader(position, end)) {
      report(
        valueStart > end
          ? 'a TLV header is cut'
          : `a TLV value of ${valueEnd - valueStart} bytes passes its end`,
        position,
      );
      return false;
    }
    if (values >= MAX_VALUES) {
      fault = beyondLimit(`more than ${MAX_VALUES} values`, position - contentStart);
      return false;
    }
    let elementDoubts = doubts;
    if (id > highest) highest = id;
    else if (standsBefore(start, position)) elementDoubts |= Doubt.duplicate;
    // Searching for a duplicate reads headers, and so does the level below.
    readHeader(position, end);
    const next = valueEnd;
    if (!readElement(position, level, instanceId, resourceId, elementDoubts)) return false;
    position = next;
  }
  return true;
}

/** Whether the kind and id of the element at `position` stand before it on the same level. */
function standsBefore(start: number, position: number): boolean {
  const wantedKind = kind;
  const wantedId = id;
  let before = start;
  for (let count = 0; before < position && count < MAX_DUPLICATE_SEARCH; count++) {
    readHeader(before, position);
    if (kind === wantedKind && id === wantedId) return true;
    before = valueEnd;
  }
  return false;
}

function readElement(
  position: number,
  level: number,
  instanceId: number,
  resourceId: number,
  inherited: number,
): boolean {
  let doubts = inherited | (id === RESERVED_ID ? Doubt.outOfRange : Doubt.none);
  if (!mayStandIn(level)) {
    report(`${KIND_NAMES[kind]} inside ${level === Level.top ? 'this path' : levelName(level)}`, position);
    doubts |= Doubt.wrongNesting;
  } else if (level === Level.top && differsFromPath()) doubts |= Doubt.wrongNesting;
  if (sink.open !== undefined) openElement(position);
  const elementEnd = valueEnd;
  let goesOn = true;
  if (kind === Kind.objectInstance) {
    // One level deeper at most: inside another element it is not read, only reported.
    if (level === Level.top)
      goesOn = readLevel(valueStart, elementEnd, Level.objectInstance, id, NO_ID, doubts);
  } else if (kind === Kind.multipleResource) {
    if (level !== Level.multipleResource) {
      goesOn = readLevel(valueStart, elementEnd, Level.multipleResource, instanceId, id, doubts);
    }
  } else if (kind === Kind.resourceInstance || level === Level.multipleResource) {
    giveValue(instanceId, resourceId, id, doubts);
  } else {
    const resourceInstanceId = id === context.resourceId ? context.resourceInstanceId : NO_ID;
    giveValue(instanceId, id, resourceInstanceId, doubts);
  }
  sink.close?.();
  return goesOn;
}

/** Whether an element of this kind may stand on a level. */
function mayStandIn(level: number): boolean {
  if (level === Level.multipleResource) return kind === Kind.resourceInstance;
  if (level === Level.objectInstance) return kind === Kind.resource || kind === Kind.multipleResource;
  // Without the request nobody knows what the path was.
  return kind !== Kind.resourceInstance || context.resourceId !== NO_ID || context.objectId === NO_ID;
}

/** Whether an element at the top names something else than the request's path. */
function differsFromPath(): boolean {
  if (kind === Kind.objectInstance) return context.instanceId !== NO_ID && id !== context.instanceId;
  if (kind === Kind.resourceInstance) {
    return context.resourceInstanceId !== NO_ID && id !== context.resourceInstanceId;
  }
  return context.resourceId !== NO_ID && id !== context.resourceId;
}

function levelName(level: number): string {
  return level === Level.objectInstance ? KIND_NAMES[Kind.objectInstance] : KIND_NAMES[Kind.multipleResource];
}

function giveValue(
  instanceId: number,
  resourceId: number,
  resourceInstanceId: number,
  inherited: number,
): void {
  const { objectId } = context;
  const type = resourceId === NO_ID ? ValueType.unknown : context.typeOf(objectId, resourceId);
  let doubts = inherited;
  if (type === ValueType.unknown) doubts |= Doubt.unknownResource;
  else if (!fitsType(type, valueStart, valueEnd)) doubts |= Doubt.typeDiffers;
  const number = numberOf(type, valueStart, valueEnd);
  values++;
  sink.value(
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    type,
    number,
    valueStart,
    valueEnd,
    doubts,
    NaN,
  );
}

/** Whether the length, and a Boolean's value, fit the type (LwM2M Core appendix C). */
function fitsType(type: ValueTypeCode, start: number, end: number): boolean {
  const length = end - start;
  switch (type) {
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.time:
      return length === 1 || length === 2 || length === 4 || length === 8;
    case ValueType.float:
      return length === 4 || length === 8;
    case ValueType.boolean:
      return length === 1 && bytes[start]! <= 1;
    case ValueType.objlnk:
      return length === 4;
    case ValueType.none:
      return false;
    default:
      return true;
  }
}

/** The number of a value, NaN where it is text or bytes or its length does not fit. */
function numberOf(type: ValueTypeCode, start: number, end: number): number {
  const length = end - start;
  switch (type) {
    case ValueType.integer:
    case ValueType.time:
      // Lengths of 3, 5, 6 and 7 are not allowed, but leave no doubt what is meant.
      return length > 0 && length <= 8 ? signedNumber(bytes, start, end) : NaN;
    case ValueType.unsigned:
      return length > 0 && length <= 8 ? unsignedNumber(bytes, start, end) : NaN;
    case ValueType.float:
      return length === 4 || length === 8 ? floatNumber(bytes, start, length) : NaN;
    case ValueType.boolean:
      return length === 1 && bytes[start]! <= 1 ? bytes[start]! : NaN;
    case ValueType.objlnk:
      return length === 4 ? unsignedNumber(bytes, start, end) : NaN;
    default:
      return NaN;
  }
}

/** Opens the element and gives its header field by field. */
function openElement(position: number): void {
  const open = sink.open!.bind(sink);
  open(`${KIND_NAMES[kind]} ${id}`, position, valueEnd);
  open(`Type: ${KIND_NAMES[kind]}, ${lengthStart - idStart}-byte identifier`, position, idStart);
  sink.close?.();
  open(`Identifier: ${id}`, idStart, lengthStart);
  sink.close?.();
  if (valueStart > lengthStart) {
    open(`Length: ${valueEnd - valueStart}`, lengthStart, valueStart);
    sink.close?.();
  }
}
