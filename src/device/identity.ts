import type { MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { parseRegistrationQuery } from '../lwm2m/query.ts';
import { ConversationOwners } from './conversation-owners.ts';
import { Device, type DeviceText, type Join, type JoinReason } from './device-record.ts';
import { GATEWAY_OBJECT, Gateways, type PrefixOfRow } from './gateways.ts';
import {
  RegistrationChange,
  type RegistrationChangeCode,
  type RegistrationListener,
} from './registration-book.ts';
import type { Registration } from './registration-record.ts';
import type { SecuritySign } from './security-sign.ts';

/**
 * Characters from which on the last part of a location is taken for a random one, which no two registrations have, at
 * whatever address of a server they are used.
 */
const UNIQUE_LOCATION = 8;
/** Locations that are remembered for other addresses of their server; the oldest goes for a new one. */
const MAX_LOCATIONS = 65_536;
/** The Device object and the resources read of it (LwM2M Core §E.4). */
const DEVICE_OBJECT = 3;
const DeviceResource = { manufacturer: 0, model: 1, firmware: 3 } as const;

/** Tells of endpoints which address they have, and whether it is a group; `FlowTable` does. */
export interface EndpointAddresses {
  /** Id of an endpoint's address without its port. */
  addressId(endpoint: number): number;
  isMulticast(endpoint: number): boolean;
}

/**
 * The devices of a capture: joins conversations by endpoint client name, registration location and address. What
 * is learned late applies to the whole conversation, because rows are asked for their device only when someone looks:
 * `deviceOf`. Takes the changes of a `RegistrationTracker` (as its listener) and after it every operation event.
 */
export class DeviceTable implements RegistrationListener {
  /** All devices in the order found; those with a `mergedInto` turned out to be another one. */
  readonly devices: Device[] = [];
  /** Called when a device turned out to be another one. */
  onMerge: ((from: number, into: number) => void) | undefined;

  readonly #addresses: EndpointAddresses;
  /** Tells which prefix of a gateway the path of a message has; and is told each prefix that gateways give. */
  prefixOf: PrefixOfRow = () => '';
  onPrefix: ((prefix: string) => void) | undefined;

  readonly #gateways = new Gateways();
  readonly #owners = new ConversationOwners();
  /** By conversation: the device's end that was seen last. */
  readonly #end: number[] = [];
  readonly #byName = new Map<string, number[]>();
  /** By identity of a pre-shared key: the device that uses it. */
  readonly #byIdentity = new Map<string, number>();
  /** By location with a random part: the registration that has it. */
  readonly #byLocation = new Map<string, Registration>();
  /** By endpoint id: the device that was seen there last. */
  readonly #byEndpoint = new Map<number, number>();

  constructor(addresses: EndpointAddresses) {
    this.#addresses = addresses;
  }

  /** Devices of their own. */
  get count(): number {
    return this.devices.reduce((count, device) => (device.mergedInto < 0 ? count + 1 : count), 0);
  }

  /** The device that a device index stands for now; -1 stays -1. */
  resolve(index: number): number {
    let resolved = index;
    for (let device = this.devices[resolved]; device !== undefined && device.mergedInto >= 0;) {
      resolved = device.mergedInto;
      device = this.devices[resolved];
    }
    return resolved;
  }

  /** Index of the device that a message of a conversation belongs to, or -1. */
  deviceOf(conversation: number, row: MessageRow): number {
    const index = this.resolve(this.#owners.at(conversation, row) ?? -1);
    return index < 0 || this.#gateways.isEmpty ? index : this.#behind(this.devices[index]!, row);
  }

  /** Of a gateway's messages, those whose path has the prefix of a device behind it are that device's. */
  #behind(device: Device, row: MessageRow): number {
    const prefix = row === NO_ROW || !this.#gateways.has(device) ? '' : this.prefixOf(row);
    return (prefix === '' ? undefined : this.#gateways.behind(device, prefix))?.index ?? device.index;
  }

  /** The end at which a device talked with LwM2M servers last; undefined where none is known. */
  lastEndOf(index: number): number | undefined {
    const resolved = this.resolve(index);
    return this.devices[resolved]?.addresses.findLast(
      (end) => this.resolve(this.#byEndpoint.get(end) ?? -1) === resolved,
    );
  }

  /** Whether a conversation was used by several devices, one after the other. */
  isShared(conversation: number): boolean {
    if (this.#owners.isShared(conversation)) return true;
    const device = this.devices[this.resolve(this.#owners.current(conversation) ?? -1)];
    return device !== undefined && this.#gateways.has(device);
  }

  /** Id of an endpoint's address without its port. */
  addressOf(endpoint: number): number {
    return this.#addresses.addressId(endpoint);
  }

  /** Takes what sealed messages show: who is where, though nothing of what they say can be read. */
  secured(sign: SecuritySign): void {
    const { kind, conversation, deviceEndpoint, movedFrom, text, row, time } = sign;
    if (this.#addresses.isMulticast(deviceEndpoint)) return;
    const isHere =
      this.#owners.current(conversation) !== undefined && this.#end[conversation] === deviceEndpoint;
    const here = isHere
      ? this.devices[this.resolve(this.#owners.current(conversation)!)]
      : this.#deviceAt(deviceEndpoint);
    const known = movedFrom >= 0 ? this.#deviceAt(movedFrom) : this.#identified(sign);
    let device = known ?? here;
    if (known !== undefined && known !== here) {
      const isRival = here?.endpoint !== undefined && known.endpoint !== undefined;
      if (isRival) device = here;
      else {
        const by: JoinReason = kind === 'identity' ? 'security identity' : (kind as JoinReason);
        const to = movedFrom >= 0 ? movedFrom : (known.addresses.at(-1) ?? deviceEndpoint);
        if (here?.endpoint !== undefined) this.#merge(known.index, here.index);
        else if (here !== undefined) this.#merge(here.index, known.index);
        device = here?.endpoint === undefined ? known : here;
        device.addJoin({ by, of: deviceEndpoint, to, time, detail: text }, [row]);
      }
    }
    // A client of DTLS may be anything; of CoAP over DTLS, or with a key that it shares, it is most likely a device.
    if (device === undefined && !sign.isCoap && kind !== 'identity') return;
    device ??= this.#create(row);
    if (kind === 'identity' || kind === 'OSCORE key id') {
      const identity = kind === 'identity' ? text : `oscore:${text}`;
      device.addIdentity(identity);
      if (kind === 'identity') this.#byIdentity.set(identity, device.index);
    }
    if (this.resolve(this.#owners.current(conversation) ?? -1) !== device.index)
      this.#owners.begin(conversation, device.index, row);
    this.#placeAt(conversation, deviceEndpoint, sign.serverEndpoint, device);
  }

  #deviceAt(endpoint: number): Device | undefined {
    return this.devices[this.resolve(this.#byEndpoint.get(endpoint) ?? -1)];
  }

  /** The device that has an identity already: by another association, or as its endpoint client name. */
  #identified({ kind, text }: SecuritySign): Device | undefined {
    if (kind !== 'identity') return undefined;
    const index =
      this.#byIdentity.get(text) ?? this.#byName.get(text.slice(text.indexOf(':') + 1))?.[0] ?? -1;
    return this.devices[this.resolve(index)];
  }

  /** Takes the next operation event. Allocates nothing while a conversation stays what it is. */
  on(event: OperationEvent): void {
    const { conversation, operation } = event;
    if (!event.roleKnown || operation === Operation.none || operation > Operation.send) return;
    if (this.#end[conversation] === undefined && this.#addresses.isMulticast(event.deviceEndpoint)) return;
    const isBootstrapStart =
      operation === Operation.bootstrapRequest || operation === Operation.bootstrapPackRequest;
    if (isBootstrapStart && event.phase === Phase.request) {
      this.#named(event, parseRegistrationQuery(event.queryText()).endpoint);
    } else if (
      this.#end[conversation] !== event.deviceEndpoint ||
      this.#owners.current(conversation) === undefined
    ) {
      this.#named(event, undefined);
    }
  }

  /**
   * Takes a value that crossed the wire: manufacturer, model and firmware version are kept. `text` makes the value's
   * text on demand.
   */
  onValue(
    event: OperationEvent,
    objectId: number,
    instanceId: number,
    resourceId: number,
    text: () => string,
  ): void {
    if (objectId === GATEWAY_OBJECT && event.fromDevice) {
      const gateway = this.devices[this.resolve(this.#owners.current(event.conversation) ?? -1)];
      if (gateway === undefined) return;
      const create = (): Device => this.#create(event.row);
      const prefix = this.#gateways.tell(gateway, instanceId, resourceId, text(), create);
      if (prefix !== undefined) this.onPrefix?.(prefix);
      return;
    }
    if (objectId !== DEVICE_OBJECT || !event.fromDevice || instanceId !== 0) return;
    if (resourceId !== DeviceResource.firmware && resourceId > DeviceResource.model) return;
    const device = this.devices[this.deviceOf(event.conversation, event.row)];
    if (device === undefined) return;
    const told: DeviceText = { text: text(), row: event.row };
    if (resourceId === DeviceResource.manufacturer) device.manufacturer = told;
    else if (resourceId === DeviceResource.model) device.model = told;
    else device.firmware = told;
  }

  /** Takes a change of a registration; gives the registration its device. */
  onRegistration(
    change: RegistrationChangeCode,
    registration: Registration,
    _row: MessageRow,
    requestRow: MessageRow,
    event: OperationEvent | undefined,
  ): void {
    if (event === undefined) return;
    if (change === RegistrationChange.requested) {
      registration.device = this.#named(event, registration.endpoint);
      return;
    }
    if (registration.device < 0) registration.device = this.#named(event, registration.endpoint);
    if (change <= RegistrationChange.assumed) this.#locate(registration, requestRow, event);
    const device = this.devices[this.resolve(registration.device)];
    if (change === RegistrationChange.revived) this.#split(registration);
    else if (change === RegistrationChange.updated && !this.#isHere(event, registration.device)) {
      const { deviceEndpoints } = registration;
      const to = deviceEndpoints.findLast((end) => end !== event.deviceEndpoint) ?? deviceEndpoints[0]!;
      this.join(
        event,
        registration.device,
        'registration location',
        [registration.requestRow, requestRow],
        to,
      );
    }
    device?.addVersion(registration.version);
    device?.addBinding(registration.binding);
  }

  /**
   * Says that the conversation of an event belongs to a device, from the event's request on; `to` is the end at which
   * the device was known.
   */
  join(
    event: OperationEvent,
    index: number,
    by: JoinReason,
    rows: readonly MessageRow[],
    to: number | undefined,
  ): void {
    const { conversation } = event;
    const device = this.devices[this.resolve(index)];
    if (device === undefined) return;
    const current = this.resolve(this.#owners.current(conversation) ?? -1);
    const from = event.requestRow === NO_ROW ? event.row : event.requestRow;
    if (current !== device.index) {
      if (current >= 0 && this.devices[current]!.endpoint === undefined) this.#merge(current, device.index);
      else this.#owners.begin(conversation, device.index, from);
      device.addJoin(joinOf(event, by, to ?? event.deviceEndpoint), rows);
    }
    const isDownload = event.operation === Operation.none || event.operation > Operation.send;
    this.#place(event, device, isDownload);
  }

  /** A server has the same registrations at all its addresses, IPv4 and IPv6: a location leads from one to another. */
  #locate(registration: Registration, requestRow: MessageRow, event: OperationEvent): void {
    const { location } = registration;
    if (location === undefined || location.length - location.lastIndexOf('/') <= UNIQUE_LOCATION) return;
    const known = this.#byLocation.get(location);
    if (known !== undefined && !registration.startSeen) {
      if (known.device < 0 || known.serverEndpoint === registration.serverEndpoint) return;
      const rows = [known.requestRow, requestRow];
      this.join(event, known.device, 'registration location', rows, known.deviceEndpoints.at(-1));
      registration.device = this.resolve(known.device);
      return;
    }
    if (this.#byLocation.size === MAX_LOCATIONS) {
      const [oldest] = this.#byLocation.keys();
      if (oldest !== undefined) this.#byLocation.delete(oldest);
    }
    this.#byLocation.set(location, registration);
  }

  #isHere(event: OperationEvent, device: number): boolean {
    const { conversation } = event;
    const isCurrent = this.resolve(this.#owners.current(conversation) ?? -1) === this.resolve(device);
    return isCurrent && this.#end[conversation] === event.deviceEndpoint;
  }

  /** Gives the conversation of an event to the device of a name, or of its address. Gives the device's index. */
  #named(event: OperationEvent, endpoint: string | undefined): number {
    const { conversation, row } = event;
    const current = this.devices[this.resolve(this.#owners.current(conversation) ?? -1)];
    let device = current;
    if (device === undefined || (endpoint !== undefined && device.endpoint !== endpoint)) {
      device = this.#find(event, endpoint, current);
      if (this.devices[this.resolve(this.#owners.current(conversation) ?? -1)] !== device) {
        this.#owners.begin(conversation, device.index, row);
      }
    }
    this.#place(event, device, false);
    return device.index;
  }

  #find(event: OperationEvent, endpoint: string | undefined, current: Device | undefined): Device {
    const { row, deviceEndpoint } = event;
    const there = this.devices[this.resolve(this.#byEndpoint.get(deviceEndpoint) ?? -1)];
    if (endpoint === undefined) {
      if (there === undefined) return this.#create(row);
      there.addJoin(joinOf(event, 'address', deviceEndpoint), [there.firstRow, row]);
      return there;
    }
    const named = this.devices[this.resolve(this.#byName.get(endpoint)?.[0] ?? -1)];
    // What was nameless until now, in this conversation or at this address, has got its name.
    const nameless = [current, there].find((known) => known !== undefined && known.endpoint === undefined);
    const sealed =
      named ?? nameless ?? this.devices[this.resolve(this.#byIdentity.get(`psk:${endpoint}`) ?? -1)];
    const isSealed = named === undefined && nameless === undefined && sealed?.endpoint === undefined;
    const device = (isSealed ? sealed : (named ?? nameless)) ?? this.#create(row);
    if (isSealed && sealed !== undefined) {
      const to = sealed.addresses.at(-1) ?? deviceEndpoint;
      sealed.addJoin({ ...joinOf(event, 'security identity', to), detail: `psk:${endpoint}` }, [row]);
    }
    if (named !== undefined) {
      const to = named.addresses.at(-1) ?? deviceEndpoint;
      named.addJoin(joinOf(event, 'endpoint client name', to), [named.firstRow, row]);
    }
    if (nameless !== undefined && nameless.firstRow < row) {
      const to = nameless.addresses[0] ?? deviceEndpoint;
      device.addJoin(joinOf(event, 'capture order', to), [nameless.firstRow, row]);
    }
    if (named !== undefined && nameless !== undefined) this.#merge(nameless.index, named.index);
    if (named === undefined) this.#setName(device, endpoint);
    return device;
  }

  #create(row: MessageRow): Device {
    const device = new Device(this.devices.length, row);
    this.devices.push(device);
    return device;
  }

  #setName(device: Device, endpoint: string): void {
    device.endpoint = endpoint;
    const known = this.#byName.get(endpoint);
    if (known === undefined) this.#byName.set(endpoint, [device.index]);
    else {
      known.push(device.index);
      device.ordinal = known.length;
    }
  }

  #merge(from: number, into: number): void {
    if (from === into) return;
    this.devices[into]!.absorb(this.devices[from]!);
    this.#gateways.merge(this.devices[from]!, this.devices[into]!);
    this.onMerge?.(from, into);
  }

  /** Notes where a device is. A file server is no LwM2M server, and a port of a download soon another's. */
  #place(event: OperationEvent, device: Device, isDownload: boolean): void {
    const { conversation, deviceEndpoint, serverEndpoint } = event;
    if (device.firstRow === NO_ROW) device.firstRow = event.row;
    if (!isDownload) this.#placeAt(conversation, deviceEndpoint, serverEndpoint, device);
    else {
      if (!device.conversations.includes(conversation)) device.conversations.push(conversation);
      device.addEnds(deviceEndpoint, undefined);
      this.#end[conversation] = deviceEndpoint;
    }
  }

  #placeAt(conversation: number, deviceEndpoint: number, serverEndpoint: number, device: Device): void {
    if (!device.conversations.includes(conversation)) device.conversations.push(conversation);
    device.addEnds(deviceEndpoint, serverEndpoint);
    this.#end[conversation] = deviceEndpoint;
    this.#byEndpoint.set(deviceEndpoint, device.index);
  }

  /**
   * The server keeps two registrations of one name, used from different addresses: two devices use the name. The one
   * that registered later becomes a device of its own from its Register on.
   */
  #split(old: Registration): void {
    const rival = old.replacedBy;
    if (rival === undefined || !rival.live || old.endpoint === undefined) return;
    const isApart = this.resolve(rival.device) !== this.resolve(old.device);
    if (isApart || rival.deviceEndpoints.some((end) => old.deviceEndpoints.includes(end))) return;
    const device = this.#create(rival.requestRow);
    this.#setName(device, old.endpoint);
    this.devices[this.resolve(old.device)]?.give(device, rival);
    rival.device = device.index;
    for (const conversation of rival.conversations) {
      if (old.conversations.includes(conversation)) continue;
      this.#owners.begin(conversation, device.index, rival.requestRow);
      if (!device.conversations.includes(conversation)) device.conversations.push(conversation);
    }
    for (const end of rival.deviceEndpoints) {
      device.addEnds(end, rival.serverEndpoint);
      this.#byEndpoint.set(end, device.index);
    }
    device.addVersion(rival.version);
    device.addBinding(rival.binding);
  }
}

function joinOf({ deviceEndpoint, time }: OperationEvent, by: JoinReason, to: number): Omit<Join, 'rows'> {
  return { by, of: deviceEndpoint, to, time, detail: '' };
}
