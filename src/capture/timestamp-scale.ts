/** `if_tsresol` where an interface gives none: 10^-6 s (draft-ietf-opsawg-pcapng §4.2). */
export const DEFAULT_RESOLUTION = 6;

/** Top bit of `if_tsresol`: the rest is a power of 2, not of 10 (draft-ietf-opsawg-pcapng §4.2). */
const POWER_OF_TWO = 0x80;

const NANOSECONDS_PER_SECOND = 1e9;
/** Powers of two up to which (units × 10^9) stays below 2^53. */
const MOST_BINARY_UNITS = 2 ** 23;

/**
 * Turns the 64-bit times of one pcapng interface into whole seconds and nanoseconds, exactly, rounding
 * towards the past below a nanosecond. The high word changes rarely (every 4.3 s with nanoseconds, every 72
 * minutes with microseconds), so its part is kept and only the low word is divided for each frame.
 * Source: draft-ietf-opsawg-pcapng §4.2 (if_tsresol, if_tsoffset), §4.3 (Timestamp).
 */
export class TimestampScale {
  /** Whole seconds since 1970 of the time last set. */
  seconds = 0;
  /** Rest of the time last set, 0 to 999,999,999. */
  nanoseconds = 0;

  readonly #unitsPerSecond: bigint;
  readonly #units: number;
  readonly #offset: number;
  /** Nanoseconds in a unit where that is a whole number, else 0. */
  readonly #nanosecondsPerUnit: number;
  /** False where times go the slow way, through BigInt. */
  readonly #fast: boolean;
  #high = 0;
  /** Whole seconds in `#high` × 2^32 units, and the units left over. */
  #highSeconds = 0;
  #highUnits = 0;

  /** Takes the octet of `if_tsresol` and the seconds of `if_tsoffset` that are added to every time. */
  constructor(resolution: number, offset: number) {
    const exponent = BigInt(resolution & ~POWER_OF_TWO);
    this.#unitsPerSecond = (resolution & POWER_OF_TWO) !== 0 ? 2n ** exponent : 10n ** exponent;
    this.#units = Number(this.#unitsPerSecond);
    this.#offset = offset;
    const whole = this.#units <= NANOSECONDS_PER_SECOND && NANOSECONDS_PER_SECOND % this.#units === 0;
    this.#nanosecondsPerUnit = whole ? NANOSECONDS_PER_SECOND / this.#units : 0;
    this.#fast = whole || this.#units <= MOST_BINARY_UNITS;
    this.#highSeconds = offset;
  }

  /** Sets `seconds` and `nanoseconds` from the two 32-bit words of a time. */
  set(high: number, low: number): void {
    if (!this.#fast) return this.#setSlowly(high, low);
    if (high !== this.#high) this.#setHigh(high);
    const units = this.#highUnits + low;
    const whole = Math.floor(units / this.#units);
    const rest = units - whole * this.#units;
    this.seconds = this.#highSeconds + whole;
    this.nanoseconds =
      this.#nanosecondsPerUnit !== 0
        ? rest * this.#nanosecondsPerUnit
        : Math.floor((rest * NANOSECONDS_PER_SECOND) / this.#units);
  }

  /**
   * The 64-bit time, in this interface's units, of whole seconds since 1970 and nanoseconds; units that have not ended
   * do not count, and a time before the interface's first is its first.
   */
  unitsOf(seconds: number, nanoseconds: number): bigint {
    const units =
      BigInt(seconds - this.#offset) * this.#unitsPerSecond +
      (BigInt(nanoseconds) * this.#unitsPerSecond) / 1_000_000_000n;
    return units < 0n ? 0n : BigInt.asUintN(64, units);
  }

  #setHigh(high: number): void {
    const units = BigInt(high) << 32n;
    this.#high = high;
    this.#highSeconds = this.#offset + Number(units / this.#unitsPerSecond);
    this.#highUnits = Number(units % this.#unitsPerSecond);
  }

  #setSlowly(high: number, low: number): void {
    const units = (BigInt(high) << 32n) | BigInt(low);
    this.seconds = this.#offset + Number(units / this.#unitsPerSecond);
    this.nanoseconds = Number(((units % this.#unitsPerSecond) * 1_000_000_000n) / this.#unitsPerSecond);
  }
}
