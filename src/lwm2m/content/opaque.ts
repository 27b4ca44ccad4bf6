import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  Doubt,
  NO_ID,
  ValueType,
} from '../value.ts';
import { malformed, READ } from './content-result.ts';

/**
 * Reads opaque content (content formats 42 and 1544; LwM2M Core §7.5.2): the bytes of the one resource or resource
 * instance that the request's path names. A resource of another type is given as Opaque with
 * `Doubt.typeDiffers`. For a path that names no resource the value is given with `Doubt.wrongNesting`, and the
 * result is malformed.
 */
export function readOpaque(
  _bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  const { objectId, instanceId, resourceId, resourceInstanceId } = context;
  const named = resourceId !== NO_ID;
  const type = named ? context.typeOf(objectId, resourceId) : ValueType.unknown;
  let doubts: number = named ? Doubt.none : Doubt.wrongNesting;
  if (type === ValueType.unknown) doubts |= Doubt.unknownResource;
  else if (type !== ValueType.opaque) doubts |= Doubt.typeDiffers;
  sink.value(
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    ValueType.opaque,
    NaN,
    start,
    end,
    doubts,
    NaN,
  );
  return named ? READ : malformed('opaque content carries the value of one resource', 0, 'LwM2M Core §7.5.2');
}
