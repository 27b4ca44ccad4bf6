import type { MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';

/** Addresses, servers and reasons that are kept for one device. */
const MAX_ADDRESSES = 256;
const MAX_JOINS = 34;
/** Versions and binding modes that are kept for one device. */
const MAX_TEXTS = 16;

/** Why two conversations, or a conversation and a name, are taken for one device. */
export type JoinReason = 'registration location' | 'endpoint client name' | 'address';

export interface Join {
  by: JoinReason;
  /** Messages that show it, in capture order. */
  rows: MessageRow[];
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
  /** Endpoint ids of its own ends, in the order seen. */
  readonly addresses: number[] = [];
  /** Endpoint ids of the servers it talked with, in the order seen. */
  readonly servers: number[] = [];
  readonly conversations: number[] = [];
  /** LwM2M versions it registered with. */
  readonly versions: string[] = [];
  readonly bindings: string[] = [];
  readonly joined: Join[] = [];
  firstRow: MessageRow;
  /** Values of /3/0/0, /3/0/1 and /3/0/3 as last seen, each with its message. */
  manufacturer: DeviceText | undefined;
  model: DeviceText | undefined;
  firmware: DeviceText | undefined;

  constructor(index: number, firstRow: MessageRow) {
    this.index = index;
    this.firstRow = firstRow;
  }

  /**
   * Unique name: the endpoint client name, `name#2` for a second device with it, or the first address where no name
   * is known, which `endpointText` writes.
   */
  nameWith(endpointText: (endpoint: number) => string): string {
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

  addJoin(by: JoinReason, rows: readonly MessageRow[]): void {
    const known = [...new Set(rows)].filter((row) => row !== NO_ROW).sort((a, b) => a - b);
    if (this.joined.length < MAX_JOINS) this.joined.push({ by, rows: known });
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
    for (const { by, rows } of other.joined) this.addJoin(by, rows);
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

function addOnce<Item>(list: Item[], item: Item, limit: number): void {
  if (list.length < limit && !list.includes(item)) list.push(item);
}
