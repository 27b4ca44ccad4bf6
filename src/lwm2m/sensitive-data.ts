import { Operation, type OperationCode } from './operation.ts';
import { type LwM2mPath, PathKind } from './path.ts';
import type { ObjectModel } from './registry/object-model.ts';
import type { ResourceDefinition } from './registry/object-definition.ts';
import type { Value } from './value-text.ts';
import { NO_ID, ValueType } from './value.ts';

/** What a value would give away. */
export type Sensitive = 'key' | 'identity' | 'password' | 'address with credentials';

/**
 * Resources whose values are secrets or lead to them, by the definitions of the objects: Security (LwM2M Core
 * appendix E.1; identity and keys of DTLS and SMS), Software Management, APN Connection Profile, OSCORE (master
 * secret and salt, RFC 8613 §3.1), COSE and MQTT Server.
 */
const RESOURCES: Readonly<Record<number, Readonly<Record<number, Sensitive>>>> = {
  0: { 3: 'identity', 5: 'key', 7: 'key', 8: 'key' },
  9: { 14: 'identity', 15: 'password' },
  11: { 5: 'identity', 6: 'password' },
  21: { 0: 'key', 5: 'key' },
  23: { 2: 'key' },
  24: { 7: 'identity', 8: 'password' },
};

/** Package URIs: the server may want a password or a token in the address. */
const ADDRESSES: Readonly<Record<number, number>> = { 5: 1, 9: 3, 33629: 1 };

/** Words in the name of a resource that holds a secret, where it can be written and is text or bytes. */
const SECRET_NAME = /password|passphrase|secret|\bkeys?\b|\bpin\b|\bpuk\b/i;
const PUBLIC_NAME = /public key/i;
/** `user:password@` in an address (RFC 3986 §3.2.1). */
const USER_INFORMATION = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;
/** Names of parameters of a query whose values are secrets. */
const SECRET_PARAMETER = /token|key|sig|secret|password|auth/i;

/** What stands in place of a secret. */
const COVER = '…';

/**
 * What a value gives away; undefined for one that can be shown. Known resources are in a table; of others the
 * definition's name tells. An address counts only where it has credentials.
 */
export function sensitiveKind(
  objectId: number,
  resourceId: number,
  resource: ResourceDefinition | undefined,
  value: Value,
): Sensitive | undefined {
  const known = RESOURCES[objectId]?.[resourceId];
  if (known !== undefined) return known;
  if (ADDRESSES[objectId] === resourceId)
    return typeof value === 'string' && withoutCredentials(value) !== value
      ? 'address with credentials'
      : undefined;
  return resource === undefined ? undefined : kindByName(resource);
}

function kindByName({ name, operations, type }: ResourceDefinition): Sensitive | undefined {
  const isWritten = operations === '' || operations.includes('W');
  if (!isWritten || (type !== ValueType.string && type !== ValueType.opaque)) return undefined;
  if (!SECRET_NAME.test(name) || PUBLIC_NAME.test(name)) return undefined;
  return /\bkeys?\b/i.test(name) ? 'key' : 'password';
}

/** True where an object has resources that are secrets: of a body of it not even a hash is to be given. */
export function holdsSecrets(objectId: number, model: ObjectModel): boolean {
  if (RESOURCES[objectId] !== undefined) return true;
  for (const resource of model.object(objectId)?.resources.values() ?? [])
    if (kindByName(resource) !== undefined) return true;
  return false;
}

/**
 * True where the content of an operation on a path may hold secrets, so that bytes of it which are not read as values
 * are to be covered too: an object that has some, or the whole tree of a bootstrap (LwM2M Core §6.1.7.3).
 */
export function mayHoldSecrets(operation: OperationCode, path: LwM2mPath, model: ObjectModel): boolean {
  if (path.kind !== PathKind.numeric) return false;
  if (path.objectId === NO_ID) return operation === Operation.bootstrapWrite;
  return holdsSecrets(path.objectId, model);
}

/** An address with its user information, and the values of secret parameters in its query, replaced by `…`. */
export function withoutCredentials(address: string): string {
  return address
    .replace(USER_INFORMATION, `$1${COVER}@`)
    .split(/(?=[?&])/)
    .map(withoutSecret)
    .join('');
}

/** A query (`a=1&token=2`) with the values of secret parameters replaced by `…`. */
export function queryWithoutSecrets(query: string): string {
  return withoutCredentials(`?${query}`).slice(1);
}

/** A part of an address from one `?` or `&` to the next. */
function withoutSecret(part: string): string {
  const at = part.indexOf('=');
  const isParameter = part.startsWith('?') || part.startsWith('&');
  return isParameter && at > 0 && SECRET_PARAMETER.test(part.slice(0, at))
    ? part.slice(0, at + 1) + COVER
    : part;
}
