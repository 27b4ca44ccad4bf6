import type { ByteCount, Nanoseconds } from '../capture/units.ts';

/** Flows in a new table. */
const FIRST_CAPACITY = 64;

/**
 * How many bytes of DTLS and TLS went each way on a flow, and when: all that can be said of a download that is sealed.
 * Bytes count as they came, with what protects them and with repeats. Holds 32 bytes for each flow.
 */
export class SealedBytes {
  /** By flow and direction: bytes from endpoint A, bytes from endpoint B. */
  #bytes = new Float64Array(FIRST_CAPACITY * 2);
  #from = new Float64Array(FIRST_CAPACITY).fill(NaN);
  #to = new Float64Array(FIRST_CAPACITY).fill(NaN);
  /** Flows with sealed bytes, in the order seen. */
  readonly flows: number[] = [];

  /** Counts a datagram or segment of a flow that holds sealed records. */
  add(flow: number, fromA: boolean, bytes: ByteCount, time: Nanoseconds): void {
    if (flow >= this.#from.length) this.#grow(flow);
    if (Number.isNaN(this.#from[flow])) {
      this.#from[flow] = this.#to[flow] = time;
      this.flows.push(flow);
    }
    this.#bytes[flow * 2 + (fromA ? 0 : 1)]! += bytes;
    if (time > this.#to[flow]!) this.#to[flow] = time;
  }

  /** Bytes that endpoint A of a flow has sent, or endpoint B. */
  bytesOf(flow: number, fromA: boolean): ByteCount {
    return this.#bytes[flow * 2 + (fromA ? 0 : 1)] ?? 0;
  }

  /** Time of the first sealed bytes of a flow; NaN where there are none. */
  from(flow: number): Nanoseconds {
    return this.#from[flow] ?? NaN;
  }

  /** Time of the last ones. */
  to(flow: number): Nanoseconds {
    return this.#to[flow] ?? NaN;
  }

  #grow(flow: number): void {
    const capacity = Math.max(flow + 1, this.#from.length + (this.#from.length >> 1));
    const bytes = new Float64Array(capacity * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const from = new Float64Array(capacity).fill(NaN);
    from.set(this.#from);
    this.#from = from;
    const to = new Float64Array(capacity).fill(NaN);
    to.set(this.#to);
    this.#to = to;
  }
}
