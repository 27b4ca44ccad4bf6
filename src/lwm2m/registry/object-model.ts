import { ValueType, type ValueTypeCode } from '../value.ts';
import type { ObjectDefinition, ResourceDefinition } from './object-definition.ts';

/** What a device says of its object versions when it registers. */
export interface Announcement {
  /** Enabler version (`lwm2m`), where it was sent. */
  readonly enabler: string | undefined;
  /** Objects it lists, each with the version it gives (`ver`), if any. */
  readonly versions: ReadonlyMap<number, string | undefined>;
}

/** Why a definition was chosen. `nearest`: there is none of the version that was announced or implied. */
export type ChoiceReason = 'announced' | 'implied' | 'nearest' | 'not announced';

/** The definition of an object that holds for a device. */
export interface ChosenObject {
  readonly definition: ObjectDefinition;
  readonly reason: ChoiceReason;
  /** Version that the device announced. */
  readonly announced: string | undefined;
  /** No other version of the object is known. */
  readonly isOnly: boolean;
  /** Resources of the definition, and those that only other versions of the object have. */
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
}

/** Chooses the definition of an object by what was announced; undefined where the object is not known. */
export type ObjectChoice = (
  objectId: number,
  announcement: Announcement | undefined,
) => ChosenObject | undefined;

/**
 * The object definitions as they hold for devices that announced the same versions. Made by `ObjectRegistry`; each
 * choice is made once, so that asking for each value is cheap and allocates nothing.
 */
export class ObjectModel {
  #chosen = new Map<number, ChosenObject>();

  constructor(
    private readonly choose: ObjectChoice,
    readonly announcement: Announcement | undefined,
  ) {}

  /** Forgets its choices, for definitions have changed. */
  forget(): void {
    this.#chosen.clear();
  }

  /** The definition that holds for an object and why; undefined where none is known. */
  object(objectId: number): ChosenObject | undefined {
    const known = this.#chosen.get(objectId);
    if (known !== undefined) return known;
    const chosen = this.choose(objectId, this.announcement);
    // What is not known is not kept: a capture may name 65,535 such objects.
    if (chosen !== undefined) this.#chosen.set(objectId, chosen);
    return chosen;
  }

  /**
   * The definition of a resource in the version that holds, else in the newest version that has it; undefined where
   * none has. Allocates nothing but at the first question for an object.
   */
  resource(objectId: number, resourceId: number): ResourceDefinition | undefined {
    return this.object(objectId)?.resources.get(resourceId);
  }

  /** The type of a resource; `unknown` where no definition tells. Asked once per value. */
  typeOf(objectId: number, resourceId: number): ValueTypeCode {
    return this.resource(objectId, resourceId)?.type ?? ValueType.unknown;
  }

  /** Name of an object; empty where it is not known. */
  objectName(objectId: number): string {
    return this.object(objectId)?.definition.name ?? '';
  }

  /** Name of a resource; empty where it is not known. */
  resourceName(objectId: number, resourceId: number): string {
    return this.resource(objectId, resourceId)?.name ?? '';
  }

  /** Unit of a resource's values; empty where there is none. */
  unit(objectId: number, resourceId: number): string {
    return this.resource(objectId, resourceId)?.unit ?? '';
  }
}

/**
 * Which definition a resource's values were read by, in words: `Device 1.2 (device announced 1.2)`. Says also why
 * it is that one, and the file it was loaded from.
 */
export function definitionText(model: ObjectModel, resource: ResourceDefinition): string {
  const { object } = resource;
  const chosen = model.object(object.id);
  const because =
    chosen?.definition !== object
      ? 'not in the version of the device'
      : reasonText(chosen, model.announcement);
  const source = object.source === '' ? '' : `, from ${object.source}`;
  return `${object.name} ${object.version} (${because}${source})`;
}

function reasonText(chosen: ChosenObject, announcement: Announcement | undefined): string {
  switch (chosen.reason) {
    case 'announced':
      return `device announced ${chosen.announced ?? ''}`;
    case 'implied':
      return `implied by LwM2M ${announcement?.enabler ?? '1.0'}`;
    case 'nearest':
      return chosen.announced === undefined
        ? `nearest to the one implied by LwM2M ${announcement?.enabler ?? '1.0'}`
        : `nearest to ${chosen.announced}, which the device announced`;
    case 'not announced':
      return 'assumed newest, not announced';
  }
}
