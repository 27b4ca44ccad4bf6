import type { OperationEvent } from '../lwm2m/operation-event.ts';
import { Registration } from './registration-record.ts';

/** Locations in use that no answer gave and no answer confirmed yet; the oldest goes for a new one. */
const MAX_DRAFTS = 4096;

interface Slot {
  registration: Registration;
}

/**
 * Finds the registration at a location of a server. Locations are told apart by text; the interned path id of a
 * request leads there without making the text again.
 */
export class LocationTable {
  /** By server endpoint, then by location text. */
  readonly #byText = new Map<number, Map<string, Slot>>();
  /** By server endpoint, then by path id. */
  readonly #byPath = new Map<number, Map<number, Slot>>();
  readonly #drafts: { server: number; location: string; pathId: number; draft: Registration }[] = [];

  /** The registration last put at a location, or undefined; drafts included. */
  at(serverEndpoint: number, location: string): Registration | undefined {
    return this.#byText.get(serverEndpoint)?.get(location)?.registration;
  }

  /** The registration at the path and server of a request or answer, or undefined. */
  find(event: OperationEvent): Registration | undefined {
    const known = this.#byPath.get(event.serverEndpoint)?.get(event.pathId);
    if (known !== undefined) return known.registration;
    const slot = this.#byText.get(event.serverEndpoint)?.get(event.pathText());
    if (slot === undefined) return undefined;
    nested(this.#byPath, event.serverEndpoint).set(event.pathId, slot);
    return slot.registration;
  }

  /** Forgets where registrations were that are forgotten themselves. */
  forget(gone: ReadonlySet<Registration>): void {
    for (const slots of [this.#byText, this.#byPath])
      for (const places of slots.values())
        for (const [place, { registration }] of places as Map<unknown, Slot>)
          if (gone.has(registration)) (places as Map<unknown, Slot>).delete(place);
  }

  /** Puts a registration at its location, in place of the one before; nothing where it has none. */
  set(registration: Registration): void {
    const { location, serverEndpoint } = registration;
    if (location === undefined) return;
    const byText = nested(this.#byText, serverEndpoint);
    const slot = byText.get(location);
    if (slot === undefined) byText.set(location, { registration });
    else slot.registration = registration;
  }

  /** Puts `known`, or a new registration, at the path of a request that no registration was given. */
  draft(event: OperationEvent, known: Registration | undefined): Registration {
    const location = event.pathText();
    const { serverEndpoint: server, pathId } = event;
    const registration = known ?? new Registration(event);
    const slot = { registration };
    nested(this.#byText, server).set(location, slot);
    nested(this.#byPath, server).set(pathId, slot);
    if (known === undefined) {
      if (this.#drafts.length >= MAX_DRAFTS) this.#sweep();
      this.#drafts.push({ server, location, pathId, draft: registration });
    }
    return registration;
  }

  /** Forgets the older half of the drafts that came to nothing. */
  #sweep(): void {
    const waiting = this.#drafts.filter(
      ({ server, location, draft }) => draft.index < 0 && this.at(server, location) === draft,
    );
    const old = waiting.splice(0, Math.min(waiting.length, MAX_DRAFTS / 2));
    for (const { server, location, pathId } of old) {
      this.#byText.get(server)?.delete(location);
      this.#byPath.get(server)?.delete(pathId);
    }
    this.#drafts.length = 0;
    this.#drafts.push(...waiting);
  }
}

function nested<Key, Value>(maps: Map<number, Map<Key, Value>>, key: number): Map<Key, Value> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
