import type { ByteCount } from '../capture/units.ts';
import type { Layer } from './layer.ts';

/** A prefix that the nodes of a network agreed on. RFC 6282 §3.1.2, RFC 6775 §4.2. */
export interface LowpanContext {
  /** 0 to 15. */
  number: number;
  /** 16 bytes, of which those of the prefix count. */
  prefix: Uint8Array;
  /** In bits, 0 to 128. */
  prefixLength: number;
}

/** Most contexts that are learned, 16 for each network. */
export const MAX_LEARNED_CONTEXTS = 1024;

/** ICMPv6 type of a router advertisement, and bytes before its options. RFC 4861 §4.2. */
const ROUTER_ADVERTISEMENT = 134;
const ADVERTISEMENT_HEADER: ByteCount = 16;
/** The 6LoWPAN context option, and bytes before its prefix. RFC 6775 §4.2. */
const CONTEXT_OPTION = 34;
const CONTEXT_OPTION_HEADER: ByteCount = 8;
/** Unit of an option's length, in bytes. RFC 4861 §4.6. */
const OPTION_UNIT: ByteCount = 8;

/** The contexts of all networks in a capture: those given as settings, and those that routers advertise. */
export class LowpanContexts {
  readonly #learned = new Map<number, LowpanContext>();

  /** `given` holds in each network where no router said otherwise. */
  constructor(private readonly given: readonly LowpanContext[] = []) {}

  /** The context `number` of the network `pan`, or undefined where it is unknown. */
  find(pan: number, number: number): LowpanContext | undefined {
    return this.#learned.get(pan * 16 + number) ?? this.given.find((context) => context.number === number);
  }

  /**
   * Takes the contexts out of the ICMPv6 message at `layer.at`, which was sent in the network `pan`, where it is a
   * router advertisement. An option that is cut or malformed ends the reading. Lifetimes are not followed: a
   * context may be used for longer than it is offered (RFC 6775 §5.4.3). Does not move `layer`.
   */
  learn(layer: Layer, pan: number): void {
    const { bytes, at, end } = layer;
    if (at + ADVERTISEMENT_HEADER > end || bytes[at] !== ROUTER_ADVERTISEMENT) return;
    let option = at + ADVERTISEMENT_HEADER;
    while (option + CONTEXT_OPTION_HEADER <= end) {
      const length = bytes[option + 1]! * OPTION_UNIT;
      if (length === 0 || option + length > end) return;
      if (bytes[option] === CONTEXT_OPTION) this.#take(bytes, option, length, pan);
      option += length;
    }
  }

  #take(bytes: Uint8Array, option: number, length: ByteCount, pan: number): void {
    const prefixLength = bytes[option + 2]!;
    const prefixBytes = Math.min(16, length - CONTEXT_OPTION_HEADER);
    if (prefixLength > prefixBytes * 8) return;
    const number = bytes[option + 3]! & 0xf;
    const key = pan * 16 + number;
    if (this.#learned.size >= MAX_LEARNED_CONTEXTS && !this.#learned.has(key)) return;
    const prefix = new Uint8Array(16);
    const prefixAt = option + CONTEXT_OPTION_HEADER;
    prefix.set(bytes.subarray(prefixAt, prefixAt + prefixBytes));
    this.#learned.set(key, { number, prefix, prefixLength });
  }
}
