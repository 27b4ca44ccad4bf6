import { Outcome } from '../capture/outcome.ts';
import { contentFormat } from './content-format.ts';
import type { ResourceDefinition } from './registry/object-definition.ts';
import type { ObjectModel } from './registry/object-model.ts';
import { NO_ID, ValueType } from './value.ts';

/** What the value of a Create leaves out of one new instance. */
export interface IncompleteInstance {
  /** The instance id in the value; `NO_ID` where the client is to assign it. */
  instanceId: number;
  /** Mandatory resources without a value, by rising id. */
  missing: ResourceDefinition[];
}

/** Reserved, and in LwM2M CBOR an instance whose id the client assigns (LwM2M Core §7.4, §7.5.4). */
const MAX_ID = 65_535;
/** Formats of a Create: those that hold instances (LwM2M Core §7.5), with their numbers from before 1.0. */
const INSTANCE_FORMATS: ReadonlySet<number> = new Set([110, 112, 1542, 1543, 11542, 11543, 11544]);
/** Instances of one value that are compared. */
const MAX_INSTANCES = 1024;

/**
 * Compares the value of a Create on an object with the definition: a mandatory resource is part of every instance
 * (LwM2M Core §7.1), and a Create that does not specify it is a Bad Request (LwM2M Transport §6.7). Only resources that
 * a server can write count, since the client itself provides what can but be read or executed, and no multiple ones,
 * which may be there without an instance. Takes the whole value and its content format, and `model` for the definition.
 * Gives nothing where the value is damaged or its format not read, and where nobody knows which version of the object
 * the client has: another may not demand the same.
 */
export function incompleteInstances(
  value: Uint8Array,
  format: number,
  objectId: number,
  model: ObjectModel,
): IncompleteInstance[] {
  const demanded = demandedResources(objectId, model);
  if (demanded.length === 0) return [];
  const given = new Map<number, Set<number>>();
  if (value.length > 0) {
    const read = INSTANCE_FORMATS.has(format) ? contentFormat(format)?.read : undefined;
    if (read === undefined) return [];
    const context = {
      objectId,
      instanceId: NO_ID,
      resourceId: NO_ID,
      resourceInstanceId: NO_ID,
      typeOf: (object: number, resource: number) => model.typeOf(object, resource),
    };
    const { outcome } = read(value, 0, value.length, context, {
      value: (object, instance, resource) => {
        if (object !== objectId) return;
        const instanceId = instance === MAX_ID ? NO_ID : instance;
        let resources = given.get(instanceId);
        if (resources === undefined && given.size < MAX_INSTANCES)
          given.set(instanceId, (resources = new Set()));
        resources?.add(resource);
      },
    });
    if (outcome !== Outcome.ok) return [];
  }
  if (given.size === 0) given.set(NO_ID, new Set());
  return [...given]
    .map(([instanceId, resources]) => ({
      instanceId,
      missing: demanded.filter(({ id }) => !resources.has(id)),
    }))
    .filter(({ missing }) => missing.length > 0);
}

/** What an instance lacks, in words: `instance 2 lacks the mandatory resources 6 Lifetime, 7 Binding`. */
export function incompleteText({ instanceId, missing }: IncompleteInstance): string {
  const instance = instanceId === NO_ID ? 'the new instance' : `instance ${instanceId}`;
  const names = missing.map(({ id, name }) => `${id} ${name}`).join(', ');
  return `${instance} lacks the mandatory resource${missing.length > 1 ? 's' : ''} ${names}`;
}

function demandedResources(objectId: number, model: ObjectModel): ResourceDefinition[] {
  const chosen = model.object(objectId);
  if (chosen === undefined) return [];
  const isSure = chosen.reason === 'announced' || chosen.reason === 'implied' || chosen.isOnly;
  if (!isSure) return [];
  return [...chosen.definition.resources.values()]
    .filter(
      ({ mandatory, writable, multiple, type }) =>
        mandatory && writable && !multiple && type !== ValueType.none,
    )
    .sort((left, right) => left.id - right.id);
}
