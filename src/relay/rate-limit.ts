/** Lets through so many in a row, and so many a second in the long run. */
export class RateLimit {
  #left: number;
  #last: number;

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.#left = burst;
    this.#last = now();
  }

  /** True where one more may pass. */
  take(): boolean {
    const time = this.now();
    this.#left = Math.min(this.burst, this.#left + (time - this.#last) * this.perSecond);
    this.#last = time;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
