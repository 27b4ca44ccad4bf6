import coreObjects from './core-objects.json';
import {
  type CompactObject,
  define,
  type LoadedDefinition,
  type ObjectDefinition,
  type ResourceDefinition,
} from './object-definition.ts';
import { type Announcement, type ChoiceReason, type ChosenObject, ObjectModel } from './object-model.ts';
import { withUnit } from './missing-units.ts';
import {
  compareVersions,
  impliedVersion,
  isEnablerObject,
  isVersion,
  nearestVersion,
} from './version-choice.ts';

/** Sets of announced versions that are told apart; devices beyond that count as if they announced none. */
const MAX_MODELS = 1024;

/** The versions of one object that one origin has (the registry, or what a person loaded), oldest first. */
type Versions = ObjectDefinition[];

/** One packed definition with its file; unpacked when its object is first asked for. */
interface Packed {
  object: CompactObject;
  source: string;
}

/**
 * The object definitions that are known. Starts with the core objects; `loadAll` brings the rest, `use` those that a
 * person has loaded, which go before the registry's own. What holds for one device is asked of an `ObjectModel`.
 */
export class ObjectRegistry {
  readonly #own = new Map<number, Packed[]>();
  #loaded = new Map<number, Packed[]>();
  /** Unpacked versions by object: first the loaded ones, then the registry's own. */
  readonly #unpacked = new Map<number, readonly [Versions, Versions]>();
  /** By definition: its resources, and those of other versions. */
  readonly #resources = new Map<ObjectDefinition, ReadonlyMap<number, ResourceDefinition>>();
  readonly #models = new Map<string, ObjectModel>();
  #generation = 0;
  #loading: Promise<void> | undefined;
  #complete = false;

  /** The model of devices that announced nothing that is known: the newest version of each object. */
  readonly newest: ObjectModel = new ObjectModel((objectId) => this.#choose(objectId, undefined), undefined);

  private constructor(objects: readonly CompactObject[]) {
    this.#take(objects);
  }

  /** A registry of the core objects (0 to 31, all versions). */
  static core(): ObjectRegistry {
    return new ObjectRegistry(coreObjects as unknown as CompactObject[]);
  }

  /** Rises when definitions are added: what was read with an earlier generation may be read better now. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether `loadAll` has ended. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Loads every definition. May be called often; the data is fetched once. Rejects where the fetch fails. */
  loadAll(): Promise<void> {
    this.#loading ??= import('./further-objects.json').then(
      (module) => {
        this.#take(module.default as unknown as CompactObject[]);
        this.#complete = true;
      },
      (reason: unknown) => {
        this.#loading = undefined;
        throw reason;
      },
    );
    return this.#loading;
  }

  /**
   * Takes the definitions that a person has loaded, in place of those taken before. They go before the registry's
   * own; of two of the same object and version the later one counts.
   */
  use(definitions: readonly LoadedDefinition[]): void {
    if (definitions.length === 0 && this.#loaded.size === 0) return;
    this.#loaded = new Map();
    for (const packed of definitions) {
      const versions = this.#loaded.get(packed.object[0]) ?? [];
      this.#loaded.set(packed.object[0], [
        ...versions.filter((known) => known.object[1] !== packed.object[1]),
        packed,
      ]);
    }
    this.#changed();
  }

  /**
   * The model for devices that announced these versions: `enabler` as the Register's `lwm2m` says, `versions` by
   * object id as `ver` says, undefined for an object that is listed without. Equal announcements share a model.
   */
  model(enabler: string | undefined, versions: ReadonlyMap<number, string | undefined>): ObjectModel {
    let key = enabler ?? '';
    for (const [objectId, version] of versions) key += ` ${objectId}=${version ?? ''}`;
    let model = this.#models.get(key);
    if (model === undefined) {
      if (this.#models.size >= MAX_MODELS) return this.newest;
      model = new ObjectModel((objectId, announcement) => this.#choose(objectId, announcement), {
        enabler,
        versions,
      });
      this.#models.set(key, model);
    }
    return model;
  }

  /** The definition of exactly this version of an object; the loaded one where there is one. */
  definition(objectId: number, version: string): ObjectDefinition | undefined {
    for (const versions of this.#versionsOf(objectId)) {
      const found = versions.find((candidate) => candidate.version === version);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #choose(objectId: number, announcement: Announcement | undefined): ChosenObject | undefined {
    const [loaded, own] = this.#versionsOf(objectId);
    // What a person has loaded is what they mean, unless the device says that it has another version.
    const preferred = loaded.length > 0 ? loaded : own;
    if (preferred.length === 0) return undefined;
    const said = announcement?.versions.get(objectId);
    const announced = said !== undefined && isVersion(said) ? said : undefined;
    if (announced !== undefined) {
      const exact = this.definition(objectId, announced);
      if (exact !== undefined) return this.#chosen(exact, 'announced', announced);
      return this.#chosen(nearest(preferred, announced), 'nearest', announced);
    }
    const isListed = announcement?.versions.has(objectId) === true && said === undefined;
    if (announcement !== undefined && (isListed || isEnablerObject(objectId))) {
      const implied = impliedVersion(objectId, announcement.enabler);
      const definition = nearest(preferred, implied);
      return this.#chosen(definition, definition.version === implied ? 'implied' : 'nearest', undefined);
    }
    return this.#chosen(preferred.at(-1)!, 'not announced', undefined);
  }

  #chosen(definition: ObjectDefinition, reason: ChoiceReason, announced: string | undefined): ChosenObject {
    let resources = this.#resources.get(definition);
    if (resources === undefined) {
      resources = this.#withOthers(definition);
      this.#resources.set(definition, resources);
    }
    const [loaded, own] = this.#versionsOf(definition.id);
    return { definition, reason, announced, isOnly: isOneVersion([...loaded, ...own]), resources };
  }

  /** The resources of a definition, and of other versions those that it lacks, the newest of each; with their units. */
  #withOthers(definition: ObjectDefinition): ReadonlyMap<number, ResourceDefinition> {
    const [loaded, own] = this.#versionsOf(definition.id);
    const all = new Map<number, ResourceDefinition>();
    for (const version of [...own, ...loaded, definition])
      for (const [id, resource] of version.resources) all.set(id, withUnit(resource, own));
    return all;
  }

  #versionsOf(objectId: number): readonly [Versions, Versions] {
    const known = this.#unpacked.get(objectId);
    if (known !== undefined) return known;
    const loaded = this.#loaded.get(objectId);
    const own = this.#own.get(objectId);
    if (loaded === undefined && own === undefined) return NONE;
    const versions = [unpack(loaded), unpack(own)] as const;
    this.#unpacked.set(objectId, versions);
    return versions;
  }

  #take(objects: readonly CompactObject[]): void {
    for (const object of objects) {
      const versions = this.#own.get(object[0]);
      const packed = { object, source: '' };
      if (versions === undefined) this.#own.set(object[0], [packed]);
      else versions.push(packed);
    }
    this.#changed();
  }

  #changed(): void {
    this.#unpacked.clear();
    this.#resources.clear();
    this.newest.forget();
    for (const model of this.#models.values()) model.forget();
    this.#generation++;
  }
}

const NONE: readonly [Versions, Versions] = [[], []];

function isOneVersion(versions: Versions): boolean {
  return versions.every(({ version }) => version === versions[0]!.version);
}

function unpack(packed: readonly Packed[] | undefined): Versions {
  return (packed ?? [])
    .map(({ object, source }) => define(object, source))
    .sort((left, right) => compareVersions(left.version, right.version));
}

function nearest(versions: Versions, wanted: string): ObjectDefinition {
  return versions[
    nearestVersion(
      versions.map(({ version }) => version),
      wanted,
    )
  ]!;
}
