import { Code, isRequest } from '../coap/code.ts';
import { NO_FORMAT } from '../lwm2m/operation-event.ts';
import { formatByShape } from '../lwm2m/content-recognition.ts';
import { Interface, interfaceOf, Operation, type OperationCode } from '../lwm2m/operation.ts';
import { type LwM2mPath, PathKind } from '../lwm2m/path.ts';
import type { ObjectModel } from '../lwm2m/registry/object-model.ts';
import { type ContentContext, ValueType } from '../lwm2m/value.ts';

/**
 * Formats whose records name the resources they speak of (LwM2M Core §7.5.4 to §7.5.6); the others speak of the
 * path of the request.
 */
const NAMING_FORMATS: ReadonlySet<number> = new Set([110, 112, 320, 322, 1543, 11543, 11544]);
/** Formats whose whole content is one value: plain text and opaque (LwM2M Core §7.5.1, §7.5.2). */
const WHOLE_FORMATS: ReadonlySet<number> = new Set([0, 42, 1541, 1544]);

/**
 * Whether a content of this operation, code and path can speak of values of resources: not links, arguments, files,
 * diagnostic texts and what is beside LwM2M. The table of values and the tree of fields both ask here, so that they
 * say the same.
 */
export function maySpeakOfValues(operation: OperationCode, code: number, path: LwM2mPath): boolean {
  const isError = code >= 0x60;
  const side = interfaceOf(operation);
  if (isError || side === Interface.none || side === Interface.registration) return false;
  if (operation === Operation.bootstrapRequest || operation === Operation.execute) return false;
  if (operation === Operation.discover || operation === Operation.bootstrapDiscover) return false;
  return path.kind === PathKind.numeric || isPathless(path);
}

function isPathless({ kind }: LwM2mPath): boolean {
  return kind === PathKind.root || kind === PathKind.dp || kind === PathKind.bspack;
}

/**
 * The content format to read the values of a content as, which is another than the `declared` one where only the
 * bytes tell; `NO_FORMAT` where it speaks of no values. To be asked where `maySpeakOfValues` says so.
 */
export function formatOfValues(
  declared: number,
  code: number,
  path: LwM2mPath,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
): number {
  const found = formatByShape(declared, bytes, start, end, context);
  // Of a content that does not have the shape of its format, and of an answer to a write, nothing is guessed.
  const format = found !== declared && code !== Code.content && !isRequest(code) ? declared : found;
  return path.kind !== PathKind.numeric && !NAMING_FORMATS.has(format) ? NO_FORMAT : format;
}

/**
 * Whether a content without any bytes is the empty value of one resource: a text or bytes without length, written, or
 * read with 2.05 Content. A number has at least one digit. To be asked where `maySpeakOfValues` says so.
 */
export function isEmptyValue(
  declared: number,
  code: number,
  path: LwM2mPath,
  context: ContentContext,
): boolean {
  if (path.resourceId < 0 || !WHOLE_FORMATS.has(declared)) return false;
  if (code !== Code.put && code !== Code.post && code !== Code.content) return false;
  const type = context.typeOf(path.objectId, path.resourceId);
  return type === ValueType.string || type === ValueType.opaque || type === ValueType.unknown;
}

/** Whether the content of a message lists paths, and no values: what a composite request asks for (Core §6.3.8). */
export function listsPaths(operation: OperationCode, code: number): boolean {
  return (
    isRequest(code) &&
    (operation === Operation.readComposite ||
      operation === Operation.observeComposite ||
      operation === Operation.cancelObservationComposite)
  );
}

/** What the readers of contents are told of a message: its operation, its code, and the path of its request. */
export function contextOf(
  operation: OperationCode,
  code: number,
  path: LwM2mPath,
  model: ObjectModel,
): ContentContext {
  const { objectId, instanceId, resourceId, resourceInstanceId } = path;
  return {
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    listsPaths: listsPaths(operation, code),
    typeOf: (object, resource) => model.typeOf(object, resource),
  };
}
