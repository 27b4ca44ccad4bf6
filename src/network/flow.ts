import type { ByteCount } from '../capture/units.ts';
import { addressText, endpointText } from './address-text.ts';
import type { Datagram } from './datagram.ts';
import { GrowingInt32, GrowingUint16, GrowingUint8, SlotTable, mix } from './growing-columns.ts';

/** What carries the messages of a flow. */
export const Transport = { udp: 0, tcp: 1, ws: 2 } as const;

/** Names of `Transport`, as they stand in records and filters. */
export const TRANSPORT_NAMES = ['udp', 'tcp', 'ws'] as const;

/** Words of an address in the pool. */
const IPV4_WORDS = 1;
const IPV6_WORDS = 4;
/** An end without an address: which log, and which end of it (`UNNAMED_ENDS`). */
const UNNAMED_WORDS = 2;

/** Ends of a message in a log that names no address, as people read them. */
export const UNNAMED_ENDS = ['log', 'peer', 'one end', 'other end'] as const;
/** Indexes of `UNNAMED_ENDS`: who wrote the log and who talks to it, or two ends that only messages tell apart. */
export const UnnamedEnd = { log: 0, peer: 1, one: 2, other: 3 } as const;

/**
 * Numbers endpoints (IP version, address, port) and flows (two endpoints and a transport, in either direction)
 * from 0 in the order seen. An IPv4-mapped IPv6 address is another address than the IPv4 one. `lookup`
 * allocates nothing for a flow seen before. Takes about 50 bytes for a flow with one new IPv4 endpoint, about
 * 65 for IPv6.
 */
export class FlowTable {
  /** True where the source of the datagram last looked up is the flow's endpoint A. */
  fromA = true;

  /** Words of all addresses, one after the other. */
  readonly #words = new GrowingInt32();
  /** By address: index of its first word; its length follows from the next one's. */
  readonly #wordStart = new GrowingInt32();
  readonly #addressSlots = new SlotTable();

  /** By endpoint. */
  readonly #endpointAddress = new GrowingInt32();
  readonly #endpointPort = new GrowingUint16();
  readonly #endpointGroup = new GrowingUint8();
  readonly #endpointSlots = new SlotTable();

  /** By flow. */
  readonly #flowA = new GrowingInt32();
  readonly #flowB = new GrowingInt32();
  readonly #flowTransport = new GrowingUint8();
  readonly #flowSlots = new SlotTable();

  /** The address being looked up; the last three are 0 for IPv4. */
  #word0 = 0;
  #word1 = 0;
  #word2 = 0;
  #word3 = 0;
  readonly #texts = new Map<number, string>();
  readonly #scratch = new Uint8Array(16);

  /** Flows so far. */
  get flows(): number {
    return this.#flowA.length;
  }

  /** Endpoints so far. */
  get endpoints(): number {
    return this.#endpointPort.length;
  }

  /** Addresses so far. */
  get addresses(): number {
    return this.#wordStart.length;
  }

  /** Bytes held by the table's columns and hash slots, texts not included. */
  get byteLength(): ByteCount {
    return (
      this.#words.byteLength +
      this.#wordStart.byteLength +
      this.#addressSlots.byteLength +
      this.#endpointAddress.byteLength +
      this.#endpointPort.byteLength +
      this.#endpointGroup.byteLength +
      this.#endpointSlots.byteLength +
      this.#flowA.byteLength +
      this.#flowB.byteLength +
      this.#flowTransport.byteLength +
      this.#flowSlots.byteLength
    );
  }

  /**
   * Gives the id of the datagram's flow, a new one where it is the first of it, and sets `fromA`. Endpoint A is
   * the one that was seen first as source. An unnamed end (`Datagram.isSourceUnnamed`) has two words of four bytes in
   * the place of its address: the number of its log, from 0, and an `UnnamedEnd`. `transport` is a `Transport` code.
   */
  lookup(datagram: Datagram, transport: number): number {
    const { addressBytes, ipVersion } = datagram;
    const source = this.#endpoint(
      addressBytes,
      datagram.sourceAddress,
      datagram.isSourceUnnamed ? 0 : ipVersion,
      datagram.sourcePort,
      false,
    );
    const destination = this.#endpoint(
      addressBytes,
      datagram.destinationAddress,
      datagram.isDestinationUnnamed ? 0 : ipVersion,
      datagram.destinationPort,
      datagram.multicast,
    );
    const isOrdered = source <= destination;
    const low = isOrdered ? source : destination;
    const high = isOrdered ? destination : source;
    const hash = mix(mix(low, high), transport);
    const slots = this.#flowSlots;
    let slot = slots.first(hash);
    for (let flow = slots.at(slot); flow >= 0; flow = slots.at(slot)) {
      const a = this.#flowA.values[flow]!;
      const b = this.#flowB.values[flow]!;
      if (
        (a === source ? b === destination : a === destination && b === source) &&
        this.#flowTransport.values[flow] === transport
      ) {
        this.fromA = a === source;
        return flow;
      }
      slot = slots.next(slot);
    }
    const flow = this.#flowA.push(source);
    this.#flowB.push(destination);
    this.#flowTransport.push(transport);
    if (slots.fill(slot, flow)) this.#rehashFlows();
    this.fromA = true;
    return flow;
  }

  /** Id of the endpoint that was the first source of a flow. */
  endpointA(flow: number): number {
    return this.#flowA.values[flow]!;
  }

  /** Id of the other endpoint of a flow. */
  endpointB(flow: number): number {
    return this.#flowB.values[flow]!;
  }

  /** `Transport` code of a flow. */
  transport(flow: number): number {
    return this.#flowTransport.values[flow]!;
  }

  /** Port of an endpoint. */
  endpointPort(endpoint: number): number {
    return this.#endpointPort.values[endpoint]!;
  }

  /** Id of an endpoint's address, from 0; endpoints with equal address have the same. */
  addressId(endpoint: number): number {
    return this.#endpointAddress.values[endpoint]!;
  }

  /** Whether an endpoint's address is a group or all hosts: it only ever receives. */
  isMulticast(endpoint: number): boolean {
    return this.#endpointGroup.values[endpoint] !== 0;
  }

  /** IP version of an endpoint: 4 or 6, and 0 for an end without an address. */
  ipVersion(endpoint: number): number {
    const words = this.#addressWords(this.addressId(endpoint));
    return words === UNNAMED_WORDS ? 0 : words === IPV4_WORDS ? 4 : 6;
  }

  /** Address of an endpoint as text: `10.0.0.7`, `2001:db8::1`; `log`, `peer` without one. Made when first asked for. */
  endpointAddressText(endpoint: number): string {
    const address = this.addressId(endpoint);
    let text = this.#texts.get(address);
    if (text === undefined) {
      const words = this.#addressWords(address);
      const start = this.#wordStart.values[address]!;
      if (words === UNNAMED_WORDS)
        return unnamedText(this.#words.values[start]!, this.#words.values[start + 1]!);
      for (let index = 0; index < 4 * words; index++)
        this.#scratch[index] = this.#words.values[start + (index >> 2)]! >>> (24 - 8 * (index & 3));
      text = addressText(this.#scratch, 0, words === IPV4_WORDS ? 4 : 6);
      this.#texts.set(address, text);
    }
    return text;
  }

  /** Endpoint as text: `10.0.0.7:56830`, `[::1]:5683`; the name alone of one without an address. */
  endpointText(endpoint: number): string {
    if (this.ipVersion(endpoint) === 0) return this.endpointAddressText(endpoint);
    return endpointText(this.endpointAddressText(endpoint), this.endpointPort(endpoint));
  }

  #endpoint(bytes: Uint8Array, at: number, version: number, port: number, isGroup: boolean): number {
    const addressHash = this.#load(bytes, at, version);
    const hash = mix(addressHash, port);
    const slots = this.#endpointSlots;
    const words = version === 4 ? IPV4_WORDS : version === 6 ? IPV6_WORDS : UNNAMED_WORDS;
    let slot = slots.first(hash);
    for (let endpoint = slots.at(slot); endpoint >= 0; endpoint = slots.at(slot)) {
      if (
        this.#endpointPort.values[endpoint] === port &&
        this.#isLoaded(this.#endpointAddress.values[endpoint]!, words)
      )
        return endpoint;
      slot = slots.next(slot);
    }
    const endpoint = this.#endpointAddress.push(this.#address(addressHash, words));
    this.#endpointPort.push(port);
    this.#endpointGroup.push(isGroup ? 1 : 0);
    if (slots.fill(slot, endpoint)) this.#rehashEndpoints();
    return endpoint;
  }

  /** Takes an address into the four words and gives its hash. */
  #load(bytes: Uint8Array, at: number, version: number): number {
    this.#word0 = word(bytes, at);
    if (version === 4) return mix(4, this.#word0);
    this.#word1 = word(bytes, at + 4);
    if (version === 0) return mix(mix(0, this.#word0), this.#word1);
    this.#word2 = word(bytes, at + 8);
    this.#word3 = word(bytes, at + 12);
    return mix(mix(mix(mix(6, this.#word0), this.#word1), this.#word2), this.#word3);
  }

  #isLoaded(address: number, words: number): boolean {
    const start = this.#wordStart.values[address]!;
    const pool = this.#words.values;
    if (pool[start]! !== this.#word0 || this.#addressWords(address) !== words) return false;
    return (
      words === IPV4_WORDS ||
      (pool[start + 1] === this.#word1 && words === UNNAMED_WORDS) ||
      (pool[start + 1] === this.#word1 && pool[start + 2] === this.#word2 && pool[start + 3] === this.#word3)
    );
  }

  #addressWords(address: number): number {
    const start = this.#wordStart.values[address]!;
    const end =
      address + 1 < this.#wordStart.length ? this.#wordStart.values[address + 1]! : this.#words.length;
    return end - start;
  }

  /** Id of the address in the four words, a new one where it was not seen before. */
  #address(hash: number, words: number): number {
    const slots = this.#addressSlots;
    let slot = slots.first(hash);
    for (let address = slots.at(slot); address >= 0; address = slots.at(slot)) {
      if (this.#isLoaded(address, words)) return address;
      slot = slots.next(slot);
    }
    const address = this.#wordStart.push(this.#words.length);
    this.#words.push(this.#word0);
    if (words === UNNAMED_WORDS) this.#words.push(this.#word1);
    if (words === IPV6_WORDS) {
      this.#words.push(this.#word1);
      this.#words.push(this.#word2);
      this.#words.push(this.#word3);
    }
    if (slots.fill(slot, address)) {
      slots.grow();
      for (let other = 0; other < this.#wordStart.length; other++)
        slots.insert(this.#addressHash(other), other);
    }
    return address;
  }

  #addressHash(address: number): number {
    const start = this.#wordStart.values[address]!;
    const pool = this.#words.values;
    const words = this.#addressWords(address);
    let hash = words === UNNAMED_WORDS ? 0 : words === IPV4_WORDS ? 4 : 6;
    for (let index = 0; index < this.#addressWords(address); index++) hash = mix(hash, pool[start + index]!);
    return hash;
  }

  #rehashEndpoints(): void {
    this.#endpointSlots.grow();
    for (let endpoint = 0; endpoint < this.endpoints; endpoint++) {
      const hash = mix(this.#addressHash(this.addressId(endpoint)), this.endpointPort(endpoint));
      this.#endpointSlots.insert(hash, endpoint);
    }
  }

  #rehashFlows(): void {
    this.#flowSlots.grow();
    for (let flow = 0; flow < this.flows; flow++) {
      const a = this.endpointA(flow);
      const b = this.endpointB(flow);
      this.#flowSlots.insert(mix(mix(Math.min(a, b), Math.max(a, b)), this.transport(flow)), flow);
    }
  }
}

function unnamedText(log: number, end: number): string {
  return log === 0 ? UNNAMED_ENDS[end]! : `${UNNAMED_ENDS[end]!} ${log + 1}`;
}

/** Four bytes as one signed number: an address is only compared, and small integers are the faster ones. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
