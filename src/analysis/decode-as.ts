import type { FlowTable } from '../network/flow.ts';
import type { DecodeAs, DecodeAsRule } from './settings.ts';

/** Answers, for one flow, what a person has said that it carries; each flow is worked out once. */
export class DecodeAsFlows {
  /** By flow: 0 not asked yet, 1 nothing was said, else 2 + index in `VERDICTS`. */
  #known = new Uint8Array(64);

  constructor(
    private readonly rules: readonly DecodeAsRule[],
    private readonly flows: FlowTable,
  ) {}

  /** True where no rule was given: then nothing needs to be asked. */
  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** What a flow carries by the rules; undefined where none speaks of it. A rule with an address goes first. */
  of(flow: number): DecodeAs | undefined {
    if (flow >= this.#known.length) {
      const known = new Uint8Array(Math.max(this.#known.length * 2, flow + 1));
      known.set(this.#known);
      this.#known = known;
    }
    if (this.#known[flow] === 0) this.#known[flow] = this.#verdict(flow);
    const code = this.#known[flow]!;
    return code < 2 ? undefined : VERDICTS[code - 2];
  }

  #verdict(flow: number): number {
    const ends = [this.flows.endpointA(flow), this.flows.endpointB(flow)];
    const fits = (rule: DecodeAsRule): boolean =>
      ends.some(
        (end) =>
          this.flows.endpointPort(end) === rule.port &&
          (rule.address === undefined || this.flows.endpointAddressText(end) === rule.address),
      );
    const rule =
      this.rules.find((one) => one.address !== undefined && fits(one)) ??
      this.rules.find((one) => one.address === undefined && fits(one));
    return rule === undefined ? 1 : 2 + VERDICTS.indexOf(rule.as);
  }
}

const VERDICTS: readonly DecodeAs[] = ['coap', 'dtls', 'none'];
