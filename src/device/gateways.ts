import type { MessageRow } from '../capture/units.ts';
import type { Device } from './device-record.ts';

/** The LwM2M Gateway object, and what it tells of a device behind the gateway. */
export const GATEWAY_OBJECT = 25;
const GatewayResource = { deviceId: 0, prefix: 1 } as const;
/** Devices behind gateways that are followed. */
const MAX_END_DEVICES = 65_536;

/** What an instance of the object told so far. */
interface Told {
  id: string;
  prefix: string;
  device: Device | undefined;
}

/** The devices behind gateways: each instance of /25 stands for one, whose paths have a prefix (LwM2M Gateway §8.3.1). */
export class Gateways {
  /** By gateway and instance, and by gateway and prefix. */
  readonly #told = new Map<Device, Map<number, Told>>();
  readonly #byPrefix = new Map<Device, Map<string, Device>>();
  #count = 0;

  /** True where no gateway was seen. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Takes a value of /25 that a gateway told; `create` makes a device. Gives a prefix that is new. */
  tell(
    gateway: Device,
    instanceId: number,
    resourceId: number,
    text: string,
    create: () => Device,
  ): string | undefined {
    if (resourceId !== GatewayResource.deviceId && resourceId !== GatewayResource.prefix) return undefined;
    const instances = this.#told.get(gateway) ?? new Map<number, Told>();
    this.#told.set(gateway, instances);
    const told = instances.get(instanceId) ?? { id: '', prefix: '', device: undefined };
    instances.set(instanceId, told);
    if (resourceId === GatewayResource.deviceId) told.id = text;
    else told.prefix = text;
    if (told.device !== undefined) told.device.gatewayId = told.id;
    if (told.prefix === '' || told.device?.prefix === told.prefix) return undefined;
    const prefixes = this.#byPrefix.get(gateway) ?? new Map<string, Device>();
    this.#byPrefix.set(gateway, prefixes);
    let device = prefixes.get(told.prefix);
    if (device === undefined) {
      if (this.#count === MAX_END_DEVICES) return undefined;
      this.#count++;
      device = create();
      device.gateway = gateway;
      device.prefix = told.prefix;
      prefixes.set(told.prefix, device);
    }
    device.gatewayId = told.id;
    told.device = device;
    return told.prefix;
  }

  /** The device behind a gateway whose paths have a prefix. */
  behind(gateway: Device, prefix: string): Device | undefined {
    return this.#byPrefix.get(gateway)?.get(prefix);
  }

  /** Whether devices stand behind one. */
  has(device: Device): boolean {
    return this.#byPrefix.has(device);
  }

  /** A gateway turned out to be another device. */
  merge(from: Device, into: Device): void {
    for (const maps of [this.#told, this.#byPrefix] as Map<Device, Map<unknown, unknown>>[]) {
      const moved = maps.get(from);
      if (moved === undefined) continue;
      maps.delete(from);
      maps.set(into, new Map([...moved, ...(maps.get(into) ?? [])]));
    }
    for (const device of this.#byPrefix.get(into)?.values() ?? []) device.gateway = into;
  }
}

/** Tells of a message which prefix of a gateway the path of its request has; empty for none. */
export type PrefixOfRow = (row: MessageRow) => string;
