import { Encoding, type EncodingCode } from './content-format.ts';
import { Operation, type OperationCode } from './operation.ts';
import type { ResourceDefinition } from './registry/object-definition.ts';
import { isInRange } from './registry/value-range.ts';
import { Doubt, NO_ID, ValueType } from './value.ts';

/** How an operation touches the values it carries; `other` where the definition's operations say nothing of it. */
export const Access = { other: 0, read: 1, write: 2 } as const;
export type AccessCode = (typeof Access)[keyof typeof Access];

/**
 * How an operation touches values. Create and the bootstrap interface may set what no server may write, and Send
 * gives what the client wants to give (LwM2M Core §6.1.7, §6.3.6, §6.4.5).
 */
export function accessOf(operation: OperationCode): AccessCode {
  switch (operation) {
    case Operation.read:
    case Operation.readComposite:
    case Operation.observe:
    case Operation.observeComposite:
    case Operation.notify:
      return Access.read;
    case Operation.writeReplace:
    case Operation.writePartialUpdate:
    case Operation.writeComposite:
      return Access.write;
    default:
      return Access.other;
  }
}

/** True where the definition does not allow the operation (LwM2M Core §6.3: answered 4.05). */
function isForbidden({ operations, readable, writable }: ResourceDefinition, access: AccessCode): boolean {
  if (access === Access.read) return !readable;
  // What no server may touch is written in a bootstrap, whose beginning the capture may lack.
  return access === Access.write && !writable && operations !== '';
}

/** Bytes of a CBOR string of known length by its head (RFC 8949 §3); -1 for anything else. */
function cborStringLength(bytes: Uint8Array, start: number, end: number): number {
  const head = start < end ? bytes[start]! : 0;
  const major = head >> 5;
  const information = head & 31;
  if (major !== 2 && major !== 3) return -1;
  if (information < 24) return information;
  if (information > 26) return -1;
  let length = 0;
  const headEnd = start + 1 + (1 << (information - 24));
  for (let at = start + 1; at < headEnd && at < end; at++) length = length * 256 + bytes[at]!;
  return length;
}

/** Bytes that Base64 text stands for (RFC 4648 §4). */
function base64Length(bytes: Uint8Array, start: number, end: number): number {
  let digits = end - start;
  while (digits > 0 && bytes[start + digits - 1] === 0x3d) digits--;
  return Math.floor((digits * 3) / 4);
}

/** Length in bytes of a String or an Opaque; -1 where its encoding does not tell. */
function lengthOf(
  type: number,
  encoding: EncodingCode,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  switch (encoding) {
    case Encoding.binary:
    case Encoding.bytes:
      return end - start;
    case Encoding.text:
      return type === ValueType.opaque ? base64Length(bytes, start, end) : end - start;
    case Encoding.cbor:
      return cborStringLength(bytes, start, end);
    default:
      return -1;
  }
}

/**
 * What a definition makes doubtful of one value that lies in `bytes[start..end)`: its range (`outOfRange`), the
 * operation (`notAllowed`), an instance of a single resource or a multiple one without (`wrongNesting`). `number` is
 * as the content reader gave it; where its type differs already, the range is not asked. Allocates nothing.
 */
export function registryDoubts(
  resource: ResourceDefinition,
  access: AccessCode,
  encoding: EncodingCode,
  resourceInstanceId: number,
  number: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  doubts: number,
): number {
  let more = isForbidden(resource, access) ? Doubt.notAllowed : Doubt.none;
  if (resource.multiple === (resourceInstanceId === NO_ID)) more |= Doubt.wrongNesting;
  const { limits } = resource;
  if (limits === undefined || (doubts & Doubt.typeDiffers) !== 0) return more;
  if (limits.of === 'number') {
    if (!Number.isNaN(number) && !isInRange(limits, number)) more |= Doubt.outOfRange;
    return more;
  }
  const length = lengthOf(resource.type, encoding, bytes, start, end);
  // Stacks send an optional text or key that is not set as an empty one.
  if (length > 0 && !isInRange(limits, length)) more |= Doubt.outOfRange;
  return more;
}
