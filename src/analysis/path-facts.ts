import { type LwM2mPath, parsePath, PathKind, pathText } from '../lwm2m/path.ts';
import { queryFlags } from '../lwm2m/query.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import type { Interner } from './interner.ts';

const ROOT = parsePath('/');
/** Alternate roots, and prefixes of gateways, that are known at most; further ones are not taken off. */
const MAX_ROOTS = 64;
const MAX_PREFIXES = 4096;

/** What is known of each interned path and query, worked out once for each text. */
export class PathFacts {
  readonly #paths: (LwM2mPath | undefined)[] = [ROOT];
  readonly #roots: string[] = [];
  readonly #prefixes: string[] = [];
  /** 1 executable, 0 not, -1 unknown; by path. */
  readonly #executable: number[] = [-1];
  readonly #flags: number[] = [0];
  /** `plainId` by path. */
  readonly #plain: (number | undefined)[] = [];

  constructor(
    private readonly texts: Interner,
    private readonly registry: ObjectRegistry,
  ) {}

  /** The path of an interned Uri-Path; the root for number 0. */
  path(id: number): LwM2mPath {
    return this.#paths[id] ?? this.#add(id);
  }

  /**
   * Takes an alternate root that a client announced: below it, paths are those of its objects (LwM2M Transport
   * §6.4.1). Holds for paths seen before, too.
   */
  addRoot(rootPath: string): void {
    if (this.#roots.includes(rootPath) || this.#roots.length === MAX_ROOTS) return;
    this.#roots.push(rootPath);
    for (let id = 1; id < this.#paths.length; id++)
      if (this.#paths[id] !== undefined && this.texts.text(id).startsWith(rootPath)) this.#forget(id);
  }

  /**
   * Takes the prefix, such as `d01`, that a gateway gave to a device behind it: below it, paths are those of that
   * device (LwM2M Gateway §8.3.1). Ids are no prefixes.
   */
  addPrefix(prefix: string): void {
    const isUsable = prefix !== '' && !/[/%]/.test(prefix) && !/^\d+$/.test(prefix);
    if (!isUsable || this.#prefixes.includes(prefix) || this.#prefixes.length === MAX_PREFIXES) return;
    this.#prefixes.push(prefix);
    for (let id = 1; id < this.#paths.length; id++)
      if (this.#paths[id] !== undefined && this.texts.text(id).startsWith(`/${prefix}/`)) this.#forget(id);
  }

  /** The path as LwM2M writes it: without an alternate root, and without an empty segment at its end. */
  text(id: number): string {
    const { kind, objectId, instanceId, resourceId, resourceInstanceId, prefix } = this.path(id);
    if (kind !== PathKind.numeric) return this.texts.text(id);
    const text = pathText(objectId, instanceId, resourceId, resourceInstanceId);
    return prefix === '' ? text : `/${prefix}${text}`;
  }

  /** Number of the text that `text` gives for a path. */
  plainId(id: number): number {
    return (this.#plain[id] ??= this.texts.internText(this.text(id)));
  }

  /** Whether the path's resource can be executed by the registry: 1, 0, or -1 where nothing is known. */
  executable(id: number): number {
    if (this.#paths[id] === undefined) this.#add(id);
    return this.#executable[id]!;
  }

  /** `QueryFlag` bits of an interned Uri-Query. */
  queryFlags(id: number): number {
    return (this.#flags[id] ??= queryFlags(this.texts.text(id)));
  }

  /** The path of a device behind a gateway; undefined where it has no known prefix, or nothing with ids follows. */
  #prefixed(text: string): LwM2mPath | undefined {
    if (this.#prefixes.length === 0) return undefined;
    const end = text.indexOf('/', 1);
    if (end < 0 || !this.#prefixes.includes(text.slice(1, end))) return undefined;
    const path = parsePath(text.slice(end), text.slice(1, end));
    return path.kind === PathKind.numeric ? path : undefined;
  }

  #forget(id: number): void {
    this.#paths[id] = undefined;
    this.#plain[id] = undefined;
  }

  #add(id: number): LwM2mPath {
    const text = this.texts.text(id);
    const root = this.#roots.find((one) => text === one || text.startsWith(`${one}/`));
    const path = this.#prefixed(text) ?? parsePath(root === undefined ? text : text.slice(root.length));
    this.#paths[id] = path;
    const resource =
      path.kind === PathKind.numeric && path.depth >= 3
        ? this.registry.newest.resource(path.objectId, path.resourceId)
        : undefined;
    this.#executable[id] = resource === undefined ? -1 : resource.operations.includes('E') ? 1 : 0;
    return path;
  }
}
