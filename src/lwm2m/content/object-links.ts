import type { Fault, OutcomeCode } from '../../capture/outcome.ts';
import { parsePath, PathKind, pathText } from '../path.ts';
import { attributesOf, type NotificationAttributes } from '../query.ts';
import { type Link, readLinks } from './link-format.ts';

/** One link to an object, an instance or a resource, with what LwM2M says of it (Core §7.3). */
export interface ObjectLink {
  /** Path without the alternate root, such as `/3/0`. */
  path: string;
  objectId: number;
  instanceId: number;
  resourceId: number;
  resourceInstanceId: number;
  /** Object version (`ver`), where it stands. */
  version?: string;
  /** Short Server ID (`ssid`) and server URI (`uri`) in an answer to Bootstrap-Discover. */
  shortServerId?: number;
  uri?: string;
  /** Number of resource instances (`dim`). */
  dimension?: number;
  /** NOTIFICATION attributes; null where one stands without a value. */
  attributes: NotificationAttributes;
  /** Range in the content. */
  start: number;
  end: number;
}

/** What a Register or Update body or the answer to a Discover says. */
export interface ObjectLinks {
  /** Links to objects and what is below them, in order. */
  links: ObjectLink[];
  /** Paths of `links`, as records show them. */
  paths: string[];
  /** Version of each object that gives one; `1.0` or the enabler's own where an object gives none. */
  versions: ReadonlyMap<number, string>;
  /** Root of the object tree: `/`, or the target with `rt="oma.lwm2m"` (LwM2M Transport §6.4.1). */
  rootPath: string;
  /** Content formats that the client says it supports (`ct` on the root link). */
  formats: number[];
  /** Enabler version in an answer to Bootstrap-Discover (`lwm2m` on the root link). */
  enabler?: string;
  /** Links to something that is no object. */
  others: Link[];
  outcome: OutcomeCode;
  fault?: Fault;
}

/** Marks the root of the object tree (LwM2M Transport §6.4.1). */
const ROOT_TYPE = 'oma.lwm2m';
const DIGITS = /^[0-9]+$/;

function parameter(link: Link, name: string): string | undefined {
  return link.parameters.find((candidate) => candidate.name === name)?.value;
}

function numberParameter(link: Link, name: string): number | undefined {
  const value = parameter(link, name);
  return value !== undefined && DIGITS.test(value) ? Number(value) : undefined;
}

/** `/a/b` for `a/b`, `/a/b/`; `/` for the root. */
function normalPath(target: string): string {
  const inner = target.replace(/^\/+|\/+$/g, '');
  return `/${inner}`;
}

/** The target below the root, or undefined where it lies elsewhere. */
function belowRoot(target: string, rootPath: string): string | undefined {
  if (rootPath === '/') return target;
  return target.startsWith(`${rootPath}/`) ? target.slice(rootPath.length) : undefined;
}

function objectLink(link: Link, path: string): ObjectLink | undefined {
  const { kind, objectId, instanceId, resourceId, resourceInstanceId } = parsePath(path);
  if (kind !== PathKind.numeric) return undefined;
  const pairs = link.parameters.map(({ name, value }): [string, string | undefined] => [name, value]);
  return {
    path: pathText(objectId, instanceId, resourceId, resourceInstanceId),
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    version: parameter(link, 'ver'),
    shortServerId: numberParameter(link, 'ssid'),
    uri: parameter(link, 'uri'),
    dimension: numberParameter(link, 'dim'),
    attributes: attributesOf(pairs),
    start: link.start,
    end: link.end,
  };
}

/**
 * Reads the objects and instances that a client announces (Register, Update) or that a Discover answers, from
 * CoRE link format in `bytes[start..end)` (LwM2M Core §6.2.1, §7.3; Transport §6.4.1).
 */
export function readObjectLinks(bytes: Uint8Array, start: number, end: number): ObjectLinks {
  const list = readLinks(bytes, start, end);
  const root = list.links.find((link) => (parameter(link, 'rt') ?? '').split(' ').includes(ROOT_TYPE));
  const rootPath = root === undefined ? '/' : normalPath(root.target);
  const links: ObjectLink[] = [];
  const others: Link[] = [];
  const versions = new Map<number, string>();
  const formats: number[] = [];
  let enabler: string | undefined;
  for (const link of list.links) {
    const target = normalPath(link.target);
    if (target === rootPath) {
      for (const format of (parameter(link, 'ct') ?? '').split(' ')) {
        if (DIGITS.test(format)) formats.push(Number(format));
      }
      enabler ??= parameter(link, 'lwm2m');
      continue;
    }
    const below = belowRoot(target, rootPath);
    const object = below === undefined ? undefined : objectLink(link, below);
    if (object === undefined) others.push(link);
    else {
      links.push(object);
      if (object.version !== undefined) versions.set(object.objectId, object.version);
    }
  }
  const { outcome, fault } = list;
  return {
    links,
    paths: links.map((link) => link.path),
    versions,
    rootPath,
    formats,
    enabler,
    others,
    outcome,
    fault,
  };
}
