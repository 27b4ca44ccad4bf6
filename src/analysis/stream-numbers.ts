import { type FlowTable, Transport } from '../network/flow.ts';

/** Numbers the flows of UDP and those of TCP apart, each from 0 in the order in which they appear; follows a table that grows. */
export class StreamNumbers {
  #numbers = new Uint32Array(64);
  #known = 0;
  #udp = 0;
  #tcp = 0;

  constructor(private readonly flows: FlowTable) {}

  of(flow: number): number {
    for (; this.#known <= flow; this.#known++) {
      if (this.#known === this.#numbers.length) {
        const larger = new Uint32Array(this.#numbers.length * 2);
        larger.set(this.#numbers);
        this.#numbers = larger;
      }
      this.#numbers[this.#known] =
        this.flows.transport(this.#known) === Transport.udp ? this.#udp++ : this.#tcp++;
    }
    return this.#numbers[flow]!;
  }
}
