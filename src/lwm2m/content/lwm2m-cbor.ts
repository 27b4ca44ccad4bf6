import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  Doubt,
  NO_ID,
  ValueType,
} from '../value.ts';
import { CborScalar } from './cbor-scalar.ts';
import { CborWalker, Major } from './cbor-walker.ts';
import { beyondLimit, malformed, MAX_VALUES, READ } from './content-result.ts';
import { SeenPaths } from './seen-paths.ts';

const CLAUSE = 'LwM2M Core §7.5.4';
/** Most levels of a path; so many maps can stand in one another at most. */
const MAX_LEVELS = 4;
/** Highest id; it is reserved (LwM2M Core §7.4). */
const MAX_ID = 65535;

const walker = new CborWalker();
const scalar = new CborScalar();
const seen = new SeenPaths();
/** Ids of the keys around what is being read, from the root. */
const ids = new Int32Array(MAX_LEVELS);
/** Path of the value that is being read. */
let objectId = NO_ID;
let instanceId = NO_ID;
let resourceId = NO_ID;
let resourceInstanceId = NO_ID;

/** What is being read; set for the time of one call. */
let contentStart = 0;
let context!: ContentContext;
let sink!: ContentSink;
let values = 0;
let fault: ContentResult | undefined;

/**
 * Reads LwM2M CBOR (content format 11544; LwM2M Core §7.5.4): maps in one another, whose keys are ids or arrays of
 * ids. Paths begin with the object, or, as the text of 1.2.0 has it for Write and Create, below the path of the
 * request; which of the two, the number of ids tells. A text before the ids, as gateways write it, is passed. What
 * names no resource is given with `Doubt.wrongNesting`, and the result is malformed; bytes that are no CBOR, and keys
 * that are no ids, end the reading.
 */
export function readLwm2mCbor(
  bytes: Uint8Array,
  start: number,
  end: number,
  around: ContentContext,
  receiver: ContentSink,
): ContentResult {
  contentStart = start;
  context = around;
  sink = receiver;
  values = 0;
  fault = undefined;
  seen.begin();
  walker.begin(bytes, start, end);
  if (walker.next()) {
    if (walker.major !== Major.map) report('LwM2M CBOR is a map', start);
    else if (readMap(0, true) && walker.position < end) report('bytes behind the map', walker.position);
  }
  if (walker.faultText !== '') fault ??= malformed(walker.faultText, walker.position - start, 'RFC 8949 §3');
  const result = fault ?? READ;
  fault = undefined;
  return result;
}

/** Keeps the first fault; always false. */
function report(text: string, position: number): false {
  fault ??= malformed(text, position - contentStart, CLAUSE);
  return false;
}

/**
 * Reads the pairs of the map whose head was read, below `depth` ids; false where reading must end. Only keys at the
 * top may be without an id, so that maps stand in one another no deeper than ids do.
 */
function readMap(depth: number, isTop: boolean): boolean {
  const count = walker.indefinite ? -1 : walker.argument;
  for (let read = 0; read !== count; read++) {
    if (count < 0 && walker.passBreak()) return true;
    const start = walker.position;
    const level = readKey(depth, isTop);
    if (level < 0) return false;
    const isMap = walker.position < walker.end && walker.bytes[walker.position]! >> 5 === Major.map;
    if (isMap && level === MAX_LEVELS) return report('more than four ids', start);
    if (sink.open !== undefined) sink.open(`Key ${ids.slice(depth, level).join('/')}`, start, pairEnd());
    const goesOn = isMap ? walker.next() && readMap(level, false) : readLeaf(level);
    sink.close?.();
    if (!goesOn) return false;
  }
  return true;
}

/** Reads a key; gives the number of ids with it, or -1 where reading must end. */
function readKey(depth: number, isTop: boolean): number {
  const start = walker.position;
  if (!walker.next()) return -1;
  if (walker.major === Major.unsigned) return addId(depth, start);
  if (walker.major === Major.textString && isTop) {
    // The prefix of a gateway (LwM2M Gateway §7); its map holds the paths.
    return walker.indefinite && !walker.passChunks() ? -1 : depth;
  }
  if (walker.major !== Major.array) {
    report('a key that is no id', start);
    return -1;
  }
  const count = walker.indefinite ? -1 : walker.argument;
  let level = depth;
  let hasPrefix = false;
  for (let read = 0; read !== count; read++) {
    if (count < 0 && walker.passBreak()) break;
    const at = walker.position;
    if (!walker.next()) return -1;
    const major: number = walker.major;
    if (major === Major.textString && isTop && read === 0 && !walker.indefinite) {
      hasPrefix = true;
      continue;
    }
    if (major !== Major.unsigned) {
      report('a key that is no id', at);
      return -1;
    }
    level = addId(level, at);
    if (level < 0) return -1;
  }
  if (level === depth && !hasPrefix) {
    report('a key without an id', start);
    return -1;
  }
  return level;
}

/** Adds the unsigned integer that was read to the ids; gives their number, or -1. */
function addId(level: number, position: number): number {
  const id = walker.argument;
  if (id > MAX_ID || level === MAX_LEVELS) {
    report(id > MAX_ID ? `${id} is no id` : 'more than four ids', position);
    return -1;
  }
  ids[level] = id;
  return level + 1;
}

/** Reads a value below `depth` ids; false where reading must end. */
function readLeaf(depth: number): boolean {
  const start = walker.position;
  if (values === MAX_VALUES) {
    fault ??= beyondLimit(`more than ${MAX_VALUES} values`, start - contentStart);
    return false;
  }
  values++;
  let doubts: number = Doubt.none;
  if (!takePath(depth)) {
    report('a value whose keys name no resource', start);
    doubts |= Doubt.wrongNesting;
  } else if (differsFromRequest()) doubts |= Doubt.wrongNesting;
  const type = resourceId === NO_ID ? ValueType.unknown : context.typeOf(objectId, resourceId);
  if (!scalar.read(walker, type)) return false;
  doubts |= scalar.doubts;
  if (type === ValueType.unknown) doubts |= Doubt.unknownResource;
  // The client chooses the id where 65535 stands for the instance (LwM2M Core 1.2.1 §7.5.4).
  if (objectId === MAX_ID || resourceId === MAX_ID) doubts |= Doubt.outOfRange;
  if (seen.isRepeated(objectId, instanceId, resourceId, resourceInstanceId, NaN)) doubts |= Doubt.duplicate;
  sink.value(
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    scalar.type,
    scalar.number,
    scalar.start,
    scalar.end,
    doubts,
    NaN,
  );
  return true;
}

/** Makes the path of `depth` ids: from the root or below the request. False where it names no resource. */
function takePath(depth: number): boolean {
  const known =
    context.objectId === NO_ID
      ? 0
      : context.instanceId === NO_ID
        ? 1
        : context.resourceId === NO_ID
          ? 2
          : context.resourceInstanceId === NO_ID
            ? 3
            : 4;
  const isWhole = depth >= 3 && (known !== 1 || ids[0] === context.objectId);
  let below = 0;
  if (!isWhole && known > 0 && known + depth <= MAX_LEVELS && (known + depth >= 3 || known === 1)) {
    below = known;
    // Create without an instance id: the client chooses it.
    if (known === 1 && depth === 1) below = 2;
  }
  objectId = below > 0 ? context.objectId : idAt(0, depth);
  instanceId = below > 1 ? context.instanceId : idAt(1 - below, depth);
  resourceId = below > 2 ? context.resourceId : idAt(2 - below, depth);
  resourceInstanceId = idAt(3 - below, depth);
  return resourceId !== NO_ID;
}

function idAt(index: number, depth: number): number {
  return index >= 0 && index < depth ? ids[index]! : NO_ID;
}

/** Whether the path is not below that of the request. */
function differsFromRequest(): boolean {
  return (
    (context.objectId !== NO_ID && objectId !== context.objectId) ||
    (context.instanceId !== NO_ID && instanceId !== context.instanceId) ||
    (context.resourceId !== NO_ID && resourceId !== context.resourceId) ||
    (context.resourceInstanceId !== NO_ID && resourceInstanceId !== context.resourceInstanceId)
  );
}

/** Where the value that follows ends; the end of the content where it is cut. */
function pairEnd(): number {
  const ahead = new CborWalker();
  ahead.begin(walker.bytes, walker.position, walker.end);
  return ahead.skip() ? ahead.position : walker.end;
}
