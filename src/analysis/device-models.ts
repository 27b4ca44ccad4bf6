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
 * Register or Update before the message. Where it announced nothing in the conversation itself, which may be one with
 * another server, or behind a new address, what it last announced in any other holds, as far as both were known to be
 * of one device by then.
 */
export class DeviceModels {
  /** Device of a conversation at a row, or -1. */
  deviceOf: (conversation: number, row: MessageRow) => number = () => -1;
  /** By conversation, in capture order. */
  readonly #changes: (ModelChange[] | undefined)[] = [];
  /** By conversation: the last change. */
  readonly #last: (ObjectModel | undefined)[] = [];
  /** By conversation: the device announced it here. */
  readonly #isOwn: boolean[] = [];
  /** By device: what it announced last, in whichever conversation. */
  readonly #ofDevice: (ObjectModel | undefined)[] = [];
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
    this.#isOwn[conversation] = true;
    const device = this.deviceOf(conversation, row);
    if (device >= 0) this.#ofDevice[device] = model;
    this.#change(conversation, row, model);
  }

  /** The definitions that hold now, at a row of a conversation whose content is about to be read. */
  current(conversation: number, row: MessageRow): ObjectModel {
    if (this.#isOwn[conversation] !== true && this.#ofDevice.length > 0) {
      const device = this.deviceOf(conversation, row);
      const announced = device < 0 ? undefined : this.#ofDevice[device];
      // Kept as a change, so that what is shown later is what was read by.
      if (announced !== undefined) this.#change(conversation, row, announced);
    }
    return this.#last[conversation] ?? this.registry.newest;
  }

  #change(conversation: number, row: MessageRow, model: ObjectModel): void {
    if (this.#last[conversation] === model) return;
    this.#last[conversation] = model;
    const changes = (this.#changes[conversation] ??= []);
    if (changes.length === MAX_CHANGES) changes.pop();
    changes.push({ row, model });
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
