/** Paths before a path that are searched for the same one when paths do not ascend. */
const MAX_DUPLICATE_SEARCH = 64;
/** Weight of the upper id of two; both are below it, counted from 1. */
const PAIR = 0x20000;

/** Tells which values of one content have a path, and a time, that another one before had. One object is reused. */
export class SeenPaths {
  readonly #upper = new Float64Array(MAX_DUPLICATE_SEARCH);
  readonly #lower = new Float64Array(MAX_DUPLICATE_SEARCH);
  readonly #times = new Float64Array(MAX_DUPLICATE_SEARCH);
  #count = 0;
  #highestUpper = -1;
  #highestLower = -1;

  /** Forgets the content before. */
  begin(): void {
    this.#count = 0;
    this.#highestUpper = -1;
    this.#highestLower = -1;
  }

  /** Takes the next path and its time, NaN for none; true where it stands among the 64 before. */
  isRepeated(
    objectId: number,
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    time: number,
  ): boolean {
    const upper = (objectId + 1) * PAIR + instanceId + 1;
    const lower = (resourceId + 1) * PAIR + resourceInstanceId + 1;
    let found = false;
    if (upper > this.#highestUpper || (upper === this.#highestUpper && lower > this.#highestLower)) {
      this.#highestUpper = upper;
      this.#highestLower = lower;
    } else {
      const kept = Math.min(this.#count, MAX_DUPLICATE_SEARCH);
      for (let index = 0; index < kept && !found; index++) {
        found =
          this.#upper[index] === upper && this.#lower[index] === lower && Object.is(this.#times[index], time);
      }
    }
    const slot = this.#count++ % MAX_DUPLICATE_SEARCH;
    this.#upper[slot] = upper;
    this.#lower[slot] = lower;
    this.#times[slot] = time;
    return found;
  }
}
