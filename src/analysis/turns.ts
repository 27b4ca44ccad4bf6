/** Work between two turns for others, in milliseconds. */
const WORK_INTERVAL = 10;

/** What the platform gives to share one thread. */
export interface TurnHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves when waiting events have had their turn. */
  yieldTurn(): Promise<void>;
}

/** Who has the one thread: reading, which goes on in steps, and the questions that come between them. */
export class Turns {
  #lastTurn = 0;
  /** Questions that are being answered; reading waits for them. */
  #questions = 0;
  /** Exports that are under way. */
  #walks = 0;
  #waiting: (() => void)[] = [];

  constructor(private readonly host: TurnHost) {}

  /** True while nobody reads rows, so that a live stream may drop some. */
  get isNobodyReading(): boolean {
    return this.#questions === 0 && this.#walks === 0;
  }

  /** Holds the reading until a question that must wait for bytes is answered. */
  async answer<T>(answer: Promise<T>): Promise<T> {
    this.#questions++;
    try {
      return await answer;
    } finally {
      this.#questions--;
      if (this.#questions === 0) for (const goOn of this.#waiting.splice(0)) goOn();
    }
  }

  /** Keeps a live stream from dropping what is walked over, while reading goes on. */
  async walk<T>(answer: Promise<T>): Promise<T> {
    this.#walks++;
    try {
      return await answer;
    } finally {
      this.#walks--;
    }
  }

  /** Gives waiting questions their turn when enough work was done; undefined where it is not time yet. */
  breathe(): Promise<void> | undefined {
    if (this.host.now() - this.#lastTurn < WORK_INTERVAL) return undefined;
    return this.#turn();
  }

  /** As `breathe`, for work that a question waits for: it must not wait for questions, itself among them. */
  pause(): Promise<void> | undefined {
    if (this.host.now() - this.#lastTurn < WORK_INTERVAL) return undefined;
    this.#lastTurn = this.host.now();
    return this.host.yieldTurn();
  }

  async #turn(): Promise<void> {
    await this.host.yieldTurn();
    while (this.#questions > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
      await this.host.yieldTurn();
    }
    this.#lastTurn = this.host.now();
  }
}
