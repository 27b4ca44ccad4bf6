import { type LwM2mPath, parsePath, PathKind } from '../lwm2m/path.ts';
import { queryFlags } from '../lwm2m/query.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import type { Interner } from './interner.ts';

const ROOT = parsePath('/');
/** Alternate roots that are known; paths below further ones stay plain CoAP. */
const MAXIMUM_ROOTS = 64;

/** What is known of each interned path and query, worked out once for each text. */
export class PathFacts {
  readonly #paths: LwM2mPath[] = [ROOT];
  /** 1 executable, 0 not, -1 unknown; by path. */
  readonly #executable: number[] = [-1];
  readonly #flags: number[] = [0];
  /** Roots of object trees other than `/`, and by path what stands below one. */
  readonly #roots: string[] = [];
  readonly #belowRoot = new Map<number, number>();

  constructor(
    private readonly texts: Interner,
    private readonly registry: ObjectRegistry,
  ) {}

  /** The path of an interned Uri-Path; the root for number 0. */
  path(id: number): LwM2mPath {
    return this.#paths[id] ?? this.#add(id);
  }

  /** Number of the path without the alternate root that it lies below, where it does; else the path itself. */
  objectPath(id: number): number {
    return this.#belowRoot.get(id) ?? id;
  }

  /** Takes the root of the object tree that a device registered, such as `/lwm2m` (LwM2M Transport §6.4.1). */
  addRoot(root: string): void {
    if (root === '/' || this.#roots.includes(root) || this.#roots.length >= MAXIMUM_ROOTS) return;
    this.#roots.push(root);
    // Paths that came before the Register are looked at anew.
    for (const [id, path] of this.#paths.entries()) if (path?.kind === PathKind.other) this.#add(id);
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

  #add(id: number): LwM2mPath {
    const text = this.texts.text(id);
    let path = parsePath(text);
    if (path.kind === PathKind.other) {
      const root = this.#roots.find((prefix) => text.startsWith(`${prefix}/`));
      const below = root === undefined ? ROOT : parsePath(text.slice(root.length));
      if (root !== undefined && below.kind === PathKind.numeric) {
        path = below;
        this.#belowRoot.set(id, this.texts.internText(text.slice(root.length)));
      }
    }
    this.#paths[id] = path;
    const resource =
      path.kind === PathKind.numeric && path.depth >= 3
        ? this.registry.resource(path.objectId, path.resourceId)
        : undefined;
    this.#executable[id] = resource === undefined ? -1 : resource.operations.includes('E') ? 1 : 0;
    return path;
  }
}
