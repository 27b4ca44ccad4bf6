import { readObjectLinks } from '../lwm2m/content/object-links.ts';
import type { ByteCount } from '../capture/units.ts';

/** An object or object instance that a client registered, such as `/3` with version `1.1`. */
export interface RegisteredObject {
  /** Path without the alternate root. */
  path: string;
  /** Object version (`ver`), where the list gives one. */
  version?: string;
}

/** Lists that are shared between registrations. */
const MAX_SHARED_LISTS = 1024;
/** Longest list that is shared. */
const MAX_SHARED_BYTES: ByteCount = 4096;

/**
 * Reads the object lists of Registers and Updates (LwM2M Core §6.2.1). Clients of one kind send the same list again
 * and again, so equal lists are read once and are one array.
 */
export class RegisteredObjectLists {
  /** Called with each alternate root that a list names (LwM2M Transport §6.4.1). */
  onRoot: (rootPath: string) => void = () => {};
  readonly #lists = new Map<string, readonly RegisteredObject[]>();
  readonly #decoder = new TextDecoder();

  /** Gives the objects in the link format of `bytes[start..end)`; after a fault in it, those before the fault. */
  read(bytes: Uint8Array, start: number, end: number): readonly RegisteredObject[] {
    if (end - start > MAX_SHARED_BYTES) return this.#parse(bytes, start, end);
    const text = this.#decoder.decode(bytes.subarray(start, end));
    let objects = this.#lists.get(text);
    if (objects === undefined) {
      objects = this.#parse(bytes, start, end);
      if (this.#lists.size < MAX_SHARED_LISTS) this.#lists.set(text, objects);
    }
    return objects;
  }

  #parse(bytes: Uint8Array, start: number, end: number): readonly RegisteredObject[] {
    const { links, rootPath } = readObjectLinks(bytes, start, end);
    if (rootPath !== '/') this.onRoot(rootPath);
    return links.map(({ path, version }) => (version === undefined ? { path } : { path, version }));
  }
}
