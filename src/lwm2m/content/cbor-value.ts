import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  Doubt,
  NO_ID,
  ValueType,
} from '../value.ts';
import { CborScalar } from './cbor-scalar.ts';
import { CborWalker } from './cbor-walker.ts';
import { malformed, READ } from './content-result.ts';

const CLAUSE = 'LwM2M Core §7.5.3';

const walker = new CborWalker();
const scalar = new CborScalar();

/**
 * Reads CBOR content (content format 60; LwM2M Core §7.5.3): exactly one data item, the value of the one resource
 * or resource instance that the request's path names. For a path that names no resource the value is given with
 * `Doubt.wrongNesting`; that, a damaged item and bytes behind it are malformed.
 */
export function readCborValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  const { objectId, instanceId, resourceId, resourceInstanceId } = context;
  const named = resourceId !== NO_ID;
  const type = named ? context.typeOf(objectId, resourceId) : ValueType.unknown;
  walker.begin(bytes, start, end);
  if (!scalar.read(walker, type)) return malformed(walker.faultText, walker.position - start, 'RFC 8949 §3');
  let { doubts } = scalar;
  if (!named) doubts |= Doubt.wrongNesting;
  if (type === ValueType.unknown) doubts |= Doubt.unknownResource;
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
  if (!named) return malformed('CBOR content carries the value of one resource', 0, CLAUSE);
  if (scalar.end < end) return malformed('bytes behind the one data item', scalar.end - start, CLAUSE);
  return READ;
}
