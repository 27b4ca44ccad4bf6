import type { MessageRow } from '../capture/units.ts';
import type { RegisteredObject } from '../device/registered-objects.ts';
import type { ObjectModel } from '../lwm2m/registry/object-model.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';

/** Changes of announced versions that are kept for one conversation; the first and the last then stay. */
const MAX_CHANGES = 64;

/** From which row on a conversation's device is known to have announced something. */
interface ModelChange {
  row: MessageRow;
  model: ObjectModel;
}

/**
 * Which object definitions hold for the messages of each conversation: by what its device announced in the last
 * Register or Update before the message.
 */
export class DeviceModels {
  /** By conversation, in capture order. */
  readonly #changes: (ModelChange[] | undefined)[] = [];
  /** By conversation: the last change. */
  readonly #last: (ObjectModel | undefined)[] = [];
  /** Lists are shared between registrations, so that most are looked at once. */
  readonly #known = new WeakMap<
    readonly RegisteredObject[],
    { enabler: string | undefined; model: ObjectModel }
  >();

  constructor(private readonly registry: ObjectRegistry) {}

  /** A registration is in force in a conversation from a row on. */
  enter(
    conversation: number,
    row: MessageRow,
    enabler: string | undefined,
    objects: readonly RegisteredObject[],
  ): void {
    const model = this.#modelOf(enabler, objects);
    if (this.#last[conversation] === model) return;
    this.#last[conversation] = model;
    const changes = (this.#changes[conversation] ??= []);
    if (changes.length === MAX_CHANGES) changes.pop();
    changes.push({ row, model });
  }

  /** The definitions that hold now. */
  current(conversation: number): ObjectModel {
    return this.#last[conversation] ?? this.registry.newest;
  }

  /** The definitions that held at a row. */
  at(conversation: number, row: MessageRow): ObjectModel {
    const changes = this.#changes[conversation] ?? [];
    for (let index = changes.length - 1; index >= 0; index--)
      if (changes[index]!.row <= row) return changes[index]!.model;
    return this.registry.newest;
  }

  #modelOf(enabler: string | undefined, objects: readonly RegisteredObject[]): ObjectModel {
    const known = this.#known.get(objects);
    if (known !== undefined && known.enabler === enabler) return known.model;
    const versions = new Map<number, string | undefined>();
    for (const { path, version } of objects) {
      const objectId = Number(path.split('/', 2)[1]);
      if (version !== undefined || !versions.has(objectId)) versions.set(objectId, version);
    }
    const model = this.registry.model(enabler, versions);
    this.#known.set(objects, { enabler, model });
    return model;
  }
}
