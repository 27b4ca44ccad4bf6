import { ValueType, type ValueTypeCode } from '../value.ts';
import coreObjects from './core-objects.json';

/** A resource of the compact data: id, name, operations, flags, type, range, unit (see README.md). */
type CompactResource = [number, string, string, number, number, string?, string?];
/** An object of the compact data: id, version, name, enabler version, flags, resources. */
type CompactObject = [number, string, string, string, number, CompactResource[]];

/** Flags of the compact data. */
const MULTIPLE = 1;
const MANDATORY = 2;

/** What the registry says of one resource. */
export interface ResourceDefinition {
  readonly id: number;
  readonly name: string;
  /** `R`, `W`, `RW`, `E`, or empty where only a bootstrap server may touch it. */
  readonly operations: string;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** `none` where the resource holds no value (executable). */
  readonly type: ValueTypeCode;
  /** Range or enumeration as the registry writes it; its shapes vary (`0..255`, `16,32,48`, `0..255 bytes`). */
  readonly range: string;
  /** Unit as people read it; a SenML secondary unit `/100` is given as `%`. */
  readonly unit: string;
}

/** What the registry says of one version of an object. */
export interface ObjectDefinition {
  readonly id: number;
  readonly version: string;
  readonly name: string;
  /** Lowest enabler version the definition was written for, such as `1.1`. */
  readonly enabler: string;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
}

/** What the registry lets servers do with a resource; a bit set. */
export const Allowed = { read: 1, write: 2, execute: 4 } as const;

/** Marks a free slot of the type table. */
const FREE = 0xff;
/** Bits of a slot that hold the type; what is allowed stands above them. */
const TYPE_BITS = 4;
const TYPE_MASK = (1 << TYPE_BITS) - 1;
/** Spreads keys over a table; the golden ratio times 2^32. */
const SPREAD = 0x9e3779b1;

/**
 * Types, and what is allowed, by object and resource in an open hash table of typed arrays: the look-up is made once per value and
 * must not allocate, which a `Map` does for keys beyond 31 bits.
 */
class TypeTable {
  #keys: Uint32Array;
  #types: Uint8Array;
  #shift: number;

  constructor(entries: number) {
    let bits = 4;
    while (2 ** bits < entries * 2) bits++;
    this.#keys = new Uint32Array(2 ** bits);
    this.#types = new Uint8Array(2 ** bits).fill(FREE);
    this.#shift = 32 - bits;
  }

  /** Adds a version of a resource: the newest one's type counts, and what any version allows. */
  add(objectId: number, resourceId: number, type: ValueTypeCode, allowed: number): void {
    const slot = this.#slot(objectId, resourceId);
    const before = this.#types[slot]!;
    this.#keys[slot] = ((objectId << 16) | resourceId) >>> 0;
    this.#types[slot] = type | (allowed << TYPE_BITS) | (before === FREE ? 0 : before & ~TYPE_MASK);
  }

  type(objectId: number, resourceId: number): ValueTypeCode {
    const entry = this.#types[this.#slot(objectId, resourceId)]!;
    return entry === FREE ? ValueType.unknown : ((entry & TYPE_MASK) as ValueTypeCode);
  }

  allowed(objectId: number, resourceId: number): number {
    const entry = this.#types[this.#slot(objectId, resourceId)]!;
    return entry === FREE ? -1 : entry >> TYPE_BITS;
  }

  /** The slot that holds the key, or the free one where it would go. */
  #slot(objectId: number, resourceId: number): number {
    const key = (objectId << 16) | resourceId;
    const mask = this.#keys.length - 1;
    let slot = Math.imul(key, SPREAD) >>> this.#shift;
    while (this.#types[slot] !== FREE && (this.#keys[slot]! | 0) !== key) slot = (slot + 1) & mask;
    return slot;
  }
}

/** Highest object or resource id; 65535 is reserved (LwM2M Core §7.4). */
const MAX_ID = 65535;

/** Orders version texts `major.minor` by their numbers. */
function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

function allowedBits(operations: string): number {
  return (
    (operations.includes('R') ? Allowed.read : 0) |
    (operations.includes('W') ? Allowed.write : 0) |
    (operations.includes('E') ? Allowed.execute : 0)
  );
}

function define(compact: CompactObject): ObjectDefinition {
  const [id, version, name, enabler, flags, resources] = compact;
  const definitions = new Map<number, ResourceDefinition>();
  for (const [
    resourceId,
    resourceName,
    operations,
    resourceFlags,
    type,
    range = '',
    unit = '',
  ] of resources) {
    definitions.set(resourceId, {
      id: resourceId,
      name: resourceName,
      operations,
      multiple: (resourceFlags & MULTIPLE) !== 0,
      mandatory: (resourceFlags & MANDATORY) !== 0,
      type: type as ValueTypeCode,
      range,
      unit: unit === '/100' ? '%' : unit,
    });
  }
  return {
    id,
    version,
    name,
    enabler,
    multiple: (flags & MULTIPLE) !== 0,
    mandatory: (flags & MANDATORY) !== 0,
    resources: definitions,
  };
}

/**
 * The object definitions that are known. Starts with the core objects; `loadAll` brings the rest. Definitions are
 * unpacked when first asked for; the type table is made at once, because it is asked for each value.
 */
export class ObjectRegistry {
  /** Versions of each object, oldest first. */
  #versions = new Map<number, CompactObject[]>();
  #definitions = new Map<CompactObject, ObjectDefinition>();
  #types = new TypeTable(0);
  #generation = 0;
  #loading: Promise<void> | undefined;
  #complete = false;

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
    this.#loading ??= import('./all-objects.json').then(
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
   * The definition of an object: of the announced `version` where it is given and known, else the newest one;
   * undefined where the object is not known.
   */
  object(objectId: number, version?: string): ObjectDefinition | undefined {
    const versions = this.#versions.get(objectId);
    if (versions === undefined) return undefined;
    const compact = versions.find((candidate) => candidate[1] === version) ?? versions.at(-1)!;
    let definition = this.#definitions.get(compact);
    if (definition === undefined) {
      definition = define(compact);
      this.#definitions.set(compact, definition);
    }
    return definition;
  }

  /**
   * The definition of a resource in the announced `version` of its object, else in the newest version that has
   * it; undefined where no version has.
   */
  resource(objectId: number, resourceId: number, version?: string): ResourceDefinition | undefined {
    const announced = this.object(objectId, version)?.resources.get(resourceId);
    if (announced !== undefined) return announced;
    const versions = this.#versions.get(objectId) ?? [];
    for (let index = versions.length - 1; index >= 0; index--) {
      const found = this.object(objectId, versions[index]![1])?.resources.get(resourceId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * The type of a resource by the newest version that has it; `unknown` where no definition tells. Asked once per
   * value: allocates nothing.
   */
  typeOf(objectId: number, resourceId: number): ValueTypeCode {
    if (objectId < 0 || objectId > MAX_ID || resourceId < 0 || resourceId > MAX_ID) return ValueType.unknown;
    return this.#types.type(objectId, resourceId);
  }

  /**
   * What any version of a resource's definition lets servers do with it, as `Allowed` bits; -1 where no definition
   * tells. Asked once per value: allocates nothing.
   */
  allowedOn(objectId: number, resourceId: number): number {
    if (objectId < 0 || objectId > MAX_ID || resourceId < 0 || resourceId > MAX_ID) return -1;
    return this.#types.allowed(objectId, resourceId);
  }

  /** Name of an object; empty where it is not known. */
  objectName(objectId: number, version?: string): string {
    return this.object(objectId, version)?.name ?? '';
  }

  /** Name of a resource; empty where it is not known. */
  resourceName(objectId: number, resourceId: number, version?: string): string {
    return this.resource(objectId, resourceId, version)?.name ?? '';
  }

  /** Unit of a resource's values; empty where there is none. */
  unit(objectId: number, resourceId: number, version?: string): string {
    return this.resource(objectId, resourceId, version)?.unit ?? '';
  }

  #take(objects: readonly CompactObject[]): void {
    for (const object of objects) {
      const versions = this.#versions.get(object[0]);
      if (versions === undefined) this.#versions.set(object[0], [object]);
      else if (!versions.some((known) => known[1] === object[1])) versions.push(object);
    }
    let resources = 0;
    for (const versions of this.#versions.values()) {
      versions.sort((left, right) => compareVersions(left[1], right[1]));
      for (const object of versions) resources += object[5].length;
    }
    this.#types = new TypeTable(resources);
    for (const versions of this.#versions.values()) {
      for (const object of versions) {
        for (const resource of object[5])
          this.#types.add(object[0], resource[0], resource[4] as ValueTypeCode, allowedBits(resource[2]));
      }
    }
    this.#generation++;
  }
}
