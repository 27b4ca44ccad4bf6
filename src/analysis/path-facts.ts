import { type LwM2mPath, parsePath, PathKind } from '../lwm2m/path.ts';
import { queryFlags } from '../lwm2m/query.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import type { Interner } from './interner.ts';

const ROOT = parsePath('/');

/** What is known of each interned path and query, worked out once for each text. */
export class PathFacts {
  readonly #paths: LwM2mPath[] = [ROOT];
  /** 1 executable, 0 not, -1 unknown; by path. */
  readonly #executable: number[] = [-1];
  readonly #flags: number[] = [0];

  constructor(
    private readonly texts: Interner,
    private readonly registry: ObjectRegistry,
  ) {}

  /** The path of an interned Uri-Path; the root for number 0. */
  path(id: number): LwM2mPath {
    return this.#paths[id] ?? this.#add(id);
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
    const path = parsePath(this.texts.text(id));
    this.#paths[id] = path;
    const resource =
      path.kind === PathKind.numeric && path.depth >= 3
        ? this.registry.newest.resource(path.objectId, path.resourceId)
        : undefined;
    this.#executable[id] = resource === undefined ? -1 : resource.operations.includes('E') ? 1 : 0;
    return path;
  }
}
