const FIRST_SLOTS = 1024;
const NONE = -1;

/**
 * Numbers by (conversation and side, token), the newest first for equal keys. Typed arrays, nothing is forgotten but by
 * `renumber`: for what lives as long as the analysis. Numbers are given in rising order from 0, one for each `add`.
 */
export class TokenTable {
  #slots = new Int32Array(FIRST_SLOTS).fill(NONE);
  #sides = new Uint32Array(FIRST_SLOTS / 2);
  #highs = new Uint32Array(FIRST_SLOTS / 2);
  #lows = new Uint32Array(FIRST_SLOTS / 2);
  #lengths = new Uint16Array(FIRST_SLOTS / 2);
  #count = 0;

  /** The newest number of a key, or -1. `side` is conversation × 2 + side. */
  find(side: number, high: number, low: number, length: number): number {
    const mask = this.#slots.length - 1;
    let slot = mix(side, high, low) & mask;
    for (let number = this.#slots[slot]!; number !== NONE; number = this.#slots[slot]!) {
      if (
        this.#lows[number] === low &&
        this.#sides[number] === side &&
        this.#highs[number] === high &&
        this.#lengths[number] === length
      )
        return number;
      slot = (slot + 1) & mask;
    }
    return NONE;
  }

  /** Adds a key and gives its number; it takes the place of an older number of the same key. */
  add(side: number, high: number, low: number, length: number): number {
    const number = this.#count++;
    if (number === this.#sides.length) this.#grow();
    this.#sides[number] = side;
    this.#highs[number] = high;
    this.#lows[number] = low;
    this.#lengths[number] = length;
    this.#put(number);
    return number;
  }

  /** Gives the numbers anew: `numbers` has the new one of each old number, rising, or -1 for one that is forgotten. */
  renumber(numbers: Int32Array): void {
    let count = 0;
    for (let old = 0; old < this.#count; old++) {
      if (numbers[old]! < 0) continue;
      this.#sides[count] = this.#sides[old]!;
      this.#highs[count] = this.#highs[old]!;
      this.#lows[count] = this.#lows[old]!;
      this.#lengths[count++] = this.#lengths[old]!;
    }
    this.#count = count;
    this.#slots.fill(NONE);
    for (let number = 0; number < count; number++) this.#put(number);
  }

  #put(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = mix(this.#sides[number]!, this.#highs[number]!, this.#lows[number]!) & mask;
    for (let other = this.#slots[slot]!; other !== NONE; other = this.#slots[slot]!) {
      if (this.#isSame(other, number)) break;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = number;
  }

  #isSame(a: number, b: number): boolean {
    return (
      this.#lows[a] === this.#lows[b] &&
      this.#sides[a] === this.#sides[b] &&
      this.#highs[a] === this.#highs[b] &&
      this.#lengths[a] === this.#lengths[b]
    );
  }

  #grow(): void {
    const length = this.#sides.length * 2;
    const grown = <T extends Uint32Array | Uint16Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#sides = grown(this.#sides, new Uint32Array(length));
    this.#highs = grown(this.#highs, new Uint32Array(length));
    this.#lows = grown(this.#lows, new Uint32Array(length));
    this.#lengths = grown(this.#lengths, new Uint16Array(length));
    this.#slots = new Int32Array(length * 2).fill(NONE);
    for (let number = 0; number < this.#count - 1; number++) this.#put(number);
  }
}

function mix(side: number, high: number, low: number): number {
  let hash = Math.imul(side ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + high, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + low, 0x27d4eb2f);
  return (hash ^ (hash >>> 16)) >>> 0;
}
