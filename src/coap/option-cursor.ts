/** An unsigned integer of `length` bytes, big-endian; none is 0 (RFC 7252 §3.2). At most four bytes are read. */
export function readUint(bytes: Uint8Array, position: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + bytes[position + index]!;
  return value;
}

/** Where the options of a message stand; `MessageView` says so. */
interface OptionList {
  readonly bytes: Uint8Array;
  readonly optionsStart: number;
  readonly optionCount: number;
}

/**
 * Walks the options of a message that was read, in wire order. Reused: `start(view)`, then `next()` until false;
 * `number`, `headStart`, `valueStart`, `valueLength` tell of the option it stands on. Ends at the first fault.
 */
export class OptionCursor {
  number = 0;
  headStart = 0;
  valueStart = 0;
  valueLength = 0;
  #view: OptionList | undefined;
  #position = 0;
  #left = 0;

  start(view: OptionList): void {
    this.#view = view;
    this.#position = view.optionsStart;
    this.#left = view.optionCount;
    this.number = 0;
  }

  next(): boolean {
    const view = this.#view;
    if (view === undefined || this.#left === 0) return false;
    this.#left--;
    const { bytes } = view;
    let position = this.#position;
    this.headStart = position;
    const head = bytes[position++]!;
    let delta = head >> 4;
    let length = head & 15;
    if (delta === 13) delta = bytes[position++]! + 13;
    else if (delta === 14) {
      delta = ((bytes[position]! << 8) | bytes[position + 1]!) + 269;
      position += 2;
    }
    if (length === 13) length = bytes[position++]! + 13;
    else if (length === 14) {
      length = ((bytes[position]! << 8) | bytes[position + 1]!) + 269;
      position += 2;
    }
    this.number += delta;
    this.valueStart = position;
    this.valueLength = length;
    this.#position = position + length;
    return true;
  }
}
