import { ValueType } from '../value.ts';
import type { ObjectDefinition, ResourceDefinition } from './object-definition.ts';

/** Types of quantities. */
const NUMBERS: ReadonlySet<number> = new Set([ValueType.integer, ValueType.unsigned, ValueType.float]);

/** A number that is not one of a few: codes have a range, and a unit at them was a mistake that was put right. */
function isQuantity({ type, range }: ResourceDefinition): boolean {
  return NUMBERS.has(type) && range === '';
}

/**
 * A resource with its unit. The registry's files of some versions leave out a unit that others state of the same
 * quantity: 3/7 and 3/8 have mV and mA in 1.0 alone, 4/2 has dBm in all but 1.2. Such a resource is given the unit of
 * the nearest version that states one, by the order of `versions`, and `unitOf` says which; every other resource as it is.
 */
export function withUnit(
  resource: ResourceDefinition,
  versions: readonly ObjectDefinition[],
): ResourceDefinition {
  const at = versions.indexOf(resource.object);
  if (resource.unit !== '' || at < 0 || !isQuantity(resource)) return resource;
  for (let distance = 1; distance < versions.length; distance++)
    for (const version of [versions[at - distance], versions[at + distance]]) {
      const other = version?.resources.get(resource.id);
      if (other === undefined || other.unit === '' || !isQuantity(other)) continue;
      if (other.type === resource.type && other.name === resource.name)
        return { ...resource, unit: other.unit, unitOf: other.object.version };
    }
  return resource;
}
