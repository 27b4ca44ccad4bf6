import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';

/** Addresses, servers and reasons that are kept for one device. */
const MAX_ADDRESSES = 256;
const MAX_JOINS = 256;
/** Versions, binding modes and security identities that are kept for one device. */
const MAX_TEXTS = 16;

/**
 * Why what was seen of one address, or what came before, is taken for one device. `capture order`: what came from the
 * same address before its name was told. `download`: it fetched the package whose URI the device was given.
 */
export type JoinReason =
  | 'registration location'
  | 'endpoint client name'
  | 'address'
  | 'capture order'
  | 'download'
  | 'connection id'
  | 'security identity'
  | 'OSCORE key id';

/** One reason, with what it joins. */
export interface Join {
  by: JoinReason;
  /** Messages that show it, in capture order; the last one made the join. None where sealed records show it. */
  rows: MessageRow[];
  /** Endpoint id of the device's end that was joined, and of the end at which it was known. */
  of: number;
  to: number;
  time: Nanoseconds;
  /** What the messages do not say, such as a connection id in hex; empty for nothing. */
  detail: string;
}

/** One LwM2M client, put together from its conversations. */
export class Device {
  readonly index: number;
  /** Endpoint client name; undefined while none is known. */
  endpoint: string | undefined;
  /** 1, or more for a further device that uses the same name at the same time. */
  ordinal = 1;
  /** Index of the device that this turned out to be; -1 for a device of its own. */
  mergedInto = -1;
  /** The gateway that stands before it, what that puts before its paths, and the id that it has there (/25). */
  gateway: Device | undefined;
  prefix = '';
  gatewayId = '';
  /** Endpoint ids of its own ends, in the order seen. */
  readonly addresses: number[] = [];
  /** Endpoint ids of the servers it talked with, in the order seen. */
  readonly servers: number[] = [];
  readonly #conversations: number[] = [];
  /** LwM2M versions it registered with. */
  readonly versions: string[] = [];
  readonly bindings: string[] = [];
  /** Identities that it used towards security protocols, such as `psk:dev1`. */
  readonly identities: string[] = [];
  readonly joined: Join[] = [];
  /** Reasons in all, those that are not kept among them. */
  joinCount = 0;
  firstRow: MessageRow;
  /** Values of /3/0/0, /3/0/1 and /3/0/3 as last seen, each with its message. */
  manufacturer: DeviceText | undefined;
  model: DeviceText | undefined;
  firmware: DeviceText | undefined;

  constructor(index: number, firstRow: MessageRow) {
    this.index = index;
    this.firstRow = firstRow;
  }

  /** Conversations that it takes part in; behind a gateway those of the gateway. */
  get conversations(): number[] {
    return this.gateway === undefined ? this.#conversations : this.gateway.conversations;
  }

  /**
   * Unique name: the endpoint client name, `name#2` for a second device with it, or the first address where no name
   * is known, which `endpointText` writes. Behind a gateway: the gateway's name, and the prefix.
   */
  nameWith(endpointText: (endpoint: number) => string): string {
    if (this.gateway !== undefined) return `${this.gateway.nameWith(endpointText)}/${this.prefix}`;
    if (this.endpoint !== undefined) {
      return this.ordinal === 1 ? this.endpoint : `${this.endpoint}#${this.ordinal}`;
    }
    const [address] = this.addresses;
    return address === undefined ? '' : endpointText(address);
  }

  /** Notes a pair of ends that it used. */
  addEnds(address: number, server: number | undefined): void {
    addOnce(this.addresses, address, MAX_ADDRESSES);
    if (server !== undefined) addOnce(this.servers, server, MAX_ADDRESSES);
  }

  addVersion(version: string | undefined): void {
    if (version !== undefined) addOnce(this.versions, version, MAX_TEXTS);
  }

  addBinding(binding: string | undefined): void {
    if (binding !== undefined) addOnce(this.bindings, binding, MAX_TEXTS);
  }

  addIdentity(identity: string): void {
    addOnce(this.identities, identity, MAX_TEXTS);
  }

  /** Notes a reason; `rows` in any order, `NO_ROW` for a message that is not known. */
  addJoin(join: Readonly<Omit<Join, 'rows'>>, rows: readonly MessageRow[]): void {
    this.joinCount++;
    if (this.joined.length === MAX_JOINS) return;
    const known = [...new Set(rows)].filter((row) => row !== NO_ROW).sort((a, b) => a - b);
    this.joined.push({ ...join, rows: known });
  }

  /** Gives up what came with a registration that turned out to be of another device: its ends, and why it was joined. */
  give(other: Device, registration: { deviceEndpoints: readonly number[]; requestRow: MessageRow }): void {
    const { deviceEndpoints, requestRow } = registration;
    keepOnly(this.addresses, (address) => !deviceEndpoints.includes(address));
    const before = this.joined.length;
    keepOnly(
      this.joined,
      ({ of, rows }) => !deviceEndpoints.includes(of) || rows.every((row) => row < requestRow),
    );
    this.joinCount -= before - this.joined.length;
    for (const address of deviceEndpoints) other.addEnds(address, undefined);
  }

  /** Takes over what was known of a device that turned out to be this one. */
  absorb(other: Device): void {
    for (const address of other.addresses) addOnce(this.addresses, address, MAX_ADDRESSES);
    for (const server of other.servers) addOnce(this.servers, server, MAX_ADDRESSES);
    for (const version of other.versions) this.addVersion(version);
    for (const binding of other.bindings) this.addBinding(binding);
    for (const conversation of other.conversations) {
      if (!this.conversations.includes(conversation)) this.conversations.push(conversation);
    }
    for (const identity of other.identities) this.addIdentity(identity);
    this.joinCount += other.joinCount;
    this.joined.push(...other.joined.slice(0, MAX_JOINS - this.joined.length));
    this.firstRow = Math.min(this.firstRow, other.firstRow);
    this.manufacturer = later(this.manufacturer, other.manufacturer);
    this.model = later(this.model, other.model);
    this.firmware = later(this.firmware, other.firmware);
    other.mergedInto = this.index;
  }
}

/** A text that a device told of itself. */
export interface DeviceText {
  text: string;
  row: MessageRow;
}

function later(a: DeviceText | undefined, b: DeviceText | undefined): DeviceText | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.row > a.row ? b : a;
}

function keepOnly<Item>(list: Item[], isKept: (item: Item) => boolean): void {
  list.splice(0, list.length, ...list.filter(isKept));
}

function addOnce<Item>(list: Item[], item: Item, limit: number): void {
  if (list.length < limit && !list.includes(item)) list.push(item);
}
