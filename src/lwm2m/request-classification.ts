import { NO_FORMAT } from './operation-event.ts';
import { Operation, type OperationCode } from './operation.ts';
import { type LwM2mPath, parsePath, PathKind, type PathKindCode } from './path.ts';
import { NOTIFICATION_ATTRIBUTES, QueryFlag } from './query.ts';

/** Request methods (RFC 7252 §12.1.1, RFC 8132 §6). */
const Method = { GET: 1, POST: 2, PUT: 3, DELETE: 4, FETCH: 5, iPATCH: 7 } as const;

/** 2.05 Content (RFC 7252 §5.9.1.5). */
const CONTENT = 0x45;
/** 2.02 Deleted and 2.04 Changed (RFC 7252 §5.9.1). */
const DELETED = 0x42;
const CHANGED = 0x44;
/** The LwM2M Security object, which only a bootstrap server can reach (LwM2M Core, appendix E.1). */
const SECURITY_OBJECT = 0;

/** Content formats that decide an operation (LwM2M Core §7.5). */
const Format = {
  plainText: 0,
  link: 40,
  senmlJson: 110,
  senmlCbor: 112,
  etchJson: 320,
  etchCbor: 322,
  tlv: 11542,
  json: 11543,
  lwm2mCbor: 11544,
} as const;

/** Which way a request goes. */
export const Direction = {
  unknown: 0,
  /** From the LwM2M client to a server. */
  up: 1,
  /** From a server to the LwM2M client. */
  down: 2,
} as const;

export type DirectionCode = (typeof Direction)[keyof typeof Direction];

/** What is known of a request when it is classified. One object is reused for all requests. */
export class RequestFacts {
  /** CoAP method code: 1 GET, 2 POST, 3 PUT, 4 DELETE, 5 FETCH, 6 PATCH, 7 iPATCH. */
  method = 0;
  path: LwM2mPath = parsePath('/');
  /** `QueryFlag` bits. */
  queryFlags = 0;
  /** `NO_FORMAT` where there is none. */
  contentFormat: number = NO_FORMAT;
  accept: number = NO_FORMAT;
  /** Value of the Observe option, -1 for none. */
  observe = -1;
  /** Length of this message's payload in bytes. */
  payloadLength = 0;
  direction: DirectionCode = Direction.unknown;
  /**
   * From a Bootstrap-Request's 2.04 to the answer of Bootstrap-Finish, and no longer than EXCHANGE_LIFETIME after
   * the last message of the bootstrap.
   */
  inBootstrapWindow = false;
  /** The path is the Location-Path that a registration was given. */
  isRegistrationLocation = false;
  /** The path was written to a package URI of this device (/5/0/1, /9/x/3, /33629/x/1). */
  isDownloadTarget = false;
  /** By the registry: 1 the resource is executable, 0 it is not, -1 nothing is known. */
  executable = -1;
}

function isDataPack(format: number): boolean {
  return format === Format.senmlJson || format === Format.senmlCbor || format === Format.lwm2mCbor;
}

/** A format that a composite request can have; later blocks of one may leave it out. */
function isCompositeFormat(format: number): boolean {
  return (
    isDataPack(format) || format === Format.etchJson || format === Format.etchCbor || format === NO_FORMAT
  );
}

/**
 * Kind of a path where a server keeps an interface below a root of its own, such as `/api/rd`. Only the query tells
 * that from other CoAP: the name of an endpoint, and what else belongs to a registration.
 */
function kindBelowRoot({ path, method, queryFlags }: RequestFacts): PathKindCode {
  if (path.kind !== PathKind.other || method !== Method.POST || (queryFlags & QueryFlag.ep) === 0)
    return path.kind;
  const last = path.segments[path.segments.length - 1];
  if (last === 'rd' && (queryFlags & (QueryFlag.lt | QueryFlag.lwm2m)) !== 0) return PathKind.rd;
  return last === 'bs' ? PathKind.bs : path.kind;
}

/** Rows 1 to 7 of the table: requests of a client to a server. */
function classifyUp(facts: RequestFacts): OperationCode {
  const { method, path, direction } = facts;
  const kind = kindBelowRoot(facts);
  if (kind === PathKind.bs && method === Method.POST) {
    if (direction === Direction.up || (facts.queryFlags & (QueryFlag.ep | QueryFlag.pct)) !== 0) {
      return Operation.bootstrapRequest;
    }
    if (facts.queryFlags === 0 && facts.payloadLength === 0) return Operation.bootstrapFinish;
    return Operation.none;
  }
  if (direction === Direction.down) return Operation.none;
  if (path.kind === PathKind.bspack && method === Method.GET) return Operation.bootstrapPackRequest;
  if (kind === PathKind.rd && method === Method.POST) return Operation.register;
  if (path.kind === PathKind.rdLocation || facts.isRegistrationLocation) {
    if (method === Method.POST) return Operation.update;
    if (method === Method.DELETE) return Operation.deregister;
  }
  if (path.kind === PathKind.dp && method === Method.POST) {
    if (isDataPack(facts.contentFormat) || direction === Direction.up) return Operation.send;
  }
  return Operation.none;
}

/** Rows 8 to 13 with an Observe option, or a composite on the root. */
function classifyComposite(facts: RequestFacts): OperationCode {
  if (!isCompositeFormat(facts.contentFormat)) return Operation.none;
  if (facts.method === Method.iPATCH) return Operation.writeComposite;
  if (facts.observe === 0) return Operation.observeComposite;
  if (facts.observe === 1) return Operation.cancelObservationComposite;
  return Operation.readComposite;
}

function classifyGet(facts: RequestFacts): OperationCode {
  const { path, inBootstrapWindow } = facts;
  if (facts.observe === 0) return Operation.observe;
  if (facts.observe === 1) return path.depth > 0 ? Operation.cancelObservation : Operation.none;
  if (facts.accept === Format.link) {
    // Only a bootstrap server may ask for the root.
    if (path.depth === 0 || (inBootstrapWindow && path.depth === 1)) return Operation.bootstrapDiscover;
    return Operation.discover;
  }
  if (path.depth === 0) return Operation.none;
  const serverOrAccess = path.objectId === 1 || path.objectId === 2;
  return inBootstrapWindow && path.depth <= 2 && serverOrAccess ? Operation.bootstrapRead : Operation.read;
}

function classifyPut(facts: RequestFacts): OperationCode {
  const { depth } = facts.path;
  if (depth === 0) return Operation.none;
  const carriesData = facts.contentFormat !== NO_FORMAT || facts.payloadLength > 0;
  const setsAttributes = (facts.queryFlags & NOTIFICATION_ATTRIBUTES) !== 0;
  if (!carriesData || (facts.contentFormat === NO_FORMAT && setsAttributes)) return Operation.writeAttributes;
  // A write to a whole object exists in bootstrap only, so it tells of a window that was not seen to open.
  if (depth === 1 || (facts.inBootstrapWindow && depth <= 3)) return Operation.bootstrapWrite;
  return Operation.writeReplace;
}

function classifyPost(facts: RequestFacts): OperationCode {
  const { depth } = facts.path;
  const format = facts.contentFormat;
  if (depth === 0) return Operation.none;
  if (depth === 1) return Operation.create;
  if (depth === 2 || depth === 4) return Operation.writePartialUpdate;
  if (facts.executable === 1 || facts.payloadLength === 0) return Operation.execute;
  if (format === NO_FORMAT || format === Format.plainText) return Operation.execute;
  const holdsInstances = isDataPack(format) || format === Format.tlv || format === Format.json;
  return holdsInstances || facts.executable === 0 ? Operation.writePartialUpdate : Operation.execute;
}

function classifyDelete(facts: RequestFacts): OperationCode {
  const { depth } = facts.path;
  if (depth <= 1) return Operation.bootstrapDelete;
  return facts.inBootstrapWindow && depth === 2 ? Operation.bootstrapDelete : Operation.delete;
}

/** Rows 8 to 27 of the table: requests of a server to a client. */
function classifyDown(facts: RequestFacts): OperationCode {
  if (facts.direction === Direction.up) return Operation.none;
  const { kind } = facts.path;
  if (kind === PathKind.root && (facts.method === Method.FETCH || facts.method === Method.iPATCH)) {
    return classifyComposite(facts);
  }
  if (kind !== PathKind.numeric && kind !== PathKind.root) return Operation.none;
  // On the root, only what speaks of bootstrap is told from plain CoAP.
  if (facts.method === Method.GET) return classifyGet(facts);
  if (facts.method === Method.PUT) return classifyPut(facts);
  if (facts.method === Method.POST) return classifyPost(facts);
  if (facts.method !== Method.DELETE) return Operation.none;
  return kind === PathKind.root && !facts.inBootstrapWindow ? Operation.none : classifyDelete(facts);
}

/**
 * Names the operation of a request (LwM2M Transport §6.4, Core §6). `none` for CoAP that is not LwM2M. The answer
 * may settle a read further: `settleByResponse`. Not to be asked of the outer message of OSCORE, whose options
 * say nothing of the operation (RFC 8613 §4.1.3.5).
 */
export function classifyRequest(facts: RequestFacts): OperationCode {
  if (facts.isDownloadTarget && facts.method === Method.GET && facts.direction !== Direction.down) {
    return Operation.download;
  }
  const { kind } = facts.path;
  if (kind === PathKind.est) return Operation.estEnrolment;
  if (kind === PathKind.wellKnownCore) {
    return facts.method === Method.GET ? Operation.coreDiscovery : Operation.none;
  }
  const up = classifyUp(facts);
  return up === Operation.none ? classifyDown(facts) : up;
}

/**
 * Settles the operation of a request when its answer is there: a GET without Accept that is answered in CoRE link
 * format was a Discover (LwM2M Core §6.3.2); a Delete of everything, or a Write to the Security object, that a client
 * accepts is one of bootstrap, since no other server may do either (§6.1.7.5, §6.1.7.6, appendix E.1). Takes the operation that `classifyRequest` gave, the request's facts,
 * the answer's code byte and Content-Format.
 */
export function settleByResponse(
  operation: OperationCode,
  facts: RequestFacts,
  responseCode: number,
  responseFormat: number,
): OperationCode {
  const isDown = facts.direction !== Direction.up;
  if (operation === Operation.none && isDown && facts.method === Method.DELETE)
    return responseCode === DELETED && facts.path.kind === PathKind.root
      ? Operation.bootstrapDelete
      : operation;
  if (operation === Operation.writeReplace)
    return responseCode === CHANGED && facts.path.objectId === SECURITY_OBJECT
      ? Operation.bootstrapWrite
      : operation;
  if (responseCode !== CONTENT || responseFormat !== Format.link) return operation;
  if (operation === Operation.read || operation === Operation.bootstrapRead) {
    return facts.inBootstrapWindow && facts.path.depth <= 1
      ? Operation.bootstrapDiscover
      : Operation.discover;
  }
  if (operation === Operation.none && facts.inBootstrapWindow && facts.method === Method.GET) {
    return facts.path.kind === PathKind.root ? Operation.bootstrapDiscover : operation;
  }
  return operation;
}

/**
 * Tells from one request which end is the LwM2M client: 2 its source for certain, 1 probably; -2 its destination
 * for certain, -1 probably; 0 says nothing. Ports and the sender of a ClientHello are for the caller to weigh.
 */
export function roleEvidence(facts: RequestFacts): number {
  const { method, queryFlags } = facts;
  if (facts.isDownloadTarget && method === Method.GET) return 1;
  if (facts.isRegistrationLocation && (method === Method.POST || method === Method.DELETE)) return 1;
  switch (kindBelowRoot(facts)) {
    case PathKind.bs:
      if (method !== Method.POST) return 0;
      if ((queryFlags & (QueryFlag.ep | QueryFlag.pct)) !== 0) return 2;
      return queryFlags === 0 && facts.payloadLength === 0 ? -1 : 0;
    case PathKind.bspack:
      return method === Method.GET ? 2 : 0;
    case PathKind.rd:
      if (method !== Method.POST) return 0;
      return (queryFlags & (QueryFlag.ep | QueryFlag.lt | QueryFlag.lwm2m)) !== 0 ? 2 : 1;
    case PathKind.rdLocation:
      return method === Method.POST || method === Method.DELETE ? 1 : 0;
    case PathKind.dp:
      return method === Method.POST && isDataPack(facts.contentFormat) ? 2 : 0;
    case PathKind.numeric:
      return -1;
    case PathKind.root:
      if (method !== Method.FETCH && method !== Method.iPATCH) return 0;
      return facts.contentFormat !== NO_FORMAT && isCompositeFormat(facts.contentFormat) ? -1 : 0;
    default:
      return 0;
  }
}
