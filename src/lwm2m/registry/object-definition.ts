import { ValueType, type ValueTypeCode } from '../value.ts';
import { parseRange, type ValueRange } from './value-range.ts';

/** A resource of the compact data: id, name, operations, flags, type, range, unit (see README.md). */
export type CompactResource = [number, string, string, number, number, string?, string?];
/** An object of the compact data: id, version, name, enabler version, flags, resources. */
export type CompactObject = [number, string, string, string, number, CompactResource[]];

/** Flags of the compact data. */
export const MULTIPLE = 1;
export const MANDATORY = 2;

/** What a definition says of one resource. */
export interface ResourceDefinition {
  readonly id: number;
  readonly name: string;
  /** `R`, `W`, `RW`, `E`, or empty where only a bootstrap server may touch it. */
  readonly operations: string;
  /** Whether a server may read and write it; asked for each value. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** `none` where the resource holds no value (executable). */
  readonly type: ValueTypeCode;
  /** Range or enumeration as the registry writes it; its shapes vary (`0..255`, `16,32,48`, `0..255 bytes`). */
  readonly range: string;
  /** What `range` says, where it can be read. */
  readonly limits: ValueRange | undefined;
  /** Unit as people read it; a SenML secondary unit `/100` is given as `%`. */
  readonly unit: string;
  /** Version of the object that states the unit, where this one leaves it out. */
  readonly unitOf?: string;
  /** The definition it stands in. */
  readonly object: ObjectDefinition;
}

/** What is known of one version of an object. */
export interface ObjectDefinition {
  readonly id: number;
  readonly version: string;
  readonly name: string;
  /** Lowest enabler version the definition was written for, such as `1.1`. */
  readonly enabler: string;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** Name of the file that a person has loaded it from; empty for the registry's own. */
  readonly source: string;
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
}

/** A definition that a person has loaded, with the name of its file. */
export interface LoadedDefinition {
  readonly source: string;
  readonly object: CompactObject;
}

/** Unpacks a definition of the compact data; `source` is the file it was loaded from, empty for the registry's own. */
export function define(compact: CompactObject, source: string): ObjectDefinition {
  const [id, version, name, enabler, flags, resources] = compact;
  const definitions = new Map<number, ResourceDefinition>();
  const object: ObjectDefinition = {
    id,
    version,
    name,
    enabler,
    multiple: (flags & MULTIPLE) !== 0,
    mandatory: (flags & MANDATORY) !== 0,
    source,
    resources: definitions,
  };
  for (const [resourceId, resourceName, operations, bits, type, range = '', unit = ''] of resources) {
    const limits = parseRange(range, type as ValueTypeCode);
    definitions.set(resourceId, {
      id: resourceId,
      name: resourceName,
      operations,
      readable: operations.includes('R'),
      writable: operations.includes('W'),
      multiple: (bits & MULTIPLE) !== 0,
      mandatory: (bits & MANDATORY) !== 0,
      type: type as ValueTypeCode,
      range,
      limits: typeof limits === 'string' ? undefined : limits,
      unit: unit === '/100' ? '%' : unit,
      object,
    });
  }
  return object;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isId = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
const areFlags = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 3;

/** Whether a value read from storage is a definition in the compact form. */
export function isCompactObject(value: unknown): value is CompactObject {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const [id, version, name, enabler, flags, resources] = value as unknown[];
  if (!isId(id) || !isText(version) || !isText(name) || !isText(enabler) || !areFlags(flags)) return false;
  return Array.isArray(resources) && resources.every(isCompactResource);
}

function isCompactResource(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 5 || value.length > 7) return false;
  const [id, name, operations, flags, type, range, unit] = value as unknown[];
  const isType = Number.isInteger(type) && Number(type) >= 0 && Number(type) < ValueType.unknown;
  return (
    isId(id) &&
    isText(name) &&
    isText(operations) &&
    areFlags(flags) &&
    isType &&
    (range === undefined || isText(range)) &&
    (unit === undefined || isText(unit))
  );
}
