import type { Nanoseconds } from '../capture/units.ts';
import type { TimerKindCode, TimerPort } from '../device/timer-port.ts';

/** The one timer heap, driven by the capture clock: a binary heap over parallel arrays. */
export class TimerHeap implements TimerPort {
  readonly #times: number[] = [];
  readonly #kinds: TimerKindCode[] = [];
  readonly #subjects: number[] = [];

  /** Time of the next timer; Infinity when none waits. */
  next: Nanoseconds = Infinity;

  schedule(time: Nanoseconds, kind: TimerKindCode, subject: number): void {
    let child = this.#times.length;
    this.#times.push(time);
    this.#kinds.push(kind);
    this.#subjects.push(subject);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.#times[parent]! <= this.#times[child]!) break;
      this.#swap(parent, child);
      child = parent;
    }
    this.next = this.#times[0]!;
  }

  /** Takes out every timer due at `clock`, in order of time, and gives it to `fire`. */
  run(clock: Nanoseconds, fire: (kind: TimerKindCode, subject: number, time: Nanoseconds) => void): void {
    while (this.next <= clock) {
      const time = this.#times[0]!;
      const kind = this.#kinds[0]!;
      const subject = this.#subjects[0]!;
      this.#takeFirst();
      fire(kind, subject, time);
    }
  }

  /** Stops all timers: after a break of the clock nothing may be said to have run out. */
  clear(): void {
    this.#times.length = this.#kinds.length = this.#subjects.length = 0;
    this.next = Infinity;
  }

  /** Gives the subjects of timers of some kinds other numbers; with a negative one the timer is gone. */
  renumber(kinds: readonly TimerKindCode[], numberOf: (subject: number) => number): void {
    const [times, all, subjects] = [this.#times.splice(0), this.#kinds.splice(0), this.#subjects.splice(0)];
    this.next = Infinity;
    times.forEach((time, at) => {
      const kind = all[at]!;
      const subject = kinds.includes(kind) ? numberOf(subjects[at]!) : subjects[at]!;
      if (subject >= 0) this.schedule(time, kind, subject);
    });
  }

  #takeFirst(): void {
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#kinds.pop();
    this.#subjects.pop();
    let parent = 0;
    for (;;) {
      const left = parent * 2 + 1;
      if (left >= last) break;
      const right = left + 1;
      const child = right < last && this.#times[right]! < this.#times[left]! ? right : left;
      if (this.#times[parent]! <= this.#times[child]!) break;
      this.#swap(parent, child);
      parent = child;
    }
    this.next = last > 0 ? this.#times[0]! : Infinity;
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a]!;
    this.#times[a] = this.#times[b]!;
    this.#times[b] = time;
    const kind = this.#kinds[a]!;
    this.#kinds[a] = this.#kinds[b]!;
    this.#kinds[b] = kind;
    const subject = this.#subjects[a]!;
    this.#subjects[a] = this.#subjects[b]!;
    this.#subjects[b] = subject;
  }
}
