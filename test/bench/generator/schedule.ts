/** What happens at a time. */
interface Job {
  /** Microseconds since the capture's start. */
  time: number;
  /** Order of entry: what is planned first for one time happens first. */
  order: number;
  run: (time: number) => void;
}

function before(left: Job, right: Job): boolean {
  return left.time < right.time || (left.time === right.time && left.order < right.order);
}

/** What is still to happen, given back in order of time; a binary heap. */
export class Schedule {
  private readonly heap: Job[] = [];
  private entered = 0;

  /** Plans `run` for `time` (microseconds since the capture's start, rounded). */
  at(time: number, run: (time: number) => void): void {
    const job: Job = { time: Math.round(time), order: this.entered++, run };
    const heap = this.heap;
    let place = heap.length;
    heap.push(job);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(job, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = job;
  }

  /** Time of the next job, or undefined where nothing is left. */
  nextTime(): number | undefined {
    return this.heap[0]?.time;
  }

  /** Takes the next job out and runs it; false where nothing is left. */
  step(): boolean {
    const heap = this.heap;
    const job = heap[0];
    if (job === undefined) return false;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    job.run(job.time);
    return true;
  }

  private sink(job: Job): void {
    const heap = this.heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, job)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = job;
  }
}
