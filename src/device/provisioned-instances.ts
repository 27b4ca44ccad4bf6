import type { LwM2mPath } from '../lwm2m/path.ts';
import { NO_ID } from '../lwm2m/value.ts';

/** The objects that a bootstrap sets up (LwM2M Core §6.1.2, appendices E.1 to E.3; OSCORE, RFC 8613). */
export const ProvisionedObject = { security: 0, server: 1, accessControl: 2, oscore: 21 } as const;

/** Instances of one bootstrap that are kept. */
const MAX_INSTANCES = 512;
/** Texts longer than this are no addresses and modes. */
const MAX_TEXT = 1024;
/** Security object, resource 1: true for the account of the bootstrap server. */
const IS_BOOTSTRAP_SERVER = 1;

/** Resources whose values are kept, by object. */
const KEPT: Readonly<Record<number, readonly number[]>> = {
  0: [0, 1, 2, 10, 11, 17],
  1: [0, 1, 7],
  2: [0, 1, 3],
  21: [3, 4],
};
/** Resources of which only is kept that they hold something: identities, keys, secrets. */
const COVERED: Readonly<Record<number, readonly number[]>> = { 0: [3, 5], 21: [0] };

/** One object instance as a bootstrap left it. */
export interface ProvisionedInstance {
  objectId: number;
  instanceId: number;
  /** Values by resource: numbers (Boolean 0 or 1, Objlnk object × 65536 + instance) or texts; never a secret. */
  values: Map<number, number | string>;
  /** Resources that hold a secret which is not empty. */
  secrets: Set<number>;
}

/** A value of one of the objects on its way into the table. */
export interface ProvisionedValue {
  objectId: number;
  instanceId: number;
  resourceId: number;
  /** The value; of a secret only whether there is one. */
  value: number | string | boolean;
}

/** Whether values of an object go into the table. */
export function isProvisioned(objectId: number): boolean {
  return KEPT[objectId] !== undefined;
}

/**
 * What of a value is kept; undefined for nothing. `number` is NaN for texts and bytes, `text` makes the text. Of
 * identities and keys nothing but their presence leaves this function.
 */
export function provisionedValue(
  objectId: number,
  instanceId: number,
  resourceId: number,
  number: number,
  text: () => string,
): ProvisionedValue | undefined {
  if (instanceId === NO_ID) return undefined;
  if (COVERED[objectId]?.includes(resourceId) === true)
    return { objectId, instanceId, resourceId, value: text() !== '' };
  if (KEPT[objectId]?.includes(resourceId) !== true) return undefined;
  const value = Number.isNaN(number) ? text().slice(0, MAX_TEXT) : number;
  return { objectId, instanceId, resourceId, value };
}

/** The Security, Server, Access Control and OSCORE instances that a client has, as far as a bootstrap shows them. */
export class ProvisionedInstances {
  readonly #instances = new Map<number, ProvisionedInstance>();

  /** The instances of an object, by instance id. */
  of(objectId: number): ProvisionedInstance[] {
    return [...this.#instances.values()]
      .filter((instance) => instance.objectId === objectId)
      .sort((a, b) => a.instanceId - b.instanceId);
  }

  /** Takes the values of an accepted Write; one to an object or an instance replaces what was there (Core §6.1.7.5). */
  write(path: LwM2mPath, values: readonly ProvisionedValue[]): void {
    if (path.depth <= 2) {
      for (const { objectId, instanceId } of values) this.#instances.delete(keyOf(objectId, instanceId));
    }
    this.add(values);
  }

  /** Takes values that the client has, without touching others. */
  add(values: readonly ProvisionedValue[]): void {
    for (const { objectId, instanceId, resourceId, value } of values) {
      const key = keyOf(objectId, instanceId);
      let instance = this.#instances.get(key);
      if (instance === undefined) {
        if (this.#instances.size === MAX_INSTANCES) continue;
        instance = { objectId, instanceId, values: new Map(), secrets: new Set() };
        this.#instances.set(key, instance);
      }
      if (typeof value !== 'boolean') instance.values.set(resourceId, value);
      else if (value) instance.secrets.add(resourceId);
      else instance.secrets.delete(resourceId);
    }
  }

  /** Takes out what an accepted Delete removed: all but the bootstrap server's account (LwM2M Core §6.1.7.6). */
  delete(path: LwM2mPath): void {
    for (const [key, { objectId, instanceId, values }] of this.#instances) {
      const isNamed =
        path.depth === 0 ||
        (path.objectId === objectId && (path.depth === 1 || path.instanceId === instanceId));
      if (isNamed && !(objectId === 0 && isTrue(values.get(IS_BOOTSTRAP_SERVER))))
        this.#instances.delete(key);
    }
  }
}

/** Whether the value of a Boolean resource, as a table of instances keeps it, is true. */
export function isTrue(value: number | string | undefined): boolean {
  return value === 1 || value === '1' || value === 'true';
}

function keyOf(objectId: number, instanceId: number): number {
  return objectId * 65536 + instanceId;
}
