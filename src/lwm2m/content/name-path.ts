import { NO_ID } from '../value.ts';
import { codeAt, codeLength } from './json-scanner.ts';

const SLASH = 0x2f;
const DIGIT_0 = 0x30;
/** Highest id; it is reserved, but seen on the wire it still is an id (LwM2M Core §7.4). */
const MAX_ID = 65535;
/** Most levels a path can have (LwM2M Core §7.4). */
const MAX_LEVELS = 4;

/**
 * Reads the path that a SenML or LwM2M JSON name spells, straight from the bytes of base name and name, one behind
 * the other, without making a text of them (RFC 8428 §4.5.1; LwM2M Core §7.5.6). What stands before the ids is an
 * alternate path (LwM2M Transport §6.4.1). One object is reused.
 */
export class NamePath {
  objectId = NO_ID;
  instanceId = NO_ID;
  resourceId = NO_ID;
  resourceInstanceId = NO_ID;
  /** Ids that the name has, 0 to 4. */
  depth = 0;
  /** Whether two slashes stand side by side. */
  hasGap = false;
  /** The id of the segment that is being read; -1 before its first digit. */
  #current = -1;
  /** Whether the segment holds something else than an id. */
  #isOther = false;
  #endsInOther = false;
  #tooLong = false;
  #sawSlash = false;

  /** Begins a name below a path that is known already; `NO_ID` for levels it does not have. */
  begin(objectId = NO_ID, instanceId = NO_ID, resourceId = NO_ID, resourceInstanceId = NO_ID): void {
    this.objectId = objectId;
    this.instanceId = instanceId;
    this.resourceId = resourceId;
    this.resourceInstanceId = resourceInstanceId;
    this.depth =
      resourceInstanceId !== NO_ID
        ? 4
        : resourceId !== NO_ID
          ? 3
          : instanceId !== NO_ID
            ? 2
            : objectId !== NO_ID
              ? 1
              : 0;
    this.hasGap = false;
    this.#current = -1;
    this.#isOther = false;
    this.#endsInOther = false;
    this.#tooLong = false;
    this.#sawSlash = false;
  }

  /** Reads on in `bytes[start..end)`; `escaped` where it is from a JSON string with escapes. */
  feed(bytes: Uint8Array, start: number, end: number, escaped: boolean): void {
    for (let position = start; position < end;) {
      const byte = escaped ? codeAt(bytes, position) : bytes[position]!;
      position += escaped ? codeLength(bytes, position) : 1;
      if (byte === SLASH) {
        this.#endSegment();
        this.#sawSlash = true;
        continue;
      }
      const digit = byte - DIGIT_0;
      // An id has no leading zero (LwM2M Core §7.4).
      if (digit < 0 || digit > 9 || this.#current === 0) this.#isOther = true;
      else {
        this.#current = this.#current < 0 ? digit : this.#current * 10 + digit;
        if (this.#current > MAX_ID) this.#isOther = true;
      }
    }
  }

  /** Ends the name; false where it is no path. No ids at all are the root. */
  finish(): boolean {
    if (this.#isOther || this.#current >= 0) this.#endSegment();
    return !this.#endsInOther && !this.#tooLong;
  }

  #endSegment(): void {
    if (this.#isOther) {
      // An alternate path, or what a gateway puts before it: the ids begin behind it.
      this.begin();
      this.#endsInOther = true;
      return;
    }
    const id = this.#current;
    if (id < 0) {
      this.hasGap ||= this.#sawSlash;
      return;
    }
    this.#current = -1;
    this.#endsInOther = false;
    this.#sawSlash = false;
    if (this.depth === 0) this.objectId = id;
    else if (this.depth === 1) this.instanceId = id;
    else if (this.depth === 2) this.resourceId = id;
    else if (this.depth === 3) this.resourceInstanceId = id;
    if (this.depth === MAX_LEVELS) this.#tooLong = true;
    else this.depth++;
  }
}
