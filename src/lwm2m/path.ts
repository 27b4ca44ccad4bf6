import { plainSegment } from '../coap/uri-text.ts';
import { NO_ID } from './value.ts';

/** What a Uri-Path addresses (LwM2M Transport §6.4). */
export const PathKind = {
  /** No segment, or a single empty one. */
  root: 0,
  /** One to four ids: object, object instance, resource, resource instance. */
  numeric: 1,
  /** Exactly `rd`: registration. */
  rd: 2,
  /** Below `rd`: the usual place of a registration. */
  rdLocation: 3,
  /** Exactly `bs`: bootstrap. */
  bs: 4,
  /** Exactly `bspack`: bootstrap pack (LwM2M 1.2). */
  bspack: 5,
  /** Exactly `dp`: Send. */
  dp: 6,
  /** `.well-known/core` (RFC 6690 §4). */
  wellKnownCore: 7,
  /** Below `.well-known/est`: enrolment (RFC 9148). */
  est: 8,
  other: 9,
} as const;

export type PathKindCode = (typeof PathKind)[keyof typeof PathKind];

/** A Uri-Path as LwM2M reads it. Made once for each distinct path; not to be changed. */
export interface LwM2mPath {
  readonly kind: PathKindCode;
  /** Number of ids of a numeric path, 1 to 4; otherwise 0. */
  readonly depth: number;
  /** `NO_ID` where the path does not have the level. */
  readonly objectId: number;
  readonly instanceId: number;
  readonly resourceId: number;
  readonly resourceInstanceId: number;
  /** What a gateway puts before the paths of a device behind it (LwM2M Gateway §8.3.1); empty for none. */
  readonly prefix: string;
  /** The Uri-Path options as they came, one string each, not percent-encoded. */
  readonly segments: readonly string[];
}

/** Most levels a path can have (LwM2M Core §7.4). */
const MAX_DEPTH = 4;
/** Highest id; it is reserved, but seen on the wire it still is an id (LwM2M Core §7.4). */
const MAX_ID = 65535;
const ID = /^(0|[1-9][0-9]{0,4})$/;

function idOf(segment: string): number {
  if (!ID.test(segment)) return NO_ID;
  const id = Number(segment);
  return id <= MAX_ID ? id : NO_ID;
}

function kindOf(segments: readonly string[]): PathKindCode {
  const [first, second] = segments;
  if (first === undefined) return PathKind.root;
  if (first === 'rd') return segments.length === 1 ? PathKind.rd : PathKind.rdLocation;
  if (first === '.well-known') {
    if (second === 'core' && segments.length === 2) return PathKind.wellKnownCore;
    if (second === 'est') return PathKind.est;
    return PathKind.other;
  }
  if (segments.length === 1) {
    if (first === 'bs') return PathKind.bs;
    if (first === 'bspack') return PathKind.bspack;
    if (first === 'dp') return PathKind.dp;
  }
  if (segments.length <= MAX_DEPTH && segments.every((segment) => idOf(segment) !== NO_ID))
    return PathKind.numeric;
  return PathKind.other;
}

/**
 * Makes an LwM2M path of its segments. An empty segment at the end (`/3/0/`) does not count: such paths come from
 * stacks that mean the path without it.
 */
export function pathOfSegments(segments: readonly string[], prefix = ''): LwM2mPath {
  const counted = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  const kind = kindOf(counted);
  const ids = kind === PathKind.numeric ? counted.map(idOf) : [];
  return {
    kind,
    depth: ids.length,
    objectId: ids[0] ?? NO_ID,
    instanceId: ids[1] ?? NO_ID,
    resourceId: ids[2] ?? NO_ID,
    resourceInstanceId: ids[3] ?? NO_ID,
    prefix,
    segments,
  };
}

/**
 * Reads the canonical text of a Uri-Path: `/` or the empty text is the root, otherwise each segment stands behind
 * a `/`, and of a segment `/` is written `%2F` and `%` `%25`. Every text gives a path; `prefix` is what was taken off it.
 */
export function parsePath(text: string, prefix = ''): LwM2mPath {
  if (text === '' || text === '/') return pathOfSegments([], prefix);
  const body = text.startsWith('/') ? text.slice(1) : text;
  return pathOfSegments(body.split('/').map(plainSegment), prefix);
}

/** Writes the ids of a value's path, `NO_ID` levels at the end left out: `/3/0/9`. */
export function pathText(
  objectId: number,
  instanceId: number,
  resourceId: number,
  resourceInstanceId: number,
): string {
  let text = '';
  for (const id of [objectId, instanceId, resourceId, resourceInstanceId]) {
    if (id === NO_ID) break;
    text += `/${id}`;
  }
  return text === '' ? '/' : text;
}
